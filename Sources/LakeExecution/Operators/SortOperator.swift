import LakeColumnar
import LakeDiagnostics
import LakePlan
import LakeTypes

/// Sorts all rows.
///
/// `@unchecked Sendable`: the order is written once, when the sink is complete.
final class SortOperator: PipelineSink, @unchecked Sendable {
  let node: OperatorNode
  private let rows: RowStore
  private let runs: SortedRuns
  private let keys: [SortColumn]
  private let keyIndexes: [Int]
  /// How many of the stored columns are passed on.
  private let outputCount: Int
  private var order: RowOrder?
  private var reservation: MemoryReservation?

  /// `rows` holds the output's columns first; `keyIndexes`: where the keys stand.
  init(
    rows: RowStore, runs: SortedRuns, keys: [SortColumn], keyIndexes: [Int], outputCount: Int, node: OperatorNode
  ) {
    self.rows = rows
    self.runs = runs
    self.keys = keys
    self.keyIndexes = keyIndexes
    self.outputCount = outputCount
    self.node = node
  }

  var isPrivateUntilFinish: Bool { true }

  func makeConsumer(_ worker: Worker) throws(QueryError) -> any BatchConsumer { rows.makeConsumer(worker) }

  func complete(_ run: QueryRun) throws(QueryError) {
    try rows.complete(run)
    if rows.isSpilled { return }
    let held = MemoryReservation(run.budget, for: "sort")
    let vectors = keyIndexes.map { rows.columns[$0] }
    try held.resize(to: NormalizedRows.byteCount(sorting: vectors, count: rows.count))
    order = try NormalizedRows(keys, vectors, count: rows.count).sorted(run)
    try held.resize(to: rows.count * RowOrder.stride)
    reservation = held
  }

  var count: Int { order?.count ?? 0 }

  /// Whether the rows are read back from temporary files, by one reader.
  var isSpilled: Bool { rows.isSpilled }

  /// Reads spilled rows in order, some at a time; to be called once.
  func mergedRows(_ run: QueryRun) throws(QueryError) -> any BatchReader {
    let merge = try runs.merge(run)
    let (size, outputCount) = (run.settings.batchSize, outputCount)
    var rows = Batch(columns: [], count: 0)
    var position = 0
    return ComputedReader { () throws(QueryError) -> Batch? in
      if position == rows.physicalCount {
        guard let next = try merge.next() else { return nil }
        rows = Batch(columns: Array(next.columns.prefix(outputCount)), count: next.physicalCount)
        position = 0
      }
      let count = min(size, rows.physicalCount - position)
      position += count
      return rows.sliced(from: position - count, count: count)
    }
  }

  /// Rows of the result.
  func output(from start: Int, count: Int) -> Batch? {
    guard let order else { return nil }
    let columns = rows.columns.prefix(outputCount).map { $0.gathered(order.positions + start, count: count) }
    return Batch(columns: columns, count: count)
  }
}

/// Yields sorted rows, in order within and across morsels.
final class SortSource: MorselSource {
  private let sort: SortOperator
  private static let morselSize = 32 * Batch.capacity

  init(_ sort: SortOperator) { self.sort = sort }

  func start(_ run: QueryRun) throws(QueryError) -> Int {
    sort.isSpilled ? 1 : (sort.count + Self.morselSize - 1) / Self.morselSize
  }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader {
    if sort.isSpilled { return try sort.mergedRows(run) }
    var position = morsel * Self.morselSize
    let end = min(position + Self.morselSize, sort.count)
    let (sort, size) = (sort, run.settings.batchSize)
    return ComputedReader { () throws(QueryError) -> Batch? in
      guard position < end else { return nil }
      let count = min(size, end - position)
      position += count
      return sort.output(from: position - count, count: count)
    }
  }
}
