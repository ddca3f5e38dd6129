import LakeColumnar
import LakeTypes

/// Writes values as JSON, as Spark's `to_json` does: NULL members of structs are left out.
struct JSONEncoder {
  typealias Append = (_ source: Vector, _ slot: Int, _ bytes: inout [UInt8]) -> Void
  /// Writes the value in a slot of a flat vector; the value is not NULL.
  let append: Append

  init(_ type: LogicalType, _ context: EvaluationContext) { append = Self.writer(type, context) }

  private static func writer(_ type: LogicalType, _ context: EvaluationContext) -> Append {
    switch type {
    case .boolean, .tinyint, .smallint, .int, .bigint, .decimal: TextRenderer(type, context).append
    case .void: { $2.append(contentsOf: "null".utf8) }
    case .float, .double: real(type, context)
    case .string: { JSONEscape.append(($0.slots(StringView.self) + $1).valueBytes, to: &$2) }
    case .binary:
      {
        $2.append(0x22)
        Base64.append(($0.slots(StringView.self) + $1).valueBytes, to: &$2)
        $2.append(0x22)
      }
    case .timestamp, .timestampNTZ: timestamp(type, context)
    case .date, .intervalYearMonth, .intervalDayTime: quoted(TextRenderer(type, context).append)
    case .array(let element, _): array(element, context)
    case .map(let key, let value, _): map(key, value, context)
    case .struct(let fields): structure(fields, context)
    }
  }

  private static func quoted(_ append: @escaping Append) -> Append {
    {
      $2.append(0x22)
      append($0, $1, &$2)
      $2.append(0x22)
    }
  }

  private static func real(_ type: LogicalType, _ context: EvaluationContext) -> Append {
    let plain = TextRenderer(type, context).append
    let word = quoted(plain)
    return { source, slot, bytes in
      let isFinite = type == .float ? source.slots(Float.self)[slot].isFinite : source.slots(Double.self)[slot].isFinite
      if isFinite { plain(source, slot, &bytes) } else { word(source, slot, &bytes) }
    }
  }

  /// ISO 8601 with milliseconds, and the zone's offset where there is a zone.
  private static func timestamp(_ type: LogicalType, _ context: EvaluationContext) -> Append {
    let clock = LocalClock(type, context)
    return { source, slot, bytes in
      let instant = source.slots(Int64.self)[slot]
      let local = clock.local(instant)
      let second = local - DateTimeText.floorDivide(local, 1_000_000) * 1_000_000
      bytes.append(0x22)
      DigitText.append(timestamp: local - second, to: &bytes)
      bytes[bytes.count - 9] = 0x54
      let millis = Int(second / 1000)
      bytes += [0x2E, 0x30 + UInt8(millis / 100), 0x30 + UInt8(millis / 10 % 10), 0x30 + UInt8(millis % 10)]
      if type == .timestamp { appendOffset((local - instant) / 60_000_000, &bytes) }
      bytes.append(0x22)
    }
  }

  private static func appendOffset(_ minutes: Int64, _ bytes: inout [UInt8]) {
    if minutes == 0 { return bytes.append(0x5A) }
    let size = Int(minutes.magnitude)
    bytes.append(minutes < 0 ? 0x2D : 0x2B)
    bytes += [0x30 + UInt8(size / 600), 0x30 + UInt8(size / 60 % 10), 0x3A]
    bytes += [0x30 + UInt8(size % 60 / 10), 0x30 + UInt8(size % 10)]
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

  private static func array(_ element: LogicalType, _ context: EvaluationContext) -> Append {
    let elements = nullable(element, context)
    return { source, slot, bytes in
      let entry = source.slots(ListEntry.self)[slot]
      bytes.append(0x5B)
      for index in 0..<Int(entry.count) {
        if index > 0 { bytes.append(0x2C) }
        elements(source.children[0], Int(entry.offset) + index, &bytes)
      }
      bytes.append(0x5D)
    }
  }

  private static func map(_ key: LogicalType, _ value: LogicalType, _ context: EvaluationContext) -> Append {
    let keys = TextRenderer(key, context)
    let values = nullable(value, context)
    return { source, slot, bytes in
      let entry = source.slots(ListEntry.self)[slot]
      bytes.append(0x7B)
      for index in Int(entry.offset)..<Int(entry.offset + entry.count) {
        if index > Int(entry.offset) { bytes.append(0x2C) }
        var name: [UInt8] = []
        keys.append(source.children[0].slotVector, source.children[0].slotIndex(index), &name)
        name.withUnsafeBufferPointer { JSONEscape.append($0, to: &bytes) }
        bytes.append(0x3A)
        values(source.children[1], index, &bytes)
      }
      bytes.append(0x7D)
    }
  }

  private static func structure(_ fields: [Field], _ context: EvaluationContext) -> Append {
    let names = fields.map { field in
      var name: [UInt8] = []
      Array(field.name.utf8).withUnsafeBufferPointer { JSONEscape.append($0, to: &name) }
      return name
    }
    let values = fields.map { nullable($0.type, context) }
    return { source, slot, bytes in
      var isFirst = true
      bytes.append(0x7B)
      for index in 0..<names.count where source.children[index].isValid(slot) {
        if !isFirst { bytes.append(0x2C) }
        isFirst = false
        bytes += names[index]
        bytes.append(0x3A)
        values[index](source.children[index], slot, &bytes)
      }
      bytes.append(0x7D)
    }
  }
}
