import LakeColumnar
import LakeDiagnostics
import LakePlan
import LakeTypes
import Synchronization

/// Reads the tasks of a scan source, a morsel each.
final class TableScan: MorselSource {
  let node: OperatorNode
  let counters = ScanCounters()
  let runtimeFilters: [RuntimeFilter]
  private let source: any ScanSource
  private let projection: [Int]
  private let selections: [Int: FieldSelection]
  private let predicates: [ScanPredicate]
  private let tasks = Mutex<[any ScanTask]>([])

  init(_ scan: ScanNode, columns: [ScanNode.Column], runtimeFilters: [RuntimeFilter], node: OperatorNode) {
    self.node = node
    self.runtimeFilters = runtimeFilters
    source = scan.source
    projection = columns.map(\.sourceIndex)
    selections = Dictionary(columns.map { ($0.sourceIndex, $0.selection) }) { $0.union($1) }
    predicates = scan.predicates
  }

  func start(_ run: QueryRun) throws(QueryError) -> Int {
    let request = ScanRequest(
      projection: projection, selections: selections, predicates: predicates, runtimeFilters: runtimeFilters,
      batchSize: run.settings.batchSize, counters: counters, memory: run.budget)
    let planned = try source.tasks(for: request)
    tasks.withLock { $0 = planned }
    return planned.count
  }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader {
    let task = tasks.withLock { $0[morsel] }
    let reader = try task.open()
    switch run.settings.forcedEncoding {
    case .none: return reader
    case .dictionary, .constant: return EncodingReader(reader, run.settings.forcedEncoding)
    }
  }
}

/// Turns every column into dictionary or constant form where it can; tests use it to vary the encodings.
private final class EncodingReader: BatchReader {
  private let reader: any BatchReader
  private let form: ExecutionSettings.ForcedEncoding

  init(_ reader: any BatchReader, _ form: ExecutionSettings.ForcedEncoding) {
    self.reader = reader
    self.form = form
  }

  func next() throws(QueryError) -> Batch? {
    guard var batch = try reader.next() else { return nil }
    batch.columns = batch.columns.map { column in
      guard column.isFlat, column.count > 0, !column.type.isNested else { return column }
      return form == .dictionary ? Self.encoded(column) : Self.constant(column)
    }
    return batch
  }

  func location(ofRow row: Int) -> FileLocation? { reader.location(ofRow: row) }

  /// A dictionary of the rows in reverse.
  private static func encoded(_ column: Vector) -> Vector {
    let count = column.count
    let codes = Buffer(byteCount: count * 4)
    let target = codes.base.assumingMemoryBound(to: UInt32.self)
    for row in 0..<count { target[row] = UInt32(count - 1 - row) }
    let dictionary = column.masked(nil).gathered(target, count: count)
    return .dictionary(dictionary, codes: codes, count: count, validity: column.validity)
  }

  private static func constant(_ column: Vector) -> Vector {
    let first = column.literal(at: 0)
    for row in 1..<max(1, column.count) where column.literal(at: row) != first { return column }
    return .constant(first, column.type, count: column.count)
  }
}
