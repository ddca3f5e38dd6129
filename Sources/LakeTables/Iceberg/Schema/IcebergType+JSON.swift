import LakeDiagnostics
import LakeTypes

extension IcebergType {
  /// Reads a type as table metadata spells it.
  init(json: JSONValue) throws(QueryError) {
    if let name = json.string {
      guard let type = Self(primitive: name) else {
        throw QueryError(.unsupported, .catalog, "the Iceberg type is not supported: \(name)")
      }
      self = type
      return
    }
    let kind = json["type"]?.string
    switch kind {
    case "struct":
      var fields: [IcebergField] = []
      for item in try json.list("fields") { fields.append(try IcebergField(json: item)) }
      self = .structure(fields)
    case "list":
      self = .list(
        elementID: try json.number("element-id"), element: try IcebergType(json: try json.member("element")),
        isRequired: json["element-required"]?.bool ?? false)
    case "map":
      self = .map(
        keyID: try json.number("key-id"), key: try IcebergType(json: try json.member("key")),
        valueID: try json.number("value-id"), value: try IcebergType(json: try json.member("value")),
        isRequired: json["value-required"]?.bool ?? false)
    default:
      throw QueryError(.unsupported, .catalog, "the Iceberg type is not supported: \(kind ?? json.compactText)")
    }
  }

  private init?(primitive name: String) {
    switch name {
    case "boolean": self = .boolean
    case "int": self = .int
    case "long": self = .long
    case "float": self = .float
    case "double": self = .double
    case "date": self = .date
    case "time": self = .time
    case "string": self = .string
    case "uuid": self = .uuid
    case "binary": self = .binary
    case "timestamp": self = .timestamp(hasZone: false)
    case "timestamptz": self = .timestamp(hasZone: true)
    case "timestamp_ns": self = .timestampNano(hasZone: false)
    case "timestamptz_ns": self = .timestampNano(hasZone: true)
    default:
      if let numbers = Self.arguments(of: name, "decimal("), numbers.count == 2 {
        self = .decimal(precision: numbers[0], scale: numbers[1])
      } else if let numbers = Self.arguments(of: name, "fixed["), numbers.count == 1 {
        self = .fixed(numbers[0])
      } else {
        return nil
      }
    }
  }

  private static func arguments(of text: String, _ prefix: String) -> [Int]? {
    guard text.hasPrefix(prefix) else { return nil }
    let parts = text.dropFirst(prefix.count).dropLast().split(separator: ",")
    let numbers = parts.compactMap { Int($0.drop { $0 == " " }) }
    return numbers.count == parts.count ? numbers : nil
  }

  /// The type as table metadata spells it.
  var json: JSONValue {
    switch self {
    case .boolean: "boolean"
    case .int: "int"
    case .long: "long"
    case .float: "float"
    case .double: "double"
    case .date: "date"
    case .time: "time"
    case .string: "string"
    case .uuid: "uuid"
    case .binary: "binary"
    case .timestamp(let hasZone): hasZone ? "timestamptz" : "timestamp"
    case .timestampNano(let hasZone): hasZone ? "timestamptz_ns" : "timestamp_ns"
    case .decimal(let precision, let scale): .string("decimal(\(precision), \(scale))")
    case .fixed(let length): .string("fixed[\(length)]")
    case .list(let id, let element, let isRequired):
      [
        "type": "list", "element-id": .integer(Int64(id)), "element": element.json,
        "element-required": .bool(isRequired),
      ]
    case .map(let keyID, let key, let valueID, let value, let isRequired):
      [
        "type": "map", "key-id": .integer(Int64(keyID)), "key": key.json, "value-id": .integer(Int64(valueID)),
        "value": value.json, "value-required": .bool(isRequired),
      ]
    case .structure(let fields): ["type": "struct", "fields": .array(fields.map(\.json))]
    }
  }
}

extension IcebergField {
  init(json: JSONValue) throws(QueryError) {
    id = try json.number("id")
    name = try json.text("name")
    type = try IcebergType(json: try json.member("type"))
    isRequired = json["required"]?.bool ?? false
    doc = json["doc"]?.string
    initialDefault = json["initial-default"]
    writeDefault = json["write-default"]
  }

  var json: JSONValue {
    var object: JSONObject = [
      "id": .integer(Int64(id)), "name": .string(name), "required": .bool(isRequired), "type": type.json,
    ]
    object["doc"] = doc.map { .string($0) }
    object["initial-default"] = initialDefault
    object["write-default"] = writeDefault
    return .object(object)
  }
}

extension IcebergSchema {
  init(json: JSONValue) throws(QueryError) {
    guard case .structure(let fields) = try IcebergType(json: json) else {
      throw QueryError(.corruptFile, .catalog, "the schema of the table metadata is no struct")
    }
    id = json["schema-id"]?.int ?? 0
    self.fields = fields
    identifierFieldIDs = json["identifier-field-ids"]?.array?.compactMap(\.int) ?? []
  }

  var json: JSONValue {
    var object: JSONObject = [
      "type": "struct", "schema-id": .integer(Int64(id)), "fields": .array(fields.map(\.json)),
    ]
    object["identifier-field-ids"] = .array(identifierFieldIDs.map { .integer(Int64($0)) })
    return .object(object)
  }
}

extension JSONValue {
  /// A member of table metadata that must be there.
  func member(_ key: String) throws(QueryError) -> JSONValue {
    guard let value = self[key] else { throw missing(key) }
    return value
  }

  func number(_ key: String) throws(QueryError) -> Int {
    guard let value = self[key]?.int else { throw missing(key) }
    return value
  }

  func text(_ key: String) throws(QueryError) -> String {
    guard let value = self[key]?.string else { throw missing(key) }
    return value
  }

  func list(_ key: String) throws(QueryError) -> [JSONValue] {
    guard let value = self[key]?.array else { throw missing(key) }
    return value
  }

  private func missing(_ key: String) -> QueryError {
    QueryError(.corruptFile, .catalog, "the table metadata lacks a valid \(key)")
  }
}
