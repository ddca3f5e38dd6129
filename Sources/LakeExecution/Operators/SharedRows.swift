import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Synchronization

/// Keeps the rows of a subplan for several readers.
final class SharedRows: PipelineSink {
  let node: OperatorNode
  private let slots: [Int]
  private let collected = Mutex<[(morsel: Int, batches: [Batch])]>([])
  private let ordered = Mutex<[Batch]>([])
  private let reservation: SharedReservation

  init(slots: [Int], node: OperatorNode, reservation: SharedReservation) {
    self.slots = slots
    self.node = node
    self.reservation = reservation
  }

  /// All rows, once the sink is complete.
  var batches: [Batch] { ordered.withLock { $0 } }

  func makeConsumer(_ worker: Worker) throws(QueryError) -> any BatchConsumer { Consumer(self, worker) }

  func complete(_ run: QueryRun) throws(QueryError) {
    let sorted = collected.withLock { $0.sorted { $0.morsel < $1.morsel }.flatMap(\.batches) }
    ordered.withLock { $0 = sorted }
  }

  private final class Consumer: BatchConsumer {
    private let rows: SharedRows
    private let worker: Worker
    private var morsels: [Int: [Batch]] = [:]
    private var held = HeldBytes()

    init(_ rows: SharedRows, _ worker: Worker) {
      self.rows = rows
      self.worker = worker
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      let kept = batch.result(rows.slots)
      try rows.reservation.grow(held.adding(kept.columns), worker.run)
      morsels[worker.morsel, default: []].append(kept)
      return .more
    }

    func finish() throws(QueryError) {
      let mine = morsels.map { ($0.key, $0.value) }
      rows.collected.withLock { collected in collected += mine.map { (morsel: $0.0, batches: $0.1) } }
    }
  }
}

/// Reads shared rows.
final class SharedRowsSource: MorselSource {
  private let rows: SharedRows
  /// Batches that make a morsel.
  private static let morselSize = 32

  init(_ rows: SharedRows) { self.rows = rows }

  func start(_ run: QueryRun) throws(QueryError) -> Int {
    (rows.batches.count + Self.morselSize - 1) / Self.morselSize
  }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader {
    let batches = rows.batches
    let start = morsel * Self.morselSize
    return BatchListReader(batches[start..<min(start + Self.morselSize, batches.count)])
  }
}
