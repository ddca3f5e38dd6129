import LakeDiagnostics
import LakeFunctions
import LakeSyntax
import LakeTypes

/// Binds TABLESAMPLE: a number of rows is a limit, a share of them a filter by random numbers.
struct SampleBinder {
  let binder: Binder

  init(_ binder: Binder) { self.binder = binder }

  func bind(_ sample: TableSample, over plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
    switch sample.method {
    case .rows(let count):
      return .limit(LimitNode(input: plan, count: try QueryBinder(binder).rowCount(count, "TABLESAMPLE")))
    case .percent(let share):
      return try filtered(plan, try percentage(share) / 100)
    case .bucket(let number, let count):
      guard count > 0, number <= count else {
        throw QueryError(
          .invalidSampleFraction, .bind, "BUCKET takes a number up to the count of buckets: \(number) of \(count)")
      }
      return try filtered(plan, Double(number) / Double(count))
    }
  }

  private func percentage(_ expression: Expression) throws(QueryError) -> Double {
    let value = try binder.constant(expression, as: .double)
    if case .double(let share) = value.value, share >= 0, share <= 100 { return share }
    throw QueryError(
      .invalidSampleFraction, .bind, "TABLESAMPLE takes 0 to 100 PERCENT", span: expression.span)
  }

  private func filtered(_ plan: LogicalPlan, _ share: Double) throws(QueryError) -> LogicalPlan {
    let expressions = ExpressionBinder(binder, Scope(parent: nil), clause: .value)
    let random = try expressions.call("rand", [], nil)
    let isTaken = try expressions.call("<", [random, .literal(.double(share), .double)], nil)
    return .filter(FilterNode(input: plan, predicate: isTaken))
  }
}
