import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeFunctions
import LakePlan
import LakeSyntax
import LakeTables
import LakeTypes

extension StatementExecutor {
  func run(_ create: CreateTable) throws(QueryError) -> StatementCompletion {
    let name = try tableName(create.name)
    let mode: CreateMode = create.isReplacing ? .orReplace : create.ifNotExists ? .ifNotExists : .create
    guard let query = create.query else {
      try define(create, name, try definedSchema(create), mode)
      return .command
    }
    if mode == .ifNotExists, try transaction.table(name) != nil { return .affected(0) }
    return try createAs(create, name, query, mode)
  }

  /// CREATE TABLE AS: the query gives the columns, and then the rows.
  private func createAs(
    _ create: CreateTable, _ name: TableName, _ query: Query, _ mode: CreateMode
  ) throws(QueryError) -> StatementCompletion {
    let rows = try binder().bind(query)
    let schema = Schema(try rows.columns.mapFields(query.span))
    try define(create, name, schema, mode)
    let target = InsertTarget(mode: .into, table: create.name, span: create.name.span)
    return .affected(try write(target, rows, into: name))
  }

  private func define(
    _ create: CreateTable, _ name: TableName, _ schema: Schema, _ mode: CreateMode
  ) throws(QueryError) {
    if let format = try ExternalFormat(create) {
      try createExternal(create, name, schema, format, mode)
    } else {
      let partitioning = try partitioning(create.partitionedBy)
      var properties = try ExternalFormat.parquetProperties(
        create, codecKey: "write.parquet.compression-codec", isManaged: true)
      if let codec = try core.settings.parquetCodec, properties["parquet.compression"] == nil {
        properties["write.parquet.compression-codec"] = properties["write.parquet.compression-codec"] ?? codec
      }
      try located(create.name.span) { () throws(QueryError) in
        _ = try transaction.createManagedTable(
          TableDefinition(
            name: name, schema: schema, partitioning: partitioning, properties: properties,
            comment: create.comment, location: create.location, mode: mode))
      }
    }
  }

  /// Where an external table lies that names no place, relative to the warehouse.
  private static func folder(of name: TableName) -> String {
    HivePartitionPath.escaped(name.database) + ".db/" + HivePartitionPath.escaped(name.table)
  }

  private func createExternal(
    _ create: CreateTable, _ name: TableName, _ schema: Schema, _ format: ExternalFormat, _ mode: CreateMode
  ) throws(QueryError) {
    let columns = try create.partitionedBy.externalPartitionColumns()
    let values = schema.fields.filter { field in !columns.contains { $0.lowercased() == field.name.lowercased() } }
    let keys = schema.fields.filter { field in columns.contains { $0.lowercased() == field.name.lowercased() } }
    let location = create.location ?? Self.folder(of: name)
    var place = ExternalPlace.given
    if create.location == nil, !values.isEmpty { place = .own } else if create.query != nil { place = .givenEmpty }
    var full = Schema(values + keys)
    if values.isEmpty { full = Schema(try inferredFields(format, location, create) + keys) }
    let properties =
      format.name == "parquet"
      ? try ExternalFormat.parquetProperties(create, codecKey: "parquet.compression", isManaged: false)
      : Self.dictionary(create.properties)
    try located(create.name.span) { () throws(QueryError) in
      _ = try transaction.createExternalTable(
        ExternalTable(
          name: name, schema: full, format: format.name, options: format.options, location: location,
          partitionColumns: keys.map(\.name), comment: create.comment,
          properties: properties, createdAt: context.statementTime), at: place, mode: mode)
    }
  }

  /// The columns that the files of a table defined without columns have.
  private func inferredFields(
    _ format: ExternalFormat, _ place: String, _ create: CreateTable
  ) throws(QueryError) -> [Field] {
    let source = try SessionCatalog(self).files(
      FileRequest(format: format.name, path: place, options: format.options))
    let own = source.schema.fields.dropLast(source.metadataColumnCount)
    if own.isEmpty {
      throw QueryError(
        .invalidTableDefinition, .plan, "the table has no columns, and there are no files to take them from",
        span: create.name.span)
    }
    return Array(own)
  }

