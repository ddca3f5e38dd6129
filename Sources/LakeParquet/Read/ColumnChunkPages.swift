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
  /// Whether the page was not read; where the offset index listed it, only its number of rows is known then.
  var isAbsent = false

  var endEntry: Int { firstEntry + header.valueCount }
  /// Where the page's content lies in the chunk.
  var range: Range<Int> { offset..<offset + header.compressedSize }
  /// Whether all values are dictionary codes, as far as the header was read.
  var isDictionaryCoded: Bool { header.encoding?.isDictionary ?? isAbsent }
  /// Whether the page is known to begin with a new row.
  var startsRow: Bool { header.rowCount != nil }
}

/// The pages of a column chunk, and the bytes of those that are being read.
///
/// A small chunk is read at once. Of a larger one only the headers are; the rest follows in spans of neighbouring pages
/// as they are wanted, and goes when they have been read: a row group of any size takes little memory.
///
/// Readers share it: the list of pages, which may have tens of thousands of entries, is changed in place.
final class ColumnChunkPages {
  let codec: CodecKind
  private(set) var dictionary: PageSlot?
  private(set) var pages: [PageSlot] = []
  var count: Int { pages.count }
  subscript(number: Int) -> PageSlot { pages[number] }
  /// No page may expand to more.
  static let largestPage = 1 << 30
  /// Larger chunks are read span by span.
  static let largestWhole = 1 << 20
  /// Bytes that are read at once where the pages behind a wanted one will be wanted too.
  static let spanSize = 512 << 10
  /// Bytes between two pages, such as the header of the second, that are read with them.
  private static let largestGap = 4 << 10

  /// Stored bytes of pages that lie side by side in the chunk.
  private struct Span {
    let range: Range<Int>
    let bytes: Buffer
    /// Whether it holds the dictionary, which may be wanted at any time.
    var isKept = false
  }
  private var spans: [Span] = []
  private let chunkStart: Int

  /// What the offset index says of the pages, where not all headers were read.
  private struct Listing {
    let index: OffsetIndex
    let rowCount: Int
    /// Whether a row may have several entries.
    let isRepeated: Bool
  }
  private var listing: Listing?
  /// Whether pages may be absent that `fetch` can read.
  private(set) var isPartial: Bool

  // MARK: From the offset index

  /// The pages as the offset index lists them, none of them read yet; the dictionary is.
  static func listed(
    _ chunk: ChunkMetadata, _ index: OffsetIndex, rowCount: Int, isRepeated: Bool, from file: any ReadableFile,
    _ counters: ScanCounters, _ memory: ChunkMemory
  ) throws(QueryError) -> ColumnChunkPages {
    let listing = Listing(index: index, rowCount: rowCount, isRepeated: isRepeated)
    let pages = ColumnChunkPages(chunk, listing)
    let front = index.pages.first.map { $0.offset - chunk.start } ?? 0
    if front == 0 { return pages }
    try pages.read(0..<front, from: file, counters, memory, isKept: true)
    do throws(FormatFault) {
      let (header, offset) = try pages.header(at: 0, end: front, of: "the dictionary page")
      if header.kind == .dictionary {
        pages.dictionary = PageSlot(header: header, offset: offset, firstEntry: 0, index: 0)
      }
    } catch { throw error.error(in: file.path) }
    return pages
  }

  private init(_ chunk: ChunkMetadata, _ listing: Listing) {
    codec = chunk.codec
    chunkStart = chunk.start
    isPartial = true
    self.listing = listing
    pages.reserveCapacity(listing.index.pages.count)
    for (number, page) in listing.index.pages.enumerated() {
      let rows = listing.index.rows(number, rowCount: listing.rowCount)
      var header = PageHeader()
      header.valueCount = rows.count
      header.rowCount = rows.count
      pages.append(
        PageSlot(
          header: header, offset: page.offset - chunkStart, firstEntry: rows.lowerBound, index: number,
          isAbsent: true))
    }
  }

  // MARK: From the headers

