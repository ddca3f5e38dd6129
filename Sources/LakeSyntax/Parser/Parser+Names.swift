import LakeDiagnostics

// Names, and the constants that stand in clauses rather than in expressions.
extension Parser {
  /// Whether a token can be a name: quoted, or a word that is not reserved.
  func isName(_ token: Token) -> Bool {
    switch token.kind {
    case .quotedName: true
    case .word: !(token.keyword?.isReserved ?? false)
    default: false
    }
  }

  /// Whether the next token can be an alias without AS.
  var isAtBareAlias: Bool {
    isName(token) && !(token.keyword?.beginsClause ?? false)
  }

  mutating func identifier(_ expected: String) throws(ParseFailure) -> Identifier {
    guard isName(token) else { throw unexpected(expected) }
    return try takeName()
  }

  /// A name behind a dot, where even reserved words are names.
  mutating func memberName() throws(ParseFailure) -> Identifier {
    guard at(.word) || at(.quotedName) else { throw unexpected("a name") }
    return try takeName()
  }

  private mutating func takeName() throws(ParseFailure) -> Identifier {
    let identifier = name(token)
    if identifier.name.isEmpty { throw error("a name must not be empty", at: span(of: token)) }
    advance()
    return identifier
  }

  /// The name that a token is.
  func name(_ token: Token) -> Identifier {
    let isQuoted = token.kind == .quotedName
    let name = isQuoted ? EscapedText.name(source(token)) : text(token)
    return Identifier(name, isQuoted: isQuoted, span: span(of: token))
  }

  mutating func qualifiedName(_ expected: String) throws(ParseFailure) -> QualifiedName {
    let start = start
    var parts = [try identifier(expected)]
    while accept(.dot) { parts.append(try memberName()) }
    return QualifiedName(parts, span: span(from: start))
  }

  /// `(a, b, c)`
  mutating func identifierList(_ expected: String) throws(ParseFailure) -> [Identifier] {
    try parenthesized { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.identifier(expected) }
    }
  }

  var isAtString: Bool { at(.string) || at(.rawString) }

  /// A string; strings that follow each other directly are one.
  mutating func string(_ expected: String) throws(ParseFailure) -> String {
    guard isAtString else { throw unexpected(expected) }
    var value = ""
    while isAtString {
      value += stringValue(token)
      advance()
    }
    return value
  }

  mutating func comment() throws(ParseFailure) -> String { try string("the comment as a string") }

  /// A whole number without a sign.
  mutating func wholeNumber(_ expected: String) throws(ParseFailure) -> Int {
    guard at(.integer) else { throw unexpected(expected) }
    guard let number = Int(text(token)) else {
      throw error("expected \(expected), found a number out of range", at: span(of: token))
    }
    advance()
    return number
  }

  /// `(key = value, 'key' 'value', ...)`
  mutating func properties() throws(ParseFailure) -> [Property] {
    try parenthesized { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in
        let start = parser.start
        let key = try parser.propertyKey()
        _ = parser.accept(.equal)
        let value = try parser.propertyValue()
        return Property(key: key, value: value, span: parser.span(from: start))
      }
    }
  }

  /// `('key', other.key)`
  mutating func propertyKeys() throws(ParseFailure) -> [String] {
    try parenthesized { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.propertyKey() }
    }
  }

  mutating func propertyKey() throws(ParseFailure) -> String {
    guard isAtString else { return try qualifiedName("the key of a property").text }
    defer { advance() }
    return stringValue(token)
  }

  private func stringValue(_ token: Token) -> String {
    token.kind == .string ? EscapedText.string(source(token)) : EscapedText.rawString(source(token))
  }

  private mutating func propertyValue() throws(ParseFailure) -> String {
    if isAtString { return try string("a value") }
    let sign = accept(.dash) ? "-" : ""
    switch token.kind {
    case .integer, .decimal, .double, .float: break
    case .word where sign.isEmpty && (token.keyword == .true || token.keyword == .false): break
    default: throw unexpected("the value of the property: a string, a number, true or false")
    }
    let value = sign + text(token)
    advance()
    return value
  }
}
