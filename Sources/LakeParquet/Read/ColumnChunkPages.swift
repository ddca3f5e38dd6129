import CZlib
import LakeColumnar
import LakeDiagnostics
import LakeFileSystem

/// One page of a column chunk: its header and where its bytes lie in the chunk.
struct PageSlot {
  let header: PageHeader
  let offset: Int
  /// Entries (rows, in columns without lists) in front of the page.
  let firstEntry: Int
  /// Its place among the chunk's data pages.
  let index: Int
  /// Whether the page holds no wanted row and was not read; only its number of entries or rows is known then.
  var isAbsent = false

  var endEntry: Int { firstEntry + header.valueCount }
  /// Whether all values are dictionary codes, as far as they were read.
  var isDictionaryCoded: Bool { isAbsent || header.encoding?.isDictionary ?? false }
  /// Whether the page is known to begin with a new row.
  var startsRow: Bool { header.rowCount != nil }
}

/// The bytes of a column chunk and the list of its pages.
struct ColumnChunkPages {
  let bytes: Buffer
  let codec: CodecKind
  private(set) var dictionary: PageSlot?
  private(set) var pages: [PageSlot] = []
  /// No page may expand to more.
  static let largestPage = 1 << 30

  /// Reads the pages that hold some of the rows, and the dictionary.
  static func load(
    _ chunk: ChunkMetadata, rows: RowRanges, of rowCount: Int, _ index: OffsetIndex, isRepeated: Bool,
    from file: any ReadableFile, _ counters: ScanCounters
  ) throws(QueryError) -> ColumnChunkPages {
    let fault = validate(chunk, fileSize: file.size)
    if let fault { throw fault.error(in: file.path) }
    let bytes = Buffer(byteCount: chunk.compressedSize)
    var wanted = RowRanges()
    if let first = index.pages.first { wanted.append(0..<first.offset - chunk.start) }
    for (number, page) in index.pages.enumerated() where rows.overlaps(index.rows(number, rowCount: rowCount)) {
      wanted.append(page.offset - chunk.start..<page.offset - chunk.start + page.byteCount)
    }
    for span in wanted.ranges {
      let target = UnsafeMutableRawBufferPointer(start: bytes.base + span.lowerBound, count: span.count)
      try file.read(into: target, at: chunk.start + span.lowerBound)
      counters.add(span.count, to: .bytesRead)
    }
    do throws(FormatFault) {
      return try ColumnChunkPages(bytes, chunk, rows, rowCount, index, isRepeated: isRepeated)
    } catch {
      throw error.error(in: file.path)
    }
  }

  private init(
    _ bytes: Buffer, _ chunk: ChunkMetadata, _ rows: RowRanges, _ rowCount: Int, _ index: OffsetIndex,
    isRepeated: Bool
  ) throws(FormatFault) {
    self.bytes = bytes
    codec = chunk.codec
    if let first = index.pages.first, first.offset > chunk.start {
      let (header, offset) = try header(at: 0, end: first.offset - chunk.start)
      if header.kind == .dictionary {
        dictionary = PageSlot(header: header, offset: offset, firstEntry: 0, index: 0)
      }
    }
    var entries = 0
    for (number, page) in index.pages.enumerated() {
      let range = index.rows(number, rowCount: rowCount)
      let start = page.offset - chunk.start
      var found = (header: PageHeader(), offset: start)
      let isAbsent = !rows.overlaps(range)
      if isAbsent {
        found.header.valueCount = range.count
      } else {
        found = try header(at: start, end: start + page.byteCount)
        let isData = found.header.kind == .dataV1 || found.header.kind == .dataV2
        guard isData, isRepeated || found.header.valueCount == range.count else {
          throw .corrupt("page \(number) is not the one that the offset index says")
        }
      }
      found.header.rowCount = range.count
      pages.append(
        PageSlot(header: found.header, offset: found.offset, firstEntry: entries, index: number, isAbsent: isAbsent))
      entries += found.header.valueCount
    }
  }

  /// Parses the header of a page at an offset of the chunk; returns where its content starts.
  private func header(at start: Int, end: Int) throws(FormatFault) -> (header: PageHeader, offset: Int) {
    let rest = UnsafeRawBufferPointer(start: bytes.base + start, count: end - start)
    let (header, length) = try PageHeader.parse(rest)
    guard header.compressedSize <= rest.count - length, header.uncompressedSize <= Self.largestPage else {
      throw .corrupt("page \(pages.count) reaches beyond its column chunk")
    }
    return (header, start + length)
  }

