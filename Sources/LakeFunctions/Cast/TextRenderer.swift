import LakeColumnar
import LakeTypes

/// Writes values of one type as text, the way a cast to string does.
struct TextRenderer {
  typealias Append = (_ source: Vector, _ slot: Int, _ bytes: inout [UInt8]) -> Void
  /// Writes the value in a slot of a flat vector (or of a dictionary); the value is not NULL.
  let append: Append

  init(_ type: LogicalType, _ context: EvaluationContext) {
    append = Self.writer(type, context)
  }

  private static func writer(_ type: LogicalType, _ context: EvaluationContext) -> Append {
    switch type {
    case .void, .boolean: { $2.append(contentsOf: ($0.slots(UInt8.self)[$1] != 0 ? "true" : "false").utf8) }
    case .tinyint: { DigitText.append(Int64($0.slots(Int8.self)[$1]), to: &$2) }
    case .smallint: { DigitText.append(Int64($0.slots(Int16.self)[$1]), to: &$2) }
    case .int: { DigitText.append(Int64($0.slots(Int32.self)[$1]), to: &$2) }
    case .bigint: { DigitText.append($0.slots(Int64.self)[$1], to: &$2) }
    case .float: { FloatText.append($0.slots(Float.self)[$1], to: &$2) }
    case .double: { FloatText.append($0.slots(Double.self)[$1], to: &$2) }
    case .decimal(_, let scale): decimalWriter(scale, isNarrow: type.physical == .int64)
    case .string, .binary: { $2.append(contentsOf: ($0.slots(StringView.self) + $1).valueBytes) }
    case .date: { DigitText.append(date: $0.slots(Int32.self)[$1], to: &$2) }
    case .timestamp, .timestampNTZ: timestampWriter(LocalClock(type, context))
    case .intervalYearMonth: { $2.append(contentsOf: IntervalText.yearMonth($0.slots(Int32.self)[$1]).utf8) }
    case .intervalDayTime: { $2.append(contentsOf: IntervalText.dayTime($0.slots(Int64.self)[$1]).utf8) }
    case .array(let element, _): arrayWriter(element, context)
    case .map(let key, let value, _): mapWriter(key, value, context)
    case .struct(let fields): structWriter(fields, context)
    }
  }

  private static func decimalWriter(_ scale: Int, isNarrow: Bool) -> Append {
    if isNarrow { return { DigitText.append($0.slots(Int64.self)[$1], scale: scale, to: &$2) } }
    return { $2.append(contentsOf: DecimalText.string($0.slots(Int128.self)[$1], scale: scale).utf8) }
  }

  private static func timestampWriter(_ clock: LocalClock) -> Append {
    { DigitText.append(timestamp: clock.local($0.slots(Int64.self)[$1]), to: &$2) }
  }

  private static func arrayWriter(_ element: LogicalType, _ context: EvaluationContext) -> Append {
    let elements = nullable(element, context)
    return { source, slot, bytes in
      let entry = source.slots(ListEntry.self)[slot]
      bytes.append(UInt8(ascii: "["))
      for index in 0..<Int(entry.count) {
        if index > 0 { bytes.append(contentsOf: ", ".utf8) }
        elements(source.children[0], Int(entry.offset) + index, &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    }
  }

  private static func mapWriter(
    _ key: LogicalType, _ value: LogicalType, _ context: EvaluationContext
  ) -> Append {
    let keys = nullable(key, context)
    let values = nullable(value, context)
    return { source, slot, bytes in
      let entry = source.slots(ListEntry.self)[slot]
      bytes.append(UInt8(ascii: "{"))
      for index in 0..<Int(entry.count) {
        if index > 0 { bytes.append(contentsOf: ", ".utf8) }
        keys(source.children[0], Int(entry.offset) + index, &bytes)
        bytes.append(contentsOf: " -> ".utf8)
        values(source.children[1], Int(entry.offset) + index, &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func structWriter(_ fields: [Field], _ context: EvaluationContext) -> Append {
    let parts = fields.map { nullable($0.type, context) }
    return { source, slot, bytes in
      bytes.append(UInt8(ascii: "{"))
      for index in 0..<parts.count {
        if index > 0 { bytes.append(contentsOf: ", ".utf8) }
        parts[index](source.children[index], slot, &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// A writer for rows of any encoding that may be NULL.
  private static func nullable(_ type: LogicalType, _ context: EvaluationContext) -> Append {
    let append = writer(type, context)
    return { source, row, bytes in
      if source.isValid(row) {
        append(source.slotVector, source.slotIndex(row), &bytes)
      } else {
        bytes.append(contentsOf: "null".utf8)
      }
    }
  }
}

/// Writes digits without making a String.
enum DigitText {
  static func append(_ value: Int64, to bytes: inout [UInt8]) {
    append(magnitude: value.magnitude, isNegative: value < 0, atLeast: 1, point: 0, to: &bytes)
  }

  /// An unscaled decimal.
  static func append(_ unscaled: Int64, scale: Int, to bytes: inout [UInt8]) {
    append(
      magnitude: unscaled.magnitude, isNegative: unscaled < 0, atLeast: scale + 1, point: scale, to: &bytes)
  }

  /// Digits padded with zeros to `atLeast`, with a point before the last `point` of them.
  @inline(__always)
  private static func append(
    magnitude: UInt64, isNegative: Bool, atLeast: Int, point: Int, to bytes: inout [UInt8]
  ) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 48) { room in
      var start = 48
      var rest = magnitude
      var written = 0
      while rest > 0 || written < atLeast {
        if point > 0, written == point {
          start &-= 1
          room[start] = 0x2E
        }
        start &-= 1
        room[start] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
        written &+= 1
      }
      if isNegative {
        start &-= 1
        room[start] = 0x2D
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: room[start..<48]))
    }
  }

  @inline(__always)
  private static func appendPair(_ value: Int, _ bytes: inout [UInt8]) {
    bytes.append(0x30 &+ UInt8(truncatingIfNeeded: value / 10))
    bytes.append(0x30 &+ UInt8(truncatingIfNeeded: value % 10))
  }

  static func append(date days: Int32, to bytes: inout [UInt8]) {
    let date = CivilDate(daysSinceEpoch: Int(days))
    guard date.year >= 0, date.year <= 9999 else {
      bytes.append(contentsOf: DateTimeText.dateString(days).utf8)
      return
    }
    appendPair(date.year / 100, &bytes)
    appendPair(date.year % 100, &bytes)
    bytes.append(0x2D)
    appendPair(date.month, &bytes)
    bytes.append(0x2D)
    appendPair(date.day, &bytes)
  }

  /// Wall-clock microseconds.
  static func append(timestamp micros: Int64, to bytes: inout [UInt8]) {
    let day = DateTimeText.floorDivide(micros, DateTimeText.microsPerDay)
    let rest = Int(micros &- day &* DateTimeText.microsPerDay)
    append(date: Int32(truncatingIfNeeded: day), to: &bytes)
    bytes.append(0x20)
    let seconds = rest / 1_000_000
    appendPair(seconds / 3600, &bytes)
    bytes.append(0x3A)
    appendPair(seconds / 60 % 60, &bytes)
    bytes.append(0x3A)
    appendPair(seconds % 60, &bytes)
    let fraction = rest % 1_000_000
    guard fraction != 0 else { return }
    bytes.append(0x2E)
    appendPair(fraction / 10_000, &bytes)
    appendPair(fraction / 100 % 100, &bytes)
    appendPair(fraction % 100, &bytes)
    while bytes.last == 0x30 { bytes.removeLast() }
  }
}
