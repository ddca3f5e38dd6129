package import LakeCatalog
package import LakeDiagnostics
import LakeFileSystem
import LakeTypes

extension LakeTransaction {
  /// Starts an INSERT INTO. `codec` is that of Parquet files of tables that name none, here and below.
  package func stageAppend(_ name: TableName, codec: String? = nil) throws(QueryError) -> any TableSink {
    switch try withState({ (state) throws(QueryError) in try state.require(name) }) {
    case .managed(let table): return try IcebergSink(self, table, .append, codec: codec)
    case .external(let table): return try HiveSink(self, table, overwrite: nil, codec: codec)
    case .view: throw Self.notATable(name)
    }
  }

  /// Starts an INSERT OVERWRITE.
  package func stageOverwrite(
    _ name: TableName, mode: OverwriteMode, codec: String? = nil
  ) throws(QueryError) -> any TableSink {
    switch try withState({ (state) throws(QueryError) in try state.require(name) }) {
    case .managed(let table):
      _ = try table.scope(of: mode, added: [])
      return try IcebergSink(self, table, .overwrite(mode), codec: codec)
    case .external(let table): return try HiveSink(self, table, overwrite: mode, codec: codec)
    case .view: throw Self.notATable(name)
    }
  }

  /// Starts the copy-on-write of a DELETE, UPDATE or MERGE: the rows written take the place of the named files
  /// (as the metadata column `_file` names them).
  package func stageReplaceFiles(
    _ name: TableName, removing files: [String], codec: String? = nil
  ) throws(QueryError) -> any TableSink {
    let table = try withState { (state) throws(QueryError) in try state.requireManaged(name) }
    return try IcebergSink(self, table, .replace(removing: Set(files)), codec: codec)
  }

  private static func notATable(_ name: TableName) -> QueryError {
    QueryError(.notAllowed, .bind, "a view cannot be written to: \(name)")
  }

  /// Takes finished data files up into the transaction.
  func stage(_ files: [SpecFile], _ kind: IcebergSink.Kind, in name: TableName) throws(QueryError) {
    try withState { (state) throws(QueryError) in
      var table = try state.requireManaged(name)
      var write = StagedWrite(
        kind: .append, added: files, removed: [], baseSnapshotID: table.metadata.currentSnapshotID,
        columnIDs: Set(table.metadata.schema.fields.map(\.id)))
      switch kind {
      case .append: break
      case .overwrite(let mode):
        let scope = try table.scope(of: mode, added: files)
        let live = try table.liveFiles(self.warehouse.cache)
        try table.requireOneSpec(scope, live)
        write.kind = .overwrite(scope)
        write.removed = Set(live.filter { scope.contains($0) }.map(\.file.location))
      case .replace(let removed):
        write.kind = .replace
        write.removed = try table.locations(of: removed, self.warehouse.cache)
      }
      if write.isEmpty { return }
      table.stage(write)
      state.set(name, .managed(table))
    }
  }
}

extension ManagedState {
  /// The data files that a query of this transaction sees.
  func liveFiles(_ cache: MetadataCache) throws(QueryError) -> [SpecFile] {
    var result: [SpecFile] = []
    if let snapshot = metadata.currentSnapshot {
      for manifest in try cache.manifests(of: snapshot) where manifest.content == .data && manifest.hasLiveFiles {
        for entry in try cache.entries(of: manifest, in: metadata) where !removed.contains(entry.file.location) {
          result.append(SpecFile(specID: manifest.specID, file: entry.file))
        }
      }
    }
    return result + added
  }

  /// The stored locations of files that a query named by path or URI.
  fileprivate func locations(of names: Set<String>, _ cache: MetadataCache) throws(QueryError) -> Set<String> {
    if names.isEmpty { return [] }
    var result: Set<String> = []
    for item in try liveFiles(cache) where names.contains(item.file.location) { result.insert(item.file.location) }
    if let unknown = names.subtracting(result).first {
      throw QueryError.internal("table \(name) has no data file \(unknown)")
    }
    return result
  }

  /// The files that an overwrite replaces.
  func scope(of mode: OverwriteMode, added: [SpecFile]) throws(QueryError) -> OverwriteScope {
    let spec = metadata.defaultSpec
    switch mode {
    case .all: return .all
    case .dynamicPartitions:
      if spec.isUnpartitioned { return .all }
      return .partitions(Set(added.map(\.file.partition)))
    case .partitions(let values):
      var wanted: [Int: Literal] = [:]
      for (column, value) in values { wanted[try position(of: column, in: spec)] = value }
      return .values(wanted)
    }
  }

  /// Throws if files of an older partitioning may lie in the overwritten partitions, which their values don't tell.
  func requireOneSpec(_ scope: OverwriteScope, _ live: [SpecFile]) throws(QueryError) {
    if scope == .all { return }
    let current = metadata.defaultSpec
    for id in Set(live.map(\.specID)) where id != current.id {
      if try metadata.spec(id: id).isEquivalent(to: current) { continue }
      throw QueryError(
        .unsupported, .execute,
        "table \(name) has files of an older partitioning, so that single partitions cannot be overwritten",
        hint: "use DELETE and INSERT INTO, or overwrite the whole table")
    }
  }

  /// The position of the identity partition field over a column.
  private func position(of column: String, in spec: PartitionSpec) throws(QueryError) -> Int {
    if let field = metadata.schema.field(named: column),
      let index = spec.fields.firstIndex(where: { $0.sourceID == field.id && $0.transform == .identity })
    {
      return index
    }
    throw QueryError(
      .invalidParameter, .bind, "table \(name) is not partitioned by column \(column)",
      hint: spec.fields.isEmpty ? nil : "it is partitioned by " + spec.fields.map(\.name).joined(separator: ", "))
  }
}
