import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// A data page that is being read.
struct OpenPage {
  var repetition: HybridDecoder
  var definition: HybridDecoder
  var values: PageValues
  /// The page's bytes, which levels and values point into.
  let owner: Buffer
}

/// Opens the pages of one column chunk: reads the chunk when it is first needed, decompresses and prepares pages, and
/// holds the dictionary. What to read in which order is decided by its owner.
final class ColumnChunkReader {
  let column: LeafColumn
  let converter: ValueConverter
  let file: any ReadableFile
  let counters: ScanCounters
  private let chunk: ChunkMetadata
  private let indexPlace: PageIndexPlace
  private let decompressors: DecompressorSet
  private let memory: ChunkMemory
  private let rowGroup: Int
  /// The rows that may be read, if only some.
  private let selection: RowRanges?
  private var loaded: ColumnChunkPages?
  /// Whether pages were left for later when the chunk was first looked at.
  private var wasSparse = false
  private var knownDictionary: Vector?
  /// Whether every page will be read, so that two can be decompressed together.
  var readsAhead = false
  /// Whether few of the rows may be wanted: pages are read from the file only when one of their rows is.
  var isSparse = false
  /// Smaller chunks are read at once: their pages are not worth a look into the offset index.
  private static let smallestSparse = 64 << 10
  /// The page that was decompressed together with the one before it.
  private var ahead: (index: Int, bytes: PageBytes)?
  /// The part that is being read, for errors.
  private var place = Place.chunk

  private enum Place {
    case chunk, dictionary
    case page(Int)

    var description: String? {
      switch self {
      case .chunk: nil
      case .dictionary: "the dictionary page"
      case .page(let index): "page \(index)"
      }
    }
  }

  init(
    _ column: LeafColumn, type: LogicalType, _ place: PageIndexPlace, decompressors: DecompressorSet,
    counters: ScanCounters, memory: ChunkMemory, selection: RowRanges?
  ) throws(FormatFault) {
    self.column = column
    indexPlace = place
    chunk = place.chunk
    rowGroup = place.rowGroup
    file = place.file.file
    self.decompressors = decompressors
    self.memory = memory
    self.counters = counters
    self.selection = selection
    converter = try ValueConverter(column.type, to: type)
    guard chunk.kind == column.type.kind || !chunk.isComplete else {
      throw .corrupt("a column chunk's physical type is not that of its column")
    }
  }

  /// Bytes to read, as a measure of what the column costs.
  var byteCount: Int { chunk.compressedSize }
  var valueCount: Int { chunk.valueCount }

  /// A fault with the place it was found at.
  func located(_ fault: FormatFault) -> QueryError {
    fault.error(in: file.path, column: column.path.joined(separator: "."), rowGroup: rowGroup, page: place.description)
  }

  /// Runs a step that may find the column corrupt.
  @inline(__always)
  func locating<R>(_ body: () throws(FormatFault) -> R) throws(QueryError) -> R {
    do throws(FormatFault) { return try body() } catch { throw located(error) }
  }

  /// The pages, if the chunk has been read.
  var loadedPages: ColumnChunkPages? { loaded }

  /// The pages; reads the chunk, or its headers, on first use.
  func pages() throws(QueryError) -> ColumnChunkPages {
    if let loaded { return loaded }
    let pages = try naming { () throws(QueryError) in
      try ColumnChunkPages.validate(chunk, in: file)
      return try firstLook()
    }
    loaded = pages
    return pages
  }

  private func firstLook() throws(QueryError) -> ColumnChunkPages {
    guard chunk.offsetIndex != nil, selection != nil || isSparse && byteCount >= Self.smallestSparse else {
      return try ColumnChunkPages.load(chunk, from: file, counters, memory)
    }
    let index = try indexPlace.offsetIndex(counters)
    let rowCount = indexPlace.file.rowCount(ofRowGroup: rowGroup)
    let isSmall = selection.map { index.byteCount(of: $0, rowCount: rowCount) <= ColumnChunkPages.spanSize } ?? false
    // The headers of all pages say which hold codes; the index does not.
    if !isSparse, !isSmall, column.maxRepetition == 0 {
      return try ColumnChunkPages.load(chunk, from: file, counters, memory)
    }
    wasSparse = isSparse
    let pages = try ColumnChunkPages.listed(
      chunk, index, rowCount: rowCount, isRepeated: column.maxRepetition > 0, from: file, counters, memory)
    if let selection, !isSparse, isSmall {
      try pages.fetch(selection, readingOn: nil, from: file, counters, memory)
    }
    return pages
  }

