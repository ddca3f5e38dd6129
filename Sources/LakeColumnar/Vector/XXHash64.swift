/// xxHash, 64 bits (Y. Collet's specification).
package enum XXHash64 {
  private static let p1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let p2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let p3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let p4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let p5: UInt64 = 0x27D4_EB2F_1656_67C5

  @inline(__always)
  private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }

  @inline(__always)
  private static func round(_ state: UInt64, _ input: UInt64) -> UInt64 {
    rotate(state &+ input &* p2, 31) &* p1
  }

  @inline(__always)
  private static func finish(_ state: UInt64) -> UInt64 {
    var hash = state ^ state >> 33
    hash = hash &* p2
    hash ^= hash >> 29
    hash = hash &* p3
    return hash ^ hash >> 32
  }

  /// The hash of four little-endian bytes.
  package static func hash(int value: Int32, _ seed: UInt64) -> UInt64 {
    let state = (seed &+ p5 &+ 4) ^ UInt64(UInt32(bitPattern: value)) &* p1
    return finish(rotate(state, 23) &* p2 &+ p3)
  }

  /// The hash of eight little-endian bytes.
  package static func hash(long value: Int64, _ seed: UInt64) -> UInt64 {
    let state = (seed &+ p5 &+ 8) ^ round(0, UInt64(bitPattern: value))
    return finish(rotate(state, 27) &* p1 &+ p4)
  }

  package static func hash(bytes: UnsafeBufferPointer<UInt8>, _ seed: UInt64) -> UInt64 {
    let raw = UnsafeRawBufferPointer(bytes)
    var offset = 0
    var state = seed &+ p5
    if bytes.count >= 32 { state = longState(raw, seed, &offset) }
    state = state &+ UInt64(bytes.count)
    while offset + 8 <= bytes.count {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      state = rotate(state ^ round(0, word), 27) &* p1 &+ p4
      offset += 8
    }
    if offset + 4 <= bytes.count {
      let word = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      state = rotate(state ^ UInt64(word) &* p1, 23) &* p2 &+ p3
      offset += 4
    }
    while offset < bytes.count {
      state = rotate(state ^ UInt64(bytes[offset]) &* p5, 11) &* p1
      offset += 1
    }
    return finish(state)
  }

  private static func longState(_ raw: UnsafeRawBufferPointer, _ seed: UInt64, _ offset: inout Int) -> UInt64 {
    var lanes = SIMD4(seed &+ p1 &+ p2, seed &+ p2, seed, seed &- p1)
    while offset + 32 <= raw.count {
      for lane in 0..<4 {
        let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset + lane * 8, as: UInt64.self))
        lanes[lane] = round(lanes[lane], word)
      }
      offset += 32
    }
    var state = rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
    for lane in 0..<4 { state = (state ^ round(0, lanes[lane])) &* p1 &+ p4 }
    return state
  }
}
