import LakeFunctions
import LakeTypes

/// The quick way to make a subquery independent: conditions on outer columns move up out of it, into the join.
struct CorrelationPull {
  fileprivate(set) var plan: LogicalPlan
  fileprivate(set) var conditions: [BoundExpression] = []
  /// For an aggregate without groups: the value of each column where no row joins.
  fileprivate(set) var emptyValues: [ColumnID: BoundExpression] = [:]
  /// Whether the conditions pair every outer row with at most one row.
  fileprivate(set) var isUnique = false

  /// The plan without references to the outer columns `free`; nil where conditions alone do not do it.
  static func pull(_ plan: LogicalPlan, _ free: Set<ColumnID>, _ use: SubqueryUse) -> CorrelationPull? {
    if free.isEmpty { return CorrelationPull(plan: plan) }
    guard let result = Puller(free: free).pull(plan, use), result.plan.freeColumns.isDisjoint(with: free) else {
      return nil
    }
    return result
  }
}

private struct Puller {
  let free: Set<ColumnID>

  private func isCorrelated(_ expression: BoundExpression) -> Bool {
    !expression.referencedColumns.isDisjoint(with: free)
  }

  private func isCorrelated(_ plan: LogicalPlan) -> Bool { !plan.freeColumns.isDisjoint(with: free) }

  func pull(_ plan: LogicalPlan, _ use: SubqueryUse) -> CorrelationPull? {
    if !isCorrelated(plan) { return CorrelationPull(plan: plan) }
    switch plan {
    case .filter(let node): return filter(node)
    case .project(let node): return use == .existence ? pull(node.input, use) : project(node, use)
    case .aggregate(let node): return aggregate(node, use)
    case .join(let node): return join(node)
    case .sort(let node): return pull(node.input, use)
    case .limit(let node) where use == .existence && node.offset == 0 && node.count != 0:
      return pull(node.input, use)
    case .generate(var node) where !node.arguments.contains(where: isCorrelated):
      guard var inner = pull(node.input, .rows) else { return nil }
      node.input = inner.plan
      inner.plan = .generate(node)
      inner.isUnique = false
      return inner
    default: return nil
    }
  }

  private func filter(_ node: FilterNode) -> CorrelationPull? {
    guard var inner = pull(node.input, .rows) else { return nil }
    let parts = node.predicate.conjuncts
    inner.conditions += parts.filter(isCorrelated)
    if let rest = BoundExpression.conjunction(parts.filter { !isCorrelated($0) }) {
      inner.plan = .filter(FilterNode(input: inner.plan, predicate: rest))
    }
    return inner
  }

  private func project(_ node: ProjectNode, _ use: SubqueryUse) -> CorrelationPull? {
    guard !node.expressions.contains(where: { isCorrelated($0.expression) }), var inner = pull(node.input, use) else {
      return nil
    }
    let needed = inner.conditions.reduce(into: Set<ColumnID>()) { $0.formUnion($1.referencedColumns) }
    let present = Set(node.expressions.map(\.column.id))
    let extra = inner.plan.columns.filter { needed.contains($0.id) && !present.contains($0.id) }
    let values = inner.emptyValues
    inner.emptyValues = [:]
    for item in node.expressions where !values.isEmpty {
      inner.emptyValues[item.column.id] = item.expression.substituting(values)
    }
    inner.plan = .project(
      ProjectNode(input: inner.plan, expressions: node.expressions + extra.map { .passing($0) }))
    return inner
  }

  /// Correlated equalities become groups: one group for each value of the outer column.
  ///
  /// Without groups of its own the aggregate has a row even where nothing matches, which only a scalar subquery can
  /// make up for.
  private func aggregate(_ node: AggregateNode, _ use: SubqueryUse) -> CorrelationPull? {
    guard node.groupingSets == nil, !LogicalPlan.aggregate(node).expressions.contains(where: isCorrelated) else {
      return nil
    }
    let emptyValues = Self.emptyValues(of: node)
    if node.groups.isEmpty, use != .scalar || emptyValues == nil { return nil }
    guard var inner = pull(node.input, .rows) else { return nil }
    var copy = node
    copy.input = inner.plan
    var lifted: [BoundExpression] = []
    for condition in inner.conditions {
      guard let moved = lift(condition, into: &copy) else { return nil }
      lifted.append(moved)
    }
    inner.conditions = lifted
    inner.plan = .aggregate(copy)
    inner.emptyValues = node.groups.isEmpty ? emptyValues ?? [:] : [:]
    inner.isUnique = node.groups.isEmpty
    return inner
  }

  /// An equality between a value of the aggregate's input and one of the outer query, as a group and an equality.
  private func lift(_ condition: BoundExpression, into node: inout AggregateNode) -> BoundExpression? {
    guard let sides = condition.asCall("=") ?? condition.asCall("<=>"),
      let position = sides.firstIndex(where: { !isCorrelated($0) }),
      sides[1 - position].referencedColumns.isSubset(of: free), sides[position].isDeterministic
    else { return nil }
    let group = NamedExpression(name: "correlated", sides[position])
    node.groups.append(group)
    var operands = sides
    operands[position] = .column(group.column)
    return condition.replacingOperands(operands)
  }

  private func join(_ node: JoinNode) -> CorrelationPull? {
    var copy = node
    var conditions: [BoundExpression] = []
    if isCorrelated(node.left) {
      switch node.kind {
      case .right, .full, .single: return nil
      default: break
      }
      guard let left = pull(node.left, .rows) else { return nil }
      copy.left = left.plan
      conditions += left.conditions
    }
    if isCorrelated(node.right) {
      guard node.kind == .inner || node.kind == .right, let right = pull(node.right, .rows) else { return nil }
      copy.right = right.plan
      conditions += right.conditions
    }
    if let condition = node.condition, isCorrelated(condition) {
      guard node.kind == .inner else { return nil }
      conditions += condition.conjuncts.filter(isCorrelated)
      copy.condition = .conjunction(condition.conjuncts.filter { !isCorrelated($0) })
    }
    return CorrelationPull(plan: .join(copy), conditions: conditions)
  }

  /// What the columns of an aggregate without groups are when it sees no rows; nil where that is not known.
  private static func emptyValues(of node: AggregateNode) -> [ColumnID: BoundExpression]? {
    var values: [ColumnID: BoundExpression] = [:]
    for call in node.aggregates {
      if !call.overload.isNeverNull {
        values[call.column.id] = .literal(.null, call.column.type)
      } else if call.overload.returnType == .bigint {
        values[call.column.id] = .literal(.integer(0), .bigint)
      } else {
        return nil
      }
    }
    return values
  }
}
