import LakeDiagnostics

// INSERT, MERGE, UPDATE, DELETE, LOAD DATA.
extension Parser {
  mutating func insertStatement(with: With?) throws(ParseFailure) -> StatementKind {
    if peek().keyword == .overwrite,
      peek(2).keyword == .directory || (peek(2).keyword == .local && peek(3).keyword == .directory)
    {
      return .insertDirectory(try insertDirectory(with: with))
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
    target.partition = try partitionSpecIfAny()
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

  private mutating func insertDirectory(with: With?) throws(ParseFailure) -> InsertDirectory {
    try expect(.insert, .overwrite)
    let isLocal = accept(.local)
    try expect(.directory)
    let path = try string("a path as a string")
    var format = TableClauses()
    while try tableClause(&format, allowed: [.row, .stored, .using, .options]) {}
    var query = try query()
    if let with { query = Self.adding(with, to: query) }
    return InsertDirectory(
      path: path, isLocal: isLocal, rowFormat: format.rowFormat, storage: format.storage,
      options: format.options ?? [], query: query)
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
    let hasSchemaEvolution = accept(.with)
    if hasSchemaEvolution { try expect(.schema, .evolution) }
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
      with: with, hasSchemaEvolution: hasSchemaEvolution, target: target, alias: alias, source: source,
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

  mutating func loadData() throws(ParseFailure) -> LoadData {
    try expect(.load, .data)
    let isLocal = accept(.local)
    try expect(.inpath)
    let path = try string("a path as a string")
    let isOverwrite = accept(.overwrite)
    try expect(.into, .table)
    let table = try qualifiedName("a table")
    return LoadData(
      path: path, isLocal: isLocal, isOverwrite: isOverwrite, table: table,
      partition: try partitionSpecIfAny())
  }

  // MARK: Partitions

  mutating func partitionSpecIfAny() throws(ParseFailure) -> PartitionSpec? {
    at(.partition) ? try partitionSpec() : nil
  }

  /// `PARTITION (a = 1, b)`; other comparisons only where partitions are selected.
  mutating func partitionSpec(allowsComparisons: Bool = false) throws(ParseFailure) -> PartitionSpec {
    let start = start
    try expect(.partition)
    let terms = try parenthesized { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in
        try parser.partitionTerm(allowsComparisons)
      }
    }
    return PartitionSpec(terms: terms, span: span(from: start))
  }

  private mutating func partitionTerm(_ allowsComparisons: Bool) throws(ParseFailure) -> PartitionTerm {
    let column = try identifier("a partition column")
    let op: BinaryOperator
    switch token.kind {
    case .equal: op = .equal
    case .notEqual where allowsComparisons: op = .notEqual
    case .less where allowsComparisons: op = .less
    case .lessOrEqual where allowsComparisons: op = .lessOrEqual
    case .greater where allowsComparisons: op = .greater
    case .greaterOrEqual where allowsComparisons: op = .greaterOrEqual
    default: return PartitionTerm(column: column, op: .equal, value: nil)
    }
    advance()
    return PartitionTerm(column: column, op: op, value: try value())
  }
}
