package import LakeTypes
import Synchronization

/// What a hash join's build side tells a running scan about the keys that can match.
package final class RuntimeFilter: Sendable {
  /// The keys seen: their range, and all of them where they are few.
  package struct Keys: Sendable {
    package var minimum: Literal
    package var maximum: Literal
    /// The distinct keys, or nil if there are too many to list.
    package var values: [Literal]?

    package init(minimum: Literal, maximum: Literal, values: [Literal]?) {
      self.minimum = minimum
      self.maximum = maximum
      self.values = values
    }
  }

  /// Position in the source's schema.
  package let column: Int
  private let published = Mutex<Keys?>(nil)

  package init(column: Int) { self.column = column }

  /// The keys, once the build side is complete.
  package var keys: Keys? { published.withLock { $0 } }

  package func publish(_ keys: Keys) { published.withLock { $0 = keys } }

  /// The filter as scan predicates; empty until it is published.
  package var predicates: [ScanPredicate] {
    guard let keys else { return [] }
    if let values = keys.values { return [ScanPredicate(column: column, .isIn(values))] }
    return [
      ScanPredicate(column: column, .compare(.greaterOrEqual, keys.minimum)),
      ScanPredicate(column: column, .compare(.lessOrEqual, keys.maximum)),
    ]
  }
}
