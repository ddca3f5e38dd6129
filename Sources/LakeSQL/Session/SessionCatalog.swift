import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakePlan
import LakeSyntax
import LakeTables
import LakeTypes

/// Answers the binder's questions about names from the session and the statement's transaction.
struct SessionCatalog: NameResolver {
  private let executor: StatementExecutor

  init(_ executor: StatementExecutor) { self.executor = executor }

  var currentDatabase: String { executor.core.currentDatabase }

  func relation(_ name: [String], in database: String, version: TableVersion?) throws(QueryError) -> ResolvedRelation {
    if name.count == 1, version == nil, let view = executor.core.temporaryViews[name[0].lowercased()] {
      return .view(view)
    }
    let full = try TableName(parts: name, currentDatabase: database)
    guard let table = try executor.transaction.table(full) else { throw notFound(full, name) }
    switch table {
    case .managed(let table):
      return .table(try table.scan(at: version.map(SnapshotSelector.init)), name: [full.database, full.table])
    case .external(let table):
      guard version == nil else {
        throw QueryError(.unsupported, .bind, "a table in the Hive layout keeps no versions: \(full)")
      }
      return .table(try table.scan(), name: [full.database, full.table])
    case .view(let view):
      return .view(
        ViewReference(
          name: [view.name.database, view.name.table], sql: view.sql, columnNames: view.schema.names,
          queryColumns: ViewQueryColumns.names(in: view.properties), database: view.currentDatabase))
    }
  }

  private func notFound(_ full: TableName, _ name: [String]) -> QueryError {
    var error = executor.transaction.tableNotFound(full)
    // Also where the database is what is missing: to a query it is the table that is not there.
    error.code = .tableNotFound
    if error.hint == nil, name.count == 1 {
      let views = executor.core.temporaryViews.values.map { $0.name[0] }
      error.hint = NearestName.of(name[0], among: views).map { "did you mean \($0)?" }
    }
    return error
  }

  func files(_ request: FileRequest) throws(QueryError) -> any ScanSource {
    try FileQuery.source(
      format: request.format, glob: request.path, options: request.options, schema: request.schema,
      fileSystem: executor.core.engine.warehouse.fileSystem)
  }
}

extension SnapshotSelector {
  init(_ version: TableVersion) {
    switch version {
    case .snapshot(let id): self = .id(id)
    case .timestamp(let micros): self = .timestamp(micros)
    case .reference(let name): self = .ref(name)
    }
  }
}

extension TableName {
  /// A name of one to three parts: `[[lakesql.]database.]table`.
  init(parts: [String], currentDatabase: String) throws(QueryError) {
    switch parts.count {
    case 1: self.init(currentDatabase, parts[0])
    case 2: self.init(parts[0], parts[1])
    case 3 where parts[0].lowercased() == Metastore.catalogName: self.init(parts[1], parts[2])
    default:
      throw QueryError(
        .tableNotFound, .bind, "there is no table \(parts.joined(separator: ".")): names have at most two parts",
        hint: "database.table")
    }
  }
}

extension StatementExecutor {
  /// The name of a stored table or view.
  func tableName(_ name: QualifiedName) throws(QueryError) -> TableName {
    do {
      return try TableName(parts: name.parts.map(\.name), currentDatabase: core.currentDatabase)
    } catch {
      throw error.at(name.span)
    }
  }

  /// The stored table or view of a name.
  func resolve(_ name: QualifiedName) throws(QueryError) -> ResolvedTable {
    let full = try tableName(name)
    guard let table = try transaction.table(full) else { throw transaction.tableNotFound(full).at(name.span) }
    return table
  }

  /// A table to write to.
  func target(_ name: QualifiedName) throws(QueryError) -> TargetTable {
    let full = try tableName(name)
    switch try resolve(name) {
    case .managed(let table):
      return TargetTable(
        name: [full.database, full.table], schema: table.schema, partitionColumns: table.partitionColumns,
        source: try table.scan())
    case .external(let table):
      return TargetTable(
        name: [full.database, full.table], schema: table.definition.schema,
        partitionColumns: table.definition.partitionColumns, source: try table.scan())
    case .view:
      throw QueryError(.notAllowed, .bind, "\(full) is a view: it cannot be written", span: name.span)
    }
  }

  /// The values of a partition spec, by column, at the columns' types.
  func partitionValues(_ spec: PartitionSpec, of name: TableName) throws(QueryError) -> [String: LakeTypes.Literal] {
    let columns: [Field]
    switch try transaction.table(name) {
    case .managed(let table):
      columns = table.schema.fields.filter { table.partitionColumns.contains($0.name) }
    case .external(let table):
      columns = table.definition.schema.fields.filter { table.definition.partitionColumns.contains($0.name) }
    default: throw QueryError(.notAllowed, .bind, "a view has no partitions: \(name)", span: spec.span)
    }
    var values: [String: LakeTypes.Literal] = [:]
    for term in spec.terms {
      guard let field = columns.first(where: { $0.name.lowercased() == term.column.name.lowercased() }) else {
        throw QueryError(
          .unresolvedColumn, .bind, "\(term.column.name) is not a partition column of \(name)", span: term.column.span,
          hint: NearestName.of(term.column.name, among: columns.map(\.name)).map { "did you mean \($0)?" })
      }
      guard let value = term.value else {
        throw QueryError(
          .invalidParameter, .bind, "the partition column \(term.column.name) has no value, which is needed here",
          span: term.column.span)
      }
      values[field.name] = try binder().constant(value, as: field.type).value
    }
    return values
  }
}
