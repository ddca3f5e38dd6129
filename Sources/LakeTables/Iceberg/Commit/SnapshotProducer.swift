import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// Turns staged writes into snapshots: manifests, a manifest list and the metadata's new snapshot.
struct SnapshotProducer {
  private let cache: MetadataCache
  /// Writes through the transaction's journal.
  private let fileSystem: any FileSystem
  private let atMillis: Int64
  /// The snapshots that this transaction made; they do not count as somebody else's.
  private var own: Set<Int64> = []

  /// How many manifests a snapshot may have before small ones are merged (`commit.manifest.min-count-to-merge`).
  private static let mergeCount = 100
  /// Manifests from this size on are left alone (`commit.manifest.target-size-bytes`).
  private static let targetManifestSize = 8 << 20

  init(_ cache: MetadataCache, _ fileSystem: any FileSystem, atMillis: Int64) {
    self.cache = cache
    self.fileSystem = fileSystem
    self.atMillis = atMillis
  }

  /// Adds the snapshot of a write on top of the metadata's current one.
  ///
  /// Throws `.commitConflict` if the write does not fit the current state.
  mutating func apply(
    _ write: StagedWrite, to metadata: inout TableMetadata, table: String
  ) throws(QueryError) {
    if write.isEmpty { return }
    try metadata.requireWritable(table)
    let parent = metadata.currentSnapshot
    let manifests = try parent.map { (snapshot) throws(QueryError) in try cache.manifests(of: snapshot) } ?? []
    try checkConflicts(write, metadata, manifests, table: table)
    var build = SnapshotBuild(metadata, parent: parent, atMillis: atMillis)
    var list = try added(write.added, &build, metadata)
    list += try retained(manifests, without: write.removed, &build, metadata, table: table)
    list = try merged(list, &build, metadata)
    build.summarize(write, list, parent: parent)
    if metadata.formatVersion >= 3 { build.assignRowIDs(to: &list, from: metadata.nextRowID) }
    let path = build.path("snap-\(build.snapshot.id)-1-\(build.uuid).avro")
    build.snapshot.manifestList = FilePath.fileURI(path)
    try ManifestList.write(
      list, of: build.snapshot, formatVersion: metadata.formatVersion, path: path, fileSystem)
    metadata.add(build.snapshot)
    own.insert(build.snapshot.id)
  }

  /// Manifests of the new files, one a partition spec.
  private func added(
    _ files: [SpecFile], _ build: inout SnapshotBuild, _ metadata: TableMetadata
  ) throws(QueryError) -> [ManifestFile] {
    var result: [ManifestFile] = []
    for specID in Set(files.map(\.specID)).sorted() {
      var writer = try build.writer(specID: specID, metadata)
      for item in files where item.specID == specID {
        try writer.append(ManifestEntry(status: .added, snapshotID: build.snapshot.id, file: item.file))
        build.countAdded(item)
      }
      result.append(try build.finish(&writer, fileSystem))
    }
    return result
  }

  /// The parent's manifests; those that name removed files are rewritten.
  private func retained(
    _ manifests: [ManifestFile], without removed: Set<String>, _ build: inout SnapshotBuild,
    _ metadata: TableMetadata, table: String
  ) throws(QueryError) -> [ManifestFile] {
    var missing = removed
    var result: [ManifestFile] = []
    for manifest in manifests where manifest.hasLiveFiles {
      guard manifest.content == .data, !missing.isEmpty else {
        result.append(manifest)
        continue
      }
      let entries = try cache.entries(of: manifest, in: metadata)
      guard entries.contains(where: { missing.contains($0.file.location) }) else {
        result.append(manifest)
        continue
      }
      var writer = try build.writer(specID: manifest.specID, metadata)
      for var entry in entries {
        entry.status = .existing
        if missing.remove(entry.file.location) != nil {
          entry.status = .deleted
          entry.snapshotID = build.snapshot.id
          build.countRemoved(SpecFile(specID: manifest.specID, file: entry.file))
        }
        try writer.append(entry)
      }
      result.append(try build.finish(&writer, fileSystem))
    }
    if let path = missing.first {
      throw Self.conflict(table, "it removed a file that this statement rewrites: \(path)")
    }
    return result
  }

