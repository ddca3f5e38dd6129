package import LakeTypes

/// A test of one column against constants, simple enough to prune files, row groups, pages and dictionary entries.
package struct ScanPredicate: Hashable, Sendable {
  package enum Comparison: Hashable, Sendable {
    case equal, less, lessOrEqual, greater, greaterOrEqual
  }
  package enum Test: Hashable, Sendable {
    /// A NULL column value fails.
    case compare(Comparison, Literal)
    /// One of the values, none of which is NULL.
    case isIn([Literal])
    case isNull
    case isNotNull
  }

  /// Position in the source's schema.
  package var column: Int
  package var test: Test

  package init(column: Int, _ test: Test) {
    self.column = column
    self.test = test
  }
}
