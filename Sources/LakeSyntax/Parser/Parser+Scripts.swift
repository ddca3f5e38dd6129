import LakeDiagnostics

// Statements that steer a script: settings, transactions, assertions.
extension Parser {
  /// SET takes the text as it stands, up to the semicolon or the end.
  mutating func setStatement() throws(ParseFailure) -> StatementKind {
    try rawCommand(RawCommand.set)
  }

  mutating func resetStatement() throws(ParseFailure) -> StatementKind {
    advance()
    let key = takeRawText()
    return .reset(key.isEmpty ? nil : RawCommand.key(key))
  }

  mutating func sourceStatement() throws(ParseFailure) -> StatementKind {
    try rawCommand(RawCommand.source)
  }

  private mutating func rawCommand(
    _ read: (String, SourceSpan) throws(QueryError) -> StatementKind
  ) throws(ParseFailure) -> StatementKind {
    let place = span(of: token)
    advance()
    let text = takeRawText()
    do throws(QueryError) { return try read(text, place) } catch { throw ParseFailure(error) }
  }

  private mutating func takeRawText() -> String {
    let first = token
    var last: Token?
    while !at(.semicolon), !at(.endOfText) {
      last = token
      advance()
    }
    guard let last else { return "" }
    return String(decoding: bytes[Int(first.start)..<Int(last.end)], as: UTF8.self)
  }

  mutating func transactionStatement() throws(ParseFailure) -> StatementKind {
    if accept(.start) {
      try expect(.transaction)
      return .startTransaction
    }
    if accept(.begin) {
      if accept(.atomic) { return .atomicBlock(try atomicStatements()) }
      _ = acceptAny([.transaction, .work])
      if !at(.semicolon), !at(.endOfText) {
        throw unexpected(keywords: [.atomic, .transaction])
      }
      return .startTransaction
    }
    let isCommit = accept(.commit)
    if !isCommit { try expect(.rollback) }
    _ = acceptAny([.transaction, .work])
    return isCommit ? .commit : .rollback
  }

  private mutating func atomicStatements() throws(ParseFailure) -> [Statement] {
    let opening = tokens[index - 2]
    var statements: [Statement] = []
    while true {
      while accept(.semicolon) {}
      if accept(.end) { return statements }
      if at(.endOfText) { throw error("the BEGIN ATOMIC that starts here has no END", at: span(of: opening)) }
      let place = span(of: token)
      let inner = try statement()
      guard inner.kind.isAllowedInBlock else {
        throw unsupported(
          "this statement inside BEGIN ATOMIC", at: place,
          hint: "a block takes statements that change something: definitions, INSERT and its kin, SET, ASSERT")
      }
      statements.append(inner)
      if at(.endOfText) { throw error("the BEGIN ATOMIC that starts here has no END", at: span(of: opening)) }
      try expect(.semicolon, "';' behind the statement")
    }
  }

  mutating func assertStatement() throws(ParseFailure) -> StatementKind {
    advance()
    let name = try string("the name of the assertion as a string")
    let query = try parenthesized { (parser) throws(ParseFailure) in try parser.query() }
    return .assert(Assertion(name: name, query: query))
  }
}
