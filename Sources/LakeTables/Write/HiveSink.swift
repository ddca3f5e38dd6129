import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeParquet
import LakeText
import LakeTypes
import Synchronization

/// Writes files of an external table into a hidden folder, from which the commit moves them to their partitions.
final class HiveSink: TableSink {
  let schema: Schema
  private let transaction: LakeTransaction
  private let definition: ExternalTable
  private let format: DataFormat
  /// nil for INSERT INTO.
  private let overwrite: OverwriteMode?
  /// The codec of Parquet files, unless the table names one.
  private let codec: String?
  private let stagingFolder: String
  private let finished = Mutex<[StagedExternalFile]>([])
  private let writerCount = Mutex(0)
  private let uuid = UUIDText.random()

  private static let targetFileSize = 128 << 20

  init(
    _ transaction: LakeTransaction, _ table: ExternalState, overwrite: OverwriteMode?, codec: String?
  ) throws(QueryError) {
    self.transaction = transaction
    self.codec = codec
    self.overwrite = overwrite
    definition = table.definition
    schema = definition.schema
    format = try DataFormat(definition)
    if case .avro = format {
      throw QueryError(.unsupported, .bind, "writing to external tables of format avro is not supported")
    }
    if case .partitions(let values) = overwrite { _ = try definition.partitionValues(values.mapValues { _ in nil }) }
    let root = try FilePath.path(fromURI: definition.location)
    stagingFolder = FilePath.join(root, "_temporary-" + uuid)
  }

  private var partitionTypes: [LogicalType] {
    schema.fields.suffix(definition.partitionColumns.count).map(\.type)
  }

  private var fileSchema: Schema { Schema(Array(schema.fields.dropLast(definition.partitionColumns.count))) }

  func makeWriter() throws(QueryError) -> any BatchWriter {
    let number = writerCount.withLock { count in
      defer { count += 1 }
      return count
    }
    if number == 0 { try transaction.journal.record(.stageDirectory(stagingFolder)) }
    let first = schema.count - definition.partitionColumns.count
    let coders = partitionTypes.enumerated().map { index, type in
      PartitionValueCoder(column: first + index, transform: .identity, sourceType: type)
    }
    return PartitionedWriter(
      schema: schema, keyer: coders.isEmpty ? nil : PartitionKeyer(coders),
      factory: Factory(sink: self, worker: number),
      targetSize: Self.targetFileSize)
  }

  private struct Factory: PartitionFileFactory {
    let sink: HiveSink
    let worker: Int
    var count = 0

    mutating func open(_ partition: [Literal]) throws(QueryError) -> any PartitionFile {
      let values = zip(partition, sink.partitionTypes).map { PartitionText.text(of: $0, type: $1) }
      let target = sink.definition.partition(inOrder: values)
      count += 1
      let name = "part-\(worker)-\(count)-\(sink.uuid)\(sink.fileSuffix)"
      let staged = FilePath.join(FilePath.join(sink.stagingFolder, target.name), name)
      let final = FilePath.join(try sink.folder(of: target), name)
      let file = try sink.transaction.stagingFileSystem.create(staged)
      let deliver = { [sink] (size: Int, rows: Int) in
        let done = StagedExternalFile(
          partitionName: target.name, stagedPath: staged, finalPath: final, size: size, rows: rows)
        sink.finished.withLock { $0.append(done) }
      }
      return try sink.open(file, deliver)
    }
  }

  private var fileSuffix: String {
    switch format {
    case .parquet: ".parquet"
    case .avro: ".avro"
    case .text(.csv): ".csv"
    case .text(.json): ".json"
    case .text(.text): ".txt"
    }
  }

  /// The folder that a partition's files end up in.
  private func folder(of partition: ExternalPartition) throws(QueryError) -> String {
    let known = try transaction.withState { (state) throws(QueryError) in
      let table = try state.requireExternal(self.definition.name)
      return try state.loadPartitions(of: self.definition.name, table).partitions?[partition.name]
    }
    return try definition.path(of: known ?? partition)
  }

  private func open(
    _ file: any WritableFile, _ deliver: @escaping (Int, Int) -> Void
  ) throws(QueryError) -> any PartitionFile {
    switch format {
    case .text(let text):
      return TextPartitionFile(
        file, try TextWriter.open(text, schema: fileSchema, file: file), columnCount: fileSchema.count, deliver)
    case .parquet, .avro:
      let writer = try ParquetWriter(
        file, schema: fileSchema, options: try ParquetSettings.options(definition.properties, codec: codec))
      return ParquetPartitionFile(writer, columnCount: fileSchema.count, deliver)
    }
  }

