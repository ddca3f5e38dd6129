/// Resolves the escapes of JSON strings.
enum JSONStringText {
  /// Appends the text of a string whose escapes were checked; lone surrogates become U+FFFD.
  static func unescape(_ text: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]) {
    target.removeAll(keepingCapacity: true)
    var index = 0
    while index < text.count {
      let byte = text[index]
      guard byte == UInt8(ascii: "\\"), index + 1 < text.count else {
        target.append(byte)
        index += 1
        continue
      }
      let escaped = text[index + 1]
      index += 2
      switch escaped {
      case UInt8(ascii: "n"): target.append(0x0A)
      case UInt8(ascii: "t"): target.append(0x09)
      case UInt8(ascii: "r"): target.append(0x0D)
      case UInt8(ascii: "b"): target.append(0x08)
      case UInt8(ascii: "f"): target.append(0x0C)
      case UInt8(ascii: "u"): append(scalar(text, &index), to: &target)
      default: target.append(escaped)
      }
    }
  }

  private static func append(_ scalar: Unicode.Scalar, to target: inout [UInt8]) {
    target.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  /// The scalar of the four digits at `index`, together with the other half of a surrogate pair.
  private static func scalar(_ text: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Unicode.Scalar {
    let first = unit(text, index)
    index += 4
    guard first & 0xFC00 == 0xD800, index + 6 <= text.count, text[index] == UInt8(ascii: "\\"),
      text[index + 1] == UInt8(ascii: "u")
    else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
    let second = unit(text, index + 2)
    guard second & 0xFC00 == 0xDC00 else { return "\u{FFFD}" }
    index += 6
    return Unicode.Scalar(0x10000 + (first & 0x3FF) << 10 + (second & 0x3FF)) ?? "\u{FFFD}"
  }

  private static func unit(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in start..<min(start + 4, text.count) { value = value << 4 | (JSONTape.hexValue(text[index]) ?? 0) }
    return value
  }
}
