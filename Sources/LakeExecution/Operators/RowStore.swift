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
  private let consumer: StaticString
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
    self.consumer = consumer
    reservation = SharedReservation(for: consumer)
  }

  func makeConsumer(_ worker: Worker) -> any BatchConsumer { Consumer(self, worker) }

  /// Rows that one part may have; positions are 32-bit numbers.
  private static let maximumRows = Int(UInt32.max) - 1

  func complete(_ run: QueryRun) throws(QueryError) {
    let sorted = parts.sorted { $0.morsel < $1.morsel }
    parts = []
    count = sorted.reduce(0) { $0 + $1.count }
    if count > Self.maximumRows {
      throw QueryError(.limitExceeded, .execute, "more than 2^32 rows in one sort, window or join side")
    }
    let batches = sorted.flatMap(\.pieces)
    columns = try joined(types.indices.map { index in batches.map { $0[index] } }, run)
    reservation.release()
    try reservation.grow(HeldBytes.of(columns), run)
  }

  /// Makes one vector of the pieces of each column; the pieces of a column are freed as soon as it is done.
  private func joined(_ pieces: [[Vector]], _ run: QueryRun) throws(QueryError) -> [Vector] {
    let (types, consumer) = (types, consumer)
    let pieces = Mutex(pieces)
    let results = Mutex<[Vector?]>(types.map { _ in nil })
    try run.inParallel(types.count) { (index) throws(QueryError) in
      let taken = pieces.withLock { pieces in
        defer { pieces[index] = [] }
        return pieces[index]
      }
      // The reservation of the pieces stands for the column once they are gone.
      let copy = MemoryReservation(run.budget, for: consumer)
      try copy.resize(to: HeldBytes.of(taken))
      let column = VectorConcatenation.concatenated(taken, type: types[index])
      results.withLock { $0[index] = column }
    }
    return results.withLock { $0.compactMap { $0 } }
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
    private var smallBytes = 0
    private var held = HeldBytes()

    init(_ store: RowStore, _ worker: Worker) {
      self.store = store
      self.worker = worker
      scratch = store.evaluator.makeScratch()
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      if worker.morsel != morsel { try closeMorsel() }
      let vectors = try store.evaluator.evaluate(batch, scratch)
      count += batch.count
      if batch.count >= Batch.capacity / 4 {
        try closeSmall()
        try keep(vectors)
      } else {
        let bytes = HeldBytes.of(vectors)
        try store.reservation.grow(bytes, worker.run)
        smallBytes += bytes
        small.append(vectors)
        smallCount += batch.count
        if smallCount >= Batch.capacity { try closeSmall() }
      }
      return .more
    }

    private func keep(_ vectors: [Vector]) throws(QueryError) {
      try store.reservation.grow(held.adding(vectors), worker.run)
      pieces.append(vectors)
    }

    /// Joins small batches, so that not each keeps vectors of its own.
    private func closeSmall() throws(QueryError) {
      if small.isEmpty { return }
      let columns = store.types.indices.map { index in
        VectorConcatenation.concatenated(small.map { $0[index] }, type: store.types[index])
      }
      (small, smallCount) = ([], 0)
      try keep(columns)
      try store.reservation.grow(-smallBytes, worker.run)
      smallBytes = 0
    }

    private func closeMorsel() throws(QueryError) {
      try closeSmall()
      let part = (morsel: morsel, pieces: pieces, count: count)
      if count > 0 { store.monitor.locked { store.parts.append(part) } }
      pieces = []
      count = 0
      morsel = worker.morsel
    }

    func finish() throws(QueryError) { try closeMorsel() }
  }
}
