import LakeDiagnostics

// Expressions from the loosest operator to the tightest: OR, AND, NOT, predicates, values.
extension Parser {
  mutating func expression() throws(ParseFailure) -> Expression {
    try descend()
    defer { ascend() }
    let start = start
    let first = try conjunction()
    guard at(.or) else { return first }
    var operands = [first]
    while accept(.or) { operands.append(try conjunction()) }
    return Expression(.or(operands), span: span(from: start))
  }

  mutating func expressions() throws(ParseFailure) -> [Expression] {
    try commaSeparated { (parser) throws(ParseFailure) in try parser.expression() }
  }

  private mutating func conjunction() throws(ParseFailure) -> Expression {
    let start = start
    let first = try negation()
    guard at(.and) else { return first }
    var operands = [first]
    while accept(.and) { operands.append(try negation()) }
    return Expression(.and(operands), span: span(from: start))
  }

  private mutating func negation() throws(ParseFailure) -> Expression {
    guard at(.bang) || at(.not) else { return try predicate() }
    var starts: [Int] = []
    defer { ascend(starts.count) }
    while at(.bang) || at(.not) {
      starts.append(start)
      try descend()
      advance()
    }
    var result = try predicate()
    for start in starts.reversed() { result = Expression(.not(result), span: span(from: start)) }
    return result
  }

  private mutating func predicate() throws(ParseFailure) -> Expression {
    if token.keyword == .exists, peek().kind == .leftParen, startsQuery(at: 2) { return try existsPredicate() }
    let start = start
    let value = try value()
    guard token.kind == .word else { return value }
    return try predicateSuffix(value, start: start)
  }

  private mutating func existsPredicate() throws(ParseFailure) -> Expression {
    let start = start
    advance()
    let query = try parenthesized { (parser) throws(ParseFailure) in try parser.query() }
    return Expression(.exists(query), span: span(from: start))
  }

  private mutating func predicateSuffix(_ value: Expression, start: Int) throws(ParseFailure) -> Expression {
    if accept(.is) { return Expression(try isPredicate(value), span: span(from: start)) }
    let isNegated = isAtNegatedPredicate && accept(.not)
    let kind: ExpressionKind
    if accept(.between) {
      kind = try betweenPredicate(value, isNegated)
    } else if accept(.in) {
      kind = try inPredicate(value, isNegated)
    } else if accept(.like) {
      kind = .like(try likePredicate(value, .like, isNegated))
    } else if accept(.ilike) {
      kind = .like(try likePredicate(value, .ilike, isNegated))
    } else if accept(.rlike) || accept(.regexp) {
      kind = .like(try likePredicate(value, .rlike, isNegated))
    } else {
      return value
    }
    return Expression(kind, span: span(from: start))
  }

  private var isAtNegatedPredicate: Bool {
    guard token.keyword == .not else { return false }
    switch peek().keyword {
    case .between, .in, .like, .ilike, .rlike, .regexp: return true
    default: return false
    }
  }

  private mutating func isPredicate(_ value: Expression) throws(ParseFailure) -> ExpressionKind {
    let isNegated = accept(.not)
    if accept(.null) { return .isNull(value, isNegated: isNegated) }
    if accept(.true) { return .isBoolean(value, value: true, isNegated: isNegated) }
    if accept(.false) { return .isBoolean(value, value: false, isNegated: isNegated) }
    if accept(.unknown) { return .isBoolean(value, value: nil, isNegated: isNegated) }
    guard accept(.distinct) else { throw unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM") }
    try expect(.from)
    return .isDistinctFrom(value, try self.value(), isNegated: isNegated)
  }

  private mutating func betweenPredicate(
    _ value: Expression, _ isNegated: Bool
  ) throws(ParseFailure) -> ExpressionKind {
    let low = try self.value()
    try expect(.and)
    return .between(value, low: low, high: try self.value(), isNegated: isNegated)
  }

  private mutating func inPredicate(
    _ value: Expression, _ isNegated: Bool
  ) throws(ParseFailure) -> ExpressionKind {
    let opening = token
    try expect(.leftParen, "'('")
    let kind: ExpressionKind
    if startsQuery(at: 0), token.kind != .leftParen {
      kind = .inSubquery(value, try query(), isNegated: isNegated)
    } else {
      kind = try inItems(value, isNegated)
    }
    try close(opening)
    return kind
  }

  /// The list, or a query that begins with a parenthesis: `(SELECT 1) UNION (SELECT 2)`.
  private mutating func inItems(_ value: Expression, _ isNegated: Bool) throws(ParseFailure) -> ExpressionKind {
    let start = start
    let first = try expression()
    if case .subquery(let query) = first.kind, isAtQueryContinuation {
      return .inSubquery(value, try continuedQuery(.query(query), start: start), isNegated: isNegated)
    }
    var items = [first]
    while accept(.comma) { items.append(try expression()) }
    return .inList(value, items, isNegated: isNegated)
  }

  private mutating func likePredicate(
    _ value: Expression, _ matching: LikePredicate.Matching, _ isNegated: Bool
  ) throws(ParseFailure) -> LikePredicate {
    var result = LikePredicate(
      value: value, matching: matching, quantifier: nil, patterns: [], escape: nil, isNegated: isNegated)
    if matching != .rlike, peek().kind == .leftParen, let word = acceptAny([.any, .some, .all]) {
      result.quantifier = word == .all ? .all : .any
      result.patterns = try parenthesized { (parser) throws(ParseFailure) in try parser.expressions() }
      return result
    }
    result.patterns = [try self.value()]
    if matching != .rlike, accept(.escape) { result.escape = try string("the escape character as a string") }
    return result
  }
}

// MARK: - Operators on values

extension Parser {
  mutating func value() throws(ParseFailure) -> Expression { try value(binding: 1) }

