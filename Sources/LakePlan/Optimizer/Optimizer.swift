package import LakeDiagnostics
package import LakeFunctions

/// Rewrites a bound plan into a cheaper one with the same rows: an ordered list of named rules.
///
/// To add a rule: a file in this folder, and its line in `rules`.
package struct Optimizer {
  /// One rewrite; the plan's columns (ids, types, order) stay the same.
  struct Rule: Sendable {
    /// What `apply` gets: the whole statement, or one tree after the other, shared plans being trees of their own.
    enum Scope: Sendable { case statement, tree }

    let name: String
    let scope: Scope
    let isRequired: Bool
    let apply: @Sendable (LogicalPlan, EvaluationContext) throws(QueryError) -> LogicalPlan

    init(
      name: String, scope: Scope = .tree, isRequired: Bool = false,
      apply: @escaping @Sendable (LogicalPlan, EvaluationContext) throws(QueryError) -> LogicalPlan
    ) {
      self.name = name
      self.scope = scope
      self.isRequired = isRequired
      self.apply = apply
    }
  }

  static let rules: [Rule] = [
    Rule(name: "inline-shared", scope: .statement, apply: SharedInlining.apply),
    Rule(name: "fold-constants", apply: ConstantFolding.apply),
    Rule(name: "decorrelate", isRequired: true, apply: Decorrelation.apply),
    Rule(name: "push-filters", apply: FilterPushdown.apply),
    Rule(name: "prune-columns", apply: ColumnPruning.apply),
    Rule(name: "order-joins", apply: JoinOrdering.apply),
    Rule(name: "prune-joins", apply: ColumnPruning.apply),
    Rule(name: "scan-predicates", apply: ScanPredicates.apply),
  ]

  /// The names of the rules that `SET lakesql.optimizer.disabled_rules` takes, in order.
  package static var optionalRuleNames: [String] { rules.filter { !$0.isRequired }.map(\.name) }
  /// The names of the rules without which plans cannot run.
  package static var requiredRuleNames: [String] { rules.filter(\.isRequired).map(\.name) }

  private let context: EvaluationContext
  private let disabled: Set<String>

  package init(context: EvaluationContext, disabledRules: Set<String> = []) {
    self.context = context
    disabled = disabledRules
  }

  package func optimize(_ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
    var current = plan
    for rule in Self.rules where rule.isRequired || !disabled.contains(rule.name) {
      let next = rule.scope == .statement ? try rule.apply(current, context) : try applied(rule, current)
      guard next.columns.map(\.type) == plan.columns.map(\.type) else {
        throw QueryError(.internalError, .plan, "the rule \(rule.name) changed the columns of the plan")
      }
      current = next
    }
    return current
  }

  /// Applies a rule to each shared plan once, and to the tree that reads them.
  private func applied(_ rule: Rule, _ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
    var done: [ObjectIdentifier: SharedPlan] = [:]
    func rewrite(_ tree: LogicalPlan) throws(QueryError) -> LogicalPlan {
      let replaced = try tree.replacingShared { (node) throws(QueryError) in
        let key = ObjectIdentifier(node.plan)
        if let known = done[key] { return .shared(SharedNode(plan: known, columns: node.columns)) }
        let plan = SharedPlan(name: node.plan.name, plan: try rewrite(node.plan.plan))
        done[key] = plan
        return .shared(SharedNode(plan: plan, columns: node.columns))
      }
      return try rule.apply(replaced, context)
    }
    return try rewrite(plan)
  }
}

extension LogicalPlan {
  /// Rebuilds the tree, subqueries included, with something else for each reading of a shared plan.
  func replacingShared(
    _ change: (SharedNode) throws(QueryError) -> LogicalPlan
  ) throws(QueryError) -> LogicalPlan {
    var children: [LogicalPlan] = []
    for child in self.children { children.append(try child.replacingShared(change)) }
    let result = try replacingChildren(children).mappingExpressions { (expression) throws(QueryError) in
      try expression.mappingSubqueries { (subplan) throws(QueryError) in try subplan.replacingShared(change) }
    }
    guard case .shared(let node) = result else { return result }
    return try change(node)
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
