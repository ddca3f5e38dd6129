import LakeDiagnostics

/// SET, RESET and SOURCE, whose arguments are text and not tokens: `SET path = /data/it's`.
enum RawCommand {
  /// Reads the statement if it begins with one of the commands.
  static func statement(_ bytes: [UInt8], base: Int) throws(QueryError) -> Statement? {
    guard let (word, start, end) = firstWord(bytes), [.set, .reset, .source].contains(word)
    else { return nil }
    let rest = trimmed(withoutComment(bytes[end...]))
    let span = SourceSpan(start: base + start, end: base + end)
    let text = String(decoding: rest, as: UTF8.self)
    let kind: StatementKind
    switch word {
    case .set: kind = try set(text, at: span)
    case .reset: kind = .reset(text.isEmpty ? nil : key(text))
    case .source: kind = try source(text, at: span)
    default: return nil
    }
    return Statement(kind, span: SourceSpan(start: span.start, end: base + max(end, rest.endIndex)))
  }

  /// `key = value`, `key`, or nothing; also `TIME ZONE 'name'`.
  static func set(_ text: String, at span: SourceSpan) throws(QueryError) -> StatementKind {
    if text.isEmpty || text == "-v" { return .set(.showAll) }
    let words = text.split(whereSeparator: \.isWhitespace).prefix(3).map { $0.lowercased() }
    if words.count > 2, words[0] == "time", words[1] == "zone" { return try setTimeZone(text) }
    if words.count > 1, words[0] == "var" || words[0] == "variable", !words[1].hasPrefix("=") {
      throw QueryError(.unsupported, .parse, "SET VARIABLE is not supported", span: span)
    }
    guard let equal = text.firstIndex(of: "=") else { return .set(.show(key(text))) }
    let name = key(String(text[..<equal]))
    if name.isEmpty { throw QueryError(.syntaxError, .parse, "SET has no key before '='", span: span) }
    return .set(.assign(key: name, value: trimmed(text[text.index(after: equal)...])))
  }

  private static func setTimeZone(_ text: String) throws(QueryError) -> StatementKind {
    let zone = text.split(maxSplits: 2, whereSeparator: \.isWhitespace)[2]
    return .set(.assign(key: "spark.sql.session.timeZone", value: unquoted(trimmed(zone))))
  }

  static func source(_ text: String, at span: SourceSpan) throws(QueryError) -> StatementKind {
    let path = unquoted(text)
    if path.isEmpty { throw QueryError(.syntaxError, .parse, "SOURCE needs the path of a script", span: span) }
    return .source(path)
  }

  /// The key without outer spaces and backticks.
  static func key(_ text: String) -> String {
    let key = trimmed(text[...])
    guard key.count > 1, key.first == "`", key.last == "`" else { return key }
    return String(key.dropFirst().dropLast())
  }

  private static func unquoted(_ text: String) -> String {
    guard text.count > 1, let quote = text.first, quote == "'" || quote == "\"", text.last == quote
    else { return text }
    return String(text.dropFirst().dropLast())
  }

  private static func trimmed(_ text: Substring) -> String {
    String(decoding: trimmed(Array(text.utf8)[...]), as: UTF8.self)
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var slice = bytes
    while let last = slice.last, ByteClass.isSpace(last) { slice.removeLast() }
    while let first = slice.first, ByteClass.isSpace(first) { slice.removeFirst() }
    return slice
  }

  /// The text up to a semicolon at its end or a comment behind a space.
  private static func withoutComment(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var slice = bytes
    var index = slice.startIndex
    while index < slice.endIndex {
      let isSpaced = index == slice.startIndex || ByteClass.isSpace(slice[index - 1])
      if isSpaced, slice[index...].starts(with: Array("--".utf8)) {
        slice = slice[..<index]
        break
      }
      index += 1
    }
    slice = trimmed(slice)
    if slice.last == UInt8(ascii: ";") { slice.removeLast() }
    return slice
  }

  /// The first word behind spaces and comments, if it is a keyword, with its offsets.
  private static func firstWord(_ bytes: [UInt8]) -> (Keyword, Int, Int)? {
    bytes.withUnsafeBufferPointer { text in
      var start = 0
      while start < text.count {
        if ByteClass.isSpace(text[start]) {
          start += 1
        } else if let end = ByteClass.endOfComment(text, start) {
          start = end
        } else {
          break
        }
      }
      var end = start
      while end < text.count, ByteClass.isWord(text[end]) { end += 1 }
      guard end > start else { return nil }
      let word = UnsafeBufferPointer(rebasing: text[start..<end])
      return KeywordTable.shared.keyword(word).map { ($0, start, end) }
    }
  }
}
