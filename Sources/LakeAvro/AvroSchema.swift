package import LakeTypes

/// The schema of an Avro value, after the Avro specification 1.11; named types are written out where they are used.
///
/// Attributes that Avro gives no meaning, such as Iceberg's `element-id`, are kept in `properties`.
package struct AvroSchema: Hashable, Sendable {
  package indirect enum Kind: Hashable, Sendable {
    case null, boolean, int, long, float, double, bytes, string
    case fixed(name: String, size: Int)
    case enumeration(name: String, symbols: [String])
    case array(AvroSchema)
    case map(AvroSchema)
    case record(name: String, fields: [AvroField])
    case union([AvroSchema])
  }

  package var kind: Kind
  package var logicalType: AvroLogicalType?
  package var properties: JSONObject

  package init(_ kind: Kind, logicalType: AvroLogicalType? = nil, properties: JSONObject = JSONObject()) {
    self.kind = kind
    self.logicalType = logicalType
    self.properties = properties
  }

  package static let null = AvroSchema(.null)
  package static let boolean = AvroSchema(.boolean)
  package static let int = AvroSchema(.int)
  package static let long = AvroSchema(.long)
  package static let float = AvroSchema(.float)
  package static let double = AvroSchema(.double)
  package static let bytes = AvroSchema(.bytes)
  package static let string = AvroSchema(.string)

  package static func record(_ name: String, _ fields: [AvroField]) -> AvroSchema {
    AvroSchema(.record(name: name, fields: fields))
  }

  package static func fixed(_ name: String, size: Int) -> AvroSchema { AvroSchema(.fixed(name: name, size: size)) }

  /// An array, with the field id of its elements if that is given.
  package static func array(_ items: AvroSchema, elementID: Int? = nil) -> AvroSchema {
    var properties = JSONObject()
    if let elementID { properties["element-id"] = .integer(Int64(elementID)) }
    return AvroSchema(.array(items), properties: properties)
  }

  /// A map with string keys, with the field ids of keys and values if they are given.
  package static func map(_ values: AvroSchema, keyID: Int? = nil, valueID: Int? = nil) -> AvroSchema {
    var properties = JSONObject()
    if let keyID { properties["key-id"] = .integer(Int64(keyID)) }
    if let valueID { properties["value-id"] = .integer(Int64(valueID)) }
    return AvroSchema(.map(values), properties: properties)
  }

  /// A map with keys of any type: an array of key/value records with the logical type `map`, as Iceberg writes it.
  package static func keyValueArray(_ name: String, key: AvroField, value: AvroField) -> AvroSchema {
    AvroSchema(.array(.record(name, [key, value])), logicalType: .map)
  }

  /// A union of NULL and one type.
  package static func optional(_ schema: AvroSchema) -> AvroSchema { AvroSchema(.union([.null, schema])) }

  /// The fields of a record; empty for other kinds.
  package var fields: [AvroField] { if case .record(_, let fields) = kind { fields } else { [] } }

  /// The type without NULL: the other branch of a union of two of which one is NULL, else the schema itself.
  package var nonNull: AvroSchema {
    guard case .union(let branches) = kind, branches.count == 2 else { return self }
    return branches.first { $0.kind != .null } ?? self
  }

  /// Whether NULL is one of the values.
  package var isNullable: Bool {
    if case .union(let branches) = kind { return branches.contains { $0.kind == .null } }
    return kind == .null
  }

  /// Position of the record's field with a field id.
  package func fieldIndex(id: Int) -> Int? { fields.firstIndex { $0.fieldID == id } }

  /// Position of the record's field with a name.
  package func fieldIndex(named name: String) -> Int? { fields.firstIndex { $0.name == name } }

  package var elementID: Int? { properties["element-id"]?.int }
  package var keyID: Int? { properties["key-id"]?.int }
  package var valueID: Int? { properties["value-id"]?.int }
}

/// A field of an Avro record.
package struct AvroField: Hashable, Sendable {
  package var name: String
  package var schema: AvroSchema
  /// The default that a reader's schema may give; kept, not applied.
  package var defaultValue: JSONValue?
  /// Further attributes, such as `field-id` and `doc`.
  package var properties: JSONObject

  package init(
    _ name: String, _ schema: AvroSchema, id: Int? = nil, defaultValue: JSONValue? = nil,
    properties: JSONObject = JSONObject()
  ) {
    self.name = name
    self.schema = schema
    self.defaultValue = defaultValue
    self.properties = properties
    if let id { self.properties["field-id"] = .integer(Int64(id)) }
  }

  /// A field that may be NULL and is by default.
  package static func optional(_ name: String, _ schema: AvroSchema, id: Int? = nil) -> AvroField {
    AvroField(name, .optional(schema), id: id, defaultValue: .null)
  }

  package var fieldID: Int? { properties["field-id"]?.int }
}

/// What the bytes of a value mean beyond their Avro type.
package enum AvroLogicalType: Hashable, Sendable {
  /// On bytes and fixed: the unscaled value, big-endian two's complement.
  case decimal(precision: Int, scale: Int)
  /// On int: days since 1970-01-01.
  case date
  /// On int and long: time of day.
  case timeMillis, timeMicros
  /// On long: since 1970-01-01T00:00:00Z.
  case timestampMillis, timestampMicros, timestampNanos
  /// On long: wall-clock time.
  case localTimestampMillis, localTimestampMicros, localTimestampNanos
  /// On string, or fixed of 16 bytes.
  case uuid
  /// On an array of key/value records.
  case map
  /// One that is not known here; the value is read as its Avro type.
  case other(String)
}
