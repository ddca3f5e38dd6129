import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// Rules rows of a row group out by the statistics of its pages, where the file has a page index.
struct PagePruning {
  let file: ParquetFile
  let plans: [ReadPlan]
  let counters: ScanCounters

  /// The rows that may satisfy all predicates; nil if all may.
  func rows(ofRowGroup rowGroup: Int, _ predicates: [ScanPredicate]) throws(QueryError) -> RowRanges? {
    var targets: [Int: (leaf: LeafType, type: LogicalType, tests: [ScanPredicate.Test])] = [:]
    for predicate in predicates {
      guard case .leaf(let leaf, let index, let type) = plans.target(of: predicate), file.hasUsableOrder(leaf: index)
      else { continue }
      targets[index, default: (leaf, type, [])].tests.append(predicate.test)
    }
    let rowCount = file.rowCount(ofRowGroup: rowGroup)
    var left: RowRanges?
    for (index, target) in targets {
      let chunk = file.metadata.rowGroups[rowGroup].chunks[index]
      guard let statistics = chunk.columnIndex, chunk.offsetIndex != nil else { continue }
      let place = PageIndexPlace(file: file, leaf: index, rowGroup: rowGroup)
      let pages = try place.offsetIndex(counters)
      let bounds = try place.columnIndex(statistics, pageCount: pages.pages.count, counters)
      let found = Self.rows(target.tests, pages, bounds, target.leaf, target.type, rowCount)
      left = left?.intersection(found) ?? found
    }
    return left == RowRanges(all: rowCount) ? nil : left
  }

  private static func rows(
    _ tests: [ScanPredicate.Test], _ pages: OffsetIndex, _ bounds: ColumnIndex, _ leaf: LeafType, _ type: LogicalType,
    _ rowCount: Int
  ) -> RowRanges {
    var result = RowRanges()
    for page in pages.pages.indices {
      let rows = pages.rows(page, rowCount: rowCount)
      let stored = bounds.statistics(page, rowCount: rows.count)
      let statistics = ParquetColumnStatistics(stored, leaf: leaf, as: type)
      if !tests.contains(where: { statistics.excludes($0, rowCount: rows.count) }) { result.append(rows) }
    }
    return result
  }
}

/// Where the page index of a column chunk is found.
struct PageIndexPlace {
  let file: ParquetFile
  let leaf: Int
  let rowGroup: Int
  /// No page index is larger.
  private static let largestIndex = 64 << 20

  var chunk: ChunkMetadata { file.metadata.rowGroups[rowGroup].chunks[leaf] }

  /// Reads and checks the offset index, which the chunk must have.
  func offsetIndex(_ counters: ScanCounters) throws(QueryError) -> OffsetIndex {
    let rowCount = file.rowCount(ofRowGroup: rowGroup)
    let chunk = chunk
    return try read(chunk.offsetIndex ?? ByteSpan(), counters) { bytes throws(FormatFault) in
      let index = try OffsetIndex.parse(bytes)
      try index.check(chunk, rowCount: rowCount)
      return index
    }
  }

  func columnIndex(
    _ span: ByteSpan, pageCount: Int, _ counters: ScanCounters
  ) throws(QueryError) -> ColumnIndex {
    try read(span, counters) { bytes throws(FormatFault) in
      let index = try ColumnIndex.parse(bytes)
      guard index.min.count == pageCount else { throw .corrupt("column index and offset index differ in length") }
      return index
    }
  }

  private func read<R>(
    _ span: ByteSpan, _ counters: ScanCounters, _ parse: (UnsafeRawBufferPointer) throws(FormatFault) -> R
  ) throws(QueryError) -> R {
    let source = file.file
    let name = file.leaves[leaf].path.joined(separator: ".")
    do throws(FormatFault) {
      guard span.offset >= 4, span.offset <= source.size,
        span.count <= min(source.size - span.offset, Self.largestIndex)
      else { throw .corrupt("it lies outside of the file") }
    } catch { throw error.error(in: source.path, column: name, rowGroup: rowGroup, page: "the page index") }
    let buffer = Buffer(byteCount: span.count)
    defer { withExtendedLifetime(buffer) {} }
    try source.read(into: UnsafeMutableRawBufferPointer(start: buffer.base, count: span.count), at: span.offset)
    counters.add(span.count, to: .bytesRead)
    do throws(FormatFault) {
      return try parse(UnsafeRawBufferPointer(start: buffer.base, count: span.count))
    } catch { throw error.error(in: source.path, column: name, rowGroup: rowGroup, page: "the page index") }
  }
}
