import LakeDiagnostics
import LakeTypes

/// The JSON texts in the metastore: schemas (as Spark writes a `StructType`), properties and lists of texts.
enum DefinitionJSON {
  static func text(_ schema: Schema) -> String { structure(schema.fields).compactText }

  static func text(_ properties: [String: String]) -> String {
    let members = properties.sorted { $0.key < $1.key }.map { JSONObject.Member($0.key, .string($0.value)) }
    return JSONValue.object(JSONObject(members)).compactText
  }

  static func text(_ texts: [String?]) -> String {
    JSONValue.array(texts.map { $0.map { .string($0) } ?? .null }).compactText
  }

  static func schema(_ text: String) throws(QueryError) -> Schema {
    guard case .struct(let fields) = try type(try parse(text)) else { throw damaged(text) }
    return Schema(fields)
  }

  static func properties(_ text: String) throws(QueryError) -> [String: String] {
    guard let object = try parse(text).object else { throw damaged(text) }
    var result: [String: String] = [:]
    for member in object.members {
      guard let value = member.value.string else { throw damaged(text) }
      result[member.key] = value
    }
    return result
  }

  static func texts(_ text: String) throws(QueryError) -> [String?] {
    guard let elements = try parse(text).array else { throw damaged(text) }
    var result: [String?] = []
    for element in elements {
      switch element {
      case .null: result.append(nil)
      case .string(let value): result.append(value)
      default: throw damaged(text)
      }
    }
    return result
  }

  private static func parse(_ text: String) throws(QueryError) -> JSONValue {
    do throws(QueryError) { return try JSONValue(parsing: text) } catch { throw damaged(text) }
  }

  private static func damaged(_ text: String) -> QueryError {
    QueryError(.metastoreError, .catalog, "the metastore holds a definition that cannot be read: \(text.prefix(200))")
  }

  /// Under Iceberg's names and in its form of values: what Spark keeps there is SQL text that must be parsed.
  private static let initialDefault = "initial-default"
  private static let writeDefault = "write-default"

  private static func structure(_ fields: [Field]) -> JSONValue {
    let list = fields.map { field -> JSONValue in
      var metadata: JSONObject = [:]
      metadata["comment"] = field.comment.map { .string($0) }
      metadata[initialDefault] = field.initialDefault.flatMap { LiteralJSON.json($0, field.type) }
      metadata[writeDefault] = field.writeDefault.flatMap { LiteralJSON.json($0, field.type) }
      return [
        "name": .string(field.name), "type": json(field.type), "nullable": .bool(field.isNullable),
        "metadata": .object(metadata),
      ]
    }
    return ["type": "struct", "fields": .array(list)]
  }

  private static func json(_ type: LogicalType) -> JSONValue {
    switch type {
    case .tinyint: "byte"
    case .smallint: "short"
    case .int: "integer"
    case .bigint: "long"
    case .array(let element, let containsNull):
      ["type": "array", "elementType": json(element), "containsNull": .bool(containsNull)]
    case .map(let key, let value, let containsNull):
      [
        "type": "map", "keyType": json(key), "valueType": json(value), "valueContainsNull": .bool(containsNull),
      ]
    case .struct(let fields): structure(fields)
    default: .string(type.description)
    }
  }

  private static func type(_ json: JSONValue) throws(QueryError) -> LogicalType {
    if case .string(let name) = json {
      guard let type = atomicType(name) else { throw damaged(name) }
      return type
    }
    guard let kind = json["type"]?.string else { throw damaged(json.compactText) }
    switch kind {
    case "array":
      return .array(element: try type(json.member("elementType")), containsNull: json["containsNull"] != .bool(false))
    case "map":
      return .map(
        key: try type(json.member("keyType")), value: try type(json.member("valueType")),
        valueContainsNull: json["valueContainsNull"] != .bool(false))
    case "struct":
      guard let list = json["fields"]?.array else { throw damaged(json.compactText) }
      var fields: [Field] = []
      for item in list { fields.append(try field(item)) }
      return .struct(fields)
    default: throw damaged(json.compactText)
    }
  }

  private static func field(_ json: JSONValue) throws(QueryError) -> Field {
    guard let name = json["name"]?.string else { throw damaged(json.compactText) }
    var field = Field(
      name, try type(json.member("type")), isNullable: json["nullable"] != .bool(false),
      comment: json["metadata"]?["comment"]?.string)
    field.initialDefault = try value(json["metadata"]?[initialDefault], field.type)
    field.writeDefault = try value(json["metadata"]?[writeDefault], field.type)
    return field
  }

  private static func value(_ json: JSONValue?, _ type: LogicalType) throws(QueryError) -> Literal? {
    guard let json else { return nil }
    guard let value = LiteralJSON.literal(json, type) else { throw damaged(json.compactText) }
    return value
  }

  private static let atomicTypes: [String: LogicalType] = [
    "void": .void, "boolean": .boolean, "byte": .tinyint, "short": .smallint, "integer": .int, "long": .bigint,
    "float": .float, "double": .double, "string": .string, "binary": .binary, "date": .date,
    "timestamp": .timestamp, "timestamp_ntz": .timestampNTZ, "interval year to month": .intervalYearMonth,
    "interval day to second": .intervalDayTime,
  ]

  private static func atomicType(_ name: String) -> LogicalType? {
    if let type = atomicTypes[name] { return type }
    guard name.hasPrefix("decimal("), name.hasSuffix(")") else { return nil }
    let numbers = name.dropFirst(8).dropLast().split(separator: ",").map { Int($0) }
    guard numbers.count == 2, let precision = numbers[0], let scale = numbers[1] else { return nil }
    return .decimal(precision: precision, scale: scale)
  }
}

extension JSONValue {
  /// A member that must be there.
  fileprivate func member(_ key: String) throws(QueryError) -> JSONValue {
    guard let value = self[key] else {
      throw QueryError(.metastoreError, .catalog, "a definition in the metastore lacks \(key)")
    }
    return value
  }
}
