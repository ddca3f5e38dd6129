import LakeDiagnostics

// Queries: WITH, set operations, SELECT and its clauses.
extension Parser {
  /// Whether a query begins `offset` tokens ahead, perhaps behind further parentheses.
  func startsQuery(at offset: Int) -> Bool {
    var position = index + offset
    while position < tokens.count, tokens[position].kind == .leftParen { position += 1 }
    guard position < tokens.count else { return false }
    let next = position + 1 - index
    switch tokens[position].keyword {
    case .select, .with, .from: return true
    case .values: return startsRow(at: next)
    case .table: return isName(peek(next))
    default: return false
    }
  }

  /// Whether a row can begin with the token behind VALUES, rather than `values` being a name.
  private func startsRow(at offset: Int) -> Bool {
    switch peek(offset).keyword {
    case .and, .or, .is, .in, .between, .as, .from, .asc, .desc, .nulls, .like, .ilike, .rlike, .regexp, .div:
      false
    case .not: true
    default: startsExpression(at: offset)
    }
  }

  mutating func query() throws(ParseFailure) -> Query {
    try descend()
    defer { ascend() }
    let start = start
    let with = try withClause()
    let body = try queryBody()
    var query = Query(with: with, body: body, span: span(from: start))
    try queryOrganization(&query)
    query.span = span(from: start)
    return query
  }

  /// The rest of a query whose first part, in parentheses, was read.
  mutating func continuedQuery(_ first: QueryBody, start: Int) throws(ParseFailure) -> Query {
    let body = try setOperations(after: try intersections(after: first))
    var query = Query(body: body, span: span(from: start))
    try queryOrganization(&query)
    query.span = span(from: start)
    return query
  }

  /// Whether a query in parentheses goes on behind them.
  var isAtQueryContinuation: Bool {
    switch token.keyword {
    case .union, .intersect, .except, .minus, .limit, .offset: true
    case .order, .sort, .cluster, .distribute: peek().keyword == .by
    default: false
    }
  }

  mutating func withClause() throws(ParseFailure) -> With? {
    let start = start
    guard accept(.with) else { return nil }
    let isRecursive = isName(peek()) && peek().keyword != .as && accept(.recursive)
    let tables = try commaSeparated { (parser) throws(ParseFailure) in
      try parser.commonTable(isRecursive: isRecursive)
    }
    return With(isRecursive: isRecursive, tables: tables, span: span(from: start))
  }

  private mutating func commonTable(isRecursive: Bool) throws(ParseFailure) -> CommonTable {
    let name = try identifier("the name of a common table")
    let columns = at(.leftParen) && !startsQuery(at: 1) ? try identifierList("a column") : []
    var maximumLevel: Expression?
    if isRecursive, accept(.max) {
      try expect(.recursion, .level)
      maximumLevel = try expression()
    }
    _ = accept(.as)
    let query = try parenthesized { (parser) throws(ParseFailure) in try parser.query() }
    return CommonTable(name: name, columns: columns, maximumLevel: maximumLevel, query: query)
  }

  // MARK: Set operations

  private mutating func queryBody() throws(ParseFailure) -> QueryBody {
    let first = try intersections(after: try queryPrimary())
    return try setOperations(after: first)
  }

  private mutating func setOperations(after first: QueryBody) throws(ParseFailure) -> QueryBody {
    var rest: [SetOperationTerm] = []
    while let operation = setOperation([.union, .except, .minus]) {
      var term = try setOperationTerm(operation)
      term.body = try intersections(after: term.body)
      rest.append(term)
    }
    return rest.isEmpty ? first : .setOperation(first: first, rest: rest)
  }

  private mutating func intersections(after first: QueryBody) throws(ParseFailure) -> QueryBody {
    var rest: [SetOperationTerm] = []
    while let operation = setOperation([.intersect]) { rest.append(try setOperationTerm(operation)) }
    return rest.isEmpty ? first : .setOperation(first: first, rest: rest)
  }

  private mutating func setOperation(_ keywords: [Keyword]) -> SetOperationTerm.Operation? {
    switch acceptAny(keywords) {
    case .union: .union
    case .intersect: .intersect
    case .except, .minus: .except
    default: nil
    }
  }

  /// The query behind an operation whose keyword was just read.
  private mutating func setOperationTerm(
    _ operation: SetOperationTerm.Operation
  ) throws(ParseFailure) -> SetOperationTerm {
    let place = span(of: tokens[index - 1])
    let isAll = accept(.all)
    if !isAll { _ = accept(.distinct) }
    if at(.by, .name) { throw unsupported("\(operation.rawValue) BY NAME", at: span(of: token)) }
    return SetOperationTerm(operation: operation, isAll: isAll, body: try queryPrimary(), span: place)
  }

