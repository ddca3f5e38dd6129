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

/// xxHash, 64 bits (Y. Collet's specification).
enum XXHash64: SeededHash {
  private static let p1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let p2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let p3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let p4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let p5: UInt64 = 0x27D4_EB2F_1656_67C5

  @inline(__always)
  private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }

  @inline(__always)
  private static func round(_ state: UInt64, _ input: UInt64) -> UInt64 {
    rotate(state &+ input &* p2, 31) &* p1
  }

  @inline(__always)
  private static func finish(_ state: UInt64) -> UInt64 {
    var hash = state ^ state >> 33
    hash = hash &* p2
    hash ^= hash >> 29
    hash = hash &* p3
    return hash ^ hash >> 32
  }

  static func hash(int value: Int32, _ seed: UInt64) -> UInt64 {
    let state = (seed &+ p5 &+ 4) ^ UInt64(UInt32(bitPattern: value)) &* p1
    return finish(rotate(state, 23) &* p2 &+ p3)
  }

  static func hash(long value: Int64, _ seed: UInt64) -> UInt64 {
    let state = (seed &+ p5 &+ 8) ^ round(0, UInt64(bitPattern: value))
    return finish(rotate(state, 27) &* p1 &+ p4)
  }

  static func hash(bytes: TextBytes, _ seed: UInt64) -> UInt64 {
    let raw = UnsafeRawBufferPointer(bytes)
    var offset = 0
    var state = seed &+ p5
    if bytes.count >= 32 { state = longState(raw, seed, &offset) }
    state = state &+ UInt64(bytes.count)
    while offset + 8 <= bytes.count {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      state = rotate(state ^ round(0, word), 27) &* p1 &+ p4
      offset += 8
    }
    if offset + 4 <= bytes.count {
      let word = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      state = rotate(state ^ UInt64(word) &* p1, 23) &* p2 &+ p3
      offset += 4
    }
    while offset < bytes.count {
      state = rotate(state ^ UInt64(bytes[offset]) &* p5, 11) &* p1
      offset += 1
    }
    return finish(state)
  }

  private static func longState(_ raw: UnsafeRawBufferPointer, _ seed: UInt64, _ offset: inout Int) -> UInt64 {
    var lanes = [seed &+ p1 &+ p2, seed &+ p2, seed, seed &- p1]
    while offset + 32 <= raw.count {
      for lane in 0..<4 {
        let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset + lane * 8, as: UInt64.self))
        lanes[lane] = round(lanes[lane], word)
      }
      offset += 32
    }
    var state = rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
    for lane in lanes { state = (state ^ round(0, lane)) &* p1 &+ p4 }
    return state
  }
}

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
