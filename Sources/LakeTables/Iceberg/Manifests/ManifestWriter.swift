import LakeAvro
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// Collects entries and writes them as a manifest.
struct ManifestWriter {
  private let spec: PartitionSpec
  private let types: [LogicalType]
  private let content: ManifestFile.Content
  private let snapshotID: Int64
  private let formatVersion: Int
  private var file: AvroWriter
  private var summaries: [SummaryBuilder]
  private var result: ManifestFile

  init(
    schema: IcebergSchema, spec: PartitionSpec, types: [LogicalType], content: ManifestFile.Content = .data,
    snapshotID: Int64, formatVersion: Int
  ) throws(QueryError) {
    self.formatVersion = formatVersion
    self.spec = spec
    self.types = types
    self.content = content
    self.snapshotID = snapshotID
    file = AvroWriter(
      schema: try ManifestSchema.entries(spec, types: types, formatVersion: formatVersion),
      metadata: [
        AvroMetadata("schema", schema.json.compactText), AvroMetadata("schema-id", String(schema.id)),
        AvroMetadata("partition-spec", spec.fieldsJSON.compactText),
        AvroMetadata("partition-spec-id", String(spec.id)), AvroMetadata("format-version", String(formatVersion)),
        AvroMetadata("content", content == .data ? "data" : "deletes"),
      ])
    summaries = types.map { SummaryBuilder(type: $0) }
    result = ManifestFile(
      location: "", length: 0, specID: spec.id, content: content, sequenceNumber: 0, minSequenceNumber: .max,
      addedSnapshotID: snapshotID, addedFiles: 0, existingFiles: 0, deletedFiles: 0, addedRows: 0, existingRows: 0,
      deletedRows: 0, partitions: [])
  }

  var isEmpty: Bool { file.count == 0 }

  /// Adds an entry; added files leave their sequence numbers and the ids of their rows to be inherited.
  mutating func append(_ entry: ManifestEntry) throws(QueryError) {
    let isAdded = entry.status == .added
    try file.append(
      .record([
        .int(Int32(entry.status.rawValue)), .optional(entry.snapshotID.map { .long($0) }),
        isAdded ? .null : .optional(entry.sequenceNumber.map { .long($0) }),
        isAdded ? .null : .optional(entry.fileSequenceNumber.map { .long($0) }), dataFile(entry.file, isAdded: isAdded),
      ]))
    count(entry)
    for (index, value) in entry.file.partition.enumerated() where index < summaries.count {
      summaries[index].add(value)
    }
  }

  private mutating func count(_ entry: ManifestEntry) {
    switch entry.status {
    case .added:
      result.addedFiles += 1
      result.addedRows += entry.file.recordCount
    case .existing:
      result.existingFiles += 1
      result.existingRows += entry.file.recordCount
      result.minSequenceNumber = min(result.minSequenceNumber, entry.sequenceNumber ?? 0)
    case .deleted:
      result.deletedFiles += 1
      result.deletedRows += entry.file.recordCount
    }
  }

  /// Writes the manifest; `sequenceNumber` is that of the snapshot.
  mutating func finish(
    path: String, sequenceNumber: Int64, _ fileSystem: any FileSystem
  ) throws(QueryError) -> ManifestFile {
    let bytes = try file.finish()
    try fileSystem.writeWhole(bytes, to: path)
    result.location = FilePath.fileURI(path)
    result.length = bytes.count
    result.sequenceNumber = sequenceNumber
    result.minSequenceNumber = min(result.minSequenceNumber, sequenceNumber)
    result.partitions = summaries.map(\.summary)
    return result
  }

  private func dataFile(_ file: DataFile, isAdded: Bool) -> AvroValue {
    let rowID: AvroValue = isAdded ? .null : .optional(file.firstRowID.map { .long($0) })
    return .record(
      [
        .int(Int32(file.content.rawValue)), .string(file.location), .string(file.format),
        .record(zip(file.partition, types).map { Self.value($0, type: $1) }), .long(Int64(file.recordCount)),
        .long(Int64(file.fileSize)), counts(file.columnSizes), counts(file.valueCounts), counts(file.nullCounts),
        counts(file.nanCounts), bounds(file.lowerBounds), bounds(file.upperBounds), .null,
        file.splitOffsets.isEmpty ? .null : .array(file.splitOffsets.map { .long(Int64($0)) }), .null,
        .optional(file.sortOrderID.map { .int(Int32($0)) }),
      ] + (formatVersion >= 3 ? [rowID] : []))
  }

  private func counts(_ values: [Int: Int]) -> AvroValue {
    if values.isEmpty { return .null }
    return .array(values.sorted { $0.key < $1.key }.map { .record([.int(Int32($0.key)), .long(Int64($0.value))]) })
  }

  private func bounds(_ values: [Int: [UInt8]]) -> AvroValue {
    if values.isEmpty { return .null }
    return .array(values.sorted { $0.key < $1.key }.map { .record([.int(Int32($0.key)), .bytes($0.value)]) })
  }

  private static func value(_ literal: Literal, type: LogicalType) -> AvroValue {
    switch literal {
    case .boolean(let value): .boolean(value)
    case .integer(let value): type == .bigint ? .long(value) : .int(Int32(truncatingIfNeeded: value))
    case .float(let value): .float(value)
    case .double(let value): .double(value)
    case .decimal(let value):
      if case .decimal(let precision, _) = type {
        .optional(
          BigEndianInteger.bytes(of: value, count: ManifestSchema.decimalSize(precision)).map { .fixed($0) })
      } else {
        .null
      }
    case .string(let value): .string(value)
    case .binary(let value): .bytes(value)
    case .date(let value): .int(value)
    case .timestamp(let value): .long(value)
    case .null, .array, .map, .struct: .null
    }
  }
}

/// Gathers the range of one partition field.
private struct SummaryBuilder {
  let type: LogicalType
  var containsNull = false
  var containsNaN = false
  var lower: Literal?
  var upper: Literal?

  init(type: LogicalType) { self.type = type }

  mutating func add(_ value: Literal) {
    switch value {
    case .null: containsNull = true
    case .double(let number) where number.isNaN: containsNaN = true
    case .float(let number) where number.isNaN: containsNaN = true
    default:
      if lower.map({ (LiteralOrder.compare(value, $0) ?? 0) < 0 }) ?? true { lower = value }
      if upper.map({ (LiteralOrder.compare(value, $0) ?? 0) > 0 }) ?? true { upper = value }
    }
  }

  var summary: PartitionSummary {
    PartitionSummary(
      containsNull: containsNull, containsNaN: containsNaN,
      lowerBound: lower.flatMap { BoundValue.bytes(of: $0, type: type) },
      upperBound: upper.flatMap { BoundValue.bytes(of: $0, type: type) })
  }
}