  /// Reads the chunk and the headers of its pages.
  static func load(
    _ chunk: ChunkMetadata, from file: any ReadableFile
  ) throws(QueryError) -> ColumnChunkPages {
    let fault = validate(chunk, fileSize: file.size)
    if let fault { throw fault.error(in: file.path) }
    let bytes = Buffer(byteCount: chunk.compressedSize)
    try file.read(into: UnsafeMutableRawBufferPointer(start: bytes.base, count: chunk.compressedSize), at: chunk.start)
    do throws(FormatFault) {
      return try ColumnChunkPages(bytes, chunk)
    } catch {
      throw error.error(in: file.path)
    }
  }

  private static func validate(_ chunk: ChunkMetadata, fileSize: Int) -> FormatFault? {
    if chunk.isExternal { return .unsupported("its data lies in another file") }
    if chunk.isEncrypted { return .unsupported("it is encrypted") }
    guard chunk.isComplete else { return .corrupt("a column chunk has no metadata") }
    guard chunk.start >= 4, chunk.start <= fileSize, chunk.compressedSize <= fileSize - chunk.start else {
      return .corrupt("a column chunk lies outside of the file")
    }
    return nil
  }

  private init(_ bytes: Buffer, _ chunk: ChunkMetadata) throws(FormatFault) {
    self.bytes = bytes
    codec = chunk.codec
    var offset = 0
    var entries = 0
    while entries < chunk.valueCount, offset < chunk.compressedSize {
      let header: PageHeader
      (header, offset) = try self.header(at: offset, end: chunk.compressedSize)
      let slot = PageSlot(header: header, offset: offset, firstEntry: entries, index: pages.count)
      switch header.kind {
      case .dataV1, .dataV2:
        pages.append(slot)
        entries = slot.endEntry
      case .dictionary where dictionary == nil: dictionary = slot
      default: break
      }
      offset += header.compressedSize
    }
    guard entries == chunk.valueCount else { throw .corrupt("a column chunk's pages hold another number of values") }
  }

  /// Whether every data page holds dictionary codes.
  var isDictionaryOnly: Bool { dictionary != nil && pages.allSatisfy(\.isDictionaryCoded) }

  /// Compares a page's stored bytes with its checksum, if it has one.
  func verify(_ slot: PageSlot) throws(FormatFault) {
    guard let expected = slot.header.checksum else { return }
    let start = (bytes.base + slot.offset).assumingMemoryBound(to: UInt8.self)
    guard crc32(0, start, UInt32(slot.header.compressedSize)) == UInt(expected) else {
      throw .corrupt("its checksum is wrong")
    }
  }

  /// The stored bytes of a page from `skipped` on.
  func stored(_ slot: PageSlot, skipping skipped: Int = 0) throws(FormatFault) -> PageBytes {
    guard skipped <= slot.header.compressedSize else { throw .corrupt("a page's levels reach beyond it") }
    let start = (bytes.base + slot.offset + skipped).assumingMemoryBound(to: UInt8.self)
    return PageBytes(start: start, count: slot.header.compressedSize - skipped, owner: bytes)
  }

  /// Prepares the decompression of a page's bytes behind `skipped`; nil if they are not compressed.
  func job(
    _ slot: PageSlot, skipping skipped: Int, _ decompressor: (any Decompressor)?
  ) throws(FormatFault) -> (job: DecompressionJob, bytes: PageBytes)? {
    guard let decompressor, slot.header.isCompressed else { return nil }
    let source = try stored(slot, skipping: skipped)
    let size = slot.header.uncompressedSize - skipped
    guard size >= 0, size <= source.count * decompressor.largestRatio + 64 else {
      throw .corrupt("a page claims an impossible size")
    }
    let target = Buffer(byteCount: size)
    let start = target.base.assumingMemoryBound(to: UInt8.self)
    let job = DecompressionJob(source: source.start, sourceCount: source.count, target: start, targetCount: size)
    return (job, PageBytes(start: start, count: size, owner: target))
  }
}
