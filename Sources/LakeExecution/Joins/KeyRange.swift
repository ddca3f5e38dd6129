import LakeColumnar
import LakeFunctions
import LakeTypes

/// The rows that hold the smallest and the largest value of a column.
struct KeyRange {
  let smallest: Int
  let largest: Int

  /// nil if all rows are NULL.
  init?(_ vector: Vector) {
    let isEncoded = vector.dictionary.map { $0.count < vector.count } ?? false
    let found = isEncoded ? Self.compare(vector, Self.usedEntries(of: vector)) : Self.extremes(vector.flattened())
    guard let found else { return nil }
    (smallest, largest) = found
  }

  private static func extremes(_ flat: Vector) -> (Int, Int)? {
    switch flat.physical {
    case .int8: extremes(flat, Int8.self)
    case .int16: extremes(flat, Int16.self)
    case .int32: extremes(flat, Int32.self)
    case .int64: extremes(flat, Int64.self)
    case .int128: extremes(flat, Int128.self)
    case .view: extremes(flat, StringView.self)
    case .bool, .float32, .float64, .list, .structure:
      compare(flat, (0..<flat.count).filter { flat.isValid($0) })
    }
  }

  @inline(__always)
  private static func extremes<T: Comparable & BitwiseCopyable>(_ flat: Vector, _ slot: T.Type) -> (Int, Int)? {
    let slots = flat.slots(T.self)
    let words = flat.validity?.words
    var (smallest, largest) = (-1, -1)
    for row in 0..<flat.count {
      if let words, !words.isValid(row) { continue }
      if smallest < 0 {
        (smallest, largest) = (row, row)
      } else if slots[row] < slots[smallest] {
        smallest = row
      } else if slots[largest] < slots[row] {
        largest = row
      }
    }
    return smallest < 0 ? nil : (smallest, largest)
  }

  /// The extremes among some rows that are not NULL.
  private static func compare(_ vector: Vector, _ rows: [Int]) -> (Int, Int)? {
    let smallest = rows.min { RowComparison.compare(vector, $0, vector, $1) < 0 }
    let largest = rows.max { RowComparison.compare(vector, $0, vector, $1) < 0 }
    guard let smallest, let largest else { return nil }
    return (smallest, largest)
  }

  /// One row for each entry that is in use.
  private static func usedEntries(of vector: Vector) -> [Int] {
    var rowOf: [UInt32: Int] = [:]
    let codes = vector.codes
    for row in 0..<vector.count where vector.isValid(row) { rowOf[codes[row]] = row }
    return Array(rowOf.values)
  }

  static func isOrdered(_ vector: Vector, _ a: UInt32, _ b: UInt32) -> Bool {
    RowComparison.compareNullsFirst(vector, Int(a), vector, Int(b)) < 0
  }
}
