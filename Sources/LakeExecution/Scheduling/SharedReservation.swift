import LakeColumnar
import LakeDiagnostics
import Synchronization

/// A reservation that several threads enlarge; released with the query's plan.
final class SharedReservation: Sendable {
  private let consumer: StaticString
  private let isSpillable: Bool
  private let held = Mutex<(budget: MemoryBudget, bytes: Int)?>(nil)

  /// What is spillable is counted whatever is left.
  init(for consumer: StaticString, isSpillable: Bool) {
    self.consumer = consumer
    self.isSpillable = isSpillable
  }

  /// Bytes reserved now.
  var bytes: Int { held.withLock { $0?.bytes ?? 0 } }

  /// Reserves bytes, or gives some back where the number is negative.
  func grow(_ bytes: Int, _ run: QueryRun) throws(QueryError) {
    if bytes < 0 {
      run.budget.release(-bytes)
    } else if isSpillable, bytes <= run.budget.limit {
      run.budget.hold(bytes)
    } else {
      try run.budget.reserve(bytes, for: consumer)
    }
    held.withLock { $0 = (run.budget, ($0?.bytes ?? 0) + bytes) }
  }

  func release() {
    let freed = held.withLock { held in
      defer { held = nil }
      return held
    }
    if let freed { freed.budget.release(freed.bytes) }
  }

  deinit { release() }
}
