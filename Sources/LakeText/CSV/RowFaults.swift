/// Which rows of a batch are malformed, and why.
struct RowFaults {
  /// In place of a column for a record with too few or too many fields.
  static let fieldCount: Int32 = -2
  private static let none: Int32 = -1

  private(set) var isEmpty = true
  /// For each row the first stored column that is bad.
  private var columns: [Int32]

  init(count: Int) { columns = [Int32](repeating: Self.none, count: count) }

  mutating func add(row: Int, column: Int32) {
    isEmpty = false
    if columns[row] == Self.none { columns[row] = column }
  }

  /// The bad column of a row, or nil if the row is fine.
  func fault(at row: Int) -> Int32? { columns[row] == Self.none ? nil : columns[row] }

  var firstRow: Int? { isEmpty ? nil : columns.firstIndex { $0 != Self.none } }
}
