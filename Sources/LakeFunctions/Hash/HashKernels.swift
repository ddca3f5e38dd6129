import LakeColumnar
import LakeTypes

/// A hash function that takes values one after the other, each with the hash so far as its seed.
protocol SeededHash {
  associatedtype State: FixedWidthInteger & BitwiseCopyable
  static func hash(int value: Int32, _ seed: State) -> State
  static func hash(long value: Int64, _ seed: State) -> State
  static func hash(bytes: TextBytes, _ seed: State) -> State
}

/// Spark's variant of MurmurHash3: bytes behind the last word are mixed in one by one.
enum Murmur3Hash: SeededHash {
  static func hash(int value: Int32, _ seed: UInt32) -> UInt32 {
    Murmur3.finish(Murmur3.mixHash(seed, Murmur3.mixWord(UInt32(bitPattern: value))), length: 4)
  }

  static func hash(long value: Int64, _ seed: UInt32) -> UInt32 {
    let low = Murmur3.mixHash(seed, Murmur3.mixWord(UInt32(truncatingIfNeeded: value)))
    let high = Murmur3.mixHash(low, Murmur3.mixWord(UInt32(truncatingIfNeeded: value >> 32)))
    return Murmur3.finish(high, length: 8)
  }

  static func hash(bytes: TextBytes, _ seed: UInt32) -> UInt32 {
    var state = seed
    let raw = UnsafeRawBufferPointer(bytes)
    let aligned = bytes.count & ~3
    for offset in stride(from: 0, to: aligned, by: 4) {
      let word = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      state = Murmur3.mixHash(state, Murmur3.mixWord(word))
    }
    for offset in aligned..<bytes.count {
      let signed = UInt32(bitPattern: Int32(Int8(bitPattern: bytes[offset])))
      state = Murmur3.mixHash(state, Murmur3.mixWord(signed))
    }
    return Murmur3.finish(state, length: bytes.count)
  }
}

extension XXHash64: SeededHash {}

/// Folds columns of any type into row hashes, as Spark's `HashExpression`; NULL leaves a hash as it is.
enum ColumnHash<Function: SeededHash> {
  static func fold(_ column: Vector, _ states: UnsafeMutablePointer<Function.State>, _ count: Int) {
    let mask = RowMask(column)
    for row in 0..<count where mask.isValid(row) {
      states[row] = hash(column, column.isConstant ? 0 : row, states[row])
    }
  }

  /// The hash of a slot of a flat vector.
  private static func hash(_ column: Vector, _ slot: Int, _ seed: Function.State) -> Function.State {
    switch column.type {
    case .void: seed
    case .boolean: Function.hash(int: Int32(column.slots(UInt8.self)[slot]), seed)
    case .tinyint: Function.hash(int: Int32(column.slots(Int8.self)[slot]), seed)
    case .smallint: Function.hash(int: Int32(column.slots(Int16.self)[slot]), seed)
    case .int, .date, .intervalYearMonth: Function.hash(int: column.slots(Int32.self)[slot], seed)
    case .bigint, .timestamp, .timestampNTZ, .intervalDayTime: Function.hash(long: column.slots(Int64.self)[slot], seed)
    case .float:
      Function.hash(int: Int32(bitPattern: column.slots(OrderedFloat.self)[slot].normalizedBits), seed)
    case .double:
      Function.hash(long: Int64(bitPattern: column.slots(OrderedDouble.self)[slot].normalizedBits), seed)
    case .decimal:
      column.physical == .int64
        ? Function.hash(long: column.slots(Int64.self)[slot], seed) : wide(column.slots(Int128.self)[slot], seed)
    case .string, .binary: Function.hash(bytes: (column.slots(StringView.self) + slot).valueBytes, seed)
    case .array, .map: list(column, column.slots(ListEntry.self)[slot], seed)
    case .struct: column.children.reduce(seed) { row($1, slot, $0) }
    }
  }

  private static func row(_ column: Vector, _ row: Int, _ seed: Function.State) -> Function.State {
    column.isValid(row) ? hash(column.slotVector, column.slotIndex(row), seed) : seed
  }

  private static func list(_ column: Vector, _ entry: ListEntry, _ seed: Function.State) -> Function.State {
    var state = seed
    for index in Int(entry.offset)..<Int(entry.offset + entry.count) {
      for child in column.children { state = row(child, index, state) }
    }
    return state
  }

  /// The shortest big-endian two's complement bytes, as Java's BigInteger.
  private static func wide(_ value: Int128, _ seed: Function.State) -> Function.State {
    var bytes = (0..<16).map { UInt8(truncatingIfNeeded: value >> Int128(120 - 8 * $0)) }
    while bytes.count > 1, (bytes[0] == 0 && bytes[1] < 0x80) || (bytes[0] == 0xFF && bytes[1] >= 0x80) {
      bytes.removeFirst()
    }
    return bytes.withUnsafeBufferPointer { Function.hash(bytes: $0, seed) }
  }
}
