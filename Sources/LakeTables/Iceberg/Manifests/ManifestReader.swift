import LakeAvro
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// Reads manifests of format versions 1 to 3; fields are found by id, and by name where a writer left the ids out.
struct ManifestReader {
  private let content: Int?
  private let location: Int
  private let format: Int
  private let partition: Int
  private let recordCount: Int
  private let fileSize: Int
  private let statistics: StatisticsColumns
  private let splitOffsets: Int?
  private let sortOrderID: Int?
  private let contentOffset: Int?
  private let firstRowID: Int?
  private let entry: EntryColumns
  private let partitionColumns: [Int?]
  private let partitionTypes: [LogicalType]
  private let path: String

  private struct EntryColumns {
    let status: Int
    let snapshotID: Int?
    let sequenceNumber: Int?
    let fileSequenceNumber: Int?
    let dataFile: Int
  }

  private struct StatisticsColumns {
    let columnSizes: Int?
    let valueCounts: Int?
    let nullCounts: Int?
    let nanCounts: Int?
    let lowerBounds: Int?
    let upperBounds: Int?
  }

  /// Reads the living entries of a manifest; sequence numbers, snapshot ids and the ids of rows are inherited from
  /// `manifest`.
  static func entries(
    of manifest: ManifestFile, spec: PartitionSpec, types: [LogicalType], _ fileSystem: any FileSystem
  ) throws(QueryError) -> [ManifestEntry] {
    let path = try FilePath.path(fromURI: manifest.location)
    do throws(QueryError) {
      var file = try AvroReader(try fileSystem.open(path).allBytes())
      let reader = try ManifestReader(file.schema, spec, types, path: path)
      var entries: [ManifestEntry] = []
      var nextRowID = manifest.content == .data ? manifest.firstRowID : nil
      while let record = try file.next() {
        var entry = try reader.entry(record, manifest)
        guard entry.isLive else { continue }
        if let next = nextRowID, entry.file.firstRowID == nil {
          entry.file.firstRowID = next
          nextRowID = next &+ Int64(entry.file.recordCount)
        }
        entries.append(entry)
      }
      return entries
    } catch {
      throw error.inFile(path)
    }
  }

  private init(
    _ schema: AvroSchema, _ spec: PartitionSpec, _ types: [LogicalType], path: String
  ) throws(QueryError) {
    self.path = path
    let dataFile = try schema.requiredColumn(2, "data_file")
    entry = EntryColumns(
      status: try schema.requiredColumn(0, "status"), snapshotID: schema.column(1, "snapshot_id"),
      sequenceNumber: schema.column(3, "sequence_number"),
      fileSequenceNumber: schema.column(4, "file_sequence_number"), dataFile: dataFile)
    let file = schema.fields[dataFile].schema.nonNull
    content = file.column(134, "content")
    location = try file.requiredColumn(100, "file_path")
    format = try file.requiredColumn(101, "file_format")
    partition = try file.requiredColumn(102, "partition")
    recordCount = try file.requiredColumn(103, "record_count")
    fileSize = try file.requiredColumn(104, "file_size_in_bytes")
    statistics = StatisticsColumns(
      columnSizes: file.column(108, "column_sizes"), valueCounts: file.column(109, "value_counts"),
      nullCounts: file.column(110, "null_value_counts"), nanCounts: file.column(137, "nan_value_counts"),
      lowerBounds: file.column(125, "lower_bounds"), upperBounds: file.column(128, "upper_bounds"))
    splitOffsets = file.column(132, "split_offsets")
    sortOrderID = file.column(140, "sort_order_id")
    contentOffset = file.column(144, "content_offset")
    firstRowID = file.column(142, "first_row_id")
    let values = file.fields[partition].schema.nonNull
    partitionColumns = spec.fields.map { values.column($0.fieldID, $0.name) }
    partitionTypes = types
  }

  private func entry(_ record: AvroValue, _ manifest: ManifestFile) throws(QueryError) -> ManifestEntry {
    guard let fields = record.fields,
      let status = fields[entry.status].integer.flatMap({ ManifestEntry.Status(rawValue: Int($0)) }),
      let file = fields[entry.dataFile].fields
    else { throw damaged() }
    let isAdded = status == .added
    return ManifestEntry(
      status: status, snapshotID: number(fields, entry.snapshotID) ?? manifest.addedSnapshotID,
      sequenceNumber: number(fields, entry.sequenceNumber) ?? (isAdded ? manifest.sequenceNumber : 0),
      fileSequenceNumber: number(fields, entry.fileSequenceNumber) ?? (isAdded ? manifest.sequenceNumber : 0),
      file: try dataFile(file))
  }

