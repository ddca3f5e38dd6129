import LakeDiagnostics

// The statement, by its first word.
extension Parser {
  mutating func statement() throws(ParseFailure) -> Statement {
    try descend()
    defer { ascend() }
    let start = start
    let kind = try statementKind()
    return Statement(kind, span: span(from: start))
  }

  private mutating func statementKind() throws(ParseFailure) -> StatementKind {
    switch token.keyword {
    case .select, .values: return .query(try query())
    case .table where isName(peek()): return .query(try query())
    case .with: return try statementWith()
    case .from: return try statementFrom()
    case .insert: return try insertStatement(with: nil)
    case .merge, .update, .delete: return try rowChange(with: nil)
    case .create: return try createStatement()
    case .drop: return try dropStatement()
    case .alter: return try alterStatement()
    case .truncate, .msck, .repair, .analyze, .refresh: return try maintenanceStatement()
    case .show: return .show(try showStatement())
    case .describe, .desc: return .describe(try describeStatement())
    case .explain: return try explainStatement()
    default: return try scriptStatement()
    }
  }

  private mutating func scriptStatement() throws(ParseFailure) -> StatementKind {
    if at(.leftParen) { return .query(try query()) }
    switch token.keyword {
    case .use: return try useStatement()
    case .set: return try setStatement()
    case .reset: return try resetStatement()
    case .source: return try sourceStatement()
    case .begin, .start, .commit, .rollback: return try transactionStatement()
    case .assert: return try assertStatement()
    case .cache, .uncache, .grant, .revoke, .optimize, .vacuum, .declare, .execute, .call, .copy, .export,
      .add, .lock, .unlock, .import, .comment, .load:
      throw unsupported("the statement \(text(token).uppercased())", at: span(of: token))
    default: throw unexpectedStatement()
    }
  }

  private func unexpectedStatement() -> ParseFailure {
    if at(.endOfText) || at(.semicolon) { return error("there is no statement here", at: span(of: token)) }
    let firstWords: [Keyword] = [
      .select, .with, .from, .values, .insert, .merge, .update, .delete, .create, .drop, .alter,
      .truncate, .msck, .analyze, .refresh, .show, .describe, .explain, .use, .set, .reset, .source, .begin,
      .start, .commit, .rollback, .assert, .table,
    ]
    let word = text(token)
    let nearest = token.kind == .word ? NearestName.of(word, among: firstWords.map(\.text)) : nil
    return unexpected("a statement such as SELECT or INSERT").withHint(nearest.map { "did you mean \($0)?" })
  }

  private mutating func statementWith() throws(ParseFailure) -> StatementKind {
    let start = start
    let with = try withClause()
    switch token.keyword {
    case .insert: return try insertStatement(with: with)
    case .merge, .update, .delete: return try rowChange(with: with)
    case .from where isMultiInsert: return try fromStatement(with: with)
    default:
      var query = try query()
      query = with.map { Self.adding($0, to: query) } ?? query
      query.span = span(from: start)
      return .query(query)
    }
  }

  private mutating func statementFrom() throws(ParseFailure) -> StatementKind {
    isMultiInsert ? try fromStatement(with: nil) : .query(try query())
  }

  /// Whether the next FROM is followed by INSERT rather than SELECT, parentheses skipped.
  private var isMultiInsert: Bool {
    var depth = 0
    for token in tokens[index...] {
      switch token.kind {
      case .leftParen: depth += 1
      case .rightParen: depth -= 1
      case .semicolon where depth == 0: return false
      case .word where depth == 0:
        if token.keyword == .insert { return true }
        if token.keyword == .select { return false }
      default: break
      }
    }
    return false
  }

  /// Puts a WITH before a query that may have one of its own, which then sees the tables of the first.
  static func adding(_ with: With, to query: Query) -> Query {
    guard query.with != nil else {
      var copy = query
      copy.with = with
      return copy
    }
    return Query(with: with, body: .query(query), span: query.span)
  }

  private mutating func explainStatement() throws(ParseFailure) -> StatementKind {
    advance()
    var mode = ExplainMode.plain
    switch token.keyword {
    case .extended: mode = .extended
    case .formatted: mode = .formatted
    case .analyze: mode = .analyze
    case .codegen, .cost, .lineage: throw unsupported("EXPLAIN \(text(token).uppercased())", at: span(of: token))
    default: break
    }
    if mode != .plain { advance() }
    if !at(.leftParen), !Self.explainable.contains(token.keyword) {
      throw unexpected("a query, an INSERT, MERGE, UPDATE, DELETE or CREATE")
    }
    let place = span(of: token)
    let explained = try statement()
    guard explained.kind.hasPlan else {
      throw error("EXPLAIN takes a query, an INSERT, MERGE, UPDATE, DELETE, or CREATE ... AS a query", at: place)
    }
    return .explain(mode, explained)
  }

  private static let explainable: [Keyword?] = [
    .select, .with, .from, .values, .table, .insert, .merge, .update, .delete, .create,
  ]

  private mutating func useStatement() throws(ParseFailure) -> StatementKind {
    advance()
    if isName(peek()) { _ = acceptAny([.database, .schema, .namespace]) }
    return .use(try qualifiedName("a database"))
  }

  private mutating func maintenanceStatement() throws(ParseFailure) -> StatementKind {
    switch token.keyword {
    case .truncate:
      advance()
      try expect(.table)
      let name = try qualifiedName("a table")
      return .truncateTable(TruncateTable(name: name, partition: try partitionSpecIfAny()))
    case .refresh:
      advance()
      _ = isName(peek()) && accept(.table)
      return .refreshTable(try qualifiedName("a table"))
    case .analyze: return .analyzeTable(try analyzeTable())
    default: return .repairTable(try repairTable())
    }
  }

  private mutating func repairTable() throws(ParseFailure) -> RepairTable {
    _ = accept(.msck)
    try expect(.repair, .table)
    let name = try qualifiedName("a table")
    var mode = RepairTable.Mode.add
    if let keyword = acceptAny([.add, .drop, .sync]) {
      mode = keyword == .drop ? .drop : keyword == .sync ? .sync : .add
      try expect(.partitions)
    }
    return RepairTable(name: name, mode: mode)
  }

  private mutating func analyzeTable() throws(ParseFailure) -> AnalyzeTable {
    advance()
    try expect(.table)
    let name = try qualifiedName("a table")
    let partition = try partitionSpecIfAny()
    try expect(.compute, .statistics)
    var scope = AnalyzeTable.Scope.table
    if accept(.noscan) {
      scope = .noScan
    } else if accept(.for, .all) {
      try expect(.columns)
      scope = .allColumns
    } else if accept(.for, .columns) {
      scope =
        isName(token)
        ? .columns(try commaSeparated { (parser) throws(ParseFailure) in try parser.identifier("a column") })
        : .allColumns
    }
    return AnalyzeTable(name: name, partition: partition, scope: scope)
  }
}

extension StatementKind {
  /// Whether the statement computes rows.
  fileprivate var hasPlan: Bool {
    switch self {
    case .query, .insert, .multiInsert, .merge, .update, .delete, .createView: true
    case .createTable(let create): create.query != nil
    default: false
    }
  }

  /// Whether the statement may stand inside BEGIN ATOMIC: it changes something, and yields no rows.
  var isAllowedInBlock: Bool {
    switch self {
    case .query, .show, .describe, .explain, .source, .startTransaction, .commit, .rollback, .set(.show),
      .set(.showAll):
      false
    default: true
    }
  }
}
