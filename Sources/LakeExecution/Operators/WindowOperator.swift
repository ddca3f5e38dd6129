import LakeColumnar
import LakeDiagnostics
import LakePlan
import LakeTypes

/// Sorts rows by partition and order, and computes window functions partition by partition.
///
/// `@unchecked Sendable`: written when the sink is complete, and read only afterwards.
final class WindowOperator: PipelineSink, @unchecked Sendable {
  let node: OperatorNode
  let plan: WindowPlan
  private let rows: RowStore
  private let runs: SortedRuns
  private(set) var order: RowOrder?
  private var sort: NormalizedRows?
  /// First rows (in sorted order) of the groups of partitions that make a morsel, and the end.
  private(set) var morselBounds: [Int] = [0]
  private var reservation: MemoryReservation?
  /// Rows that a morsel has at least, but for the last.
  private static let morselSize = 8 * Batch.capacity
  /// Rows of a partition are numbered with 32 bits and a sign.
  private static let maximumRows = Int(Int32.max) - 1

  init(plan: WindowPlan, rows: RowStore, runs: SortedRuns, node: OperatorNode) {
    self.plan = plan
    self.rows = rows
    self.runs = runs
    self.node = node
  }

  var isPrivateUntilFinish: Bool { true }

  func makeConsumer(_ worker: Worker) throws(QueryError) -> any BatchConsumer { rows.makeConsumer(worker) }

  func complete(_ run: QueryRun) throws(QueryError) {
    try rows.complete(run)
    if rows.isSpilled { return }
    if rows.count > Self.maximumRows {
      throw QueryError(.limitExceeded, .execute, "more than 2^31 rows in one window")
    }
    let keys = plan.keyIndexes.map { rows.columns[$0] }
    let held = MemoryReservation(run.budget, for: "window")
    try held.resize(to: NormalizedRows.byteCount(sorting: keys, count: rows.count))
    let sort = try NormalizedRows(plan.sortColumns, keys, count: rows.count, boundary: plan.partitionKeys.count)
    order = try sort.sorted(run)
    self.sort = sort
    try held.resize(to: sort.byteCount + rows.count * RowOrder.stride)
    reservation = held
    splitIntoMorsels(sort)
  }

  private func splitIntoMorsels(_ sort: NormalizedRows) {
    guard let order else { return }
    var bounds = [0]
    var row = Self.morselSize
    while row < rows.count {
      if isPartitionStart(row, order, sort) {
        bounds.append(row)
        row += Self.morselSize
      } else {
        row += 1
      }
    }
    bounds.append(rows.count)
    morselBounds = bounds
  }

  private func isPartitionStart(_ row: Int, _ order: RowOrder, _ sort: NormalizedRows) -> Bool {
    let (before, this) = (Int(order.positions[row - 1]), Int(order.positions[row]))
    return !sort.areEqual(before, this, levels: 0..<sort.levelsBeforeBoundary)
  }

  /// The partitions of a morsel, with every function computed.
  func section(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> WindowSection? {
    guard let order, let sort else { return nil }
    let range = morselBounds[morsel]..<morselBounds[morsel + 1]
    return try WindowSection(plan: plan, columns: rows.columns, order: order, sort: sort, rows: range, run: run)
  }

  /// Whether the rows are read back from temporary files, by one reader.
  var isSpilled: Bool { rows.isSpilled }

  /// Reads spilled rows with their window functions; to be called once.
  func spilledRows(_ run: QueryRun) throws(QueryError) -> any BatchReader {
    SpilledWindowReader(plan, rows.types, try runs.merge(run), run)
  }

  var count: Int { rows.count }
}

/// Yields rows with their window functions, partition by partition.
final class WindowSource: MorselSource {
  private let window: WindowOperator

  init(_ window: WindowOperator) { self.window = window }

  func start(_ run: QueryRun) throws(QueryError) -> Int {
    if window.isSpilled { return 1 }
    return window.count == 0 ? 0 : window.morselBounds.count - 1
  }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader {
    if window.isSpilled { return try window.spilledRows(run) }
    guard let section = try window.section(morsel, run) else { return BatchListReader([Batch]()) }
    let results = try section.results(run)
    var position = 0
    let size = run.settings.batchSize
    return ComputedReader { () throws(QueryError) -> Batch? in
      guard position < section.count else { return nil }
      let count = min(size, section.count - position)
      position += count
      return section.batch(results, from: position - count, count: count)
    }
  }
}
