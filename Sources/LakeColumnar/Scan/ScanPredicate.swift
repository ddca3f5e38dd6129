package import LakeTypes

/// A test of one column against constants, simple enough to prune files, row groups, pages and dictionary entries.
package struct ScanPredicate: Hashable, Sendable {
  package enum Comparison: Hashable, Sendable {
    case equal, less, lessOrEqual, greater, greaterOrEqual
  }
  package indirect enum Test: Hashable, Sendable {
    /// A NULL column value fails.
    case compare(Comparison, Literal)
    /// One of the values, none of which is NULL.
    case isIn([Literal])
    /// One of the keys of a join.
    case isKey(KeyBitmap)
    case isNull
    case isNotNull
    /// All tests of at least one of the groups.
    case anyOf([[Test]])

    /// Whether a NULL passes.
    package var acceptsNull: Bool {
      switch self {
      case .isNull: true
      case .compare, .isIn, .isKey, .isNotNull: false
      case .anyOf(let groups): groups.contains { $0.allSatisfy(\.acceptsNull) }
      }
    }
  }

  /// Position in the source's schema.
  package var column: Int
  /// From a struct column to the field that is tested: positions in the fields of each struct on the way. The field
  /// of a struct that is NULL is NULL.
  package var path: [Int]
  package var test: Test

  package init(column: Int, path: [Int] = [], _ test: Test) {
    self.column = column
    self.path = path
    self.test = test
  }
}
