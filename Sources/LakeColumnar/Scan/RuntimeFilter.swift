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
    /// The keys where they are integers, too many to list, and few of the numbers in their range.
    package var bitmap: KeyBitmap?

    package init(minimum: Literal, maximum: Literal, values: [Literal]?, bitmap: KeyBitmap? = nil) {
      self.minimum = minimum
      self.maximum = maximum
      self.values = values
      self.bitmap = bitmap
    }
  }

  /// What one build side has published, for the filters of all scans that wait for it.
  private final class Publication: Sendable {
    let keys = Mutex<Keys?>(nil)
  }

  /// Position in the source's schema.
  package let column: Int
  private let publication: Publication

  package convenience init(column: Int) { self.init(column: column, Publication()) }

  private init(column: Int, _ publication: Publication) {
    self.column = column
    self.publication = publication
  }

  /// The same filter for a reader that counts its columns in another way.
  package func moved(to column: Int) -> RuntimeFilter { RuntimeFilter(column: column, publication) }

  /// The keys, once the build side is complete.
  package var keys: Keys? { publication.keys.withLock { $0 } }

  package func publish(_ keys: Keys) { publication.keys.withLock { $0 = keys } }

  /// The filter as scan predicates; empty until it is published.
  package var predicates: [ScanPredicate] {
    guard let keys else { return [] }
    if let values = keys.values { return [ScanPredicate(column: column, .isIn(values))] }
    let range = [
      ScanPredicate(column: column, .compare(.greaterOrEqual, keys.minimum)),
      ScanPredicate(column: column, .compare(.lessOrEqual, keys.maximum)),
    ]
    return range + (keys.bitmap.map { [ScanPredicate(column: column, .isKey($0))] } ?? [])
  }
}
