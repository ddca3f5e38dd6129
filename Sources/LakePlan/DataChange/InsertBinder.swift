package import LakeDiagnostics
package import LakeSyntax
package import LakeTypes

extension Binder {
  /// Binds an INSERT into a table.
  package func bind(
    _ target: InsertTarget, rows: LogicalPlan, into table: TargetTable, overwritesDynamically: Bool
  ) throws(QueryError) -> BoundInsert {
    try InsertBinder(self, target, table).bind(rows, overwritesDynamically: overwritesDynamically)
  }

  /// Binds the rows of every INSERT of a multi-insert; they share one source.
  package func bindRows(of statement: MultiInsert) throws(QueryError) -> MultiInsertRows {
    if let with = statement.with {
      commonTables.append([:])
      try QueryBinder(self).bind(with, nil)
    }
    defer { if statement.with != nil { commonTables.removeLast() } }
    let source = try TableReferenceBinder(self, outer: nil).bind(statement.from, lateralViews: statement.lateralViews)
    let shared = SharedPlan(name: "source", plan: source.plan)
    var plans: [LogicalPlan] = []
    for insert in statement.inserts {
      plans.append(try QueryBinder(self).bind(insert.query, over: source.reading(shared)))
    }
    return MultiInsertRows(parts: plans, mustShareSource: !source.plan.isRepeatable)
  }

  /// Casts rows to the columns of a table to be made or written, by position, as INSERT does.
  package func storing(
    _ rows: LogicalPlan, as schema: Schema, of table: String, span: SourceSpan?
  ) throws(QueryError) -> LogicalPlan {
    var expressions: [NamedExpression] = []
    for (column, field) in zip(rows.columns, schema.fields) {
      let value = try StoreAssignment.value(.column(column, span: span), to: field, of: table)
      expressions.append(NamedExpression(name: field.name, value, isNullable: field.isNullable))
    }
    return .project(ProjectNode(input: rows, expressions: expressions))
  }
}

/// The rows that each INSERT of a multi-insert writes.
package struct MultiInsertRows: Sendable {
  package let parts: [LogicalPlan]
  /// Whether the source must be computed once for all: twice it might yield other rows.
  package let mustShareSource: Bool
}

extension LogicalPlan {
  /// Whether a second run certainly yields the same rows, in whatever order.
  var isRepeatable: Bool {
    switch self {
    case .limit, .window, .aggregate: return false
    case .shared(let node): return node.plan.isRepeatable
    default:
      return expressions.allSatisfy { $0.isDeterministic && !$0.containsSubquery }
        && children.allSatisfy(\.isRepeatable)
    }
  }
}

extension BoundSource {
  /// The same names over another reading of a shared plan.
  fileprivate func reading(_ shared: SharedPlan) -> BoundSource {
    let columns = shared.plan.columns.map {
      OutputColumn(name: $0.name, type: $0.type, isNullable: $0.isNullable)
    }
    let renamed = Dictionary(zip(shared.plan.columns.map(\.id), columns)) { first, _ in first }
    let names = scope.columns.compactMap { column -> Scope.Column? in
      guard let output = renamed[column.output.id] else { return nil }
      var copy = column
      copy.output = output
      return copy
    }
    return BoundSource(
      plan: .shared(SharedNode(plan: shared, columns: columns)), scope: Scope(names, parent: scope.parent))
  }
}

/// Whether and how a value may be stored in a column: Spark's ANSI store assignment.
enum StoreAssignment {
  static func value(_ value: BoundExpression, to field: Field, of table: String) throws(QueryError) -> BoundExpression {
    guard TypeCoercion.canStore(value.type, as: field.type) else {
      throw QueryError(
        .datatypeMismatch, .bind,
        "a value of type \(value.type) cannot be stored in the column \(field.name) of type \(field.type) in \(table)",
        span: value.span, hint: "cast it: CAST(... AS \(field.type))")
    }
    var stored = Coercion.cast(value, to: field.type)
    if case .cast = stored.kind, stored.type != value.type { stored.target = "\(field.name) of \(table)" }
    return stored
  }
}

private struct InsertBinder {
  let binder: Binder
  let target: InsertTarget
  let table: TargetTable

  init(_ binder: Binder, _ target: InsertTarget, _ table: TargetTable) {
    self.binder = binder
    self.target = target
    self.table = table
  }

