import LakeDiagnostics

// FROM: tables, joins, lateral views.
extension Parser {
  mutating func fromClause() throws(ParseFailure) -> ([TableReference], [LateralView]) {
    try expect(.from)
    let tables = try commaSeparated { (parser) throws(ParseFailure) in try parser.tableReference() }
    let views = try lateralViews()
    if token.keyword == .pivot || token.keyword == .unpivot, peek().kind == .leftParen {
      throw unsupported(text(token).uppercased(), at: span(of: token))
    }
    return (tables, views)
  }

  /// A table with the joins behind it.
  mutating func tableReference() throws(ParseFailure) -> TableReference {
    try descend()
    defer { ascend() }
    let start = start
    let first = try tablePrimary()
    return try joined(first, start: start)
  }

  private mutating func joined(_ first: TableReference, start: Int) throws(ParseFailure) -> TableReference {
    var rest: [Join] = []
    while let join = try join() { rest.append(join) }
    return rest.isEmpty ? first : TableReference(.joined(first: first, rest: rest), span: span(from: start))
  }

  // MARK: Joins

  private mutating func join() throws(ParseFailure) -> Join? {
    let start = start
    let isNatural = accept(.natural)
    guard let kind = try joinKind(isNatural: isNatural) else { return nil }
    let place = span(from: start)
    let table = try tablePrimary()
    let condition = isNatural ? .natural : try joinCondition()
    return Join(kind: kind, table: table, condition: condition, span: place)
  }

  private mutating func joinKind(isNatural: Bool) throws(ParseFailure) -> Join.Kind? {
    if accept(.join) { return .inner }
    if accept(.inner) { return try expectingJoin(.inner) }
    if !isNatural, accept(.cross) { return try expectingJoin(.cross) }
    if accept(.left) {
      if accept(.semi) { return try expectingJoin(.leftSemi) }
      if accept(.anti) { return try expectingJoin(.leftAnti) }
      _ = accept(.outer)
      return try expectingJoin(.left)
    }
    if at(.semi, .join), accept(.semi) { return try expectingJoin(.leftSemi) }
    if at(.anti, .join), accept(.anti) { return try expectingJoin(.leftAnti) }
    if accept(.right) { return try expectingOuterJoin(.right) }
    if accept(.full) { return try expectingOuterJoin(.full) }
    if isNatural { throw unexpected("JOIN") }
    return nil
  }

  private mutating func expectingOuterJoin(_ kind: Join.Kind) throws(ParseFailure) -> Join.Kind {
    _ = accept(.outer)
    return try expectingJoin(kind)
  }

  private mutating func expectingJoin(_ kind: Join.Kind) throws(ParseFailure) -> Join.Kind {
    try expect(.join)
    return kind
  }

  private mutating func joinCondition() throws(ParseFailure) -> Join.Condition {
    if accept(.on) { return .on(try expression()) }
    guard peek().kind == .leftParen, accept(.using) else { return .none }
    return .using(try identifierList("a column"))
  }

  // MARK: Tables

  /// A table, function, query or join in parentheses, without joins behind it.
  mutating func tablePrimary() throws(ParseFailure) -> TableReference {
    let start = start
    if at(.leftParen) { return try parenthesizedTable(isLateral: false) }
    if at(.lateral), peek().keyword != .view {
      advance()
      if at(.leftParen) { return try parenthesizedTable(isLateral: true) }
      return try namedTable(start: start, isLateral: true)
    }
    if token.keyword == .values, startsQuery(at: 0) {
      let values = try values()
      return TableReference(.values(values), alias: try tableAlias(), span: span(from: start))
    }
    return try namedTable(start: start, isLateral: false)
  }

  private mutating func namedTable(start: Int, isLateral: Bool) throws(ParseFailure) -> TableReference {
    let name = try qualifiedName("a table")
    let kind: TableReferenceKind
    if at(.leftParen) {
      let arguments = try functionArguments()
      kind = .function(TableFunction(name: name, arguments: arguments, isLateral: isLateral))
    } else if isLateral {
      throw unexpected("'(' and the arguments of a table function")
    } else {
      kind = .named(name, version: try timeTravel())
    }
    let sample = try tableSample()
    return TableReference(kind, sample: sample, alias: try tableAlias(), span: span(from: start))
  }

