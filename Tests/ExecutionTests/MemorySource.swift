import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Synchronization

/// Rows in memory as a scan source, cut into tasks and batches; counts what was asked of it.
final class MemorySource: ScanSource {
  let schema: Schema
  let rows: [[Literal]]
  private let columns: [Vector]
  private let taskRows: Int
  private let log = Mutex(Log())

  struct Log {
    var requests = 0
    var batches = 0
    /// The predicates that runtime filters gave when tasks were planned.
    var runtimePredicates: [ScanPredicate] = []
  }

  init(_ fields: [(String, LogicalType)], _ rows: [[Literal]], taskRows: Int = 100) {
    schema = Schema(fields.map { Field($0.0, $0.1) })
    self.rows = rows
    self.taskRows = taskRows
    columns = fields.indices.map { index in
      let builder = VectorBuilder(fields[index].1, capacity: rows.count)
      for row in rows { builder.append(row[index]) }
      return builder.finish()
    }
  }

  /// Columns that exist already; the rows are not listed.
  init(_ fields: [(String, LogicalType)], columns: [Vector], taskRows: Int) {
    schema = Schema(fields.map { Field($0.0, $0.1) })
    rows = []
    self.columns = columns
    self.taskRows = taskRows
  }

  var metadataColumnCount: Int { 0 }
  var rowCount: Int? { columns.first?.count ?? 0 }
  var summary: String { "memory" }
  var seen: Log { log.withLock { $0 } }

  func tasks(for request: ScanRequest) throws(QueryError) -> [any ScanTask] {
    let predicates = request.runtimeFilters.flatMap(\.predicates)
    log.withLock { log in
      log.requests += 1
      log.runtimePredicates += predicates
    }
    return stride(from: 0, to: rowCount ?? 0, by: taskRows).map { start in
      Task(source: self, request: request, start: start, end: min(start + taskRows, rowCount ?? 0))
    }
  }

  private struct Task: ScanTask {
    let source: MemorySource
    let request: ScanRequest
    let start: Int
    let end: Int
    var estimatedRows: Int { end - start }
    func open() throws(QueryError) -> any BatchReader { Reader(self) }
  }

  private final class Reader: BatchReader {
    private let task: Task
    private var position: Int

    init(_ task: Task) {
      self.task = task
      position = task.start
    }

    func next() throws(QueryError) -> Batch? {
      let count = min(task.request.batchSize, task.end - position)
      if count <= 0 { return nil }
      defer { position += count }
      task.source.log.withLock { $0.batches += 1 }
      let vectors = task.request.projection.map { task.source.columns[$0].sliced(from: position, count: count) }
      return Batch(columns: vectors, count: count)
    }
  }
}

/// A small deterministic generator (SplitMix64).
struct TestRandom: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
