import LakeAvro
import LakeTypes

/// The single-value binary form of Iceberg's bounds (table spec, appendix D).
enum BoundValue {
  /// Encodes a value of a SQL type; nil for values that have no such form.
  static func bytes(of value: Literal, type: LogicalType) -> [UInt8]? {
    switch value {
    case .boolean(let value): [value ? 1 : 0]
    case .integer(let value): type == .bigint ? littleEndian(value) : littleEndian(Int32(truncatingIfNeeded: value))
    case .date(let days): littleEndian(days)
    case .timestamp(let micros): littleEndian(micros)
    case .float(let value): littleEndian(value.bitPattern)
    case .double(let value): littleEndian(value.bitPattern)
    case .decimal(let unscaled): BigEndianInteger.bytes(of: unscaled)
    case .string(let text): Array(text.utf8)
    case .binary(let bytes): bytes
    case .null, .array, .map, .struct: nil
    }
  }

  /// Decodes a bound; a column that was widened later may hold the narrower form. Nil if the bytes do not fit.
  static func literal(_ bytes: [UInt8], type: LogicalType) -> Literal? {
    switch type {
    case .boolean: return bytes.first.map { .boolean($0 != 0) }
    case .int, .smallint, .tinyint: return signed(bytes).map { .integer($0) }
    case .bigint: return signed(bytes).map { .integer($0) }
    case .date: return signed(bytes).flatMap { Int32(exactly: $0) }.map { .date($0) }
    case .timestamp, .timestampNTZ: return bytes.count == 8 ? signed(bytes).map { .timestamp($0) } : nil
    case .float: return bytes.count == 4 ? .float(Float(bitPattern: UInt32(truncatingIfNeeded: unsigned(bytes)))) : nil
    case .double:
      if bytes.count == 4 { return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: unsigned(bytes))))) }
      return bytes.count == 8 ? .double(Double(bitPattern: unsigned(bytes))) : nil
    case .decimal: return bytes.isEmpty ? nil : BigEndianInteger.value(of: bytes).map { .decimal($0) }
    case .string: return .string(String(decoding: bytes, as: UTF8.self))
    case .binary: return .binary(bytes)
    default: return nil
    }
  }

  private static func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private static func unsigned(_ bytes: [UInt8]) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func signed(_ bytes: [UInt8]) -> Int64? {
    switch bytes.count {
    case 4: Int64(Int32(truncatingIfNeeded: unsigned(bytes)))
    case 8: Int64(bitPattern: unsigned(bytes))
    default: nil
    }
  }

  /// Code points and bytes that bounds of strings and binary keep.
  static let truncatedLength = 16

  /// A lower bound no longer than the limit: a prefix sorts before every value that starts with it.
  static func truncatedLower(_ value: Literal) -> Literal {
    switch value {
    case .string(let text): .string(prefix(text))
    case .binary(let bytes): .binary(Array(bytes.prefix(truncatedLength)))
    default: value
    }
  }

  /// An upper bound no longer than the limit: a prefix whose last part is raised; nil if none can be raised.
  static func truncatedUpper(_ value: Literal) -> Literal? {
    switch value {
    case .string(let text):
      let short = prefix(text)
      return short.utf8.count == text.utf8.count ? value : raised(short).map { .string($0) }
    case .binary(let bytes):
      if bytes.count <= truncatedLength { return value }
      var short = Array(bytes.prefix(truncatedLength))
      while let last = short.last, last == 0xFF { short.removeLast() }
      guard let last = short.popLast() else { return nil }
      return .binary(short + [last + 1])
    default: return value
    }
  }

  private static func prefix(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.prefix(truncatedLength)))
  }

  /// The text with its last code point that has a successor raised, and the ones behind it cut off.
  private static func raised(_ text: String) -> String? {
    var scalars = Array(text.unicodeScalars)
    while let last = scalars.popLast() {
      // Behind U+D7FF come the surrogates, which are no code points of their own.
      let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
      if let scalar = Unicode.Scalar(next) { return String(String.UnicodeScalarView(scalars + [scalar])) }
    }
    return nil
  }
}