  /// A query, or a table or join, in parentheses.
  private mutating func parenthesizedTable(isLateral: Bool) throws(ParseFailure) -> TableReference {
    let start = start
    let opening = token
    advance()
    var inner: TableReference
    if token.keyword == .values, startsQuery(at: 0) {
      inner = try parenthesizedValues(isLateral: isLateral)
    } else if startsQuery(at: 0), token.kind != .leftParen {
      inner = TableReference(.subquery(try query(), isLateral: isLateral), span: span(from: start))
    } else {
      inner = try nestedTable(isLateral: isLateral)
    }
    try close(opening)
    let sample = try tableSample()
    let alias = try tableAlias()
    if sample != nil || alias != nil {
      if inner.alias != nil || inner.sample != nil {
        inner = TableReference(.joined(first: inner, rest: []), span: inner.span)
      }
      inner.sample = sample
      inner.alias = alias
    }
    inner.span = span(from: start)
    return inner
  }

  /// An inline table with its alias and joins, or a query that begins with VALUES.
  private mutating func parenthesizedValues(isLateral: Bool) throws(ParseFailure) -> TableReference {
    let start = start
    let values = try values()
    if at(.rightParen) || isAtQueryContinuation {
      let query = try continuedQuery(.values(values), start: start)
      return TableReference(.subquery(query, isLateral: isLateral), span: span(from: start))
    }
    let alias = try tableAlias()
    let table = TableReference(.values(values), alias: alias, span: span(from: start))
    return try joined(table, start: start)
  }

  /// What stands inside a parenthesis that does not open with a query's keyword.
  private mutating func nestedTable(isLateral: Bool) throws(ParseFailure) -> TableReference {
    let start = start
    let table = try tableReference()
    guard case .subquery(let query, _) = table.kind, table.alias == nil, table.sample == nil else {
      if isLateral { throw error("LATERAL stands before a query or a function", at: table.span) }
      return table
    }
    if isAtQueryContinuation {
      let whole = try continuedQuery(.query(query), start: start)
      return TableReference(.subquery(whole, isLateral: isLateral), span: span(from: start))
    }
    return TableReference(.subquery(query, isLateral: isLateral), span: table.span)
  }

  private mutating func timeTravel() throws(ParseFailure) -> TimeTravel? {
    if at(.for), [.version, .timestamp, .systemVersion, .systemTime].contains(peek().keyword) { advance() }
    guard peek().keyword == .as, peek(2).keyword == .of,
      let keyword = acceptAny([.version, .systemVersion, .timestamp, .systemTime])
    else { return nil }
    try expect(.as, .of)
    let moment = try value()
    return keyword == .version || keyword == .systemVersion ? .version(moment) : .timestamp(moment)
  }

  /// `[AS] name [(columns)]`
  mutating func tableAlias() throws(ParseFailure) -> TableAlias? {
    guard accept(.as) || isAtBareAlias else { return nil }
    let name = try identifier("an alias")
    return TableAlias(name, columns: at(.leftParen) ? try identifierList("a column") : [])
  }

  private mutating func tableSample() throws(ParseFailure) -> TableSample? {
    guard accept(.tablesample) else { return nil }
    let method = try parenthesized { (parser) throws(ParseFailure) in try parser.sampleMethod() }
    if at(.repeatable), peek().kind == .leftParen { throw unsupported("REPEATABLE", at: span(of: token)) }
    return TableSample(method: method)
  }

  private mutating func sampleMethod() throws(ParseFailure) -> TableSample.Method {
    if peek().kind == .integer, accept(.bucket) {
      let bucket = try wholeNumber("the number of the bucket")
      try expect(.out, .of)
      return .bucket(bucket, outOf: try wholeNumber("the number of buckets"))
    }
    let amount = try value()
    return try expectAny([.percent, .rows]) == .percent ? .percent(amount) : .rows(amount)
  }

  // MARK: Lateral views

  mutating func lateralViews() throws(ParseFailure) -> [LateralView] {
    var views: [LateralView] = []
    while at(.lateral, .view) { views.append(try lateralView()) }
    return views
  }

  private mutating func lateralView() throws(ParseFailure) -> LateralView {
    let start = start
    index += 2
    let isOuter = peek().kind != .leftParen && accept(.outer)
    let function = try qualifiedName("a generator function such as explode")
    let arguments = try functionArguments()
    let table = try identifier("the alias of the lateral view")
    var columns: [Identifier] = []
    if accept(.as) || isAtBareAlias {
      columns = try commaSeparated { (parser) throws(ParseFailure) in try parser.identifier("a column") }
    }
    return LateralView(
      isOuter: isOuter, function: function, arguments: arguments, table: table, columns: columns,
      span: span(from: start))
  }
}
