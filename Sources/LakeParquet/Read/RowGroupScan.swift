import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// Reads one row group: the predicates' columns first, a window of rows at a time, then the other columns for the
/// rows that are left. Batches come out compacted.
///
/// Runtime filters that are published meanwhile join the predicates when the next window begins.
final class RowGroupScan {
  private let request: ParquetReadRequest
  private let pruning: RowGroupPruning
  private let rowGroup: Int
  private let columns: [ColumnSource]
  private let firstRow: Int
  private var predicates: [ScanPredicate]
  /// Runtime filters that were not published when they were last asked.
  private var awaited: [RuntimeFilter]
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
    predicates: [ScanPredicate], awaited: [RuntimeFilter], decompressors: DecompressorSet,
    memory: ReaderMemory
  ) throws(QueryError) {
    self.request = request
    self.rowGroup = rowGroup
    self.predicates = predicates
    self.awaited = awaited
    pruning = RowGroupPruning(file: file, plans: plans)
    firstRow = file.firstRows[rowGroup]
    let left = try PagePruning(file: file, plans: plans, counters: request.counters)
      .rows(ofRowGroup: rowGroup, predicates)
    ranges = (left ?? RowRanges(all: file.rowCount(ofRowGroup: rowGroup))).ranges[...]
    survivorBuffer = SelectionVector.scratch(request.batchSize * Self.batchesInWindow)
    let makeChunk = { (leaf: Int, type: LogicalType) throws(QueryError) -> ColumnChunkReader in
      let place = PageIndexPlace(file: file, leaf: leaf, rowGroup: rowGroup)
      do throws(FormatFault) {
        return try ColumnChunkReader(
          file.leaves[leaf], type: type, place, decompressors: decompressors, counters: request.counters,
          memory: ChunkMemory(memory), selection: left)
      } catch {
        throw error.error(
          in: file.file.path, column: file.leaves[leaf].path.joined(separator: "."), rowGroup: rowGroup)
      }
    }
    var columns: [ColumnSource] = []
    for plan in plans { columns.append(try ColumnSource(plan, makeChunk) { file.leaves[$0].type.type }) }
    self.columns = columns
    filters = []
    try prepareFilters()
  }

  /// One filter a column or field, the cheapest columns first.
  private func makeFilters() -> [WindowFilter] {
    var tests: [WindowFilter.Place: [ScanPredicate.Test]] = [:]
    for predicate in predicates where columns.indices.contains(predicate.column) {
      tests[.init(column: predicate.column, path: predicate.path), default: []].append(predicate.test)
    }
    let filters = tests.compactMap { place, tests -> WindowFilter? in
      guard let type = request.fields[place.column].type.part(place.path), let filter = ColumnFilter(tests, type: type)
      else { return nil }
      return WindowFilter(
        place, filter, columns[place.column], windowSize: request.batchSize * Self.batchesInWindow)
    }
    return filters.sorted { columns[$0.place.column].byteCount < columns[$1.place.column].byteCount }
  }

  /// Looks at dictionaries: a filter that no entry passes ends the row group, one that all pass is dropped.
  private func prepareFilters() throws(QueryError) {
    filters = []
    if ranges.isEmpty { return }
    var needed: [WindowFilter] = []
    for filter in makeFilters() {
      switch try filter.prepare() {
      case .none:
        ranges = []
        return
      case .all: break
      case .some: needed.append(filter)
      }
    }
    filters = needed
    chooseReading()
  }

  /// All pages of the first filter's column will be read, and of all columns if there is no filter. The pages of
  /// columns without a filter are read one by one.
  private func chooseReading() {
    let first = filters.first?.place.column
    let filtered = Set(filters.map(\.place.column))
    for (index, column) in columns.enumerated() {
      for chunk in column.chunks {
        chunk.readsAhead = first.map { $0 == index } ?? true
        chunk.isSparse = !filters.isEmpty && !filtered.contains(index)
      }
    }
  }

  /// Lets runtime filters that were published meanwhile rule out rows that are still to come.
  private func adoptRuntimeFilters() throws(QueryError) {
    let published = awaited.filter { $0.keys != nil }
    if published.isEmpty { return }
    awaited.removeAll { filter in published.contains { $0 === filter } }
    let arrived = published.flatMap(\.predicates)
    predicates += arrived
    if pruning.excludes(rowGroup, arrived) {
      ranges = []
      return
    }
    let pages = PagePruning(file: pruning.file, plans: pruning.plans, counters: request.counters)
    if let left = try pages.rows(ofRowGroup: rowGroup, arrived) {
      ranges = RowRanges(ranges).intersection(left).ranges[...]
    }
    try prepareFilters()
  }

  /// The next batch, or nil at the end.
  func next() throws(QueryError) -> Batch? {
    while emitted == survivorCount {
      windowStart += windowCount
      windowCount = 0
      if !awaited.isEmpty { try adoptRuntimeFilters() }
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

extension LogicalType {
  /// The type of a field of a struct, or of structs in it; nil where the path leads into something else.
  fileprivate func part(_ path: [Int]) -> LogicalType? {
    var type = self
    for index in path {
      guard case .struct(let fields) = type, fields.indices.contains(index) else { return nil }
      type = fields[index].type
    }
    return type
  }
}
