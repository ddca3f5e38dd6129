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
    let rows = isEncoded ? Self.usedEntries(of: vector) : (0..<vector.count).filter { vector.isValid($0) }
    var (smallest, largest) = (-1, -1)
    for row in rows {
      if smallest < 0 {
        (smallest, largest) = (row, row)
      } else if RowComparison.compare(vector, row, vector, smallest) < 0 {
        smallest = row
      } else if RowComparison.compare(vector, row, vector, largest) > 0 {
        largest = row
      }
    }
    if smallest < 0 { return nil }
    self.smallest = smallest
    self.largest = largest
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
