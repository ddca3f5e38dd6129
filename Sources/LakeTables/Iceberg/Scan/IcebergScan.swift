import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeParquet
import LakeTypes

/// Reads one state of an Iceberg table.
struct IcebergScan: ScanSource {
  let schema: Schema
  let metadataColumnCount = 2
  private(set) var rowCount: Int?
  let summary: String
  private let metadata: TableMetadata
  private let snapshot: Snapshot?
  /// Files of the transaction itself.
  private let added: [SpecFile]
  private let removed: Set<String>
  private let restriction: Set<String>?
  private let hasDeletes: Bool
  private let cache: MetadataCache
  private let ranges = ColumnRanges()

  init(
    _ table: IcebergTable, snapshot: Snapshot?, schema: Schema, includesPending: Bool, _ restriction: Set<String>?
  ) throws(QueryError) {
    self.schema = Schema(
      schema.fields + [Field(MetadataColumn.file, .string), Field(MetadataColumn.position, .bigint)])
    metadata = table.state.metadata
    self.snapshot = snapshot
    added = includesPending ? table.state.added : []
    removed = includesPending ? table.state.removed : []
    self.restriction = restriction
    cache = table.cache
    let version = snapshot.map { "snapshot \($0.id)" } ?? "empty"
    summary = "\(table.name) [iceberg, \(version)\(added.isEmpty && removed.isEmpty ? "" : " + changes")]"
    hasDeletes = try Self.hasDeletes(snapshot, cache)
    let stored = removed.isEmpty && restriction == nil ? snapshot?.summary["total-records"].flatMap { Int($0) } : nil
    if let stored { rowCount = stored + pendingRecordCount } else { rowCount = try recordCount() }
  }

  func exactRowCount() throws(QueryError) -> Int? { hasDeletes ? nil : try recordCount() }

  /// Whether the snapshot has delete files; a summary that does not say so is not trusted.
  private static func hasDeletes(_ snapshot: Snapshot?, _ cache: MetadataCache) throws(QueryError) -> Bool {
    guard let snapshot else { return false }
    if let count = snapshot.summary["total-delete-files"] { return count != "0" }
    return try cache.manifests(of: snapshot).contains { $0.content == .deletes && $0.hasLiveFiles }
  }

  /// The rows of the files that the transaction added.
  private var pendingRecordCount: Int {
    added.reduce(0) { restriction?.contains($1.file.location) ?? true ? $0 + $1.file.recordCount : $0 }
  }

  /// The rows of the files, deleted ones included, by the manifests.
  private func recordCount() throws(QueryError) -> Int {
    var total = pendingRecordCount
    guard let snapshot else { return total }
    for manifest in try cache.manifests(of: snapshot) where manifest.content == .data && manifest.hasLiveFiles {
      for entry in try cache.entries(of: manifest, in: metadata)
      where !removed.contains(entry.file.location) && restriction?.contains(entry.file.location) ?? true {
        total += entry.file.recordCount
      }
    }
    return total
  }

  /// Files whose bounds are put together for an estimate.
  private static let maxFilesOfStatistics = 2000

  func statistics(ofColumn column: Int) -> ColumnStatistics? { ranges.range(of: column) { range(of: column) } }

  private func range(of column: Int) -> ColumnStatistics? {
    let field = schema[column]
    guard let id = field.fieldID, let files = filesOfStatistics() else { return nil }
    var result: ColumnStatistics?
    for file in files where file.recordCount > 0 && file.nullCounts[id] != file.recordCount {
      guard let lower = file.lowerBounds[id].flatMap({ BoundValue.literal($0, type: field.type) }),
        let upper = file.upperBounds[id].flatMap({ BoundValue.literal($0, type: field.type) })
      else { return nil }
      let range = ColumnStatistics(minimum: lower, maximum: upper)
      guard let union = result.map({ $0.union(range) }) ?? range else { return nil }
      result = union
    }
    return result
  }

  /// The data files, unless they are too many for planning; an estimate does without what cannot be read.
  private func filesOfStatistics() -> [DataFile]? {
    guard rowCount ?? 0 > 0, let manifests = try? snapshot.map(cache.manifests) ?? [] else { return nil }
    let data = manifests.filter { $0.content == .data && $0.hasLiveFiles }
    guard data.reduce(added.count, { $0 + $1.addedFiles + $1.existingFiles }) <= Self.maxFilesOfStatistics else {
      return nil
    }
    var files = added.map(\.file)
    for manifest in data {
      guard let entries = try? cache.entries(of: manifest, in: metadata) else { return nil }
      files += entries.map(\.file).filter { !removed.contains($0.location) }
    }
    return files
  }

  func tasks(for request: ScanRequest) throws(QueryError) -> [any ScanTask] {
    let context = IcebergScanContext(schema: schema, request, metadata, cache.fileSystem)
    var tasks: [any ScanTask] = []
    var deletes: [PositionDeletes.DeleteFile] = []
    var entries: [(ManifestEntry, PartitionSpec)] = []
    for manifest in try snapshot.map({ (snapshot) throws(QueryError) in try cache.manifests(of: snapshot) }) ?? []
    where manifest.hasLiveFiles {
      let spec = try metadata.spec(id: manifest.specID)
      let types = spec.valueTypes(in: context.sourceTypes)
      guard context.pruning.admits(manifest, spec: spec, types: types) else {
        request.counters.add(manifest.addedFiles + manifest.existingFiles, to: .filesPruned)
        continue
      }
      for entry in try cache.entries(of: manifest, in: metadata) {
        if manifest.content == .deletes {
          deletes.append(try Self.delete(entry, specID: manifest.specID))
        } else if !removed.contains(entry.file.location), restriction?.contains(entry.file.location) ?? true {
          entries.append((entry, spec))
        }
      }
    }
    for item in added where restriction?.contains(item.file.location) ?? true {
      entries.append((ManifestEntry(status: .added, file: item.file), try metadata.spec(id: item.specID)))
    }
    let positions = PositionDeletes(deletes, cache.fileSystem)
    let splitSize = RowGroupMorsels.splitSize(fileCount: entries.count)
    for (entry, spec) in entries {
      guard context.pruning.admits(entry.file, spec: spec) else {
        request.counters.add(1, to: .filesPruned)
        continue
      }
      // Files of this transaction carry no sequence number: what deletes them goes through `removed`.
      let applying = entry.sequenceNumber == nil ? [] : positions.applying(to: entry, specID: spec.id)
      tasks += try context.tasks(for: entry.file, spec: spec, deletes: applying, positions, splitFrom: splitSize)
    }
    return tasks
  }

  private static func delete(_ entry: ManifestEntry, specID: Int) throws(QueryError) -> PositionDeletes.DeleteFile {
    guard entry.file.content == .positionDeletes else {
      throw QueryError(
        .unsupported, .storage, "Iceberg equality deletes are not supported: \(entry.file.location)",
        hint: "rewrite the table's files with the engine that wrote them")
    }
    return PositionDeletes.DeleteFile(file: entry.file, specID: specID, sequenceNumber: entry.sequenceNumber ?? 0)
  }
}
