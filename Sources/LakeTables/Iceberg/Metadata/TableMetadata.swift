import LakeDiagnostics
import LakeTypes

/// The metadata of an Iceberg table (table spec, format versions 1 to 3), one file of which is current.
///
/// Members that LakeSQL does not know are kept when the metadata is written anew.
struct TableMetadata: Sendable {
  var formatVersion: Int
  var uuid: String
  /// A URI.
  var location: String
  var lastSequenceNumber: Int64
  var lastUpdatedMillis: Int64
  var lastColumnID: Int
  var schemas: [IcebergSchema]
  var currentSchemaID: Int
  var specs: [PartitionSpec]
  var defaultSpecID: Int
  var lastPartitionID: Int
  var properties: [String: String]
  var currentSnapshotID: Int64?
  var snapshots: [Snapshot]
  var snapshotLog: [LogEntry<Int64>]
  var metadataLog: [LogEntry<String>]
  var sortOrders: [JSONValue]
  var defaultSortOrderID: Int
  /// Branches and tags, `main` among them.
  var refs: JSONObject
  /// The metadata as it was read.
  var original: JSONObject
  /// The id of the next row that is added (row lineage, from format version 3 on).
  var nextRowID: Int64 = 0

  /// The version that new tables have unless they are defined otherwise.
  static let usualVersion = 2
  /// The version from which on columns have defaults, and rows have ids.
  static let versionOfDefaults = 3

  /// The current schema; metadata without it is refused when it is read.
  var schema: IcebergSchema { schemas.first { $0.id == currentSchemaID } ?? schemas[schemas.count - 1] }

  var defaultSpec: PartitionSpec {
    specs.first { $0.id == defaultSpecID } ?? PartitionSpec(id: defaultSpecID, fields: [])
  }

  func spec(id: Int) throws(QueryError) -> PartitionSpec {
    guard let spec = specs.first(where: { $0.id == id }) else {
      throw QueryError(.corruptFile, .storage, "the table metadata has no partition spec \(id): \(location)")
    }
    return spec
  }

  var currentSnapshot: Snapshot? { currentSnapshotID.flatMap { snapshot(id: $0) } }

  func snapshot(id: Int64) -> Snapshot? { snapshots.first { $0.id == id } }

  /// The schema that was current when the snapshot was made.
  func schema(of snapshot: Snapshot) -> IcebergSchema {
    snapshot.schemaID.flatMap { id in schemas.first { $0.id == id } } ?? schema
  }

  /// The snapshots from `id` back to the first, newest first.
  func ancestors(of id: Int64?) -> [Snapshot] {
    var result: [Snapshot] = []
    var next = id
    while let id = next, let snapshot = snapshot(id: id), result.count <= snapshots.count {
      result.append(snapshot)
      next = snapshot.parentID
    }
    return result
  }

  /// Column types by field id, over all schemas; the current schema's types win.
  var sourceTypes: [Int: LogicalType] {
    var types: [Int: LogicalType] = [:]
    for schema in schemas + [schema] {
      for (id, type) in schema.primitives { types[id] = try? type.sqlType(column: "") }
    }
    return types
  }

  /// Takes the format version out of the properties of a definition: the wanted one, or the one that the columns need.
  private static func version(
    _ fields: [Field], _ properties: inout [String: String], atLeast current: Int
  ) throws(QueryError) -> Int {
    let needed = fields.contains { $0.hasDefault } ? versionOfDefaults : usualVersion
    guard let text = properties.removeValue(forKey: "format-version") else { return max(needed, current) }
    guard let version = Int(text), (usualVersion...newestVersion).contains(version), version >= current else {
      throw QueryError(.invalidParameter, .catalog, "a table cannot be defined with the format version \(text)")
    }
    if version < needed { throw defaultsNeedVersion(version) }
    return version
  }

  /// The error for a default in a table whose version has none.
  static func defaultsNeedVersion(_ version: Int) -> QueryError {
    QueryError(
      .invalidTableDefinition, .catalog,
      "the default of a column needs an Iceberg table of format version \(versionOfDefaults), not \(version)",
      hint: "set the table property 'format-version' = '\(versionOfDefaults)' first")
  }