  func complete() throws(QueryError) -> Int {
    let files = finished.withLock { $0 }
    try transaction.stage(files, in: definition, overwrite: overwrite)
    return files.reduce(0) { $0 + $1.rows }
  }

  func abandon() {
    finished.withLock { $0 = [] }
    try? transaction.warehouse.fileSystem.removeDirectory(stagingFolder)
  }
}

/// A text file of an external table.
private final class TextPartitionFile: PartitionFile {
  private let file: any WritableFile
  private let writer: any BatchWriter
  private let columnCount: Int
  private let deliver: (Int, Int) -> Void
  private var rows = 0

  init(_ file: any WritableFile, _ writer: any BatchWriter, columnCount: Int, _ deliver: @escaping (Int, Int) -> Void) {
    self.file = file
    self.writer = writer
    self.columnCount = columnCount
    self.deliver = deliver
  }

  var estimatedByteCount: Int { file.position }

  func write(_ batch: Batch) throws(QueryError) {
    try writer.write(Batch(columns: Array(batch.columns.prefix(columnCount)), count: batch.physicalCount))
    rows += batch.physicalCount
  }

  func finish() throws(QueryError) {
    try writer.finish()
    let size = file.position
    try file.finish()
    deliver(size, rows)
  }

  func discard() { file.discard() }
}

/// A Parquet file of an external table.
private final class ParquetPartitionFile: PartitionFile {
  private let writer: ParquetWriter
  private let columnCount: Int
  private let deliver: (Int, Int) -> Void

  init(_ writer: ParquetWriter, columnCount: Int, _ deliver: @escaping (Int, Int) -> Void) {
    self.writer = writer
    self.columnCount = columnCount
    self.deliver = deliver
  }

  var estimatedByteCount: Int { writer.estimatedByteCount }

  func write(_ batch: Batch) throws(QueryError) {
    try writer.write(Batch(columns: Array(batch.columns.prefix(columnCount)), count: batch.physicalCount))
  }

  func finish() throws(QueryError) {
    let metrics = try writer.finish()
    deliver(metrics.fileSize, metrics.rowCount)
  }

  func discard() { writer.discard() }
}

extension LakeTransaction {
  /// Takes finished files of an external table up into the transaction.
  fileprivate func stage(
    _ files: [StagedExternalFile], in definition: ExternalTable, overwrite: OverwriteMode?
  ) throws(QueryError) {
    try withState { (state) throws(QueryError) in
      let name = definition.name
      var table = try state.loadPartitions(of: name, try state.requireExternal(name))
      let written = Set(files.map(\.partitionName))
      if let overwrite {
        try table.clear(overwrite, written: written, self.warehouse.fileSystem)
      }
      table.added += files
      for partition in written where !definition.partitionColumns.isEmpty { try table.register(partition) }
      state.set(name, .external(table))
    }
  }
}

extension ExternalState {
  /// Plans the removal of the files that an overwrite replaces.
  fileprivate mutating func clear(
    _ mode: OverwriteMode, written: Set<String>, _ fileSystem: any FileSystem
  ) throws(QueryError) {
    if !definition.partitionColumns.isEmpty {
      for partition in written { try register(partition) }
      if case .partitions(let values) = mode, values.count == definition.partitionColumns.count {
        try register(try definition.partition(try texts(values)).name)
      }
    }
    let wanted: [Int: String?]
    if case .partitions(let values) = mode {
      wanted = try definition.partitionValues(try texts(values))
    } else {
      wanted = [:]
    }
    let partitions = partitions ?? [:]
    let folders = try HivePartitions(self)
    for folder in folders.folders {
      if mode == .dynamicPartitions, !folder.name.isEmpty, !written.contains(folder.name) { continue }
      if let partition = partitions[folder.name],
        !wanted.allSatisfy({ partition.values[$0.key] == $0.value })
      {
        continue
      }
      for file in try folders.files(of: folder, fileSystem) { removed.insert(file.path) }
      added.removeAll { $0.partitionName == folder.name }
    }
  }

  /// Partition values as the text of folder names.
  private func texts(_ values: [String: Literal]) throws(QueryError) -> [String: String?] {
    var result: [String: String?] = [:]
    for (column, value) in values {
      let type = definition.schema.index(of: column).map { definition.schema[$0].type } ?? .string
      let text = PartitionText.text(of: value, type: type)
      result[column] = .some(text?.isEmpty ?? true ? nil : text)
    }
    return result
  }

  fileprivate mutating func register(_ partition: String) throws(QueryError) {
    if partitions?[partition] != nil { return }
    let values = partition.split(separator: "/").map { HivePartitionPath.parse(segment: String($0))?.value }
    partitions?[partition] = definition.partition(inOrder: values)
  }
}
