import LakeColumnar
import LakeDiagnostics
import Synchronization

/// Groups rows: a table a worker, merged when all rows are there.
///
/// Where memory does not suffice, workers spill the groups that they have with their states and start anew; then the
/// groups are put together part by part when they are read.
///
/// `@unchecked Sendable`: the tables are handed over under the mutex and, once merged, read under the monitor.
final class HashAggregate: PipelineSink, @unchecked Sendable {
  let node: OperatorNode
  private let plan: AggregationPlan
  private let monitor = Monitor()
  private var tables: [AggregationTable] = []
  private var result: AggregationTable?
  private let spilled: PartitionedRows
  private let distinct: [PartitionedRows?]

  init(_ plan: AggregationPlan, node: OperatorNode) {
    self.plan = plan
    self.node = node
    spilled = PartitionedRows(level: 0, node: node)
    distinct = plan.makeDistinctSpills(node)
  }

  var isPrivateUntilFinish: Bool { true }

  func makeConsumer(_ worker: Worker) throws(QueryError) -> any BatchConsumer {
    Consumer(self, AggregationTable(plan, worker.run, spill: spilled, distinct: distinct))
  }

  private final class Consumer: BatchConsumer {
    private let sink: HashAggregate
    private let table: AggregationTable

    init(_ sink: HashAggregate, _ table: AggregationTable) {
      self.sink = sink
      self.table = table
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      try table.add(batch)
      return .more
    }

    func finish() throws(QueryError) { sink.monitor.locked { sink.tables.append(table) } }
  }

  func complete(_ run: QueryRun) throws(QueryError) {
    // The largest one takes in the others, each of which is freed then.
    var sorted = monitor.locked { tables }.sorted { $0.groupCount < $1.groupCount }
    tables = []
    let merged = sorted.popLast() ?? AggregationTable(plan, run, spill: spilled, distinct: distinct)
    while !spilled.isUsed, let table = sorted.last {
      try run.checkpoint()
      if try !merged.hasRoom(for: table) { break }
      try merged.merge(table)
      sorted.removeLast()
    }
    if spilled.isUsed || !sorted.isEmpty {
      for table in [merged] + sorted { try table.flush() }
    } else {
      try merged.complete(run)
      result = merged
    }
  }

  /// Whether the groups are in temporary files, to be read with `spilledGroups`.
  var isSpilled: Bool { spilled.isUsed }

  var groupCount: Int { result?.groupCount ?? 0 }

  /// Some groups as rows; accumulators are read by one thread at a time.
  func output(from start: Int, count: Int) throws(QueryError) -> Batch? {
    guard let result else { return nil }
    return try monitor.locked { () throws(QueryError) in try result.output(from: start, count: count) }
  }

  /// The groups of one of the spilled parts as rows.
  func spilledGroups(_ part: Int, _ run: QueryRun) -> any BatchReader {
    SpilledGroupsReader(plan, spilled, part: part, run)
  }
}

/// Yields the groups of a completed aggregation.
final class AggregateSource: MorselSource {
  private let aggregate: HashAggregate
  /// Groups of a morsel.
  private static let morselSize = 64 * Batch.capacity

  init(_ aggregate: HashAggregate) { self.aggregate = aggregate }

  func start(_ run: QueryRun) throws(QueryError) -> Int {
    if aggregate.isSpilled { return PartitionedRows.partCount }
    return (aggregate.groupCount + Self.morselSize - 1) / Self.morselSize
  }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader {
    if aggregate.isSpilled { return aggregate.spilledGroups(morsel, run) }
    var position = morsel * Self.morselSize
    let end = min(position + Self.morselSize, aggregate.groupCount)
    let size = run.settings.batchSize
    let aggregate = aggregate
    return ComputedReader { () throws(QueryError) -> Batch? in
      guard position < end else { return nil }
      let count = min(size, end - position)
      position += count
      return try aggregate.output(from: position - count, count: count)
    }
  }
}
