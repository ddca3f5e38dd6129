import LakeColumnar
import LakeTypes

/// Finds the partition of each row; used by one thread.
///
/// Partitions get numbers in the order in which they are met.
final class PartitionKeyer {
  /// Where the rows of a batch belong.
  enum Assignment {
    /// All rows to one partition.
    case single(Int)
    /// Each row to a partition.
    case rows([UInt32])
  }

  private let coders: [PartitionValueCoder]
  private var numbers: [[UInt32]: Int] = [:]
  /// The values of each partition, in the order of the fields.
  private(set) var partitions: [[Literal]] = []

  init(_ coders: [PartitionValueCoder]) { self.coders = coders }

  /// Assigns the rows of a batch that has no selection.
  func assign(_ batch: Batch) -> Assignment {
    var codes: [PartitionValueCoder.Codes] = []
    for coder in coders { codes.append(coder.encode(batch.columns[coder.column], count: batch.physicalCount)) }
    let isConstant = codes.allSatisfy { if case .constant = $0 { true } else { false } }
    if isConstant { return .single(number(codes.map { $0.code(at: 0) })) }
    var rows = [UInt32](repeating: 0, count: batch.physicalCount)
    var previous: [UInt32] = []
    var key = [UInt32](repeating: 0, count: codes.count)
    var number = 0
    var isUniform = true
    for row in rows.indices {
      for field in codes.indices { key[field] = codes[field].code(at: row) }
      if key != previous {
        let next = self.number(key)
        if row > 0, next != number { isUniform = false }
        number = next
        previous = key
      }
      rows[row] = UInt32(truncatingIfNeeded: number)
    }
    return isUniform ? .single(number) : .rows(rows)
  }

  private func number(_ key: [UInt32]) -> Int {
    if let known = numbers[key] { return known }
    let number = partitions.count
    numbers[key] = number
    partitions.append(zip(coders, key).map { $0.value(of: $1) })
    return number
  }
}

/// Gives small numbers to the partition values of one field; used by one thread.
final class PartitionValueCoder {
  enum Codes {
    case constant(UInt32)
    case rows([UInt32])

    @inline(__always)
    func code(at row: Int) -> UInt32 {
      switch self {
      case .constant(let code): code
      case .rows(let codes): codes[row]
      }
    }
  }

  /// The source column's position in the batch.
  let column: Int
  private let transform: PartitionTransform
  private let resultType: LogicalType
  private let sourceIsDate: Bool
  private var values: [Literal] = [.null]
  private var codeOfInteger: [Int64: UInt32] = [:]
  private var codeOfLiteral: [Literal: UInt32] = [:]
  private static let null: UInt32 = 0

  init(column: Int, transform: PartitionTransform, sourceType: LogicalType) {
    self.column = column
    self.transform = transform
    resultType = transform.resultType(of: sourceType) ?? sourceType
    sourceIsDate = sourceType == .date
  }

  func value(of code: UInt32) -> Literal { values[Int(code)] }

  /// The codes of a vector's rows.
  func encode(_ vector: Vector, count: Int) -> Codes {
    if vector.isConstant { return .constant(vector.isConstantNull ? Self.null : code(of: vector, slot: 0)) }
    var slotCodes: [UInt32]?
    if let dictionary = vector.dictionary, dictionary.count <= count {
      slotCodes = (0..<dictionary.count).map { code(of: dictionary, slot: $0) }
    }
    var codes = [UInt32](repeating: Self.null, count: count)
    let source = vector.slotVector
    let integers = slotCodes == nil ? SlotReader(source) : nil
    for row in 0..<count where vector.isValid(row) {
      let slot = vector.slotIndex(row)
      if let slotCodes {
        codes[row] = slotCodes[slot]
      } else if let integers {
        codes[row] = code(ofInteger: transformed(integers.value(at: slot)))
      } else {
        codes[row] = code(of: source, slot: slot)
      }
    }
    return .rows(codes)
  }

  /// The code of one valid slot of a flat or constant vector.
  private func code(of vector: Vector, slot: Int) -> UInt32 {
    if let reader = SlotReader(vector) { return code(ofInteger: transformed(reader.value(at: slot))) }
    let value = transform.apply(to: vector.literal(at: slot))
    if let known = codeOfLiteral[value] { return known }
    let code = add(value)
    codeOfLiteral[value] = code
    return code
  }

  private func code(ofInteger value: Int64) -> UInt32 {
    if let known = codeOfInteger[value] { return known }
    let code: UInt32
    switch resultType {
    case .date: code = add(.date(Int32(truncatingIfNeeded: value)))
    case .timestamp, .timestampNTZ: code = add(.timestamp(value))
    case .boolean: code = add(.boolean(value != 0))
    default: code = transform == .void ? Self.null : add(.integer(value))
    }
    codeOfInteger[value] = code
    return code
  }

  private func add(_ value: Literal) -> UInt32 {
    if value.isNull { return Self.null }
    values.append(value)
    return UInt32(values.count - 1)
  }

  /// The partition value of an integer, date, timestamp or boolean.
  private func transformed(_ value: Int64) -> Int64 {
    switch transform {
    case .identity: return value
    case .bucket(let count): return Int64(Int32(bitPattern: Murmur3.hash(value)) & .max) % Int64(count)
    case .truncate(let width):
      let rest = value % Int64(width)
      return value &- (rest < 0 ? rest + Int64(width) : rest)
    case .hour: return DateTimeText.floorDivide(value, 3_600_000_000)
    case .day: return days(value)
    case .month:
      let date = CivilDate(daysSinceEpoch: Int(days(value)))
      return Int64((date.year - 1970) * 12 + date.month - 1)
    case .year: return Int64(CivilDate(daysSinceEpoch: Int(days(value))).year - 1970)
    case .void, .unknown: return 0
    }
  }

  private func days(_ value: Int64) -> Int64 {
    sourceIsDate ? value : DateTimeText.floorDivide(value, DateTimeText.microsPerDay)
  }

  /// Reads slots that are integers of some width.
  private struct SlotReader {
    private let vector: Vector

    init?(_ vector: Vector) {
      switch vector.type {
      case .boolean, .tinyint, .smallint, .int, .bigint, .date, .timestamp, .timestampNTZ: self.vector = vector
      default: return nil
      }
    }

    @inline(__always)
    func value(at slot: Int) -> Int64 {
      switch vector.physical {
      case .bool: Int64(vector.slots(UInt8.self)[slot])
      case .int8: Int64(vector.slots(Int8.self)[slot])
      case .int16: Int64(vector.slots(Int16.self)[slot])
      case .int32: Int64(vector.slots(Int32.self)[slot])
      default: vector.slots(Int64.self)[slot]
      }
    }
  }
}
