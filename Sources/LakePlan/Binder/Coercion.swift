import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Builds typed expressions: chooses overloads and inserts casts.
enum Coercion {
  /// The expression at another type; a NULL literal simply takes the type.
  static func cast(_ expression: BoundExpression, to type: LogicalType, mode: CastMode = .ansi) -> BoundExpression {
    if expression.type == type { return expression }
    if case .literal(.null) = expression.kind { return .literal(.null, type, span: expression.span) }
    return BoundExpression(.cast(expression, mode), type, span: expression.span)
  }

  /// A call of a scalar function whose arguments are bound.
  static func call(
    _ function: ScalarFunction, _ arguments: [BoundExpression], names: [String?] = [], context: EvaluationContext,
    span: SourceSpan?
  ) throws(QueryError) -> BoundExpression {
    let described = arguments.enumerated().map { index, argument in
      FunctionArgument(
        argument.type, constant: constant(argument, context), isLambda: argument.isLambda,
        name: index < names.count ? names[index] : nil)
    }
    let overload: ScalarOverload
    do {
      overload = try resolve(described) { (arguments) throws(QueryError) in try function.resolve(arguments) }
    } catch {
      throw error.at(span)
    }
    let cast = zip(arguments, overload.argumentTypes).map { argument, type in
      argument.isLambda ? argument : self.cast(argument, to: type)
    }
    return BoundExpression(
      .call(BoundCall(function: function, overload: overload, arguments: cast)), overload.returnType, span: span)
  }

  /// Chooses an overload. A bare NULL that has no meaning as it is takes the first type with which there is one: that of
  /// another argument, or a usual one.
  static func resolve<Overload>(
    _ arguments: [FunctionArgument], _ choose: ([FunctionArgument]) throws(QueryError) -> Overload
  ) throws(QueryError) -> Overload {
    do {
      return try choose(arguments)
    } catch {
      guard error.code == .datatypeMismatch, arguments.contains(where: { $0.type == .void && !$0.isLambda }) else {
        throw error
      }
      for type in arguments.map(\.type).filter({ $0 != .void }) + usualTypes {
        let typed = arguments.map { argument in
          argument.type == .void && !argument.isLambda
            ? FunctionArgument(type, constant: argument.constant, name: argument.name) : argument
        }
        do {
          return try choose(typed)
        } catch let other {
          guard other.code == .datatypeMismatch else { throw other }
        }
      }
      throw error
    }
  }

  private static let usualTypes: [LogicalType] = [
    .double, .int, .string, .date, .timestamp, .boolean, .binary, .array(.void), .map(.string, .void),
    .intervalDayTime, .intervalYearMonth,
  ]

  /// The value of an expression without columns; nil if it has any, or if its evaluation fails (which is then
  /// reported where it is needed at run time).
  static func constant(_ expression: BoundExpression, _ context: EvaluationContext) -> Literal? {
    if let value = expression.literalValue { return value }
    guard !expression.isLambda, expression.referencedColumns.isEmpty, !expression.containsSubquery,
      expression.isDeterministic
    else { return nil }
    return try? ConstantEvaluator.value(of: expression, context: context)
  }

  /// CASE: the results meet at their common type.
  static func conditional(
    _ branches: [ConditionalBranch], otherwise: BoundExpression?, span: SourceSpan?
  ) throws(QueryError) -> BoundExpression {
    let results = branches.map(\.result) + (otherwise.map { [$0] } ?? [])
    let type = try common(results, span)
    let cast = branches.map { ConditionalBranch(condition: $0.condition, result: self.cast($0.result, to: type)) }
    return BoundExpression(
      .conditional(cast, otherwise: otherwise.map { self.cast($0, to: type) }), type, span: span)
  }

  static func coalesce(_ operands: [BoundExpression], span: SourceSpan?) throws(QueryError) -> BoundExpression {
    let type = try common(operands, span)
    return BoundExpression(.coalesce(operands.map { cast($0, to: type) }), type, span: span)
  }

  private static func common(_ expressions: [BoundExpression], _ span: SourceSpan?) throws(QueryError) -> LogicalType {
    if let type = TypeCoercion.commonType(expressions.map(\.type)) { return type }
    let types = expressions.map { "\($0.type)" }.joined(separator: ", ")
    throw QueryError(.datatypeMismatch, .bind, "these values have no common type: \(types)", span: span)
  }

  /// The plan with its columns cast by position; the plan itself where nothing changes.
  static func casting(_ plan: LogicalPlan, to types: [LogicalType]) -> LogicalPlan {
    if plan.columns.map(\.type) == types { return plan }
    let expressions = zip(plan.columns, types).map { column, type in
      column.type == type
        ? NamedExpression.passing(column)
        : NamedExpression(name: column.name, cast(.column(column), to: type), isNullable: column.isNullable)
    }
    return .project(ProjectNode(input: plan, expressions: expressions))
  }
}

extension BoundExpression {
  var isLambda: Bool { if case .lambda = kind { true } else { false } }
}
