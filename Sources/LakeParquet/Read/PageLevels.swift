import LakeColumnar

/// The repetition and definition levels of one page.
enum PageLevels {
  /// Bits that levels up to `maximum` take.
  static func width(_ maximum: Int) -> Int { Int.bitWidth - maximum.leadingZeroBitCount }

  /// Takes the levels of a version 1 page off its front.
  static func version1(
    _ bytes: inout PageBytes, maximum: Int, encoding: PageEncoding?, count: Int
  ) throws(FormatFault) -> HybridDecoder {
    guard maximum > 0 else { return HybridDecoder(bytes.start, count: 0, width: 0) }
    switch encoding {
    case .rle:
      let length = Int(UnsafeRawPointer(try bytes.take(4)).loadUnaligned(as: UInt32.self))
      return HybridDecoder(try bytes.take(length), count: length, width: width(maximum))
    case .bitPacked: return try bitPacked(&bytes, width: width(maximum), count)
    default: throw .unsupported("its levels have an encoding that is not supported")
    }
  }

  /// Levels of a version 2 page, which lie in front of the values without a length.
  static func version2(_ bytes: UnsafePointer<UInt8>, _ length: Int, maximum: Int) -> HybridDecoder {
    HybridDecoder(bytes, count: maximum > 0 ? length : 0, width: width(maximum))
  }

  /// The deprecated BIT_PACKED levels run from the highest bit; they become one packed run of the hybrid.
  private static func bitPacked(
    _ bytes: inout PageBytes, width: Int, _ count: Int
  ) throws(FormatFault) -> HybridDecoder {
    guard count <= bytes.count * 8 else { throw .corrupt("a page's levels reach beyond it") }
    let length = (count * width + 7) / 8
    let source = try bytes.take(length)
    let packed = Buffer.zeroed(byteCount: length)
    let target = packed.base.assumingMemoryBound(to: UInt8.self)
    for index in 0..<count {
      for bit in 0..<width {
        let from = index * width + bit
        let isSet = source[from >> 3] >> UInt8(7 - from & 7) & 1
        let to = index * width + (width - 1 - bit)
        target[to >> 3] |= isSet << UInt8(to & 7)
      }
    }
    return HybridDecoder(packed: packed, count: count, width: width)
  }
}
