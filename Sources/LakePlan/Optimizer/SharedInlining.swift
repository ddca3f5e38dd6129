import LakeDiagnostics
import LakeFunctions

/// Puts a shared subplan that only one place reads into that place, so that filters reach into it.
enum SharedInlining {
  static func apply(_ plan: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    var uses: [ObjectIdentifier: Int] = [:]
    count(plan, &uses)
    if uses.isEmpty { return plan }
    return try inline(plan, uses)
  }

  private static func count(_ plan: LogicalPlan, _ uses: inout [ObjectIdentifier: Int]) {
    if case .shared(let node) = plan {
      let key = ObjectIdentifier(node.plan)
      uses[key, default: 0] += 1
      if uses[key] == 1 { count(node.plan.plan, &uses) }
    }
    for child in plan.children { count(child, &uses) }
    for expression in plan.expressions {
      expression.forEach { if case .subquery(let subquery) = $0.kind { count(subquery.plan, &uses) } }
    }
  }

  private static func inline(
    _ plan: LogicalPlan, _ uses: [ObjectIdentifier: Int]
  ) throws(QueryError) -> LogicalPlan {
    try plan.rewritten { (node) throws(QueryError) in
      let mapped = try node.mappingExpressions { (expression) throws(QueryError) in
        try expression.mappingSubqueries { (subplan) throws(QueryError) in try inline(subplan, uses) }
      }
      guard case .shared(let shared) = mapped, uses[ObjectIdentifier(shared.plan)] == 1 else { return mapped }
      let inner = try inline(shared.plan.plan, uses)
      let renamed = zip(shared.columns, inner.columns).map { NamedExpression($0, .column($1)) }
      return .project(ProjectNode(input: inner, expressions: renamed))
    }
  }
}
