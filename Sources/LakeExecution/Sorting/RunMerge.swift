import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// Reads sorted runs as one, round by round.
///
/// A round takes from the blocks at hand of all runs the rows up to the smallest of their last rows; whatever is still
/// to be read sorts behind them. These rows are sorted as any rows in memory are, which costs less than to compare the
/// heads of the runs row by row. Of each run more than one block is at hand, so that a round takes about a block of
/// each.
final class RunMerge {
  /// By what the rows are sorted; no two rows are equal in it.
  struct Order {
    let columns: [SortColumn]
    /// Where the keys stand.
    let indexes: [Int]
    let types: [LogicalType]
  }

  /// The rows of a run that are not taken yet.
  private struct Cursor {
    let rows: SpilledRows
    var nextBlock = 0
    /// Blocks at hand, the first one without the rows taken from it.
    var batches: [Batch] = []

    var isReadToEnd: Bool { nextBlock == rows.blocks.count }
  }

  private let order: Order
  private let run: QueryRun
  private var cursors: [Cursor]
  private let reservation: MemoryReservation
  /// Blocks of a run that are at hand.
  private static let blocksAtHand = 2

  init(_ runs: [SpilledRows], _ order: Order, _ run: QueryRun) throws(QueryError) {
    self.order = order
    self.run = run
    cursors = runs.map { Cursor(rows: $0) }
    // As few runs as this may be are merged at once; fewer would never end.
    reservation = MemoryReservation(run.budget, for: "sort", allowance: .max)
    try reservation.resize(to: runs.reduce(0) { $0 + Self.byteCount(merging: $1) })
  }

  /// Bytes that a run takes while it is merged: besides the blocks at hand, its share of a round's rows side by side, of
  /// their keys, and of the rows in order.
  static func byteCount(merging rows: SpilledRows) -> Int {
    (blocksAtHand + 3) * (rows.blocks.map(\.block.byteCount).max() ?? 0)
  }

  /// The next rows in order; nil at the end.
  func next() throws(QueryError) -> Batch? {
    try run.checkpoint()
    try load()
    let bound = smallestEnd()
    var slices: [Batch] = []
    for index in cursors.indices { take(upTo: bound, from: &cursors[index], to: &slices) }
    if slices.isEmpty { return nil }
    return slices.count == 1 ? slices[0] : try sorted(slices)
  }

  private func load() throws(QueryError) {
    for index in cursors.indices {
      while cursors[index].batches.count < Self.blocksAtHand, !cursors[index].isReadToEnd {
        cursors[index].batches.append(try cursors[index].rows.read(cursors[index].nextBlock))
        cursors[index].nextBlock += 1
      }
    }
    cursors.removeAll { $0.batches.isEmpty }
  }

  /// The block at hand whose last row sorts before those of the other runs; nil if all rows are at hand.
  private func smallestEnd() -> Batch? {
    var smallest: Batch?
    for cursor in cursors where !cursor.isReadToEnd {
      guard let rows = cursor.batches.last else { continue }
      if let known = smallest, compare(known, known.physicalCount - 1, rows, rows.physicalCount - 1) <= 0 { continue }
      smallest = rows
    }
    return smallest
  }

  /// Moves the rows that are not larger than the last row of `bound` from a cursor to the slices.
  private func take(upTo bound: Batch?, from cursor: inout Cursor, to slices: inout [Batch]) {
    while let rows = cursor.batches.first {
      let count = bound.map { rowsUpTo($0, in: rows) } ?? rows.physicalCount
      if count > 0 { slices.append(rows.sliced(from: 0, count: count)) }
      if count < rows.physicalCount {
        cursor.batches[0] = rows.sliced(from: count, count: rows.physicalCount - count)
        return
      }
      cursor.batches.removeFirst()
    }
  }

  /// How many rows are not larger than the last row of `bound`.
  private func rowsUpTo(_ bound: Batch, in rows: Batch) -> Int {
    var (low, high) = (0, rows.physicalCount)
    while low < high {
      let middle = (low + high) / 2
      if compare(rows, middle, bound, bound.physicalCount - 1) <= 0 { low = middle + 1 } else { high = middle }
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
    let positions = try NormalizedRows(order.columns, order.indexes.map { columns[$0] }, count: count).sorted(run)
    defer { withExtendedLifetime(positions) {} }
    return Batch(columns: columns.map { $0.gathered(positions.positions, count: count) }, count: count)
  }
}