  /// Starts the metadata of a new table.
  static func new(
    uuid: String, location: String, fields: [Field], partitioning: [PartitionFieldDefinition],
    properties: [String: String], atMillis: Int64
  ) throws(QueryError) -> TableMetadata {
    var properties = properties
    let version = try version(fields, &properties, atLeast: usualVersion)
    var ids = FieldIDAssignment(after: 0)
    let schema = IcebergSchema(id: 0, fields: try ids.fields(fields))
    var nextID = PartitionSpec.firstFieldID - 1
    let spec = try PartitionSpec.new(id: 0, partitioning, schema: schema, lastFieldID: &nextID)
    return TableMetadata(
      formatVersion: version, uuid: uuid, location: location, lastSequenceNumber: 0, lastUpdatedMillis: atMillis,
      lastColumnID: ids.lastID, schemas: [schema], currentSchemaID: 0, specs: [spec], defaultSpecID: 0,
      lastPartitionID: nextID, properties: properties, currentSnapshotID: nil, snapshots: [], snapshotLog: [],
      metadataLog: [], sortOrders: [["order-id": 0, "fields": []]], defaultSortOrderID: 0, refs: [:], original: [:])
  }

  /// Replaces columns, partitioning and properties by those of a new definition; older snapshots stay reachable.
  mutating func replace(
    fields: [Field], partitioning: [PartitionFieldDefinition], properties: [String: String]
  ) throws(QueryError) {
    var properties = properties
    formatVersion = try Self.version(fields, &properties, atLeast: formatVersion)
    var ids = FieldIDAssignment(after: lastColumnID)
    let schema = IcebergSchema(id: (schemas.map(\.id).max() ?? -1) + 1, fields: try ids.fields(fields))
    let spec = try PartitionSpec.new(
      id: (specs.map(\.id).max() ?? -1) + 1, partitioning, schema: schema, lastFieldID: &lastPartitionID)
    schemas.append(schema)
    currentSchemaID = schema.id
    lastColumnID = ids.lastID
    specs.append(spec)
    defaultSpecID = spec.id
    self.properties = properties
    currentSnapshotID = nil
    refs["main"] = nil
    if !sortOrders.contains(where: { $0["order-id"] == 0 }) { sortOrders.append(["order-id": 0, "fields": []]) }
    defaultSortOrderID = 0
  }

  /// Makes a schema current, under an id of its own unless an equal one exists.
  mutating func setSchema(_ fields: [IcebergField]) {
    lastColumnID = max(lastColumnID, IcebergType.structure(fields).allIDs.max() ?? 0)
    if let same = schemas.first(where: { $0.fields == fields }) {
      currentSchemaID = same.id
      return
    }
    let id = (schemas.map(\.id).max() ?? -1) + 1
    let known = Set(IcebergType.structure(fields).allIDs)
    let identifiers = schema.identifierFieldIDs.filter { known.contains($0) }
    schemas.append(IcebergSchema(id: id, fields: fields, identifierFieldIDs: identifiers))
    currentSchemaID = id
  }

  /// Makes a snapshot the current one.
  mutating func add(_ snapshot: Snapshot) {
    snapshots.append(snapshot)
    currentSnapshotID = snapshot.id
    lastSequenceNumber = snapshot.sequenceNumber
    nextRowID += snapshot.addedRows ?? 0
    snapshotLog.append(LogEntry(timestampMillis: snapshot.timestampMillis, value: snapshot.id))
    var main = refs["main"]?.object ?? ["snapshot-id": 0, "type": "branch"]
    main["snapshot-id"] = .integer(snapshot.id)
    refs["main"] = .object(main)
  }
}

/// A partition field as a table definition names it.
package struct PartitionFieldDefinition: Hashable, Sendable {
  package var sourceColumn: String
  package var transform: PartitionTransform

  package init(_ sourceColumn: String, _ transform: PartitionTransform = .identity) {
    self.sourceColumn = sourceColumn
    self.transform = transform
  }
}

extension PartitionSpec {
  /// Resolves a definition against a schema.
  static func new(
    id: Int, _ definition: [PartitionFieldDefinition], schema: IcebergSchema, lastFieldID: inout Int
  ) throws(QueryError) -> PartitionSpec {
    var fields: [PartitionField] = []
    for item in definition {
      guard let source = schema.field(named: item.sourceColumn) else {
        throw QueryError(
          .unresolvedColumn, .bind, "there is no column to partition by: \(item.sourceColumn)",
          hint: NearestName.of(item.sourceColumn, among: schema.fields.map(\.name)).map { "did you mean \($0)?" })
      }
      let type = try source.type.sqlType(column: source.name)
      guard item.transform.resultType(of: type) != nil else {
        throw QueryError(
          .invalidTableDefinition, .bind,
          "column \(source.name) of type \(type) cannot be partitioned by \(item.transform.name)")
      }
      let name = item.transform.fieldName(column: source.name)
      if fields.contains(where: { $0.name == name }) {
        throw QueryError(.invalidTableDefinition, .bind, "the table is partitioned by \(name) twice")
      }
      lastFieldID += 1
      fields.append(PartitionField(sourceID: source.id, fieldID: lastFieldID, name: name, transform: item.transform))
    }
    return PartitionSpec(id: id, fields: fields)
  }
}
