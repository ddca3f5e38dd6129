package import LakeDiagnostics
package import LakeFunctions
package import LakeTypes

/// A scalar expression whose names, functions and types are resolved.
package struct BoundExpression: Sendable {
  package indirect enum Kind: Sendable {
    /// A column of the node's input, a lambda's parameter, or (inside a subquery) of an outer query.
    case column(ColumnID)
    case literal(Literal)
    case call(BoundCall)
    case cast(BoundExpression, CastMode)
    /// Three-valued; operands from left to right, the rest is not evaluated for rows already decided.
    case and([BoundExpression])
    case or([BoundExpression])
    /// Conditions are tried in order; a result is evaluated only for the rows that it is for. CASE and IF.
    case conditional([ConditionalBranch], otherwise: BoundExpression?)
    /// The first that is not NULL; later ones are evaluated only where needed.
    case coalesce([BoundExpression])
    /// Only as an argument of a call.
    case lambda(parameters: [OutputColumn], body: BoundExpression)
    /// Only until the optimizer has turned it into a join.
    case subquery(BoundSubquery)
  }

  package var kind: Kind
  package var type: LogicalType
  /// Where the expression stands in the statement, for errors at run time.
  package var span: SourceSpan?
  /// The column that a write casts the value for, for errors at run time.
  package var target: String?

  package init(_ kind: Kind, _ type: LogicalType, span: SourceSpan? = nil) {
    self.kind = kind
    self.type = type
    self.span = span
  }

  package static func column(_ column: OutputColumn, span: SourceSpan? = nil) -> BoundExpression {
    BoundExpression(.column(column.id), column.type, span: span)
  }

  package static func literal(_ value: Literal, _ type: LogicalType, span: SourceSpan? = nil) -> BoundExpression {
    BoundExpression(.literal(value), type, span: span)
  }

  package static let `true` = BoundExpression(.literal(.boolean(true)), .boolean)
  package static let `false` = BoundExpression(.literal(.boolean(false)), .boolean)

  /// The value, if the expression is a literal.
  package var literalValue: Literal? { if case .literal(let value) = kind { value } else { nil } }

  /// The column, if the expression is nothing but one.
  package var columnID: ColumnID? { if case .column(let id) = kind { id } else { nil } }
}

/// `WHEN condition THEN result`
package struct ConditionalBranch: Sendable {
  package var condition: BoundExpression
  package var result: BoundExpression

  package init(condition: BoundExpression, result: BoundExpression) {
    self.condition = condition
    self.result = result
  }
}

/// A scalar function with its overload chosen and its arguments cast to the overload's types.
package struct BoundCall: Sendable {
  package var function: ScalarFunction
  package var overload: ScalarOverload
  /// Lambdas stand among them as `.lambda`.
  package var arguments: [BoundExpression]

  package init(function: ScalarFunction, overload: ScalarOverload, arguments: [BoundExpression]) {
    self.function = function
    self.overload = overload
    self.arguments = arguments
  }
}

/// A query used as a value or a condition.
package struct BoundSubquery: Sendable {
  package enum Kind: Sendable {
    /// One column, at most one row.
    case scalar
    case exists(isNegated: Bool)
    /// `value [NOT] IN (query)`, with one value a column of the query.
    case isIn([BoundExpression], isNegated: Bool)
  }

  package var kind: Kind
  /// May refer to columns that it does not produce: those are the outer query's.
  package var plan: LogicalPlan
  /// The same in all copies of one subquery.
  let identity = ColumnID.fresh()

  package init(kind: Kind, plan: LogicalPlan) {
    self.kind = kind
    self.plan = plan
  }
}

/// An expression with the column that it becomes.
package struct NamedExpression: Sendable {
  package var column: OutputColumn
  package var expression: BoundExpression

  package init(_ column: OutputColumn, _ expression: BoundExpression) {
    self.column = column
    self.expression = expression
  }

  /// Gives an expression a new column of its type.
  package init(name: String, _ expression: BoundExpression, isNullable: Bool = true) {
    self.init(OutputColumn(name: name, type: expression.type, isNullable: isNullable), expression)
  }

  /// Passes a column on under its own id.
  package static func passing(_ column: OutputColumn) -> NamedExpression {
    NamedExpression(column, .column(column))
  }
}