  /// Names column and row group in an error of the chunk.
  private func naming<R>(_ body: () throws(QueryError) -> R) throws(QueryError) -> R {
    do throws(QueryError) {
      return try body()
    } catch {
      throw error.inColumn(column.path.joined(separator: "."), rowGroup: rowGroup)
    }
  }

  /// The pages, of which those that hold some of the rows have been read.
  func pages(holding rows: @autoclosure () -> RowRanges) throws(QueryError) -> ColumnChunkPages {
    let pages = try pages()
    if !pages.isPartial { return pages }
    try naming { () throws(QueryError) in
      try pages.fetch(
        rows(), readingOn: isSparse ? nil : selection ?? RowRanges(all: .max), from: file, counters, memory)
    }
    return pages
  }

  /// Whether every page that may be read is known to hold dictionary codes.
  func isDictionaryOnly() throws(QueryError) -> Bool {
    if isSparse { return false }
    let pages = try pages()
    return pages.isDictionaryOnly && !wasSparse
  }

  /// A page, which is read if it was not.
  func page(_ index: Int) throws(QueryError) -> PageSlot {
    let slot = try pages()[index]
    if !slot.isAbsent { return slot }
    return try pages(holding: RowRanges([slot.firstEntry..<slot.endEntry]))[index]
  }

  /// The dictionary as a flat vector of the wanted type; decoded on first use.
  func dictionary() throws(QueryError) -> Vector {
    if let knownDictionary { return knownDictionary }
    try Self.prepareDictionaries([self])
    guard let knownDictionary else {
      throw located(.corrupt("a page refers to a dictionary that is not there"))
    }
    return knownDictionary
  }

  /// Decompresses and decodes the dictionaries of several chunks, if they have one: pages of one codec together.
  static func prepareDictionaries(_ readers: [ColumnChunkReader]) throws(QueryError) {
    var waiting: [CodecKind: [(reader: ColumnChunkReader, job: DecompressionJob, bytes: PageBytes, count: Int)]] = [:]
    for reader in readers where reader.knownDictionary == nil {
      let pages = try reader.pages()
      guard let slot = pages.dictionary else { continue }
      try reader.holdDictionary(slot, pages)
      try reader.locating { () throws(FormatFault) in
        try pages.verify(slot)
        let codec = try reader.decompressors.decompressor(for: pages.codec)
        guard let (job, bytes) = try pages.job(slot, skipping: 0, codec) else {
          return try reader.decodeDictionary(pages.stored(slot), count: slot.header.valueCount, slot.header.encoding)
        }
        // Some codecs have a form of nothing, but not all writers use it.
        if job.targetCount == 0 { return try reader.decodeDictionary(bytes, count: slot.header.valueCount, .plain) }
        waiting[pages.codec, default: []].append((reader, job, bytes, slot.header.valueCount))
      }
    }
    for (codec, group) in waiting {
      try group[0].reader.locating { () throws(FormatFault) in
        try group[0].reader.decompressors.decompressor(for: codec)?.decompress(group.map(\.job))
      }
      for item in group {
        try item.reader.locating { () throws(FormatFault) in
          try item.reader.decodeDictionary(item.bytes, count: item.count, .plain)
        }
      }
    }
  }

