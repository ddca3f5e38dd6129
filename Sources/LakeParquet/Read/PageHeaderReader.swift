import LakeColumnar
import LakeDiagnostics
import LakeFileSystem

/// Reads headers of pages without the pages.
struct PageHeaderReader {
  private let chunk: ChunkMetadata
  private let file: any ReadableFile
  private let counters: ScanCounters
  /// Most headers are far smaller.
  private static let usualSize = 1 << 10
  /// A header with bounds of values may be this large.
  private static let largestSize = 16 << 20

  init(_ chunk: ChunkMetadata, _ file: any ReadableFile, _ counters: ScanCounters) {
    self.chunk = chunk
    self.file = file
    self.counters = counters
  }

  /// The header at an offset of the chunk, and where the page's content starts.
  func header(at offset: Int, of page: String) throws(QueryError) -> (header: PageHeader, offset: Int) {
    let room = chunk.compressedSize - offset
    var size = Self.usualSize
    while true {
      let count = min(size, room)
      let bytes = Buffer(byteCount: count)
      let target = UnsafeMutableRawBufferPointer(start: bytes.base, count: count)
      try file.read(into: target, at: chunk.start + offset)
      counters.add(count, to: .bytesRead)
      do throws(FormatFault) {
        let (header, length) = try PageHeader.parse(UnsafeRawBufferPointer(target), of: page, room: room)
        return (header, offset + length)
      } catch {
        // It may only have been cut off.
        if count == room || size >= Self.largestSize { throw error.error(in: file.path) }
        size *= 16
      }
    }
  }
}

extension PageHeader {
  /// Parses a header behind which, itself included, the chunk has `room` bytes.
  static func parse(
    _ bytes: UnsafeRawBufferPointer, of page: String, room: Int
  ) throws(FormatFault) -> (header: PageHeader, length: Int) {
    do throws(FormatFault) {
      let (header, length) = try parse(bytes)
      guard header.compressedSize <= room - length else { throw .corrupt("it reaches beyond its column chunk") }
      guard header.uncompressedSize <= ColumnChunkPages.largestPage else {
        throw .unsupported("it is larger than 1 GiB")
      }
      return (header, length)
    } catch { throw FormatFault(kind: error.kind, message: "\(page): \(error.message)") }
  }
}
