/// XXH64 with seed 0 ("xxHash fast digest algorithm", Cyan4973/xxHash), the hash of Parquet's bloom filters.
enum XXHash64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var offset = 0
    var hash = stripes(bytes, &offset) &+ UInt64(bytes.count)
    while bytes.count - offset >= 8 {
      hash ^= round(0, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      hash = rotate(hash, 27) &* prime1 &+ prime4
      offset += 8
    }
    if bytes.count - offset >= 4 {
      hash ^= UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) &* prime1
      hash = rotate(hash, 23) &* prime2 &+ prime3
      offset += 4
    }
    for byte in bytes[offset...] { hash = rotate(hash ^ (UInt64(byte) &* prime5), 11) &* prime1 }
    return avalanche(hash)
  }

  /// Takes whole stripes of 32 bytes.
  private static func stripes(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> UInt64 {
    if bytes.count < 32 { return prime5 }
    var lanes: [UInt64] = [prime1 &+ prime2, prime2, 0, 0 &- prime1]
    while bytes.count - offset >= 32 {
      for lane in 0..<4 {
        lanes[lane] = round(lanes[lane], bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset += 8
      }
    }
    var hash = rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
    for lane in lanes { hash = (hash ^ round(0, lane)) &* prime1 &+ prime4 }
    return hash
  }

  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotate(lane &+ word &* prime2, 31) &* prime1
  }

  private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value &<< bits | value &>> (64 &- bits) }

  private static func avalanche(_ value: UInt64) -> UInt64 {
    var hash = (value ^ value &>> 33) &* prime2
    hash = (hash ^ hash &>> 29) &* prime3
    return hash ^ hash &>> 32
  }
}