  /// Reads the headers of all pages, and with them the whole chunk if it is small.
  static func load(
    _ chunk: ChunkMetadata, from file: any ReadableFile, _ counters: ScanCounters, _ memory: ChunkMemory
  ) throws(QueryError) -> ColumnChunkPages {
    let pages = ColumnChunkPages(chunk)
    if !pages.isPartial { try pages.read(0..<chunk.compressedSize, from: file, counters, memory, isKept: false) }
    let headers = PageHeaderReader(chunk, file, counters)
    var offset = 0
    var entries = 0
    while entries < chunk.valueCount, offset < chunk.compressedSize {
      let name = "page \(pages.pages.count)"
      let (header, content) =
        pages.isPartial
        ? try headers.header(at: offset, of: name) : try pages.header(at: offset, in: chunk, of: name, file)
      let slot = PageSlot(
        header: header, offset: content, firstEntry: entries, index: pages.pages.count, isAbsent: pages.isPartial)
      switch header.kind {
      case .dataV1, .dataV2:
        pages.pages.append(slot)
        entries = slot.endEntry
      case .dictionary where pages.dictionary == nil:
        pages.dictionary = slot
        if pages.isPartial { try pages.read(slot.range, from: file, counters, memory, isKept: true) }
      default: break
      }
      offset = slot.range.upperBound
    }
    if entries == chunk.valueCount { return pages }
    throw FormatFault.corrupt("a column chunk's pages hold another number of values").error(in: file.path)
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

  private init(_ chunk: ChunkMetadata) {
    codec = chunk.codec
    chunkStart = chunk.start
    isPartial = chunk.compressedSize > Self.largestWhole
  }

  private func header(
    at offset: Int, in chunk: ChunkMetadata, of page: String, _ file: any ReadableFile
  ) throws(QueryError) -> (header: PageHeader, offset: Int) {
    do throws(FormatFault) {
      return try header(at: offset, end: chunk.compressedSize, of: page)
    } catch { throw error.error(in: file.path) }
  }

  /// Parses the header of a page at an offset of the chunk; returns where its content starts.
  private func header(
    at start: Int, end: Int, of page: String
  ) throws(FormatFault) -> (header: PageHeader, offset: Int) {
    guard let (bytes, _) = place(start) else { throw .corrupt("\(page): its bytes were not read") }
    let rest = UnsafeRawBufferPointer(start: bytes, count: end - start)
    let (header, length) = try PageHeader.parse(rest, of: page, room: end - start)
    return (header, start + length)
  }

  // MARK: Reading and forgetting

  /// Reads some bytes of the chunk.
  private func read(
    _ range: Range<Int>, from file: any ReadableFile, _ counters: ScanCounters, _ memory: ChunkMemory, isKept: Bool
  ) throws(QueryError) {
    try memory.holdStored(range.count)
    let bytes = Buffer(byteCount: range.count)
    try file.read(
      into: UnsafeMutableRawBufferPointer(start: bytes.base, count: range.count), at: chunkStart + range.lowerBound)
    counters.add(range.count, to: .bytesRead)
    spans.append(Span(range: range, bytes: bytes, isKept: isKept))
  }

  /// Reads the pages that hold some of the rows and are absent, neighbours at once, and reads on behind them, as far as
  /// there are rows that may be wanted, until `spanSize` bytes have come together.
  func fetch(
    _ rows: RowRanges, readingOn next: RowRanges?, from file: any ReadableFile, _ counters: ScanCounters,
    _ memory: ChunkMemory
  ) throws(QueryError) {
    var wanted = RowRanges()
    var found: [Int] = []
    for range in rows.ranges {
      var number = max(found.last.map { $0 + 1 } ?? 0, page(of: range.lowerBound))
      while number < pages.count, pages[number].firstEntry < range.upperBound {
        if pages[number].isAbsent {
          let range = storedRange(number)
          let end = wanted.ranges.last?.upperBound ?? range.lowerBound
          wanted.append((range.lowerBound - end <= Self.largestGap ? end : range.lowerBound)..<range.upperBound)
          found.append(number)
        }
        number += 1
      }
    }
    if let next, let last = found.last { readOn(behind: last, next, &wanted, &found) }
    for span in wanted.ranges { try read(span, from: file, counters, memory, isKept: false) }
    for number in found {
      do throws(FormatFault) {
        try present(number)
      } catch { throw error.error(in: file.path) }
    }
  }

  private func readOn(behind last: Int, _ rows: RowRanges, _ wanted: inout RowRanges, _ found: inout [Int]) {
    var number = last + 1
    while number < pages.count, pages[number].isAbsent, let span = wanted.ranges.last, span.count < Self.spanSize,
      storedRange(number).lowerBound - span.upperBound <= Self.largestGap,
      rows.overlaps(pages[number].firstEntry..<pages[number].endEntry)
    {
      wanted.append(span.upperBound..<storedRange(number).upperBound)
      found.append(number)
      number += 1
    }
  }

  /// The page that an entry lies in.
  private func page(of entry: Int) -> Int {
    var low = 0
    var high = pages.count
    while low < high {
      let middle = (low + high) / 2
      if pages[middle].firstEntry <= entry { low = middle + 1 } else { high = middle }
    }
    return max(low - 1, 0)
  }

  /// Where a page lies in the chunk: with its header if that was not read yet.
  private func storedRange(_ number: Int) -> Range<Int> {
    guard let listing else { return pages[number].range }
    let page = listing.index.pages[number]
    return page.offset - chunkStart..<page.offset - chunkStart + page.byteCount
  }

  /// Notes that the bytes of a page are there, and parses its header if it was not.
  private func present(_ number: Int) throws(FormatFault) {
    guard let listing else { return pages[number].isAbsent = false }
    let rows = listing.index.rows(number, rowCount: listing.rowCount)
    let range = storedRange(number)
    var (header, offset) = try header(at: range.lowerBound, end: range.upperBound, of: "page \(number)")
    guard header.kind == .dataV1 || header.kind == .dataV2, listing.isRepeated || header.valueCount == rows.count
    else { throw .corrupt("page \(number) is not the one that the offset index says") }
    header.rowCount = rows.count
    pages[number] = PageSlot(header: header, offset: offset, firstEntry: rows.lowerBound, index: number)
  }

  /// Gives back the bytes of pages in front of one that is read now.
  func forget(before slot: PageSlot, _ memory: ChunkMemory) {
    while isPartial, let index = spans.firstIndex(where: { !$0.isKept && $0.range.upperBound <= slot.offset }) {
      let range = spans.remove(at: index).range
      memory.releaseStored(range.count)
      var number = slot.index - 1
      while number >= 0, pages[number].offset >= range.lowerBound {
        if pages[number].offset < range.upperBound { pages[number].isAbsent = true }
        number -= 1
      }
    }
  }

  /// Whether every data page that was read holds dictionary codes.
  var isDictionaryOnly: Bool { dictionary != nil && pages.allSatisfy(\.isDictionaryCoded) }

  /// The stored bytes from an offset of the chunk on.
  private func place(_ offset: Int) -> (start: UnsafePointer<UInt8>, owner: Buffer)? {
    guard let span = spans.last(where: { $0.range.contains(offset) }) else { return nil }
    let start = span.bytes.base.assumingMemoryBound(to: UInt8.self)
    return (UnsafePointer(start + (offset - span.range.lowerBound)), span.bytes)
  }

  /// Compares a page's stored bytes with its checksum, if it has one.
  func verify(_ slot: PageSlot) throws(FormatFault) {
    guard let expected = slot.header.checksum else { return }
    let bytes = try stored(slot)
    guard crc32(0, bytes.start, UInt32(bytes.count)) == UInt(expected) else { throw .corrupt("its checksum is wrong") }
  }

  /// The stored bytes of a page from `skipped` on.
  func stored(_ slot: PageSlot, skipping skipped: Int = 0) throws(FormatFault) -> PageBytes {
    guard skipped <= slot.header.compressedSize else { throw .corrupt("a page's levels reach beyond it") }
    if slot.range.isEmpty {
      let nothing = Buffer(byteCount: 0)
      return PageBytes(start: nothing.base.assumingMemoryBound(to: UInt8.self), count: 0, owner: nothing)
    }
    guard let (start, owner) = place(slot.offset) else { throw .corrupt("its bytes were not read") }
    return PageBytes(start: start + skipped, count: slot.header.compressedSize - skipped, owner: owner)
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
