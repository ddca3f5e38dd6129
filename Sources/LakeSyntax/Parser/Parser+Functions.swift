import LakeDiagnostics

// Function calls and windows.
extension Parser {
  /// The call whose name was just read.
  mutating func functionCall(_ name: QualifiedName) throws(ParseFailure) -> FunctionCall {
    let opening = token
    try expect(.leftParen, "'('")
    let isDistinct = acceptQuantifier()
    if at(.rightParen), !isDistinct { return try functionCall(name, opening, after: []) }
    let allowsAlias = name.parts.count == 1 && name.last.name.lowercased() == "struct"
    let first = try functionArgument(allowsAlias: allowsAlias)
    return try functionCall(
      name, opening, after: [first], isDistinct: isDistinct, allowsAlias: allowsAlias)
  }

  /// The rest of a call of which the first argument, if any, was read.
  mutating func functionCall(
    _ name: QualifiedName, _ opening: Token, after arguments: [FunctionArgument], isDistinct: Bool = false,
    allowsAlias: Bool = false
  ) throws(ParseFailure) -> FunctionCall {
    var call = FunctionCall(name: name, arguments: arguments, isDistinct: isDistinct)
    while accept(.comma) { call.arguments.append(try functionArgument(allowsAlias: allowsAlias)) }
    if !call.arguments.isEmpty { call.nulls = try nullTreatment() }
    try close(opening)
    try callSuffixes(&call)
    return call
  }

  /// Takes DISTINCT (true) or ALL.
  private mutating func acceptQuantifier() -> Bool {
    if accept(.distinct) { return true }
    if token.keyword == .all, startsExpression(at: 1) { advance() }
    return false
  }

  /// Whether an expression can begin `offset` tokens ahead, signs aside: then a quantifier stands before it.
  func startsExpression(at offset: Int) -> Bool {
    let token = peek(offset)
    switch token.kind {
    case .quotedName, .string, .rawString, .integer, .decimal, .double, .float, .leftParen, .question,
      .colon, .star, .bang, .tilde:
      return true
    case .word:
      switch token.keyword {
      case .null, .true, .false, .case, .not: return true
      default:
        let isCall = peek(offset + 1).kind == .leftParen
        return isName(token) && (isCall || !(token.keyword?.beginsClause ?? false))
      }
    default: return false
    }
  }

  mutating func functionArguments() throws(ParseFailure) -> [FunctionArgument] {
    try parenthesized { (parser) throws(ParseFailure) in
      if parser.at(.rightParen) { return [] }
      return try parser.commaSeparated { (parser) throws(ParseFailure) in
        try parser.functionArgument(allowsAlias: false)
      }
    }
  }

  private mutating func functionArgument(allowsAlias: Bool) throws(ParseFailure) -> FunctionArgument {
    if peek().kind == .fatArrow {
      let name = try memberName()
      advance()
      return FunctionArgument(name: name, value: try expression())
    }
    if let parameters = lambdaParameters() { return FunctionArgument(value: try lambda(parameters)) }
    let value = try expression()
    let alias = allowsAlias && accept(.as) ? try identifier("an alias") : nil
    return FunctionArgument(value: value, alias: alias)
  }

  private mutating func lambda(_ parameters: [Identifier]) throws(ParseFailure) -> Expression {
    let start = parameters[0].span.start
    let body = try expression()
    return Expression(.lambda(parameters: parameters, body: body), span: span(from: start))
  }

  /// Takes `a ->` or `(a, b) ->` if it comes next.
  private mutating func lambdaParameters() -> [Identifier]? {
    if peek().kind == .arrow, isName(token) {
      index += 2
      return [name(tokens[index - 2])]
    }
    guard at(.leftParen) else { return nil }
    var offset = 1
    while isName(peek(offset)), peek(offset + 1).kind == .comma { offset += 2 }
    guard offset > 1, isName(peek(offset)), peek(offset + 1).kind == .rightParen,
      peek(offset + 2).kind == .arrow
    else { return nil }
    let parameters = stride(from: 1, through: offset, by: 2).map { name(peek($0)) }
    index += offset + 3
    return parameters
  }

