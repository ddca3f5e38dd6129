import LakeDiagnostics
import LakeFunctions

/// Puts the inner joins of a query into the order that is estimated to be cheapest.
///
/// A tree of inner joins is taken apart into its inputs and the conjuncts of its conditions (`JoinGraph`) and put
/// together anew; what is not an inner join is an input as a whole. Estimates are those of `PlanEstimate`. Of a tree
/// with more inputs than a graph can have, the joins below are ordered.
enum JoinOrdering {
  static func apply(_ plan: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    var collected = JoinInputs()
    collected.collect(plan)
    guard (2...JoinGraph.maximumInputs).contains(collected.inputs.count) else {
      var children: [LogicalPlan] = []
      for child in plan.children { children.append(try apply(child, context)) }
      return plan.replacingChildren(children)
    }
    var inputs: [LogicalPlan] = []
    for input in collected.inputs { inputs.append(try apply(input, context)) }
    let ordered = try JoinGraph(inputs, collected.conditions, context).ordered()
    if ordered.columns.map(\.id) == plan.columns.map(\.id) { return ordered }
    return .project(ProjectNode(input: ordered, expressions: plan.columns.map { .passing($0) }))
  }
}

/// The inputs and conditions of a tree of inner joins.
private struct JoinInputs {
  var inputs: [LogicalPlan] = []
  var conditions: [BoundExpression] = []

  mutating func collect(_ plan: LogicalPlan) {
    switch plan {
    case .join(let node) where node.kind == .inner && node.condition?.isDeterministic ?? true:
      collect(node.left)
      collect(node.right)
      conditions += node.condition?.conjuncts ?? []
    // A projection that only passes columns on changes nothing for the joins around it.
    case .project(let node) where node.isPassing && node.input.isInnerJoin: collect(node.input)
    default: inputs.append(plan)
    }
  }
}

extension ProjectNode {
  /// Whether all it does is to leave columns out or to order them.
  fileprivate var isPassing: Bool { expressions.allSatisfy { $0.expression.columnID == $0.column.id } }
}

extension LogicalPlan {
  fileprivate var isInnerJoin: Bool {
    if case .join(let node) = self { node.kind == .inner } else { false }
  }
}
