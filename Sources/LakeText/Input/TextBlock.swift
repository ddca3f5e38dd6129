import Glibc
import LakeColumnar
import LakeDiagnostics

/// A window of about 1 MiB on a text file, of which the front is used up record by record.
final class TextBlock {
  static let size = 1 << 20
  /// The longest record.
  static let maxRecord = 64 << 20

  private let source: TextByteSource
  private var buffer = Buffer(byteCount: TextBlock.size)
  /// The first byte that is not used up.
  var start = 0
  /// Behind the last byte.
  private(set) var end = 0
  /// Whether the file has nothing behind `end`.
  private(set) var isAtEnd = false
  /// Position in the (unpacked) file of byte 0 of the block.
  private(set) var fileOffset: Int

  init(_ source: TextByteSource, fileOffset: Int) {
    self.source = source
    self.fileOffset = fileOffset
  }

  /// Byte 0; 64 bytes behind `end` may be read. Valid until the next `refill`.
  var bytes: UnsafeMutablePointer<UInt8> { buffer.base.assumingMemoryBound(to: UInt8.self) }

  /// Moves what is left to the front and reads on; a record that fills the block makes it grow.
  func refill() throws(QueryError) {
    let rest = end - start
    var target = buffer
    if rest > target.byteCount / 2 {
      guard rest < Self.maxRecord else {
        throw QueryError(
          .limitExceeded, .storage, "a record is longer than \(Self.maxRecord >> 20) MiB",
          hint: "check the line ends and the quotes, or the multiLine option")
      }
      target = Buffer(byteCount: target.byteCount * 2)
    }
    memmove(target.base, buffer.base + start, rest)
    buffer = target
    fileOffset += start
    start = 0
    end = rest
    while end < buffer.byteCount {
      let room = UnsafeMutableRawBufferPointer(start: buffer.base + end, count: buffer.byteCount - end)
      let got = try source.read(into: room)
      if got == 0 {
        isAtEnd = true
        break
      }
      end += got
    }
  }
}