  /// An operand with the operators that bind at least as tight as `minimum`, as flat chains.
  private mutating func value(binding minimum: Int) throws(ParseFailure) -> Expression {
    let start = start
    var left = try prefixed()
    while let (op, _) = binaryOperator(), op.precedence >= minimum {
      let rest = try chainTerms(op.precedence)
      left = Expression(.chain(first: left, rest: rest), span: span(from: start))
    }
    return left
  }

  private mutating func chainTerms(_ precedence: Int) throws(ParseFailure) -> [ChainTerm] {
    var terms: [ChainTerm] = []
    while let (op, length) = binaryOperator(), op.precedence == precedence {
      let start = start
      index += length
      let place = span(from: start)
      terms.append(ChainTerm(op: op, operand: try value(binding: precedence + 1), span: place))
    }
    return terms
  }

  /// The operator that comes next, and its length in tokens.
  private func binaryOperator() -> (BinaryOperator, Int)? {
    switch token.kind {
    case .star: (.multiply, 1)
    case .slash: (.divide, 1)
    case .percentSign: (.modulo, 1)
    case .plus: (.add, 1)
    case .dash: (.subtract, 1)
    case .concat: (.concat, 1)
    case .shiftLeft: (.shiftLeft, 1)
    case .ampersand: (.bitAnd, 1)
    case .caret: (.bitXor, 1)
    case .pipe: (.bitOr, 1)
    case .equal: (.equal, 1)
    case .notEqual: (.notEqual, 1)
    case .less: (.less, 1)
    case .lessOrEqual: (.lessOrEqual, 1)
    case .greaterOrEqual: (.greaterOrEqual, 1)
    case .nullSafeEqual: (.nullSafeEqual, 1)
    case .greater: greaterOperator()
    case .word: token.keyword == .div ? (.integerDivide, 1) : nil
    default: nil
    }
  }

  /// `>`, or `>>` and `>>>`, which the lexer leaves apart because they also close nested types.
  private func greaterOperator() -> (BinaryOperator, Int) {
    guard isAdjacentGreater(1) else { return (.greater, 1) }
    return isAdjacentGreater(2) ? (.shiftRightUnsigned, 3) : (.shiftRight, 2)
  }

  private func isAdjacentGreater(_ offset: Int) -> Bool {
    let next = peek(offset)
    return next.kind == .greater && next.start == peek(offset - 1).end
  }

  private mutating func prefixed() throws(ParseFailure) -> Expression {
    guard at(.dash) || at(.plus) || at(.tilde) else { return try postfixed() }
    var operators: [(op: UnaryOperator, start: Int)] = []
    defer { ascend(operators.count) }
    while at(.dash) || at(.plus) || at(.tilde) {
      if at(.dash), isNumber(peek()) { break }
      operators.append((at(.dash) ? .minus : at(.plus) ? .plus : .bitNot, start))
      try descend()
      advance()
    }
    var result = try postfixed()
    for (op, start) in operators.reversed() {
      result = Expression(.unary(op, result), span: span(from: start))
    }
    return result
  }

  func isNumber(_ token: Token) -> Bool {
    switch token.kind {
    case .integer, .decimal, .double, .float: true
    default: false
    }
  }

  /// A primary expression with `.field`, `[index]` and `::type` behind it.
  private mutating func postfixed() throws(ParseFailure) -> Expression {
    let start = start
    var result = try primary()
    var levels = 0
    defer { ascend(levels) }
    while at(.dot) || at(.leftBracket) || at(.doubleColon) {
      try descend()
      levels += 1
      let kind = try postfix(result)
      result = Expression(kind, span: span(from: start))
    }
    if at(.collate), isName(peek()) { throw unsupported("COLLATE", at: span(of: token)) }
    return result
  }

  private mutating func postfix(_ operand: Expression) throws(ParseFailure) -> ExpressionKind {
    if accept(.dot) { return .field(operand, try memberName()) }
    if accept(.doubleColon) { return .cast(operand, to: try typeName(), isTry: false) }
    let opening = token
    try expect(.leftBracket, "'['")
    let index = try expression()
    if at(.endOfText) { throw error("the '[' that opens here is never closed", at: span(of: opening)) }
    try expect(.rightBracket, "']'")
    return .subscripted(operand, index: index)
  }
}