  // MARK: Columns and partitions

  /// The columns as written, with Hive's typed partition columns behind them.
  private func definedSchema(_ create: CreateTable) throws(QueryError) -> Schema {
    var columns = create.columns
    for field in create.partitionedBy {
      if case .column(let column) = field.kind { columns.append(column) }
    }
    var schema = try TypeBinder.bind(columns)
    for (index, column) in columns.enumerated() {
      schema.fields[index] = try withDefault(column.defaultValue, schema[index])
    }
    let isInferred = try ExternalFormat(create) != nil
    guard !schema.fields.isEmpty || isInferred else {
      throw QueryError(.invalidTableDefinition, .plan, "a table needs columns or AS query", span: create.name.span)
    }
    return schema
  }

  /// A new column with its default, which counts for rows without it and for INSERT.
  func withDefault(_ expression: Expression?, _ field: Field) throws(QueryError) -> Field {
    guard let expression else { return field }
    let value = try binder().defaultValue(expression, of: field)
    var field = field
    field.initialDefault = value.isNull ? nil : value
    field.writeDefault = field.initialDefault
    return field
  }

  private func partitioning(
    _ fields: [LakeSyntax.PartitionField]
  ) throws(QueryError) -> [PartitionFieldDefinition] {
    var result: [PartitionFieldDefinition] = []
    for field in fields {
      switch field.kind {
      case .column(let column): result.append(PartitionFieldDefinition(column.name.name))
      case .identity(let name): result.append(PartitionFieldDefinition(name.name))
      case .transform(let name, let arguments):
        result.append(try transform(name, arguments, field.span))
      }
    }
    return result
  }

  private func transform(
    _ name: String, _ arguments: [TransformArgument], _ span: SourceSpan
  ) throws(QueryError) -> PartitionFieldDefinition {
    var column: String?
    var number: Int?
    for argument in arguments {
      switch argument {
      case .column(let name): column = name.text
      case .number(let value): number = value
      }
    }
    guard let column else {
      throw QueryError(.invalidTableDefinition, .plan, "\(name) needs a column", span: span)
    }
    switch (name, number) {
    case ("years", nil), ("year", nil): return PartitionFieldDefinition(column, .year)
    case ("months", nil), ("month", nil): return PartitionFieldDefinition(column, .month)
    case ("days", nil), ("day", nil), ("date", nil): return PartitionFieldDefinition(column, .day)
    case ("hours", nil), ("hour", nil), ("date_hour", nil): return PartitionFieldDefinition(column, .hour)
    case ("bucket", let count?) where count > 0: return PartitionFieldDefinition(column, .bucket(count))
    case ("truncate", let width?) where width > 0: return PartitionFieldDefinition(column, .truncate(width))
    default:
      throw QueryError(
        .invalidTableDefinition, .plan, "there is no partition transform \(name) with these arguments", span: span,
        hint: "years(c), months(c), days(c), hours(c), bucket(n, c) or truncate(n, c)")
    }
  }

  // MARK: Other definitions

  func run(_ create: CreateTableLike) throws(QueryError) -> StatementCompletion {
    let name = try tableName(create.name)
    let mode: CreateMode = create.ifNotExists ? .ifNotExists : .create
    switch try resolve(create.source) {
    case .managed(let table):
      try transaction.createManagedTable(
        TableDefinition(
          name: name, schema: table.schema, partitioning: table.partitioning,
          properties: Self.dictionary(create.properties), location: create.location, mode: mode))
    case .external(let table):
      var copy = table.definition
      copy.name = name
      copy.location = create.location ?? Self.folder(of: name)
      try transaction.createExternalTable(copy, at: create.location == nil ? .own : .given, mode: mode)
    case .view(let view):
      try transaction.createManagedTable(
        TableDefinition(name: name, schema: view.schema, location: create.location, mode: mode))
    }
    return .command
  }

