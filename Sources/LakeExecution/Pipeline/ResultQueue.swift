import LakeColumnar
import LakeDiagnostics

/// Brings the batches of several workers into the order of their morsels, for one reader: the calling thread.
///
/// The calling thread works on morsels itself and hands rows over in between. Other workers wait when they are far
/// ahead of the reader; the one on the first unfinished morsel only until the reader takes its rows. So few batches
/// wait, however slow the reader is.
///
/// `@unchecked Sendable`: its state is only touched under the monitor.
final class ResultQueue: @unchecked Sendable {
  private let monitor = Monitor()
  private let run: QueryRun
  private var waiting: [Int: [Batch]] = [:]
  private var waitingCount = 0
  private var finished: Set<Int> = []
  private var head = 0
  private var helpers = 0
  /// Batches that wait at most for each morsel.
  private static let room = 64
  /// Batches that wait at most for all morsels, but for the one that is next.
  private static let totalRoom = 128
  /// How often those who wait look whether the query was cancelled.
  private static let patience = 20

  init(run: QueryRun) { self.run = run }

  func helperArrived() { monitor.locked { helpers += 1 } }

  func helperLeft() {
    monitor.locked {
      helpers -= 1
      monitor.wake()
    }
  }

  func finish(_ morsel: Int) {
    monitor.locked {
      _ = finished.insert(morsel)
      monitor.wake()
    }
  }

  /// Adds a batch; waits while there is no room.
  func push(_ batch: Batch, morsel: Int) {
    monitor.locked {
      while !hasRoom(morsel), !run.isStopped { monitor.wait(milliseconds: Self.patience) }
      add(batch, morsel)
    }
  }

  /// Adds a batch if there is room; for the calling thread, which makes room itself.
  func pushIfRoom(_ batch: Batch, morsel: Int) -> Bool {
    monitor.locked {
      guard hasRoom(morsel) else { return false }
      add(batch, morsel)
      return true
    }
  }

  /// Whether there is room for another batch of a morsel; under the monitor, as `add`.
  private func hasRoom(_ morsel: Int) -> Bool {
    waiting[morsel, default: []].count < Self.room && (morsel == head || waitingCount < Self.totalRoom)
  }

  private func add(_ batch: Batch, _ morsel: Int) {
    waiting[morsel, default: []].append(batch)
    waitingCount += 1
    monitor.wake()
  }

  /// The batches that are next in order, as far as they are there; moves on behind finished morsels.
  func take() -> [Batch] {
    monitor.locked {
      var taken: [Batch] = []
      let before = head
      while true {
        if let batches = waiting.removeValue(forKey: head) { taken += batches }
        guard finished.remove(head) != nil else { break }
        head += 1
      }
      waitingCount -= taken.count
      if !taken.isEmpty || head != before { monitor.wake() }
      return taken
    }
  }

  /// Whether a morsel is the one whose rows are next.
  func isNext(_ morsel: Int) -> Bool { monitor.locked { head == morsel } }

  /// Waits for something to change.
  func waitForChange() {
    monitor.locked {
      if waiting[head] == nil, !finished.contains(head), helpers > 0 { monitor.wait(milliseconds: Self.patience) }
    }
  }

  /// Whether all other workers have left.
  var isDeserted: Bool { monitor.locked { helpers == 0 } }

  /// All that is left, in order; for the end, when some morsels were never started.
  func takeRest() -> [Batch] {
    monitor.locked {
      let rest = waiting.sorted { $0.key < $1.key }.flatMap(\.value)
      waiting.removeAll()
      waitingCount = 0
      return rest
    }
  }
}
