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
  func appendScalar(_ vector: Vector, _ slot: Int, to bytes: ByteBuffer) {
    switch vector.type {
    case .boolean: bytes.append(vector.slots(UInt8.self)[slot] != 0 ? "true" : "false")
    case .tinyint: bytes.append(integer: Int64(vector.slots(Int8.self)[slot]))
    case .smallint: bytes.append(integer: Int64(vector.slots(Int16.self)[slot]))
    case .int: bytes.append(integer: Int64(vector.slots(Int32.self)[slot]))
    case .bigint: bytes.append(integer: vector.slots(Int64.self)[slot])
    case .intervalYearMonth: bytes.append(string: IntervalText.yearMonth(vector.slots(Int32.self)[slot]))
    case .intervalDayTime: bytes.append(string: IntervalText.dayTime(vector.slots(Int64.self)[slot]))
    case .float: FloatingText.append(vector.slots(Float.self)[slot], to: bytes)
    case .double: FloatingText.append(vector.slots(Double.self)[slot], to: bytes)
    case .decimal(_, let scale): appendDecimal(vector, slot, scale, bytes)
    case .date: appendDate(vector.slots(Int32.self)[slot], bytes)
    case .timestamp:
      let micros = vector.slots(Int64.self)[slot]
      let local = zone.wallClock(micros)
      appendTime(local, offset: Int((local - micros) / DateTimeText.microsPerSecond), timestampPattern, bytes)
    case .timestampNTZ: appendTime(vector.slots(Int64.self)[slot], offset: 0, timestampNTZPattern, bytes)
    case .void, .string, .binary, .array, .map, .struct: break
    }
  }

  private func appendDecimal(_ vector: Vector, _ slot: Int, _ scale: Int, _ bytes: ByteBuffer) {
    guard vector.physical == .int64 else {
      return bytes.append(string: DecimalText.string(vector.slots(Int128.self)[slot], scale: scale))
    }
    let value = vector.slots(Int64.self)[slot]
    if scale == 0 { return bytes.append(integer: value) }
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let (integer, fraction) = value.magnitude.quotientAndRemainder(
      dividingBy: UInt64(DecimalText.powersOfTen64[scale]))
    bytes.append(integer: Int64(integer))
    bytes.append(UInt8(ascii: "."))
    bytes.append(fraction, width: scale)
  }

  private func appendDate(_ days: Int32, _ bytes: ByteBuffer) {
    guard let datePattern else { return Self.appendISO(days, bytes) }
    var text: [UInt8] = []
    datePattern.append(Int64(days) * DateTimeText.microsPerDay, offset: 0, to: &text)
    bytes.append(text)
  }

  private static func appendISO(_ days: Int32, _ bytes: ByteBuffer) {
    let date = CivilDate(daysSinceEpoch: Int(days))
    guard date.year >= 0, date.year <= 9999 else { return bytes.append(string: DateTimeText.dateString(days)) }
    bytes.append(UInt64(date.year), width: 4)
    bytes.append(UInt8(ascii: "-"))
    bytes.append(UInt64(date.month), width: 2)
    bytes.append(UInt8(ascii: "-"))
    bytes.append(UInt64(date.day), width: 2)
  }

  private func appendTime(_ local: Int64, offset: Int, _ pattern: DateTimePattern?, _ bytes: ByteBuffer) {
    guard let pattern else { return Self.appendISO(local, bytes) }
    var text: [UInt8] = []
    pattern.append(local, offset: offset, to: &text)
    bytes.append(text)
  }

  private static func appendISO(_ local: Int64, _ bytes: ByteBuffer) {
    let days = DateTimeText.floorDivide(local, DateTimeText.microsPerDay)
    let micros = UInt64(local - days * DateTimeText.microsPerDay)
    appendISO(Int32(truncatingIfNeeded: days), bytes)
    let seconds = micros / 1_000_000
    for (separator, part) in [(" ", seconds / 3600), (":", seconds / 60 % 60), (":", seconds % 60)]
      as [(StaticString, UInt64)]
    {
      bytes.append(separator)
      bytes.append(part, width: 2)
    }
    var fraction = micros % 1_000_000
    guard fraction != 0 else { return }
    var width = 6
    while fraction % 10 == 0 {
      fraction /= 10
      width -= 1
    }
    bytes.append(UInt8(ascii: "."))
    bytes.append(fraction, width: width)
  }
}