  private mutating func queryPrimary() throws(ParseFailure) -> QueryBody {
    if at(.select) { return .select(try select()) }
    if at(.leftParen) {
      return .query(try parenthesized { (parser) throws(ParseFailure) in try parser.query() })
    }
    if at(.from) { return try fromFirst() }
    if at(.values) { return .values(try values()) }
    if accept(.table) { return .table(try qualifiedName("a table")) }
    throw unexpected(keywords: [.select, .from, .values, .table])
  }

  mutating func values() throws(ParseFailure) -> Values {
    let start = start
    try expect(.values)
    let rows = try commaSeparated { (parser) throws(ParseFailure) in try parser.valuesRow() }
    return Values(rows: rows, span: span(from: start))
  }

  private mutating func valuesRow() throws(ParseFailure) -> [Expression] {
    let value = try expression()
    guard case .row(let items) = value.kind, !items.contains(where: { $0.alias != nil }) else { return [value] }
    return items.map(\.value)
  }

  // MARK: SELECT

  private mutating func select() throws(ParseFailure) -> Select {
    var select = try selectHead()
    if at(.from) { (select.from, select.lateralViews) = try fromClause() }
    try selectTail(&select)
    return select
  }

  /// `SELECT [hints] [ALL | DISTINCT] items`
  private mutating func selectHead() throws(ParseFailure) -> Select {
    let start = start
    try expect(.select)
    var select = Select(items: [], span: SourceSpan(start: start, end: start))
    while at(.hintStart) { select.hints += try hints() }
    select.isDistinct = accept(.distinct)
    if !select.isDistinct, token.keyword == .all, startsExpression(at: 1) { advance() }
    if token.keyword == .transform, peek().kind == .leftParen, isScriptTransform {
      throw unsupported("SELECT TRANSFORM with a script", at: span(of: token))
    }
    select.items = try commaSeparated { (parser) throws(ParseFailure) in try parser.selectItem() }
    select.span = span(from: start)
    return select
  }

  /// Whether USING stands behind the parenthesis that opens after the next token.
  private var isScriptTransform: Bool {
    var depth = 0
    for offset in 1..<(tokens.count - index) {
      let token = peek(offset)
      if token.kind == .leftParen { depth += 1 }
      if token.kind == .rightParen { depth -= 1 }
      if depth == 0 { return peek(offset + 1).keyword == .using || peek(offset + 1).keyword == .row }
    }
    return false
  }

  private mutating func selectItem() throws(ParseFailure) -> SelectItem {
    let value = try expression()
    if accept(.as) {
      if at(.leftParen) { return SelectItem(value, aliases: try identifierList("an alias")) }
      return SelectItem(value, aliases: [try identifier("an alias")])
    }
    return SelectItem(value, aliases: isAtBareAlias ? [try identifier("an alias")] : [])
  }

  /// WHERE and the clauses behind it.
  private mutating func selectTail(_ select: inout Select) throws(ParseFailure) {
    if accept(.where) { select.filter = try expression() }
    select.groupBy = try groupBy()
    if accept(.having) { select.having = try expression() }
    if accept(.qualify) { select.qualify = try expression() }
    if accept(.window) {
      select.windows = try commaSeparated { (parser) throws(ParseFailure) in
        let name = try parser.identifier("the name of a window")
        try parser.expect(.as)
        return NamedWindow(name: name, window: try parser.windowReference())
      }
      if select.qualify == nil, accept(.qualify) { select.qualify = try expression() }
    }
    select.span = span(from: select.span.start)
  }

  private mutating func hints() throws(ParseFailure) -> [Hint] {
    advance()
    var hints: [Hint] = []
    repeat {
      hints.append(try hint())
      _ = accept(.comma)
    } while !at(.hintEnd) && !at(.endOfText)
    try expect(.hintEnd, "'*/' at the end of the hint")
    return hints
  }

  private mutating func hint() throws(ParseFailure) -> Hint {
    let name = try identifier("a hint")
    guard at(.leftParen) else { return Hint(name: name, arguments: []) }
    let arguments = try parenthesized { (parser) throws(ParseFailure) in
      parser.at(.rightParen) ? [] : try parser.expressions()
    }
    return Hint(name: name, arguments: arguments)
  }

  // MARK: FROM-first

