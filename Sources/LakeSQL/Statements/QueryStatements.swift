import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakeFunctions
import LakePlan
import LakeSyntax
import LakeTypes

extension StatementExecutor {
  func run(_ query: Query) throws(QueryError) -> StatementCompletion {
    let bound = try binder().bind(query)
    let plan = try optimized(bound)
    channel.open(ResultHeader(schema: bound.schema, timeZone: context.timeZone))
    let execution = try execution(plan)
    running.watch(execution)
    try execution.stream { (batch) throws(QueryError) in self.channel.send(batch) }
    return .streamed
  }

  /// `ASSERT 'name' (query)`: fails unless every row's first column is true.
  func run(_ assertion: Assertion) throws(QueryError) -> StatementCompletion {
    let rows = try rows(of: try binder().bind(assertion.query))
    let failed = rows.filter { $0.first != .boolean(true) }.count
    guard failed == 0 else {
      throw QueryError(
        ErrorCode("P0004", "ASSERTION_FAILED"), .execute,
        "the assertion '\(assertion.name)' does not hold: \(failed) of \(rows.count) row(s)",
        span: assertion.query.span)
    }
    return .command
  }

  // MARK: EXPLAIN

  func explain(_ mode: ExplainMode, _ statement: Statement) throws(QueryError) -> StatementCompletion {
    guard mode != .lineage else {
      throw QueryError(.unsupported, .plan, "EXPLAIN LINEAGE is not supported yet", span: statement.span)
    }
    let bound = try explainedPlan(statement)
    let plan = try optimized(bound)
    let settings = try core.executionSettings(context)
    var lines: [String] = []
    if mode == .extended { lines += ["== Bound plan ==", PlanPrinter.text(bound), ""] }
    if mode == .extended || mode == .formatted { lines += ["== Optimized plan ==", PlanPrinter.text(plan), ""] }
    if mode == .analyze {
      let execution = try execution(plan)
      try execution.stream { (_) throws(QueryError) in true }
      lines += ["== Executed plan ==", PhysicalExplanation.analyzed(execution)]
    } else {
      lines += ["== Physical plan ==", try PhysicalExplanation.text(for: plan, settings: settings)]
    }
    return textRows(
      "plan", lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) })
  }

  private func explainedPlan(_ statement: Statement) throws(QueryError) -> LogicalPlan {
    switch statement.kind {
    case .query(let query): return try binder().bind(query)
    case .insert(let insert): return try boundInsert(insert).plan
    case .createTable(let create):
      if let query = create.query { return try binder().bind(query) }
    default: break
    }
    throw QueryError(
      .unsupported, .plan, "EXPLAIN takes queries, INSERT and CREATE TABLE AS", span: statement.span)
  }

  /// A result of one text column.
  func textRows(_ name: String, _ lines: [String]) -> StatementCompletion {
    rows(Schema([Field(name, .string, isNullable: false)]), lines.map { [.string($0)] })
  }

  /// A result of literal rows.
  func rows(_ schema: Schema, _ rows: [[LakeTypes.Literal]]) -> StatementCompletion {
    let builders = schema.fields.map { VectorBuilder($0.type, capacity: max(1, rows.count)) }
    for row in rows {
      for (builder, value) in zip(builders, row) { builder.append(value) }
    }
    return .rows(schema, Batch(columns: builders.map { $0.finish() }, count: rows.count))
  }
}
