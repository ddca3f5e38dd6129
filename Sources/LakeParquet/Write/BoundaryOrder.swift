/// Whether the bounds of pages, as they follow one another, rise or fall; the column index says so.
struct BoundaryOrder {
  private var isAscending = true
  private var isDescending = true

  /// The number that the column index has for the order.
  var code: Int { isAscending ? 1 : isDescending ? 2 : 0 }

  /// Takes in how a page's lower and upper bound compare to those of the last page that had some: below zero where
  /// they are less.
  mutating func add(lower: Int, upper: Int) {
    if lower < 0 || upper < 0 { isAscending = false }
    if lower > 0 || upper > 0 { isDescending = false }
  }
}
