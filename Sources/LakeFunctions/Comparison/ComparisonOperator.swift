/// The six comparisons; NULL makes each of them NULL.
package enum ComparisonOperator: String, Hashable, Sendable, CaseIterable {
  case equal = "="
  case notEqual = "<>"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="

  /// The operator that holds for (b, a) where this one holds for (a, b).
  package var flipped: ComparisonOperator {
    switch self {
    case .equal, .notEqual: self
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }

  /// Whether the operator holds for a three-way order (negative, zero, positive).
  @inline(__always)
  func holds(_ order: Int) -> Bool {
    switch self {
    case .equal: order == 0
    case .notEqual: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }
}

/// One comparison as a type, so that kernels are specialised for it.
protocol ComparisonTest {
  static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool
}

enum EqualTest: ComparisonTest {
  @inline(__always) static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a == b }
}
enum NotEqualTest: ComparisonTest {
  @inline(__always) static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a != b }
}
enum LessTest: ComparisonTest {
  @inline(__always) static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a < b }
}
enum LessOrEqualTest: ComparisonTest {
  @inline(__always) static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { a <= b }
}
enum GreaterTest: ComparisonTest {
  @inline(__always) static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { b < a }
}
enum GreaterOrEqualTest: ComparisonTest {
  @inline(__always) static func holds<T: Comparable>(_ a: T, _ b: T) -> Bool { b <= a }
}
