import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// What the converters of one reader share.
final class JSONContext {
  let tape: JSONTape
  let parsing: TextParsing
  let allowsNonNumeric: Bool
  /// The text of the string looked at last, without its escapes.
  private var scratch: [UInt8] = []

  init(_ options: JSONOptions, zone: TextTimeZone) throws(QueryError) {
    tape = JSONTape(options)
    allowsNonNumeric = options.allowsNonNumericNumbers
    parsing = try TextParsing(
      zone: zone, dateFormat: options.dateFormat, timestampFormat: options.timestampFormat,
      timestampNTZFormat: options.timestampNTZFormat)
  }

  /// Calls `body` with the text of a string, escapes resolved.
  @inline(__always)
  func withText<R>(_ entry: JSONTape.Entry, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    let text = tape.text(entry)
    if !entry.hasEscapes { return body(text) }
    JSONStringText.unescape(text, into: &scratch)
    return scratch.withUnsafeBufferPointer(body)
  }
}

/// Turns JSON values into the rows of one column, or of one part of a nested column.
final class JSONColumn {
  private let type: LogicalType
  private let builder: VectorBuilder
  private let context: JSONContext
  /// One for an array's elements, two for a map, one a field for a struct.
  private let children: [JSONColumn]
  private let members: JSONMembers

  init(_ field: Field, _ builder: VectorBuilder, _ context: JSONContext) throws(QueryError) {
    type = field.type
    self.builder = builder
    self.context = context
    var parts: [Field] = []
    switch field.type {
    case .array(let element, _): parts = [Field(field.name, element)]
    case .map(let key, let value, _):
      guard key == .string else { throw Self.unsupported(field) }
      parts = [Field(field.name, key), Field(field.name, value)]
    case .struct(let fields): parts = fields
    case .intervalDayTime, .intervalYearMonth: throw Self.unsupported(field)
    default: break
    }
    var children: [JSONColumn] = []
    for (part, child) in zip(parts, builder.children) { children.append(try JSONColumn(part, child, context)) }
    self.children = children
    members = JSONMembers(parts.map(\.name))
  }

  private static func unsupported(_ field: Field) -> QueryError {
    QueryError(.unsupported, .bind, "JSON files cannot hold the column \(field.name) of type \(field.type)")
  }

  func appendNull() { builder.appendNull() }

  func finish() -> Vector { builder.finish() }

  /// Appends the value at a place on the tape; false if it, or a part of it, is not of the type and became NULL.
  func append(_ index: Int) -> Bool {
    let entry = context.tape.entries[index]
    if entry.kind == .null {
      builder.appendNull()
      return true
    }
    switch type {
    case .string: return appendString(entry)
    case .array: return appendArray(index, entry)
    case .map: return appendMap(index, entry)
    case .struct: return appendStruct(index, entry)
    default:
      if appendScalar(entry) { return true }
      builder.appendNull()
      return false
    }
  }

  /// Strings are taken as they are; all other values as their JSON text.
  private func appendString(_ entry: JSONTape.Entry) -> Bool {
    context.withText(entry) { text in
      if entry.kind == .string, !entry.mayBeUnicode, !entry.hasEscapes {
        builder.append(bytes: text)
      } else {
        UTF8Text.append(text, to: builder)
      }
    }
    return true
  }

  /// Appends the value if it is of the type, else nothing.
  private func appendScalar(_ entry: JSONTape.Entry) -> Bool {
    switch type {
    case .boolean:
      guard entry.kind == .true || entry.kind == .false else { return false }
      builder.append(bool: entry.kind == .true)
    case .tinyint: return appendInteger(entry, Int8.self)
    case .smallint: return appendInteger(entry, Int16.self)
    case .int: return appendInteger(entry, Int32.self)
    case .bigint: return appendInteger(entry, Int64.self)
    case .float, .double: return appendFloating(entry)
    case .decimal(let precision, let scale): return appendDecimal(entry, precision, scale)
    case .date, .timestamp, .timestampNTZ: return appendDateTime(entry)
    case .binary:
      guard entry.kind == .string, let bytes = context.withText(entry, Base64Text.decode) else { return false }
      bytes.withUnsafeBufferPointer { builder.append(bytes: $0) }
    default: return false
    }
    return true
  }

  private func appendInteger<T: FixedWidthInteger>(_ entry: JSONTape.Entry, _ width: T.Type) -> Bool {
    guard entry.kind == .integer, let value = NumberText.integer(context.tape.text(entry)), T(exactly: value) != nil
    else { return false }
    builder.append(integer: value)
    return true
  }

