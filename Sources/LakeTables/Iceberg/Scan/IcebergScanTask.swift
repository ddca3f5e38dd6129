import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeParquet
import LakeTypes

/// What the tasks of one scan of an Iceberg table have in common.
final class IcebergScanContext: Sendable {
  let schema: Schema
  let request: ScanRequest
  let pruning: FilePruning
  let sourceTypes: [Int: LogicalType]
  let fileSystem: any FileSystem
  /// Names by field id from `schema.name-mapping.default`, for files without field ids.
  private let nameMapping: [Int: [String]]

  init(schema: Schema, _ request: ScanRequest, _ metadata: TableMetadata, _ fileSystem: any FileSystem) {
    self.schema = schema
    self.request = request
    self.fileSystem = fileSystem
    pruning = FilePruning(request.predicates, schema: schema)
    sourceTypes = metadata.sourceTypes
    nameMapping = Self.nameMapping(metadata.properties["schema.name-mapping.default"])
  }

  private static func nameMapping(_ text: String?) -> [Int: [String]] {
    guard let text, let json = try? JSONValue(parsing: text) else { return [:] }
    var result: [Int: [String]] = [:]
    for item in json.array ?? [] {
      if let id = item["field-id"]?.int { result[id] = item["names"]?.array?.compactMap(\.string) }
    }
    return result
  }

  /// The tasks that read one data file.
  func tasks(
    for file: DataFile, spec: PartitionSpec, deletes: [PositionDeletes.DeleteFile], _ positions: PositionDeletes,
    splitFrom splitSize: Int
  ) throws(QueryError) -> [any ScanTask] {
    guard file.format == "PARQUET" else {
      throw QueryError(
        .unsupported, .storage, "data files of format \(file.format) are not supported: \(file.location)")
    }
    let shared = SharedParquetFile(try FilePath.path(fromURI: file.location), fileSystem)
    let morsels = file.fileSize >= splitSize ? RowGroupMorsels.split(try shared.file()) : [0..<Int.max]
    return morsels.map { rowGroups in
      IcebergScanTask(
        context: self, file: file, spec: spec, parquet: shared, rowGroups: rowGroups,
        rows: file.recordCount / morsels.count, deletes: deletes, positions: positions)
    }
  }

  /// The fields to read from a file and how the batches are put together from them.
  func plan(_ parquet: ParquetFile, _ file: DataFile, _ spec: PartitionSpec) -> (ParquetReadRequest, ColumnAssembly) {
    let hasIDs = parquet.schema.fields.contains { $0.fieldID != nil }
    var read = ParquetReadRequest(
      fields: [], matching: hasIDs ? .fieldID : .name, batchSize: request.batchSize, counters: request.counters,
      memory: request.memory)
    var positionOfColumn: [Int: Int] = [:]
    var sources: [ColumnAssembly.Source] = []
    for column in request.projection {
      let field = schema[column]
      if column == schema.count - 1 {
        sources.append(.position)
      } else if column == schema.count - 2 {
        sources.append(.constant(.string(file.location)))
      } else if let value = missingValue(field, in: parquet, hasIDs, file, spec) {
        sources.append(.constant(value))
      } else {
        sources.append(.read(positionOfColumn[column] ?? read.fields.count))
        if positionOfColumn[column] == nil {
          positionOfColumn[column] = read.fields.count
          read.selections[read.fields.count] = request.selections[column]
          read.fields.append(hasIDs ? field : named(field, in: parquet))
        }
      }
    }
    read.predicates = request.predicates.compactMap { predicate in
      positionOfColumn[predicate.column].map { ScanPredicate(column: $0, path: predicate.path, predicate.test) }
    }
    read.runtimeFilters = request.runtimeFilters.compactMap { filter in
      positionOfColumn[filter.column].map(filter.moved)
    }
    let assembly = ColumnAssembly(sources: sources, types: request.projection.map { schema[$0].type })
    read.includesPosition = assembly.needsPosition
    return (read, assembly)
  }

  /// The value of a column that the file lacks, if its partition gives one: such files were added without rewriting.
  private func missingValue(
    _ field: Field, in parquet: ParquetFile, _ hasIDs: Bool, _ file: DataFile, _ spec: PartitionSpec
  ) -> Literal? {
    guard let id = field.fieldID,
      let index = spec.fields.firstIndex(where: { $0.sourceID == id && $0.transform == .identity }),
      index < file.partition.count
    else { return nil }
    let isPresent =
      hasIDs
      ? parquet.schema.fields.contains { $0.fieldID == id }
      : parquet.schema.index(of: named(field, in: parquet).name) != nil
    return isPresent ? nil : file.partition[index]
  }

  /// The field under the name that a file without ids gives it.
  private func named(_ field: Field, in parquet: ParquetFile) -> Field {
    var result = field
    let names = field.fieldID.flatMap { nameMapping[$0] } ?? []
    if let name = names.first(where: { parquet.schema.index(of: $0) != nil }) { result.name = name }
    return result
  }
}

/// Reads row groups of one data file.
struct IcebergScanTask: ScanTask {
  let context: IcebergScanContext
  let file: DataFile
  let spec: PartitionSpec
  let parquet: SharedParquetFile
  /// May go beyond the file's end.
  let rowGroups: Range<Int>
  let rows: Int
  let deletes: [PositionDeletes.DeleteFile]
  let positions: PositionDeletes

  var estimatedRows: Int { rows }

  func open() throws(QueryError) -> any BatchReader {
    if isExcludedByRuntimeFilters {
      context.request.counters.add(1, to: .filesPruned)
      return EmptyReader()
    }
    let parquet = try parquet.file()
    if rowGroups.lowerBound == 0 { context.request.counters.add(1, to: .filesRead) }
    var (read, assembly) = context.plan(parquet, file, spec)
    let deleted = deletes.isEmpty ? [] : try positions.positions(of: file.location, in: deletes)
    if !deleted.isEmpty { read.includesPosition = true }
    let groups = rowGroups.clamped(to: 0..<parquet.rowGroupCount)
    var reader = try parquet.reader(read, rowGroups: groups)
    if !deleted.isEmpty { reader = DeletedRowsFilter(reader, deleted: deleted) }
    return AssembledReader(reader, assembly)
  }

  /// Whether the keys of a join's build side rule the whole file out.
  private var isExcludedByRuntimeFilters: Bool {
    let predicates = context.request.runtimeFilters.flatMap(\.predicates)
    if predicates.isEmpty { return false }
    return !FilePruning(predicates, schema: context.schema).admits(file, spec: spec)
  }
}
