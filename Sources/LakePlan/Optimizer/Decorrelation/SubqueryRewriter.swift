import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Joins the subqueries of expressions to the input of those expressions, step by step.
struct SubqueryRewriter {
  private(set) var plan: LogicalPlan
  private let context: EvaluationContext

  init(input: LogicalPlan, context: EvaluationContext) {
    plan = input
    self.context = context
  }

  /// The subquery's plan, made independent of the input; subqueries inside it first.
  private mutating func resolve(
    _ subquery: BoundSubquery, for use: SubqueryUse
  ) throws(QueryError) -> CorrelatedPlan {
    let flat = try Decorrelation.apply(subquery.plan, context)
    let correlated = try CorrelatedPlan(flat, within: plan, for: use, context)
    plan = correlated.outer
    return correlated
  }

  private mutating func join(_ kind: JoinNode.Kind, _ right: LogicalPlan, _ conditions: [BoundExpression]) {
    plan = .join(JoinNode(kind: kind, left: plan, right: right, condition: .conjunction(conditions)))
  }

  private func call(_ name: String, _ arguments: [BoundExpression]) throws(QueryError) -> BoundExpression {
    guard let function = FunctionRegistry.scalar(name) else { throw FunctionRegistry.unknown(name) }
    return try Coercion.call(function, arguments, context: context, span: arguments.first?.span)
  }

  // MARK: Conjuncts

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
      let correlated = try resolve(subquery, for: .existence)
      join(own != isNegated ? .leftAnti : .leftSemi, correlated.inner, correlated.conditions)
    case .isIn(let values, let own):
      guard values.allSatisfy({ !$0.containsSubquery }) else { return false }
      try join(subquery, values, isNegated: own != isNegated)
    }
    return true
  }

  /// IN as a semi join; NOT IN as an anti join in which an unknown comparison counts as a match.
  private mutating func join(
    _ subquery: BoundSubquery, _ values: [BoundExpression], isNegated: Bool
  ) throws(QueryError) {
    let correlated = try resolve(subquery, for: .rows)
    let equalities = try comparisons(values, subquery.plan.columns.map { .column($0) })
    if !isNegated {
      join(.leftSemi, correlated.inner, equalities + correlated.conditions)
    } else if correlated.conditions.isEmpty, isSelfContained(correlated.inner, values) {
      join(.nullAwareAnti, correlated.inner, equalities)
    } else {
      let matches = try equality(of: equalities)
      let possible = try Coercion.coalesce([matches, .true], span: matches.span)
      join(.leftAnti, correlated.inner, correlated.conditions + [possible])
    }
  }

  /// Whether neither the subquery nor the values refer to a query further out, which would have to be pulled out of
  /// the join's condition later.
  private func isSelfContained(_ inner: LogicalPlan, _ values: [BoundExpression]) -> Bool {
    let own = Set(plan.columns.map(\.id))
    return inner.freeColumns.isEmpty && values.allSatisfy { $0.referencedColumns.isSubset(of: own) }
  }

  private func comparisons(
    _ values: [BoundExpression], _ columns: [BoundExpression]
  ) throws(QueryError) -> [BoundExpression] {
    var result: [BoundExpression] = []
    for (value, column) in zip(values, columns) { result.append(try call("=", [value, column])) }
    return result
  }

  private func equality(of comparisons: [BoundExpression]) throws(QueryError) -> BoundExpression {
    guard let all = BoundExpression.conjunction(comparisons) else { throw .internal("IN without a value") }
    return all
  }

  // MARK: Values

  /// Replaces every subquery in an expression by a column of a join.
  mutating func replaceSubqueries(in expression: BoundExpression) throws(QueryError) -> BoundExpression {
    guard expression.containsSubquery else { return expression }
    var current = self
    let result = try expression.rewritten { (part) throws(QueryError) in
      guard case .subquery(let subquery) = part.kind else { return part }
      return try current.value(of: subquery, part)
    }
    self = current
    return result
  }

  private mutating func value(
    of subquery: BoundSubquery, _ part: BoundExpression
  ) throws(QueryError) -> BoundExpression {
    switch subquery.kind {
    case .scalar: return try scalar(subquery, part)
    case .exists(let isNegated):
      let correlated = try resolve(subquery, for: .existence)
      return try negated(isNegated, mark(correlated.inner, correlated.conditions, part))
    case .isIn(let values, let isNegated):
      return try negated(isNegated, try isIn(subquery, values, part))
    }
  }

  private func negated(_ isNegated: Bool, _ value: BoundExpression) throws(QueryError) -> BoundExpression {
    isNegated ? try call("not", [value]) : value
  }

  /// Adds the column that says whether a row has a match.
  private mutating func mark(
    _ right: LogicalPlan, _ conditions: [BoundExpression], isNullAware: Bool = false, _ part: BoundExpression
  ) -> BoundExpression {
    let column = OutputColumn(name: "mark", type: .boolean, isNullable: isNullAware)
    join(.mark(column, nullAware: isNullAware), right, conditions)
    return .column(column, span: part.span)
  }

  /// The three-valued IN: true with a match, NULL with a comparison that is unknown, else false.
  private mutating func isIn(
    _ subquery: BoundSubquery, _ values: [BoundExpression], _ part: BoundExpression
  ) throws(QueryError) -> BoundExpression {
    let correlated = try resolve(subquery, for: .rows)
    let columns = subquery.plan.columns.map { BoundExpression.column($0) }
    if correlated.conditions.isEmpty, isSelfContained(correlated.inner, values) {
      return mark(correlated.inner, try comparisons(values, columns), isNullAware: true, part)
    }
    let candidates = SharedPlan(name: "candidates", plan: correlated.inner)
    let first = SharedReading(candidates)
    let matches = try comparisons(values, columns.map { $0.substituting(first.renaming) })
    let isFound = mark(
      first.plan, matches + correlated.conditions.map { $0.substituting(first.renaming) }, part)
    let second = SharedReading(candidates)
    let unknown = try comparisons(values, columns.map { $0.substituting(second.renaming) })
    let isUnknown = try call("isnull", [try equality(of: unknown)])
    let isPossible = mark(
      second.plan, correlated.conditions.map { $0.substituting(second.renaming) } + [isUnknown], part)
    let null = BoundExpression.literal(.null, .boolean)
    return try Coercion.conditional(
      [
        ConditionalBranch(condition: isFound, result: .true), ConditionalBranch(condition: isPossible, result: null),
      ], otherwise: .false, span: part.span)
  }

  private mutating func scalar(
    _ subquery: BoundSubquery, _ part: BoundExpression
  ) throws(QueryError) -> BoundExpression {
    let correlated = try resolve(subquery, for: .scalar)
    let value = subquery.plan.columns[0]
    // A second row is an error only where there can be one.
    let kind: JoinNode.Kind = correlated.isUnique ? .left : .single
    guard let empty = correlated.emptyValues[value.id], !empty.isNull(where: []) else {
      join(kind, correlated.inner, correlated.conditions)
      return .column(value.asNullable, span: part.span)
    }
    // No group for this row: the aggregate over no rows has a value (count is 0), which the join can't know.
    let found = NamedExpression(name: "found", .true)
    let passed = correlated.inner.columns.map { NamedExpression.passing($0) }
    join(
      kind, .project(ProjectNode(input: correlated.inner, expressions: passed + [found])), correlated.conditions)
    let test = try call("isnull", [.column(found.column.asNullable, span: part.span)])
    return BoundExpression(
      .conditional([ConditionalBranch(condition: test, result: empty)], otherwise: .column(value.asNullable)),
      part.type, span: part.span)
  }
}
