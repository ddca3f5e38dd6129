import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// Computes window functions over rows that are read in order from temporary files, some whole partitions at a time.
final class SpilledWindowReader: BatchReader {
  private let plan: WindowPlan
  private let types: [LogicalType]
  private let run: QueryRun
  private let merge: RunMerge
  private var isAtEnd = false
  /// Rows that belong to no section yet.
  private var waiting: [Batch] = []
  private var waitingCount = 0
  /// How many of them are whole partitions, as far as is known.
  private var wholeCount = 0
  private var section: WindowSection?
  private var results: [Vector] = []
  private var position = 0
  private let waitingMemory: MemoryReservation
  private let sectionMemory: MemoryReservation
  /// Rows of a section, unless a single partition has more.
  private static let sectionSize = 8 * Batch.capacity
  /// Bytes of a section's rows, likewise: they, a copy, their keys and the results are there at once.
  private var sectionByteCount: Int { run.settings.memoryLimit / 16 }

  /// `types`: of the stored columns.
  init(_ plan: WindowPlan, _ types: [LogicalType], _ merge: RunMerge, _ run: QueryRun) {
    self.plan = plan
    self.types = types
    self.merge = merge
    self.run = run
    // A section of several partitions is small; a single partition must fit.
    let allowance = run.settings.memoryLimit / 4
    waitingMemory = MemoryReservation(run.budget, for: "window partition", allowance: allowance)
    sectionMemory = MemoryReservation(run.budget, for: "window partition", allowance: allowance)
  }

  func next() throws(QueryError) -> Batch? {
    while true {
      if let section, position < section.count {
        let count = min(run.settings.batchSize, section.count - position)
        position += count
        return section.batch(results, from: position - count, count: count)
      }
      section = nil
      try fill()
      if waitingCount == 0 { return nil }
      try startSection(try takeWhole())
    }
  }

  /// Reads rows until there are enough in whole partitions.
  private func fill() throws(QueryError) {
    while !isAtEnd, wholeCount == 0 || (waitingCount < Self.sectionSize && waitingMemory.bytes < sectionByteCount) {
      guard let rows = try merge.next() else {
        isAtEnd = true
        break
      }
      let start = startOfLastPartition(rows)
      if start > 0 {
        wholeCount = waitingCount + start
      } else if let last = waiting.last, !isSamePartition(last, last.physicalCount - 1, rows, 0) {
        wholeCount = waitingCount
      }
      try waitingMemory.grow(by: HeldBytes.of(rows.columns))
      waiting.append(rows)
      waitingCount += rows.physicalCount
    }
    if isAtEnd { wholeCount = waitingCount }
  }

  private func startOfLastPartition(_ rows: Batch) -> Int {
    let last = rows.physicalCount - 1
    var (low, high) = (0, last)
    while low < high {
      let middle = (low + high) / 2
      if isSamePartition(rows, middle, rows, last) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private func isSamePartition(_ a: Batch, _ i: Int, _ b: Batch, _ j: Int) -> Bool {
    plan.partitionKeys.allSatisfy { RowComparison.equalRows(a.columns[$0], i, b.columns[$0], j) }
  }

  /// The rows of whole partitions; the others go on waiting.
  private func takeWhole() throws(QueryError) -> (columns: [Vector], count: Int) {
    var taken: [Batch] = []
    var (left, rest) = (wholeCount, [Batch]())
    for rows in waiting {
      let count = min(left, rows.physicalCount)
      if count > 0 { taken.append(rows.sliced(from: 0, count: count)) }
      if count < rows.physicalCount { rest.append(rows.sliced(from: count, count: rows.physicalCount - count)) }
      left -= count
    }
    let columns = types.indices.map { index in
      VectorConcatenation.concatenated(taken.map { $0.columns[index] }, type: types[index])
    }
    let count = wholeCount
    waiting = rest
    waitingCount -= count
    wholeCount = 0
    try sectionMemory.resize(to: HeldBytes.of(columns))
    try waitingMemory.resize(to: rest.reduce(0) { $0 + HeldBytes.of($1.columns) })
    return (columns, count)
  }

  private func startSection(_ rows: (columns: [Vector], count: Int)) throws(QueryError) {
    let keys = plan.keyIndexes.map { rows.columns[$0] }
    try sectionMemory.grow(by: NormalizedRows.byteCount(sorting: keys, count: rows.count))
    let sort = try NormalizedRows(plan.sortColumns, keys, count: rows.count, boundary: plan.partitionKeys.count)
    let order = try sort.sorted(run, onThreads: 1)
    let section = try WindowSection(
      plan: plan, columns: rows.columns, order: order, sort: sort, rows: 0..<rows.count, run: run)
    results = try section.results(run)
    self.section = section
    position = 0
  }
}
