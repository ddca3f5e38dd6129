import LakeDiagnostics

// Primary expressions: literals, names, special forms, parentheses.
extension Parser {
  mutating func primary() throws(ParseFailure) -> Expression {
    let start = start
    let kind = try primaryKind()
    return Expression(kind, span: span(from: start))
  }

  private mutating func primaryKind() throws(ParseFailure) -> ExpressionKind {
    switch token.kind {
    case .word: return try wordPrimary()
    case .quotedName: return try nameOrCall()
    case .integer, .decimal, .double, .float, .dash: return .literal(try numberLiteral())
    case .string, .rawString: return .literal(.string(try string("a string")))
    case .leftParen: return try parenthesizedPrimary()
    case .star:
      advance()
      return .star(StarExpression(except: try starExceptions()))
    case .question:
      advance()
      positionalParameters += 1
      return .parameter(.positional(positionalParameters - 1))
    case .colon:
      advance()
      return .parameter(.named(try memberName().name))
    default: throw unexpected("an expression")
    }
  }

  private mutating func wordPrimary() throws(ParseFailure) -> ExpressionKind {
    if let keyword = token.keyword, let special = try specialForm(keyword) { return special }
    guard isName(token) else { throw unexpected("an expression") }
    return try nameOrCall()
  }

  /// The forms that a keyword opens; nil where it is just a name here.
  private mutating func specialForm(_ keyword: Keyword) throws(ParseFailure) -> ExpressionKind? {
    switch keyword {
    case .null: return takeLiteral(.null)
    case .true: return takeLiteral(.boolean(true))
    case .false: return takeLiteral(.boolean(false))
    case .case: return try caseExpression()
    case .interval: return try intervalLiteral().map { .literal(.interval($0)) }
    case .date, .timestamp, .timestampNtz, .timestampLtz, .x:
      return try typedLiteral(keyword).map { .literal($0) }
    case .currentDate, .currentTimestamp, .currentUser, .currentCatalog, .currentDatabase,
      .currentSchema, .sessionUser, .localtimestamp:
      return peek().kind == .leftParen || peek().kind == .dot ? nil : try bareCall()
    default: return peek().kind == .leftParen ? try keywordCall(keyword) : nil
    }
  }

  private mutating func takeLiteral(_ literal: Literal) -> ExpressionKind {
    advance()
    return .literal(literal)
  }

  /// `current_date` without parentheses.
  private mutating func bareCall() throws(ParseFailure) -> ExpressionKind {
    let name = try memberName()
    return .function(FunctionCall(name: QualifiedName([name], span: name.span), arguments: []))
  }

  /// The calls whose parentheses hold more than arguments.
  private mutating func keywordCall(_ keyword: Keyword) throws(ParseFailure) -> ExpressionKind? {
    switch keyword {
    case .cast, .tryCast: return try castExpression(isTry: keyword == .tryCast)
    case .extract: return try extractExpression()
    case .substring, .substr: return try substringExpression()
    case .trim: return try trimExpression()
    case .position: return try positionExpression()
    case .overlay: return try overlayExpression()
    default: return nil
    }
  }

  // MARK: Names

  /// A column reference, a qualified star, or a call.
  private mutating func nameOrCall() throws(ParseFailure) -> ExpressionKind {
    let start = start
    var parts = [try identifier("an expression")]
    while at(.dot) {
      if peek().kind == .star {
        index += 2
        return .star(StarExpression(qualifier: parts, except: try starExceptions()))
      }
      advance()
      parts.append(try memberName())
    }
    guard at(.leftParen) else { return .column(parts) }
    return .function(try functionCall(QualifiedName(parts, span: span(from: start))))
  }