  private func decodeDictionary(_ bytes: PageBytes, count: Int, _ encoding: PageEncoding?) throws(FormatFault) {
    let smallest = column.type.kind == .byteArray ? 4 : column.type.rawWidth
    guard count <= bytes.count / smallest, column.type.kind != .boolean else {
      throw .corrupt("a dictionary holds fewer values than its header says")
    }
    var values = try PageValues(bytes, encoding: .plain, leaf: column.type, limit: count)
    if converter.conversion == .identity, values.form == .fixed {
      _ = try values.takeFixed(count)
      let place = UnsafeMutableRawPointer(mutating: bytes.start)
      if UInt(bitPattern: place) % 16 == 0 {
        knownDictionary = Vector(
          type: converter.type, encoding: .flat, count: count, owner: bytes.owner, values: place)
        return
      }
      values = try PageValues(bytes, encoding: .plain, leaf: column.type, limit: count)
    }
    let owner = Buffer(byteCount: count * converter.type.physical.width)
    let heap = try values.decode(count, with: converter, into: owner.base)
    let heaps = converter.type.physical == .view ? values.owners + (heap.map { [$0] } ?? []) : []
    knownDictionary = Vector(
      type: converter.type, encoding: .flat, count: count, owner: owner, heaps: heaps)
  }

  /// Opens a data page: decompresses it and finds its levels and values.
  func open(_ slot: PageSlot) throws(QueryError) -> OpenPage {
    loaded?.forget(before: slot, memory)
    let pages = try readsAhead ? pages(andBehind: slot) : pages()
    place = .page(slot.index)
    counters.add(1, to: .pagesRead)
    try locating { () throws(FormatFault) in try pages.verify(slot) }
    try holdPage(slot, pages)
    return try locating { () throws(FormatFault) in
      let codec = try decompressors.decompressor(for: pages.codec)
      return slot.header.kind == .dataV1
        ? try openVersion1(slot, pages, codec) : try openVersion2(slot, pages, codec)
    }
  }

  /// The pages, of which the one behind a page has been read if it may be wanted.
  private func pages(andBehind slot: PageSlot) throws(QueryError) -> ColumnChunkPages {
    let all = try pages()
    guard slot.index + 1 < all.count else { return all }
    let next = all[slot.index + 1]
    let rows = next.firstEntry..<next.endEntry
    if !next.isAbsent || !(selection?.overlaps(rows) ?? true) { return all }
    return try pages(holding: RowRanges([rows]))
  }

  // MARK: Memory

  private func holdDictionary(_ slot: PageSlot, _ pages: ColumnChunkPages) throws(QueryError) {
    place = .dictionary
    try checkSize(slot, pages)
    let smallest = column.type.kind == .byteArray ? 4 : column.type.rawWidth
    let size = expandedSize(slot, pages)
    let count = min(slot.header.valueCount, max(size, slot.header.compressedSize) / smallest)
    try holding { () throws(QueryError) in
      try memory.holdDictionary(size + count * converter.type.physical.width)
    }
  }

  /// What the bytes of a page are decompressed to, if they are not read as they are stored.
  private func expandedSize(_ slot: PageSlot, _ pages: ColumnChunkPages) -> Int {
    pages.codec == .uncompressed || !slot.header.isCompressed ? 0 : slot.header.uncompressedSize
  }

  /// Takes what a page is decompressed and decoded to.
  private func holdPage(_ slot: PageSlot, _ pages: ColumnChunkPages) throws(QueryError) {
    try checkSize(slot, pages)
    let header = slot.header
    var size = expandedSize(slot, pages) * (readsAhead ? 2 : 1)
    switch header.encoding {
    case .deltaBinaryPacked: size += header.valueCount * 8
    case .deltaLengthByteArray, .deltaByteArray: size += header.valueCount * 32
    case .byteStreamSplit: size += max(header.uncompressedSize, header.compressedSize)
    default: break
    }
    // Levels are decoded for a page at once.
    if column.maxRepetition > 0 || column.maxDefinition > 1 { size += header.valueCount * 2 }
    try holding { () throws(QueryError) in try memory.holdPage(size) }
  }

  /// Takes what the entries of the rows that are read at once are assembled in.
  func holdEntries(_ count: Int) throws(QueryError) {
    try holding { () throws(QueryError) in
      try memory.holdEntries(count * 2 * (2 + converter.type.physical.width))
    }
  }

