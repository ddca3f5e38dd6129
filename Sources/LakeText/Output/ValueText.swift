import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Writes values as text, in the form that CSV, JSON and their like share.
struct ValueText {
  let zone: TextTimeZone
  private let datePattern: DateTimePattern?
  private let timestampPattern: DateTimePattern?
  private let timestampNTZPattern: DateTimePattern?
  /// Whether NULL fields of structs are left out in JSON.
  let ignoresNullFields: Bool

  init(
    zone: TextTimeZone, dateFormat: String?, timestampFormat: String?, timestampNTZFormat: String?,
    ignoresNullFields: Bool
  ) throws(QueryError) {
    self.zone = zone
    self.ignoresNullFields = ignoresNullFields
    datePattern = try Self.pattern(dateFormat)
    timestampPattern = try Self.pattern(timestampFormat)
    timestampNTZPattern = try Self.pattern(timestampNTZFormat)
  }

  private static func pattern(_ text: String?) throws(QueryError) -> DateTimePattern? {
    guard let text else { return nil }
    return try DateTimePattern(text)
  }

  /// Appends the bare text of a value that is neither NULL, string, binary nor nested; a slot of a flat vector.
  func appendScalar(_ vector: Vector, _ slot: Int, to bytes: inout [UInt8]) {
    switch vector.type {
    case .boolean: bytes += (vector.slots(UInt8.self)[slot] != 0 ? "true" : "false").utf8
    case .tinyint: Self.append(Int64(vector.slots(Int8.self)[slot]), to: &bytes)
    case .smallint: Self.append(Int64(vector.slots(Int16.self)[slot]), to: &bytes)
    case .int, .intervalYearMonth: Self.append(Int64(vector.slots(Int32.self)[slot]), to: &bytes)
    case .bigint, .intervalDayTime: Self.append(vector.slots(Int64.self)[slot], to: &bytes)
    case .float: FloatingText.append(vector.slots(Float.self)[slot], to: &bytes)
    case .double: FloatingText.append(vector.slots(Double.self)[slot], to: &bytes)
    case .decimal(_, let scale): appendDecimal(vector, slot, scale, &bytes)
    case .date: appendDate(vector.slots(Int32.self)[slot], &bytes)
    case .timestamp:
      let micros = vector.slots(Int64.self)[slot]
      let local = zone.wallClock(micros)
      appendTime(local, offset: Int((local - micros) / DateTimeText.microsPerSecond), timestampPattern, &bytes)
    case .timestampNTZ: appendTime(vector.slots(Int64.self)[slot], offset: 0, timestampNTZPattern, &bytes)
    case .void, .string, .binary, .array, .map, .struct: break
    }
  }

  /// Appends an integer's digits.
  static func append(_ value: Int64, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = value.magnitude
    var width = 1
    while rest >= 10 {
      rest /= 10
      width += 1
    }
    appendPadded(value.magnitude, width, &bytes)
  }

  private func appendDecimal(_ vector: Vector, _ slot: Int, _ scale: Int, _ bytes: inout [UInt8]) {
    guard vector.physical == .int64 else {
      bytes += DecimalText.string(vector.slots(Int128.self)[slot], scale: scale).utf8
      return
    }
    let value = vector.slots(Int64.self)[slot]
    if scale == 0 { return Self.append(value, to: &bytes) }
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let (integer, fraction) = value.magnitude.quotientAndRemainder(
      dividingBy: UInt64(DecimalText.powersOfTen64[scale]))
    Self.append(Int64(integer), to: &bytes)
    bytes.append(UInt8(ascii: "."))
    Self.appendPadded(fraction, scale, &bytes)
  }

