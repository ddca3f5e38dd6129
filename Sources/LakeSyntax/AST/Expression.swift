package import LakeDiagnostics

/// A scalar expression. Parentheses leave no node: the tree shows them.
package struct Expression: Hashable, Sendable {
  package var kind: ExpressionKind
  @NodeSpan package var span: SourceSpan

  package init(_ kind: ExpressionKind, span: SourceSpan) {
    self.kind = kind
    self.span = span
  }
}

/// The forms of an expression. Chains of operators are flat, so that depth is bounded by nesting alone.
package indirect enum ExpressionKind: Hashable, Sendable {
  case literal(Literal)
  /// `a`, `t.a`, `db.t.a.field`: which part is what, the binder finds out.
  case column([Identifier])
  /// `*`, `t.*`, `* EXCEPT (a, b)`
  case star(StarExpression)
  /// `?` or `:name`
  case parameter(ParameterMarker)
  case unary(UnaryOperator, Expression)
  /// Operators of equal precedence, evaluated from left to right: `first op operand op operand ...`;
  /// `rest` is never empty.
  case chain(first: Expression, rest: [ChainTerm])
  case not(Expression)
  /// At least two operands.
  case and([Expression])
  /// At least two operands.
  case or([Expression])
  case isNull(Expression, isNegated: Bool)
  /// `x IS [NOT] TRUE | FALSE | UNKNOWN`; nil means UNKNOWN.
  case isBoolean(Expression, value: Bool?, isNegated: Bool)
  /// `a IS [NOT] DISTINCT FROM b`
  case isDistinctFrom(Expression, Expression, isNegated: Bool)
  case between(Expression, low: Expression, high: Expression, isNegated: Bool)
  case inList(Expression, [Expression], isNegated: Bool)
  case inSubquery(Expression, Query, isNegated: Bool)
  case like(LikePredicate)
  case exists(Query)
  /// A query in parentheses where a value is wanted.
  case subquery(Query)
  /// With an operand the conditions are values that it is compared with.
  case `case`(operand: Expression?, branches: [CaseBranch], otherwise: Expression?)
  /// `CAST`, `TRY_CAST` and `::`.
  case cast(Expression, to: TypeName, isTry: Bool)
  /// `EXTRACT(field FROM source)`
  case extract(field: Identifier, from: Expression)
  /// `TRIM(BOTH characters FROM source)`; plain `trim(x)` is a function call.
  case trim(TrimSide, characters: Expression?, source: Expression)
  /// Every other call. SUBSTRING(x FROM a FOR b), POSITION(x IN y) and OVERLAY(x PLACING y FROM a FOR b)
  /// become calls with plain arguments; `current_date` and its kin become calls without arguments.
  case function(FunctionCall)
  /// `x -> body`, `(x, y) -> body`
  case lambda(parameters: [Identifier], body: Expression)
  /// `(a, b)`: at least two values, which may have aliases.
  case row([FunctionArgument])
  /// `base[index]`
  case subscripted(Expression, index: Expression)
  /// `base.name` where the base is not a plain column reference.
  case field(Expression, Identifier)
}

/// An operator and the operand to its right, in a chain.
package struct ChainTerm: Hashable, Sendable {
  package var op: BinaryOperator
  package var operand: Expression
  /// The place of the operator.
  @NodeSpan package var span: SourceSpan

  package init(op: BinaryOperator, operand: Expression, span: SourceSpan) {
    self.op = op
    self.operand = operand
    self.span = span
  }
}

/// The operators of a chain, by their canonical spelling.
package enum BinaryOperator: String, Hashable, Sendable, CaseIterable {
  case multiply = "*"
  case divide = "/"
  case modulo = "%"
  case integerDivide = "DIV"
  case add = "+"
  case subtract = "-"
  case concat = "||"
  case shiftLeft = "<<"
  case shiftRight = ">>"
  case shiftRightUnsigned = ">>>"
  case bitAnd = "&"
  case bitXor = "^"
  case bitOr = "|"
  /// Also `==`.
  case equal = "="
  /// Also `!=`.
  case notEqual = "<>"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case nullSafeEqual = "<=>"

  /// Binding strength; a larger number binds tighter. Operators of one chain share it.
  package var precedence: Int {
    switch self {
    case .multiply, .divide, .modulo, .integerDivide: 7
    case .add, .subtract, .concat: 6
    case .shiftLeft, .shiftRight, .shiftRightUnsigned: 5
    case .bitAnd: 4
    case .bitXor: 3
    case .bitOr: 2
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .nullSafeEqual: 1
    }
  }
}

/// The prefix operators on values.
package enum UnaryOperator: String, Hashable, Sendable, CaseIterable {
  case minus = "-"
  case plus = "+"
  case bitNot = "~"
}

/// `*` with its qualifier and the columns left out.
package struct StarExpression: Hashable, Sendable {
  /// The parts before the star; empty for a plain one.
  package var qualifier: [Identifier]
  package var except: [QualifiedName]

  package init(qualifier: [Identifier] = [], except: [QualifiedName] = []) {
    self.qualifier = qualifier
    self.except = except
  }
}

/// A place for a value that is given when the statement runs.
package enum ParameterMarker: Hashable, Sendable {
  /// `?`: counted from 0 in the order of the text.
  case positional(Int)
  case named(String)
}

/// `value [NOT] LIKE pattern`, and its variants.
package struct LikePredicate: Hashable, Sendable {
  package enum Matching: String, Hashable, Sendable, CaseIterable {
    case like = "LIKE"
    case ilike = "ILIKE"
    /// Also `REGEXP`.
    case rlike = "RLIKE"
  }

  package enum Quantifier: String, Hashable, Sendable, CaseIterable {
    /// Also `SOME`.
    case any = "ANY"
    case all = "ALL"
  }

  package var value: Expression
  package var matching: Matching
  /// Nil for a single pattern.
  package var quantifier: Quantifier?
  package var patterns: [Expression]
  /// The text after ESCAPE.
  package var escape: String?
  package var isNegated: Bool
}

/// `WHEN condition THEN result`
package struct CaseBranch: Hashable, Sendable {
  package var condition: Expression
  package var result: Expression

  package init(condition: Expression, result: Expression) {
    self.condition = condition
    self.result = result
  }
}

/// The side that TRIM works on.
package enum TrimSide: String, Hashable, Sendable, CaseIterable {
  case both = "BOTH"
  case leading = "LEADING"
  case trailing = "TRAILING"
}
