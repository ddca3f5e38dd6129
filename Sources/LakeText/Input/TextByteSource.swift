import CZlib
import LakeColumnar
import LakeDiagnostics
import LakeFileSystem

/// The bytes of a text file from a position on, unpacked if its name says it is compressed.
final class TextByteSource {
  private let file: any ReadableFile
  private let gzip: GzipDecoder?
  private var offset: Int
  private let counters: ScanCounters?

  /// Opens at a byte position, which must be 0 in a compressed file.
  init(_ file: any ReadableFile, at offset: Int, counters: ScanCounters?) throws(QueryError) {
    self.file = file
    self.offset = offset
    self.counters = counters
    switch CompressionSuffix(path: file.path) {
    case .none: gzip = nil
    case .gzip: gzip = try GzipDecoder()
    case .unknown(let suffix):
      throw QueryError(
        .unsupportedFile, .storage, "text files compressed as \(suffix) are not supported", hint: "gzip (.gz) is",
        file: FileLocation(path: file.path))
    }
  }

  /// Reads up to the buffer's length; 0 at the end.
  func read(into target: UnsafeMutableRawBufferPointer) throws(QueryError) -> Int {
    guard let gzip else { return try readRaw(target) }
    while true {
      let made: Int
      do throws(QueryError) { made = try gzip.decode(into: target) } catch { throw error.inFile(file.path) }
      if made > 0 || gzip.isAtEnd { return made }
      let got = try readRaw(gzip.freeInput)
      gzip.supply(got)
      if got == 0 {
        if gzip.isBetweenMembers { return 0 }
        throw QueryError(.corruptFile, .storage, "the gzip file ends too early", file: FileLocation(path: file.path))
      }
    }
  }

  private func readRaw(_ target: UnsafeMutableRawBufferPointer) throws(QueryError) -> Int {
    let count = min(target.count, file.size - offset)
    guard count > 0 else { return 0 }
    try file.read(into: UnsafeMutableRawBufferPointer(rebasing: target[0..<count]), at: offset)
    offset += count
    counters?.add(count, to: .bytesRead)
    return count
  }
}

/// Unpacks a gzip stream (RFC 1952) of one or more members, piece by piece.
final class GzipDecoder {
  private static let inputSize = 256 << 10

  private let stream: UnsafeMutablePointer<z_stream>
  private let input = Buffer(byteCount: GzipDecoder.inputSize)
  /// Whether the last member is complete and no other has begun.
  private(set) var isBetweenMembers = false
  private(set) var isAtEnd = false

  init() throws(QueryError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      stream.deallocate()
      throw QueryError(.outOfMemory, .storage, "cannot start the gzip decompressor")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Where the next packed bytes go; only to be filled when all others are used up.
  var freeInput: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: input.base, count: Self.inputSize)
  }

  /// Tells how many bytes were put into `freeInput`; none means that the file ends.
  func supply(_ count: Int) {
    stream.pointee.next_in = input.base.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(count)
    if count == 0, isBetweenMembers { isAtEnd = true }
  }

  /// Unpacks what it can of its input.
  func decode(into target: UnsafeMutableRawBufferPointer) throws(QueryError) -> Int {
    guard stream.pointee.avail_in > 0, let base = target.baseAddress else { return 0 }
    if isBetweenMembers {
      inflateReset(stream)
      isBetweenMembers = false
    }
    stream.pointee.next_out = base.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(truncatingIfNeeded: min(target.count, 1 << 30))
    let room = Int(stream.pointee.avail_out)
    let result = inflate(stream, Z_NO_FLUSH)
    if result == Z_STREAM_END {
      isBetweenMembers = true
    } else if result != Z_OK, result != Z_BUF_ERROR {
      throw QueryError(.corruptFile, .storage, "the gzip file is corrupt")
    }
    return room - Int(stream.pointee.avail_out)
  }
}
