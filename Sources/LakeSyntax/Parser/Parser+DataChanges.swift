import LakeDiagnostics

// INSERT, MERGE, UPDATE, DELETE.
extension Parser {
  mutating func insertStatement(with: With?) throws(ParseFailure) -> StatementKind {
    if peek().keyword == .overwrite,
      peek(2).keyword == .directory || (peek(2).keyword == .local && peek(3).keyword == .directory)
    {
      throw unsupported(
        "INSERT OVERWRITE DIRECTORY", at: span(of: peek(2)), hint: "insert into an external table with that LOCATION")
    }
    let target = try insertTarget()
    var query = try query()
    if let with { query = Self.adding(with, to: query) }
    return .insert(Insert(target: target, query: query))
  }

  private mutating func insertTarget() throws(ParseFailure) -> InsertTarget {
    let start = start
    try expect(.insert)
    let isOverwrite = try expectAny([.into, .overwrite]) == .overwrite
    if isName(peek()) { _ = accept(.table) }
    var target = InsertTarget(
      mode: isOverwrite ? .overwrite : .into, table: try qualifiedName("a table"), partition: nil,
      ifNotExists: false, columns: [], isByName: false, span: SourceSpan(start: start, end: start))
    if accept(.by, .name) { target.isByName = true }
    if !isOverwrite, peek().keyword == .where, accept(.replace) {
      advance()
      target.mode = .replaceWhere(try expression())
    } else {
      try insertColumns(&target)
    }
    target.span = span(from: start)
    return target
  }

  private mutating func insertColumns(_ target: inout InsertTarget) throws(ParseFailure) {
    if at(.partition) { target.partition = try partitionSpec(.dynamicColumns) }
    if target.partition != nil { target.ifNotExists = try acceptIfNotExists() }
    if target.isByName { return }
    if accept(.by, .name) {
      target.isByName = true
    } else if at(.leftParen), !startsQuery(at: 1) {
      target.columns = try identifierList("a column")
    }
  }

  /// `FROM source INSERT ... SELECT ...` once or several times.
  mutating func fromStatement(with: With?) throws(ParseFailure) -> StatementKind {
    let (tables, views) = try fromClause()
    var inserts: [Insert] = []
    repeat {
      let target = try insertTarget()
      inserts.append(Insert(target: target, query: try selectWithoutFrom()))
    } while at(.insert)
    return .multiInsert(MultiInsert(with: with, from: tables, lateralViews: views, inserts: inserts))
  }

  mutating func rowChange(with: With?) throws(ParseFailure) -> StatementKind {
    switch token.keyword {
    case .merge: return .merge(try merge(with: with))
    case .update: return .update(try update(with: with))
    default: return .delete(try delete(with: with))
    }
  }

  private mutating func update(with: With?) throws(ParseFailure) -> Update {
    try expect(.update)
    let table = try qualifiedName("a table")
    let alias = try tableAlias()
    try expect(.set)
    let assignments = try assignments()
    let filter = accept(.where) ? try expression() : nil
    return Update(with: with, table: table, alias: alias, assignments: assignments, filter: filter)
  }

  private mutating func delete(with: With?) throws(ParseFailure) -> Delete {
    try expect(.delete, .from)
    let table = try qualifiedName("a table")
    let alias = try tableAlias()
    let filter = accept(.where) ? try expression() : nil
    return Delete(with: with, table: table, alias: alias, filter: filter)
  }

  private mutating func assignments() throws(ParseFailure) -> [Assignment] {
    try commaSeparated { (parser) throws(ParseFailure) in
      let column = try parser.qualifiedName("a column")
      try parser.expect(.equal, "'='")
      return Assignment(column: column, value: try parser.expression())
    }
  }

  // MARK: MERGE

  private mutating func merge(with: With?) throws(ParseFailure) -> Merge {
    try expect(.merge)
    if at(.with, .schema) {
      throw unsupported(
        "MERGE WITH SCHEMA EVOLUTION", at: span(of: token), hint: "ALTER TABLE ... ADD COLUMNS first")
    }
    try expect(.into)
    let target = try qualifiedName("a table")
    let alias = try tableAlias()
    try expect(.using)
    let source = try tablePrimary()
    try expect(.on)
    let condition = try expression()
    var clauses: [MergeClause] = []
    while at(.when) { clauses.append(try mergeClause()) }
    if clauses.isEmpty { throw unexpected("WHEN") }
    return Merge(
      with: with, target: target, alias: alias, source: source,
      condition: condition, clauses: clauses)
  }

  private mutating func mergeClause() throws(ParseFailure) -> MergeClause {
    let start = start
    try expect(.when)
    var kind = MergeClause.Kind.matched
    if accept(.not) {
      try expect(.matched)
      kind = .notMatched
      if accept(.by), try expectAny([.source, .target]) == .source { kind = .notMatchedBySource }
    } else {
      try expect(.matched)
    }
    let condition = accept(.and) ? try expression() : nil
    try expect(.then)
    let action = kind == .notMatched ? try mergeInsert() : try mergeChange(kind)
    return MergeClause(kind: kind, condition: condition, action: action, span: span(from: start))
  }

  private mutating func mergeChange(_ kind: MergeClause.Kind) throws(ParseFailure) -> MergeClause.Action {
    if try expectAny([.update, .delete]) == .delete { return .delete }
    try expect(.set)
    if kind == .matched, accept(.star) { return .updateAll }
    return .update(try assignments())
  }

  private mutating func mergeInsert() throws(ParseFailure) -> MergeClause.Action {
    try expect(.insert)
    if accept(.star) { return .insertAll }
    var columns: [QualifiedName] = []
    if at(.leftParen) {
      columns = try parenthesized { (parser) throws(ParseFailure) in
        try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.qualifiedName("a column") }
      }
    }
    try expect(.values)
    let values = try parenthesized { (parser) throws(ParseFailure) in try parser.expressions() }
    return .insert(columns: columns, values: values)
  }

  // MARK: Partitions

  mutating func partitionSpecIfAny() throws(ParseFailure) -> PartitionSpec? {
    at(.partition) ? try partitionSpec() : nil
  }

  /// What a partition's columns may stand with, beside `column = value`.
  enum PartitionTerms {
    case valuesOnly
    /// A column alone: rows say which partition they go to.
    case dynamicColumns
    /// Other comparisons, which select partitions.
    case comparisons
  }

  mutating func partitionSpec(_ allowed: PartitionTerms = .valuesOnly) throws(ParseFailure) -> PartitionSpec {
    let start = start
    try expect(.partition)
    let terms = try parenthesized { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in
        try parser.partitionTerm(allowed)
      }
    }
    return PartitionSpec(terms: terms, span: span(from: start))
  }

  private mutating func partitionTerm(_ allowed: PartitionTerms) throws(ParseFailure) -> PartitionTerm {
    let column = try identifier("a partition column")
    let allowsComparisons = allowed == .comparisons
    let op: BinaryOperator
    switch token.kind {
    case .equal: op = .equal
    case .notEqual where allowsComparisons: op = .notEqual
    case .less where allowsComparisons: op = .less
    case .lessOrEqual where allowsComparisons: op = .lessOrEqual
    case .greater where allowsComparisons: op = .greater
    case .greaterOrEqual where allowsComparisons: op = .greaterOrEqual
    default:
      guard allowed == .dynamicColumns else { throw unexpected("'=' and the value of the partition column") }
      return PartitionTerm(column: column, op: .equal, value: nil)
    }
    advance()
    return PartitionTerm(column: column, op: op, value: try value())
  }
}
