/// How tight an expression binds in the printed text; what binds looser than its place needs parentheses.
private enum Level {
  static let or = 0
  static let and = 1
  static let not = 2
  static let predicate = 3
  /// Chains have `chain + precedence`.
  static let chain = 3
  static let value = 4
  static let unary = 11
  static let primary = 12
}

extension SQLWriter {
  mutating func write(_ expression: Expression) { write(expression, Level.or) }

  /// Writes an expression where no AND, OR, NOT or predicate may stand without parentheses.
  mutating func value(_ expression: Expression) { write(expression, Level.value) }

  mutating func write(_ expressions: [Expression]) {
    list(expressions) { $0.write($1) }
  }

  private mutating func write(_ expression: Expression, _ minimum: Int) {
    let needsParentheses = level(expression.kind) < minimum
    if needsParentheses { open() }
    write(expression.kind)
    if needsParentheses { close() }
  }

  private func level(_ kind: ExpressionKind) -> Int {
    switch kind {
    case .or, .lambda: Level.or
    case .and: Level.and
    case .not: Level.not
    case .isNull, .isBoolean, .isDistinctFrom, .between, .inList, .inSubquery, .like, .exists: Level.predicate
    case .chain(_, let rest): Level.chain + (rest.first?.op.precedence ?? 1)
    case .unary: Level.unary
    case .literal(let literal): isNegative(literal) ? Level.unary : Level.primary
    default: Level.primary
    }
  }

  private func isNegative(_ literal: Literal) -> Bool { numberText(literal)?.hasPrefix("-") ?? false }

  private func numberText(_ literal: Literal) -> String? {
    switch literal {
    case .integer(let text, _), .decimal(let text), .double(let text), .float(let text): text
    default: nil
    }
  }

  private mutating func write(_ kind: ExpressionKind) {
    switch kind {
    case .literal(let literal): write(literal)
    case .column(let parts): dotted(parts)
    case .star(let star): write(star)
    case .parameter(.positional): word("?")
    case .parameter(.named(let name)):
      open(":")
      self.name(name)
    case .unary(let op, let operand): unary(op, operand)
    case .chain(let first, let rest): chain(first, rest)
    case .not(let operand):
      word("NOT")
      write(operand, Level.not)
    case .and(let operands): joined(operands, "AND", Level.not)
    case .or(let operands): joined(operands, "OR", Level.and)
    case .isNull, .isBoolean, .isDistinctFrom, .between, .inList, .inSubquery, .like, .exists: predicate(kind)
    case .subquery(let query): parenthesized([query]) { $0.write($1) }
    case .row(let items): parenthesized(items) { $0.write($1) }
    default: form(kind)
    }
  }

  private mutating func form(_ kind: ExpressionKind) {
    switch kind {
    case .case(let operand, let branches, let otherwise): write(operand, branches, otherwise)
    case .cast(let operand, let type, let isTry):
      word(isTry ? "TRY_CAST" : "CAST")
      open(isTight: true)
      write(operand)
      word("AS")
      write(type)
      close()
    case .extract(let field, let source):
      word("EXTRACT")
      open(isTight: true)
      write(field)
      word("FROM")
      write(source)
      close()
    case .trim(let side, let characters, let source):
      word("TRIM")
      open(isTight: true)
      word(side.rawValue)
      if let characters { write(characters) }
      word("FROM")
      write(source)
      close()
    case .function(let call): write(call)
    case .lambda(let parameters, let body):
      if parameters.count == 1 { write(parameters[0]) } else { write(parameters) }
      word("->")
      write(body)
    case .subscripted(let base, let index):
      postfixBase(base)
      open("[", isTight: true)
      write(index)
      close("]")
    case .field(let base, let name):
      postfixBase(base)
      open(".", isTight: true)
      write(name)
    default: break
    }
  }

  private mutating func joined(_ operands: [Expression], _ word: String, _ minimum: Int) {
    for (number, operand) in operands.enumerated() {
      if number > 0 { self.word(word) }
      write(operand, minimum)
    }
  }

  private mutating func chain(_ first: Expression, _ rest: [ChainTerm]) {
    let minimum = Level.chain + (rest.first?.op.precedence ?? 1) + 1
    write(first, minimum)
    for term in rest {
      word(term.op.rawValue)
      write(term.operand, minimum)
    }
  }

  /// A number behind a minus would become part of its literal, and two minus signs a comment.
  private mutating func unary(_ op: UnaryOperator, _ operand: Expression) {
    word(op.rawValue)
    if case .literal(let literal) = operand.kind, let text = numberText(literal), !text.hasPrefix("-"),
      op == .minus
    {
      parenthesized([operand]) { $0.write($1) }
    } else {
      write(operand, Level.unary)
    }
  }

