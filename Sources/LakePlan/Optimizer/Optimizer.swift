package import LakeDiagnostics
package import LakeFunctions

/// Rewrites a bound plan into a cheaper one with the same rows: an ordered list of named rules.
///
/// To add a rule: a file in this folder, and its line in `rules`.
package struct Optimizer {
  /// One rewrite; the plan's columns (ids, types, order) stay the same.
  struct Rule: Sendable {
    let name: String
    let apply: @Sendable (LogicalPlan, EvaluationContext) throws(QueryError) -> LogicalPlan
  }

  static let rules: [Rule] = [
    Rule(name: "inline-shared", apply: SharedInlining.apply),
    Rule(name: "fold-constants", apply: ConstantFolding.apply),
    Rule(name: "decorrelate", apply: Decorrelation.apply),
    Rule(name: "push-filters", apply: FilterPushdown.apply),
    Rule(name: "prune-columns", apply: ColumnPruning.apply),
    Rule(name: "order-joins", apply: JoinOrdering.apply),
    Rule(name: "prune-joins", apply: ColumnPruning.apply),
    Rule(name: "scan-predicates", apply: ScanPredicates.apply),
  ]

  /// The rules' names, in order, for `SET lakesql.optimizer.disabled_rules`.
  package static var ruleNames: [String] { rules.map(\.name) }

  private let context: EvaluationContext
  private let disabled: Set<String>

  package init(context: EvaluationContext, disabledRules: Set<String> = []) {
    self.context = context
    disabled = disabledRules
  }

  package func optimize(_ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
    try optimizeTree(try optimizeShared(plan))
  }

  private func optimizeTree(_ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
    var current = plan
    for rule in Self.rules where !disabled.contains(rule.name) || rule.name == "decorrelate" {
      let next = try rule.apply(current, context)
      guard next.columns.map(\.type) == plan.columns.map(\.type) else {
        throw QueryError(.internalError, .plan, "the rule \(rule.name) changed the columns of the plan")
      }
      current = next
    }
    return current
  }

  /// Optimizes each shared subplan once; single-use ones have been inlined before.
  private func optimizeShared(_ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
    let inlined = disabled.contains("inline-shared") ? plan : try SharedInlining.apply(plan, context)
    var done: [ObjectIdentifier: SharedPlan] = [:]
    return try replaceShared(inlined, &done)
  }

  private func replaceShared(
    _ plan: LogicalPlan, _ done: inout [ObjectIdentifier: SharedPlan]
  ) throws(QueryError) -> LogicalPlan {
    var children: [LogicalPlan] = []
    for child in plan.children { children.append(try replaceShared(child, &done)) }
    var result = try plan.replacingChildren(children).mappingExpressions { (expression) throws(QueryError) in
      try expression.mappingSubqueries { (subplan) throws(QueryError) in try self.replaceShared(subplan, &done) }
    }
    if case .shared(var node) = result {
      let key = ObjectIdentifier(node.plan)
      let replacement: SharedPlan
      if let known = done[key] {
        replacement = known
      } else {
        let inner = try optimizeTree(try replaceShared(node.plan.plan, &done))
        replacement = SharedPlan(name: node.plan.name, plan: inner)
        done[key] = replacement
      }
      node.plan = replacement
      result = .shared(node)
    }
    return result
  }
}

extension BoundExpression {
  /// Rewrites the plans of the subqueries in an expression.
  func mappingSubqueries(
    _ change: (LogicalPlan) throws(QueryError) -> LogicalPlan
  ) throws(QueryError) -> BoundExpression {
    guard containsSubquery else { return self }
    return try rewritten { (expression) throws(QueryError) in
      guard case .subquery(var subquery) = expression.kind else { return expression }
      subquery.plan = try change(subquery.plan)
      return BoundExpression(.subquery(subquery), expression.type, span: expression.span)
    }
  }
}