  /// Merges small data manifests of the current spec once there are many.
  private func merged(
    _ manifests: [ManifestFile], _ build: inout SnapshotBuild, _ metadata: TableMetadata
  ) throws(QueryError) -> [ManifestFile] {
    let limit = metadata.properties["commit.manifest.min-count-to-merge"].flatMap { Int($0) } ?? Self.mergeCount
    let newID = build.snapshot.id
    func isSmall(_ manifest: ManifestFile) -> Bool {
      manifest.content == .data && manifest.specID == metadata.defaultSpecID
        && manifest.length < Self.targetManifestSize && manifest.addedSnapshotID != newID
    }
    let small = manifests.filter(isSmall)
    guard small.count > 1, small.count >= max(2, limit),
      metadata.properties["commit.manifest-merge.enabled"] != "false"
    else { return manifests }
    var writer = try build.writer(specID: metadata.defaultSpecID, metadata)
    for manifest in small {
      for var entry in try cache.entries(of: manifest, in: metadata) {
        entry.status = .existing
        try writer.append(entry)
      }
    }
    return manifests.filter { !isSmall($0) } + [try build.finish(&writer, fileSystem)]
  }

  static func conflict(_ table: String, _ reason: String) -> QueryError {
    QueryError(
      .commitConflict, .commit, "another process changed table \(table) at the same time: \(reason)",
      hint: "nothing of this statement took effect; run it again")
  }

  /// The snapshots that others added to the current branch since one of its snapshots.
  func othersSince(_ base: Int64?, in metadata: TableMetadata) -> [Snapshot] {
    metadata.ancestors(of: metadata.currentSnapshotID).prefix { $0.id != base }.filter { !own.contains($0.id) }
  }

  /// Throws if others' commits since the write's snapshot overlap with it.
  ///
  /// Appends of others do not: the write counts as done before them.
  private func checkConflicts(
    _ write: StagedWrite, _ metadata: TableMetadata, _ manifests: [ManifestFile], table: String
  ) throws(QueryError) {
    if !write.added.isEmpty, write.columnIDs.isDisjoint(with: metadata.schema.fields.map(\.id)) {
      throw Self.conflict(table, "it was replaced")
    }
    if case .append = write.kind { return }
    let isDescendant =
      write.baseSnapshotID.map { base in
        own.contains(base) || metadata.ancestors(of: metadata.currentSnapshotID).contains { $0.id == base }
      } ?? true
    guard isDescendant else { throw Self.conflict(table, "it was rolled back or replaced") }
    let others = othersSince(write.baseSnapshotID, in: metadata)
    let suspects = Set(others.filter { $0.operation == "overwrite" || $0.operation == "delete" }.map(\.id))
    if suspects.isEmpty { return }
    for manifest in manifests where manifest.content == .data && manifest.hasLiveFiles {
      for entry in try cache.entries(of: manifest, in: metadata) where suspects.contains(entry.snapshotID ?? 0) {
        let item = SpecFile(specID: manifest.specID, file: entry.file)
        let overlaps = if case .overwrite(let scope) = write.kind { scope.contains(item) } else { true }
        if overlaps { throw Self.conflict(table, "it rewrote rows that this statement replaces") }
      }
    }
  }
}

extension TableMetadata {
  /// Throws for the format versions that can be read only.
  func requireWritable(_ table: String) throws(QueryError) {
    if formatVersion > 1 { return }
    throw QueryError(
      .unsupported, .commit, "writing Iceberg format version \(formatVersion) is not supported: \(table)",
      hint: "ALTER TABLE \(table) SET TBLPROPERTIES ('format-version' = '2')")
  }
}

/// A snapshot while it is being made.
struct SnapshotBuild {
  var snapshot: Snapshot
  let uuid = UUIDText.random()
  private let folder: String
  private var manifestCount = 0
  private var addedFiles = 0
  private var addedRows = 0
  private var addedBytes = 0
  private var removedFiles = 0
  private var removedRows = 0
  private var removedBytes = 0
  private var partitions: Set<PartitionKey> = []