  /// A column or a literal before a dot would swallow it.
  private mutating func postfixBase(_ base: Expression) {
    switch base.kind {
    case .column, .star, .literal: parenthesized([base]) { $0.write($1) }
    default: write(base, Level.primary)
    }
  }

  private mutating func write(_ star: StarExpression) {
    for part in star.qualifier {
      write(part)
      open(".", isTight: true)
    }
    word("*")
    if star.except.isEmpty { return }
    word("EXCEPT")
    parenthesized(star.except) { $0.write($1) }
  }

  private mutating func write(_ operand: Expression?, _ branches: [CaseBranch], _ otherwise: Expression?) {
    word("CASE")
    if let operand { write(operand) }
    for branch in branches {
      word("WHEN")
      write(branch.condition)
      word("THEN")
      write(branch.result)
    }
    clause("ELSE", otherwise)
    word("END")
  }

  // MARK: Predicates

  private mutating func predicate(_ kind: ExpressionKind) {
    switch kind {
    case .isNull(let value, let isNegated): isPredicate(value, isNegated, "NULL")
    case .isBoolean(let value, let wanted, let isNegated):
      isPredicate(value, isNegated, wanted.map { $0 ? "TRUE" : "FALSE" } ?? "UNKNOWN")
    case .isDistinctFrom(let left, let right, let isNegated):
      isPredicate(left, isNegated, "DISTINCT FROM")
      self.value(right)
    case .between(let value, let low, let high, let isNegated):
      negatable(value, isNegated, "BETWEEN")
      self.value(low)
      word("AND")
      self.value(high)
    case .inList(let value, let items, let isNegated):
      negatable(value, isNegated, "IN")
      parenthesized(items) { $0.write($1) }
    case .inSubquery(let value, let query, let isNegated):
      negatable(value, isNegated, "IN")
      parenthesized([query]) { $0.write($1) }
    case .like(let like): write(like)
    case .exists(let query):
      word("EXISTS")
      parenthesized([query]) { $0.write($1) }
    default: break
    }
  }

  private mutating func isPredicate(_ value: Expression, _ isNegated: Bool, _ test: String) {
    self.value(value)
    word(isNegated ? "IS NOT" : "IS")
    word(test)
  }

  private mutating func negatable(_ value: Expression, _ isNegated: Bool, _ test: String) {
    self.value(value)
    if isNegated { word("NOT") }
    word(test)
  }

  private mutating func write(_ like: LikePredicate) {
    negatable(like.value, like.isNegated, like.matching.rawValue)
    if let quantifier = like.quantifier {
      word(quantifier.rawValue)
      parenthesized(like.patterns) { $0.write($1) }
    } else {
      for pattern in like.patterns { value(pattern) }
    }
    clause("ESCAPE", like.escape)
  }

  // MARK: Literals and types

  mutating func write(_ literal: Literal) {
    switch literal {
    case .null: word("NULL")
    case .boolean(let value): word(value ? "TRUE" : "FALSE")
    case .integer(let digits, let suffix): word(digits + suffix.rawValue)
    case .decimal(let digits):
      let isPlain = digits.contains(".") && !digits.lowercased().contains("e")
      word(isPlain ? digits : digits + "BD")
    case .double(let digits): word(digits + "D")
    case .float(let digits): word(digits + "F")
    case .string(let value): string(value)
    case .binary(let bytes):
      word("X")
      string(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined())
    case .temporal(let kind, let value):
      word(kind.rawValue)
      string(value)
    case .interval(let interval): write(interval)
    }
  }

  private mutating func write(_ interval: IntervalLiteral) {
    word("INTERVAL")
    switch interval {
    case .units(let terms):
      for term in terms {
        string(term.value)
        word(term.unit.rawValue)
      }
    case .range(let value, let from, let to):
      string(value)
      word(from.rawValue)
      word("TO")
      word(to.rawValue)
    case .text(let value): string(value)
    }
  }

  mutating func write(_ type: TypeName) {
    switch type.kind {
    case .simple(let name, let parameters):
      self.name(name)
      if !parameters.isEmpty { parenthesized(parameters, isTight: true) { $0.word(String($1)) } }
    case .array(let element):
      word("array")
      open("<", isTight: true)
      write(element)
      close(">")
    case .map(let key, let value):
      word("map")
      open("<", isTight: true)
      write(key)
      comma()
      write(value)
      close(">")
    case .struct(let fields):
      word("struct")
      open("<", isTight: true)
      list(fields) { $0.write($1) }
      close(">")
    case .interval(let from, let to):
      word("INTERVAL")
      word(from.rawValue)
      if let to { word("TO \(to.rawValue)") }
    }
  }

  private mutating func write(_ field: StructFieldName) {
    write(field.name)
    tight(":")
    write(field.type)
    if field.isNotNull { word("NOT NULL") }
    clause("COMMENT", field.comment)
  }
}
