import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Turns the fields of one column into a vector.
struct CSVColumnConverter {
  typealias Text = UnsafeBufferPointer<UInt8>

  private let nullText: [UInt8]
  private let emptyIsNull: Bool
  private let notANumber: [UInt8]
  private let positiveInfinity: [UInt8]
  private let negativeInfinity: [UInt8]
  private let parsing: TextParsing
  private let nested: NestedTextSyntax?

  init(_ options: CSVOptions, zone: TextTimeZone) throws(QueryError) {
    nullText = Array(options.nullText.utf8)
    emptyIsNull = options.emptyIsNull
    notANumber = Array(options.notANumber.utf8)
    positiveInfinity = Array(options.positiveInfinity.utf8)
    negativeInfinity = Array(options.negativeInfinity.utf8)
    parsing = try TextParsing(
      zone: zone, dateFormat: options.dateFormat, timestampFormat: options.timestampFormat,
      timestampNTZFormat: options.timestampNTZFormat)
    nested = NestedTextSyntax(options)
  }

  /// Refuses types that delimited text cannot hold.
  func check(_ field: Field) throws(QueryError) {
    switch field.type {
    case .array, .map, .struct:
      if nested == nil { throw unsupported(field) }
    case .intervalDayTime, .intervalYearMonth, .void: throw unsupported(field)
    default: break
    }
  }

  private func unsupported(_ field: Field) -> QueryError {
    QueryError(.unsupported, .bind, "CSV files cannot hold the column \(field.name) of type \(field.type)")
  }

  /// Converts `count` fields; those that are not of the type are NULL and a fault of their row.
  func convert(
    _ fields: UnsafePointer<FieldSlice>, _ count: Int, _ type: LogicalType, column: Int32, _ faults: inout RowFaults
  ) -> Vector {
    switch type {
    case .string: return strings(fields, count)
    case .binary: return strings(fields, count, .binary)
    case .boolean:
      return fill(fields, count, type, UInt8(0), column, &faults) { TextParsing.boolean($0).map { $0 ? 1 : 0 } }
    case .tinyint:
      return fill(fields, count, type, Int8(0), column, &faults) { NumberText.integer($0).flatMap(Int8.init(exactly:)) }
    case .smallint:
      return fill(fields, count, type, Int16(0), column, &faults) {
        NumberText.integer($0).flatMap(Int16.init(exactly:))
      }
    case .int:
      return fill(fields, count, type, Int32(0), column, &faults) {
        NumberText.integer($0).flatMap(Int32.init(exactly:))
      }
    case .bigint: return fill(fields, count, type, Int64(0), column, &faults) { NumberText.integer($0) }
    case .float: return fill(fields, count, type, Float(0), column, &faults) { float($0) }
    case .double: return fill(fields, count, type, Double(0), column, &faults) { double($0) }
    case .decimal(let precision, let scale):
      return decimals(fields, count, type, precision, scale, column, &faults)
    case .date: return fill(fields, count, type, Int32(0), column, &faults) { parsing.date($0) }
    case .timestamp: return fill(fields, count, type, Int64(0), column, &faults) { parsing.timestamp($0) }
    case .timestampNTZ: return fill(fields, count, type, Int64(0), column, &faults) { parsing.timestampNTZ($0) }
    case .array, .map, .struct: return nestedValues(fields, count, type, column, &faults)
    case .void, .intervalDayTime, .intervalYearMonth: return .allNull(type, count: count)
    }
  }

  @inline(__always)
  private func isNull(_ field: FieldSlice) -> Bool {
    if field.form == .missing || (field.count == 0 && emptyIsNull && field.form == .plain) { return true }
    return Int(field.count) == nullText.count
      && (field.count == 0 || memcmp(field.start, nullText, nullText.count) == 0)
  }