  func bind(_ rows: LogicalPlan, overwritesDynamically: Bool) throws(QueryError) -> BoundInsert {
    let fixed = try staticPartition()
    let sources = try assignments(rows, fixed)
    var expressions: [NamedExpression] = []
    for (field, source) in zip(table.schema.fields, sources) {
      let value = try StoreAssignment.value(source, to: field, of: table.text)
      expressions.append(NamedExpression(name: field.name, value, isNullable: field.isNullable))
    }
    let plan = LogicalPlan.project(ProjectNode(input: rows, expressions: expressions))
    return BoundInsert(plan: plan, replacement: replacement(fixed, overwritesDynamically))
  }

  private func replacement(_ fixed: [String: TypedLiteral], _ dynamic: Bool) -> BoundInsert.Replacement {
    guard target.mode == .overwrite else { return .none }
    guard let partition = target.partition else {
      return dynamic && !table.partitionColumns.isEmpty ? .partitions([:], isDynamic: true) : .all
    }
    let values = fixed.mapValues(\.value)
    return .partitions(values, isDynamic: partition.terms.count > fixed.count)
  }

  /// The values that PARTITION fixes, at the columns' types, by column name as the table spells it.
  private func staticPartition() throws(QueryError) -> [String: TypedLiteral] {
    var values: [String: TypedLiteral] = [:]
    for term in target.partition?.terms ?? [] {
      let name = term.column.name
      guard let column = table.partitionColumns.first(where: { $0.lowercased() == name.lowercased() }),
        let index = table.schema.index(of: column)
      else {
        throw QueryError(
          .unresolvedColumn, .bind, "\(name) is not a partition column of \(table.text)", span: term.column.span,
          hint: NearestName.of(name, among: table.partitionColumns).map { "did you mean \($0)?" })
      }
      guard let expression = term.value else { continue }
      values[column] = try binder.constant(expression, as: table.schema[index].type)
    }
    return values
  }

  /// For each column of the table, where its value comes from.
  private func assignments(
    _ rows: LogicalPlan, _ fixed: [String: TypedLiteral]
  ) throws(QueryError) -> [BoundExpression] {
    let names = try givenNames(rows, fixed)
    guard names.count == rows.columns.count else {
      throw QueryError(
        .columnCountMismatch, .bind,
        "\(table.text) takes \(names.count) column(s) here, but the query yields \(rows.columns.count)",
        span: target.span, hint: "the columns are: \(names.joined(separator: ", "))")
    }
    var given: [String: OutputColumn] = [:]
    for (name, column) in zip(names, rows.columns) {
      if given.updateValue(column, forKey: name.lowercased()) != nil {
        throw QueryError(.columnAlreadyExists, .bind, "the column \(name) is written twice", span: target.span)
      }
    }
    return table.schema.fields.map { field in
      if let literal = fixed[field.name] { return .literal(literal.value, literal.type) }
      if let column = given[field.name.lowercased()] { return .column(column, span: target.span) }
      return field.defaultExpression
    }
  }

  /// The table's column that each column of the query goes to.
  private func givenNames(_ rows: LogicalPlan, _ fixed: [String: TypedLiteral]) throws(QueryError) -> [String] {
    if target.isByName { return try known(rows.columns.map { ($0.name, target.span) }) }
    if !target.columns.isEmpty { return try known(target.columns.map { ($0.name, $0.span) }) }
    return table.schema.names.filter { fixed[$0] == nil }
  }

  private func known(_ names: [(String, SourceSpan)]) throws(QueryError) -> [String] {
    for (name, span) in names where table.schema.index(of: name) == nil {
      throw QueryError(
        .unresolvedColumn, .bind, "\(table.text) has no column \(name)", span: span,
        hint: NearestName.of(name, among: table.schema.names).map { "did you mean \($0)?" })
    }
    return names.map(\.0)
  }
}

extension QueryBinder {
  /// Binds a query whose SELECT has no FROM of its own over a source that is bound already.
  fileprivate func bind(_ query: Query, over source: BoundSource) throws(QueryError) -> LogicalPlan {
    guard case .select(let select) = query.body else {
      throw QueryError(.syntaxError, .bind, "each INSERT of a multi-insert has a SELECT of its own", span: query.span)
    }
    let order = query.orderBy + query.sortBy + query.clusterBy.map { SortItem($0) }
    let plan = try SelectBinder(binder, select, outer: nil).bind(over: source, orderBy: order)
    return try limited(plan, query)
  }
}
