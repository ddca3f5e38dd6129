/// Base64 (RFC 4648) with the standard alphabet.
enum Base64Text {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The bytes that the text stands for; padding may be missing, nothing else may.
  static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var end = text.count
    while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
    if end % 4 == 1 { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(end * 3 / 4)
    var bits: UInt32 = 0
    for index in 0..<end {
      guard let value = value(text[index]) else { return nil }
      bits = bits << 6 | value
      switch index % 4 {
      case 1: result.append(UInt8(truncatingIfNeeded: bits >> 4))
      case 2: result.append(UInt8(truncatingIfNeeded: bits >> 2))
      case 3: result.append(UInt8(truncatingIfNeeded: bits))
      default: break
      }
    }
    return result
  }

  private static func value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5A: UInt32(byte - 0x41)
    case 0x61...0x7A: UInt32(byte - 0x61 + 26)
    case 0x30...0x39: UInt32(byte - 0x30 + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  /// The padded text of some bytes.
  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let rest = bytes.count - index
      let bits =
        UInt32(bytes[index]) << 16 | (rest > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
        | (rest > 2 ? UInt32(bytes[index + 2]) : 0)
      text.append(alphabet[Int(bits >> 18)])
      text.append(alphabet[Int(bits >> 12 & 63)])
      text.append(rest > 1 ? alphabet[Int(bits >> 6 & 63)] : UInt8(ascii: "="))
      text.append(rest > 2 ? alphabet[Int(bits & 63)] : UInt8(ascii: "="))
      index += 3
    }
    return text
  }
}
