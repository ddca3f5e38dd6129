import LakeColumnar
import LakeTypes

/// What is known of the values of a column or partition field in a set of rows.
struct ValueRange {
  /// nil where unknown.
  var lower: Literal?
  var upper: Literal?
  var mayHaveNull: Bool
  /// Whether there may be values other than NULL.
  var mayHaveValue: Bool
  /// Whether there may be NaN, which the bounds leave out.
  var mayHaveNaN: Bool

  /// The range of one known value.
  init(exactly value: Literal) {
    lower = value.isNull ? nil : value
    upper = lower
    mayHaveNull = value.isNull
    mayHaveValue = !value.isNull
    mayHaveNaN = Self.isNaN(value)
  }

  init(lower: Literal?, upper: Literal?, mayHaveNull: Bool, mayHaveValue: Bool, mayHaveNaN: Bool) {
    self.lower = lower
    self.upper = upper
    self.mayHaveNull = mayHaveNull
    self.mayHaveValue = mayHaveValue
    self.mayHaveNaN = mayHaveNaN
  }

  private static func isNaN(_ value: Literal) -> Bool {
    switch value {
    case .float(let number): number.isNaN
    case .double(let number): number.isNaN
    default: false
    }
  }

  /// Whether some row may pass the test on the column itself.
  func admits(_ test: ScanPredicate.Test) -> Bool { admits(test, transform: .identity) }

  /// Whether some row may pass a test on a column whose transformed values have this range.
  func admits(_ test: ScanPredicate.Test, transform: PartitionTransform) -> Bool {
    switch test {
    case .isNull: mayHaveNull || transform == .void || isUnknown(transform)
    case .isNotNull: mayHaveValue || transform == .void || isUnknown(transform)
    case .compare(let comparison, let value): admits(comparison, value, transform)
    case .isKey: true
    case .isIn(let values): values.contains { admits(.equal, $0, transform) }
    case .anyOf(let groups): groups.contains { $0.allSatisfy { admits($0, transform: transform) } }
    }
  }

  private func isUnknown(_ transform: PartitionTransform) -> Bool {
    if case .unknown = transform { true } else { false }
  }

  private func admits(_ comparison: ScanPredicate.Comparison, _ value: Literal, _ transform: PartitionTransform) -> Bool
  {
    if transform == .void || isUnknown(transform) { return true }
    if value.isNull { return false }
    if !mayHaveValue { return false }
    if Self.isNaN(value) { return true }
    if comparison != .equal, !transform.isMonotonic { return true }
    let wanted = transform.apply(to: value)
    // A transform maps neighbours to one value, so that "less" becomes "less or equal".
    let isExact = transform == .identity
    switch comparison {
    case .equal:
      return isAtMost(lower, wanted) && isAtLeast(upper, wanted)
    case .less: return isExact ? isBelow(lower, wanted) : isAtMost(lower, wanted)
    case .lessOrEqual: return isAtMost(lower, wanted)
    case .greater: return mayHaveNaN || (isExact ? isAbove(upper, wanted) : isAtLeast(upper, wanted))
    case .greaterOrEqual: return mayHaveNaN || isAtLeast(upper, wanted)
    }
  }

  /// Each answers true where the order is unknown.
  private func isAtMost(_ a: Literal?, _ b: Literal) -> Bool { order(a, b).map { $0 <= 0 } ?? true }
  private func isAtLeast(_ a: Literal?, _ b: Literal) -> Bool { order(a, b).map { $0 >= 0 } ?? true }
  private func isBelow(_ a: Literal?, _ b: Literal) -> Bool { order(a, b).map { $0 < 0 } ?? true }
  private func isAbove(_ a: Literal?, _ b: Literal) -> Bool { order(a, b).map { $0 > 0 } ?? true }
  private func order(_ a: Literal?, _ b: Literal) -> Int? { a.flatMap { LiteralOrder.compare($0, b) } }
}
