import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// Reads one row group: the predicates' columns first, a window of rows at a time, then the other columns for the
/// rows that are left. Batches come out compacted.
final class RowGroupScan {
  private let request: ParquetReadRequest
  private let columns: [ColumnSource]
  private let firstRow: Int
  /// The rows that the page index leaves, in front the range of the current window.
  private var ranges: ArraySlice<Range<Int>>
  private var filters: [WindowFilter]
  private var isPrepared = false
  /// The current window and, of its rows, those that are left (nil: all).
  private var windowStart = 0
  private var windowCount = 0
  private var survivors: UnsafeMutablePointer<UInt32>?
  private var survivorCount = 0
  /// Rows of the window that were handed out, and those of them that came before the latest batch.
  private var emitted = 0
  private var emittedBefore = 0
  private let survivorBuffer: Buffer
  /// Batches that a window of rows under predicates makes at most.
  private static let batchesInWindow = 8

  init(
    _ file: ParquetFile, rowGroup: Int, _ request: ParquetReadRequest, plans: [ReadPlan],
    predicates: [ScanPredicate], decompressors: DecompressorSet
  ) throws(QueryError) {
    self.request = request
    firstRow = file.firstRows[rowGroup]
    let rowCount = file.rowCount(ofRowGroup: rowGroup)
    let pruning = PagePruning(file: file, plans: plans, counters: request.counters)
    let left = try pruning.rows(ofRowGroup: rowGroup, predicates)
    ranges = (left ?? RowRanges(all: rowCount)).ranges[...]
    survivorBuffer = SelectionVector.scratch(request.batchSize * Self.batchesInWindow)
    let makeChunk = { (leaf: Int, type: LogicalType) throws(QueryError) -> ColumnChunkReader in
      let chunk = file.metadata.rowGroups[rowGroup].chunks[leaf]
      var selection: (rows: RowRanges, of: Int, pages: OffsetIndex)?
      if let left, !left.isEmpty, chunk.offsetIndex != nil {
        let place = PageIndexPlace(file: file, leaf: leaf, rowGroup: rowGroup)
        selection = (left, rowCount, try place.offsetIndex(request.counters))
      }
      do throws(FormatFault) {
        return try ColumnChunkReader(
          file.leaves[leaf], type: type, chunk: chunk, rowGroup: rowGroup, file: file.file,
          decompressors: decompressors, counters: request.counters, selection: selection)
      } catch { throw error.error(in: file.file.path, rowGroup: rowGroup) }
    }
    var columns: [ColumnSource] = []
    for plan in plans { columns.append(try ColumnSource(plan, makeChunk) { file.leaves[$0].type.type }) }
    self.columns = columns
    filters = Self.filters(predicates, request, columns)
    try prepareFilters()
  }

  /// One filter a column, the cheapest columns first.
  private static func filters(
    _ predicates: [ScanPredicate], _ request: ParquetReadRequest, _ columns: [ColumnSource]
  ) -> [WindowFilter] {
    var tests: [Int: [ScanPredicate.Test]] = [:]
    for predicate in predicates where request.fields.indices.contains(predicate.column) {
      tests[predicate.column, default: []].append(predicate.test)
    }
    let filters = tests.compactMap { ColumnFilter(column: $0.key, tests: $0.value, type: request.fields[$0.key].type) }
    return filters.sorted { columns[$0.column].byteCount < columns[$1.column].byteCount }
      .map { WindowFilter($0, columns[$0.column], windowSize: request.batchSize * batchesInWindow) }
  }

  /// Looks at dictionaries: a filter that no entry passes ends the row group, one that all pass is dropped.
  private func prepareFilters() throws(QueryError) {
    if ranges.isEmpty { return }
    var needed: [WindowFilter] = []
    for filter in filters {
      switch try filter.prepare() {
      case .none: return endEarly()
      case .all: break
      case .some: needed.append(filter)
      }
    }
    filters = needed
    readAhead()
  }

  /// All pages of the first filter's column will be read, and of all columns if there is no filter.
  private func readAhead() {
    let dense = filters.isEmpty ? columns : [columns[filters[0].column]]
    for chunk in dense.flatMap(\.chunks) { chunk.readsAhead = true }
  }

  private func endEarly() {
    filters = []
    ranges = []
  }

  /// The next batch, or nil at the end.
  func next() throws(QueryError) -> Batch? {
    while emitted == survivorCount {
      windowStart += windowCount
      while let range = ranges.first, windowStart >= range.upperBound { ranges.removeFirst() }
      guard let range = ranges.first else { return nil }
      windowStart = max(windowStart, range.lowerBound)
      try openWindow(upTo: range.upperBound)
    }
    let count = min(request.batchSize, survivorCount - emitted)
    emittedBefore = emitted
    defer { emitted += count }
    try prepareColumns()
    if let survivors { return try picked(survivors + emitted, count) }
    return try range(from: windowStart + emitted, count)
  }

  /// The position in the file, from 0, of a row of the latest batch.
  func position(ofRow row: Int) -> Int {
    let index = emittedBefore + row
    return firstRow + windowStart + (survivors.map { Int($0[index]) } ?? index)
  }

  /// Finds the rows of the next window that are left.
  private func openWindow(upTo end: Int) throws(QueryError) {
    emitted = 0
    survivors = nil
    if filters.isEmpty {
      windowCount = min(request.batchSize, end - windowStart)
      survivorCount = windowCount
      return
    }
    windowCount = min(request.batchSize * Self.batchesInWindow, end - windowStart)
    var selection = WindowSelection(survivorBuffer, count: windowCount)
    for filter in filters where selection.count > 0 { try filter.refine(&selection, windowStart: windowStart) }
    survivorCount = selection.count
    survivors = selection.isAll ? nil : selection.rows
  }

  /// Prepares the dictionaries of all columns that are read, when the first row is left.
  private func prepareColumns() throws(QueryError) {
    if isPrepared { return }
    isPrepared = true
    try ColumnChunkReader.prepareDictionaries(columns.flatMap(\.chunks))
  }

  private func range(from start: Int, _ count: Int) throws(QueryError) -> Batch {
    var vectors: [Vector] = []
    vectors.reserveCapacity(columns.count + 1)
    for column in columns { vectors.append(try column.read(from: start, count: count)) }
    if request.includesPosition {
      vectors.append(positions(count) { Int64(truncatingIfNeeded: $0 &+ start) })
    }
    return Batch(columns: vectors, count: count)
  }

  private func picked(_ rows: UnsafeMutablePointer<UInt32>, _ count: Int) throws(QueryError) -> Batch {
    var vectors: [Vector] = []
    vectors.reserveCapacity(columns.count + 1)
    for column in columns { vectors.append(try column.read(rows, count: count, base: windowStart)) }
    if request.includesPosition {
      let start = windowStart
      vectors.append(positions(count) { Int64(rows[$0]) &+ Int64(truncatingIfNeeded: start) })
    }
    return Batch(columns: vectors, count: count)
  }

  private func positions(_ count: Int, _ row: (Int) -> Int64) -> Vector {
    let vector = Vector.flat(.bigint, count: count)
    let slots = vector.slots(Int64.self)
    let offset = Int64(firstRow)
    for index in 0..<count { slots[index] = row(index) &+ offset }
    return vector
  }

  /// Counts what was never needed.
  func finish() { for column in columns { column.finish() } }
}
