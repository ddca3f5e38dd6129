package import LakeDiagnostics

/// A recursive-descent parser with precedence climbing for operators.
///
/// Its parts are extensions in this folder, one per area of the grammar (`grammar/lakesql.ebnf`). Every rule
/// that can contain itself calls `descend`, the only check of nesting.
package struct Parser {
  let bytes: [UInt8]
  /// Where the text stands in its script: added to the offsets of every span.
  let base: Int
  var tokens: [Token]
  var index = 0
  var positionalParameters = 0
  private var depth = 0
  /// Set when the nesting gets deep enough to ask for it.
  private var stackFloor: UInt?
  private var attempts: KeywordAttempts?

  private init(
    _ bytes: [UInt8], base: Int, tokens: [Token], attempts: KeywordAttempts?
  ) {
    self.bytes = bytes
    self.base = base
    self.tokens = tokens
    self.attempts = attempts
  }

  /// How deep queries, expressions and types may nest, if the stack is large enough.
  static let nestingLimit = 256
}

extension Parser {
  /// Parses one statement, with or without a semicolon behind it.
  ///
  /// - Parameter offset: where the text begins in its script; the spans of the tree and of errors count from
  ///   the start of the script.
  package static func parseStatement(_ text: String, at offset: Int = 0) throws(QueryError) -> Statement {
    let bytes = Array(text.utf8)
    if let command = try RawCommand.statement(bytes, base: offset) { return command }
    return try run(bytes, base: offset) { (parser) throws(ParseFailure) in
      let statement = try parser.statement()
      _ = parser.accept(.semicolon)
      return statement
    }
  }

  /// Parses a lone expression, such as the definition of a default value.
  package static func parseExpression(_ text: String) throws(QueryError) -> Expression {
    try run(Array(text.utf8), base: 0) { (parser) throws(ParseFailure) in try parser.expression() }
  }

  /// Parses a data type, such as `array<decimal(10, 2)>`.
  package static func parseTypeName(_ text: String) throws(QueryError) -> TypeName {
    try run(Array(text.utf8), base: 0) { (parser) throws(ParseFailure) in try parser.typeName() }
  }

  /// Parses a schema as DDL: `a int, b struct<c: string>`; the colon behind a name is optional.
  package static func parseColumnList(_ text: String) throws(QueryError) -> [ColumnDefinition] {
    try run(Array(text.utf8), base: 0) { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.columnDefinition() }
    }
  }

  /// Parses the whole text with `rule`. After a syntax error it parses once more, noting which keywords
  /// were possible where, to find the one that a misspelt word meant.
  private static func run<Node>(
    _ bytes: [UInt8], base: Int, _ rule: (inout Parser) throws(ParseFailure) -> Node
  ) throws(QueryError) -> Node {
    let tokens = try Lexer.tokens(of: bytes, base: base)
    do throws(ParseFailure) {
      var parser = Parser(bytes, base: base, tokens: tokens, attempts: nil)
      return try parser.whole(rule)
    } catch {
      guard error.error.code == .syntaxError, error.error.hint == nil else { throw error.error }
    }
    do throws(ParseFailure) {
      var parser = Parser(bytes, base: base, tokens: tokens, attempts: KeywordAttempts())
      return try parser.whole(rule)
    } catch {
      throw error.error
    }
  }

  private mutating func whole<Node>(
    _ rule: (inout Parser) throws(ParseFailure) -> Node
  ) throws(ParseFailure) -> Node {
    let node = try rule(&self)
    guard at(.endOfText) else { throw unexpected("the end of the statement") }
    return node
  }
}

// MARK: - Tokens

extension Parser {
  var token: Token { tokens[index] }

  /// The token `offset` places ahead; the end token stands behind the last one for ever.
  func peek(_ offset: Int = 1) -> Token { tokens[min(index + offset, tokens.count - 1)] }

  func at(_ kind: TokenKind) -> Bool { tokens[index].kind == kind }

