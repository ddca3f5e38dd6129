package import LakeColumnar
import LakeTypes

/// Hashes rows for joins, grouping and partitioning; not the SQL function `hash`.
///
/// Equal values hash equally whatever the encoding; NULL has a hash of its own; both zeros and all NaNs agree.
package enum VectorHash {
  /// The hash of NULL.
  static let null: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Writes (`isFirst`) or folds in the hashes of rows `0 ..< count`.
  package static func hash(
    _ vector: Vector, into target: UnsafeMutablePointer<UInt64>, count: Int, isFirst: Bool
  ) {
    switch vector.encoding {
    case .constant: hashConstant(vector, target, count, isFirst)
    case .dictionary: hashDictionary(vector, target, count, isFirst)
    case .flat: hashFlat(vector, target, count, isFirst)
    }
  }

  private static func hashConstant(
    _ vector: Vector, _ target: UnsafeMutablePointer<UInt64>, _ count: Int, _ isFirst: Bool
  ) {
    let value = vector.isConstantNull ? null : hashSlot(vector, 0)
    for row in 0..<count { target[row] = isFirst ? value : HashMix.combine(target[row], value) }
  }

  /// Hashes each entry once where the dictionary is no longer than the rows.
  private static func hashDictionary(
    _ vector: Vector, _ target: UnsafeMutablePointer<UInt64>, _ count: Int, _ isFirst: Bool
  ) {
    guard let dictionary = vector.dictionary, dictionary.count <= count else {
      return hashFlat(vector.flattened(), target, count, isFirst)
    }
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: dictionary.count) { entries in
      guard let table = entries.baseAddress else { return }
      hashFlat(dictionary, table, dictionary.count, true)
      let codes = vector.codes
      fold(vector.validity, target, count, isFirst) { table[Int(codes[$0])] }
    }
  }

  private static func hashFlat(
    _ vector: Vector, _ target: UnsafeMutablePointer<UInt64>, _ count: Int, _ isFirst: Bool
  ) {
    switch vector.physical {
    case .bool: integers(UInt8.self, vector, target, count, isFirst)
    case .int8: integers(Int8.self, vector, target, count, isFirst)
    case .int16: integers(Int16.self, vector, target, count, isFirst)
    case .int32: integers(Int32.self, vector, target, count, isFirst)
    case .int64: integers(Int64.self, vector, target, count, isFirst)
    case .int128:
      let slots = vector.slots(Int128.self)
      fold(vector.validity, target, count, isFirst) { hash(slots[$0]) }
    case .float32:
      let slots = vector.slots(OrderedFloat.self)
      fold(vector.validity, target, count, isFirst) { HashMix.hash(UInt64(slots[$0].normalizedBits)) }
    case .float64:
      let slots = vector.slots(OrderedDouble.self)
      fold(vector.validity, target, count, isFirst) { HashMix.hash(slots[$0].normalizedBits) }
    case .view:
      let slots = vector.slots(StringView.self)
      fold(vector.validity, target, count, isFirst) { slots[$0].contentHash }
    case .list, .structure: fold(vector.validity, target, count, isFirst) { hashSlot(vector, $0) }
    }
  }

  @inline(__always)
  private static func integers<T: FixedWidthInteger & BitwiseCopyable>(
    _ slot: T.Type, _ vector: Vector, _ target: UnsafeMutablePointer<UInt64>, _ count: Int, _ isFirst: Bool
  ) {
    let slots = vector.slots(T.self)
    fold(vector.validity, target, count, isFirst) { HashMix.hash(UInt64(truncatingIfNeeded: slots[$0])) }
  }

  @inline(__always)
  private static func fold(
    _ validity: ValidityMask?, _ target: UnsafeMutablePointer<UInt64>, _ count: Int, _ isFirst: Bool,
    _ value: (Int) -> UInt64
  ) {
    if let words = validity?.words {
      for row in 0..<count {
        let hash = words.isValid(row) ? value(row) : null
        target[row] = isFirst ? hash : HashMix.combine(target[row], hash)
      }
    } else if isFirst {
      for row in 0..<count { target[row] = value(row) }
    } else {
      for row in 0..<count { target[row] = HashMix.combine(target[row], value(row)) }
    }
  }

  @inline(__always)
  private static func hash(_ value: Int128) -> UInt64 {
    let low = UInt64(truncatingIfNeeded: value)
    let high = Int64(truncatingIfNeeded: value >> 64)
    if high == Int64(bitPattern: low) >> 63 { return HashMix.hash(low) }
    return HashMix.combine(HashMix.hash(low), UInt64(bitPattern: high))
  }

  /// The hash of one row of any encoding.
  package static func hashRow(_ vector: Vector, _ row: Int) -> UInt64 {
    vector.isValid(row) ? hashSlot(vector.slotVector, vector.slotIndex(row)) : null
  }

  private static func hashSlot(_ vector: Vector, _ slot: Int) -> UInt64 {
    switch vector.physical {
    case .bool, .int8: HashMix.hash(UInt64(truncatingIfNeeded: vector.slots(Int8.self)[slot]))
    case .int16: HashMix.hash(UInt64(truncatingIfNeeded: vector.slots(Int16.self)[slot]))
    case .int32: HashMix.hash(UInt64(truncatingIfNeeded: vector.slots(Int32.self)[slot]))
    case .int64: HashMix.hash(UInt64(truncatingIfNeeded: vector.slots(Int64.self)[slot]))
    case .int128: hash(vector.slots(Int128.self)[slot])
    case .float32: HashMix.hash(UInt64(vector.slots(OrderedFloat.self)[slot].normalizedBits))
    case .float64: HashMix.hash(vector.slots(OrderedDouble.self)[slot].normalizedBits)
    case .view: vector.slots(StringView.self)[slot].contentHash
    case .list: hashList(vector, vector.slots(ListEntry.self)[slot])
    case .structure: vector.children.reduce(1) { HashMix.combine($0, hashRow($1, slot)) }
    }
  }

  private static func hashList(_ vector: Vector, _ entry: ListEntry) -> UInt64 {
    var state = HashMix.hash(UInt64(entry.count))
    for child in vector.children {
      for index in 0..<Int(entry.count) {
        state = HashMix.combine(state, hashRow(child, Int(entry.offset) + index))
      }
    }
    return state
  }
}
