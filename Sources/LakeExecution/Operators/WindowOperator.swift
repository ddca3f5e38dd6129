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
  private(set) var order: RowOrder?
  private var sort: SortedRows?
  /// First rows (in sorted order) of the groups of partitions that make a morsel, and the end.
  private(set) var morselBounds: [Int] = [0]
  private var reservation: MemoryReservation?
  /// Rows that a morsel has at least, but for the last.
  private static let morselSize = 8 * Batch.capacity

  init(plan: WindowPlan, rows: RowStore, node: OperatorNode) {
    self.plan = plan
    self.rows = rows
    self.node = node
  }

  var isPrivateUntilFinish: Bool { true }

  func makeConsumer(_ worker: Worker) throws(QueryError) -> any BatchConsumer { rows.makeConsumer(worker) }

  func complete(_ run: QueryRun) throws(QueryError) {
    try rows.complete(run)
    let keys = (plan.partitionKeys + plan.orderKeys).map { rows.columns[$0] }
    let sort = SortedRows(plan.sortColumns, keys, count: rows.count, boundary: plan.partitionKeys.count)
    let held = MemoryReservation(run.budget, for: "window")
    try held.resize(to: sort.byteCount + rows.count * (2 * MemoryLayout<SortEntry>.stride + 4))
    reservation = held
    order = try sort.sorted(run)
    self.sort = sort
    splitIntoMorsels(sort)
  }

  private func splitIntoMorsels(_ sort: SortedRows) {
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

  private func isPartitionStart(_ row: Int, _ order: RowOrder, _ sort: SortedRows) -> Bool {
    let (before, this) = (Int(order.positions[row - 1]), Int(order.positions[row]))
    return !sort.areEqual(before, this, levels: 0..<sort.levelsBeforeBoundary)
  }

  /// The partitions of a morsel, with every function computed.
  func section(_ morsel: Int) -> WindowSection? {
    guard let order, let sort else { return nil }
    let range = morselBounds[morsel]..<morselBounds[morsel + 1]
    return WindowSection(plan: plan, columns: rows.columns, order: order, sort: sort, rows: range)
  }

  var count: Int { rows.count }
}

/// Yields rows with their window functions, partition by partition.
final class WindowSource: MorselSource {
  private let window: WindowOperator

  init(_ window: WindowOperator) { self.window = window }

  func start(_ run: QueryRun) throws(QueryError) -> Int { window.count == 0 ? 0 : window.morselBounds.count - 1 }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader {
    guard let section = window.section(morsel) else { return BatchListReader([Batch]()) }
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
