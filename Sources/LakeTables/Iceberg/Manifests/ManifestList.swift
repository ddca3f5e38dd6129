import LakeAvro
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// The file of a snapshot that names its manifests.
enum ManifestList {
  static func read(_ location: String, _ fileSystem: any FileSystem) throws(QueryError) -> [ManifestFile] {
    let path = try FilePath.path(fromURI: location)
    do throws(QueryError) {
      var file = try AvroReader(try fileSystem.open(path).allBytes())
      let columns = try Columns(file.schema)
      var manifests: [ManifestFile] = []
      while let record = try file.next() { manifests.append(try columns.manifest(record)) }
      return manifests
    } catch {
      throw error.inFile(path)
    }
  }

  /// Writes a list; the order of the manifests is kept.
  static func write(
    _ manifests: [ManifestFile], of snapshot: Snapshot, formatVersion: Int, path: String, _ fileSystem: any FileSystem
  ) throws(QueryError) {
    var file = AvroWriter(
      schema: ManifestSchema.list(formatVersion: formatVersion),
      metadata: [
        AvroMetadata("snapshot-id", String(snapshot.id)),
        AvroMetadata("parent-snapshot-id", snapshot.parentID.map { String($0) } ?? "null"),
        AvroMetadata("sequence-number", String(snapshot.sequenceNumber)),
        AvroMetadata("format-version", String(formatVersion)),
      ])
    for manifest in manifests { try file.append(record(manifest, formatVersion)) }
    try fileSystem.writeWhole(try file.finish(), to: path)
  }

  private static func record(_ manifest: ManifestFile, _ formatVersion: Int) -> AvroValue {
    let summaries = manifest.partitions.map { summary -> AvroValue in
      .record([
        .boolean(summary.containsNull), .optional(summary.containsNaN.map { .boolean($0) }),
        .optional(summary.lowerBound.map { .bytes($0) }), .optional(summary.upperBound.map { .bytes($0) }),
      ])
    }
    let lineage: [AvroValue] = formatVersion >= 3 ? [.optional(manifest.firstRowID.map { .long($0) })] : []
    return .record(
      [
        .string(manifest.location), .long(Int64(manifest.length)), .int(Int32(manifest.specID)),
        .int(Int32(manifest.content.rawValue)), .long(manifest.sequenceNumber), .long(manifest.minSequenceNumber),
        .long(manifest.addedSnapshotID), .int(Int32(manifest.addedFiles)), .int(Int32(manifest.existingFiles)),
        .int(Int32(manifest.deletedFiles)), .long(Int64(manifest.addedRows)), .long(Int64(manifest.existingRows)),
        .long(Int64(manifest.deletedRows)), .array(summaries), .null,
      ] + lineage)
  }

  /// Where the fields stand in a list by whatever writer.
  private struct Columns {
    let location: Int
    let length: Int
    let specID: Int
    let content: Int?
    let sequenceNumber: Int?
    let minSequenceNumber: Int?
    let addedSnapshotID: Int?
    let fileCounts: [Int?]
    let rowCounts: [Int?]
    let partitions: Int?
    let summary: [Int?]
    let firstRowID: Int?

    init(_ schema: AvroSchema) throws(QueryError) {
      location = try schema.requiredColumn(500, "manifest_path")
      length = try schema.requiredColumn(501, "manifest_length")
      specID = try schema.requiredColumn(502, "partition_spec_id")
      content = schema.column(517, "content")
      sequenceNumber = schema.column(515, "sequence_number")
      minSequenceNumber = schema.column(516, "min_sequence_number")
      addedSnapshotID = schema.column(503, "added_snapshot_id")
      fileCounts = [
        schema.column(504, "added_files_count") ?? schema.fieldIndex(named: "added_data_files_count"),
        schema.column(505, "existing_files_count") ?? schema.fieldIndex(named: "existing_data_files_count"),
        schema.column(506, "deleted_files_count") ?? schema.fieldIndex(named: "deleted_data_files_count"),
      ]
      rowCounts = [
        schema.column(512, "added_rows_count"), schema.column(513, "existing_rows_count"),
        schema.column(514, "deleted_rows_count"),
      ]
      partitions = schema.column(507, "partitions")
      firstRowID = schema.column(520, "first_row_id")
      var elements: AvroSchema?
      if let partitions, case .array(let items) = schema.fields[partitions].schema.nonNull.kind { elements = items }
      summary = [
        elements?.column(509, "contains_null"), elements?.column(518, "contains_nan"),
        elements?.column(510, "lower_bound"), elements?.column(511, "upper_bound"),
      ]
    }

    func manifest(_ record: AvroValue) throws(QueryError) -> ManifestFile {
      guard let fields = record.fields, let path = fields[location].string, let size = fields[length].integer,
        let spec = fields[specID].integer
      else { throw QueryError(.corruptFile, .storage, "the manifest list holds an entry that cannot be read") }
      func number(_ column: Int?) -> Int64? { column.flatMap { fields[$0].integer } }
      // Version 1 may leave counts out; one then stands for "some".
      let files = fileCounts.map { Int(number($0) ?? 1) }
      let rows = rowCounts.map { Int(number($0) ?? 0) }
      return ManifestFile(
        location: path, length: Int(size), specID: Int(spec),
        content: ManifestFile.Content(rawValue: Int(number(content) ?? 0)) ?? .data,
        sequenceNumber: number(sequenceNumber) ?? 0, minSequenceNumber: number(minSequenceNumber) ?? 0,
        addedSnapshotID: number(addedSnapshotID) ?? 0, addedFiles: files[0], existingFiles: files[1],
        deletedFiles: files[2], addedRows: rows[0], existingRows: rows[1], deletedRows: rows[2],
        partitions: summaries(fields), firstRowID: number(firstRowID))
    }

    private func summaries(_ fields: [AvroValue]) -> [PartitionSummary] {
      (partitions.flatMap { fields[$0].elements } ?? []).compactMap { item in
        guard let parts = item.fields else { return nil }
        func part(_ index: Int) -> AvroValue { summary[index].map { parts[$0] } ?? .null }
        return PartitionSummary(
          containsNull: part(0).bool ?? true, containsNaN: part(1).bool, lowerBound: part(2).bytes,
          upperBound: part(3).bytes)
      }
    }
  }
}