  private static func appendPadded(_ value: UInt64, _ width: Int, _ bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0x30, count: width))
    var rest = value
    var index = start + width - 1
    while rest != 0, index >= start {
      bytes[index] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
      rest /= 10
      index -= 1
    }
  }

  private func appendDate(_ days: Int32, _ bytes: inout [UInt8]) {
    if let datePattern {
      datePattern.append(Int64(days) * DateTimeText.microsPerDay, offset: 0, to: &bytes)
    } else {
      let date = CivilDate(daysSinceEpoch: Int(days))
      guard date.year >= 0, date.year <= 9999 else { return bytes += DateTimeText.dateString(days).utf8 }
      Self.appendPadded(UInt64(date.year), 4, &bytes)
      bytes.append(UInt8(ascii: "-"))
      Self.appendPadded(UInt64(date.month), 2, &bytes)
      bytes.append(UInt8(ascii: "-"))
      Self.appendPadded(UInt64(date.day), 2, &bytes)
    }
  }

  private func appendTime(_ local: Int64, offset: Int, _ pattern: DateTimePattern?, _ bytes: inout [UInt8]) {
    if let pattern {
      pattern.append(local, offset: offset, to: &bytes)
    } else {
      bytes += DateTimeText.timestampString(local).utf8
    }
  }
}

extension ValueText {
  /// Appends one row of a vector as JSON: NULL as `null`, decimals as numbers, binary in base64.
  func appendJSON(_ vector: Vector, _ row: Int, to bytes: inout [UInt8]) {
    guard vector.isValid(row) else { return bytes += "null".utf8 }
    let source = vector.slotVector
    let slot = vector.slotIndex(row)
    switch vector.type {
    case .string: source.slots(StringView.self)[slot].withBytes { Self.appendQuoted($0, to: &bytes) }
    case .binary:
      bytes.append(UInt8(ascii: "\""))
      source.slots(StringView.self)[slot].withBytes { Base64Text.append($0, to: &bytes) }
      bytes.append(UInt8(ascii: "\""))
    case .date, .timestamp, .timestampNTZ: appendQuotedScalar(source, slot, &bytes)
    case .float where !source.slots(Float.self)[slot].isFinite: appendQuotedScalar(source, slot, &bytes)
    case .double where !source.slots(Double.self)[slot].isFinite: appendQuotedScalar(source, slot, &bytes)
    case .array: appendArray(source, slot, &bytes)
    case .map: appendMap(source, slot, &bytes)
    case .struct(let fields): appendStruct(source, slot, fields, &bytes)
    case .void: bytes += "null".utf8
    default: appendScalar(source, slot, to: &bytes)
    }
  }

  private func appendQuotedScalar(_ vector: Vector, _ slot: Int, _ bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    appendScalar(vector, slot, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Appends a JSON string.
  static func appendQuoted(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    if text.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
      for byte in text { JSONText.appendEscaped(byte, to: &bytes) }
    } else {
      bytes.append(contentsOf: text)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private func appendArray(_ vector: Vector, _ slot: Int, _ bytes: inout [UInt8]) {
    let entry = vector.slots(ListEntry.self)[slot]
    bytes.append(UInt8(ascii: "["))
    for index in 0..<Int(entry.count) {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      appendJSON(vector.children[0], Int(entry.offset) + index, to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private func appendMap(_ vector: Vector, _ slot: Int, _ bytes: inout [UInt8]) {
    let entry = vector.slots(ListEntry.self)[slot]
    bytes.append(UInt8(ascii: "{"))
    for index in Int(entry.offset)..<Int(entry.offset) + Int(entry.count) {
      if index > Int(entry.offset) { bytes.append(UInt8(ascii: ",")) }
      appendKey(vector.children[0], index, &bytes)
      bytes.append(UInt8(ascii: ":"))
      appendJSON(vector.children[1], index, to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// A map's key, which JSON wants as a string whatever its type.
  private func appendKey(_ keys: Vector, _ row: Int, _ bytes: inout [UInt8]) {
    var text: [UInt8] = []
    appendJSON(keys, row, to: &text)
    if text.first == UInt8(ascii: "\"") { return bytes += text }
    text.withUnsafeBufferPointer { Self.appendQuoted($0, to: &bytes) }
  }

  private func appendStruct(_ vector: Vector, _ slot: Int, _ fields: [Field], _ bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    for (child, field) in zip(vector.children, fields) {
      let row = child.isConstant ? 0 : slot
      if ignoresNullFields, !child.isValid(row) { continue }
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      var name = field.name
      name.withUTF8 { Self.appendQuoted($0, to: &bytes) }
      bytes.append(UInt8(ascii: ":"))
      appendJSON(child, row, to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }
}
