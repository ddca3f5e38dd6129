import LakeColumnar
import LakeDiagnostics
import LakeFileSystem

/// The records of a text file, or of the part of it that one task reads.
///
/// A record belongs to the part in which its first byte lies, so that parts neither share nor lose a record.
final class TextRecords {
  let file: any ReadableFile
  private(set) var block: TextBlock
  private var splitter: RecordSplitter
  /// Records that start here or behind (file position) belong to others.
  private let limit: Int
  private var isFinished = false

  init(
    _ file: any ReadableFile, _ splitter: RecordSplitter, range: Range<Int>?, counters: ScanCounters?
  ) throws(QueryError) {
    self.file = file
    self.splitter = splitter
    limit = range?.upperBound ?? .max
    let first = max(0, range?.lowerBound ?? 0)
    let from = max(0, first - splitter.delimiterLength)
    block = TextBlock(try TextByteSource(file, at: from, counters: counters), fileOffset: from)
    if first > 0 { try skipPartialRecord(to: first) } else { try skipByteOrderMark() }
  }

  /// Reads from the first record that starts at `first` or behind it.
  private func skipPartialRecord(to first: Int) throws(QueryError) {
    while try nextRecord() != nil, block.fileOffset + block.start < first {}
    if block.fileOffset + block.start < first { isFinished = true }
  }

  private func skipByteOrderMark() throws(QueryError) {
    try block.refill()
    let bytes = block.bytes
    if block.end >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { block.start = 3 }
  }

  /// The next record that ends within the block, without reading on; nil if there is none.
  func recordInBlock() -> RecordSplitter.Record? {
    if isFinished { return nil }
    if block.fileOffset + block.start >= limit {
      isFinished = true
      return nil
    }
    switch splitter.next(block.bytes, block.start, block.end, isLast: block.isAtEnd) {
    case .record(let record):
      block.start = record.next
      return record
    case .incomplete: return nil
    case .finished:
      isFinished = true
      return nil
    }
  }

  /// The next record, from the next block if need be (which moves the block's bytes); nil at the end.
  func nextRecord() throws(QueryError) -> RecordSplitter.Record? {
    while true {
      if let record = recordInBlock() { return record }
      if isFinished { return nil }
      do throws(QueryError) { try block.refill() } catch { throw error.inFile(file.path) }
    }
  }

  /// The position in the file of a position in the block.
  func fileOffset(of position: Int) -> Int { block.fileOffset + position }

  /// The file and line of a place in the block at hand.
  func location(of position: Int) -> FileLocation {
    FileLocation(path: file.path, row: LineNumber.of(fileOffset(of: position), in: file))
  }
}

/// Counts lines, to tell a person where a bad record is.
enum LineNumber {
  /// The number (from 1) of the line that holds a byte of the unpacked file.
  static func of(_ offset: Int, in file: any ReadableFile) -> Int? {
    guard let source = try? TextByteSource(file, at: 0, counters: nil) else { return nil }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    var line = 1
    var position = 0
    var last: UInt8 = 0
    while position < offset {
      guard let got = try? source.read(into: buffer), got > 0 else { return line }
      for byte in buffer[..<min(got, offset - position)] {
        if byte == 0x0D || byte == 0x0A && last != 0x0D { line += 1 }
        last = byte
      }
      position += got
    }
    return line
  }
}
