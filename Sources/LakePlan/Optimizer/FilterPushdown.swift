import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Moves filters towards the sources, conjunct by conjunct, and makes outer joins inner where a filter allows it.
enum FilterPushdown {
  static func apply(_ plan: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    push([], into: plan)
  }

  /// The plan with the predicates applied as deep as they go.
  private static func push(_ predicates: [BoundExpression], into plan: LogicalPlan) -> LogicalPlan {
    switch plan {
    case .filter(let node): return push(node.predicate.conjuncts.flatMap(\.factored) + predicates, into: node.input)
    case .project(let node): return project(node, predicates)
    case .join(let node): return join(node, predicates)
    case .aggregate(let node): return aggregate(node, predicates)
    case .window(let node): return window(node, predicates)
    case .generate(let node):
      let (inside, above) = split(predicates, Set(node.input.columns.map(\.id)))
      var copy = node
      copy.input = push(inside, into: node.input)
      return filtered(.generate(copy), above)
    case .sort(var node):
      node.input = push(predicates, into: node.input)
      return .sort(node)
    case .union(var node):
      node.inputs = node.inputs.map { input in
        let renaming = Dictionary(
          uniqueKeysWithValues: zip(node.columns, input.columns).map { ($0.id, BoundExpression.column($1)) })
        return push(predicates.map { $0.substituting(renaming) }, into: input)
      }
      return .union(node)
    case .limit, .setOperation, .recursion:
      return filtered(plan.replacingChildren(plan.children.map { push([], into: $0) }), predicates)
    case .scan, .values, .shared: return filtered(plan, predicates)
    }
  }

  private static func filtered(_ plan: LogicalPlan, _ predicates: [BoundExpression]) -> LogicalPlan {
    guard let predicate = BoundExpression.conjunction(predicates) else { return plan }
    return .filter(FilterNode(input: plan, predicate: predicate))
  }

  /// Predicates that need only these columns and give the same answer wherever they stand, and the rest.
  private static func split(
    _ predicates: [BoundExpression], _ columns: Set<ColumnID>
  ) -> (inside: [BoundExpression], above: [BoundExpression]) {
    var inside: [BoundExpression] = []
    var above: [BoundExpression] = []
    for predicate in predicates {
      if predicate.isDeterministic, predicate.referencedColumns.isSubset(of: columns) {
        inside.append(predicate)
      } else {
        above.append(predicate)
      }
    }
    return (inside, above)
  }

  private static func project(_ node: ProjectNode, _ predicates: [BoundExpression]) -> LogicalPlan {
    var replacements: [ColumnID: BoundExpression] = [:]
    for item in node.expressions where item.expression.isDeterministic {
      replacements[item.column.id] = item.expression
    }
    let (inside, above) = split(predicates, Set(replacements.keys))
    var copy = node
    copy.input = push(inside.map { $0.substituting(replacements) }, into: node.input)
    return filtered(.project(copy), above)
  }

  private static func aggregate(_ node: AggregateNode, _ predicates: [BoundExpression]) -> LogicalPlan {
    var replacements: [ColumnID: BoundExpression] = [:]
    for group in node.groups where node.groupingSets == nil && group.expression.isDeterministic {
      replacements[group.column.id] = group.expression
    }
    // A predicate without columns must stay above an aggregate that yields a row for no input.
    let movable = node.groups.isEmpty ? [] : predicates.filter { !$0.referencedColumns.isEmpty }
    let (inside, _) = split(movable, Set(replacements.keys))
    let above = predicates.filter { !inside.contains($0) }
    var copy = node
    copy.input = push(inside.map { $0.substituting(replacements) }, into: node.input)
    return filtered(.aggregate(copy), above)
  }

  /// Only a predicate on partition keys keeps or drops whole partitions.
  private static func window(_ node: WindowNode, _ predicates: [BoundExpression]) -> LogicalPlan {
    let (inside, above) = split(predicates, Set(node.partitionBy.compactMap(\.columnID)))
    let constant = inside.filter { $0.referencedColumns.isEmpty }
    var copy = node
    copy.input = push(inside.filter { !$0.referencedColumns.isEmpty }, into: node.input)
    return filtered(.window(copy), above + constant)
  }

  // MARK: Joins

