import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeParquet
import LakeTypes
import Synchronization

/// The position deletes of a snapshot: which rows of which files are gone.
final class PositionDeletes: Sendable {
  /// A delete file and the data files that it applies to: those of its partition that are not newer.
  struct DeleteFile: Sendable {
    let file: DataFile
    let specID: Int
    let sequenceNumber: Int64
  }

  private let files: [DeleteFile]
  private let fileSystem: any FileSystem
  /// Positions by data file, for each delete file that was read.
  private let loaded = Mutex<[String: [String: [Int64]]]>([:])
  /// The reserved field ids of delete files.
  private static let pathID = 2_147_483_546
  private static let positionID = 2_147_483_545

  init(_ files: [DeleteFile], _ fileSystem: any FileSystem) {
    self.files = files
    self.fileSystem = fileSystem
  }

  var isEmpty: Bool { files.isEmpty }

  /// The delete files that may name rows of a data file.
  func applying(to entry: ManifestEntry, specID: Int) -> [DeleteFile] {
    files.filter { delete in
      delete.sequenceNumber >= entry.sequenceNumber ?? 0 && delete.specID == specID
        && delete.file.partition == entry.file.partition && mayName(delete.file, entry.file.location)
    }
  }

  private func mayName(_ delete: DataFile, _ location: String) -> Bool {
    let range = ValueRange(
      lower: delete.lowerBounds[Self.pathID].flatMap { BoundValue.literal($0, type: .string) },
      upper: delete.upperBounds[Self.pathID].flatMap { BoundValue.literal($0, type: .string) }, mayHaveNull: false,
      mayHaveValue: true, mayHaveNaN: false)
    return range.admits(.compare(.equal, .string(location)))
  }

  /// The deleted positions of a data file, ascending and each once.
  func positions(of location: String, in deletes: [DeleteFile]) throws(QueryError) -> [Int64] {
    var result: Set<Int64> = []
    for delete in deletes { result.formUnion(try load(delete.file)[location] ?? []) }
    return result.sorted()
  }

  private func load(_ file: DataFile) throws(QueryError) -> [String: [Int64]] {
    try loaded.withLock { (loaded) throws(QueryError) in
      if let known = loaded[file.location] { return known }
      let positions = try read(file)
      loaded[file.location] = positions
      return positions
    }
  }

  private func read(_ file: DataFile) throws(QueryError) -> [String: [Int64]] {
    guard file.format == "PARQUET" else {
      throw QueryError(.unsupported, .storage, "delete files of format \(file.format) are not supported")
    }
    let parquet = try ParquetFile.open(try fileSystem.open(try FilePath.path(fromURI: file.location)))
    let hasIDs = parquet.schema.fields.contains { $0.fieldID == Self.pathID }
    let fields = [
      Field("file_path", .string, fieldID: Self.pathID), Field("pos", .bigint, fieldID: Self.positionID),
    ]
    let reader = try parquet.reader(
      ParquetReadRequest(fields: fields, matching: hasIDs ? .fieldID : .name), rowGroups: 0..<parquet.rowGroupCount)
    var result: [String: [Int64]] = [:]
    while let batch = try reader.next()?.compacted() {
      let column = batch.columns[1].flattened()
      let positions = column.slots(Int64.self)
      for row in 0..<batch.count {
        guard case .string(let path) = batch.columns[0].literal(at: row) else { continue }
        result[path, default: []].append(positions[row])
      }
    }
    return result
  }
}

/// Leaves out the rows at given positions; the inner reader's last column is the position in the file.
final class DeletedRowsFilter: BatchReader {
  private let inner: any BatchReader
  private let deleted: Set<Int64>

  init(_ inner: any BatchReader, deleted: [Int64]) {
    self.inner = inner
    self.deleted = Set(deleted)
  }

  func next() throws(QueryError) -> Batch? {
    while let batch = try inner.next()?.compacted() {
      let column = batch.columns[batch.columns.count - 1].flattened()
      let positions = column.slots(Int64.self)
      let buffer = SelectionVector.scratch(batch.count)
      let rows = buffer.base.assumingMemoryBound(to: UInt32.self)
      var kept = 0
      for row in 0..<batch.count where !deleted.contains(positions[row]) {
        rows[kept] = UInt32(truncatingIfNeeded: row)
        kept += 1
      }
      if kept == batch.count { return batch }
      if kept == 0 { continue }
      return Batch(columns: batch.columns, count: batch.count, selection: SelectionVector(buffer, count: kept))
    }
    return nil
  }

  /// The batches of a Parquet file are compact, so its rows keep their numbers.
  func location(ofRow row: Int) -> FileLocation? { inner.location(ofRow: row) }
}
