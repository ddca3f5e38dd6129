package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// The rows of `range(start, end, step)`: one bigint column `id`.
package struct RangeSource: ScanSource {
  package let start: Int64
  package let end: Int64
  /// Not 0.
  package let step: Int64

  package init(start: Int64, end: Int64, step: Int64) {
    self.start = start
    self.end = end
    self.step = step
  }

  package var schema: Schema { Schema([Field("id", .bigint, isNullable: false)]) }
  package var metadataColumnCount: Int { 0 }
  package func exactRowCount() -> Int? { rowCount }
  package var summary: String { "range(\(start), \(end), \(step))" }

  package var rowCount: Int? {
    let distance = Int128(end) - Int128(start)
    let steps = (distance + Int128(step) - Int128(step.signum())) / Int128(step)
    return Int(clamping: max(0, steps))
  }

  /// Rows that one task yields.
  private static let taskRows = 1 << 20

  package func tasks(for request: ScanRequest) throws(QueryError) -> [any ScanTask] {
    let total = rowCount ?? 0
    guard total < 1 << 40 else {
      throw QueryError(.limitExceeded, .plan, "range yields at most 2^40 rows, not \(total)")
    }
    return stride(from: 0, to: total, by: Self.taskRows).map { first in
      RangeTask(
        source: self, rows: first..<min(first + Self.taskRows, total), batchSize: request.batchSize,
        columnCount: request.projection.count)
    }
  }
}

private struct RangeTask: ScanTask {
  let source: RangeSource
  let rows: Range<Int>
  let batchSize: Int
  let columnCount: Int

  var estimatedRows: Int { rows.count }
  func open() throws(QueryError) -> any BatchReader { RangeReader(task: self) }
}

private final class RangeReader: BatchReader {
  private let task: RangeTask
  private var position: Int

  init(task: RangeTask) {
    self.task = task
    position = task.rows.lowerBound
  }

  func next() throws(QueryError) -> Batch? {
    let count = min(task.batchSize, task.rows.upperBound - position)
    if count <= 0 { return nil }
    let vector = Vector.flat(.bigint, count: count)
    let slots = vector.slots(Int64.self)
    for index in 0..<count { slots[index] = task.source.start &+ Int64(position &+ index) &* task.source.step }
    position += count
    return Batch(columns: Array(repeating: vector, count: task.columnCount), count: count)
  }
}
