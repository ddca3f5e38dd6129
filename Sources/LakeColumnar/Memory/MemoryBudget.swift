package import LakeDiagnostics
import Synchronization

/// The memory that one query may hold in its large structures (hash tables, sorts, materialised results).
///
/// Operators reserve before they grow and release when they shrink; the peak is kept for EXPLAIN ANALYZE. What can be
/// spilled is only counted: its holders look at what is left and spill.
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
    if reserve(bytes, upTo: limit) { return }
    throw QueryError(
      .outOfMemory, .execute,
      "the memory limit of \(limit >> 20) MiB is too small for the \(consumer): it needs \(bytes >> 10) KiB more",
      hint: "raise it with SET lakesql.memory_limit='...'")
  }

  /// Reserves bytes if no more than `ceiling` are reserved then; otherwise leaves the budget as it was, at no moment
  /// in the way of others who reserve.
  package func reserve(_ bytes: Int, upTo ceiling: Int) -> Bool {
    var total = used.load(ordering: .relaxed)
    while bytes <= ceiling - total {
      let result = used.weakCompareExchange(expected: total, desired: total + bytes, ordering: .relaxed)
      if result.exchanged {
        raisePeak(to: total + bytes)
        return true
      }
      total = result.original
    }
    return false
  }

  /// Counts bytes that cannot be done without, whatever is left: of rows that are there already, or of the work that
  /// frees others.
  package func hold(_ bytes: Int) { raisePeak(to: used.wrappingAdd(bytes, ordering: .relaxed).newValue) }

  private func raisePeak(to total: Int) {
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