  /// Whether the next token is the keyword.
  mutating func at(_ keyword: Keyword) -> Bool {
    if tokens[index].keyword == keyword { return true }
    attempts?.note(keyword, at: index)
    return false
  }

  /// Whether the next tokens are these keywords.
  mutating func at(_ first: Keyword, _ second: Keyword) -> Bool {
    at(first) && peek().keyword == second
  }

  mutating func advance() { index = min(index + 1, tokens.count - 1) }

  mutating func accept(_ kind: TokenKind) -> Bool {
    guard tokens[index].kind == kind else { return false }
    advance()
    return true
  }

  mutating func accept(_ keyword: Keyword) -> Bool {
    guard at(keyword) else { return false }
    advance()
    return true
  }

  /// Takes both keywords, or neither.
  mutating func accept(_ first: Keyword, _ second: Keyword) -> Bool {
    guard at(first, second) else { return false }
    index += 2
    return true
  }

  /// Takes one of the keywords if it is next.
  mutating func acceptAny(_ keywords: [Keyword]) -> Keyword? {
    for keyword in keywords where accept(keyword) { return keyword }
    return nil
  }

  mutating func expect(_ kind: TokenKind, _ expected: String) throws(ParseFailure) {
    guard accept(kind) else { throw unexpected(expected) }
  }

  mutating func expect(_ keyword: Keyword) throws(ParseFailure) {
    guard accept(keyword) else { throw unexpected(keyword.text) }
  }

  mutating func expect(_ first: Keyword, _ second: Keyword) throws(ParseFailure) {
    try expect(first)
    try expect(second)
  }

  /// Takes one of the keywords, or fails with a list of them.
  mutating func expectAny(_ keywords: [Keyword]) throws(ParseFailure) -> Keyword {
    if let keyword = acceptAny(keywords) { return keyword }
    throw unexpected(keywords: keywords)
  }

  mutating func acceptIfExists() throws(ParseFailure) -> Bool {
    guard accept(.if) else { return false }
    try expect(.exists)
    return true
  }

  mutating func acceptIfNotExists() throws(ParseFailure) -> Bool {
    guard accept(.if) else { return false }
    try expect(.not, .exists)
    return true
  }

  /// Takes a clause that may stand once.
  mutating func once<Node>(
    _ clause: inout Node?, _ opening: Token, _ rule: (inout Parser) throws(ParseFailure) -> Node
  ) throws(ParseFailure) {
    if clause != nil {
      throw error("the clause \(text(opening).uppercased()) stands here a second time", at: span(of: opening))
    }
    clause = try rule(&self)
  }

  mutating func commaSeparated<Node>(
    _ rule: (inout Parser) throws(ParseFailure) -> Node
  ) throws(ParseFailure) -> [Node] {
    var nodes = [try rule(&self)]
    while accept(.comma) { nodes.append(try rule(&self)) }
    return nodes
  }

  /// Parses `( item, item ... )`; a parenthesis that is never closed is reported where it opens.
  mutating func parenthesized<Node>(
    _ rule: (inout Parser) throws(ParseFailure) -> Node
  ) throws(ParseFailure) -> Node {
    let opening = token
    try expect(.leftParen, "'('")
    let node = try rule(&self)
    try close(opening)
    return node
  }

  /// Takes the closing parenthesis that belongs to an opening one.
  mutating func close(_ opening: Token) throws(ParseFailure) {
    if accept(.rightParen) { return }
    if at(.endOfText) {
      throw error("the '(' that opens here is never closed", at: span(of: opening))
    }
    throw unexpected("')'")
  }
}

// MARK: - Nesting

extension Parser {
  /// Enters a rule that can contain itself; `ascend` leaves it.
  mutating func descend() throws(ParseFailure) {
    depth += 1
    if depth < 8 { return }
    if stackFloor == nil { stackFloor = StackFloor.current() }
    if depth > Self.nestingLimit || StackFloor.isReached(stackFloor ?? 0) {
      throw ParseFailure(
        QueryError(
          .nestingTooDeep, .parse, "the statement nests too deep here, at level \(depth)",
          span: span(of: token), hint: "split it with WITH or a view"))
    }
  }

