package import LakeCatalog
package import LakeColumnar
package import LakeDiagnostics
import LakeFileSystem
package import LakeTypes

/// A managed table as a transaction sees it.
package final class IcebergTable: Sendable {
  package let name: TableName
  /// The columns, with their field ids.
  package let schema: Schema
  /// Where the table lies: a `file://` URI.
  package let location: String
  package let properties: [String: String]
  /// The version of the Iceberg table format.
  package let formatVersion: Int
  /// How the table is partitioned now.
  package let partitioning: [PartitionFieldDefinition]
  let state: ManagedState
  let cache: MetadataCache

  init(_ state: ManagedState, _ cache: MetadataCache) throws(QueryError) {
    self.state = state
    self.cache = cache
    name = state.name
    let metadata = state.metadata
    schema = Schema(try IcebergField.sqlFields(metadata.schema.fields))
    location = metadata.location
    properties = metadata.properties
    formatVersion = metadata.formatVersion
    partitioning = metadata.defaultSpec.fields.compactMap { field in
      if field.transform == .void { return nil }
      return metadata.schema.field(id: field.sourceID).map { PartitionFieldDefinition($0.name, field.transform) }
    }
  }

  package var comment: String? { properties["comment"] }

  /// The columns whose values are partition values as they are.
  package var partitionColumns: [String] {
    partitioning.filter { $0.transform == .identity }.map(\.sourceColumn)
  }

  /// The current snapshot, of those that are committed.
  package var snapshotID: Int64? { state.metadata.currentSnapshotID }

  /// The location of the metadata file; nil for a table that is not committed yet.
  package var metadataLocation: String? { state.storedLocation }

  /// The table's states, oldest first.
  package var history: [SnapshotSummary] {
    let metadata = state.metadata
    return metadata.ancestors(of: metadata.currentSnapshotID).reversed().map { snapshot in
      SnapshotSummary(
        id: snapshot.id, parentID: snapshot.parentID, timestamp: snapshot.timestampMillis * 1000,
        operation: snapshot.operation, summary: snapshot.summary)
    }
  }

  /// Plans reading the table: the state that the transaction sees, or an older one; only some files if named (by
  /// their `_file` values).
  package func scan(
    at selector: SnapshotSelector? = nil, restrictedTo files: Set<String>? = nil
  ) throws(QueryError) -> any ScanSource {
    guard let selector else {
      return try IcebergScan(
        self, snapshot: state.metadata.currentSnapshot, schema: schema, includesPending: true, files)
    }
    let snapshot = try snapshot(at: selector)
    let schema = Schema(try IcebergField.sqlFields(state.metadata.schema(of: snapshot).fields))
    return try IcebergScan(self, snapshot: snapshot, schema: schema, includesPending: false, files)
  }

  private func snapshot(at selector: SnapshotSelector) throws(QueryError) -> Snapshot {
    let metadata = state.metadata
    switch selector {
    case .id(let id):
      if let snapshot = metadata.snapshot(id: id) { return snapshot }
      throw noSnapshot("with the id \(id)")
    case .ref(let name):
      if let id = metadata.refs[name]?["snapshot-id"]?.integer, let snapshot = metadata.snapshot(id: id) {
        return snapshot
      }
      throw noSnapshot("under the branch or tag \(name)")
    case .timestamp(let micros):
      let millis = DateTimeText.floorDivide(micros, 1000)
      let entry = metadata.snapshotLog.last { $0.timestampMillis <= millis }
      if let entry, let snapshot = metadata.snapshot(id: entry.value) { return snapshot }
      throw noSnapshot("as old as \(DateTimeText.timestampString(micros)) UTC")
    }
  }

  private func noSnapshot(_ description: String) -> QueryError {
    QueryError(.invalidParameter, .bind, "table \(name) has no snapshot \(description)")
  }

  /// The names of the partitions that have rows, sorted.
  package func partitionNames() throws(QueryError) -> [String] {
    let metadata = state.metadata
    if metadata.defaultSpec.isUnpartitioned { throw LakeTransaction.notPartitioned(name) }
    let types = metadata.sourceTypes
    var names: Set<String> = []
    for item in try state.liveFiles(cache) {
      let spec = try metadata.spec(id: item.specID)
      names.insert(spec.path(of: item.file.partition, types: spec.valueTypes(in: types)))
    }
    return names.sorted()
  }

  /// How many data files and bytes the table has.
  package func size() throws(QueryError) -> (files: Int, bytes: Int) {
    let files = try state.liveFiles(cache)
    return (files.count, files.reduce(0) { $0 + $1.file.fileSize })
  }
}

/// A snapshot in a table's history.
package struct SnapshotSummary: Hashable, Sendable {
  package var id: Int64
  package var parentID: Int64?
  /// Microseconds since 1970.
  package var timestamp: Int64
  package var operation: String
  package var summary: [String: String]
}
