import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeParquet
import LakeTypes
import Synchronization

/// Writes the data files of a managed table.
final class IcebergSink: TableSink {
  let schema: Schema
  private let transaction: LakeTransaction
  private let name: TableName
  private let metadata: TableMetadata
  private let options: ParquetWriteOptions
  private let kind: Kind
  private let finished = Mutex<[SpecFile]>([])
  private let writerCount = Mutex(0)
  private let uuid = UUIDText.random()

  /// What the rows do to the table.
  enum Kind: Sendable {
    case append
    case overwrite(OverwriteMode)
    case replace(removing: Set<String>)
  }

  /// The size of files, unless the table says otherwise (`write.target-file-size-bytes`).
  private static let targetFileSize = 128 << 20

  init(
    _ transaction: LakeTransaction, _ table: ManagedState, _ kind: Kind, codec: String?
  ) throws(QueryError) {
    self.transaction = transaction
    self.kind = kind
    name = table.name
    metadata = table.metadata
    try metadata.requireWritable(name.description)
    schema = Schema(try IcebergField.sqlFields(metadata.schema.fields))
    options = try ParquetSettings.options(
      metadata.properties, codec: codec, elementFieldIDs: metadata.schema.elementFieldIDs)
  }

  func makeWriter() throws(QueryError) -> any BatchWriter {
    let number = writerCount.withLock { count in
      defer { count += 1 }
      return count
    }
    let spec = metadata.defaultSpec
    let target = metadata.properties["write.target-file-size-bytes"].flatMap { Int($0) } ?? Self.targetFileSize
    return PartitionedWriter(
      schema: schema, keyer: spec.fields.isEmpty ? nil : PartitionKeyer(try coders(spec)),
      factory: Factory(sink: self, spec: spec, prefix: Self.fiveDigits(number)), targetSize: max(1 << 20, target))
  }

  private func coders(_ spec: PartitionSpec) throws(QueryError) -> [PartitionValueCoder] {
    var coders: [PartitionValueCoder] = []
    for field in spec.fields {
      if case .unknown(let transform) = field.transform {
        throw QueryError(.unsupported, .execute, "the partition transform is not supported: \(transform)")
      }
      guard let column = metadata.schema.fields.firstIndex(where: { $0.id == field.sourceID }) else {
        if field.transform == .void {
          coders.append(PartitionValueCoder(column: 0, transform: .void, sourceType: schema[0].type))
          continue
        }
        throw QueryError(.unsupported, .execute, "table \(name) is partitioned by a field inside a struct")
      }
      coders.append(PartitionValueCoder(column: column, transform: field.transform, sourceType: schema[column].type))
    }
    return coders
  }

  private static func fiveDigits(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 5 - String(number).utf8.count)) + String(number)
  }

  func complete() throws(QueryError) -> Int {
    let files = finished.withLock { $0 }
    let rows = files.reduce(0) { $0 + $1.file.recordCount }
    try transaction.stage(files, kind, in: name)
    return rows
  }

  func abandon() {
    let files = finished.withLock { files in
      defer { files = [] }
      return files
    }
    for item in files { try? transaction.warehouse.fileSystem.remove(item.file.location) }
  }

  private struct Factory: PartitionFileFactory {
    let sink: IcebergSink
    let spec: PartitionSpec
    let prefix: String
    var count = 0

    init(sink: IcebergSink, spec: PartitionSpec, prefix: String) {
      self.sink = sink
      self.spec = spec
      self.prefix = prefix
    }

    mutating func open(_ partition: [Literal]) throws(QueryError) -> any PartitionFile {
      let types = spec.valueTypes(in: sink.metadata.sourceTypes)
      var folder = FilePath.join(try FilePath.path(fromURI: sink.metadata.location), "data")
      if !spec.fields.isEmpty { folder = FilePath.join(folder, spec.path(of: partition, types: types)) }
      count += 1
      let path = FilePath.join(folder, "\(prefix)-\(sink.uuid)-\(IcebergSink.fiveDigits(count)).parquet")
      let file = try sink.transaction.stagingFileSystem.create(path)
      let writer = try ParquetWriter(file, schema: sink.schema, options: sink.options, metadata: sink.footer)
      let repeated = sink.metadata.schema.repeatedFieldIDs
      return IcebergDataFile(writer: writer, path: path, partition: partition, repeated) { [sink, spec] file in
        sink.finished.withLock { $0.append(SpecFile(specID: spec.id, file: file)) }
      }
    }
  }

  /// The footer's key-value pairs.
  private var footer: [String: String] { ["iceberg.schema": metadata.schema.json.compactText] }
}

/// A Parquet data file while it is written.
private final class IcebergDataFile: PartitionFile {
  private let writer: ParquetWriter
  private let path: String
  private let partition: [Literal]
  private let repeatedFieldIDs: Set<Int>
  private let deliver: (DataFile) -> Void

  init(
    writer: ParquetWriter, path: String, partition: [Literal], _ repeatedFieldIDs: Set<Int>,
    deliver: @escaping (DataFile) -> Void
  ) {
    self.writer = writer
    self.path = path
    self.partition = partition
    self.repeatedFieldIDs = repeatedFieldIDs
    self.deliver = deliver
  }

  var estimatedByteCount: Int { writer.estimatedByteCount }
  func write(_ batch: Batch) throws(QueryError) { try writer.write(batch) }
  func discard() { writer.discard() }

  func finish() throws(QueryError) {
    let metrics = try writer.finish()
    deliver(DataFile(metrics, location: FilePath.fileURI(path), partition: partition, repeatedFieldIDs))
  }
}

extension DataFile {
  /// Describes a file by what its writer measured; fields inside lists and maps have counts but no bounds.
  init(_ metrics: ParquetFileMetrics, location: String, partition: [Literal], _ repeatedFieldIDs: Set<Int>) {
    self.init(
      content: .data, location: location, format: "PARQUET", partition: partition, recordCount: metrics.rowCount,
      fileSize: metrics.fileSize)
    splitOffsets = metrics.splitOffsets
    sortOrderID = 0
    for column in metrics.columns {
      guard let id = column.fieldID else { continue }
      columnSizes[id] = column.compressedSize
      valueCounts[id] = column.valueCount
      nullCounts[id] = column.nullCount
      if let count = column.nanCount { nanCounts[id] = count }
      if repeatedFieldIDs.contains(id) { continue }
      lowerBounds[id] = column.lower.map(BoundValue.truncatedLower).flatMap {
        BoundValue.bytes(of: $0, type: column.type)
      }
      upperBounds[id] = column.upper.flatMap(BoundValue.truncatedUpper).flatMap {
        BoundValue.bytes(of: $0, type: column.type)
      }
    }
  }
}
