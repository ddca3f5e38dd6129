package import LakeDiagnostics
package import LakeFunctions

/// Rewrites a bound plan into a cheaper one with the same rows: an ordered list of named rules.
///
/// To add a rule: a file in this folder, and its line in `rules`.
package struct Optimizer {
  /// One rewrite; the plan's columns (ids, types, order) stay the same.
  struct Rule: Sendable {
    enum Action: Sendable {
      /// Rewrites one tree after the other, shared plans being trees of their own.
      case tree(@Sendable (LogicalPlan, EvaluationContext) throws(QueryError) -> LogicalPlan)
      /// Rewrites all plans of a statement at once.
      case statement(@Sendable ([LogicalPlan]) throws(QueryError) -> [LogicalPlan])
    }

    let name: String
    let isRequired: Bool
    let action: Action

    init(_ name: String, isRequired: Bool = false, _ action: Action) {
      self.name = name
      self.isRequired = isRequired
      self.action = action
    }
  }

  static let rules: [Rule] = [
    Rule("inline-shared", .statement(SharedInlining.apply)),
    Rule("fold-constants", .tree(ConstantFolding.apply)),
    Rule("decorrelate", isRequired: true, .tree(Decorrelation.apply)),
    Rule("push-filters", .tree(FilterPushdown.apply)),
    Rule("prune-columns", .tree(ColumnPruning.apply)),
    Rule("order-joins", .tree(JoinOrdering.apply)),
    Rule("prune-joins", .tree(ColumnPruning.apply)),
    Rule("metadata-aggregates", .tree(MetadataAggregation.apply)),
    Rule("prune-fields", .tree(FieldPruning.apply)),
    Rule("scan-predicates", .tree(ScanPredicates.apply)),
  ]

  /// The names of the rules that `SET lakesql.optimizer.disabled_rules` takes, in order.
  package static var optionalRuleNames: [String] { rules.filter { !$0.isRequired }.map(\.name) }
  /// The names of the rules without which plans cannot run.
  package static var requiredRuleNames: [String] { rules.filter(\.isRequired).map(\.name) }

  private let context: EvaluationContext
  private let disabled: Set<String>
  private let checkpoint: @Sendable () throws(QueryError) -> Void

  /// - Parameter checkpoint: called before each rule meets a tree; what it throws ends the planning.
  package init(
    context: EvaluationContext, disabledRules: Set<String> = [],
    checkpoint: @escaping @Sendable () throws(QueryError) -> Void = {}
  ) {
    self.context = context
    disabled = disabledRules
    self.checkpoint = checkpoint
  }

  package func optimize(_ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
    guard let optimized = try optimize([plan]).first else { throw .internal("a plan was lost") }
    return optimized
  }

  /// Rewrites plans that run together; what they share stays shared.
  package func optimize(_ plans: [LogicalPlan]) throws(QueryError) -> [LogicalPlan] {
    var current = plans
    for rule in Self.rules where rule.isRequired || !disabled.contains(rule.name) {
      let next: [LogicalPlan]
      switch rule.action {
      case .statement(let apply): next = try apply(current)
      case .tree(let apply): next = try applied(apply, current)
      }
      guard next.map({ $0.columns.map(\.type) }) == plans.map({ $0.columns.map(\.type) }) else {
        throw QueryError(.internalError, .plan, "the rule \(rule.name) changed the columns of the plan")
      }
      current = next
    }
    return current
  }

  /// Applies a rule to each shared plan once, and to the trees that read them.
  private func applied(
    _ apply: (LogicalPlan, EvaluationContext) throws(QueryError) -> LogicalPlan, _ plans: [LogicalPlan]
  ) throws(QueryError) -> [LogicalPlan] {
    var done: [ObjectIdentifier: SharedPlan] = [:]
    func rewrite(_ tree: LogicalPlan) throws(QueryError) -> LogicalPlan {
      let replaced = try tree.replacingShared { (node) throws(QueryError) in
        let key = ObjectIdentifier(node.plan)
        if let known = done[key] { return .shared(SharedNode(plan: known, columns: node.columns)) }
        let plan = SharedPlan(name: node.plan.name, plan: try rewrite(node.plan.plan))
        done[key] = plan
        return .shared(SharedNode(plan: plan, columns: node.columns))
      }
      try checkpoint()
      return try apply(replaced, context)
    }
    var result: [LogicalPlan] = []
    for plan in plans { result.append(try rewrite(plan)) }
    return result
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
