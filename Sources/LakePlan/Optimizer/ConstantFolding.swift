import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Computes what does not depend on rows, and simplifies AND, OR and CASE with constants in them.
///
/// An expression whose evaluation fails stays as it is: its error belongs to the rows that reach it.
enum ConstantFolding {
  static func apply(_ plan: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    try plan.rewritten { (node) throws(QueryError) in
      try node.mappingExpressions { (expression) throws(QueryError) in try fold(expression, context) }
    }
  }

  static func fold(_ expression: BoundExpression, _ context: EvaluationContext) throws(QueryError) -> BoundExpression {
    try expression.rewritten { (part) throws(QueryError) in
      switch part.kind {
      case .and(let operands): return conjunction(operands, part)
      case .or(let operands): return disjunction(operands, part)
      case .conditional(let branches, let otherwise): return conditional(branches, otherwise, part)
      case .call, .cast: return folded(part, context)
      case .subquery(var subquery):
        subquery.plan = try apply(subquery.plan, context)
        return BoundExpression(.subquery(subquery), part.type, span: part.span)
      default: return part
      }
    }
  }

  private static func folded(_ part: BoundExpression, _ context: EvaluationContext) -> BoundExpression {
    guard part.operands.allSatisfy({ $0.literalValue != nil }) else { return part }
    if case .call(let call) = part.kind, !call.function.isDeterministic { return part }
    guard let value = try? ConstantEvaluator.value(of: part, context: context) else { return part }
    return .literal(value, part.type, span: part.span)
  }

  private static func conjunction(_ operands: [BoundExpression], _ part: BoundExpression) -> BoundExpression {
    if operands.contains(where: { $0.literalValue == .boolean(false) }) {
      return .literal(.boolean(false), .boolean, span: part.span)
    }
    let rest = operands.filter { $0.literalValue != .boolean(true) }
    if rest.isEmpty { return .literal(.boolean(true), .boolean, span: part.span) }
    return rest.count == 1 ? rest[0] : BoundExpression(.and(rest), .boolean, span: part.span)
  }

  private static func disjunction(_ operands: [BoundExpression], _ part: BoundExpression) -> BoundExpression {
    if operands.contains(where: { $0.literalValue == .boolean(true) }) {
      return .literal(.boolean(true), .boolean, span: part.span)
    }
    let rest = operands.filter { $0.literalValue != .boolean(false) }
    if rest.isEmpty { return .literal(.boolean(false), .boolean, span: part.span) }
    return rest.count == 1 ? rest[0] : BoundExpression(.or(rest), .boolean, span: part.span)
  }

  private static func conditional(
    _ branches: [ConditionalBranch], _ otherwise: BoundExpression?, _ part: BoundExpression
  ) -> BoundExpression {
    var kept: [ConditionalBranch] = []
    for branch in branches {
      switch branch.condition.literalValue {
      case .boolean(true)?:
        if kept.isEmpty { return branch.result }
        return BoundExpression(.conditional(kept, otherwise: branch.result), part.type, span: part.span)
      case .boolean(false)?, .null?: continue
      default: kept.append(branch)
      }
    }
    if kept.isEmpty { return otherwise ?? .literal(.null, part.type, span: part.span) }
    return BoundExpression(.conditional(kept, otherwise: otherwise), part.type, span: part.span)
  }
}
