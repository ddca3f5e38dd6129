import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Turns every subquery expression into a join with the node that holds it.
///
/// EXISTS and IN become semi and anti joins where they are conjuncts of a filter, mark joins elsewhere; scalar
/// subqueries become single joins. What ties a subquery to its outer query moves into the join's condition.
enum Decorrelation {
  static func apply(_ plan: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    try plan.rewritten { (node) throws(QueryError) in
      guard node.expressions.contains(where: \.containsSubquery) else { return node }
      switch node {
      case .filter(let filter): return try apply(filter, context)
      case .project, .aggregate, .window, .sort, .generate: return try overInput(node, context)
      case .join(let join): return try apply(join, context)
      default:
        throw QueryError(
          .unsupported, .plan, "a subquery is not supported here",
          span: node.expressions.first(where: \.containsSubquery)?.span)
      }
    }
  }

  private static func apply(_ filter: FilterNode, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    var rewriter = SubqueryRewriter(input: filter.input, context: context)
    var rest: [BoundExpression] = []
    for conjunct in filter.predicate.conjuncts {
      if try !rewriter.absorb(conjunct) { rest.append(try rewriter.replaceSubqueries(in: conjunct)) }
    }
    guard let predicate = BoundExpression.conjunction(rest) else { return rewriter.narrowed(to: filter.input.columns) }
    let filtered = LogicalPlan.filter(FilterNode(input: rewriter.plan, predicate: predicate))
    return SubqueryRewriter.narrow(filtered, to: filter.input.columns)
  }

  /// Joins the subqueries of a node's expressions to its input.
  private static func overInput(_ node: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    var rewriter = SubqueryRewriter(input: node.children[0], context: context)
    let changed = try node.mappingExpressions { (expression) throws(QueryError) in
      try rewriter.replaceSubqueries(in: expression)
    }
    return SubqueryRewriter.narrow(changed.replacingChildren([rewriter.plan]), to: node.columns)
  }

  /// An inner join's condition is the same as a filter above it; other joins take subqueries over one side only.
  private static func apply(_ join: JoinNode, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    guard join.kind == .inner, let condition = join.condition else {
      throw QueryError(
        .unsupported, .plan, "a subquery in the condition of an outer join is not supported yet",
        span: join.condition?.span)
    }
    var bare = join
    bare.condition = nil
    return try apply(FilterNode(input: .join(bare), predicate: condition), context)
  }
}

/// Joins subqueries to one input, step by step.
private struct SubqueryRewriter {
  private(set) var plan: LogicalPlan
  private let context: EvaluationContext

  init(input: LogicalPlan, context: EvaluationContext) {
    plan = input
    self.context = context
  }

  func narrowed(to columns: [OutputColumn]) -> LogicalPlan { Self.narrow(plan, to: columns) }

  static func narrow(_ plan: LogicalPlan, to columns: [OutputColumn]) -> LogicalPlan {
    if plan.columns.map(\.id) == columns.map(\.id) { return plan }
    return .project(ProjectNode(input: plan, expressions: columns.map { .passing($0) }))
  }

  /// Makes a conjunct that is EXISTS or IN into a semi or anti join; false for other conjuncts.
  mutating func absorb(_ conjunct: BoundExpression) throws(QueryError) -> Bool {
    var inner = conjunct
    var isNegated = false
    while let arguments = inner.asCall("not") {
      inner = arguments[0]
      isNegated.toggle()
    }
    guard case .subquery(let subquery) = inner.kind else { return false }
    switch subquery.kind {
    case .scalar: return false
    case .exists(let own):
      let pulled = try CorrelationPull.pull(subquery.plan, ignoresLimit: true)
      join(own != isNegated ? .leftAnti : .leftSemi, pulled.plan, pulled.conditions)
    case .isIn(let values, let own):
      let pulled = try CorrelationPull.pull(subquery.plan, ignoresLimit: false)
      guard values.allSatisfy({ !$0.containsSubquery }) else { return false }
      let equalities = try comparisons(values, pulled.plan)
      if own == isNegated {
        join(.leftSemi, pulled.plan, equalities + pulled.conditions)
      } else {
        guard pulled.conditions.isEmpty else { return false }
        join(.nullAwareAnti, pulled.plan, equalities)
      }
    }
    return true
  }

  private mutating func join(_ kind: JoinNode.Kind, _ right: LogicalPlan, _ conditions: [BoundExpression]) {
    plan = .join(JoinNode(kind: kind, left: plan, right: right, condition: .conjunction(conditions)))
  }

  private func comparisons(_ values: [BoundExpression], _ right: LogicalPlan) throws(QueryError) -> [BoundExpression] {
    var result: [BoundExpression] = []
    for (value, column) in zip(values, right.columns) { result.append(try equality(value, .column(column))) }
    return result
  }

