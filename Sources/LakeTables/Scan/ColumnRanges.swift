import LakeColumnar
import Synchronization

/// Keeps the ranges of columns that were asked for: planning asks again and again.
final class ColumnRanges: Sendable {
  private let known = Mutex<[Int: ColumnStatistics?]>([:])

  /// The range of a column, computed when first asked for.
  func range(of column: Int, _ compute: () -> ColumnStatistics?) -> ColumnStatistics? {
    if let known = known.withLock({ $0[column] }) { return known }
    let range = compute()
    known.withLock { $0[column] = .some(range) }
    return range
  }
}
