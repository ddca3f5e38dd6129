import LakeTypes

/// A type of an Iceberg schema, with the ids that Iceberg gives to every nested part.
indirect enum IcebergType: Hashable, Sendable {
  case boolean, int, long, float, double, date, time, string, uuid, binary
  case timestamp(hasZone: Bool)
  /// Nanoseconds, of format version 3.
  case timestampNano(hasZone: Bool)
  case decimal(precision: Int, scale: Int)
  case fixed(Int)
  case list(elementID: Int, element: IcebergType, isRequired: Bool)
  case map(keyID: Int, key: IcebergType, valueID: Int, value: IcebergType, isRequired: Bool)
  case structure([IcebergField])

  var isPrimitive: Bool {
    switch self {
    case .list, .map, .structure: false
    default: true
    }
  }
}

/// A column of an Iceberg schema or part of a struct.
struct IcebergField: Hashable, Sendable {
  var id: Int
  var name: String
  var type: IcebergType
  var isRequired: Bool
  var doc: String?
  /// The defaults as the metadata spells them; nil where there is none.
  var initialDefault: JSONValue?
  var writeDefault: JSONValue?
}

/// A schema of an Iceberg table.
struct IcebergSchema: Hashable, Sendable {
  var id: Int
  var fields: [IcebergField]
  /// Kept for other engines.
  var identifierFieldIDs: [Int] = []

  /// The largest id of the schema, nested parts included.
  var maxFieldID: Int { IcebergType.structure(fields).allIDs.max() ?? 0 }

  /// A top-level column by id.
  func field(id: Int) -> IcebergField? { fields.first { $0.id == id } }

  /// A top-level column by name, ignoring case.
  func field(named name: String) -> IcebergField? {
    let wanted = name.lowercased()
    return fields.first { $0.name.lowercased() == wanted }
  }

  /// The primitive parts (also those inside structs) by id.
  var primitives: [Int: IcebergType] {
    var result: [Int: IcebergType] = [:]
    IcebergType.structure(fields).collectPrimitives(id: 0, into: &result)
    return result
  }
}

extension IcebergType {
  /// The ids of all parts below this type.
  var allIDs: [Int] {
    switch self {
    case .list(let id, let element, _): [id] + element.allIDs
    case .map(let keyID, let key, let valueID, let value, _): [keyID, valueID] + key.allIDs + value.allIDs
    case .structure(let fields): fields.flatMap { [$0.id] + $0.type.allIDs }
    default: []
    }
  }

  fileprivate func collectPrimitives(id: Int, into result: inout [Int: IcebergType]) {
    switch self {
    case .list(let elementID, let element, _): element.collectPrimitives(id: elementID, into: &result)
    case .map(let keyID, let key, let valueID, let value, _):
      key.collectPrimitives(id: keyID, into: &result)
      value.collectPrimitives(id: valueID, into: &result)
    case .structure(let fields): for field in fields { field.type.collectPrimitives(id: field.id, into: &result) }
    default: result[id] = self
    }
  }
}