  mutating func ascend(_ levels: Int = 1) { depth -= levels }
}

// MARK: - Spans and errors

extension Parser {
  /// Offset of the next token in the script.
  var start: Int { base + Int(token.start) }

  /// The span from `start` to the end of the last token taken.
  func span(from start: Int) -> SourceSpan {
    SourceSpan(start: start, end: index > 0 ? base + Int(tokens[index - 1].end) : start)
  }

  func span(of token: Token) -> SourceSpan {
    SourceSpan(start: base + Int(token.start), end: base + Int(token.end))
  }

  func source(_ token: Token) -> ArraySlice<UInt8> { bytes[Int(token.start)..<Int(token.end)] }

  func text(_ token: Token) -> String { String(decoding: source(token), as: UTF8.self) }

  func error(_ message: String, at span: SourceSpan, hint: String? = nil) -> ParseFailure {
    ParseFailure(QueryError(.syntaxError, .parse, message, span: span, hint: hint))
  }

  func unsupported(_ feature: String, at span: SourceSpan, hint: String? = nil) -> ParseFailure {
    ParseFailure(QueryError(.unsupported, .parse, "\(feature) is not supported", span: span, hint: hint))
  }

  /// The error for the next token: what was wanted, what stands there, and what it may have meant.
  func unexpected(_ expected: String) -> ParseFailure {
    let found = at(.endOfText) ? "the end of the statement" : "'\(shortened(text(token)))'"
    return error("expected \(expected), found \(found)", at: span(of: token), hint: misspellingHint())
  }

  func unexpected(keywords: [Keyword]) -> ParseFailure {
    let names = keywords.map(\.text)
    let list =
      names.count < 2
      ? names.joined() : names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
    let failure = unexpected(list)
    guard failure.error.hint == nil, token.kind == .word,
      let nearest = NearestName.of(text(token), among: names)
    else { return failure }
    return failure.withHint("did you mean \(nearest)?")
  }

  private func shortened(_ text: String) -> String {
    let line = text.prefix { $0 != "\n" }
    return line.count < text.count || line.count > 40 ? line.prefix(40) + "..." : text
  }

  /// Compares the next word, then a name taken just before it, with the keywords that were possible there.
  private func misspellingHint() -> String? {
    guard let attempts else { return nil }
    if token.kind == .word, let nearest = attempts.nearest(to: text(token), at: index) {
      return "did you mean \(nearest)?"
    }
    guard index > 0 else { return nil }
    let previous = tokens[index - 1]
    guard previous.kind == .word, previous.keyword == nil else { return nil }
    let name = text(previous)
    guard let nearest = attempts.nearest(to: name, at: index - 1) ?? attempts.nearest(to: name, at: index)
    else { return nil }
    return "did you mean \(nearest) where '\(name)' stands?"
  }
}

/// An error on its way out of the parser.
///
/// A reference, because a `QueryError` in every frame of the recursion would multiply the stack it needs.
final class ParseFailure: Error {
  let error: QueryError

  init(_ error: QueryError) { self.error = error }

  func withHint(_ hint: String?) -> ParseFailure {
    var copy = error
    copy.hint = hint
    return ParseFailure(copy)
  }
}

/// The keywords that the parser looked for in vain, by the position of the token.
struct KeywordAttempts {
  private var keywords: [Int: Set<Keyword>] = [:]

  mutating func note(_ keyword: Keyword, at index: Int) {
    keywords[index, default: []].insert(keyword)
  }

  func nearest(to word: String, at index: Int) -> String? {
    guard let candidates = keywords[index] else { return nil }
    return NearestName.of(word, among: candidates.map(\.text).sorted())
  }
}
