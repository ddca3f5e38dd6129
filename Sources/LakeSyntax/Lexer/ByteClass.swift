/// Classes of bytes, as the lexer and the script scanner tell them apart.
enum ByteClass {
  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  /// An ASCII letter, digit or underscore.
  @inline(__always)
  static func isWord(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || isDigit(byte) || byte == UInt8(ascii: "_")
  }

  @inline(__always)
  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte &- 0x09 < 5
  }

  /// The offset behind a comment that begins at `start`, or nil if none begins there.
  ///
  /// Block comments nest. One that is never closed ends behind the text, at `text.count + 1`.
  static func endOfComment(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
    guard start + 1 < text.count else { return nil }
    if text[start] == UInt8(ascii: "-"), text[start + 1] == UInt8(ascii: "-") {
      var index = start + 2
      while index < text.count, text[index] != 0x0A { index += 1 }
      return index
    }
    guard text[start] == UInt8(ascii: "/"), text[start + 1] == UInt8(ascii: "*") else { return nil }
    return endOfBlockComment(text, start)
  }

  private static func endOfBlockComment(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    var depth = 1
    var index = start + 2
    while index + 1 < text.count {
      if text[index] == UInt8(ascii: "*"), text[index + 1] == UInt8(ascii: "/") {
        depth -= 1
        index += 2
        if depth == 0 { return index }
      } else if text[index] == UInt8(ascii: "/"), text[index + 1] == UInt8(ascii: "*") {
        depth += 1
        index += 2
      } else {
        index += 1
      }
    }
    return text.count + 1
  }

  /// The offset behind the quoted text that begins at `start`, or nil if it is never closed.
  ///
  /// A doubled quote stands for one, except in raw strings; a backslash hides the next byte in plain strings.
  static func endOfQuoted(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, isRaw: Bool) -> Int? {
    let quote = text[start]
    let hasEscapes = !isRaw && quote != UInt8(ascii: "`")
    var index = start + 1
    while index < text.count {
      let byte = text[index]
      if byte == quote {
        if isRaw || index + 1 >= text.count || text[index + 1] != quote { return index + 1 }
        index += 2
      } else if hasEscapes, byte == UInt8(ascii: "\\") {
        index += 2
      } else {
        index += 1
      }
    }
    return nil
  }
}
