import LakeTypes

/// The text of partition values in directory names and in SHOW PARTITIONS, as Spark writes it.
enum PartitionText {
  /// The text of a value; nil for NULL.
  static func text(of value: Literal, type: LogicalType) -> String? {
    switch value {
    case .null, .array, .map, .struct: nil
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .float(let value): "\(value)"
    case .double(let value): "\(value)"
    case .decimal(let value):
      if case .decimal(_, let scale) = type { DecimalText.string(value, scale: scale) } else { String(value) }
    case .string(let value): value
    case .binary(let bytes): String(decoding: bytes, as: UTF8.self)
    case .date(let days): DateTimeText.dateString(days)
    case .timestamp(let micros): DateTimeText.timestampString(micros)
    }
  }

  /// Reads the text back as a value of a type; nil if it is not one. Timestamps without a zone count as UTC.
  static func value(of text: String, type: LogicalType) -> Literal? {
    switch type {
    case .boolean:
      switch text.lowercased() {
      case "true": return .boolean(true)
      case "false": return .boolean(false)
      default: return nil
      }
    case .tinyint: return Int8(text).map { .integer(Int64($0)) }
    case .smallint: return Int16(text).map { .integer(Int64($0)) }
    case .int: return Int32(text).map { .integer(Int64($0)) }
    case .bigint: return Int64(text).map { .integer($0) }
    case .float: return Float(text).map { .float($0) }
    case .double: return Double(text).map { .double($0) }
    case .decimal(let precision, let scale):
      guard let value = withBytes(text, { DecimalText.parse($0, scale: scale) }),
        DecimalText.fits(value, precision: precision)
      else { return nil }
      return .decimal(value)
    case .string: return .string(text)
    case .binary: return .binary(Array(text.utf8))
    case .date: return withBytes(text) { DateTimeText.parseDate($0) }.map { .date($0) }
    case .timestamp, .timestampNTZ: return timestamp(text)
    default: return nil
    }
  }

  private static func timestamp(_ text: String) -> Literal? {
    guard let parsed = withBytes(text, { DateTimeText.parseTimestamp($0) }) else { return nil }
    switch parsed.zone {
    case .none: return .timestamp(parsed.localMicros)
    case .offset(let seconds): return .timestamp(parsed.localMicros - Int64(seconds) * 1_000_000)
    case .region: return nil
    }
  }

  private static func withBytes<T>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> T?) -> T? {
    var text = text
    return text.withUTF8(body)
  }

  /// The narrowest type that reads all the texts, of those that Spark infers for partition columns.
  static func inferredType(_ texts: [String]) -> LogicalType {
    let candidates: [LogicalType] = [.int, .bigint, .double, .date, .timestamp]
    for type in candidates where texts.allSatisfy({ isPlain($0, type) && value(of: $0, type: type) != nil }) {
      return type
    }
    return .string
  }

  /// Keeps texts such as `nan`, `2026` and `+1` from being taken for the wider types.
  private static func isPlain(_ text: String, _ type: LogicalType) -> Bool {
    guard let first = text.utf8.first else { return false }
    switch type {
    case .double: return first == 0x2D || first == 0x2E || (first >= 0x30 && first <= 0x39) && !text.hasPrefix("0x")
    case .date: return text.utf8.count == 10
    case .timestamp: return text.utf8.count > 10
    default: return true
    }
  }
}
