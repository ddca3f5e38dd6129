import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// Infers the columns of CSV files (Spark's `CSVInferSchema`).
struct CSVInference {
  private let options: CSVOptions
  private let parsing: TextParsing
  private var rowsLeft: Int
  private var names: [String] = []
  private var types: [LogicalType] = []

  init(_ options: CSVOptions, zone: TextTimeZone, limit: Int) throws(QueryError) {
    self.options = options
    rowsLeft = limit
    parsing = try TextParsing(
      zone: zone, dateFormat: options.dateFormat, timestampFormat: options.timestampFormat,
      timestampNTZFormat: options.timestampNTZFormat)
  }

  var schema: Schema {
    Schema(zip(names, types).map { Field($0, $1 == .void || !options.infersTypes ? .string : $1) })
  }

  mutating func read(_ file: any ReadableFile) throws(QueryError) {
    guard rowsLeft > 0 else { return }
    let source = CSVRecords(options: options)
    if names.isEmpty {
      start(with: try source.header(of: file))
      if names.isEmpty { return }
    }
    guard options.infersTypes else { return }
    let records = try source.open(file, range: nil, counters: nil)
    let fields = UnsafeMutablePointer<FieldSlice>.allocate(capacity: names.count)
    defer { fields.deallocate() }
    let splitter = CSVFieldSplitter(options)
    while rowsLeft > 0, let record = try records.nextRecord() {
      let bytes = records.block.bytes
      guard source.isData(bytes, record) else { continue }
      rowsLeft -= 1
      var heap = StringHeap()
      _ = splitter.split(
        bytes + record.start, record.end - record.start, row: 0,
        .init(fields: fields, stride: 1, columns: names.count), heap: &heap)
      withExtendedLifetime(heap.buffers) { widen(by: fields) }
    }
  }

  private mutating func start(with header: [String?]) {
    names = options.hasHeader ? Self.columnNames(header) : header.indices.map { "_c\($0)" }
    types = names.map { _ in .void }
  }

  /// Header names, made usable: `_c3` for an empty one, the position behind those that occur twice (Spark's rule).
  static func columnNames(_ header: [String?]) -> [String] {
    var uses: [String: Int] = [:]
    for name in header { uses[(name ?? "").lowercased(), default: 0] += 1 }
    return header.enumerated().map { index, name in
      guard let name, !name.isEmpty else { return "_c\(index)" }
      return uses[name.lowercased(), default: 0] > 1 ? "\(name)\(index)" : name
    }
  }

  private mutating func widen(by fields: UnsafePointer<FieldSlice>) {
    for column in types.indices where types[column] != .string {
      let field = fields[column]
      let isNull =
        field.form == .missing || (field.count == 0 && field.form == .plain)
        || field.text.elementsEqual(options.nullText.utf8)
      if !isNull { types[column] = merged(types[column], type(of: field.text, from: types[column])) }
    }
  }

  /// The narrowest type of a text; types that earlier values of the column ruled out are not tried again.
  private func type(of text: UnsafeBufferPointer<UInt8>, from known: LogicalType) -> LogicalType {
    let isNumber = known == .void || known.isNumeric
    if isNumber, let number = numberType(text) { return number }
    if isNumber || known.isDateTime, let dateTime = dateTimeType(text) { return dateTime }
    return TextParsing.boolean(text) != nil ? .boolean : .string
  }

  private func numberType(_ text: UnsafeBufferPointer<UInt8>) -> LogicalType? {
    if let integer = NumberText.integer(text) { return Int32(exactly: integer) != nil ? .int : .bigint }
    if let digits = integerDigits(text), digits <= LogicalType.maxDecimalPrecision {
      return .decimal(precision: digits, scale: 0)
    }
    let specials = [options.notANumber, options.positiveInfinity, options.negativeInfinity]
    if NumberText.double(text) != nil || specials.contains(where: { text.elementsEqual($0.utf8) }) { return .double }
    return nil
  }

  /// How many digits an integer has; nil if the text is none.
  private func integerDigits(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    let hasSign = text.first == 0x2D || text.first == 0x2B
    let digits = text.dropFirst(hasSign ? 1 : 0)
    guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return max(1, digits.drop { $0 == 0x30 }.count)
  }

  private func dateTimeType(_ text: UnsafeBufferPointer<UInt8>) -> LogicalType? {
    if options.prefersDate, isDate(text) { return .date }
    return parsing.timestamp(text) != nil && looksComplete(text, options.timestampFormat) ? .timestamp : nil
  }

  private func isDate(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard parsing.date(text) != nil else { return false }
    if options.dateFormat != nil { return true }
    return looksComplete(text, nil) && !text.contains { $0 == 0x20 || $0 == 0x54 || $0 == 0x3A }
  }

  /// Whether a text without a format of its own names year, month and day: a bare year is no date.
  private func looksComplete(_ text: UnsafeBufferPointer<UInt8>, _ format: String?) -> Bool {
    format != nil || text.dropFirst().reduce(0) { $0 + ($1 == 0x2D ? 1 : 0) } >= 2
  }

  private func merged(_ a: LogicalType, _ b: LogicalType) -> LogicalType {
    if a == b || a == .void { return b }
    switch (a, b) {
    case (.date, .timestamp), (.timestamp, .date): return .timestamp
    case (.int, .bigint), (.bigint, .int): return .bigint
    default: break
    }
    guard a.isNumeric, b.isNumeric else { return .string }
    guard let x = a.asDecimal, let y = b.asDecimal else { return .double }
    let digits = max(x.precision - x.scale, y.precision - y.scale)
    return digits > LogicalType.maxDecimalPrecision ? .double : .decimal(precision: digits, scale: 0)
  }
}
