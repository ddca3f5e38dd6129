import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Synchronization

/// Rows that were too many to be sorted in memory: runs in temporary files, each sorted by itself.
final class SortedRuns: RowSpill {
  /// Of the rows; in the runs their places stand behind them.
  private let types: [LogicalType]
  private let keys: [SortColumn]
  private let keyIndexes: [Int]
  private let node: OperatorNode
  private let state = Mutex(State())

  private struct State {
    var file: SpillFile?
    var runs: [SpilledRows] = []
  }

  /// Runs that are merged at once at most.
  private static let fanIn = 64

  init(_ types: [LogicalType], keys: [SortColumn], keyIndexes: [Int], node: OperatorNode) {
    self.types = types
    self.keys = keys
    self.keyIndexes = keyIndexes
    self.node = node
  }

  /// Keys side by side and column by column, entries and spare entries, the order, and the place.
  var workingBytes: Int {
    let words = keys.reduce(1) { $0 + ($1.type.physical.width + 15) / 8 }
    return 2 * words * 8 + 2 * MemoryLayout<SortEntry>.stride + RowOrder.stride + 8
  }

  func take(_ columns: [Vector], places: Vector, count: Int, _ run: QueryRun) throws(QueryError) {
    let order = try NormalizedRows(keys, keyIndexes.map { columns[$0] }, count: count).sorted(run, onThreads: 1)
    var writer = try RunWriter(self, run, rowByteCount: HeldBytes.of(columns) / max(1, count))
    try writer.write(columns + [places], order, count: count)
    let rows = writer.rows
    state.withLock { $0.runs.append(rows) }
  }

  private func file(_ run: QueryRun) throws(QueryError) -> SpillFile {
    if let file = state.withLock({ $0.file }) { return file }
    let fresh = try SpillFile(in: run.settings.temporaryDirectory)
    return state.withLock { state in
      let file = state.file ?? fresh
      state.file = file
      return file
    }
  }

  /// Starts to read all rows in order, with their places as a last column; to be called once.
  func merge(_ run: QueryRun) throws(QueryError) -> RunMerge {
    while true {
      let runs = state.withLock { $0.runs }
      let fitting = fanIn(of: runs, run)
      if runs.count <= fitting { return try RunMerge(runs, order, run) }
      try mergeSome(Array(runs.prefix(fitting)), run)
    }
  }

  /// As many of the first runs as can be merged in memory, but two at least.
  private func fanIn(of runs: [SpilledRows], _ run: QueryRun) -> Int {
    var count = 0
    var byteCount = 0
    for rows in runs.prefix(Self.fanIn) {
      byteCount += RunMerge.byteCount(merging: rows)
      if count >= 2, run.spillPolicy.isBeyond(byteCount) { break }
      count += 1
    }
    return count
  }

  /// Replaces the first runs by a single one behind the others.
  private func mergeSome(_ runs: [SpilledRows], _ run: QueryRun) throws(QueryError) {
    let merge = try RunMerge(runs, order, run)
    let rowByteCount = runs.reduce(0) { $0 + $1.byteCount } / max(1, runs.reduce(0) { $0 + $1.rowCount })
    var writer = try RunWriter(self, run, rowByteCount: rowByteCount)
    while let rows = try merge.next() { try writer.write(rows.columns, nil, count: rows.count) }
    let merged = writer.rows
    state.withLock { state in
      state.runs.removeFirst(runs.count)
      state.runs.append(merged)
    }
  }

  private var order: RunMerge.Order {
    RunMerge.Order(
      columns: keys + [SortColumn(type: .bigint)], indexes: keyIndexes + [types.count], types: types + [.bigint])
  }

  /// Writes one run.
  private struct RunWriter {
    private let run: QueryRun
    private let file: SpillFile
    private let writer: SpillWriter
    private let blockRows: Int
    private(set) var rows: SpilledRows

    init(_ runs: SortedRuns, _ run: QueryRun, rowByteCount: Int) throws(QueryError) {
      self.run = run
      file = try runs.file(run)
      writer = SpillWriter(for: runs.node)
      rows = SpilledRows(runs.types + [.bigint])
      blockRows = run.spillPolicy.rowsOfBlock(byteCount: rowByteCount, count: 1)
    }

    /// Appends rows, in an order or as they stand.
    mutating func write(_ columns: [Vector], _ order: RowOrder?, count: Int) throws(QueryError) {
      for start in stride(from: 0, to: count, by: blockRows) {
        try run.checkpoint()
        let size = min(blockRows, count - start)
        let block = columns.map { column in
          order.map { column.gathered($0.positions + start, count: size) } ?? column.sliced(from: start, count: size)
        }
        rows.append(try writer.write(block, count: size, to: file), in: file)
      }
    }
  }
}
