import LakeColumnar

/// Decoding of big-endian two's complement numbers, as decimals in byte arrays are stored. The bytes must be followed by
/// eight readable ones.
enum BigEndianNumbers {
  @inline(__always)
  private static func word(_ source: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(bigEndian: UnsafeRawPointer(source).loadUnaligned(as: UInt64.self))
  }

  /// Numbers of up to 8 bytes; reads up to 7 bytes behind the last one.
  @inline(__always)
  static func short<T: FixedWidthInteger>(
    _ source: UnsafePointer<UInt8>, _ count: Int, _ length: Int, _ target: UnsafeMutablePointer<T>
  ) {
    let shift = Int64(64 &- 8 &* length)
    for index in 0..<count {
      target[index] = T(truncatingIfNeeded: Int64(bitPattern: word(source + index &* length)) &>> shift)
    }
  }

  /// Numbers of 9 to 16 bytes; false if one is not between `-limit` and `limit`.
  @inline(__always)
  static func long<T: FixedWidthInteger>(
    _ source: UnsafePointer<UInt8>, _ count: Int, _ length: Int, _ limit: Int128, _ target: UnsafeMutablePointer<T>
  ) -> Bool {
    let shift = Int64(128 &- 8 &* length)
    var isOut = 0
    for index in 0..<count {
      let start = source + index &* length
      let upper = Int64(bitPattern: word(start)) &>> shift
      let value = Int128(upper) &<< 64 | Int128(word(start + (length &- 8)))
      isOut |= bit(value >= limit) | bit(value <= -limit)
      target[index] = T(truncatingIfNeeded: value)
    }
    return isOut == 0
  }

  /// A big-endian two's complement number; nil if it needs more than 128 bits.
  static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> Int128? {
    guard let first = bytes.first else { return 0 }
    let sign = Int8(bitPattern: first) < 0
    var result: Int128 = sign ? -1 : 0
    for (index, byte) in bytes.enumerated() {
      if index < bytes.count - 16 {
        guard byte == (sign ? 0xFF : 0) else { return nil }
      } else {
        result = (result << 8) | Int128(byte)
      }
    }
    return (result < 0) == sign ? result : nil
  }
}