  /// `FROM tables SELECT ... [SELECT ...]`: several SELECTs of one FROM are a UNION ALL.
  private mutating func fromFirst() throws(ParseFailure) -> QueryBody {
    let start = start
    let (tables, views) = try fromClause()
    let first = try fromFirstSelect(tables, views)
    var rest: [SetOperationTerm] = []
    while at(.select) {
      let place = span(of: token)
      let body = try fromFirstSelect(tables, views)
      rest.append(SetOperationTerm(operation: .union, isAll: true, body: body, span: place))
    }
    if rest.isEmpty { return first }
    if isAtOrganization { throw unsupported("a clause behind several SELECTs of one FROM", at: span(of: token)) }
    return .query(Query(body: .setOperation(first: first, rest: rest), span: span(from: start)))
  }

  private mutating func fromFirstSelect(
    _ tables: [TableReference], _ views: [LateralView]
  ) throws(ParseFailure) -> QueryBody {
    var select = try selectHead()
    select.from = tables
    select.lateralViews = views + (try lateralViews())
    try selectTail(&select)
    return .select(select)
  }

  private var isAtOrganization: Bool {
    switch token.keyword {
    case .order, .limit, .offset, .sort, .cluster, .distribute: true
    default: false
    }
  }

  /// A SELECT whose rows come from a FROM before it.
  mutating func selectWithoutFrom() throws(ParseFailure) -> Query {
    let start = start
    var select = try selectHead()
    select.lateralViews = try lateralViews()
    try selectTail(&select)
    var query = Query(body: .select(select), span: select.span)
    try queryOrganization(&query)
    query.span = span(from: start)
    return query
  }

  // MARK: GROUP BY

  private mutating func groupBy() throws(ParseFailure) -> GroupBy? {
    guard accept(.group) else { return nil }
    try expect(.by)
    if token.keyword == .all, endsGroupByAll(peek()) {
      advance()
      return .all
    }
    var elements = try commaSeparated { (parser) throws(ParseFailure) in try parser.groupingElement() }
    if accept(.with, .rollup) {
      elements = [.rollup(try plainColumns(elements))]
    } else if accept(.with, .cube) {
      elements = [.cube(try plainColumns(elements))]
    } else if at(.grouping, .sets) {
      _ = try plainColumns(elements)
      elements = [try groupingElement()]
    }
    return .elements(elements)
  }

  /// Whether ALL before this token stands alone, and is not a column called `all`.
  private func endsGroupByAll(_ token: Token) -> Bool {
    switch token.kind {
    case .endOfText, .rightParen, .semicolon: true
    case .word: token.keyword?.beginsClause ?? false || token.keyword?.isReserved ?? false
    default: false
    }
  }

  /// The elements as the levels of a Hive-style ROLLUP or CUBE, which takes plain expressions only.
  private func plainColumns(_ elements: [GroupingElement]) throws(ParseFailure) -> [[Expression]] {
    var columns: [[Expression]] = []
    for element in elements {
      guard case .expression(let column) = element else {
        throw error("a second grouping is not possible behind ROLLUP, CUBE or GROUPING SETS", at: span(of: token))
      }
      columns.append([column])
    }
    return columns
  }

  private mutating func groupingElement() throws(ParseFailure) -> GroupingElement {
    if let nested = try nestedGrouping() { return nested }
    return .expression(try expression())
  }

  private mutating func nestedGrouping() throws(ParseFailure) -> GroupingElement? {
    if accept(.grouping, .sets) {
      return .groupingSets(
        try parenthesized { (parser) throws(ParseFailure) in
          try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.groupingSet() }
        })
    }
    guard peek().kind == .leftParen, let keyword = acceptAny([.rollup, .cube]) else { return nil }
    let levels = try parenthesized { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.groupingColumns() }
    }
    return keyword == .rollup ? .rollup(levels) : .cube(levels)
  }

  private mutating func groupingSet() throws(ParseFailure) -> GroupingSet {
    try descend()
    defer { ascend() }
    if let nested = try nestedGrouping() { return .nested(nested) }
    return .columns(try groupingColumns())
  }

  /// `()`, `(a, b)` or a single expression.
  private mutating func groupingColumns() throws(ParseFailure) -> [Expression] {
    if at(.leftParen), peek().kind == .rightParen {
      index += 2
      return []
    }
    return try valuesRow()
  }

  // MARK: ORDER BY, LIMIT and their kin

  mutating func queryOrganization(_ query: inout Query) throws(ParseFailure) {
    if accept(.order) {
      try expect(.by)
      query.orderBy = try sortItems()
    }
    if accept(.cluster) {
      try expect(.by)
      query.clusterBy = try expressions()
    }
    if accept(.distribute) {
      try expect(.by)
      query.distributeBy = try expressions()
    }
    if accept(.sort) {
      try expect(.by)
      query.sortBy = try sortItems()
    }
    if accept(.limit), !(token.keyword == .all && accept(.all)) { query.limit = try expression() }
    if accept(.offset) { query.offset = try expression() }
  }
}
