import LakeColumnar

/// Turns the values of a page from their PLAIN form into another encoding, and finds the one that pays.
enum ValueEncoding {
  /// What a leaf may be encoded as beside PLAIN.
  static func candidates(_ storage: LeafStorage, _ options: ParquetWriteOptions) -> [PageEncoding] {
    switch storage {
    case .int32, .int64: options.usesDeltaEncodings ? [.deltaBinaryPacked] : []
    case .bytes: options.usesDeltaEncodings ? [.deltaLengthByteArray, .deltaByteArray] : []
    case .float, .double: options.usesByteStreamSplit ? [.byteStreamSplit] : []
    case .boolean, .fixed: []
    }
  }

  /// Appends the values in one of the candidates of their storage.
  static func append(
    _ plain: UnsafeRawBufferPointer, count: Int, _ storage: LeafStorage, as encoding: PageEncoding,
    to output: inout ByteOutput
  ) {
    guard let start = plain.baseAddress, count > 0 else {
      if encoding != .byteStreamSplit { appendEmpty(encoding, &output) }
      return
    }
    switch (encoding, storage) {
    case (.deltaBinaryPacked, .int32):
      DeltaEncoder.append(start.assumingMemoryBound(to: Int32.self), count: count, to: &output)
    case (.deltaBinaryPacked, _):
      DeltaEncoder.append(start.assumingMemoryBound(to: Int64.self), count: count, to: &output)
    case (.deltaLengthByteArray, _):
      DeltaEncoder.appendLengths(PlainByteArrays(bytes: plain, count: count), to: &output)
    case (.deltaByteArray, _):
      DeltaEncoder.appendPrefixes(PlainByteArrays(bytes: plain, count: count), to: &output)
    case (.byteStreamSplit, _): appendSplit(start, count, width: plain.count / count, &output)
    default: output.append(plain)
    }
  }

  /// A page of NULLs alone still has the headers of its delta streams.
  private static func appendEmpty(_ encoding: PageEncoding, _ output: inout ByteOutput) {
    let none: [Int32] = []
    if encoding == .plain { return }
    DeltaEncoder.append(none, count: 0, to: &output)
    if encoding == .deltaByteArray { DeltaEncoder.append(none, count: 0, to: &output) }
  }

  /// The first bytes of all values, then the second ones, and so on.
  private static func appendSplit(
    _ source: UnsafeRawPointer, _ count: Int, width: Int, _ output: inout ByteOutput
  ) {
    let bytes = source.assumingMemoryBound(to: UInt8.self)
    let target = output.reserve(count * width).assumingMemoryBound(to: UInt8.self)
    for stream in 0..<width {
      let place = target + stream &* count
      for index in 0..<count { place[index] = bytes[index &* width &+ stream] }
    }
  }
}