extension ValueText {
  /// Appends one row of a vector as JSON: NULL as `null`, decimals as numbers, binary in base64.
  func appendJSON(_ vector: Vector, _ row: Int, to bytes: ByteBuffer) {
    guard vector.isValid(row) else { return bytes.append("null") }
    let source = vector.slotVector
    let slot = vector.slotIndex(row)
    switch vector.type {
    case .string: source.slots(StringView.self)[slot].withBytes { Self.appendQuoted($0, to: bytes) }
    case .binary:
      bytes.append(UInt8(ascii: "\""))
      bytes.append(Base64Text.encode(source.slots(StringView.self)[slot].bytes))
      bytes.append(UInt8(ascii: "\""))
    case .date, .timestamp, .timestampNTZ, .intervalYearMonth, .intervalDayTime:
      appendQuotedScalar(source, slot, bytes)
    case .float where !source.slots(Float.self)[slot].isFinite: appendQuotedScalar(source, slot, bytes)
    case .double where !source.slots(Double.self)[slot].isFinite: appendQuotedScalar(source, slot, bytes)
    case .array: appendArray(source, slot, bytes)
    case .map: appendMap(source, slot, bytes)
    case .struct(let fields): appendStruct(source, slot, fields, bytes)
    case .void: bytes.append("null")
    default: appendScalar(source, slot, to: bytes)
    }
  }

  private func appendQuotedScalar(_ vector: Vector, _ slot: Int, _ bytes: ByteBuffer) {
    bytes.append(UInt8(ascii: "\""))
    appendScalar(vector, slot, to: bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Appends a JSON string.
  static func appendQuoted(_ text: UnsafeBufferPointer<UInt8>, to bytes: ByteBuffer) {
    bytes.append(UInt8(ascii: "\""))
    var start = 0
    for index in 0..<text.count {
      let byte = text[index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      bytes.append(UnsafeBufferPointer(rebasing: text[start..<index]))
      var escape: [UInt8] = []
      JSONText.appendEscaped(byte, to: &escape)
      bytes.append(escape)
      start = index + 1
    }
    bytes.append(UnsafeBufferPointer(rebasing: text[start...]))
    bytes.append(UInt8(ascii: "\""))
  }

  private func appendArray(_ vector: Vector, _ slot: Int, _ bytes: ByteBuffer) {
    let entry = vector.slots(ListEntry.self)[slot]
    bytes.append(UInt8(ascii: "["))
    for index in 0..<Int(entry.count) {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      appendJSON(vector.children[0], Int(entry.offset) + index, to: bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private func appendMap(_ vector: Vector, _ slot: Int, _ bytes: ByteBuffer) {
    let entry = vector.slots(ListEntry.self)[slot]
    bytes.append(UInt8(ascii: "{"))
    for index in Int(entry.offset)..<Int(entry.offset) + Int(entry.count) {
      if index > Int(entry.offset) { bytes.append(UInt8(ascii: ",")) }
      appendKey(vector.children[0], index, bytes)
      bytes.append(UInt8(ascii: ":"))
      appendJSON(vector.children[1], index, to: bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// A map's key, which JSON wants as a string whatever its type.
  private func appendKey(_ keys: Vector, _ row: Int, _ bytes: ByteBuffer) {
    switch keys.type {
    case .string, .binary, .date, .timestamp, .timestampNTZ, .intervalYearMonth, .intervalDayTime:
      return appendJSON(keys, row, to: bytes)
    default: break
    }
    let text = ByteBuffer(capacity: 64)
    appendJSON(keys, row, to: text)
    Self.appendQuoted(text.bytes, to: bytes)
  }

  private func appendStruct(_ vector: Vector, _ slot: Int, _ fields: [Field], _ bytes: ByteBuffer) {
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    for (child, field) in zip(vector.children, fields) {
      let row = child.isConstant ? 0 : slot
      if ignoresNullFields, !child.isValid(row) { continue }
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      var name = field.name
      name.withUTF8 { Self.appendQuoted($0, to: bytes) }
      bytes.append(UInt8(ascii: ":"))
      appendJSON(child, row, to: bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }
}
