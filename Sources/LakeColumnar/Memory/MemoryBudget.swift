package import LakeDiagnostics
import Synchronization

/// The memory that one query may hold in its large structures (hash tables, sorts, materialised results).
///
/// Operators reserve before they grow and release when they shrink; the peak is kept for EXPLAIN ANALYZE.
package final class MemoryBudget: Sendable {
  /// Bytes that may be reserved at once.
  package let limit: Int
  private let used = Atomic<Int>(0)
  private let highest = Atomic<Int>(0)

  package init(limit: Int) { self.limit = limit }

  /// Bytes reserved now.
  package var reserved: Int { used.load(ordering: .relaxed) }
  /// The most bytes that were ever reserved at once.
  package var peak: Int { highest.load(ordering: .relaxed) }

  /// Reserves bytes, or throws `.outOfMemory` naming who asked and leaves the budget as it was.
  package func reserve(_ bytes: Int, for consumer: StaticString) throws(QueryError) {
    let total = used.wrappingAdd(bytes, ordering: .relaxed).newValue
    if total > limit {
      used.wrappingSubtract(bytes, ordering: .relaxed)
      throw QueryError(
        .outOfMemory, .execute,
        "the memory limit of \(limit >> 20) MiB is too small for the \(consumer): it needs \(bytes >> 10) KiB more",
        hint: "raise it with SET lakesql.memory_limit='...'")
    }
    var seen = highest.load(ordering: .relaxed)
    while total > seen {
      let result = highest.weakCompareExchange(expected: seen, desired: total, ordering: .relaxed)
      if result.exchanged { break }
      seen = result.original
    }
  }

  /// Gives reserved bytes back.
  package func release(_ bytes: Int) { used.wrappingSubtract(bytes, ordering: .relaxed) }
}
