import LakeColumnar
import LakeTypes

/// Appends JSON values to a builder of a type, as Spark's `from_json` does in its permissive mode.
struct JSONDecoder {
  let tape: JSONTape
  let context: EvaluationContext

  /// Appends a value; one that does not fit the type becomes NULL. Returns whether it did fit.
  ///
  /// A struct keeps the members that fit; an array or map with an element that does not is NULL as a whole.
  @discardableResult
  func append(_ node: Int, _ type: LogicalType, to builder: VectorBuilder) -> Bool {
    if tape.nodes[node].kind == .null {
      builder.appendNull()
      return true
    }
    let isDone =
      switch type {
      case .struct(let fields): appendStruct(node, fields, to: builder)
      case .array(let element, _): appendArray(node, element, to: builder)
      case .map(let key, let value, _): appendMap(node, key, value, to: builder)
      default: appendScalar(node, type, to: builder)
      }
    if !isDone { builder.appendNull() }
    return isDone
  }

  /// Appends a value without parts; false, with nothing appended, where it does not fit.
  private func appendScalar(_ node: Int, _ type: LogicalType, to builder: VectorBuilder) -> Bool {
    let kind = tape.nodes[node].kind
    switch type {
    case .string: return appendText(node, to: builder)
    case .boolean:
      guard kind == .true || kind == .false else { return false }
      builder.append(bool: kind == .true)
      return true
    case .tinyint: return appendInteger(node, Int8.self, to: builder)
    case .smallint: return appendInteger(node, Int16.self, to: builder)
    case .int: return appendInteger(node, Int32.self, to: builder)
    case .bigint: return appendInteger(node, Int64.self, to: builder)
    case .float: return real(node).map { builder.append(float: Float($0)) } != nil
    case .double: return real(node).map { builder.append(double: $0) } != nil
    case .decimal(let precision, let scale): return appendDecimal(node, precision, scale, to: builder)
    case .date: return appendParsed(node) { DateTimeText.parseDate($0).map { builder.append(int32: $0) } }
    case .timestamp, .timestampNTZ: return appendTimestamp(node, type, to: builder)
    case .binary: return appendBinary(node, to: builder)
    case .intervalYearMonth:
      return appendParsed(node) { IntervalText.parseYearMonth($0).map { builder.append(int32: $0) } }
    case .intervalDayTime:
      return appendParsed(node) { IntervalText.parseDayTime($0).map { builder.append(int64: $0) } }
    case .void, .array, .map, .struct: return false
    }
  }

  /// A member that is missing is NULL; of several with one name the last counts.
  private func appendStruct(_ node: Int, _ fields: [Field], to builder: VectorBuilder) -> Bool {
    guard tape.nodes[node].kind == .object else { return false }
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
    return true
  }

  /// Elements of an array that is given up stay behind in the child, where no list refers to them.
  private func appendArray(_ node: Int, _ element: LogicalType, to builder: VectorBuilder) -> Bool {
    guard tape.nodes[node].kind == .array else { return false }
    var count = 0
    var child = node + 1
    while child < tape.nodes[node].next {
      guard append(child, element, to: builder.children[0]) else { return false }
      count += 1
      child = tape.nodes[child].next
    }
    builder.appendList(count: count)
    return true
  }

  private func appendMap(_ node: Int, _ key: LogicalType, _ value: LogicalType, to builder: VectorBuilder) -> Bool {
    guard tape.nodes[node].kind == .object, key == .string else { return false }
    var count = 0
    var child = node + 1
    while child < tape.nodes[node].next {
      _ = appendText(child, to: builder.children[0])
      guard append(child + 1, value, to: builder.children[1]) else { return false }
      count += 1
      child = tape.nodes[child + 1].next
    }
    builder.appendList(count: count)
    return true
  }

  /// Values that are no strings keep their JSON form.
  private func appendText(_ node: Int, to builder: VectorBuilder) -> Bool {
    if tape.nodes[node].kind == .string {
      builder.append(bytes: tape.bytes(node))
      return true
    }
    var bytes: [UInt8] = []
    if tape.isString(node) {
      tape.appendString(node, to: &bytes)
    } else {
      tape.appendJSON(node, to: &bytes, normalizesNumbers: true)
    }
    bytes.withUnsafeBufferPointer { builder.append(bytes: $0) }
    return true
  }

  private func appendInteger<T: FixedWidthInteger>(_ node: Int, _ type: T.Type, to builder: VectorBuilder) -> Bool {
    guard tape.nodes[node].kind == .integer, let wide = NumberText.integer(tape.bytes(node), allowsFraction: false),
      let value = T(exactly: wide)
    else { return false }
    builder.append(integer: Int64(value))
    return true
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

  private func appendDecimal(_ node: Int, _ precision: Int, _ scale: Int, to builder: VectorBuilder) -> Bool {
    let kind = tape.nodes[node].kind
    guard kind == .integer || kind == .number || tape.isString(node),
      let value = NumberText.decimal(tape.bytes(node), scale: scale), DecimalText.fits(value, precision: precision)
    else { return false }
    builder.append(unscaled: value)
    return true
  }

  /// Timestamps are text, or a number of seconds.
  private func appendTimestamp(_ node: Int, _ type: LogicalType, to builder: VectorBuilder) -> Bool {
    if tape.nodes[node].kind == .integer, type == .timestamp {
      guard let seconds = NumberText.integer(tape.bytes(node), allowsFraction: false) else { return false }
      let (micros, overflow) = seconds.multipliedReportingOverflow(by: DateTimeText.microsPerSecond)
      if !overflow { builder.append(int64: micros) }
      return !overflow
    }
    return appendParsed(node) { TimestampText.micros($0, type, context.timeZone).map { builder.append(int64: $0) } }
  }

  private func appendBinary(_ node: Int, to builder: VectorBuilder) -> Bool {
    appendParsed(node) { text in
      var bytes: [UInt8] = []
      return Base64.decode(text, into: &bytes) ? bytes.withUnsafeBufferPointer { builder.append(bytes: $0) } : nil
    }
  }

  private func appendParsed(_ node: Int, _ append: (TextBytes) -> Void?) -> Bool {
    guard tape.isString(node) else { return false }
    var bytes: [UInt8] = []
    tape.appendString(node, to: &bytes)
    let done: Void? = bytes.withUnsafeBufferPointer { append($0) }
    return done != nil
  }
}