  private func appendFloating(_ entry: JSONTape.Entry) -> Bool {
    let text = context.tape.text(entry)
    switch entry.kind {
    case .integer, .number:
      if type == .float {
        guard let value = NumberText.float(text) else { return false }
        builder.append(float: value)
      } else {
        guard let value = NumberText.double(text) else { return false }
        builder.append(double: value)
      }
    case .nonNumeric, .string:
      guard context.allowsNonNumeric, let value = Self.special(text) else { return false }
      if type == .float { builder.append(float: Float(value)) } else { builder.append(double: value) }
    default: return false
    }
    return true
  }

  private static func special(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    guard text.count <= 9 else { return nil }
    switch String(decoding: text, as: UTF8.self) {
    case "NaN": return .nan
    case "Infinity", "+Infinity", "INF", "+INF": return .infinity
    case "-Infinity", "-INF": return -.infinity
    default: return nil
    }
  }

  private func appendDecimal(_ entry: JSONTape.Entry, _ precision: Int, _ scale: Int) -> Bool {
    guard entry.kind == .integer || entry.kind == .number || entry.kind == .string,
      let value = context.withText(entry, { NumberText.decimal($0, precision: precision, scale: scale) })
    else { return false }
    builder.append(unscaled: value)
    return true
  }

  private func appendDateTime(_ entry: JSONTape.Entry) -> Bool {
    if entry.kind == .integer, type == .timestamp {
      guard let seconds = NumberText.integer(context.tape.text(entry)) else { return false }
      let (micros, isTooLarge) = seconds.multipliedReportingOverflow(by: DateTimeText.microsPerSecond)
      guard !isTooLarge else { return false }
      builder.append(int64: micros)
      return true
    }
    guard entry.kind == .string else { return false }
    if type == .date {
      guard let days = context.withText(entry, context.parsing.date) else { return false }
      builder.append(int32: days)
      return true
    }
    let parse = type == .timestamp ? context.parsing.timestamp : context.parsing.timestampNTZ
    guard let micros = context.withText(entry, parse) else { return false }
    builder.append(int64: micros)
    return true
  }
}

extension JSONColumn {
  /// Refuses a value: the row is NULL.
  private func refuse() -> Bool {
    builder.appendNull()
    return false
  }

  private func appendArray(_ index: Int, _ entry: JSONTape.Entry) -> Bool {
    guard entry.kind == .array else { return refuse() }
    let element = children[0]
    var count = 0
    var isGood = true
    var next = index + 1
    while next < Int(entry.next) {
      if !element.append(next) { isGood = false }
      count += 1
      next = Int(context.tape.entries[next].next)
    }
    // A bad scalar spoils the array, a nested element keeps what is good in it (as in Spark).
    if !isGood, !element.type.isNested { return refuse() }
    builder.appendList(count: count)
    return isGood
  }

  private func appendMap(_ index: Int, _ entry: JSONTape.Entry) -> Bool {
    guard entry.kind == .object else { return refuse() }
    var count = 0
    var isGood = true
    for name in lastMembers(index, entry) {
      _ = children[0].append(name)
      if !children[1].append(name + 1) { isGood = false }
      count += 1
    }
    if !isGood, !children[1].type.isNested { return refuse() }
    builder.appendList(count: count)
    return isGood
  }

  /// The names of an object on the tape, of equal ones only the last.
  private func lastMembers(_ index: Int, _ entry: JSONTape.Entry) -> [Int] {
    var names: [Int] = []
    var places: [[UInt8]: Int] = [:]
    var next = index + 1
    while next < Int(entry.next) {
      let key = context.withText(context.tape.entries[next]) { Array($0) }
      if let place = places[key] {
        names[place] = next
      } else {
        places[key] = names.count
        names.append(next)
      }
      next = Int(context.tape.entries[next + 1].next)
    }
    return names
  }

  private func appendStruct(_ index: Int, _ entry: JSONTape.Entry) -> Bool {
    guard entry.kind == .object else { return refuse() }
    members.find(index, context)
    var isGood = true
    for (position, child) in children.enumerated() {
      let place = members.places[position]
      if place < 0 { child.appendNull() } else if !child.append(place) { isGood = false }
    }
    builder.appendStruct()
    return isGood
  }
}

/// The members of an object that a schema wants.
final class JSONMembers {
  private let names: JSONFieldNames
  /// For each field the tape's place of its value, or -1.
  private(set) var places: [Int]

  init(_ names: [String]) {
    self.names = JSONFieldNames(names)
    places = [Int](repeating: -1, count: names.count)
  }

  /// Looks an object's members up; of several with one name the last counts.
  func find(_ index: Int, _ context: JSONContext) {
    for position in places.indices { places[position] = -1 }
    let tape = context.tape
    let end = Int(tape.entries[index].next)
    var next = index + 1
    var expected = 0
    while next < end {
      if let position = context.withText(tape.entries[next], { names.position(of: $0, expected: expected) }) {
        places[position] = next + 1
        expected = position + 1
      }
      next = Int(tape.entries[next + 1].next)
    }
  }
}
