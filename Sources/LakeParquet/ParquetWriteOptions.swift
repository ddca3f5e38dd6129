/// How a Parquet file is written.
package struct ParquetWriteOptions: Sendable {
  package enum Codec: Hashable, Sendable {
    case uncompressed, snappy
    case zstd(level: Int)
    case gzip, lz4Raw
  }

  package enum PageVersion: Sendable { case v1, v2 }

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
  /// Whether the column index and the offset index are written.
  package var writesPageIndex: Bool
  /// Field ids of the parts of lists and maps, which a `Schema` has no place for, by path: `tags.element`,
  /// `scores.key`, `scores.value`, `orders.element.items.element`.
  package var elementFieldIDs: [String: Int]

  package init(
    codec: Codec = .zstd(level: 3), rowGroupByteCount: Int = 128 << 20, rowGroupRowCount: Int = 1 << 20,
    pageByteCount: Int = 1 << 20, pageRowCount: Int = 20480, pageVersion: PageVersion = .v1,
    usesDictionaries: Bool = true, dictionaryByteCount: Int = 1 << 20, writesPageIndex: Bool = true,
    elementFieldIDs: [String: Int] = [:]
  ) {
    self.codec = codec
    self.rowGroupByteCount = rowGroupByteCount
    self.rowGroupRowCount = rowGroupRowCount
    self.pageByteCount = pageByteCount
    self.pageRowCount = pageRowCount
    self.pageVersion = pageVersion
    self.usesDictionaries = usesDictionaries
    self.dictionaryByteCount = dictionaryByteCount
    self.writesPageIndex = writesPageIndex
    self.elementFieldIDs = elementFieldIDs
  }
}
