import LakeDiagnostics
import LakeFunctions

/// Drops columns that nothing above needs, down to the scans, and projections that change nothing.
enum ColumnPruning {
  static func apply(_ plan: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    let pruned = prune(plan, Set(plan.columns.map(\.id)))
    if pruned.columns.map(\.id) == plan.columns.map(\.id) { return pruned }
    return .project(ProjectNode(input: pruned, expressions: plan.columns.map { .passing($0) }))
  }

  private static func prune(_ plan: LogicalPlan, _ needed: Set<ColumnID>) -> LogicalPlan {
    switch plan {
    case .scan(var node):
      node.columns = node.columns.filter { needed.contains($0.output.id) }
      return .scan(node)
    case .values(var node):
      let kept = node.columns.indices.filter { needed.contains(node.columns[$0].id) }
      node.rows = node.rows.map { row in kept.map { row[$0] } }
      node.columns = kept.map { node.columns[$0] }
      return .values(node)
    case .project(let node): return project(node, needed)
    case .filter(var node):
      node.input = prune(node.input, needed.union(node.predicate.referencedColumns))
      return .filter(node)
    case .join(var node):
      let wanted = needed.union(node.condition?.referencedColumns ?? [])
      node.left = prune(node.left, wanted)
      node.right = prune(node.right, wanted)
      return passing(.join(node), needed)
    case .aggregate(var node):
      node.aggregates = node.aggregates.filter { needed.contains($0.column.id) }
      return overInput(.aggregate(node), [])
    case .window(var node):
      node.functions = node.functions.filter { needed.contains($0.column.id) }
      if node.functions.isEmpty { return prune(node.input, needed) }
      return overInput(.window(node), needed)
    case .sort, .generate: return overInput(plan, needed)
    case .limit(var node):
      node.input = prune(node.input, needed)
      return .limit(node)
    case .union(let node): return union(node, needed)
    case .setOperation(var node):
      node.left = exact(node.left)
      node.right = exact(node.right)
      return .setOperation(node)
    case .recursion(var node):
      node.anchor = exact(node.anchor)
      node.step = exact(node.step)
      return .recursion(node)
    case .shared: return plan
    }
  }

  /// A join under a projection that says which of its columns are of use: the others are not carried on.
  private static func passing(_ join: LogicalPlan, _ needed: Set<ColumnID>) -> LogicalPlan {
    let columns = join.columns
    let kept = columns.filter { needed.contains($0.id) }
    if kept.count == columns.count { return join }
    return .project(ProjectNode(input: join, expressions: kept.map { .passing($0) }))
  }

  /// Prunes the single input to what is needed above and by the node's own expressions.
  private static func overInput(_ plan: LogicalPlan, _ needed: Set<ColumnID>) -> LogicalPlan {
    let own = plan.expressions.reduce(into: needed) { $0.formUnion($1.referencedColumns) }
    return plan.replacingChildren([prune(plan.children[0], own)])
  }

  private static func project(_ node: ProjectNode, _ needed: Set<ColumnID>) -> LogicalPlan {
    var copy = node
    copy.expressions = node.expressions.filter { needed.contains($0.column.id) }
    let wanted = copy.expressions.reduce(into: Set<ColumnID>()) { $0.formUnion($1.expression.referencedColumns) }
    copy.input = prune(node.input, wanted)
    let isIdentity =
      copy.expressions.map(\.expression.columnID) == copy.input.columns.map(\.id)
      && copy.expressions.allSatisfy { $0.expression.columnID == $0.column.id }
    let isRenamed = zip(copy.expressions, copy.input.columns).contains { $0.column.name != $1.name }
    return isIdentity && !isRenamed ? copy.input : .project(copy)
  }

  /// The plan with its very columns in their order.
  private static func exact(_ plan: LogicalPlan) -> LogicalPlan {
    let pruned = prune(plan, Set(plan.columns.map(\.id)))
    if pruned.columns.map(\.id) == plan.columns.map(\.id) { return pruned }
    return .project(ProjectNode(input: pruned, expressions: plan.columns.map { .passing($0) }))
  }

  private static func union(_ node: UnionNode, _ needed: Set<ColumnID>) -> LogicalPlan {
    let kept = node.columns.indices.filter { needed.contains(node.columns[$0].id) }
    var copy = node
    copy.columns = kept.map { node.columns[$0] }
    copy.inputs = node.inputs.map { input in
      let columns = kept.map { input.columns[$0] }
      let pruned = prune(input, Set(columns.map(\.id)))
      if pruned.columns.map(\.id) == columns.map(\.id) { return pruned }
      return .project(ProjectNode(input: pruned, expressions: columns.map { .passing($0) }))
    }
    return .union(copy)
  }
}
