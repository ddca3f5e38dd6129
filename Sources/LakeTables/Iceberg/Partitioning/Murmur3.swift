/// MurmurHash3 with 32 bits (x86 variant, seed 0), which Iceberg's bucket transform uses.
enum Murmur3 {
  /// The hash of bytes.
  static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var state: UInt32 = 0
    let blocks = bytes.count / 4
    for index in 0..<blocks {
      let at = index * 4
      let word =
        UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24
      state = mixed(state, word)
      state = (state << 13 | state >> 19) &* 5 &+ 0xE654_6B64
    }
    var tail: UInt32 = 0
    for index in stride(from: bytes.count - 1, through: blocks * 4, by: -1) {
      tail = tail << 8 | UInt32(bytes[index])
    }
    if bytes.count % 4 != 0 { state = mixed(state, tail) }
    return finished(state ^ UInt32(truncatingIfNeeded: bytes.count))
  }

  static func hash(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBufferPointer { hash($0) } }

  /// The hash of a 64-bit integer's little-endian bytes.
  static func hash(_ value: Int64) -> UInt32 {
    withUnsafeBytes(of: value.littleEndian) { hash($0.assumingMemoryBound(to: UInt8.self)) }
  }

  private static func mixed(_ state: UInt32, _ word: UInt32) -> UInt32 {
    var word = word &* 0xCC9E_2D51
    word = word << 15 | word >> 17
    return state ^ (word &* 0x1B87_3593)
  }

  private static func finished(_ value: UInt32) -> UInt32 {
    var value = value
    value ^= value >> 16
    value = value &* 0x85EB_CA6B
    value ^= value >> 13
    value = value &* 0xC2B2_AE35
    return value ^ (value >> 16)
  }
}