  private func equality(_ a: BoundExpression, _ b: BoundExpression) throws(QueryError) -> BoundExpression {
    guard let function = FunctionRegistry.scalar("=") else { throw FunctionRegistry.unknown("=") }
    return try Coercion.call(function, [a, b], context: context, span: a.span)
  }

  /// Replaces every subquery in an expression by a column of a join.
  mutating func replaceSubqueries(in expression: BoundExpression) throws(QueryError) -> BoundExpression {
    guard expression.containsSubquery else { return expression }
    var current = self
    let result = try expression.rewritten { (part) throws(QueryError) in
      guard case .subquery(let subquery) = part.kind else { return part }
      return try current.column(for: subquery, part)
    }
    self = current
    return result
  }

  private mutating func column(for subquery: BoundSubquery, _ part: BoundExpression) throws(QueryError)
    -> BoundExpression
  {
    switch subquery.kind {
    case .scalar: return try scalar(subquery, part)
    case .exists(let isNegated):
      let pulled = try CorrelationPull.pull(subquery.plan, ignoresLimit: true)
      return try mark(pulled.plan, pulled.conditions, isNullAware: false, isNegated, part)
    case .isIn(let values, let isNegated):
      let pulled = try CorrelationPull.pull(subquery.plan, ignoresLimit: false)
      if !pulled.conditions.isEmpty {
        throw QueryError(
          .unsupported, .plan, "a correlated IN under OR, NOT or in a value is not supported yet", span: part.span,
          hint: "write it with EXISTS")
      }
      return try mark(pulled.plan, try comparisons(values, pulled.plan), isNullAware: true, isNegated, part)
    }
  }

  private mutating func mark(
    _ right: LogicalPlan, _ conditions: [BoundExpression], isNullAware: Bool, _ isNegated: Bool, _ part: BoundExpression
  ) throws(QueryError) -> BoundExpression {
    let column = OutputColumn(name: "mark", type: .boolean, isNullable: isNullAware)
    join(.mark(column, nullAware: isNullAware), right, conditions)
    let value = BoundExpression.column(column, span: part.span)
    guard isNegated else { return value }
    guard let function = FunctionRegistry.scalar("not") else { throw FunctionRegistry.unknown("not") }
    return try Coercion.call(function, [value], context: context, span: part.span)
  }

  private mutating func scalar(_ subquery: BoundSubquery, _ part: BoundExpression) throws(QueryError) -> BoundExpression
  {
    var pulled = try CorrelationPull.pull(subquery.plan, ignoresLimit: false)
    let value = subquery.plan.columns[0]
    guard let empty = pulled.emptyValues[value.id], empty.literalValue != .null else {
      join(.single, pulled.plan, pulled.conditions)
      return .column(value.asNullable, span: part.span)
    }
    // No group for this row: the aggregate over no rows has a value (count is 0), which the join can't know.
    let found = NamedExpression(name: "found", .true)
    let passed = pulled.plan.columns.map { NamedExpression.passing($0) }
    pulled.plan = .project(ProjectNode(input: pulled.plan, expressions: passed + [found]))
    join(.single, pulled.plan, pulled.conditions)
    guard let isNull = FunctionRegistry.scalar("isnull") else { throw FunctionRegistry.unknown("isnull") }
    let test = try Coercion.call(isNull, [.column(found.column.asNullable)], context: context, span: part.span)
    return BoundExpression(
      .conditional([ConditionalBranch(condition: test, result: empty)], otherwise: .column(value.asNullable)),
      part.type, span: part.span)
  }
}

/// A subquery's plan without references to the outer query, and the conditions that tie it to it.
struct CorrelationPull {
  var plan: LogicalPlan
  var conditions: [BoundExpression] = []
  /// For an aggregate without groups: the value of each column where no row joins.
  var emptyValues: [ColumnID: BoundExpression] = [:]

  static func pull(_ plan: LogicalPlan, ignoresLimit: Bool) throws(QueryError) -> CorrelationPull {
    let free = plan.freeColumns
    if free.isEmpty { return CorrelationPull(plan: plan) }
    let result = try Puller(free: free, ignoresLimit: ignoresLimit).pull(plan)
    guard result.plan.freeColumns.isDisjoint(with: free) else { throw unsupported(plan) }
    return result
  }

  static func unsupported(_ plan: LogicalPlan) -> QueryError {
    QueryError(
      .unsupported, .plan, "this form of correlated subquery is not supported yet",
      span: plan.expressions.compactMap(\.span).first, hint: "write it as a join")
  }
}

private struct Puller {
  let free: Set<ColumnID>
  let ignoresLimit: Bool

  private func isCorrelated(_ expression: BoundExpression) -> Bool {
    !expression.referencedColumns.isDisjoint(with: free)
  }

