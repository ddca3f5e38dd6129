/// MurmurHash3 (x86, 32 bits; A. Appleby, public domain), the parts that its variants share.
enum Murmur3 {
  @inline(__always)
  static func mixWord(_ word: UInt32) -> UInt32 {
    var word = word &* 0xCC9E_2D51
    word = word << 15 | word >> 17
    return word &* 0x1B87_3593
  }

  @inline(__always)
  static func mixHash(_ hash: UInt32, _ word: UInt32) -> UInt32 {
    var hash = hash ^ word
    hash = hash << 13 | hash >> 19
    return hash &* 5 &+ 0xE654_6B64
  }

  @inline(__always)
  static func finish(_ hash: UInt32, length: Int) -> UInt32 {
    var hash = hash ^ UInt32(truncatingIfNeeded: length)
    hash ^= hash >> 16
    hash = hash &* 0x85EB_CA6B
    hash ^= hash >> 13
    hash = hash &* 0xC2B2_AE35
    return hash ^ hash >> 16
  }
}