  private func checkSize(_ slot: PageSlot, _ pages: ColumnChunkPages) throws(QueryError) {
    try locating { () throws(FormatFault) in
      guard let codec = try decompressors.decompressor(for: pages.codec) else { return }
      try pages.checkSize(slot, codec)
    }
  }

  /// Names the place in an error of the memory budget.
  private func holding(_ body: () throws(QueryError) -> Void) throws(QueryError) {
    do throws(QueryError) {
      try body()
    } catch {
      var located = error.inFile(file.path)
      let name = column.path.joined(separator: ".")
      located.message += " (column \(name), row group \(rowGroup)\(place.description.map { ", \($0)" } ?? ""))"
      throw located
    }
  }

  private func openVersion1(
    _ slot: PageSlot, _ pages: ColumnChunkPages, _ codec: (any Decompressor)?
  ) throws(FormatFault) -> OpenPage {
    var bytes = try decompressed(slot, pages, codec, skipping: 0)
    let header = slot.header
    let repetition = try PageLevels.version1(
      &bytes, maximum: column.maxRepetition, encoding: header.repetitionEncoding, count: header.valueCount)
    let definition = try PageLevels.version1(
      &bytes, maximum: column.maxDefinition, encoding: header.definitionEncoding, count: header.valueCount)
    let values = try PageValues(bytes, encoding: header.encoding, leaf: column.type, limit: header.valueCount)
    return OpenPage(repetition: repetition, definition: definition, values: values, owner: bytes.owner)
  }

  private func openVersion2(
    _ slot: PageSlot, _ pages: ColumnChunkPages, _ codec: (any Decompressor)?
  ) throws(FormatFault) -> OpenPage {
    let header = slot.header
    var front = try pages.stored(slot)
    let repetition = PageLevels.version2(
      try front.take(header.repetitionByteCount), header.repetitionByteCount, maximum: column.maxRepetition)
    let definition = PageLevels.version2(
      try front.take(header.definitionByteCount), header.definitionByteCount, maximum: column.maxDefinition)
    let levels = header.repetitionByteCount + header.definitionByteCount
    let bytes = try decompressed(slot, pages, codec, skipping: levels)
    let values = try PageValues(bytes, encoding: header.encoding, leaf: column.type, limit: header.valueCount)
    return OpenPage(repetition: repetition, definition: definition, values: values, owner: bytes.owner)
  }

  private func decompressed(
    _ slot: PageSlot, _ pages: ColumnChunkPages, _ codec: (any Decompressor)?, skipping levels: Int
  ) throws(FormatFault) -> PageBytes {
    if let ahead, ahead.index == slot.index {
      self.ahead = nil
      return ahead.bytes
    }
    guard let (job, bytes) = try pages.job(slot, skipping: levels, codec) else {
      return try pages.stored(slot, skipping: levels)
    }
    if job.targetCount == 0 { return bytes }
    if readsAhead, try decompressTwo(job, slot.index + 1, pages, codec) { return bytes }
    try codec?.decompress([job])
    return bytes
  }

  /// Decompresses a page and the one behind it; false if there is none, or if one of the two is damaged: then each is
  /// for itself, so that the fault is found at its own page.
  private func decompressTwo(
    _ job: DecompressionJob, _ next: Int, _ pages: ColumnChunkPages, _ codec: (any Decompressor)?
  ) throws(FormatFault) -> Bool {
    guard let codec, codec.gainsFromPairs, next < pages.count, !pages[next].isAbsent else { return false }
    let header = pages[next].header
    let levels = header.kind == .dataV2 ? header.repetitionByteCount + header.definitionByteCount : 0
    do throws(FormatFault) {
      guard let second = try pages.job(pages[next], skipping: levels, codec), second.job.targetCount > 0 else {
        return false
      }
      try codec.decompress([job, second.job])
      ahead = (next, second.bytes)
      return true
    } catch { return false }
  }
}

extension QueryError {
  /// Adds column and row group to an error of a chunk.
  fileprivate func inColumn(_ column: String, rowGroup: Int) -> QueryError {
    guard code == .corruptFile || code == .unsupportedFile else { return self }
    var copy = self
    copy.message += " (column \(column), row group \(rowGroup))"
    return copy
  }
}