  @inline(__always)
  private func fill<T: BitwiseCopyable>(
    _ fields: UnsafePointer<FieldSlice>, _ count: Int, _ type: LogicalType, _ zero: T, _ column: Int32,
    _ faults: inout RowFaults, _ parse: (Text) -> T?
  ) -> Vector {
    let owner = Buffer(byteCount: count * MemoryLayout<T>.stride)
    let slots = owner.base.assumingMemoryBound(to: T.self)
    var validity: ValidityMask?
    for row in 0..<count {
      let field = fields[row]
      if !isNull(field) {
        if let value = parse(field.text) {
          slots[row] = value
          continue
        }
        faults.add(row: row, column: column)
      }
      slots[row] = zero
      Self.setNull(row, count, &validity)
    }
    return Vector(type: type, encoding: .flat, count: count, owner: owner, validity: validity)
  }

  static func setNull(_ row: Int, _ count: Int, _ validity: inout ValidityMask?) {
    let mask = validity ?? ValidityMask(count: count, allValid: true)
    mask.setNull(row)
    validity = mask
  }

  private func strings(
    _ fields: UnsafePointer<FieldSlice>, _ count: Int, _ type: LogicalType = .string
  ) -> Vector {
    let owner = Buffer(byteCount: count * 16)
    let slots = owner.base.assumingMemoryBound(to: StringView.self)
    var heap = StringHeap()
    var validity: ValidityMask?
    for row in 0..<count {
      let field = fields[row]
      if isNull(field) {
        slots[row] = .empty
        Self.setNull(row, count, &validity)
      } else {
        slots[row] = type == .string ? UTF8Text.copy(field.text, to: &heap) : heap.copy(field.text)
      }
    }
    return Vector(
      type: type, encoding: .flat, count: count, owner: owner, validity: validity, heaps: heap.buffers)
  }

  private func decimals(
    _ fields: UnsafePointer<FieldSlice>, _ count: Int, _ type: LogicalType, _ precision: Int, _ scale: Int,
    _ column: Int32, _ faults: inout RowFaults
  ) -> Vector {
    if type.physical == .int64 {
      return fill(fields, count, type, Int64(0), column, &faults) {
        NumberText.decimal($0, precision: precision, scale: scale).map { Int64(truncatingIfNeeded: $0) }
      }
    }
    return fill(fields, count, type, Int128(0), column, &faults) {
      NumberText.decimal($0, precision: precision, scale: scale)
    }
  }

  private func double(_ text: Text) -> Double? {
    NumberText.double(text) ?? special(text)
  }

  private func float(_ text: Text) -> Float? {
    NumberText.float(text) ?? special(text).map { Float($0) }
  }

  private func special(_ text: Text) -> Double? {
    if text.elementsEqual(notANumber) { return .nan }
    if text.elementsEqual(positiveInfinity) { return .infinity }
    if text.elementsEqual(negativeInfinity) { return -.infinity }
    switch String(decoding: text, as: UTF8.self) {
    case "NaN": return .nan
    case "Infinity", "+Infinity": return .infinity
    case "-Infinity": return -.infinity
    default: return nil
    }
  }

  /// Whether a part of a nested value is NULL.
  func isNull(_ text: Text) -> Bool { text.elementsEqual(nullText) }

  /// Appends one value of any type that is not nested; false if the text is not of the type.
  func append(_ text: Text, to builder: VectorBuilder) -> Bool {
    if isNull(text) {
      builder.appendNull()
      return true
    }
    var faults = RowFaults(count: 1)
    let start = text.baseAddress ?? UnsafePointer(bitPattern: 1)
    guard let start else { return false }
    var slice = FieldSlice(start: start, count: Int32(truncatingIfNeeded: text.count), form: .quoted)
    let vector = convert(&slice, 1, builder.type, column: 0, &faults)
    builder.append(vector, row: 0)
    return faults.isEmpty
  }

  private func nestedValues(
    _ fields: UnsafePointer<FieldSlice>, _ count: Int, _ type: LogicalType, _ column: Int32, _ faults: inout RowFaults
  ) -> Vector {
    let builder = VectorBuilder(type, capacity: count)
    for row in 0..<count {
      let field = fields[row]
      if isNull(field) || nested == nil {
        builder.appendNull()
      } else if nested?.append(field.text, to: builder, level: 0, self) != true {
        faults.add(row: row, column: column)
      }
    }
    return builder.finish()
  }
}