  func pull(_ plan: LogicalPlan) throws(QueryError) -> CorrelationPull {
    if plan.freeColumns.isDisjoint(with: free) {
      return CorrelationPull(plan: plan, emptyValues: Self.emptyValues(of: plan))
    }
    switch plan {
    case .filter(let node): return try filter(node)
    case .project(let node): return try project(node)
    case .aggregate(let node): return try aggregate(node)
    case .join(let node): return try join(node)
    case .sort(let node): return try pull(node.input)
    case .limit(let node) where ignoresLimit && node.offset == 0 && node.count != 0: return try pull(node.input)
    case .generate(var node) where !node.arguments.contains(where: isCorrelated):
      var inner = try pull(node.input)
      node.input = inner.plan
      inner.plan = .generate(node)
      return inner
    default: throw CorrelationPull.unsupported(plan)
    }
  }

  private func filter(_ node: FilterNode) throws(QueryError) -> CorrelationPull {
    var inner = try pull(node.input)
    let parts = node.predicate.conjuncts
    inner.conditions += parts.filter(isCorrelated)
    if let rest = BoundExpression.conjunction(parts.filter { !isCorrelated($0) }) {
      inner.plan = .filter(FilterNode(input: inner.plan, predicate: rest))
    }
    inner.emptyValues = [:]
    return inner
  }

  private func project(_ node: ProjectNode) throws(QueryError) -> CorrelationPull {
    if node.expressions.contains(where: { isCorrelated($0.expression) }) {
      throw CorrelationPull.unsupported(.project(node))
    }
    var inner = try pull(node.input)
    let needed = inner.conditions.reduce(into: Set<ColumnID>()) { $0.formUnion($1.referencedColumns) }
    let present = Set(node.expressions.map(\.column.id))
    let extra = inner.plan.columns.filter { needed.contains($0.id) && !present.contains($0.id) }
    let values = inner.emptyValues
    inner.emptyValues = [:]
    for item in node.expressions where !values.isEmpty {
      let substituted = item.expression.substituting(values)
      if substituted.referencedColumns.isEmpty { inner.emptyValues[item.column.id] = substituted }
    }
    inner.plan = .project(
      ProjectNode(input: inner.plan, expressions: node.expressions + extra.map { .passing($0) }))
    return inner
  }

  /// Correlated equalities become groups: one group for each value of the outer column.
  private func aggregate(_ node: AggregateNode) throws(QueryError) -> CorrelationPull {
    guard node.groupingSets == nil, !LogicalPlan.aggregate(node).expressions.contains(where: isCorrelated) else {
      throw CorrelationPull.unsupported(.aggregate(node))
    }
    var inner = try pull(node.input)
    var copy = node
    copy.input = inner.plan
    var lifted: [BoundExpression] = []
    for condition in inner.conditions { lifted.append(try lift(condition, into: &copy)) }
    inner.conditions = lifted
    inner.plan = .aggregate(copy)
    inner.emptyValues = node.groups.isEmpty ? Self.emptyValues(of: .aggregate(node)) : [:]
    return inner
  }

  private func lift(_ condition: BoundExpression, into node: inout AggregateNode) throws(QueryError) -> BoundExpression
  {
    guard let sides = condition.asCall("=") ?? condition.asCall("<=>"),
      let position = sides.firstIndex(where: { !isCorrelated($0) }),
      isCorrelated(sides[1 - position])
    else { throw CorrelationPull.unsupported(.aggregate(node)) }
    let group = NamedExpression(name: "correlated", sides[position])
    node.groups.append(group)
    var operands = sides
    operands[position] = .column(group.column)
    return condition.replacingOperands(operands)
  }

  private func join(_ node: JoinNode) throws(QueryError) -> CorrelationPull {
    var copy = node
    var conditions: [BoundExpression] = []
    if !node.left.freeColumns.isDisjoint(with: free) {
      guard node.kind != .right, node.kind != .full else { throw CorrelationPull.unsupported(.join(node)) }
      let left = try pull(node.left)
      copy.left = left.plan
      conditions += left.conditions
    }
    if !node.right.freeColumns.isDisjoint(with: free) {
      guard node.kind == .inner || node.kind == .right else { throw CorrelationPull.unsupported(.join(node)) }
      let right = try pull(node.right)
      copy.right = right.plan
      conditions += right.conditions
    }
    if let condition = node.condition, isCorrelated(condition) {
      guard node.kind == .inner else { throw CorrelationPull.unsupported(.join(node)) }
      conditions += condition.conjuncts.filter(isCorrelated)
      copy.condition = .conjunction(condition.conjuncts.filter { !isCorrelated($0) })
    }
    return CorrelationPull(plan: .join(copy), conditions: conditions)
  }

  /// What the columns of an aggregate without groups are when it sees no rows.
  private static func emptyValues(of plan: LogicalPlan) -> [ColumnID: BoundExpression] {
    guard case .aggregate(let node) = plan, node.groups.isEmpty else { return [:] }
    var values: [ColumnID: BoundExpression] = [:]
    for call in node.aggregates {
      let isCount = call.overload.isNeverNull && call.overload.returnType == .bigint
      values[call.column.id] = .literal(isCount ? .integer(0) : .null, call.column.type)
    }
    return values
  }
}
