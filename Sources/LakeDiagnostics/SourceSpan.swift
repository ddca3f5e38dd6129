/// A half-open range of UTF-8 byte offsets in one source text.
package struct SourceSpan: Hashable, Sendable {
  /// Offset of the first byte.
  package var start: Int
  /// Offset behind the last byte; never less than `start`.
  package var end: Int

  @inlinable
  package init(start: Int, end: Int) {
    self.start = start
    self.end = max(start, end)
  }

  /// Joins two spans into the smallest one that holds both.
  package func union(_ other: SourceSpan) -> SourceSpan {
    SourceSpan(start: min(start, other.start), end: max(end, other.end))
  }
}

/// A position as a person counts it: both numbers start at 1, columns count Unicode scalars.
package struct SourcePosition: Hashable, Sendable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// Finds line and column of a byte offset in a text; an offset behind the end is the end.
  package init(offset: Int, in text: String) {
    var line = 1
    var column = 1
    var index = 0
    for byte in text.utf8 {
      if index >= offset { break }
      index += 1
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    self.line = line
    self.column = column
  }
}
