import LakeColumnar
import LakeDiagnostics
import LakeFileSystem

/// One page of a column chunk: its header and where its bytes lie in the chunk.
struct PageSlot {
  let header: PageHeader
  let offset: Int
  /// Entries (rows, in columns without lists) in front of the page.
  let firstEntry: Int

  var endEntry: Int { firstEntry + header.valueCount }
  var isDictionaryCoded: Bool { header.encoding?.isDictionary ?? false }
}

/// The bytes of a column chunk and the list of its pages.
struct ColumnChunkPages {
  let bytes: Buffer
  let codec: CodecKind
  private(set) var dictionary: PageSlot?
  private(set) var pages: [PageSlot] = []
  /// No page may expand to more.
  static let largestPage = 1 << 30

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
      let rest = UnsafeRawBufferPointer(start: bytes.base + offset, count: chunk.compressedSize - offset)
      let (header, length) = try PageHeader.parse(rest)
      offset += length
      guard header.compressedSize <= chunk.compressedSize - offset, header.uncompressedSize <= Self.largestPage else {
        throw .corrupt("a page reaches beyond its column chunk")
      }
      let slot = PageSlot(header: header, offset: offset, firstEntry: entries)
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
