/// Single values as JSON: the form that Iceberg gives to the defaults of columns (table spec, appendix D).
package enum LiteralJSON {
  /// The JSON of a value; nil for what has none: NaN, infinities, and values of nested types other than NULL.
  package static func json(_ value: Literal, _ type: LogicalType) -> JSONValue? {
    switch value {
    case .null: .null
    case .boolean(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .float(let value): value.isFinite ? .number("\(value)") : nil
    case .double(let value): value.isFinite ? .number("\(value)") : nil
    case .decimal(let unscaled):
      if case .decimal(_, let scale) = type { .string(DecimalText.string(unscaled, scale: scale)) } else { nil }
    case .string(let text): .string(text)
    case .binary(let bytes): .string(hexadecimal(bytes))
    case .date(let days): .string(DateTimeText.dateString(days))
    case .timestamp(let micros): .string(isoText(micros) + (type == .timestamp ? "+00:00" : ""))
    case .array, .map, .struct: nil
    }
  }

  /// The value of a type that JSON spells; nil if it spells none. An empty object is a struct of its fields' defaults.
  package static func literal(_ json: JSONValue, _ type: LogicalType) -> Literal? {
    if json.isNull { return .null }
    switch type {
    case .boolean: return json.bool.map { .boolean($0) }
    case .tinyint: return json.integer.flatMap { Int8(exactly: $0) }.map { .integer(Int64($0)) }
    case .smallint: return json.integer.flatMap { Int16(exactly: $0) }.map { .integer(Int64($0)) }
    case .int: return json.integer.flatMap { Int32(exactly: $0) }.map { .integer(Int64($0)) }
    case .bigint: return json.integer.map { .integer($0) }
    case .float: return json.double.map { .float(Float($0)) }
    case .double: return json.double.map { .double($0) }
    case .decimal(let precision, let scale): return decimal(json, precision, scale)
    case .string: return json.string.map { .string($0) }
    case .binary: return json.string.flatMap(bytes).map { .binary($0) }
    case .date:
      return json.string.flatMap { Array($0.utf8).withUnsafeBufferPointer(DateTimeText.parseDate) }.map { .date($0) }
    case .timestamp, .timestampNTZ: return json.string.flatMap { timestamp($0, hasZone: type == .timestamp) }
    case .struct(let fields):
      guard let object = json.object, object.isEmpty else { return nil }
      return .struct(fields.map { $0.initialDefault ?? .null })
    case .void, .intervalYearMonth, .intervalDayTime, .array, .map: return nil
    }
  }

  /// A value under the wider type that its column gets; nil if it is no value of that type.
  package static func widened(_ value: Literal, from type: LogicalType, to wider: LogicalType) -> Literal? {
    // As rows are widened: the shortest text of a float means another number as a double.
    if case .float(let number) = value, wider == .double { return .double(Double(number)) }
    return json(value, type).flatMap { literal($0, wider) }
  }

  private static func decimal(_ json: JSONValue, _ precision: Int, _ scale: Int) -> Literal? {
    let unscaled = json.string.flatMap { text in
      Array(text.utf8).withUnsafeBufferPointer { DecimalText.parse($0, scale: scale) }
    }
    guard let unscaled, DecimalText.fits(unscaled, precision: precision) else { return nil }
    return .decimal(unscaled)
  }

  private static func isoText(_ micros: Int64) -> String {
    String(DateTimeText.timestampString(micros).map { $0 == " " ? "T" : $0 })
  }

  private static func timestamp(_ text: String, hasZone: Bool) -> Literal? {
    guard let parsed = Array(text.utf8).withUnsafeBufferPointer(DateTimeText.parseTimestamp) else { return nil }
    switch parsed.zone {
    case .none where !hasZone: return .timestamp(parsed.localMicros)
    case .offset(let seconds) where hasZone:
      return .timestamp(parsed.localMicros - Int64(seconds) * DateTimeText.microsPerSecond)
    default: return nil
    }
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count % 2 == 0, !digits.contains(nil) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8((digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0)) }
  }
}
