import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Synchronization

/// Keeps the rows of a subplan for several readers, in memory or in a temporary file.
final class SharedRows: PipelineSink {
  let node: OperatorNode
  private let slots: [Int]
  private let collected = Mutex<[(morsel: Int, batches: [Batch])]>([])
  private let ordered = Mutex<[Batch]>([])
  private let spilled = Mutex<SpilledRows>(SpilledRows([]))
  private let reservation: SharedReservation

  init(slots: [Int], node: OperatorNode, reservation: SharedReservation) {
    self.slots = slots
    self.node = node
    self.reservation = reservation
  }

  /// All rows, once the sink is complete.
  var kept: KeptRows { KeptRows(batches: ordered.withLock { $0 }, spilled: spilled.withLock { $0 }) }

  /// All rows, for the one who is their last reader: they are no longer held here.
  func take() -> KeptRows {
    let rows = kept
    ordered.withLock { $0 = [] }
    return rows
  }

  func makeConsumer(_ worker: Worker) throws(QueryError) -> any BatchConsumer { Consumer(self, worker) }

  func complete(_ run: QueryRun) throws(QueryError) {
    let sorted = collected.withLock { collected in
      defer { collected = [] }
      return collected.sorted { $0.morsel < $1.morsel }.flatMap(\.batches)
    }
    ordered.withLock { $0 = sorted }
  }

  private final class Consumer: BatchConsumer {
    private let rows: SharedRows
    private let worker: Worker
    private var morsels: [Int: [Batch]] = [:]
    private var held = HeldBytes()
    private var heldBytes = 0
    private var file: SpillFile?
    private var written: SpilledRows?

    init(_ rows: SharedRows, _ worker: Worker) {
      self.rows = rows
      self.worker = worker
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      let kept = batch.result(rows.slots)
      let bytes = held.adding(kept.columns)
      try rows.reservation.grow(bytes, worker.run)
      heldBytes += bytes
      morsels[worker.morsel, default: []].append(kept)
      if worker.run.spillPolicy.mustSpill(own: heldBytes, needing: 0) { try spill() }
      return .more
    }

    /// Moves the rows so far out of memory.
    private func spill() throws(QueryError) {
      let run = worker.run
      if file == nil { file = try SpillFile(in: run.settings.temporaryDirectory) }
      guard let file else { return }
      let writer = SpillWriter(for: rows.node)
      for batch in morsels.values.joined() {
        try run.checkpoint()
        let block = try writer.write(batch.columns, count: batch.physicalCount, to: file)
        if written == nil { written = SpilledRows(batch.columns.map(\.type)) }
        written?.append(block, in: file)
      }
      morsels = [:]
      held = HeldBytes()
      try rows.reservation.grow(-heldBytes, run)
      heldBytes = 0
      LargeBlocks.trim(to: run.settings.memoryLimit / 8)
    }

    func finish() throws(QueryError) {
      let mine = morsels.map { ($0.key, $0.value) }
      rows.collected.withLock { collected in collected += mine.map { (morsel: $0.0, batches: $0.1) } }
      guard let written else { return }
      rows.spilled.withLock { all in
        if all.blocks.isEmpty { all = written } else { all.append(written) }
      }
    }
  }
}

/// Reads shared rows.
final class SharedRowsSource: MorselSource {
  private let rows: SharedRows

  init(_ rows: SharedRows) { self.rows = rows }

  func start(_ run: QueryRun) throws(QueryError) -> Int { rows.kept.morsels }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader { rows.kept.open(morsel) }
}
