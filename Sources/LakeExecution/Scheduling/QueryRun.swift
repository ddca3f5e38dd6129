import LakeColumnar
import LakeDiagnostics
import Synchronization

/// What all parts of one running query share.
final class QueryRun: Sendable {
  let settings: ExecutionSettings
  let pool: WorkerPool
  let cancellation: CancellationToken
  let budget: MemoryBudget
  let spillPolicy: SpillPolicy
  private let failure = Mutex<QueryError?>(nil)
  private let stop = SharedFlag()

  init(settings: ExecutionSettings, pool: WorkerPool, cancellation: CancellationToken) {
    self.settings = settings
    self.pool = pool
    self.cancellation = cancellation
    budget = MemoryBudget(limit: max(settings.memoryLimit, SpillPolicy.smallestLimit))
    spillPolicy = SpillPolicy(budget, limit: settings.memoryLimit, threads: min(settings.threads, pool.threads))
  }

  /// Threads that may work at once.
  var threads: Int { min(settings.threads, pool.threads) }

  /// Whether a worker has failed or nobody wants more rows.
  var isStopped: Bool { stop.isSet || cancellation.isCancelled }

  /// Ends the run; of several errors the first one counts.
  func fail(_ error: QueryError) {
    failure.withLock { if $0 == nil, !stop.isSet { $0 = error } }
    stop.set()
  }

  /// Ends the run without an error: the reader of the results has seen enough.
  func endEarly() { stop.set() }

  /// Throws what a worker has failed with, or that the query was cancelled.
  func rethrow() throws(QueryError) {
    if let error = failure.withLock({ $0 }) { throw error }
    try cancellation.check()
  }

  /// To be called once a batch in long loops: throws if the run is over.
  func checkpoint() throws(QueryError) {
    guard isStopped else { return }
    try rethrow()
    throw QueryError(.cancelled, .execute, "the statement has ended")
  }

  /// Calls `body` for each index on several threads; throws the first error.
  func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) throws(QueryError) -> Void) throws(QueryError) {
    pool.forEach(count, workers: threads) { index in
      if self.isStopped { return }
      do throws(QueryError) { try body(index) } catch { self.fail(error) }
    }
    try checkpoint()
  }
}

/// Bytes that one structure holds of the query's budget; given back when the structure goes away.
///
/// Used by one thread at a time.
final class MemoryReservation {
  private let budget: MemoryBudget
  private let consumer: StaticString
  private let allowance: Int
  private(set) var bytes = 0

  /// Up to `allowance` bytes are granted whatever is left; but none that no query could have.
  init(_ budget: MemoryBudget, for consumer: StaticString, allowance: Int = 0) {
    self.budget = budget
    self.consumer = consumer
    self.allowance = min(allowance, budget.limit)
  }

  deinit { budget.release(bytes) }

  /// Makes the reservation as large as the structure is now.
  func resize(to newBytes: Int) throws(QueryError) {
    if newBytes <= bytes {
      budget.release(bytes - newBytes)
    } else if newBytes <= allowance {
      budget.hold(newBytes - bytes)
    } else {
      try budget.reserve(newBytes - bytes, for: consumer)
    }
    bytes = newBytes
  }

  /// Grows if no more than `ceiling` bytes of the budget are reserved then.
  func grow(by more: Int, upTo ceiling: Int) -> Bool {
    guard budget.reserve(more, upTo: ceiling) else { return false }
    bytes += more
    return true
  }

  func grow(by more: Int) throws(QueryError) { try resize(to: bytes + more) }
}
