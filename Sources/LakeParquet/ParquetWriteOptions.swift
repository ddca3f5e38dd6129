/// How a Parquet file is written.
package struct ParquetWriteOptions: Sendable {
  package enum Codec: Hashable, Sendable {
    case uncompressed, snappy
    /// Levels 1 to 22.
    case zstd(level: Int)
    /// Levels 1 to 9.
    case gzip(level: Int)
    case lz4Raw
    /// Levels 0 to 11.
    case brotli(level: Int)
  }

  package enum PageVersion: Sendable { case v1, v2 }

  /// The bloom filter of a column.
  package struct BloomFilter: Hashable, Sendable {
    /// The chance that a value which is not there seems to be.
    package var falsePositives: Double
    /// Distinct values expected in a row group; nil: the filter is sized by the values that come.
    package var distinctCount: Int?
    /// The filter never grows beyond this.
    package var maxByteCount: Int

    package init(falsePositives: Double = 0.01, distinctCount: Int? = nil, maxByteCount: Int = 1 << 20) {
      self.falsePositives = falsePositives
      self.distinctCount = distinctCount
      self.maxByteCount = maxByteCount
    }
  }

  package var codec: Codec
  /// A row group is closed when its buffered bytes reach this.
  package var rowGroupByteCount: Int
  /// A row group is closed when it has this many rows.
  package var rowGroupRowCount: Int
  /// A page is closed when its values reach this many bytes ...
  package var pageByteCount: Int
  /// ... or it has this many rows.
  package var pageRowCount: Int
  package var pageVersion: PageVersion
  package var usesDictionaries: Bool
  /// A dictionary that grows beyond this is given up.
  package var dictionaryByteCount: Int
  /// Whether integers and byte arrays may be delta-encoded where that is smaller. Some readers refuse these encodings.
  package var usesDeltaEncodings: Bool
  /// Whether floating-point numbers may be split into streams of bytes where that is smaller.
  package var usesByteStreamSplit: Bool
  /// Whether the column index and the offset index are written.
  package var writesPageIndex: Bool
  /// Whether page headers hold a CRC-32 of the page.
  package var writesChecksums: Bool
  /// Bounds of byte arrays in the page index are cut to this many bytes; those of a chunk to four times as many.
  package var boundByteCount: Int
  /// Bloom filters by column: the names from the top-level column down to the leaf, joined by dots, in lower case.
  /// Columns that are not there and booleans get none.
  package var bloomFilters: [String: BloomFilter]
  /// Field ids of the parts of lists and maps, which a `Schema` has no place for, by path: `tags.element`,
  /// `scores.key`, `scores.value`, `orders.element.items.element`.
  package var elementFieldIDs: [String: Int]

  package init(
    codec: Codec = .zstd(level: 3), rowGroupByteCount: Int = 128 << 20, rowGroupRowCount: Int = 1 << 20,
    pageByteCount: Int = 1 << 20, pageRowCount: Int = 20480, pageVersion: PageVersion = .v1,
    usesDictionaries: Bool = true, dictionaryByteCount: Int = 1 << 20, usesDeltaEncodings: Bool = false,
    usesByteStreamSplit: Bool = false, writesPageIndex: Bool = true, writesChecksums: Bool = true,
    boundByteCount: Int = 64, bloomFilters: [String: BloomFilter] = [:], elementFieldIDs: [String: Int] = [:]
  ) {
    self.codec = codec
    self.rowGroupByteCount = rowGroupByteCount
    self.rowGroupRowCount = rowGroupRowCount
    self.pageByteCount = pageByteCount
    self.pageRowCount = pageRowCount
    self.pageVersion = pageVersion
    self.usesDictionaries = usesDictionaries
    self.dictionaryByteCount = dictionaryByteCount
    self.usesDeltaEncodings = usesDeltaEncodings
    self.usesByteStreamSplit = usesByteStreamSplit
    self.writesPageIndex = writesPageIndex
    self.writesChecksums = writesChecksums
    self.boundByteCount = boundByteCount
    self.bloomFilters = bloomFilters
    self.elementFieldIDs = elementFieldIDs
  }
}
