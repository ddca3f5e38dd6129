import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// One field of a table's partitioning.
struct PartitionField: Hashable, Sendable {
  /// The id of the column in the schema.
  var sourceID: Int
  /// The id of the partition field itself, from 1000 on.
  var fieldID: Int
  var name: String
  var transform: PartitionTransform
}

/// How the rows of an Iceberg table are partitioned; files of older specs keep theirs.
struct PartitionSpec: Hashable, Sendable {
  var id: Int
  var fields: [PartitionField]

  static let firstFieldID = 1000

  var isUnpartitioned: Bool { fields.allSatisfy { $0.transform == .void } }

  /// Whether the partition values of both mean the same.
  func isEquivalent(to other: PartitionSpec) -> Bool {
    fields.map(\.sourceID) == other.fields.map(\.sourceID) && fields.map(\.transform) == other.fields.map(\.transform)
  }

  init(id: Int, fields: [PartitionField]) {
    self.id = id
    self.fields = fields
  }

  init(json: JSONValue) throws(QueryError) {
    id = json["spec-id"]?.int ?? 0
    fields = try Self.fields(try json.list("fields"))
  }

  /// Reads fields; in format version 1 their ids may be missing and count from 1000.
  static func fields(_ json: [JSONValue]) throws(QueryError) -> [PartitionField] {
    var result: [PartitionField] = []
    for (index, item) in json.enumerated() {
      let name = try item.text("name")
      result.append(
        PartitionField(
          sourceID: try item.number("source-id"), fieldID: item["field-id"]?.int ?? firstFieldID + index, name: name,
          transform: PartitionTransform(name: try item.text("transform"))))
    }
    return result
  }

  var fieldsJSON: JSONValue {
    .array(
      fields.map { field in
        [
          "source-id": .integer(Int64(field.sourceID)), "field-id": .integer(Int64(field.fieldID)),
          "name": .string(field.name), "transform": .string(field.transform.name),
        ]
      })
  }

  var json: JSONValue { ["spec-id": .integer(Int64(id)), "fields": fieldsJSON] }

  /// The types of the partition values; a column that was dropped since counts as string.
  func valueTypes(in sources: [Int: LogicalType]) -> [LogicalType] {
    fields.map { field in
      switch field.transform {
      case .year, .month, .hour, .bucket: .int
      case .day: .date
      default: sources[field.sourceID] ?? .string
      }
    }
  }

  /// The directory of a partition below the data folder, such as `dt=2026-01-31/id_bucket=3`; empty if unpartitioned.
  func path(of values: [Literal], types: [LogicalType]) -> String {
    var segments: [String] = []
    for (index, field) in fields.enumerated() {
      let text = field.transform.text(of: values[index], type: types[index])
      segments.append(HivePartitionPath.segment(column: field.name, value: text))
    }
    return segments.joined(separator: "/")
  }
}
