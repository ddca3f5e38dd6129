package import LakeDiagnostics
package import LakeTypes

extension AvroSchema {
  /// Reads a schema from its JSON form.
  package init(parsing bytes: [UInt8]) throws(QueryError) {
    let json = try JSONValue(parsing: bytes)
    var parser = AvroSchemaParser()
    self = try parser.schema(json, namespace: "")
  }

  package init(json: JSONValue) throws(QueryError) {
    var parser = AvroSchemaParser()
    self = try parser.schema(json, namespace: "")
  }

  /// The schema in JSON; a named type is written out once and then referred to by name.
  package var json: JSONValue {
    var named: Set<String> = []
    return json(&named)
  }

  fileprivate func json(_ named: inout Set<String>) -> JSONValue {
    if case .union(let branches) = kind { return .array(branches.map { $0.json(&named) }) }
    if let name = typeName, !named.insert(name).inserted { return .string(name) }
    var object = JSONObject()
    object["type"] = .string(typeWord)
    switch kind {
    case .fixed(let name, let size):
      object["name"] = .string(name)
      object["size"] = .integer(Int64(size))
    case .enumeration(let name, let symbols):
      object["name"] = .string(name)
      object["symbols"] = .array(symbols.map { .string($0) })
    case .array(let items): object["items"] = items.json(&named)
    case .map(let values): object["values"] = values.json(&named)
    case .record(let name, let fields):
      object["name"] = .string(name)
      object["fields"] = .array(fields.map { $0.json(&named) })
    default:
      if logicalType == nil, properties.isEmpty { return .string(typeWord) }
    }
    logicalType?.write(to: &object)
    object.members += properties.members
    return .object(object)
  }

  private var typeName: String? {
    switch kind {
    case .fixed(let name, _), .enumeration(let name, _), .record(let name, _): name
    default: nil
    }
  }

  private var typeWord: String {
    switch kind {
    case .null: "null"
    case .boolean: "boolean"
    case .int: "int"
    case .long: "long"
    case .float: "float"
    case .double: "double"
    case .bytes: "bytes"
    case .string: "string"
    case .fixed: "fixed"
    case .enumeration: "enum"
    case .array: "array"
    case .map: "map"
    case .record: "record"
    case .union: "union"
    }
  }
}

extension AvroField {
  fileprivate func json(_ named: inout Set<String>) -> JSONValue {
    var object = JSONObject()
    object["name"] = .string(name)
    object["type"] = schema.json(&named)
    if let defaultValue { object["default"] = defaultValue }
    object.members += properties.members
    return .object(object)
  }
}

extension AvroLogicalType {
  fileprivate var word: String {
    switch self {
    case .decimal: "decimal"
    case .date: "date"
    case .timeMillis: "time-millis"
    case .timeMicros: "time-micros"
    case .timestampMillis: "timestamp-millis"
    case .timestampMicros: "timestamp-micros"
    case .timestampNanos: "timestamp-nanos"
    case .localTimestampMillis: "local-timestamp-millis"
    case .localTimestampMicros: "local-timestamp-micros"
    case .localTimestampNanos: "local-timestamp-nanos"
    case .uuid: "uuid"
    case .map: "map"
    case .other(let word): word
    }
  }

  fileprivate func write(to object: inout JSONObject) {
    object["logicalType"] = .string(word)
    if case .decimal(let precision, let scale) = self {
      object["precision"] = .integer(Int64(precision))
      object["scale"] = .integer(Int64(scale))
    }
  }

  private static let plain: [AvroLogicalType] = [
    .date, .timeMillis, .timeMicros, .timestampMillis, .timestampMicros, .timestampNanos, .localTimestampMillis,
    .localTimestampMicros, .localTimestampNanos, .uuid, .map,
  ]

  /// The logical type of a schema object; a decimal without sensible digits is no decimal, as the specification says.
  fileprivate init?(_ object: JSONObject) {
    guard let word = object["logicalType"]?.string else { return nil }
    if word == "decimal", let precision = object["precision"]?.int {
      let scale = object["scale"]?.int ?? 0
      guard precision > 0, scale >= 0, scale <= precision else { return nil }
      self = .decimal(precision: precision, scale: scale)
    } else {
      self = Self.plain.first { $0.word == word } ?? .other(word)
    }
  }
}

/// Reads schemas, resolving names.
private struct AvroSchemaParser {
  /// Parts that a schema may have with all named types written out: keeps hostile schemas from exploding.
  private static let maxParts = 100_000

  private var named: [String: AvroSchema?] = [:]
  private var partsOfNamed: [String: Int] = [:]
  private var parts = 0

  private func failure(_ reason: String) -> QueryError {
    QueryError(.corruptFile, .storage, "invalid Avro schema: \(reason)")
  }

  mutating func schema(_ json: JSONValue, namespace: String) throws(QueryError) -> AvroSchema {
    parts += 1
    if parts > Self.maxParts { throw failure("more than \(Self.maxParts) parts") }
    switch json {
    case .string(let word): return try reference(word, namespace)
    case .array(let branches): return AvroSchema(.union(try union(branches, namespace)))
    case .object(let object): return try composite(object, namespace)
    default: throw failure("a type is neither a name, an object nor a list")
    }
  }

