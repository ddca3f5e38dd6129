import CBrotli
import CLZ4
import CSnappy
import CZlib
import CZstd
import LakeDiagnostics

/// Compresses the pages of one writer.
final class Compressor {
  private let codec: ParquetWriteOptions.Codec
  private var context: OpaquePointer?

  init(_ codec: ParquetWriteOptions.Codec) {
    self.codec = codec
    if case .zstd = codec { context = ZSTD_createCCtx() }
  }

  deinit { ZSTD_freeCCtx(context) }

  var kind: CodecKind {
    switch codec {
    case .uncompressed: .uncompressed
    case .snappy: .snappy
    case .zstd: .zstd
    case .gzip: .gzip
    case .lz4Raw: .lz4Raw
    case .brotli: .brotli
    }
  }

  /// Appends the compressed form of the bytes and returns its length.
  func compress(_ source: UnsafeRawBufferPointer, into output: inout ByteOutput) throws(QueryError) -> Int {
    let before = output.count
    switch codec {
    case .uncompressed: output.append(source)
    case .snappy: try snappy(source, &output)
    case .zstd(let level): try zstd(source, level, &output)
    case .gzip(let level): try gzip(source, level, &output)
    case .lz4Raw: try lz4(source, &output)
    case .brotli(let level): try brotli(source, level, &output)
    }
    return output.count - before
  }

  private static func failure(_ codec: String) -> QueryError {
    QueryError.internal("compression with \(codec) failed")
  }

  private func snappy(_ source: UnsafeRawBufferPointer, _ output: inout ByteOutput) throws(QueryError) {
    let capacity = snappy_max_compressed_length(source.count)
    var written = capacity
    let target = output.reserve(capacity).assumingMemoryBound(to: CChar.self)
    guard
      snappy_compress(source.assumingMemoryBound(to: CChar.self).baseAddress, source.count, target, &written)
        == SNAPPY_OK
    else { throw Self.failure("snappy") }
    output.shrink(by: capacity - written)
  }

  private func zstd(_ source: UnsafeRawBufferPointer, _ level: Int, _ output: inout ByteOutput) throws(QueryError) {
    let capacity = ZSTD_compressBound(source.count)
    let target = output.reserve(capacity)
    let level = Int32(clamping: level)
    let written = ZSTD_compressCCtx(context, target, capacity, source.baseAddress, source.count, level)
    guard ZSTD_isError(written) == 0 else { throw Self.failure("zstd") }
    output.shrink(by: capacity - written)
  }

  private func gzip(_ source: UnsafeRawBufferPointer, _ level: Int, _ output: inout ByteOutput) throws(QueryError) {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    /// 15 bits of window, with a gzip header.
    let windowBits: Int32 = 15 + 16
    guard
      deflateInit2_(
        &stream, Int32(clamping: level), Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
    else { throw Self.failure("gzip") }
    defer { deflateEnd(&stream) }
    let capacity = Int(deflateBound(&stream, UInt(source.count)))
    stream.next_in = UnsafeMutablePointer(mutating: source.assumingMemoryBound(to: UInt8.self).baseAddress)
    stream.avail_in = UInt32(source.count)
    stream.next_out = output.reserve(capacity).assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(capacity)
    guard deflate(&stream, Z_FINISH) == Z_STREAM_END else { throw Self.failure("gzip") }
    output.shrink(by: Int(stream.avail_out))
  }

  private func lz4(_ source: UnsafeRawBufferPointer, _ output: inout ByteOutput) throws(QueryError) {
    let capacity = LZ4_compressBound(Int32(source.count))
    let target = output.reserve(Int(capacity)).assumingMemoryBound(to: CChar.self)
    let input = source.assumingMemoryBound(to: CChar.self).baseAddress
    let written = LZ4_compress_default(input, target, Int32(source.count), capacity)
    guard written > 0 else { throw Self.failure("LZ4") }
    output.shrink(by: Int(capacity - written))
  }

  private func brotli(_ source: UnsafeRawBufferPointer, _ level: Int, _ output: inout ByteOutput) throws(QueryError) {
    let capacity = BrotliEncoderMaxCompressedSize(source.count)
    var written = capacity
    let target = output.reserve(capacity).assumingMemoryBound(to: UInt8.self)
    // The library reads nothing of an empty input, but wants a place for it.
    let input = source.baseAddress ?? UnsafeRawPointer(target)
    guard
      BrotliEncoderCompress(
        Int32(clamping: level), BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, source.count,
        input.assumingMemoryBound(to: UInt8.self), &written, target) == BROTLI_TRUE
    else { throw Self.failure("brotli") }
    output.shrink(by: capacity - written)
  }
}
