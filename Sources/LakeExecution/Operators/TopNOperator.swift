import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// The first rows of a sort, without sorting all of them: workers drop what lies behind the last row they need.
///
/// `@unchecked Sendable`: workers hand over their rows under the monitor; the result is written once.
final class TopNOperator: PipelineSink, @unchecked Sendable {
  let node: OperatorNode
  fileprivate let evaluator: ExpressionEvaluator
  fileprivate let keys: [SortColumn]
  fileprivate let keyIndexes: [Int]
  fileprivate let types: [LogicalType]
  private let outputCount: Int
  private let limit: Int
  private let offset: Int
  fileprivate let monitor = Monitor()
  fileprivate var kept: [Kept] = []
  private var result = Batch(columns: [], count: 0)
  private var reservation: MemoryReservation?

  /// The rows that one worker has left.
  fileprivate struct Kept {
    var morsel: Int
    var columns: [Vector]
    var count: Int
    /// Of the rows' memory.
    var reservation: MemoryReservation
  }

  init(
    evaluator: ExpressionEvaluator, types: [LogicalType], keys: [SortColumn], keyIndexes: [Int], outputCount: Int,
    limit: Int, offset: Int, node: OperatorNode
  ) {
    self.evaluator = evaluator
    self.types = types
    self.keys = keys
    self.keyIndexes = keyIndexes
    self.outputCount = outputCount
    self.limit = limit
    self.offset = offset
    self.node = node
  }

  /// Rows that may be needed.
  fileprivate var wanted: Int { limit + offset }

  var isPrivateUntilFinish: Bool { true }

  func makeConsumer(_ worker: Worker) throws(QueryError) -> any BatchConsumer { TopNConsumer(self, worker) }

  func complete(_ run: QueryRun) throws(QueryError) {
    let parts = monitor.locked { kept }.sorted { $0.morsel < $1.morsel }
    kept = []
    let held = MemoryReservation(run.budget, for: "sort")
    try held.resize(to: parts.reduce(0) { $0 + $1.reservation.bytes })
    let first = try firstRows(parts.map { ($0.columns, $0.count) }, run)
    try held.resize(to: HeldBytes.of(first.columns))
    reservation = held
    let start = min(offset, first.count)
    let dense = Batch(columns: Array(first.columns.prefix(outputCount)), count: first.count)
    result = dense.sliced(from: start, count: first.count - start)
  }

  /// Sorts rows and keeps those that may be needed.
  fileprivate func firstRows(
    _ parts: [(columns: [Vector], count: Int)], _ run: QueryRun
  ) throws(QueryError) -> (columns: [Vector], count: Int) {
    let total = parts.reduce(0) { $0 + $1.count }
    let columns = types.indices.map { index in
      VectorConcatenation.concatenated(parts.map { $0.columns[index] }, type: types[index])
    }
    if total == 0 { return (columns, 0) }
    let order = try NormalizedRows(keys, keyIndexes.map { columns[$0] }, count: total).sorted(run)
    let count = min(wanted, total)
    // What was dropped must not stay for the sake of what is kept.
    return (columns.map { VectorConcatenation.detached($0.gathered(order.positions, count: count)) }, count)
  }

  /// The rows, once complete.
  var batch: Batch { result }
}

/// One worker's candidates.
private final class TopNConsumer: BatchConsumer {
  private let sink: TopNOperator
  private let worker: Worker
  private let scratch: EvaluationScratch
  private var parts: [(columns: [Vector], count: Int)] = []
  private var count = 0
  private var morsel = 0
  private var held = HeldBytes()
  /// The first key of the last row that is needed so far, as a constant; nil until there are enough rows.
  private var last: Vector?
  private let reservation: MemoryReservation
  /// Bytes from which on the rows are looked through, however few they are: they may hold whole pages of strings.
  private var largestHeld: Int

  init(_ sink: TopNOperator, _ worker: Worker) {
    self.sink = sink
    self.worker = worker
    morsel = worker.morsel
    scratch = sink.evaluator.makeScratch()
    reservation = MemoryReservation(worker.run.budget, for: "sort")
    largestHeld = Self.smallestHeld(worker.run)
  }

  private static func smallestHeld(_ run: QueryRun) -> Int { min(8 << 20, run.settings.memoryLimit / 16) }

  func consume(_ batch: Batch) throws(QueryError) -> Flow {
    if sink.wanted == 0 { return .done }
    if count == 0 { morsel = worker.morsel }
    let rows = EvaluationRows(batch, scratch: scratch)
    let key = try sink.evaluator.evaluate(sink.keyIndexes[0], rows)
    guard let candidates = candidates(key) else { return try keep(rows) }
    if candidates.count == 0 { return .more }
    return try keep(candidates.count == rows.count ? rows : rows.subset(candidates))
  }

  private func keep(_ rows: EvaluationRows) throws(QueryError) -> Flow {
    var columns: [Vector] = []
    for index in sink.types.indices { columns.append(try sink.evaluator.evaluate(index, rows)) }
    try reservation.grow(by: held.adding(columns))
    parts.append((columns, rows.count))
    count += rows.count
    if count >= 2 * sink.wanted + Batch.capacity || reservation.bytes > largestHeld { try prune() }
    return .more
  }

  private func prune() throws(QueryError) {
    parts = [try firstRows()]
    count = parts[0].count
    largestHeld = max(Self.smallestHeld(worker.run), 4 * reservation.bytes)
    guard count == sink.wanted else { return }
    last = .constant(parts[0].columns[sink.keyIndexes[0]].literal(at: count - 1), sink.keys[0].type, count: 1)
  }

  /// The rows so far that may be needed; from then on the reservation is theirs.
  private func firstRows() throws(QueryError) -> (columns: [Vector], count: Int) {
    // For a moment they are there twice.
    try reservation.grow(by: reservation.bytes)
    let first = try sink.firstRows(parts, worker.run)
    held = HeldBytes()
    try reservation.resize(to: held.adding(first.columns))
    return first
  }

  /// The rows whose first key does not lie behind the last needed one; nil = all, or not known.
  private func candidates(_ key: Vector) -> SelectionVector? {
    guard let last, !last.isConstantNull else { return nil }
    let kept = FilterKernels.select(
      sink.keys[0].isDescending ? .greaterOrEqual : .lessOrEqual, column: key, constant: last, selection: nil,
      count: key.count)
    guard let kept, let words = key.validity?.words, sink.keys[0].nullsFirst else { return kept }
    let buffer = SelectionVector.scratch(key.count)
    let target = buffer.base.assumingMemoryBound(to: UInt32.self)
    var (filled, next) = (0, 0)
    for row in 0..<key.count {
      let isKept = next < kept.count && kept.positions[next] == UInt32(row)
      if isKept { next += 1 }
      target[filled] = UInt32(row)
      filled += bit(isKept || !words.isValid(row))
    }
    return SelectionVector(buffer, count: filled)
  }

  func finish() throws(QueryError) {
    guard count > 0 else { return }
    let first = try firstRows()
    sink.monitor.locked {
      sink.kept.append(
        TopNOperator.Kept(morsel: morsel, columns: first.columns, count: first.count, reservation: reservation))
    }
  }
}

/// Yields the rows of a Top-N.
final class TopNSource: MorselSource {
  private let top: TopNOperator

  init(_ top: TopNOperator) { self.top = top }

  func start(_ run: QueryRun) throws(QueryError) -> Int { top.batch.count == 0 ? 0 : 1 }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader {
    BatchListReader(top.batch.pieces(of: run.settings.batchSize))
  }
}
