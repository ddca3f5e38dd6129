import LakeColumnar
import LakeDiagnostics

/// Puts the groups of one part together that were spilled piecemeal, and yields them.
///
/// A part that is too large for memory is split further.
final class SpilledGroupsReader: BatchReader {
  private let plan: AggregationPlan
  private let run: QueryRun
  private let node: OperatorNode
  /// Parts that are still to be read, with their level.
  private var pending: [(rows: SpilledRows, level: Int)]
  private var table: AggregationTable?
  private var position = 0

  init(_ plan: AggregationPlan, _ parts: PartitionedRows, part: Int, _ run: QueryRun) {
    self.plan = plan
    self.run = run
    node = parts.node
    pending = [(parts.rows(part), parts.level)]
  }

  func next() throws(QueryError) -> Batch? {
    while true {
      if let table, position < table.groupCount {
        let count = min(run.settings.batchSize, table.groupCount - position)
        position += count
        return try table.output(from: position - count, count: count)
      }
      table = nil
      guard let part = pending.popLast() else { return nil }
      try restore(part.rows, level: part.level)
    }
  }

  /// Reads a part into a table; or splits it and leaves its parts to be read.
  private func restore(_ rows: SpilledRows, level: Int) throws(QueryError) {
    let isDeepest = level == PartitionedRows.deepestLevel
    let further = isDeepest ? nil : PartitionedRows(level: level + 1, node: node)
    let fresh = AggregationTable(plan, run, spill: further)
    for block in rows.blocks.indices {
      try run.checkpoint()
      try fresh.restore(try rows.read(block))
    }
    if let further, further.isUsed {
      try fresh.flush()
      pending += further.parts.map { ($0, level + 1) }
    } else {
      try fresh.complete(run)
      table = fresh
      position = 0
    }
  }
}
