import LakeColumnar
import LakeExecution
import Synchronization

/// What other threads may know of and do to a statement while it runs.
final class RunningStatement: Sendable {
  let cancellation = CancellationToken()
  private let scans = Mutex<[ScanCounters]>([])

  /// Counts a scan's work into the statement's progress.
  func watch(_ counters: ScanCounters) { scans.withLock { $0.append(counters) } }

  var progress: StatementProgress {
    let counters = scans.withLock { $0 }
    return StatementProgress(
      rowsRead: counters.reduce(0) { $0 + $1.value(.rowsRead) },
      bytesRead: counters.reduce(0) { $0 + $1.value(.bytesRead) })
  }
}
