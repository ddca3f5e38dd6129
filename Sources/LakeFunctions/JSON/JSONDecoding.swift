import LakeColumnar
import LakeTypes

/// Appends JSON values to a builder of a type, as Spark's `from_json` does in its permissive mode.
struct JSONDecoder {
  let tape: JSONTape
  let context: EvaluationContext

  /// Appends a value; one that does not fit the type becomes NULL.
  func append(_ node: Int, _ type: LogicalType, to builder: VectorBuilder) {
    let kind = tape.nodes[node].kind
    if kind == .null { return builder.appendNull() }
    switch type {
    case .struct(let fields): appendStruct(node, fields, to: builder)
    case .array(let element, _): appendArray(node, element, to: builder)
    case .map(let key, let value, _): appendMap(node, key, value, to: builder)
    case .string: appendText(node, to: builder)
    case .boolean: kind == .true || kind == .false ? builder.append(bool: kind == .true) : builder.appendNull()
    case .tinyint: appendInteger(node, Int8.self, to: builder)
    case .smallint: appendInteger(node, Int16.self, to: builder)
    case .int: appendInteger(node, Int32.self, to: builder)
    case .bigint: appendInteger(node, Int64.self, to: builder)
    case .float: real(node).map { builder.append(float: Float($0)) } ?? builder.appendNull()
    case .double: real(node).map { builder.append(double: $0) } ?? builder.appendNull()
    case .decimal(let precision, let scale): appendDecimal(node, precision, scale, to: builder)
    case .date: appendParsed(node, to: builder) { DateTimeText.parseDate($0).map { builder.append(int32: $0) } }
    case .timestamp, .timestampNTZ: appendTimestamp(node, type, to: builder)
    case .binary: appendBinary(node, to: builder)
    case .intervalYearMonth:
      appendParsed(node, to: builder) { IntervalText.parseYearMonth($0).map { builder.append(int32: $0) } }
    case .intervalDayTime:
      appendParsed(node, to: builder) { IntervalText.parseDayTime($0).map { builder.append(int64: $0) } }
    case .void: builder.appendNull()
    }
  }

  /// A member that is missing is NULL; of several with one name the last counts.
  private func appendStruct(_ node: Int, _ fields: [Field], to builder: VectorBuilder) {
    guard tape.nodes[node].kind == .object else { return builder.appendNull() }
    var values = [Int?](repeating: nil, count: fields.count)
    let names = fields.map { Array($0.name.utf8) }
    var key = node + 1
    while key < tape.nodes[node].next {
      for (position, name) in names.enumerated() where tape.isKey(key, name) { values[position] = key + 1 }
      key = tape.nodes[key + 1].next
    }
    for (position, field) in fields.enumerated() {
      guard let value = values[position] else {
        builder.children[position].appendNull()
        continue
      }
      append(value, field.type, to: builder.children[position])
    }
    builder.appendStruct()
  }

  private func appendArray(_ node: Int, _ element: LogicalType, to builder: VectorBuilder) {
    guard tape.nodes[node].kind == .array else { return builder.appendNull() }
    var count = 0
    var child = node + 1
    while child < tape.nodes[node].next {
      append(child, element, to: builder.children[0])
      count += 1
      child = tape.nodes[child].next
    }
    builder.appendList(count: count)
  }

  private func appendMap(_ node: Int, _ key: LogicalType, _ value: LogicalType, to builder: VectorBuilder) {
    guard tape.nodes[node].kind == .object, key == .string else { return builder.appendNull() }
    var count = 0
    var child = node + 1
    while child < tape.nodes[node].next {
      appendText(child, to: builder.children[0])
      append(child + 1, value, to: builder.children[1])
      count += 1
      child = tape.nodes[child + 1].next
    }
    builder.appendList(count: count)
  }

  private func appendText(_ node: Int, to builder: VectorBuilder) {
    if tape.nodes[node].kind == .string { return builder.append(bytes: tape.bytes(node)) }
    var bytes: [UInt8] = []
    if tape.isString(node) { tape.appendString(node, to: &bytes) } else { tape.appendJSON(node, to: &bytes) }
    bytes.withUnsafeBufferPointer { builder.append(bytes: $0) }
  }

  private func appendInteger<T: FixedWidthInteger>(_ node: Int, _ type: T.Type, to builder: VectorBuilder) {
    guard tape.nodes[node].kind == .integer, let wide = NumberText.integer(tape.bytes(node), allowsFraction: false),
      let value = T(exactly: wide)
    else { return builder.appendNull() }
    builder.append(integer: Int64(value))
  }

  /// Numbers, and the words for those that JSON has no number for.
  private func real(_ node: Int) -> Double? {
    switch tape.nodes[node].kind {
    case .integer, .number: return NumberText.double(tape.bytes(node))
    case .string, .escapedString:
      switch tape.string(node) {
      case "NaN": return .nan
      case "Infinity", "+Infinity", "INF", "+INF": return .infinity
      case "-Infinity", "-INF": return -.infinity
      default: return nil
      }
    default: return nil
    }
  }

  private func appendDecimal(_ node: Int, _ precision: Int, _ scale: Int, to builder: VectorBuilder) {
    let kind = tape.nodes[node].kind
    guard kind == .integer || kind == .number || tape.isString(node),
      let value = NumberText.decimal(tape.bytes(node), scale: scale), DecimalText.fits(value, precision: precision)
    else { return builder.appendNull() }
    builder.append(unscaled: value)
  }

  /// Timestamps are text, or a number of seconds.
  private func appendTimestamp(_ node: Int, _ type: LogicalType, to builder: VectorBuilder) {
    if tape.nodes[node].kind == .integer, type == .timestamp {
      let seconds = NumberText.integer(tape.bytes(node), allowsFraction: false)
      let (micros, overflow) = (seconds ?? 0).multipliedReportingOverflow(by: DateTimeText.microsPerSecond)
      return seconds == nil || overflow ? builder.appendNull() : builder.append(int64: micros)
    }
    appendParsed(node, to: builder) {
      TimestampText.micros($0, type, context.timeZone).map { builder.append(int64: $0) }
    }
  }

  private func appendBinary(_ node: Int, to builder: VectorBuilder) {
    appendParsed(node, to: builder) { text in
      var bytes: [UInt8] = []
      return Base64.decode(text, into: &bytes) ? bytes.withUnsafeBufferPointer { builder.append(bytes: $0) } : nil
    }
  }

  private func appendParsed(_ node: Int, to builder: VectorBuilder, _ append: (TextBytes) -> Void?) {
    guard tape.isString(node) else { return builder.appendNull() }
    var bytes: [UInt8] = []
    tape.appendString(node, to: &bytes)
    let isDone: Void? = bytes.withUnsafeBufferPointer { append($0) }
    if isDone == nil { builder.appendNull() }
  }
}