  init(_ metadata: TableMetadata, parent: Snapshot?, atMillis: Int64) {
    let location = (try? FilePath.path(fromURI: metadata.location)) ?? metadata.location
    folder = FilePath.join(location, "metadata")
    var id = Int64.random(in: 1...Int64.max)
    while metadata.snapshot(id: id) != nil { id = Int64.random(in: 1...Int64.max) }
    snapshot = Snapshot(
      id: id, parentID: parent?.id, sequenceNumber: metadata.lastSequenceNumber + 1,
      timestampMillis: max(atMillis, metadata.lastUpdatedMillis, parent?.timestampMillis ?? 0), manifestList: "",
      schemaID: metadata.currentSchemaID, summary: [:])
  }

  func path(_ name: String) -> String { FilePath.join(folder, name) }

  func writer(specID: Int, _ metadata: TableMetadata) throws(QueryError) -> ManifestWriter {
    let spec = try metadata.spec(id: specID)
    return try ManifestWriter(
      schema: metadata.schema, spec: spec, types: spec.valueTypes(in: metadata.sourceTypes), snapshotID: snapshot.id,
      formatVersion: metadata.formatVersion)
  }

  /// Gives the rows of manifests that are new to row lineage their ids.
  mutating func assignRowIDs(to manifests: inout [ManifestFile], from first: Int64) {
    var next = first
    for index in manifests.indices where manifests[index].content == .data && manifests[index].firstRowID == nil {
      manifests[index].firstRowID = next
      next += Int64(manifests[index].addedRows + manifests[index].existingRows)
    }
    snapshot.firstRowID = first
    snapshot.addedRows = next - first
  }

  mutating func finish(_ writer: inout ManifestWriter, _ fileSystem: any FileSystem) throws(QueryError) -> ManifestFile
  {
    let name = "\(uuid)-m\(manifestCount).avro"
    manifestCount += 1
    return try writer.finish(path: path(name), sequenceNumber: snapshot.sequenceNumber, fileSystem)
  }

  mutating func countAdded(_ item: SpecFile) {
    addedFiles += 1
    addedRows += item.file.recordCount
    addedBytes += item.file.fileSize
    partitions.insert(PartitionKey(specID: item.specID, values: item.file.partition))
  }

  mutating func countRemoved(_ item: SpecFile) {
    removedFiles += 1
    removedRows += item.file.recordCount
    removedBytes += item.file.fileSize
    partitions.insert(PartitionKey(specID: item.specID, values: item.file.partition))
  }

  /// Fills the summary in.
  mutating func summarize(_ write: StagedWrite, _ manifests: [ManifestFile], parent: Snapshot?) {
    var summary = ["operation": operation(write.kind), "engine-name": "lakesql"]
    for (key, value) in [
      ("added-data-files", addedFiles), ("added-records", addedRows), ("added-files-size", addedBytes),
      ("deleted-data-files", removedFiles), ("deleted-records", removedRows), ("removed-files-size", removedBytes),
      ("changed-partition-count", partitions.count),
    ] where value > 0 { summary[key] = String(value) }
    let data = manifests.filter { $0.content == .data }
    let deletes = manifests.filter { $0.content == .deletes }
    summary["total-data-files"] = String(data.reduce(0) { $0 + $1.addedFiles + $1.existingFiles })
    summary["total-records"] = String(data.reduce(0) { $0 + $1.addedRows + $1.existingRows })
    summary["total-delete-files"] = String(deletes.reduce(0) { $0 + $1.addedFiles + $1.existingFiles })
    for key in ["total-position-deletes", "total-equality-deletes"] { summary[key] = parent?.summary[key] ?? "0" }
    let before = parent == nil ? 0 : parent?.summary["total-files-size"].flatMap { Int($0) }
    summary["total-files-size"] = before.map { String($0 + addedBytes - removedBytes) }
    snapshot.summary = summary
  }

  private func operation(_ kind: StagedWrite.Kind) -> String {
    switch kind {
    case .append: "append"
    case .overwrite, .replace: addedFiles == 0 ? "delete" : "overwrite"
    }
  }
}
