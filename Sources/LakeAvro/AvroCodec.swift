import CZlib
import LakeDiagnostics

/// How the blocks of an Avro file are compressed.
package enum AvroCodec: String, Sendable {
  case null
  /// Raw deflate (RFC 1951).
  case deflate

  /// Bytes that a block may unpack to; more is taken for an attack.
  private static let maxBlock = 1 << 30

  func compressed(_ bytes: [UInt8]) throws(QueryError) -> [UInt8] {
    switch self {
    case .null: bytes
    case .deflate: try Self.deflated(bytes)
    }
  }

  func decompressed(_ bytes: ArraySlice<UInt8>) throws(QueryError) -> [UInt8] {
    switch self {
    case .null: Array(bytes)
    case .deflate: try Self.inflated(Array(bytes))
    }
  }

  private static func deflated(_ bytes: [UInt8]) throws(QueryError) -> [UInt8] {
    let stream = newStream()
    defer { stream.deallocate() }
    let size = Int32(MemoryLayout<z_stream>.size)
    guard deflateInit2_(stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK else {
      throw QueryError(.outOfMemory, .storage, "cannot start the deflate compressor")
    }
    defer { deflateEnd(stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(deflateBound(stream, UInt(bytes.count))))
    let result = input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        stream.pointee.next_in = source.baseAddress
        stream.pointee.avail_in = UInt32(source.count)
        stream.pointee.next_out = target.baseAddress
        stream.pointee.avail_out = UInt32(target.count)
        return CZlib.deflate(stream, Z_FINISH)
      }
    }
    guard result == Z_STREAM_END else { throw QueryError.internal("deflate failed with \(result)") }
    output.removeLast(Int(stream.pointee.avail_out))
    return output
  }

  private static func inflated(_ bytes: [UInt8]) throws(QueryError) -> [UInt8] {
    let stream = newStream()
    defer { stream.deallocate() }
    guard inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw QueryError(.outOfMemory, .storage, "cannot start the deflate decompressor")
    }
    defer { inflateEnd(stream) }
    var input = bytes
    var output: [UInt8] = []
    let result: Int32 = input.withUnsafeMutableBufferPointer { source in
      stream.pointee.next_in = source.baseAddress
      stream.pointee.avail_in = UInt32(source.count)
      return inflateAll(stream, &output)
    }
    guard result == Z_STREAM_END else {
      throw QueryError(.corruptFile, .storage, "corrupt Avro data: a block cannot be decompressed (deflate)")
    }
    return output
  }

  /// A stream of zlib, which must not move between calls.
  private static func newStream() -> UnsafeMutablePointer<z_stream> {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    return stream
  }

  private static func inflateAll(_ stream: UnsafeMutablePointer<z_stream>, _ output: inout [UInt8]) -> Int32 {
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while output.count <= maxBlock {
      let result = piece.withUnsafeMutableBufferPointer { target in
        stream.pointee.next_out = target.baseAddress
        stream.pointee.avail_out = UInt32(target.count)
        return inflate(stream, Z_NO_FLUSH)
      }
      output += piece[..<(piece.count - Int(stream.pointee.avail_out))]
      if result != Z_OK { return result }
      if stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 { return Z_BUF_ERROR }
    }
    return Z_MEM_ERROR
  }
}
