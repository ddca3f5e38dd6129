import LakeColumnar
import LakeDiagnostics
import LakePlan
import LakeTypes
import Synchronization

/// Keeps all rows of its input as whole columns: what sorts, windows and hash joins work on.
///
/// `@unchecked Sendable`: workers hand over their batches under the monitor; the columns are written once, when
/// the sink is complete.
final class RowStore: @unchecked Sendable {
  private let evaluator: ExpressionEvaluator
  let types: [LogicalType]
  private let monitor = Monitor()
  private var parts: [(morsel: Int, pieces: [[Vector]], count: Int)] = []
  private let reservation: SharedReservation
  /// One vector an expression, once complete.
  private(set) var columns: [Vector] = []
  private(set) var count = 0

  /// Keeps the values of some expressions.
  init(
    _ expressions: [BoundExpression], layout: ColumnLayout, run context: ExecutionSettings, for consumer: StaticString
  ) throws(QueryError) {
    evaluator = try ExpressionEvaluator(expressions, layout: layout, context: context.evaluation)
    types = expressions.map(\.type)
    reservation = SharedReservation(for: consumer)
  }

  func makeConsumer(_ worker: Worker) -> any BatchConsumer { Consumer(self, worker) }

  /// Rows that one part may have; positions are 32-bit numbers.
  private static let maximumRows = Int(UInt32.max) - 1

  func complete(_ run: QueryRun) throws(QueryError) {
    let sorted = parts.sorted { $0.morsel < $1.morsel }
    count = sorted.reduce(0) { $0 + $1.count }
    if count > Self.maximumRows {
      throw QueryError(.limitExceeded, .execute, "more than 2^32 rows in one sort, window or join side")
    }
    parts = []
    let batches = sorted.flatMap(\.pieces)
    let results = Mutex<[Vector?]>(types.map { _ in nil })
    let types = types
    try run.inParallel(types.count) { (index) throws(QueryError) in
      let column = VectorConcatenation.concatenated(batches.map { $0[index] }, type: types[index])
      results.withLock { $0[index] = column }
    }
    columns = results.withLock { $0.compactMap { $0 } }
    let bytes = columns.reduce(0) { $0 + $1.byteCount + $1.textByteCount }
    reservation.release()
    try reservation.grow(bytes, run)
  }

  func release() {
    columns = []
    reservation.release()
  }

  private final class Consumer: BatchConsumer {
    private let store: RowStore
    private let worker: Worker
    private let scratch: EvaluationScratch
    private var morsel = -1
    private var pieces: [[Vector]] = []
    private var count = 0
    private var small: [[Vector]] = []
    private var smallCount = 0

    init(_ store: RowStore, _ worker: Worker) {
      self.store = store
      self.worker = worker
      scratch = store.evaluator.makeScratch()
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      if worker.morsel != morsel { closeMorsel() }
      let vectors = try store.evaluator.evaluate(batch, scratch)
      try store.reservation.grow(vectors.reduce(0) { $0 + $1.byteCount }, worker.run)
      count += batch.count
      if batch.count >= Batch.capacity / 4 {
        closeSmall()
        pieces.append(vectors)
      } else {
        small.append(vectors)
        smallCount += batch.count
        if smallCount >= Batch.capacity { closeSmall() }
      }
      return .more
    }

    /// Joins small batches, so that not each keeps vectors of its own.
    private func closeSmall() {
      if small.isEmpty { return }
      let columns = store.types.indices.map { index in
        VectorConcatenation.concatenated(small.map { $0[index] }, type: store.types[index])
      }
      pieces.append(columns)
      small = []
      smallCount = 0
    }

    private func closeMorsel() {
      closeSmall()
      let part = (morsel: morsel, pieces: pieces, count: count)
      if count > 0 { store.monitor.locked { store.parts.append(part) } }
      pieces = []
      count = 0
      morsel = worker.morsel
    }

    func finish() throws(QueryError) { closeMorsel() }
  }
}

extension Vector {
  /// Bytes of the strings that stand outside of the views.
  var textByteCount: Int { heaps.reduce(0) { $0 + $1.byteCount } }
}
