/// Where the pages of a column chunk lie and which rows they hold ("OffsetIndex" of parquet.thrift).
struct OffsetIndex {
  struct Page {
    /// Bytes from the start of the file.
    var offset = 0
    /// Bytes with the page's header.
    var byteCount = 0
    /// Counted from the row group's first row.
    var firstRow = 0
  }

  var pages: [Page] = []

  static func parse(_ bytes: UnsafeRawBufferPointer) throws(FormatFault) -> OffsetIndex {
    var reader = ThriftReader(bytes)
    var index = OffsetIndex()
    var last = 0
    while let field = try reader.nextField(&last) {
      guard field.id == 1 else {
        try reader.skip(field)
        continue
      }
      for _ in 0..<(try reader.list(field, of: .structure)) { index.pages.append(try page(&reader)) }
    }
    return index
  }

  private static func page(_ reader: inout ThriftReader) throws(FormatFault) -> Page {
    var page = Page()
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: page.offset = try reader.natural(field)
      case 2: page.byteCount = try reader.natural(field)
      case 3: page.firstRow = try reader.natural(field)
      default: try reader.skip(field)
      }
    }
    return page
  }

  /// The rows of a page, of which the row group has `rowCount`.
  func rows(_ page: Int, rowCount: Int) -> Range<Int> {
    pages[page].firstRow..<(page + 1 < pages.count ? pages[page + 1].firstRow : rowCount)
  }

  /// Stored bytes of the pages that hold some of the rows.
  func byteCount(of rows: RowRanges, rowCount: Int) -> Int {
    var total = 0
    for (number, page) in pages.enumerated() where rows.overlaps(self.rows(number, rowCount: rowCount)) {
      total += page.byteCount
    }
    return total
  }

  /// Checks that the pages follow each other inside of the chunk and share out its rows.
  func check(_ chunk: ChunkMetadata, rowCount: Int) throws(FormatFault) {
    let fault = FormatFault.corrupt("the offset index contradicts the column chunk")
    var row = 0
    var offset = chunk.start
    for (number, page) in pages.enumerated() {
      guard number == 0 ? page.firstRow == 0 : page.firstRow >= row, page.firstRow <= rowCount else { throw fault }
      guard page.offset >= offset, page.byteCount <= chunk.start + chunk.compressedSize - page.offset else {
        throw fault
      }
      row = page.firstRow
      offset = page.offset + page.byteCount
    }
    guard !pages.isEmpty || rowCount == 0 else { throw fault }
  }
}

/// The statistics of the pages of a column chunk ("ColumnIndex" of parquet.thrift).
struct ColumnIndex {
  /// Whether a page holds nothing but NULLs; its bounds mean nothing then.
  var isAllNull: [Bool] = []
  var min: [[UInt8]] = []
  var max: [[UInt8]] = []
  var nullCounts: [Int] = []
  var nanCounts: [Int] = []

  static func parse(_ bytes: UnsafeRawBufferPointer) throws(FormatFault) -> ColumnIndex {
    var reader = ThriftReader(bytes)
    var index = ColumnIndex()
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: index.isAllNull = try reader.bools(field)
      case 2: index.min = try binaries(&reader, field)
      case 3: index.max = try binaries(&reader, field)
      case 5: index.nullCounts = try reader.integers(field)
      case 8: index.nanCounts = try reader.integers(field)
      default: try reader.skip(field)
      }
    }
    let count = index.isAllNull.count
    guard index.min.count == count, index.max.count == count,
      index.nullCounts.isEmpty || index.nullCounts.count == count,
      index.nanCounts.isEmpty || index.nanCounts.count == count
    else { throw .corrupt("the column index has lists of different lengths") }
    return index
  }

  private static func binaries(
    _ reader: inout ThriftReader, _ field: ThriftReader.Field
  ) throws(FormatFault) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for _ in 0..<(try reader.list(field, of: .binary)) { result.append(try reader.binaryElement()) }
    return result
  }

  /// What is known of a page, as a row group's statistics would say it.
  func statistics(_ page: Int, rowCount: Int) -> ChunkStatistics {
    var result = ChunkStatistics()
    if isAllNull[page] {
      result.nullCount = rowCount
      return result
    }
    result.min = min[page]
    result.max = max[page]
    if !nanCounts.isEmpty { result.nanCount = nanCounts[page] }
    // A count that would make the page all NULL contradicts its flag.
    if !nullCounts.isEmpty, nullCounts[page] != rowCount { result.nullCount = nullCounts[page] }
    return result
  }
}