  private func dataFile(_ fields: [AvroValue]) throws(QueryError) -> DataFile {
    guard let location = fields[location].string, let format = fields[format].string,
      let rows = fields[recordCount].integer, let size = fields[fileSize].integer,
      let values = fields[partition].fields,
      let content = DataFile.Content(rawValue: Int(number(fields, content) ?? 0))
    else { throw damaged() }
    if contentOffset.map({ !fields[$0].isNull }) ?? false {
      throw QueryError(.unsupported, .storage, "deletion vectors of Iceberg format version 3 are not supported")
    }
    var file = DataFile(
      content: content, location: location, format: format.uppercased(), partition: try partitionValues(values),
      recordCount: Int(rows), fileSize: Int(size))
    file.columnSizes = counts(fields, statistics.columnSizes)
    file.valueCounts = counts(fields, statistics.valueCounts)
    file.nullCounts = counts(fields, statistics.nullCounts)
    file.nanCounts = counts(fields, statistics.nanCounts)
    file.lowerBounds = bounds(fields, statistics.lowerBounds)
    file.upperBounds = bounds(fields, statistics.upperBounds)
    file.splitOffsets = splitOffsets.flatMap { fields[$0].elements }?.compactMap { $0.integer.map { Int($0) } } ?? []
    file.sortOrderID = number(fields, sortOrderID).map { Int($0) }
    file.firstRowID = number(fields, firstRowID)
    return file
  }

  private func number(_ fields: [AvroValue], _ column: Int?) -> Int64? { column.flatMap { fields[$0].integer } }

  private func counts(_ fields: [AvroValue], _ column: Int?) -> [Int: Int] {
    var result: [Int: Int] = [:]
    for item in column.flatMap({ fields[$0].elements }) ?? [] {
      guard let pair = item.fields, pair.count == 2, let key = pair[0].integer, let value = pair[1].integer
      else { continue }
      result[Int(key)] = Int(value)
    }
    return result
  }

  private func bounds(_ fields: [AvroValue], _ column: Int?) -> [Int: [UInt8]] {
    var result: [Int: [UInt8]] = [:]
    for item in column.flatMap({ fields[$0].elements }) ?? [] {
      guard let pair = item.fields, pair.count == 2, let key = pair[0].integer else { continue }
      result[Int(key)] = pair[1].bytes
    }
    return result
  }

  private func partitionValues(_ values: [AvroValue]) throws(QueryError) -> [Literal] {
    var result: [Literal] = []
    for (column, type) in zip(partitionColumns, partitionTypes) {
      guard let column else {
        result.append(.null)
        continue
      }
      guard let literal = Self.literal(values[column], type: type) else { throw damaged() }
      result.append(literal)
    }
    return result
  }

  private static func literal(_ value: AvroValue, type: LogicalType) -> Literal? {
    switch value {
    case .null: .null
    case .boolean(let value): .boolean(value)
    case .int(let value): type == .date ? .date(value) : .integer(Int64(value))
    case .long(let value):
      type.isTimestamp ? .timestamp(value) : type == .date ? .date(Int32(truncatingIfNeeded: value)) : .integer(value)
    case .float(let value): type == .double ? .double(Double(value)) : .float(value)
    case .double(let value): .double(value)
    case .string(let value): .string(value)
    case .bytes(let bytes), .fixed(let bytes):
      type.isDecimal ? BigEndianInteger.value(of: bytes).map { .decimal($0) } : .binary(bytes)
    default: nil
    }
  }

  private func damaged() -> QueryError {
    QueryError(
      .corruptFile, .storage, "the manifest holds an entry that cannot be read", file: FileLocation(path: path))
  }
}

extension AvroSchema {
  /// The position of a record's field by its id, or by name where it has no id.
  func column(_ id: Int, _ name: String) -> Int? {
    fieldIndex(id: id) ?? fields.firstIndex { $0.fieldID == nil && $0.name == name }
  }

  func requiredColumn(_ id: Int, _ name: String) throws(QueryError) -> Int {
    guard let position = column(id, name) else {
      throw QueryError(.corruptFile, .storage, "the manifest lacks the field \(name) (\(id))")
    }
    return position
  }
}
