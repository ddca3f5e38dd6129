import LakeDiagnostics
import LakeTypes

/// Writes Avro's binary encoding.
struct AvroEncoder {
  var bytes: [UInt8] = []

  mutating func long(_ value: Int64) {
    var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func sized(_ content: [UInt8]) {
    long(Int64(content.count))
    bytes += content
  }

  private mutating func little<T: FixedWidthInteger>(_ value: T) {
    for position in 0..<T.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: value >> T(position * 8))) }
  }

  /// Writes a value, or throws an internal error if it is not one of the schema.
  mutating func write(_ value: AvroValue, _ schema: AvroSchema) throws(QueryError) {
    switch (schema.kind, value) {
    case (.null, .null): break
    case (.boolean, .boolean(let value)): bytes.append(value ? 1 : 0)
    case (.int, .int(let value)): long(Int64(value))
    case (.long, .long(let value)): long(value)
    case (.long, .int(let value)): long(Int64(value))
    case (.float, .float(let value)): little(value.bitPattern)
    case (.double, .double(let value)): little(value.bitPattern)
    case (.bytes, .bytes(let value)): sized(value)
    case (.string, .string(let value)): sized(Array(value.utf8))
    case (.fixed(_, let size), .fixed(let value)) where value.count == size: bytes += value
    case (.enumeration(_, let symbols), .enumeration(let position)) where symbols.indices.contains(position):
      long(Int64(position))
    case (.union(let branches), _): try writeUnion(value, branches)
    case (.array(let items), .array(let values)): try writeArray(values, items)
    case (.map(let schema), .map(let entries)): try writeMap(entries, schema)
    case (.record(let name, let fields), .record(let values)): try writeRecord(values, fields, name)
    default: throw QueryError.internal("an Avro value does not fit its schema \(schema.json.compactText)")
    }
  }

  private mutating func writeUnion(_ value: AvroValue, _ branches: [AvroSchema]) throws(QueryError) {
    guard let position = branches.firstIndex(where: { Self.fits(value, $0) }) else {
      throw QueryError.internal("an Avro value fits no branch of its union")
    }
    long(Int64(position))
    try write(value, branches[position])
  }

  /// Whether the value is of the schema's kind, which is all that tells branches apart.
  private static func fits(_ value: AvroValue, _ schema: AvroSchema) -> Bool {
    switch (schema.kind, value) {
    case (.null, .null), (.boolean, .boolean), (.int, .int), (.long, .long), (.long, .int), (.float, .float),
      (.double, .double), (.bytes, .bytes), (.string, .string), (.array, .array), (.map, .map):
      true
    case (.fixed(_, let size), .fixed(let value)): value.count == size
    case (.enumeration(_, let symbols), .enumeration(let position)): symbols.indices.contains(position)
    case (.record(_, let fields), .record(let values)): fields.count == values.count
    default: false
    }
  }

  private mutating func writeArray(_ values: [AvroValue], _ items: AvroSchema) throws(QueryError) {
    if !values.isEmpty { long(Int64(values.count)) }
    for value in values { try write(value, items) }
    long(0)
  }

  private mutating func writeMap(_ entries: [AvroMapEntry], _ schema: AvroSchema) throws(QueryError) {
    if !entries.isEmpty { long(Int64(entries.count)) }
    for entry in entries {
      sized(Array(entry.key.utf8))
      try write(entry.value, schema)
    }
    long(0)
  }

  private mutating func writeRecord(
    _ values: [AvroValue], _ fields: [AvroField], _ name: String
  ) throws(QueryError) {
    guard values.count == fields.count else {
      throw QueryError.internal("the Avro record \(name) has \(fields.count) fields, not \(values.count)")
    }
    for (field, value) in zip(fields, values) {
      do throws(QueryError) {
        try write(value, field.schema)
      } catch {
        var named = error
        named.message = "\(field.name): \(error.message)"
        throw named
      }
    }
  }
}
