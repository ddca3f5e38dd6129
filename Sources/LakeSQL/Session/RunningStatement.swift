import LakeColumnar
import LakeExecution
import Synchronization

/// What other threads may know of and do to a statement while it runs.
final class RunningStatement: Sendable {
  let cancellation = CancellationToken()
  private let executions = Mutex<[QueryExecution]>([])

  /// Counts a run's scans into the statement's progress.
  func watch(_ execution: QueryExecution) { executions.withLock { $0.append(execution) } }

  var progress: StatementProgress {
    let metrics = executions.withLock { $0 }.map(\.metrics)
    return StatementProgress(
      rowsRead: metrics.reduce(0) { $0 + $1.scanned(.rowsRead) },
      bytesRead: metrics.reduce(0) { $0 + $1.scanned(.bytesRead) })
  }
}
