import LakeColumnar
package import LakeDiagnostics
import LakeFunctions
package import LakeSyntax
import LakeTypes

extension Binder {
  /// Binds an UPDATE.
  package func bind(_ update: Update, of table: TargetTable) throws(QueryError) -> BoundRowChange {
    try withTables(update.with) { () throws(QueryError) in
      try RowChangeBinder(self, table, alias: update.alias).update(update)
    }
  }

  /// Binds a DELETE that has a condition.
  package func bind(_ delete: Delete, of table: TargetTable) throws(QueryError) -> BoundRowChange {
    try withTables(delete.with) { () throws(QueryError) in
      try RowChangeBinder(self, table, alias: delete.alias).delete(delete)
    }
  }

  func withTables<R>(_ with: With?, _ body: () throws(QueryError) -> R) throws(QueryError) -> R {
    guard let with else { return try body() }
    commonTables.append([:])
    defer { commonTables.removeLast() }
    try QueryBinder(self).bind(with, nil)
    return try body()
  }
}

/// A scan of the table to change, with the columns that say which file and row each row is.
struct TargetScan {
  let source: BoundSource
  /// The table's own columns, in order.
  let columns: [OutputColumn]
  let file: OutputColumn
  let position: OutputColumn

  init(_ table: TargetTable, qualifier: [String]) throws(QueryError) {
    source = BoundSource.scan(table.source, qualifier: qualifier, parent: nil)
    columns = Array(source.plan.columns.prefix(table.schema.count))
    guard let file = source.plan.columns.first(where: { $0.name == MetadataColumn.file }),
      let position = source.plan.columns.first(where: { $0.name == MetadataColumn.position })
    else {
      throw QueryError(
        .unsupported, .bind, "rows of \(table.text) cannot be changed one by one: it is not a managed table",
        hint: "INSERT OVERWRITE its partitions instead")
    }
    self.file = file
    self.position = position
  }
}

private struct RowChangeBinder {
  let binder: Binder
  let table: TargetTable
  let qualifier: [String]

  init(_ binder: Binder, _ table: TargetTable, alias: TableAlias?) {
    self.binder = binder
    self.table = table
    qualifier = alias.map { [$0.name.name] } ?? table.name
  }

  func update(_ update: Update) throws(QueryError) -> BoundRowChange {
    let target = try TargetScan(table, qualifier: qualifier)
    let expressions = ExpressionBinder(binder, target.source.scope, clause: .filter)
    let condition =
      try update.filter.map { (filter) throws(QueryError) in try expressions.bindCondition(filter) } ?? .true
    var values = target.columns.map { BoundExpression.column($0) }
    for assignment in update.assignments {
      let index = try table.column(assignment.column)
      let value = try StoreAssignment.value(
        try expressions.bind(assignment.value, writtenTo: table.schema[index]), to: table.schema[index],
        of: table.text)
      values[index] = try Coercion.conditional(
        [ConditionalBranch(condition: condition, result: value)], otherwise: values[index],
        span: assignment.value.span)
    }
    let rewritten = zip(table.schema.fields, values).map { NamedExpression(name: $0.name, $1) }
    let rewrite = LogicalPlan.project(ProjectNode(input: target.source.plan, expressions: rewritten))
    return try change(update.filter, rewrite: rewrite, target)
  }

  func delete(_ delete: Delete) throws(QueryError) -> BoundRowChange {
    let target = try TargetScan(table, qualifier: qualifier)
    let expressions = ExpressionBinder(binder, target.source.scope, clause: .filter)
    let condition =
      try delete.filter.map { (filter) throws(QueryError) in try expressions.bindCondition(filter) } ?? .true
    let isTrue = try Coercion.coalesce([condition, .false], span: condition.span)
    let kept = LogicalPlan.filter(
      FilterNode(input: target.source.plan, predicate: try expressions.call("not", [isTrue], condition.span)))
    let rewrite = LogicalPlan.project(
      ProjectNode(input: kept, expressions: target.columns.map { .passing($0) }))
    return try change(delete.filter, rewrite: rewrite, target)
  }

  /// The affected files are found by a scan of its own: subqueries in the condition then have ids of their own too.
  private func change(
    _ filter: Expression?, rewrite: LogicalPlan, _ target: TargetScan
  ) throws(QueryError) -> BoundRowChange {
    let search = try TargetScan(table, qualifier: qualifier)
    let expressions = ExpressionBinder(binder, search.source.scope, clause: .filter)
    let condition = try filter.map { (filter) throws(QueryError) in try expressions.bindCondition(filter) } ?? .true
    let matching = LogicalPlan.filter(FilterNode(input: search.source.plan, predicate: condition))
    let count = try AggregateCall.call("count", [])
    let one = NamedExpression(name: "matches", .literal(.integer(1), .bigint))
    let grouped = AggregateNode(
      input: matching, groups: [NamedExpression(name: "file", .column(search.file))], aggregates: [count])
    let passed = LogicalPlan.aggregate(grouped).columns.map { NamedExpression.passing($0) }
    return BoundRowChange(
      affectedFiles: .project(ProjectNode(input: .aggregate(grouped), expressions: passed + [one])),
      rewrite: rewrite, fileColumn: target.file.id)
  }

}

extension AggregateCall {
  /// An aggregate by name over bound arguments; `count` without arguments counts rows.
  static func call(_ name: String, _ arguments: [BoundExpression]) throws(QueryError) -> AggregateCall {
    guard let function = FunctionRegistry.aggregate(name) else { throw FunctionRegistry.unknown(name) }
    let overload = try function.resolve(arguments.map { LakeFunctions.FunctionArgument($0.type) })
    let cast = zip(arguments, overload.argumentTypes).map { Coercion.cast($0, to: $1) }
    return AggregateCall(
      column: OutputColumn(name: name, type: overload.returnType), function: function, overload: overload,
      arguments: cast)
  }
}
