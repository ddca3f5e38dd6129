import CZlib
import LakeColumnar
import LakeDiagnostics
import LakeFileSystem

/// One page of a column chunk: its header and where its bytes lie in the chunk.
struct PageSlot {
  let header: PageHeader
  let offset: Int
  /// Entries (rows, in columns without lists or where pages are listed) in front of the page.
  let firstEntry: Int
  /// Its place among the chunk's data pages.
  let index: Int
  /// Whether the page was not read; only its number of rows is known then.
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

  /// What the offset index says of the pages, where not all of them were read.
  private struct Listing {
    let index: OffsetIndex
    let chunkStart: Int
    let rowCount: Int
    /// Whether a row may have several entries.
    let isRepeated: Bool
  }
  private var listing: Listing?
  /// Whether pages may be absent that `fetch` can read.
  var isPartial: Bool { listing != nil }

  /// The pages as the offset index lists them, none of them read yet; the dictionary is.
  static func listed(
    _ chunk: ChunkMetadata, _ index: OffsetIndex, rowCount: Int, isRepeated: Bool, from file: any ReadableFile,
    _ counters: ScanCounters, _ memory: ChunkMemory
  ) throws(QueryError) -> ColumnChunkPages {
    let bytes = Buffer(byteCount: chunk.compressedSize)
    let front = index.pages.first.map { $0.offset - chunk.start } ?? 0
    try memory.holdStored(front)
    try file.read(into: UnsafeMutableRawBufferPointer(start: bytes.base, count: front), at: chunk.start)
    counters.add(front, to: .bytesRead)
    let listing = Listing(index: index, chunkStart: chunk.start, rowCount: rowCount, isRepeated: isRepeated)
    do throws(FormatFault) {
      return try ColumnChunkPages(bytes, chunk.codec, listing, front: front)
    } catch {
      throw error.error(in: file.path)
    }
  }

  private init(_ bytes: Buffer, _ codec: CodecKind, _ listing: Listing, front: Int) throws(FormatFault) {
    self.bytes = bytes
    self.codec = codec
    self.listing = listing
    if front > 0 {
      let (header, offset) = try header(at: 0, end: front, of: "the dictionary page")
      if header.kind == .dictionary {
        dictionary = PageSlot(header: header, offset: offset, firstEntry: 0, index: 0)
      }
    }
    pages.reserveCapacity(listing.index.pages.count)
    for (number, page) in listing.index.pages.enumerated() {
      let rows = listing.index.rows(number, rowCount: listing.rowCount)
      var header = PageHeader()
      header.valueCount = rows.count
      header.rowCount = rows.count
      let offset = page.offset - listing.chunkStart
      pages.append(
        PageSlot(header: header, offset: offset, firstEntry: rows.lowerBound, index: number, isAbsent: true))
    }
  }

  /// Reads the pages that hold some of the rows and were not read yet, neighbours at once.
  mutating func fetch(
    _ rows: RowRanges, from file: any ReadableFile, _ counters: ScanCounters, _ memory: ChunkMemory
  ) throws(QueryError) {
    guard let listing else { return }
    var wanted = RowRanges()
    var found: [Int] = []
    for range in rows.ranges {
      var number = max(found.last.map { $0 + 1 } ?? 0, listing.index.page(of: range.lowerBound))
      while number < pages.count, pages[number].firstEntry < range.upperBound {
        if pages[number].isAbsent {
          let page = listing.index.pages[number]
          let start = page.offset - listing.chunkStart
          wanted.append(start..<start + page.byteCount)
          found.append(number)
        }
        number += 1
      }
    }
    for span in wanted.ranges {
      try memory.holdStored(span.count)
      let target = UnsafeMutableRawBufferPointer(start: bytes.base + span.lowerBound, count: span.count)
      try file.read(into: target, at: listing.chunkStart + span.lowerBound)
      counters.add(span.count, to: .bytesRead)
    }
    for number in found {
      do throws(FormatFault) {
        try present(number, listing)
      } catch { throw error.error(in: file.path) }
    }
  }

