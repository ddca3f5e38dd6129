import LakeCatalog
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeSyntax
import LakeTables
import LakeTypes

extension StatementExecutor {
  func run(_ create: CreateView) throws(QueryError) -> StatementCompletion {
    let full = try tableName(create.name)
    let place = create.isTemporary ? [create.name.last.name] : [full.database, full.table]
    let plan = try binder(definedView: create.isReplacing ? place : nil).bind(create.query)
    let sql = text(at: create.querySpan)
    let names = create.columns.isEmpty ? nil : create.columns.map(\.name.name)
    if let names, names.count != plan.columns.count {
      throw QueryError(
        .columnCountMismatch, .bind,
        "the view names \(names.count) columns, but its query yields \(plan.columns.count)", span: create.name.span)
    }
    if create.isTemporary { return try defineTemporary(create, sql, names, plan.columns.map(\.name)) }
    let fields = zip(names ?? plan.columns.map(\.name), plan.columns).enumerated().map { index, pair in
      Field(
        pair.0, pair.1.type, isNullable: pair.1.isNullable,
        comment: create.columns.isEmpty ? nil : create.columns[index].comment)
    }
    let mode: CreateMode = create.isReplacing ? .orReplace : create.ifNotExists ? .ifNotExists : .create
    let view = ViewDefinition(
      name: full, sql: sql, currentDatabase: core.currentDatabase, schema: Schema(fields),
      comment: create.comment,
      properties: ViewQueryColumns.adding(plan.columns.map(\.name), to: Self.dictionary(create.properties)),
      createdAt: context.statementTime)
    try located(create.name.span) { () throws(QueryError) in
      _ = try transaction.createView(view, mode: mode)
    }
    return .command
  }

  private func defineTemporary(
    _ create: CreateView, _ sql: String, _ names: [String]?, _ queryColumns: [String]
  ) throws(QueryError) -> StatementCompletion {
    guard create.name.parts.count == 1 else {
      throw QueryError(
        .invalidTableDefinition, .bind, "a temporary view belongs to no database", span: create.name.span)
    }
    let key = create.name.last.name.lowercased()
    if core.temporaryViews[key] != nil, !create.isReplacing {
      if create.ifNotExists { return .command }
      throw QueryError(
        .tableAlreadyExists, .catalog, "the temporary view exists already: \(create.name.text)",
        span: create.name.span, hint: "CREATE OR REPLACE TEMPORARY VIEW")
    }
    let hidden = core.temporaryViews[key]
    core.temporaryViews[key] = ViewReference(
      name: [create.name.last.name], sql: sql, columnNames: names, queryColumns: queryColumns,
      database: core.currentDatabase)
    // Names mean something else now that there is the view: a table of its name is out of sight.
    do throws(QueryError) {
      _ = try binder().bind(LakeSyntax.Query(body: .table(create.name), span: create.name.span))
    } catch {
      core.temporaryViews[key] = hidden
      throw error
    }
    return .command
  }

  /// The part of the statement's text at a span.
  private func text(at span: SourceSpan) -> String {
    let bytes = Array(text.utf8)
    return String(decoding: bytes[min(span.start, bytes.count)..<min(span.end, bytes.count)], as: UTF8.self)
  }

  func run(_ drop: DropView) throws(QueryError) -> StatementCompletion {
    if drop.name.parts.count == 1, core.temporaryViews.removeValue(forKey: drop.name.last.name.lowercased()) != nil {
      return .command
    }
    let name = try tableName(drop.name)
    switch try transaction.table(name) {
    case .view?, nil:
      try located(drop.name.span) { () throws(QueryError) in
        _ = try transaction.dropTable(name, purge: false, ifExists: drop.ifExists)
      }
    default:
      throw QueryError(.notAllowed, .catalog, "\(name) is a table", span: drop.name.span, hint: "DROP TABLE \(name)")
    }
    return .command
  }

  func run(_ alter: AlterView) throws(QueryError) -> StatementCompletion {
    let name = try tableName(alter.name)
    guard case .view(var view) = try resolve(alter.name) else {
      throw QueryError(.notAllowed, .catalog, "\(name) is a table", span: alter.name.span)
    }
    switch alter.action {
    case .rename(let other): try transaction.renameTable(name, to: try tableName(other))
    case .setQuery(let query):
      let plan = try binder(definedView: [view.name.database, view.name.table]).bind(query)
      view.sql = SQLPrinter.print(query)
      view.currentDatabase = core.currentDatabase
      view.schema = plan.schema
      view.properties = ViewQueryColumns.adding(plan.columns.map(\.name), to: view.properties)
      try transaction.createView(view, mode: .orReplace)
    case .setProperties(let properties):
      view.properties.merge(Self.dictionary(properties)) { _, new in new }
      try transaction.createView(view, mode: .orReplace)
    case .unsetProperties(let keys, _):
      for key in keys { view.properties[key] = nil }
      try transaction.createView(view, mode: .orReplace)
    }
    return .command
  }
}
