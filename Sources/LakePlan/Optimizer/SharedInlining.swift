import LakeDiagnostics
import LakeFunctions

/// Puts a shared subplan that only one place reads into that place, so that filters reach into it.
enum SharedInlining {
  static func apply(_ plans: [LogicalPlan]) throws(QueryError) -> [LogicalPlan] {
    var uses: [ObjectIdentifier: Int] = [:]
    for plan in plans { count(plan, &uses) }
    guard uses.values.contains(1) else { return plans }
    var done: [ObjectIdentifier: SharedPlan] = [:]
    func inline(_ tree: LogicalPlan) throws(QueryError) -> LogicalPlan {
      try tree.replacingShared { (node) throws(QueryError) in
        let key = ObjectIdentifier(node.plan)
        if uses[key] == 1 {
          let inner = try inline(node.plan.plan)
          let renamed = zip(node.columns, inner.columns).map { NamedExpression($0, .column($1)) }
          return .project(ProjectNode(input: inner, expressions: renamed))
        }
        if let known = done[key] { return .shared(SharedNode(plan: known, columns: node.columns)) }
        let plan = SharedPlan(name: node.plan.name, plan: try inline(node.plan.plan))
        done[key] = plan
        return .shared(SharedNode(plan: plan, columns: node.columns))
      }
    }
    var result: [LogicalPlan] = []
    for plan in plans { result.append(try inline(plan)) }
    return result
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
}
