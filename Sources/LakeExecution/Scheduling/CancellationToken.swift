import Synchronization

package import LakeDiagnostics

/// Tells a running query to stop; workers look at it once a batch.
package final class CancellationToken: Sendable {
  private let flag = Atomic<Bool>(false)

  package init() {}

  package var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Asks the query to stop soon with `.cancelled`; may be called from any thread, several times.
  package func cancel() { flag.store(true, ordering: .relaxed) }

  /// Throws if the query was cancelled.
  package func check() throws(QueryError) {
    if isCancelled { throw QueryError(.cancelled, .execute, "the statement was cancelled") }
  }
}
