import LakeDiagnostics
import LakeTypes

extension TableMetadata {
  /// The highest format version that can be read.
  static let newestVersion = 3

  /// Reads a metadata file.
  init(json: JSONValue) throws(QueryError) {
    formatVersion = try json.number("format-version")
    guard (1...Self.newestVersion).contains(formatVersion) else {
      throw QueryError(.unsupportedFile, .storage, "Iceberg format version \(formatVersion) is not supported")
    }
    uuid = json["table-uuid"]?.string ?? ""
    location = try json.text("location")
    lastSequenceNumber = json["last-sequence-number"]?.integer ?? 0
    lastUpdatedMillis = json["last-updated-ms"]?.integer ?? 0
    (schemas, currentSchemaID) = try Self.schemas(json)
    lastColumnID = json["last-column-id"]?.int ?? schemas.map(\.maxFieldID).max() ?? 0
    (specs, defaultSpecID) = try Self.specs(json)
    let largest = specs.flatMap { $0.fields.map(\.fieldID) }.max() ?? PartitionSpec.firstFieldID - 1
    lastPartitionID = json["last-partition-id"]?.int ?? largest
    properties = [:]
    for member in json["properties"]?.object?.members ?? [] { properties[member.key] = member.value.string }
    let current = json["current-snapshot-id"]?.integer
    currentSnapshotID = current == -1 ? nil : current
    snapshots = []
    for item in json["snapshots"]?.array ?? [] { snapshots.append(try Snapshot(json: item)) }
    snapshotLog = (json["snapshot-log"]?.array ?? []).compactMap { item in
      guard let time = item["timestamp-ms"]?.integer, let id = item["snapshot-id"]?.integer else { return nil }
      return LogEntry(timestampMillis: time, value: id)
    }
    metadataLog = (json["metadata-log"]?.array ?? []).compactMap { item in
      guard let time = item["timestamp-ms"]?.integer, let file = item["metadata-file"]?.string else { return nil }
      return LogEntry(timestampMillis: time, value: file)
    }
    sortOrders = json["sort-orders"]?.array ?? [["order-id": 0, "fields": []]]
    defaultSortOrderID = json["default-sort-order-id"]?.int ?? 0
    refs = json["refs"]?.object ?? [:]
    original = json.object ?? [:]
    nextRowID = json["next-row-id"]?.integer ?? 0
    if let id = currentSnapshotID, snapshot(id: id) == nil {
      throw QueryError(.corruptFile, .storage, "the table metadata lacks its current snapshot \(id)")
    }
  }

  private static func schemas(_ json: JSONValue) throws(QueryError) -> ([IcebergSchema], Int) {
    var schemas: [IcebergSchema] = []
    for item in json["schemas"]?.array ?? [] { schemas.append(try IcebergSchema(json: item)) }
    if schemas.isEmpty { schemas.append(try IcebergSchema(json: try json.member("schema"))) }
    let current = json["current-schema-id"]?.int ?? schemas[schemas.count - 1].id
    guard schemas.contains(where: { $0.id == current }) else {
      throw QueryError(.corruptFile, .storage, "the table metadata lacks its current schema \(current)")
    }
    return (schemas, current)
  }

  private static func specs(_ json: JSONValue) throws(QueryError) -> ([PartitionSpec], Int) {
    var specs: [PartitionSpec] = []
    for item in json["partition-specs"]?.array ?? [] { specs.append(try PartitionSpec(json: item)) }
    if specs.isEmpty {
      specs.append(PartitionSpec(id: 0, fields: try PartitionSpec.fields(json["partition-spec"]?.array ?? [])))
    }
    let current = json["default-spec-id"]?.int ?? specs[specs.count - 1].id
    guard specs.contains(where: { $0.id == current }) else {
      throw QueryError(.corruptFile, .storage, "the table metadata lacks its default partition spec \(current)")
    }
    return (specs, current)
  }

  /// The metadata as a file holds it.
  var json: JSONValue {
    var object = original
    object["format-version"] = .integer(Int64(formatVersion))
    object["table-uuid"] = .string(uuid)
    object["location"] = .string(location)
    object["last-sequence-number"] = .integer(lastSequenceNumber)
    object["last-updated-ms"] = .integer(lastUpdatedMillis)
    object["last-column-id"] = .integer(Int64(lastColumnID))
    object["current-schema-id"] = .integer(Int64(currentSchemaID))
    object["schemas"] = .array(schemas.map(\.json))
    object["default-spec-id"] = .integer(Int64(defaultSpecID))
    object["partition-specs"] = .array(specs.map(\.json))
    object["last-partition-id"] = .integer(Int64(lastPartitionID))
    object["default-sort-order-id"] = .integer(Int64(defaultSortOrderID))
    object["sort-orders"] = .array(sortOrders)
    let members = properties.sorted { $0.key < $1.key }.map { JSONObject.Member($0.key, .string($0.value)) }
    object["properties"] = .object(JSONObject(members))
    object["current-snapshot-id"] = .integer(currentSnapshotID ?? -1)
    object["refs"] = .object(refs)
    object["snapshots"] = .array(snapshots.map(\.json))
    object["statistics"] = object["statistics"] ?? []
    object["snapshot-log"] = .array(
      snapshotLog.map { ["timestamp-ms": .integer($0.timestampMillis), "snapshot-id": .integer($0.value)] })
    object["metadata-log"] = .array(
      metadataLog.map { ["timestamp-ms": .integer($0.timestampMillis), "metadata-file": .string($0.value)] })
    if formatVersion >= Self.versionOfDefaults { object["next-row-id"] = .integer(nextRowID) }
    object["schema"] = nil
    object["partition-spec"] = nil
    return .object(object)
  }
}
