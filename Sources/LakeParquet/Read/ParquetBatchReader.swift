import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// Reads row groups one after the other.
final class ParquetBatchReader: BatchReader {
  private let file: ParquetFile
  private let request: ParquetReadRequest
  private let plans: [ReadPlan]
  private let pruning: RowGroupPruning
  private let decompressors = DecompressorSet()
  private let memory: ReaderMemory
  private var pending: Range<Int>
  private var scan: RowGroupScan?

  init(
    _ file: ParquetFile, _ request: ParquetReadRequest, rowGroups: Range<Int>, plans: [ReadPlan]
  ) throws(QueryError) {
    self.file = file
    self.request = request
    self.plans = plans
    pruning = RowGroupPruning(file: file, plans: plans)
    memory = ReaderMemory(budget: request.memory)
    pending = rowGroups.clamped(to: 0..<file.rowGroupCount)
  }

  func next() throws(QueryError) -> Batch? {
    while true {
      if let scan {
        if let batch = try scan.next() {
          request.counters.add(batch.count, to: .rowsRead)
          return batch
        }
        scan.finish()
        self.scan = nil
      }
      guard let rowGroup = pending.popFirst() else { return nil }
      try start(rowGroup)
    }
  }

  func location(ofRow row: Int) -> FileLocation? {
    scan.map { FileLocation(path: file.file.path, row: $0.position(ofRow: row) + 1) }
  }

  private func start(_ rowGroup: Int) throws(QueryError) {
    let published = request.runtimeFilters.filter { $0.keys != nil }
    let awaited = request.runtimeFilters.filter { filter in !published.contains { $0 === filter } }
    let predicates = request.predicates + published.flatMap(\.predicates)
    if file.rowCount(ofRowGroup: rowGroup) == 0 { return }
    var isExcluded = pruning.excludes(rowGroup, predicates)
    if !isExcluded { isExcluded = try pruning.excludesByBloomFilter(rowGroup, predicates) }
    if isExcluded {
      request.counters.add(1, to: .rowGroupsPruned)
      return
    }
    request.counters.add(1, to: .rowGroupsRead)
    scan = try RowGroupScan(
      file, rowGroup: rowGroup, request, plans: plans, predicates: predicates, awaited: awaited,
      decompressors: decompressors, memory: memory)
  }
}
