import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// Infers the columns of JSON files (Spark's `JsonInferSchema`).
final class JSONInference {
  private let options: JSONOptions
  private let context: JSONContext
  private let root: JSONShape
  private var rowsLeft: Int
  private var sawMalformed = false

  init(_ options: JSONOptions, zone: TextTimeZone, limit: Int) throws(QueryError) {
    self.options = options
    context = try JSONContext(options, zone: zone)
    root = JSONShape()
    rowsLeft = limit
  }

  /// The fields by name; malformed records add the corrupt-record column.
  var schema: Schema {
    var fields = root.fields(options)
    if sawMalformed, options.mode == .permissive, let name = options.corruptRecordColumn,
      !fields.contains(where: { $0.name == name })
    {
      fields.append(Field(name, .string))
      fields.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
    return Schema(fields)
  }

  func read(_ file: any ReadableFile) throws(QueryError) {
    guard rowsLeft > 0 else { return }
    let splitter = try JSONReader.splitter(options)
    let records = try TextRecords(file, splitter, range: nil, counters: nil)
    while rowsLeft > 0, let record = try records.nextRecord() {
      let text = UnsafeBufferPointer(start: records.block.bytes + record.start, count: record.end - record.start)
      if text.allSatisfy({ $0 <= 0x20 }) { continue }
      rowsLeft -= 1
      if context.tape.parse(text), addRoot() { continue }
      sawMalformed = true
      if options.mode == .failFast {
        throw BadRecord.error(
          "no schema can be inferred from it", value: String(decoding: text, as: UTF8.self), file: file,
          offset: records.fileOffset(of: record.start))
      }
    }
  }

  /// Takes the record on the tape in; false if it is neither an object nor an array of them.
  private func addRoot() -> Bool {
    let entry = context.tape.entries[0]
    if entry.kind == .object {
      root.add(0, context, options)
      return true
    }
    guard entry.kind == .array else { return false }
    var isGood = true
    var next = 1
    while next < Int(entry.next) {
      if context.tape.entries[next].kind == .object { root.add(next, context, options) } else { isGood = false }
      next = Int(context.tape.entries[next].next)
    }
    return isGood
  }
}

/// All that the values at one place of the documents have been.
private final class JSONShape {
  private var sawBoolean = false
  private var sawInteger = false
  private var sawDouble = false
  private var sawString = false
  private var sawTimestamp = false
  /// Digits before and behind the point of the decimals seen.
  private var decimal: (integer: Int, fraction: Int)?
  private var element: JSONShape?
  private var members: [String: JSONShape]?

  /// Takes one value in.
  func add(_ index: Int, _ context: JSONContext, _ options: JSONOptions) {
    let entry = context.tape.entries[index]
    switch entry.kind {
    case .null: break
    case .object: addObject(index, entry, context, options)
    case .array: addArray(index, entry, context, options)
    case .string:
      if options.infersTimestamp, !options.primitivesAsString,
        context.withText(entry, context.parsing.timestamp) != nil
      {
        sawTimestamp = true
      } else {
        sawString = true
      }
    default:
      if options.primitivesAsString { sawString = true } else { addPrimitive(entry, context, options) }
    }
  }

  private func addPrimitive(_ entry: JSONTape.Entry, _ context: JSONContext, _ options: JSONOptions) {
    let text = context.tape.text(entry)
    switch entry.kind {
    case .true, .false: sawBoolean = true
    case .integer:
      if NumberText.integer(text) != nil {
        sawInteger = true
      } else {
        addDecimal(integer: text.count - (text.first == 0x2D ? 1 : 0), fraction: 0)
      }
    case .number where options.prefersDecimal && !text.contains { $0 | 0x20 == 0x65 }:
      let point = text.firstIndex(of: 0x2E) ?? text.count
      addDecimal(integer: point - (text.first == 0x2D ? 1 : 0), fraction: text.count - point - 1)
    default: sawDouble = true
    }
  }

  private func addDecimal(integer: Int, fraction: Int) {
    decimal = (max(decimal?.integer ?? 1, integer), max(decimal?.fraction ?? 0, fraction))
  }

  private func addObject(_ index: Int, _ entry: JSONTape.Entry, _ context: JSONContext, _ options: JSONOptions) {
    if members == nil { members = [:] }
    var next = index + 1
    while next < Int(entry.next) {
      let name = context.withText(context.tape.entries[next]) { String(decoding: $0, as: UTF8.self) }
      if let known = members?[name] {
        known.add(next + 1, context, options)
      } else {
        let shape = JSONShape()
        shape.add(next + 1, context, options)
        members?[name] = shape
      }
      next = Int(context.tape.entries[next + 1].next)
    }
  }

  private func addArray(_ index: Int, _ entry: JSONTape.Entry, _ context: JSONContext, _ options: JSONOptions) {
    let shape = element ?? JSONShape()
    element = shape
    var next = index + 1
    while next < Int(entry.next) {
      shape.add(next, context, options)
      next = Int(context.tape.entries[next].next)
    }
  }

  /// The members of the objects seen, sorted by name.
  func fields(_ options: JSONOptions) -> [Field] {
    let sorted = (members ?? [:]).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return sorted.compactMap { name, shape in shape.type(options).map { Field(name, $0) } }
  }

  /// The type that all the values fit; nil if there is none because nothing was seen but NULL or empty objects.
  private func type(_ options: JSONOptions) -> LogicalType? {
    let number = numberType
    let kinds =
      [sawBoolean, number != nil, sawString, sawTimestamp, element != nil, members != nil].filter { $0 }.count
    if kinds > 1 { return .string }
    if let number { return number }
    if sawBoolean { return .boolean }
    if sawString { return .string }
    if sawTimestamp { return .timestamp }
    if let element { return element.type(options).map { .array($0) } }
    if members != nil {
      let fields = fields(options)
      return fields.isEmpty ? nil : .struct(fields)
    }
    return options.dropsFieldIfAllNull ? nil : .string
  }

  private var numberType: LogicalType? {
    if sawDouble { return .double }
    guard let decimal else { return sawInteger ? .bigint : nil }
    let integer = sawInteger ? max(decimal.integer, 20) : decimal.integer
    guard integer + decimal.fraction <= LogicalType.maxDecimalPrecision else { return .double }
    return .decimal(precision: integer + decimal.fraction, scale: decimal.fraction)
  }
}
