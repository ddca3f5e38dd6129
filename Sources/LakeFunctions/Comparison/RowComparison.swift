package import LakeColumnar
import LakeTypes

/// Compares single rows of two vectors of the same type, for sorts, merges and nested values.
///
/// Any encoding. NaN equals itself and is the largest; both zeros are equal; strings order by bytes.
package enum RowComparison {
  /// Negative, zero or positive as row `i` of `a` sorts before, with or behind row `j` of `b`.
  ///
  /// Neither row may be NULL itself; NULLs inside nested values sort first.
  package static func compare(_ a: Vector, _ i: Int, _ b: Vector, _ j: Int) -> Int {
    let (x, y) = (a.slotVector, b.slotVector)
    let (p, q) = (a.slotIndex(i), b.slotIndex(j))
    switch a.physical {
    case .bool: return order(x.slots(UInt8.self)[p], y.slots(UInt8.self)[q])
    case .int8: return order(x.slots(Int8.self)[p], y.slots(Int8.self)[q])
    case .int16: return order(x.slots(Int16.self)[p], y.slots(Int16.self)[q])
    case .int32: return order(x.slots(Int32.self)[p], y.slots(Int32.self)[q])
    case .int64: return order(x.slots(Int64.self)[p], y.slots(Int64.self)[q])
    case .int128: return order(x.slots(Int128.self)[p], y.slots(Int128.self)[q])
    case .float32: return order(x.slots(OrderedFloat.self)[p], y.slots(OrderedFloat.self)[q])
    case .float64: return order(x.slots(OrderedDouble.self)[p], y.slots(OrderedDouble.self)[q])
    case .view: return x.slots(StringView.self)[p].compare(y.slots(StringView.self)[q])
    case .list: return compareLists(x, p, y, q)
    case .structure: return compareStructs(x, p, y, q)
    }
  }

  /// Whether the rows are the same; NULL is the same as NULL.
  package static func equalRows(_ a: Vector, _ i: Int, _ b: Vector, _ j: Int) -> Bool {
    let (isThere, isOtherThere) = (a.isValid(i), b.isValid(j))
    guard isThere, isOtherThere else { return isThere == isOtherThere }
    return compare(a, i, b, j) == 0
  }

  /// As `compare`, but the rows may be NULL and NULL sorts first.
  package static func compareNullsFirst(_ a: Vector, _ i: Int, _ b: Vector, _ j: Int) -> Int {
    let (isThere, isOtherThere) = (a.isValid(i), b.isValid(j))
    guard isThere, isOtherThere else { return bit(isThere) - bit(isOtherThere) }
    return compare(a, i, b, j)
  }

  @inline(__always)
  private static func order<T: Comparable>(_ a: T, _ b: T) -> Int { bit(b < a) - bit(a < b) }

  private static func compareLists(_ a: Vector, _ i: Int, _ b: Vector, _ j: Int) -> Int {
    let x = a.slots(ListEntry.self)[i]
    let y = b.slots(ListEntry.self)[j]
    for index in 0..<Int(min(x.count, y.count)) {
      for (left, right) in zip(a.children, b.children) {
        let order = compareNullsFirst(left, Int(x.offset) + index, right, Int(y.offset) + index)
        if order != 0 { return order }
      }
    }
    return Int(x.count) - Int(y.count)
  }

  private static func compareStructs(_ a: Vector, _ i: Int, _ b: Vector, _ j: Int) -> Int {
    for (left, right) in zip(a.children, b.children) {
      let order = compareNullsFirst(left, i, right, j)
      if order != 0 { return order }
    }
    return 0
  }
}
