package import LakeDiagnostics

/// The text of one statement of a script, without its semicolon, and its place there.
package struct ScriptStatement: Hashable, Sendable {
  package var text: String
  package var span: SourceSpan

  package init(text: String, span: SourceSpan) {
    self.text = text
    self.span = span
  }
}

/// A script cut into statements that are not parsed yet, so that each is parsed, and its variables are replaced, when
/// its turn comes.
package struct Script: Sendable {
  /// The statements in order; pieces of spaces and comments alone are left out.
  package let statements: [ScriptStatement]
  /// Why the text behind the last statement is none: a string, quoted name or comment that is never closed, or a BEGIN
  /// ATOMIC without END, with the place where it opens.
  package let fault: QueryError?

  package init(_ text: String) {
    let bytes = Array(text.utf8)
    var (ranges, end) = bytes.withUnsafeBufferPointer { text in
      var scanner = StatementScanner(text)
      let ranges = scanner.run()
      return (ranges, scanner.end)
    }
    if case .inside(let what, let offset) = end {
      fault = QueryError(
        .syntaxError, .parse, "the \(what) that begins here is never closed",
        span: SourceSpan(start: offset, end: offset + 1))
      if let last = ranges.last, last.upperBound == bytes.count { ranges.removeLast() }
    } else {
      fault = nil
    }
    statements = ranges.map { range in
      ScriptStatement(
        text: String(decoding: bytes[range], as: UTF8.self),
        span: SourceSpan(start: range.lowerBound, end: range.upperBound))
    }
  }

  /// Whether a shell can hand over what was typed: it is blank, or its last statement has its semicolon.
  package static func isComplete(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var scanner = StatementScanner(bytes)
      _ = scanner.run()
      return scanner.end == .behindStatement
    }
  }
}

/// Finds the semicolons that end statements: outside of strings, comments and BEGIN ATOMIC ... END.
private struct StatementScanner {
  enum End: Equatable {
    /// Only spaces and comments stand behind the last semicolon.
    case behindStatement
    case insideStatement
    /// Something that begins at the offset is open.
    case inside(String, Int)
  }

  private(set) var end = End.behindStatement
  private let text: UnsafeBufferPointer<UInt8>
  private var index = 0
  private var statements: [Range<Int>] = []
  /// Start and end of the statement's tokens so far.
  private var current: Range<Int>?
  /// The keywords of the first words behind the start of a statement or an inner semicolon.
  private var openingWords: [Keyword?] = []
  private var blockStarts: [Int] = []

  init(_ text: UnsafeBufferPointer<UInt8>) {
    self.text = text
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
  }

  /// The statements; one that holds something unclosed is the last and reaches to the end of the text.
  mutating func run() -> [Range<Int>] {
    while index < text.count, case .behindStatement = end { step() }
    if let current {
      statements.append(current)
      if case .behindStatement = end { end = .insideStatement }
    }
    if case .insideStatement = end, let start = blockStarts.first {
      end = .inside("BEGIN ATOMIC", start)
      statements[statements.count - 1] = statements[statements.count - 1].lowerBound..<text.count
    }
    return statements
  }

  private mutating func step() {
    let byte = text[index]
    if ByteClass.isSpace(byte) {
      index += 1
    } else if let commentEnd = ByteClass.endOfComment(text, index) {
      if commentEnd > text.count {
        end = .inside("comment", index)
        extend(to: text.count)
      }
      index = min(commentEnd, text.count)
    } else if byte == UInt8(ascii: ";") {
      semicolon()
    } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`") {
      quoted(at: index)
    } else if ByteClass.isWord(byte) || byte >= 0x80 {
      word()
    } else {
      extend(to: index + 1)
      openingWords.append(nil)
    }
  }

  private mutating func extend(to newIndex: Int) {
    current = (current?.lowerBound ?? index)..<newIndex
    index = newIndex
  }

  private mutating func semicolon() {
    openingWords = []
    if !blockStarts.isEmpty {
      extend(to: index + 1)
      return
    }
    if let current { statements.append(current) }
    current = nil
    index += 1
  }

  private mutating func quoted(at quote: Int) {
    let isRaw = quote > index
    guard let close = ByteClass.endOfQuoted(text, quote, isRaw: isRaw) else {
      end = .inside(text[quote] == UInt8(ascii: "`") ? "quoted name" : "string", quote)
      extend(to: text.count)
      return
    }
    extend(to: close)
    openingWords.append(nil)
  }

  private mutating func word() {
    var close = index
    while close < text.count, ByteClass.isWord(text[close]) || text[close] >= 0x80 { close += 1 }
    if close == index + 1, text[index] | 0x20 == UInt8(ascii: "r"), close < text.count,
      text[close] == UInt8(ascii: "'") || text[close] == UInt8(ascii: "\"")
    {
      quoted(at: close)
      return
    }
    if openingWords.count < 2 { note(UnsafeBufferPointer(rebasing: text[index..<close])) }
    extend(to: close)
  }

  /// Follows BEGIN ATOMIC and END by the first words of each statement.
  private mutating func note(_ word: UnsafeBufferPointer<UInt8>) {
    let keyword = KeywordTable.shared.keyword(word)
    if openingWords.isEmpty, keyword == .end, !blockStarts.isEmpty { blockStarts.removeLast() }
    openingWords.append(keyword)
    if openingWords == [.begin, .atomic] {
      blockStarts.append(current?.lowerBound ?? index)
      openingWords = []
    }
  }
}
