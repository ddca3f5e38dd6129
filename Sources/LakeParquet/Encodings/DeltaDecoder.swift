import LakeColumnar

/// Decodes DELTA_BINARY_PACKED ("Delta Encoding" in parquet-format's Encodings.md) into memory of its own.
struct DeltaDecoder {
  private let bytes: UnsafePointer<UInt8>
  private let end: Int
  private var offset = 0
  /// Larger blocks than any writer makes would let a few bytes claim very many values.
  private static let largestBlock = 1 << 16

  private init(_ bytes: UnsafePointer<UInt8>, count: Int) {
    self.bytes = bytes
    end = count
  }

  /// The values, and how many bytes they took.
  struct Result {
    let values: Buffer
    let count: Int
    let byteCount: Int

    var integers: UnsafeMutablePointer<Int64> { values.base.assumingMemoryBound(to: Int64.self) }
  }

  /// Decodes up to `limit` values; a page that claims more is corrupt.
  static func decode(_ bytes: UnsafePointer<UInt8>, count: Int, limit: Int) throws(FormatFault) -> Result {
    var decoder = DeltaDecoder(bytes, count: count)
    return try decoder.run(limit: limit)
  }

  private static let endsEarly = FormatFault.corrupt("delta-encoded values end early")

  private mutating func varint() throws(FormatFault) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard offset < end, shift < 64 else { throw Self.endsEarly }
      let byte = bytes[offset]
      offset += 1
      result |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return result }
      shift += 7
    }
  }

  private mutating func zigzag() throws(FormatFault) -> Int64 {
    let raw = try varint()
    return Int64(bitPattern: raw >> 1) ^ -Int64(raw & 1)
  }

  private mutating func run(limit: Int) throws(FormatFault) -> Result {
    let blockSize = Int(clamping: try varint())
    let miniblocks = Int(clamping: try varint())
    let total = Int(clamping: try varint())
    let first = try zigzag()
    guard (1...Self.largestBlock).contains(blockSize), (1...blockSize).contains(miniblocks),
      blockSize % miniblocks == 0, blockSize / miniblocks % 8 == 0
    else { throw .corrupt("delta-encoded values have an impossible block size") }
    let blocks = (end - offset) / (1 + miniblocks) + 1
    guard total <= limit, total <= blocks * blockSize + 1 else {
      throw .corrupt("delta-encoded values claim an impossible count")
    }
    let result = Result(values: Buffer(byteCount: max(total, 1) * 8), count: total, byteCount: 0)
    if total > 0 { result.integers[0] = first }
    try decodeBlocks(result.integers, total, first, perMiniblock: blockSize / miniblocks, miniblocks)
    return Result(values: result.values, count: total, byteCount: offset)
  }

  private mutating func decodeBlocks(
    _ target: UnsafeMutablePointer<Int64>, _ total: Int, _ first: Int64, perMiniblock: Int, _ miniblocks: Int
  ) throws(FormatFault) {
    var done = min(1, total)
    var previous = first
    while done < total {
      let minimum = try zigzag()
      let widths = offset
      guard end - offset >= miniblocks else { throw Self.endsEarly }
      offset += miniblocks
      for index in 0..<miniblocks where done < total {
        let width = Int(bytes[widths + index])
        let count = min(perMiniblock, total - done)
        try unpack(width, count, minimum, &previous, target + done, size: perMiniblock * width / 8)
        done += count
      }
    }
  }

  /// One miniblock; the last one may lack the bytes of values that are not there.
  private mutating func unpack(
    _ width: Int, _ count: Int, _ minimum: Int64, _ previous: inout Int64, _ target: UnsafeMutablePointer<Int64>,
    size: Int
  ) throws(FormatFault) {
    guard width <= 64, (count * width + 7) / 8 <= end - offset else { throw Self.endsEarly }
    let source = bytes + offset
    offset += min(size, end - offset)
    if width <= BitUnpacking.largestWidth {
      // Up to seven values more than there are, into the padding.
      let deltas = UnsafeMutableRawPointer(target).assumingMemoryBound(to: UInt64.self)
      BitUnpacking.unpackGroups(source, (count &+ 7) &>> 3, width: width, deltas)
      var value = previous
      for index in 0..<count {
        value = value &+ (minimum &+ target[index])
        target[index] = value
      }
      previous = value
      return
    }
    let mask: UInt64 = width == 64 ? ~0 : (1 &<< UInt64(width)) &- 1
    var value = previous
    for index in 0..<count {
      let bit = index &* width
      let shift = UInt64(bit & 7)
      var delta = BitUnpacking.load64(source + bit &>> 3) &>> shift
      if width > 56, shift != 0 { delta |= UInt64(source[bit &>> 3 &+ 8]) &<< (64 &- shift) }
      value = value &+ minimum &+ Int64(bitPattern: delta & mask)
      target[index] = value
    }
    previous = value
  }
}
