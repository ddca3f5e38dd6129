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

  /// `ASSERT 'name' (query)`: fails unless the query's one value is true.
  func run(_ assertion: Assertion) throws(QueryError) -> StatementCompletion {
    let plan = try binder().bind(assertion.query)
    guard plan.columns.count == 1, [.boolean, .void].contains(plan.columns[0].type) else {
      let types = plan.columns.map(\.type.description).joined(separator: ", ")
      throw QueryError(
        .datatypeMismatch, .bind, "the query of the assertion '\(assertion.name)' must yield one boolean, not \(types)",
        span: assertion.query.span)
    }
    let rows = try rows(of: .limit(LimitNode(input: plan, count: 2)))
    guard rows.count == 1 else {
      let count = rows.isEmpty ? "no row" : "more than one"
      throw QueryError(
        .scalarSubqueryRows, .execute,
        "the query of the assertion '\(assertion.name)' must yield one row, not \(count)", span: assertion.query.span,
        hint: "take every(...) or count(*) = 0 over the rows")
    }
    guard rows[0][0] == .boolean(true) else {
      throw QueryError(
        ErrorCode("P0004", "ASSERTION_FAILED"), .execute,
        "the assertion '\(assertion.name)' does not hold" + (rows[0][0] == .null ? ": its value is NULL" : ""),
        span: assertion.query.span)
    }
    return .command
  }

  // MARK: EXPLAIN

  func explain(_ mode: ExplainMode, _ statement: Statement) throws(QueryError) -> StatementCompletion {
    var lines: [String] = []
    for bound in try explainedPlans(statement) {
      if !lines.isEmpty { lines.append("") }
      lines += try explained(mode, bound)
    }
    return textRows(
      "plan", lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) })
  }

  private func explained(_ mode: ExplainMode, _ bound: LogicalPlan) throws(QueryError) -> [String] {
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
    return lines
  }

  /// What a statement computes: for a row change the new rows of the files that it changes.
  private func explainedPlans(_ statement: Statement) throws(QueryError) -> [LogicalPlan] {
    switch statement.kind {
    case .query(let query): return [try binder().bind(query)]
    case .createView(let create): return [try binder().bind(create.query)]
    case .createTable(let create):
      guard let query = create.query else { throw .internal("EXPLAIN of a table without a query") }
      return [try binder().bind(query)]
    case .insert(let insert): return [try bound(insert.target, try binder().bind(try withDefaults(insert))).plan]
    case .multiInsert(let insert):
      var plans: [LogicalPlan] = []
      for (part, rows) in zip(insert.inserts, try binder().bindRows(of: insert).parts) {
        plans.append(try bound(part.target, rows).plan)
      }
      return plans
    case .update(let update): return [try binder().bind(update, of: try target(update.table)).rewrite]
    case .delete(let delete): return [try binder().bind(delete, of: try target(delete.table)).rewrite]
    case .merge(let merge): return [try binder().bind(merge, of: try target(merge.target)).rewrite]
    default: throw .internal("EXPLAIN of a statement without a plan")
    }
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