  private static func join(_ node: JoinNode, _ predicates: [BoundExpression]) -> LogicalPlan {
    var copy = node
    copy.kind = narrowedKind(node, predicates)
    let left = Set(node.left.columns.map(\.id))
    let right = Set(node.right.columns.map(\.id))
    switch copy.kind {
    case .inner:
      let all = predicates + (node.condition?.conjuncts.flatMap(\.factored) ?? [])
      let (onLeft, rest) = split(all, left)
      let (onRight, both) = split(rest, right)
      let toLeft = onLeft + both.compactMap { $0.implied(on: left) }
      let toRight = onRight + both.compactMap { $0.implied(on: right) }
      let above = both.filter { !$0.isDeterministic }
      copy.condition = .conjunction(both.filter(\.isDeterministic))
      copy.left = push(toLeft, into: node.left)
      copy.right = push(toRight, into: node.right)
      return filtered(.join(copy), above)
    case .left, .single:
      let (toLeft, above) = split(predicates, left)
      return filtered(.join(pushCondition(copy, toLeft: toLeft, right: right)), above)
    case .leftSemi:
      let (toLeft, above) = split(predicates + (node.condition?.conjuncts ?? []), left)
      let own = node.condition?.conjuncts ?? []
      copy.condition = .conjunction(own.filter { !toLeft.contains($0) })
      let outside = above.filter { !own.contains($0) }
      return filtered(.join(pushCondition(copy, toLeft: toLeft, right: right)), outside)
    case .leftAnti, .mark(_, nullAware: false):
      let (toLeft, above) = split(predicates, left)
      return filtered(.join(pushCondition(copy, toLeft: toLeft, right: right)), above)
    case .nullAwareAnti, .mark:
      let (toLeft, above) = split(predicates, left)
      copy.left = push(toLeft, into: node.left)
      copy.right = push([], into: node.right)
      return filtered(.join(copy), above)
    case .right:
      let (toRight, above) = split(predicates, right)
      let (onLeft, rest) = split(node.condition?.conjuncts ?? [], left)
      copy.condition = .conjunction(rest)
      copy.left = push(onLeft, into: node.left)
      copy.right = push(toRight, into: node.right)
      return filtered(.join(copy), above)
    case .full:
      copy.left = push([], into: node.left)
      copy.right = push([], into: node.right)
      return filtered(.join(copy), predicates)
    }
  }

  /// Conditions on the right side alone filter the right side.
  private static func pushCondition(_ node: JoinNode, toLeft: [BoundExpression], right: Set<ColumnID>) -> JoinNode {
    var copy = node
    let (onRight, rest) = split(node.condition?.conjuncts ?? [], right)
    let movable = onRight.filter { !$0.referencedColumns.isEmpty }
    copy.condition = .conjunction(rest + onRight.filter { $0.referencedColumns.isEmpty })
    copy.left = push(toLeft, into: node.left)
    copy.right = push(movable, into: node.right)
    return copy
  }

  /// An outer join whose NULL-extended rows a predicate above rejects anyway.
  private static func narrowedKind(_ node: JoinNode, _ predicates: [BoundExpression]) -> JoinNode.Kind {
    let rejectsLeft = rejectsNulls(predicates, Set(node.left.columns.map(\.id)))
    let rejectsRight = rejectsNulls(predicates, Set(node.right.columns.map(\.id)))
    switch node.kind {
    case .left: return rejectsRight ? .inner : .left
    case .right: return rejectsLeft ? .inner : .right
    case .full:
      if rejectsLeft, rejectsRight { return .inner }
      return rejectsLeft ? .left : rejectsRight ? .right : .full
    default: return node.kind
    }
  }

  /// Whether some predicate is never true where all these columns are NULL.
  private static func rejectsNulls(_ predicates: [BoundExpression], _ columns: Set<ColumnID>) -> Bool {
    predicates.contains { predicate in
      guard case .call(let call) = predicate.kind else { return false }
      if call.function.name == "isnotnull" { return call.arguments[0].isNull(where: columns) }
      let comparisons: Set<String> = ["=", "<", "<=", ">", ">=", "<>", "like", "in"]
      // A NULL in the list of IN leaves its other values to be found.
      let operands = call.function.name == "in" ? call.arguments.prefix(1) : call.arguments[...]
      return comparisons.contains(call.function.name) && operands.contains { $0.isNull(where: columns) }
    }
  }
}

extension BoundExpression {
  /// Whether this is certainly NULL where all these columns are.
  func isNull(where columns: Set<ColumnID>) -> Bool {
    switch kind {
    case .literal(let value): value.isNull
    case .column(let id): columns.contains(id)
    case .cast(let operand, _): operand.isNull(where: columns)
    case .call(let call):
      if case .strict = call.function.nulls { call.arguments.contains { $0.isNull(where: columns) } } else { false }
    default: false
    }
  }
}
