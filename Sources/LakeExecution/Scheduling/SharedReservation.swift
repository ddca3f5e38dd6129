import LakeColumnar
import LakeDiagnostics
import Synchronization

/// A reservation that several threads enlarge; released with the query's plan.
final class SharedReservation: Sendable {
  private let consumer: StaticString
  private let held = Mutex<(budget: MemoryBudget, bytes: Int)?>(nil)

  init(for consumer: StaticString) { self.consumer = consumer }

  /// Reserves bytes, or gives some back where the number is negative.
  func grow(_ bytes: Int, _ run: QueryRun) throws(QueryError) {
    if bytes < 0 { run.budget.release(-bytes) } else { try run.budget.reserve(bytes, for: consumer) }
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
