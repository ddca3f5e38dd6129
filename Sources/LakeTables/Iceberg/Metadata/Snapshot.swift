import LakeDiagnostics
import LakeTypes

/// One state of an Iceberg table.
struct Snapshot: Hashable, Sendable {
  var id: Int64
  var parentID: Int64?
  /// 0 in format version 1.
  var sequenceNumber: Int64
  var timestampMillis: Int64
  /// nil where a version 1 snapshot lists its manifests itself.
  var manifestList: String?
  var manifests: [String]
  var schemaID: Int?
  var summary: [String: String]
  /// From format version 3 on: the id of the first row that the snapshot added, and how many ids it took.
  var firstRowID: Int64?
  var addedRows: Int64?
  /// The snapshot as it was read, with what LakeSQL does not know.
  private var original: JSONObject

  init(
    id: Int64, parentID: Int64?, sequenceNumber: Int64, timestampMillis: Int64, manifestList: String, schemaID: Int,
    summary: [String: String]
  ) {
    self.id = id
    self.parentID = parentID
    self.sequenceNumber = sequenceNumber
    self.timestampMillis = timestampMillis
    self.manifestList = manifestList
    manifests = []
    self.schemaID = schemaID
    self.summary = summary
    original = [:]
  }

  init(json: JSONValue) throws(QueryError) {
    id = Int64(try json.number("snapshot-id"))
    parentID = json["parent-snapshot-id"]?.integer
    sequenceNumber = json["sequence-number"]?.integer ?? 0
    timestampMillis = Int64(try json.number("timestamp-ms"))
    manifestList = json["manifest-list"]?.string
    manifests = json["manifests"]?.array?.compactMap(\.string) ?? []
    schemaID = json["schema-id"]?.int
    summary = [:]
    for member in json["summary"]?.object?.members ?? [] { summary[member.key] = member.value.string }
    firstRowID = json["first-row-id"]?.integer
    addedRows = json["added-rows"]?.integer
    original = json.object ?? [:]
  }

  /// What the snapshot did: `append`, `overwrite`, `delete` or `replace`.
  var operation: String { summary["operation"] ?? "overwrite" }

  var json: JSONValue {
    var object = original
    object["sequence-number"] = .integer(sequenceNumber)
    object["snapshot-id"] = .integer(id)
    object["parent-snapshot-id"] = parentID.map { .integer($0) }
    object["timestamp-ms"] = .integer(timestampMillis)
    var members: JSONObject = ["operation": .string(operation)]
    for (key, value) in summary.sorted(by: { $0.key < $1.key }) where key != "operation" {
      members[key] = .string(value)
    }
    object["summary"] = .object(members)
    object["manifest-list"] = manifestList.map { .string($0) }
    object["schema-id"] = schemaID.map { .integer(Int64($0)) }
    object["first-row-id"] = firstRowID.map { .integer($0) }
    object["added-rows"] = addedRows.map { .integer($0) }
    return .object(object)
  }
}

/// An entry of a snapshot log or metadata log.
struct LogEntry<Value: Hashable & Sendable>: Hashable, Sendable {
  var timestampMillis: Int64
  var value: Value
}