  private mutating func union(_ json: [JSONValue], _ namespace: String) throws(QueryError) -> [AvroSchema] {
    var branches: [AvroSchema] = []
    for branch in json {
      let branch = try schema(branch, namespace: namespace)
      if case .union = branch.kind { throw failure("a union directly within a union") }
      branches.append(branch)
    }
    if branches.isEmpty { throw failure("a union without branches") }
    return branches
  }

  private static func primitive(_ word: String) -> AvroSchema.Kind? {
    switch word {
    case "null": .null
    case "boolean": .boolean
    case "int": .int
    case "long": .long
    case "float": .float
    case "double": .double
    case "bytes": .bytes
    case "string": .string
    default: nil
    }
  }

  private mutating func reference(_ word: String, _ namespace: String) throws(QueryError) -> AvroSchema {
    if let kind = Self.primitive(word) { return AvroSchema(kind) }
    for name in [Self.fullName(word, namespace), word] {
      guard let entry = named[name] else { continue }
      guard let found = entry else {
        throw QueryError(.unsupportedFile, .storage, "recursive Avro schemas are not supported: \(word)")
      }
      parts += partsOfNamed[name] ?? 0
      return found
    }
    throw failure("unknown type \(word)")
  }

  private static func fullName(_ name: String, _ namespace: String) -> String {
    namespace.isEmpty || name.contains(".") ? name : namespace + "." + name
  }

  private mutating func composite(_ object: JSONObject, _ namespace: String) throws(QueryError) -> AvroSchema {
    guard let type = object["type"] else { throw failure("an object without a type") }
    guard case .string(let word) = type else { return try schema(type, namespace: namespace) }
    let kind: AvroSchema.Kind
    switch word {
    case "record", "error", "enum", "fixed": return try definition(word, object, namespace)
    case "array": kind = .array(try part(object, "items", namespace))
    case "map": kind = .map(try part(object, "values", namespace))
    default:
      guard let primitive = Self.primitive(word) else { return try reference(word, namespace) }
      kind = primitive
    }
    return finished(kind, object)
  }

  private mutating func part(
    _ object: JSONObject, _ key: String, _ namespace: String
  ) throws(QueryError) -> AvroSchema {
    guard let json = object[key] else { throw failure("a type without \(key)") }
    return try schema(json, namespace: namespace)
  }

  private static let knownKeys: Set<String> = [
    "type", "name", "namespace", "fields", "items", "values", "symbols", "size", "logicalType", "precision", "scale",
  ]

  private func finished(_ kind: AvroSchema.Kind, _ object: JSONObject) -> AvroSchema {
    let properties = JSONObject(object.members.filter { !Self.knownKeys.contains($0.key) })
    return AvroSchema(kind, logicalType: AvroLogicalType(object), properties: properties)
  }

  private mutating func definition(
    _ word: String, _ object: JSONObject, _ outer: String
  ) throws(QueryError) -> AvroSchema {
    guard let simple = object["name"]?.string, !simple.isEmpty else { throw failure("a \(word) without a name") }
    let name = Self.fullName(simple, object["namespace"]?.string ?? outer)
    let namespace = name.split(separator: ".").dropLast().joined(separator: ".")
    if named[name] != nil { throw failure("the type \(name) is defined twice") }
    named[name] = .some(nil)
    let before = parts
    let kind: AvroSchema.Kind
    switch word {
    case "fixed": kind = .fixed(name: name, size: try fixedSize(object, name))
    case "enum": kind = .enumeration(name: name, symbols: try symbols(object, name))
    default: kind = .record(name: name, fields: try fields(object, name, namespace))
    }
    let schema = finished(kind, object)
    named[name] = schema
    partsOfNamed[name] = parts - before
    return schema
  }

  private func fixedSize(_ object: JSONObject, _ name: String) throws(QueryError) -> Int {
    guard let size = object["size"]?.int, size >= 0 else { throw failure("the fixed \(name) has no valid size") }
    return size
  }

  private func symbols(_ object: JSONObject, _ name: String) throws(QueryError) -> [String] {
    let symbols = (object["symbols"]?.array ?? []).compactMap(\.string)
    if symbols.isEmpty { throw failure("the enum \(name) has no symbols") }
    return symbols
  }

  private mutating func fields(
    _ object: JSONObject, _ name: String, _ namespace: String
  ) throws(QueryError) -> [AvroField] {
    guard let list = object["fields"]?.array else { throw failure("the record \(name) has no fields") }
    var fields: [AvroField] = []
    for case .object(let json) in list {
      guard let fieldName = json["name"]?.string, let type = json["type"] else {
        throw failure("the record \(name) has a field without name or type")
      }
      let schema = try schema(type, namespace: namespace)
      let properties = json.members.filter { !["name", "type", "default"].contains($0.key) }
      fields.append(
        AvroField(fieldName, schema, defaultValue: json["default"], properties: JSONObject(properties)))
    }
    if fields.count != list.count { throw failure("the record \(name) has a field that is no object") }
    return fields
  }
}
