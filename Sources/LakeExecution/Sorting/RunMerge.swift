import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// Reads sorted runs as one, round by round.
///
/// A round takes from the current block of each run the rows up to the smallest of the blocks' last rows; whatever
/// comes later sorts behind them. These rows are sorted as any rows in memory are, which costs less than to compare the
/// heads of the runs row by row.
final class RunMerge {
  /// By what the rows are sorted; no two rows are equal in it.
  struct Order {
    let columns: [SortColumn]
    /// Where the keys stand.
    let indexes: [Int]
    let types: [LogicalType]
  }

  private struct Cursor {
    let rows: SpilledRows
    var nextBlock = 0
    var batch = Batch(columns: [], count: 0)
    var position = 0

    var left: Int { batch.physicalCount - position }
  }

  private let order: Order
  private let run: QueryRun
  private var cursors: [Cursor]
  private let reservation: MemoryReservation

  init(_ runs: [SpilledRows], _ order: Order, _ run: QueryRun) throws(QueryError) {
    self.order = order
    self.run = run
    cursors = runs.map { Cursor(rows: $0) }
    reservation = MemoryReservation(run.budget, for: "sort")
    // Blocks, their rows side by side, and the rows in order.
    try reservation.resize(
      to: runs.reduce(0) { $0 + 3 * ($1.blocks.map(\.block.byteCount).max() ?? 0) })
  }

  /// The next rows in order; nil at the end.
  func next() throws(QueryError) -> Batch? {
    try run.checkpoint()
    try load()
    guard let bound = smallestEnd() else { return nil }
    var slices: [Batch] = []
    for index in cursors.indices {
      let start = cursors[index].position
      let end = rowsUpTo(bound, in: cursors[index])
      if end > start { slices.append(cursors[index].batch.sliced(from: start, count: end - start)) }
      cursors[index].position = end
    }
    return slices.count == 1 ? slices[0] : try sorted(slices)
  }

  private func load() throws(QueryError) {
    for index in cursors.indices {
      while cursors[index].left == 0, cursors[index].nextBlock < cursors[index].rows.blocks.count {
        cursors[index].batch = try cursors[index].rows.read(cursors[index].nextBlock)
        cursors[index].nextBlock += 1
        cursors[index].position = 0
      }
    }
    cursors.removeAll { $0.left == 0 }
  }

  /// The block whose last row sorts before those of the others.
  private func smallestEnd() -> Batch? {
    var smallest: Batch?
    for rows in cursors.map(\.batch) {
      if let known = smallest, compare(known, known.physicalCount - 1, rows, rows.physicalCount - 1) <= 0 { continue }
      smallest = rows
    }
    return smallest
  }

  /// The row behind the last that is not larger than the last row of `bound`.
  private func rowsUpTo(_ bound: Batch, in cursor: Cursor) -> Int {
    var (low, high) = (cursor.position, cursor.batch.physicalCount)
    while low < high {
      let middle = (low + high) / 2
      if compare(cursor.batch, middle, bound, bound.physicalCount - 1) <= 0 { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func compare(_ a: Batch, _ i: Int, _ b: Batch, _ j: Int) -> Int {
    for (column, index) in zip(order.columns, order.indexes) {
      let (x, y) = (a.columns[index], b.columns[index])
      let (isThere, isOtherThere) = (x.isValid(i), y.isValid(j))
      if isThere, isOtherThere {
        let order = RowComparison.compare(x, i, y, j)
        if order != 0 { return column.isDescending ? -order : order }
      } else if isThere != isOtherThere {
        return isThere == column.nullsFirst ? 1 : -1
      }
    }
    return 0
  }

  private func sorted(_ slices: [Batch]) throws(QueryError) -> Batch {
    let count = slices.reduce(0) { $0 + $1.physicalCount }
    let columns = order.types.indices.map { index in
      VectorConcatenation.concatenated(slices.map { $0.columns[index] }, type: order.types[index])
    }
    let positions = try SortedRows(order.columns, order.indexes.map { columns[$0] }, count: count).sorted(run)
    defer { withExtendedLifetime(positions) {} }
    return Batch(columns: columns.map { $0.gathered(positions.positions, count: count) }, count: count)
  }
}
