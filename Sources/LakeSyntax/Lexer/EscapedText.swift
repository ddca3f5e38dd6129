/// Turns the source form of strings and quoted names into the text they stand for.
enum EscapedText {
  /// Resolves the escapes of a string literal with its quotes, as Spark does.
  static func string(_ source: ArraySlice<UInt8>) -> String {
    guard let quote = source.first else { return "" }
    let body = source.dropFirst().dropLast()
    if !body.contains(UInt8(ascii: "\\")) && !body.contains(quote) {
      return String(decoding: body, as: UTF8.self)
    }
    var out: [UInt8] = []
    out.reserveCapacity(body.count)
    var index = body.startIndex
    while index < body.endIndex {
      if body[index] == UInt8(ascii: "\\"), index + 1 < body.endIndex {
        index = appendEscape(body, index + 1, &out)
      } else {
        out.append(body[index])
        index += body[index] == quote ? 2 : 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Takes the quotes off a raw string, `r'...'`.
  static func rawString(_ source: ArraySlice<UInt8>) -> String {
    String(decoding: source.dropFirst(2).dropLast(), as: UTF8.self)
  }

  /// Takes the backticks off a quoted name.
  static func name(_ source: ArraySlice<UInt8>) -> String {
    var out: [UInt8] = []
    let body = source.dropFirst().dropLast()
    var index = body.startIndex
    while index < body.endIndex {
      out.append(body[index])
      index += body[index] == UInt8(ascii: "`") ? 2 : 1
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Resolves the escape whose letter stands at `index`; returns the index behind it.
  private static func appendEscape(_ body: ArraySlice<UInt8>, _ index: Int, _ out: inout [UInt8]) -> Int {
    let letter = body[index]
    switch letter {
    case UInt8(ascii: "u"):
      if let end = appendUnicode(body, index + 1, digits: 4, &out) { return end }
    case UInt8(ascii: "U"):
      if let end = appendUnicode(body, index + 1, digits: 8, &out) { return end }
    case UInt8(ascii: "0")...UInt8(ascii: "3"):
      if let code = octal(body, index) {
        out.append(contentsOf: Array(String(Unicode.Scalar(code)).utf8))
        return index + 3
      }
    default: break
    }
    switch letter {
    case UInt8(ascii: "0"): out.append(0)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "Z"): out.append(0x1A)
    case UInt8(ascii: "%"), UInt8(ascii: "_"): out += [UInt8(ascii: "\\"), letter]
    default: out.append(letter)
    }
    return index + 1
  }

  private static func octal(_ body: ArraySlice<UInt8>, _ index: Int) -> UInt8? {
    guard index + 2 < body.endIndex else { return nil }
    var code: UInt = 0
    for digit in body[index...index + 2] {
      guard digit &- 0x30 < 8 else { return nil }
      code = code * 8 + UInt(digit - 0x30)
    }
    return UInt8(exactly: code)
  }

  /// Appends the character with the hexadecimal code at `index`; a pair of surrogates is one character.
  private static func appendUnicode(
    _ body: ArraySlice<UInt8>, _ index: Int, digits: Int, _ out: inout [UInt8]
  ) -> Int? {
    guard let code = hexadecimal(body, index, digits: digits) else { return nil }
    var end = index + digits
    var scalar = Unicode.Scalar(code)
    if digits == 4, code & 0xFC00 == 0xD800, end + 1 < body.endIndex, body[end] == UInt8(ascii: "\\"),
      body[end + 1] == UInt8(ascii: "u"), let low = hexadecimal(body, end + 2, digits: 4),
      low & 0xFC00 == 0xDC00
    {
      scalar = Unicode.Scalar(0x10000 + (code & 0x3FF) << 10 + low & 0x3FF)
      end += 6
    }
    out.append(contentsOf: Array(String(scalar ?? "\u{FFFD}").utf8))
    return end
  }

  private static func hexadecimal(_ body: ArraySlice<UInt8>, _ index: Int, digits: Int) -> UInt32? {
    guard index + digits <= body.endIndex else { return nil }
    var code: UInt32 = 0
    for byte in body[index..<index + digits] {
      guard let digit = hexadecimalDigit(byte) else { return nil }
      code = code &* 16 &+ UInt32(digit)
    }
    return code
  }

  static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