  /// Parses the header of a page whose bytes were read.
  private mutating func present(_ number: Int, _ listing: Listing) throws(FormatFault) {
    let rows = listing.index.rows(number, rowCount: listing.rowCount)
    let start = listing.index.pages[number].offset - listing.chunkStart
    var (header, offset) = try header(
      at: start, end: start + listing.index.pages[number].byteCount, of: "page \(number)")
    guard header.kind == .dataV1 || header.kind == .dataV2, listing.isRepeated || header.valueCount == rows.count
    else { throw .corrupt("page \(number) is not the one that the offset index says") }
    header.rowCount = rows.count
    pages[number] = PageSlot(header: header, offset: offset, firstEntry: rows.lowerBound, index: number)
  }

  /// Parses the header of a page at an offset of the chunk; returns where its content starts.
  private func header(
    at start: Int, end: Int, of page: String
  ) throws(FormatFault) -> (header: PageHeader, offset: Int) {
    let rest = UnsafeRawBufferPointer(start: bytes.base + start, count: end - start)
    do throws(FormatFault) {
      let (header, length) = try PageHeader.parse(rest)
      guard header.compressedSize <= rest.count - length else { throw .corrupt("it reaches beyond its column chunk") }
      guard header.uncompressedSize <= Self.largestPage else { throw .unsupported("it is larger than 1 GiB") }
      return (header, start + length)
    } catch { throw FormatFault(kind: error.kind, message: "\(page): \(error.message)") }
  }

  /// Reads the chunk and the headers of its pages.
  static func load(
    _ chunk: ChunkMetadata, from file: any ReadableFile, _ counters: ScanCounters, _ memory: ChunkMemory
  ) throws(QueryError) -> ColumnChunkPages {
    try memory.holdStored(chunk.compressedSize)
    let bytes = Buffer(byteCount: chunk.compressedSize)
    try file.read(into: UnsafeMutableRawBufferPointer(start: bytes.base, count: chunk.compressedSize), at: chunk.start)
    counters.add(chunk.compressedSize, to: .bytesRead)
    do throws(FormatFault) {
      return try ColumnChunkPages(bytes, chunk)
    } catch {
      throw error.error(in: file.path)
    }
  }

  /// Checks what the footer says of a chunk before any of it is read.
  static func validate(_ chunk: ChunkMetadata, in file: any ReadableFile) throws(QueryError) {
    do throws(FormatFault) {
      if chunk.isExternal { throw .unsupported("its data lies in another file") }
      if chunk.isEncrypted { throw .unsupported("it is encrypted") }
      guard chunk.isComplete else { throw .corrupt("a column chunk has no metadata") }
      guard chunk.start >= 4, chunk.start <= file.size, chunk.compressedSize <= file.size - chunk.start else {
        throw .corrupt("a column chunk lies outside of the file")
      }
    } catch { throw error.error(in: file.path) }
  }

  private init(_ bytes: Buffer, _ chunk: ChunkMetadata) throws(FormatFault) {
    self.bytes = bytes
    codec = chunk.codec
    var offset = 0
    var entries = 0
    while entries < chunk.valueCount, offset < chunk.compressedSize {
      let header: PageHeader
      (header, offset) = try self.header(at: offset, end: chunk.compressedSize, of: "page \(pages.count)")
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

  /// Whether every data page that was read holds dictionary codes.
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

  /// Refuses a page that claims to become more than its codec can make of its bytes.
  func checkSize(_ slot: PageSlot, _ decompressor: any Decompressor) throws(FormatFault) {
    guard slot.header.uncompressedSize <= slot.header.compressedSize * decompressor.largestRatio + 64 else {
      throw .corrupt("a page claims an impossible size")
    }
  }

  /// Prepares the decompression of a page's bytes behind `skipped`; nil if they are not compressed.
  func job(
    _ slot: PageSlot, skipping skipped: Int, _ decompressor: (any Decompressor)?
  ) throws(FormatFault) -> (job: DecompressionJob, bytes: PageBytes)? {
    guard let decompressor, slot.header.isCompressed else { return nil }
    let source = try stored(slot, skipping: skipped)
    let size = slot.header.uncompressedSize - skipped
    guard size >= 0 else { throw .corrupt("a page's levels reach beyond it") }
    try checkSize(slot, decompressor)
    let target = Buffer(byteCount: size)
    let start = target.base.assumingMemoryBound(to: UInt8.self)
    let job = DecompressionJob(source: source.start, sourceCount: source.count, target: start, targetCount: size)
    return (job, PageBytes(start: start, count: size, owner: target))
  }
}
