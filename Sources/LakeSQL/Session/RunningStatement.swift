import LakeColumnar
import LakeExecution
import Synchronization

/// What other threads may know of and do to a statement while it runs.
final class RunningStatement: Sendable {
  private let channel: ResultChannel
  private let executions = Mutex<[QueryExecution]>([])

  init(_ channel: ResultChannel) { self.channel = channel }

  var cancellation: CancellationToken { channel.cancellation }

  /// Asks the statement to stop; from any thread, before it starts or while it runs.
  func cancel() { channel.cancel() }

  /// Counts a run's scans into the statement's progress.
  func watch(_ execution: QueryExecution) { executions.withLock { $0.append(execution) } }

  var progress: StatementProgress {
    let metrics = executions.withLock { $0 }.map(\.metrics)
    return StatementProgress(
      rowsRead: metrics.reduce(0) { $0 + $1.scanned(.rowsRead) },
      bytesRead: metrics.reduce(0) { $0 + $1.scanned(.bytesRead) })
  }
}