  /// `EXCEPT (a, b.c)`, if it follows; EXCEPT with a query behind it is a set operation.
  private mutating func starExceptions() throws(ParseFailure) -> [QualifiedName] {
    guard token.keyword == .except, peek().kind == .leftParen, !startsQuery(at: 2) else { return [] }
    advance()
    return try parenthesized { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.qualifiedName("a column") }
    }
  }

  // MARK: Parentheses

  private mutating func parenthesizedPrimary() throws(ParseFailure) -> ExpressionKind {
    let opening = token
    advance()
    if startsQuery(at: 0), token.kind != .leftParen {
      let query = try query()
      try close(opening)
      return .subquery(query)
    }
    let first = try rowItem(expressionOrNestedQuery())
    if at(.comma) || first.alias != nil { return try row(first, opening) }
    try close(opening)
    return first.value.kind
  }

  private mutating func row(_ first: FunctionArgument, _ opening: Token) throws(ParseFailure) -> ExpressionKind {
    var items = [first]
    try expect(.comma, "',' and another value")
    repeat { items.append(try rowItem(expression())) } while accept(.comma)
    try close(opening)
    return .row(items)
  }

  private mutating func rowItem(_ value: Expression) throws(ParseFailure) -> FunctionArgument {
    let alias = accept(.as) ? try identifier("an alias") : nil
    return FunctionArgument(value: value, alias: alias)
  }

  /// An expression in parentheses. If it turns out to be a query in parentheses that goes on, such as
  /// `(SELECT 1) UNION (SELECT 2)`, the rest of the query is read too.
  private mutating func expressionOrNestedQuery() throws(ParseFailure) -> Expression {
    let start = start
    let isParenthesis = at(.leftParen)
    let first = try expression()
    guard isParenthesis, case .subquery(let query) = first.kind, isAtQueryContinuation else { return first }
    let whole = try continuedQuery(.query(query), start: start)
    return Expression(.subquery(whole), span: span(from: start))
  }

  // MARK: Special forms

  private mutating func caseExpression() throws(ParseFailure) -> ExpressionKind {
    let opening = token
    advance()
    let operand = at(.when) ? nil : try expression()
    var branches: [CaseBranch] = []
    while accept(.when) {
      let condition = try expression()
      try expect(.then)
      branches.append(CaseBranch(condition: condition, result: try expression()))
    }
    if branches.isEmpty { throw unexpected("WHEN") }
    let otherwise = accept(.else) ? try expression() : nil
    if at(.endOfText) {
      throw error("the CASE that begins here has no END", at: span(of: opening))
    }
    try expect(.end)
    return .case(operand: operand, branches: branches, otherwise: otherwise)
  }

  private mutating func castExpression(isTry: Bool) throws(ParseFailure) -> ExpressionKind {
    advance()
    return try parenthesized { (parser) throws(ParseFailure) in
      let operand = try parser.expression()
      try parser.expect(.as)
      return .cast(operand, to: try parser.typeName(), isTry: isTry)
    }
  }

  private mutating func extractExpression() throws(ParseFailure) -> ExpressionKind {
    guard peek(3).keyword == .from else { return try nameOrCall() }
    advance()
    return try parenthesized { (parser) throws(ParseFailure) in
      let start = parser.start
      let field: Identifier
      if parser.isAtString {
        let name = try parser.string("a field")
        if name.isEmpty { throw parser.error("a field must not be empty", at: parser.span(from: start)) }
        field = Identifier(name, isQuoted: true, span: parser.span(from: start))
      } else {
        field = try parser.identifier("a field such as YEAR")
      }
      try parser.expect(.from)
      return .extract(field: field, from: try parser.expression())
    }
  }

  /// `SUBSTRING(text FROM start [FOR length])`, or the plain call.
  private mutating func substringExpression() throws(ParseFailure) -> ExpressionKind {
    try callWithKeywords([.from, .for], optional: 1)
  }

  /// `POSITION(part IN text)`, or the plain call.
  private mutating func positionExpression() throws(ParseFailure) -> ExpressionKind {
    try callWithKeywords([.in], optional: 0)
  }

  /// `OVERLAY(text PLACING part FROM start [FOR length])`, or the plain call.
  private mutating func overlayExpression() throws(ParseFailure) -> ExpressionKind {
    try callWithKeywords([.placing, .from, .for], optional: 1)
  }

  /// A call whose arguments may be divided by keywords instead of commas; the last `optional` may be absent.
  private mutating func callWithKeywords(
    _ keywords: [Keyword], optional: Int
  ) throws(ParseFailure) -> ExpressionKind {
    if isAtPlainCall { return try nameOrCall() }
    try descend()
    defer { ascend() }
    let member = try memberName()
    let name = QualifiedName([member], span: member.span)
    let opening = token
    advance()
    var arguments = [FunctionArgument(value: try value())]
    guard at(keywords[0]) else { return .function(try functionCall(name, opening, after: arguments)) }
    for (number, keyword) in keywords.enumerated() {
      if number >= keywords.count - optional, !at(keyword) { break }
      try expect(keyword)
      arguments.append(FunctionArgument(value: try value()))
    }
    try close(opening)
    return .function(FunctionCall(name: name, arguments: arguments))
  }

  /// Whether what follows the name and the parenthesis shows that the arguments are plain ones.
  private var isAtPlainCall: Bool {
    switch peek(2).kind {
    case .rightParen: true
    case .word: peek(2).keyword == .distinct || peek(2).keyword == .all || peek(3).kind == .fatArrow
    default: false
    }
  }

  /// `TRIM([BOTH | LEADING | TRAILING] [characters] FROM text)`, or the plain call.
  private mutating func trimExpression() throws(ParseFailure) -> ExpressionKind {
    if isAtPlainCall { return try nameOrCall() }
    let member = try memberName()
    let opening = token
    advance()
    let side = acceptTrimSide()
    let characters = side != nil && at(.from) ? nil : try expression()
    if side == nil, let characters, !at(.from) {
      let name = QualifiedName([member], span: member.span)
      return .function(try functionCall(name, opening, after: [FunctionArgument(value: characters)]))
    }
    try expect(.from)
    let source = try expression()
    try close(opening)
    return .trim(side ?? .both, characters: characters, source: source)
  }

  private mutating func acceptTrimSide() -> TrimSide? {
    guard peek().kind != .comma, peek().kind != .rightParen, peek().kind != .dot else { return nil }
    if accept(.both) { return .both }
    if accept(.leading) { return .leading }
    return accept(.trailing) ? .trailing : nil
  }
}
