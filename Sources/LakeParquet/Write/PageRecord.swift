import LakeTypes

/// A page that is encoded: where it lies and what the page index says of it.
struct PageRecord {
  /// Offset from the start of the chunk's data pages.
  var offset: Int
  /// Bytes with the header.
  var size: Int
  /// The first row, counted from the start of the row group.
  var firstRow: Int
  var nullCount: Int
  var nanCount: Int
  var hasValues: Bool
  var lower: Bound?
  var upper: Bound?
  var sizes = PageSizes()
}

/// What readers estimate memory by: bytes of byte arrays, their lengths aside, and how many levels there are of each
/// value (none where all levels are 0).
struct PageSizes {
  var byteArrayByteCount = 0
  var repetition: [Int] = []
  var definition: [Int] = []

  mutating func add(_ other: PageSizes) {
    byteArrayByteCount += other.byteArrayByteCount
    Self.add(other.repetition, to: &repetition)
    Self.add(other.definition, to: &definition)
  }

  private static func add(_ more: [Int], to counts: inout [Int]) {
    if counts.isEmpty { return counts = more }
    for (level, count) in more.enumerated() { counts[level] += count }
  }
}

/// A column chunk that is ready to be written.
struct EncodedChunk {
  var dictionaryPage = BlockOutput()
  var dataPages = BlockOutput()
  var pages: [PageRecord] = []
  var usesDictionary: Bool { dictionaryPage.count > 0 || dictionaryByteCount > 0 }
  /// Data pages of each encoding.
  var pageCounts: [PageEncoding: Int] = [:]
  var order = BoundaryOrder()
  var bloomFilter: SplitBlockBloomFilter?
  /// Entries: values, NULLs and empty lists.
  var entryCount = 0
  /// Values and NULLs.
  var valueCount = 0
  var nullCount = 0
  var nanCount: Int?
  var lower: Bound?
  var upper: Bound?
  var lowerLiteral: Literal?
  var upperLiteral: Literal?
  var sizes = PageSizes()
  /// How the rows are sorted by the column; nil where they are not, or all are the same.
  var sorting: ColumnSorting?
  var uncompressedSize = 0
  /// Bytes of the pages, once they are written and dropped here.
  var encodedSize = 0
  var dictionaryByteCount = 0
  var compressedSize: Int { encodedSize + dictionaryPage.count + dataPages.count }

  /// The chunk without the bytes of its pages, which are in the file now.
  func withoutPages() -> EncodedChunk {
    var copy = self
    copy.encodedSize = compressedSize
    copy.dictionaryByteCount = dictionaryPage.count
    copy.dictionaryPage = BlockOutput()
    copy.dataPages = BlockOutput()
    copy.bloomFilter = nil
    return copy
  }
}

/// A page whose values are not encoded yet.
struct PageDraft<Value: StoredValue> {
  var rowCount = 0
  var entryCount = 0
  /// Entries that are NULL themselves or stand for a NULL or empty list around them.
  var missingCount = 0
  var valueCount: Int { entryCount - missingCount }
  var repetition = LevelBuffer.Encoded()
  var definition = LevelBuffer.Encoded()
  /// Bytes that the values take in PLAIN form.
  var byteCount = 0
  var firstRow = 0
  /// The page's codes among those that are buffered, while the chunk has a dictionary.
  var codes = 0..<0
  var bounds = ValueBounds<Value>()
}
