package import LakeColumnar
package import LakeDiagnostics
package import LakeFileSystem
package import LakeTypes

/// Writes one Parquet file, from one thread. A row group is kept in memory, encoded per column, until it is full.
package final class ParquetWriter {
  private let file: any WritableFile
  private let schema: WriteSchema
  private let options: ParquetWriteOptions
  private let metadata: [String: String]
  private let compressor: Compressor
  private let writers: [any ColumnChunkWriter]
  private let shredder: RowShredder
  private var groups: [FooterEncoder.WrittenRowGroup] = []
  private var rowsInGroup = 0
  private let columnCount: Int
  private static let magic: [UInt8] = [0x50, 0x41, 0x52, 0x31]

  /// Starts the file. Types that Parquet has no form for (VOID, empty structs) are refused here.
  package init(
    _ file: any WritableFile, schema: Schema, options: ParquetWriteOptions = ParquetWriteOptions(),
    metadata: [String: String] = [:]
  ) throws(QueryError) {
    self.file = file
    self.options = options
    self.metadata = metadata
    self.schema = try WriteSchema(schema, elementFieldIDs: options.elementFieldIDs)
    columnCount = schema.count
    let compressor = Compressor(options.codec)
    self.compressor = compressor
    let pageWriter = PageWriter(compressor, options)
    writers = self.schema.leaves.map { $0.makeWriter(options, pageWriter) }
    shredder = RowShredder(self.schema, writers)
    try Self.write(Self.magic, to: file)
  }

  private static func write(_ bytes: [UInt8], to file: any WritableFile) throws(QueryError) {
    let copy = Buffer(byteCount: bytes.count)
    copy.base.copyMemory(from: bytes, byteCount: bytes.count)
    try withExtendedLifetime(copy) { () throws(QueryError) in
      try file.write(UnsafeRawBufferPointer(start: copy.base, count: bytes.count))
    }
  }

  /// Appends the living rows of a batch whose columns are those of the schema, in any encoding.
  package func write(_ batch: Batch) throws(QueryError) {
    guard batch.columns.count == columnCount else {
      throw QueryError.internal("a batch of \(batch.columns.count) columns was written to a file of \(columnCount)")
    }
    if batch.count == 0 { return }
    var rest = batch
    while rest.count > options.rowGroupRowCount - rowsInGroup {
      let room = options.rowGroupRowCount - rowsInGroup
      let all = rest.compacted()
      try append(all.sliced(from: 0, count: room))
      rest = all.sliced(from: room, count: all.count - room)
    }
    try append(rest)
  }

  /// Appends rows of which the row group has room for as many; halves them where they may go far beyond its bytes.
  private func append(_ batch: Batch) throws(QueryError) {
    let size = PlainSize.bytes(of: batch)
    let limit = options.rowGroupByteCount
    if batch.count > 1, size > limit / Self.excess, size > limit - bufferedByteCount {
      let all = batch.compacted()
      try append(all.sliced(from: 0, count: all.count / 2))
      return try append(all.sliced(from: all.count / 2, count: all.count - all.count / 2))
    }
    try shredder.append(batch)
    rowsInGroup += batch.count
    if rowsInGroup >= options.rowGroupRowCount || bufferedByteCount >= limit { try finishRowGroup() }
  }

  /// A row group is larger than wanted by no more than its bytes divided by this, or one row.
  private static let excess = 32

  private var bufferedByteCount: Int { writers.reduce(0) { $0 + $1.estimatedByteCount } }

  /// Bytes written and buffered, roughly: what the file would have if it were finished now, or a little more.
  package var estimatedByteCount: Int { file.position + bufferedByteCount }

  private func finishRowGroup() throws(QueryError) {
    if rowsInGroup == 0 { return }
    var chunks: [FooterEncoder.WrittenChunk] = []
    var filters: [(index: Int, filter: SplitBlockBloomFilter)] = []
    for (leaf, writer) in zip(schema.leaves, writers) {
      let chunk = try writer.finishChunk()
      let offset = file.position
      for pages in [chunk.dictionaryPage, chunk.dataPages] {
        try pages.forEachBlock { (block) throws(QueryError) in try file.write(block) }
      }
      chunks.append(
        FooterEncoder.WrittenChunk(
          leaf: leaf, codec: compressor.kind, pageKind: options.pageVersion == .v1 ? .dataV1 : .dataV2,
          offset: offset, dictionaryByteCount: chunk.dictionaryPage.count, chunk: chunk.withoutPages()))
      if let filter = chunk.bloomFilter { filters.append((chunks.count - 1, filter)) }
    }
    for (index, filter) in filters { chunks[index].bloomFilter = try append(filter) }
    groups.append(FooterEncoder.WrittenRowGroup(rowCount: rowsInGroup, chunks: chunks))
    rowsInGroup = 0
  }

  /// Writes what is buffered, the indexes and the footer, and finishes the file.
  package func finish() throws(QueryError) -> ParquetFileMetrics {
    try finishRowGroup()
    if options.writesPageIndex { try writePageIndex() }
    let footer = FooterEncoder.footer(schema, groups, metadata: metadata)
    var end = ByteOutput()
    end.append(footer)
    end.append(uint32: footer.count)
    end.append(Self.magic)
    try file.write(end.bytes)
    let metrics = metrics()
    try file.finish()
    return metrics
  }

  /// Gives the file up and removes it.
  package func discard() { file.discard() }

  private func writePageIndex() throws(QueryError) {
    for group in groups.indices {
      for column in groups[group].chunks.indices {
        guard let index = FooterEncoder.columnIndex(groups[group].chunks[column]) else { continue }
        groups[group].chunks[column].columnIndex = try append(index)
      }
    }
    for group in groups.indices {
      for column in groups[group].chunks.indices {
        let index = FooterEncoder.offsetIndex(groups[group].chunks[column])
        groups[group].chunks[column].offsetIndex = try append(index)
      }
    }
  }

  private func append(_ bytes: [UInt8]) throws(QueryError) -> Range<Int> {
    let start = file.position
    try Self.write(bytes, to: file)
    return start..<start + bytes.count
  }

  private func append(_ filter: SplitBlockBloomFilter) throws(QueryError) -> Range<Int> {
    let header = try append(FooterEncoder.bloomFilterHeader(byteCount: filter.byteCount))
    try file.write(filter.bytes)
    return header.lowerBound..<file.position
  }

  private func metrics() -> ParquetFileMetrics {
    let columns = schema.leaves.enumerated().map { index, leaf in
      Self.metrics(leaf, groups.map { $0.chunks[index].chunk })
    }
    return ParquetFileMetrics(
      rowCount: groups.reduce(0) { $0 + $1.rowCount }, fileSize: file.position,
      splitOffsets: groups.compactMap { $0.chunks.first?.offset }, columns: columns)
  }

  private static func metrics(_ leaf: WriteLeaf, _ chunks: [EncodedChunk]) -> ParquetColumnMetrics {
    let lowers = chunks.compactMap(\.lowerLiteral)
    let uppers = chunks.compactMap(\.upperLiteral)
    return ParquetColumnMetrics(
      path: leaf.path, fieldID: leaf.fieldID, type: leaf.type,
      compressedSize: chunks.reduce(0) { $0 + $1.encodedSize },
      valueCount: chunks.reduce(0) { $0 + $1.valueCount }, nullCount: chunks.reduce(0) { $0 + $1.nullCount },
      nanCount: leaf.type.isFloating ? chunks.reduce(0) { $0 + ($1.nanCount ?? 0) } : nil,
      lower: lowers.min { (LiteralOrder.compare($0, $1) ?? 0) < 0 },
      upper: uppers.max { (LiteralOrder.compare($0, $1) ?? 0) < 0 })
  }
}
