import CBrotli
import CLZ4
import CZlib
import CZstd
import Glibc

/// One block to decompress: the target takes exactly `targetCount` bytes and has `Buffer.padding` bytes behind it
/// that may be overwritten; the source has as many behind it that may be read.
struct DecompressionJob {
  let source: UnsafePointer<UInt8>
  let sourceCount: Int
  let target: UnsafeMutablePointer<UInt8>
  let targetCount: Int
}

/// Decompresses pages; takes several at once so that a codec can work on them together. Used by one thread.
protocol Decompressor: AnyObject {
  func decompress(_ jobs: [DecompressionJob]) throws(FormatFault)
  /// Bytes that one compressed byte can become at most, to refuse sizes that can't be true.
  var largestRatio: Int { get }
  /// Whether two blocks at once take less time than one after the other.
  var gainsFromPairs: Bool { get }
}

extension Decompressor {
  var gainsFromPairs: Bool { false }
}

/// The decompressors of one reader, made as they are needed.
final class DecompressorSet {
  private var made: [CodecKind: any Decompressor] = [:]

  func decompressor(for codec: CodecKind) throws(FormatFault) -> (any Decompressor)? {
    if codec == .uncompressed { return nil }
    if let known = made[codec] { return known }
    let new: any Decompressor =
      switch codec {
      case .uncompressed, .lzo: throw .unsupported("its codec LZO is not supported")
      case .brotli: BrotliDecompressor()
      case .snappy: SnappyDecompressor()
      case .gzip: GzipDecompressor()
      case .lz4: LZ4HadoopDecompressor()
      case .zstd: ZstdDecompressor()
      case .lz4Raw: LZ4RawDecompressor()
      }
    made[codec] = new
    return new
  }
}

extension FormatFault {
  static func badBlock(_ codec: String) -> FormatFault { .corrupt("a page is not valid \(codec) data") }
}

final class ZstdDecompressor: Decompressor {
  private let context = ZSTD_createDCtx()
  let largestRatio = 1 << 17

  deinit { ZSTD_freeDCtx(context) }

  func decompress(_ jobs: [DecompressionJob]) throws(FormatFault) {
    for job in jobs {
      let written = ZSTD_decompressDCtx(context, job.target, job.targetCount, job.source, job.sourceCount)
      guard ZSTD_isError(written) == 0, written == job.targetCount else { throw .badBlock("zstd") }
    }
  }
}

final class LZ4RawDecompressor: Decompressor {
  let largestRatio = 256

  func decompress(_ jobs: [DecompressionJob]) throws(FormatFault) {
    for job in jobs {
      guard lz4Block(job.source, job.sourceCount, job.target, job.targetCount) == job.targetCount else {
        throw .badBlock("LZ4")
      }
    }
  }
}

/// Decompresses one LZ4 block and returns its length, or -1.
private func lz4Block(
  _ source: UnsafePointer<UInt8>, _ sourceCount: Int, _ target: UnsafeMutablePointer<UInt8>, _ capacity: Int
) -> Int {
  guard let from = Int32(exactly: sourceCount), let room = Int32(exactly: capacity) else { return -1 }
  let input = UnsafeRawPointer(source).assumingMemoryBound(to: CChar.self)
  let output = UnsafeMutableRawPointer(target).assumingMemoryBound(to: CChar.self)
  return Int(LZ4_decompress_safe(input, output, from, room))
}

final class BrotliDecompressor: Decompressor {
  /// Seven bytes can stand for 16 MiB.
  let largestRatio = 1 << 22

  func decompress(_ jobs: [DecompressionJob]) throws(FormatFault) {
    for job in jobs {
      var written = job.targetCount
      guard BrotliDecoderDecompress(job.sourceCount, job.source, &written, job.target) == BROTLI_DECODER_RESULT_SUCCESS,
        written == job.targetCount
      else { throw .badBlock("brotli") }
    }
  }
}

/// The LZ4 of parquet-mr: Hadoop's frames (big-endian decompressed size, then one or more blocks each behind its own
/// big-endian size); other writers of that codec wrote bare blocks or LZ4's own frame format, which are tried next.
final class LZ4HadoopDecompressor: Decompressor {
  let largestRatio = 256

  func decompress(_ jobs: [DecompressionJob]) throws(FormatFault) {
    for job in jobs {
      guard hadoopFrames(job) || bareBlock(job) || lz4Frames(job) else { throw .badBlock("LZ4") }
    }
  }

  private func bareBlock(_ job: DecompressionJob) -> Bool {
    lz4Block(job.source, job.sourceCount, job.target, job.targetCount) == job.targetCount
  }

  private func hadoopFrames(_ job: DecompressionJob) -> Bool {
    var read = 0
    var written = 0
    while read + 8 <= job.sourceCount {
      let frame = Self.bigEndian(job.source + read)
      guard frame <= job.targetCount - written else { return false }
      let end = written + frame
      read += 4
      while written < end {
        guard read + 4 <= job.sourceCount else { return false }
        let block = Self.bigEndian(job.source + read)
        guard block <= job.sourceCount - read - 4 else { return false }
        let count = lz4Block(job.source + read + 4, block, job.target + written, end - written)
        guard count > 0 else { return false }
        read += 4 + block
        written += count
      }
    }
    return read == job.sourceCount && written == job.targetCount
  }

  /// "LZ4 Frame Format Description" (lz4/lz4), with its own magic number.
  private func lz4Frames(_ job: DecompressionJob) -> Bool {
    var context: OpaquePointer?
    guard LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0 else { return false }
    defer { LZ4F_freeDecompressionContext(context) }
    var read = 0
    var written = 0
    while read < job.sourceCount {
      var taken = job.sourceCount - read
      var made = job.targetCount - written
      let hint = LZ4F_decompress(context, job.target + written, &made, job.source + read, &taken, nil)
      guard LZ4F_isError(hint) == 0, taken > 0 || made > 0 else { return false }
      read += taken
      written += made
    }
    return written == job.targetCount
  }

  private static func bigEndian(_ bytes: UnsafePointer<UInt8>) -> Int {
    Int(UInt32(bigEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt32.self)))
  }
}

/// gzip and zlib streams, also several members one after the other.
final class GzipDecompressor: Decompressor {
  let largestRatio = 1100

  func decompress(_ jobs: [DecompressionJob]) throws(FormatFault) {
    for job in jobs where !inflateAll(job) { throw .badBlock("gzip") }
  }

  private func inflateAll(_ job: DecompressionJob) -> Bool {
    var stream = z_stream()
    /// 15 bits of window, and the container recognised by its header.
    let windowBits: Int32 = 15 + 32
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, size) == Z_OK else { return false }
    defer { inflateEnd(&stream) }
    stream.next_in = UnsafeMutablePointer(mutating: job.source)
    stream.avail_in = UInt32(clamping: job.sourceCount)
    stream.next_out = job.target
    stream.avail_out = UInt32(clamping: job.targetCount)
    while true {
      let status = inflate(&stream, Z_NO_FLUSH)
      guard status == Z_STREAM_END else { return false }
      if stream.avail_in == 0 || stream.avail_out == 0 { return stream.avail_out == 0 }
      guard inflateReset(&stream) == Z_OK else { return false }
    }
  }
}
