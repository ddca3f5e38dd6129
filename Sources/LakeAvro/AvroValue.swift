/// One value of an Avro file; a union shows the value of its branch only.
package indirect enum AvroValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  case int(Int32)
  case long(Int64)
  case float(Float)
  case double(Double)
  case bytes([UInt8])
  case string(String)
  case fixed([UInt8])
  /// The position of the symbol in the schema.
  case enumeration(Int)
  case array([AvroValue])
  case map([AvroMapEntry])
  /// The fields' values in the schema's order.
  case record([AvroValue])

  package var isNull: Bool { self == .null }

  package var bool: Bool? { if case .boolean(let value) = self { value } else { nil } }

  /// An int or long.
  package var integer: Int64? {
    switch self {
    case .int(let value): Int64(value)
    case .long(let value): value
    default: nil
    }
  }

  package var string: String? { if case .string(let value) = self { value } else { nil } }

  /// The content of bytes or fixed.
  package var bytes: [UInt8]? {
    switch self {
    case .bytes(let value), .fixed(let value): value
    default: nil
    }
  }

  package var elements: [AvroValue]? { if case .array(let values) = self { values } else { nil } }

  /// The fields of a record.
  package var fields: [AvroValue]? { if case .record(let values) = self { values } else { nil } }

  /// A value, or NULL for nil.
  package static func optional(_ value: AvroValue?) -> AvroValue { value ?? .null }
}

/// A key and value of an Avro map.
package struct AvroMapEntry: Hashable, Sendable {
  package var key: String
  package var value: AvroValue

  package init(_ key: String, _ value: AvroValue) {
    self.key = key
    self.value = value
  }
}

/// Integers as big-endian two's complement bytes, the form of decimals in Avro, Parquet and Iceberg bounds.
package enum BigEndianInteger {
  /// The fewest bytes that hold the value.
  package static func bytes(of value: Int128) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 16)
    for index in 0..<16 { bytes[15 - index] = UInt8(truncatingIfNeeded: value >> Int128(index * 8)) }
    let fill: UInt8 = value < 0 ? 0xFF : 0
    var start = 0
    while start < 15, bytes[start] == fill, bytes[start + 1] >> 7 == fill >> 7 { start += 1 }
    return Array(bytes[start...])
  }

  /// The value padded to a number of bytes; nil if it does not fit.
  package static func bytes(of value: Int128, count: Int) -> [UInt8]? {
    let short = bytes(of: value)
    guard short.count <= count else { return nil }
    return [UInt8](repeating: value < 0 ? 0xFF : 0, count: count - short.count) + short
  }

  /// The value of up to 16 significant bytes; nil beyond that.
  package static func value(of bytes: [UInt8]) -> Int128? {
    guard let first = bytes.first else { return 0 }
    let fill: UInt8 = first >> 7 == 0 ? 0 : 0xFF
    let extra = max(0, bytes.count - 16)
    guard bytes.prefix(extra).allSatisfy({ $0 == fill }) else { return nil }
    let kept = bytes.dropFirst(extra)
    guard let leading = kept.first, extra == 0 || leading >> 7 == fill >> 7 else { return nil }
    var value: Int128 = fill == 0 ? 0 : -1
    for byte in kept { value = value << 8 | Int128(byte) }
    return value
  }
}