  func run(_ drop: DropTable) throws(QueryError) -> StatementCompletion {
    let name = try tableName(drop.name)
    if case .view? = try transaction.table(name) {
      throw QueryError(
        .notAllowed, .catalog, "\(name) is a view", span: drop.name.span, hint: "DROP VIEW \(name)")
    }
    try located(drop.name.span) { () throws(QueryError) in
      _ = try transaction.dropTable(name, purge: true, ifExists: drop.ifExists)
    }
    return .command
  }

  func run(_ truncate: TruncateTable) throws(QueryError) -> StatementCompletion {
    let name = try tableName(truncate.name)
    _ = try resolve(truncate.name)
    let values = try truncate.partition.map { (spec) throws(QueryError) in try partitionValues(spec, of: name) }
    try located(truncate.name.span) { () throws(QueryError) in try transaction.truncate(name, partition: values) }
    return .command
  }

  func run(_ repair: RepairTable) throws(QueryError) -> StatementCompletion {
    let name = try tableName(repair.name)
    _ = try resolve(repair.name)
    let mode: RepairMode =
      switch repair.mode {
      case .add: .add
      case .drop: .drop
      case .sync: .sync
      }
    _ = try transaction.repair(name, mode: mode)
    return .command
  }

  /// REFRESH and ANALYZE: the table must exist; statistics are always current, because every write collects them.
  func checkedNoEffect(_ statement: Statement) throws(QueryError) -> StatementCompletion {
    switch statement.kind {
    case .refreshTable(let name): _ = try resolve(name)
    case .analyzeTable(let analyze):
      let schema = try columns(of: analyze.name)
      if let partition = analyze.partition { _ = try partitionValues(partition, of: try tableName(analyze.name)) }
      guard case .columns(let names) = analyze.scope else { break }
      for column in names where schema.index(of: column.name) == nil {
        throw QueryError(
          .unresolvedColumn, .bind, "\(analyze.name.text) has no column \(column.name)", span: column.span,
          hint: NearestName.of(column.name, among: schema.names).map { "did you mean \($0)?" })
      }
    default: break
    }
    return .command
  }

  /// Runs `body` and gives its error a place in the statement.
  @discardableResult
  func located<R>(_ span: SourceSpan, _ body: () throws(QueryError) -> R) throws(QueryError) -> R {
    do {
      return try body()
    } catch {
      throw error.at(span)
    }
  }
}

extension [OutputColumn] {
  /// The columns as a new table's: each with a name of its own and a type that can be stored.
  fileprivate func mapFields(_ span: SourceSpan) throws(QueryError) -> [Field] {
    var fields: [Field] = []
    for column in self {
      if fields.contains(where: { $0.name.lowercased() == column.name.lowercased() }) {
        throw QueryError(
          .columnAlreadyExists, .plan, "the query yields two columns with the name \(column.name)", span: span,
          hint: "give one of them an alias")
      }
      if column.type == .void || column.type.isInterval {
        throw QueryError(
          .invalidTableDefinition, .plan, "the column \(column.name) of type \(column.type) cannot be stored",
          span: span, hint: "cast it to the type it should have")
      }
      fields.append(Field(column.name, column.type))
    }
    return fields
  }
}

extension [LakeSyntax.PartitionField] {
  /// The names of the partition columns of a table in the Hive layout.
  fileprivate func externalPartitionColumns() throws(QueryError) -> [String] {
    var names: [String] = []
    for field in self {
      switch field.kind {
      case .column(let column): names.append(column.name.name)
      case .identity(let name): names.append(name.name)
      case .transform(let name, _):
        throw QueryError(
          .unsupported, .plan, "a table in the Hive layout cannot be partitioned by \(name)(...)", span: field.span,
          hint: "use a column, or a managed table")
      }
    }
    return names
  }
}