  private mutating func nullTreatment() throws(ParseFailure) -> FunctionCall.NullTreatment? {
    if accept(.ignore, .nulls) { return .ignore }
    return accept(.respect, .nulls) ? .respect : nil
  }

  private mutating func callSuffixes(_ call: inout FunctionCall) throws(ParseFailure) {
    if accept(.within, .group) {
      call.withinGroup = try parenthesized { (parser) throws(ParseFailure) in
        try parser.expect(.order, .by)
        return try parser.sortItems()
      }
    }
    if peek().kind == .leftParen, peek(2).keyword == .where, accept(.filter) {
      call.filter = try parenthesized { (parser) throws(ParseFailure) in
        try parser.expect(.where)
        return try parser.expression()
      }
    }
    if let treatment = try nullTreatment() { call.nulls = treatment }
    if peek().kind == .leftParen || isName(peek()), accept(.over) { call.over = try windowReference() }
  }

  // MARK: Windows

  /// `name`, `(name)` or a specification in parentheses.
  mutating func windowReference() throws(ParseFailure) -> WindowReference {
    if !at(.leftParen) { return .named(try identifier("a window")) }
    if isName(peek()), peek(2).kind == .rightParen {
      return .named(try parenthesized { (parser) throws(ParseFailure) in try parser.identifier("a window") })
    }
    return .specification(try windowSpecification())
  }

  private mutating func windowSpecification() throws(ParseFailure) -> WindowSpecification {
    let start = start
    var window = WindowSpecification(
      base: nil, partitionBy: [], orderBy: [], frame: nil, span: SourceSpan(start: start, end: start))
    try parenthesized { (parser) throws(ParseFailure) in
      if parser.isAtWindowBase { window.base = try parser.identifier("a window") }
      try parser.windowKeys(&window)
      window.frame = try parser.windowFrame()
    }
    window.span = span(from: start)
    return window
  }

  private var isAtWindowBase: Bool {
    guard isName(token) else { return false }
    switch token.keyword {
    case .partition, .distribute, .order, .sort, .cluster: return peek().keyword != .by
    case .rows, .range, .groups: return false
    default: return true
    }
  }

  private mutating func windowKeys(_ window: inout WindowSpecification) throws(ParseFailure) {
    if accept(.cluster) {
      try expect(.by)
      window.partitionBy = try expressions()
      return
    }
    if acceptAny([.partition, .distribute]) != nil {
      try expect(.by)
      window.partitionBy = try expressions()
    }
    if acceptAny([.order, .sort]) != nil {
      try expect(.by)
      window.orderBy = try sortItems()
    }
  }

  private mutating func windowFrame() throws(ParseFailure) -> WindowFrame? {
    let start = start
    let unit: WindowFrame.Unit
    switch acceptAny([.rows, .range, .groups]) {
    case .rows: unit = .rows
    case .range: unit = .range
    case .groups: unit = .groups
    default: return nil
    }
    var first = WindowFrame.Bound.currentRow
    var last = WindowFrame.Bound.currentRow
    if accept(.between) {
      first = try frameBound()
      try expect(.and)
      last = try frameBound()
    } else {
      first = try frameBound()
    }
    return WindowFrame(unit: unit, start: first, end: last, span: span(from: start))
  }

  private mutating func frameBound() throws(ParseFailure) -> WindowFrame.Bound {
    if accept(.current, .row) { return .currentRow }
    if accept(.unbounded, .preceding) { return .unboundedPreceding }
    if accept(.unbounded, .following) { return .unboundedFollowing }
    let distance = try value()
    return try expectAny([.preceding, .following]) == .preceding
      ? .preceding(distance) : .following(distance)
  }

  // MARK: Sort items

  mutating func sortItems() throws(ParseFailure) -> [SortItem] {
    try commaSeparated { (parser) throws(ParseFailure) in
      var item = SortItem(try parser.expression())
      if parser.accept(.desc) { item.isDescending = true } else { _ = parser.accept(.asc) }
      if parser.accept(.nulls) {
        item.nulls = try parser.expectAny([.first, .last]) == .first ? .first : .last
      }
      return item
    }
  }
}
