import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Turns every subquery expression, and every join whose right side refers to its left, into plain joins.
///
/// EXISTS and IN become semi and anti joins where they are conjuncts of a filter, mark joins elsewhere; scalar
/// subqueries become single joins. What ties a subquery to its outer query moves into the join's condition
/// (`CorrelationPull`); where it cannot, the subquery runs once for each combination of outer values (`DependentPlan`).
enum Decorrelation {
  static func apply(_ plan: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    try plan.rewritten { (node) throws(QueryError) in
      let hasSubquery = node.expressions.contains(where: \.containsSubquery)
      switch node {
      case .join(let join) where hasSubquery || isLateral(join): return try apply(join, hasSubquery, context)
      case .filter(let filter) where hasSubquery: return try apply(filter, context)
      case .values(let values) where hasSubquery: return try apply(values, context)
      case _ where hasSubquery: return try overInput(node, context)
      default: return node
      }
    }
  }

  private static func apply(_ filter: FilterNode, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    var rewriter = SubqueryRewriter(input: filter.input, context: context)
    var rest: [BoundExpression] = []
    for conjunct in filter.predicate.conjuncts {
      if try !rewriter.absorb(conjunct) { rest.append(try rewriter.replaceSubqueries(in: conjunct)) }
    }
    guard let predicate = BoundExpression.conjunction(rest) else {
      return rewriter.plan.narrowed(to: filter.input.columns)
    }
    let filtered = LogicalPlan.filter(FilterNode(input: rewriter.plan, predicate: predicate))
    return filtered.narrowed(to: filter.input.columns)
  }

  /// Joins the subqueries of a node's expressions to its input.
  private static func overInput(_ node: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    var rewriter = SubqueryRewriter(input: node.children[0], context: context)
    let changed = try node.mappingExpressions { (expression) throws(QueryError) in
      try rewriter.replaceSubqueries(in: expression)
    }
    return changed.replacingChildren([rewriter.plan]).narrowed(to: node.columns)
  }

  /// Rows with subqueries in them become projections of one row.
  private static func apply(_ values: ValuesNode, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    let oneRow = LogicalPlan.values(ValuesNode(columns: [], rows: [[]]))
    var rows: [LogicalPlan] = []
    for row in values.rows {
      let named = zip(values.columns, row).map { NamedExpression(name: $0.name, $1) }
      rows.append(try overInput(.project(ProjectNode(input: oneRow, expressions: named)), context))
    }
    return .union(UnionNode(inputs: rows, columns: values.columns))
  }

  // MARK: Joins

  private static func isLateral(_ join: JoinNode) -> Bool {
    !join.right.freeColumns.isDisjoint(with: join.left.columns.map(\.id))
  }

  /// An inner join's condition is the same as a filter above it; the condition of another join filters its right
  /// side for each row of its left.
  private static func apply(
    _ join: JoinNode, _ hasSubquery: Bool, _ context: EvaluationContext
  ) throws(QueryError) -> LogicalPlan {
    let columns = LogicalPlan.join(join).columns
    if !hasSubquery { return try lateral(join, context).narrowed(to: columns) }
    var bare = join
    bare.condition = nil
    switch join.kind {
    case .inner:
      let pairs = isLateral(bare) ? try lateral(bare, context) : .join(bare)
      return try apply(FilterNode(input: pairs, predicate: join.condition ?? .true), context)
    case .right:
      bare.kind = .left
      (bare.left, bare.right) = (join.right, join.left)
    case .left, .leftSemi, .leftAnti: break
    default:
      throw QueryError(
        .unsupported, .plan, "a subquery in the condition of a FULL JOIN is not supported", span: join.condition?.span,
        hint: "join with LEFT JOIN, and add the rows of the other side with UNION ALL")
    }
    let matching = FilterNode(input: bare.right, predicate: join.condition ?? .true)
    bare.right = try apply(matching, context)
    return try lateral(bare, context).narrowed(to: columns)
  }

  /// A join whose right side may refer to its left.
  private static func lateral(_ join: JoinNode, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    let correlated = try CorrelatedPlan(join.right, within: join.left, for: .rows, context)
    let conditions = correlated.conditions + (join.condition.map { [$0] } ?? [])
    return .join(
      JoinNode(
        kind: join.kind, left: correlated.outer, right: correlated.inner, condition: .conjunction(conditions)))
  }
}

/// What a subquery is needed for, which decides how it may be rewritten.
enum SubqueryUse {
  /// All its rows.
  case rows
  /// Whether it has any row.
  case existence
  /// The value of its row, NULL where it has none.
  case scalar
}

/// A subquery made independent of its outer query: a join of `outer` and `inner` on `conditions` pairs each outer row
/// with the rows that the subquery has for it.
struct CorrelatedPlan {
  /// The outer plan, with the columns that it had.
  let outer: LogicalPlan
  let inner: LogicalPlan
  let conditions: [BoundExpression]
  /// For a scalar subquery: the values of columns where no inner row is paired, if that is not NULL.
  let emptyValues: [ColumnID: BoundExpression]
  /// Whether an outer row certainly has at most one inner row.
  let isUnique: Bool

  init(
    _ plan: LogicalPlan, within outer: LogicalPlan, for use: SubqueryUse, _ context: EvaluationContext
  ) throws(QueryError) {
    let free = plan.freeColumns.intersection(outer.columns.map(\.id))
    if let pulled = CorrelationPull.pull(plan, free, use) {
      self.init(
        outer: outer, inner: pulled.plan, conditions: pulled.conditions, emptyValues: pulled.emptyValues,
        isUnique: pulled.isUnique)
      return
    }
    let dependent = try DependentPlan(plan, on: outer, free, context)
    self.init(
      outer: dependent.outer, inner: dependent.inner, conditions: dependent.conditions, emptyValues: [:],
      isUnique: false)
  }

  private init(
    outer: LogicalPlan, inner: LogicalPlan, conditions: [BoundExpression], emptyValues: [ColumnID: BoundExpression],
    isUnique: Bool
  ) {
    self.outer = outer
    self.inner = inner
    self.conditions = conditions
    self.emptyValues = emptyValues
    self.isUnique = isUnique
  }
}

extension LogicalPlan {
  /// The plan with these of its columns, in this order.
  func narrowed(to columns: [OutputColumn]) -> LogicalPlan {
    if self.columns.map(\.id) == columns.map(\.id) { return self }
    return .project(ProjectNode(input: self, expressions: columns.map { .passing($0) }))
  }
}
