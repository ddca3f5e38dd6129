import LakeDiagnostics

/// Cuts the text of a statement into tokens.
struct Lexer {
  private let text: UnsafeBufferPointer<UInt8>
  /// Added to every offset in errors: where the text stands in its script.
  private let base: Int
  private let keywords = KeywordTable.shared
  private var index = 0
  private var tokens: [Token] = []
  private var isInHint = false

  /// Returns the tokens of the text; the last one has the kind `endOfText`.
  static func tokens(of bytes: [UInt8], base: Int) throws(QueryError) -> [Token] {
    if bytes.count >= Int(Int32.max) {
      throw QueryError(.limitExceeded, .parse, "the statement is longer than 2 GiB")
    }
    var result: Result<[Token], QueryError> = .success([])
    bytes.withUnsafeBufferPointer { text in
      var lexer = Lexer(text: text, base: base)
      result = Result { () throws(QueryError) in try lexer.run() }
    }
    return try result.get()
  }

  private init(text: UnsafeBufferPointer<UInt8>, base: Int) {
    self.text = text
    self.base = base
    tokens.reserveCapacity(text.count / 5 + 2)
  }

  private mutating func run() throws(QueryError) -> [Token] {
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    while true {
      try skipBlanks()
      guard index < text.count else { break }
      try scanToken()
    }
    append(.endOfText, length: 0)
    return tokens
  }

  private func byte(_ offset: Int) -> UInt8 {
    let position = index + offset
    return position < text.count ? text[position] : 0
  }

  private mutating func append(_ kind: TokenKind, length: Int, keyword: Keyword? = nil) {
    tokens.append(
      Token(kind: kind, keyword: keyword, start: Int32(index), end: Int32(index + length)))
    index += length
  }

  private mutating func skipBlanks() throws(QueryError) {
    while index < text.count {
      if ByteClass.isSpace(text[index]) {
        index += 1
      } else if !isHintStart, let end = ByteClass.endOfComment(text, index) {
        if end > text.count { throw unclosed("comment", opening: 2) }
        index = end
      } else {
        return
      }
    }
  }

  /// A hint is a comment with a plus behind SELECT; anywhere else it stays a comment.
  private var isHintStart: Bool {
    byte(0) == UInt8(ascii: "/") && byte(1) == UInt8(ascii: "*") && byte(2) == UInt8(ascii: "+")
      && !isInHint && tokens.last?.keyword == .select
  }

  private mutating func scanToken() throws(QueryError) {
    let first = text[index]
    switch first {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): try scanQuoted(.string, prefix: 0)
    case UInt8(ascii: "`"): try scanQuoted(.quotedName, prefix: 0)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): try scanNumberOrWord()
    case UInt8(ascii: "."):
      if !ByteClass.isDigit(byte(1)) || !scanFraction() { append(.dot, length: 1) }
    case UInt8(ascii: "r") where isQuote(byte(1)), UInt8(ascii: "R") where isQuote(byte(1)):
      try scanQuoted(.rawString, prefix: 1)
    default:
      if ByteClass.isWord(first) || first >= 0x80 {
        try scanWord()
      } else {
        try scanSymbol(first)
      }
    }
  }

  private func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") }

  private mutating func scanQuoted(_ kind: TokenKind, prefix: Int) throws(QueryError) {
    guard let end = ByteClass.endOfQuoted(text, index + prefix, isRaw: kind == .rawString) else {
      throw unclosed(kind == .quotedName ? "quoted name" : "string", opening: prefix + 1)
    }
    append(kind, length: end - index)
  }

  private mutating func scanWord() throws(QueryError) {
    let end = try endOfWord(index)
    let word = UnsafeBufferPointer(rebasing: text[index..<end])
    append(.word, length: end - index, keyword: keywords.keyword(word))
  }

  private func endOfWord(_ start: Int) throws(QueryError) -> Int {
    var end = start
    while end < text.count {
      if ByteClass.isWord(text[end]) {
        end += 1
      } else if text[end] >= 0x80 {
        let (scalar, length) = scalar(at: end)
        let properties = scalar.properties
        if !properties.isAlphabetic && properties.numericType == nil && !properties.isIDContinue {
          if end > start { return end }
          throw unexpectedCharacter(scalar, length: length)
        }
        end += length
      } else {
        break
      }
    }
    return end
  }

  /// The Unicode scalar at an offset and its length in bytes; a broken sequence is one replacement character.
  private func scalar(at offset: Int) -> (Unicode.Scalar, Int) {
    var decoder = UTF8()
    var bytes = text[offset...].makeIterator()
    if case .scalarValue(let scalar) = decoder.decode(&bytes) {
      return (scalar, UTF8.width(scalar))
    }
    return ("\u{FFFD}", 1)
  }

  /// A number, or a name that starts with digits: whichever is longer.
  private mutating func scanNumberOrWord() throws(QueryError) {
    let wordEnd = try endOfWord(index)
    var end = index
    while end < wordEnd, ByteClass.isDigit(text[end]) { end += 1 }
    if end < text.count, text[end] == UInt8(ascii: "."), scanFraction() { return }
    let number = numberSuffix(end, whole: true)
    if number.end >= wordEnd {
      append(number.kind, length: number.end - index)
    } else {
      let word = UnsafeBufferPointer(rebasing: text[index..<wordEnd])
      append(.word, length: wordEnd - index, keyword: keywords.keyword(word))
    }
  }

  /// Scans a number with a decimal point. It is none if letters follow directly, as in `t.1a`.
  private mutating func scanFraction() -> Bool {
    var end = index
    while end < text.count, ByteClass.isDigit(text[end]) { end += 1 }
    end += 1
    while end < text.count, ByteClass.isDigit(text[end]) { end += 1 }
    let number = numberSuffix(end, whole: false)
    if number.end < text.count, ByteClass.isWord(text[number.end]) || text[number.end] >= 0x80 {
      return false
    }
    append(number.kind, length: number.end - index)
    return true
  }

  /// The exponent and the type letters behind the digits.
  private func numberSuffix(_ start: Int, whole: Bool) -> (kind: TokenKind, end: Int) {
    let end = endOfExponent(start)
    let hasExponent = end > start
    let letter = end < text.count ? text[end] | 0x20 : 0
    switch letter {
    case UInt8(ascii: "d"): return (.double, end + 1)
    case UInt8(ascii: "f"): return (.float, end + 1)
    case UInt8(ascii: "b") where end + 1 < text.count && text[end + 1] | 0x20 == UInt8(ascii: "d"):
      return (.decimal, end + 2)
    case UInt8(ascii: "l"), UInt8(ascii: "s"), UInt8(ascii: "y"):
      if whole && !hasExponent { return (.integer, end + 1) }
    default: break
    }
    return (hasExponent ? .double : whole ? .integer : .decimal, end)
  }

  private func endOfExponent(_ start: Int) -> Int {
    guard start < text.count, text[start] | 0x20 == UInt8(ascii: "e") else { return start }
    var end = start + 1
    if end < text.count, text[end] == UInt8(ascii: "+") || text[end] == UInt8(ascii: "-") { end += 1 }
    let digits = end
    while end < text.count, ByteClass.isDigit(text[end]) { end += 1 }
    return end > digits ? end : start
  }

  private mutating func scanSymbol(_ first: UInt8) throws(QueryError) {
    let second = byte(1)
    switch first {
    case UInt8(ascii: "("): append(.leftParen, length: 1)
    case UInt8(ascii: ")"): append(.rightParen, length: 1)
    case UInt8(ascii: "["): append(.leftBracket, length: 1)
    case UInt8(ascii: "]"): append(.rightBracket, length: 1)
    case UInt8(ascii: ","): append(.comma, length: 1)
    case UInt8(ascii: ";"): append(.semicolon, length: 1)
    case UInt8(ascii: "?"): append(.question, length: 1)
    case UInt8(ascii: "+"): append(.plus, length: 1)
    case UInt8(ascii: "%"): append(.percentSign, length: 1)
    case UInt8(ascii: "&"): append(.ampersand, length: 1)
    case UInt8(ascii: "^"): append(.caret, length: 1)
    case UInt8(ascii: "~"): append(.tilde, length: 1)
    case UInt8(ascii: ":"): either(.colon, .doubleColon, second == UInt8(ascii: ":"))
    case UInt8(ascii: "-"): either(.dash, .arrow, second == UInt8(ascii: ">"))
    case UInt8(ascii: "|"): either(.pipe, .concat, second == UInt8(ascii: "|"))
    case UInt8(ascii: "!"): either(.bang, .notEqual, second == UInt8(ascii: "="))
    case UInt8(ascii: ">"): either(.greater, .greaterOrEqual, second == UInt8(ascii: "="))
    case UInt8(ascii: "*"): scanStar(second)
    case UInt8(ascii: "/"): scanSlash()
    case UInt8(ascii: "="): scanEqual(second)
    case UInt8(ascii: "<"): scanLess(second)
    default: throw unexpectedCharacter(Unicode.Scalar(first), length: 1)
    }
  }

  private mutating func either(_ short: TokenKind, _ long: TokenKind, _ isLong: Bool) {
    append(isLong ? long : short, length: isLong ? 2 : 1)
  }

  private mutating func scanStar(_ second: UInt8) {
    if isInHint, second == UInt8(ascii: "/") {
      isInHint = false
      append(.hintEnd, length: 2)
    } else {
      append(.star, length: 1)
    }
  }

  private mutating func scanSlash() {
    if isHintStart {
      isInHint = true
      append(.hintStart, length: 3)
    } else {
      append(.slash, length: 1)
    }
  }

  private mutating func scanEqual(_ second: UInt8) {
    switch second {
    case UInt8(ascii: "="): append(.equal, length: 2)
    case UInt8(ascii: ">"): append(.fatArrow, length: 2)
    default: append(.equal, length: 1)
    }
  }

  private mutating func scanLess(_ second: UInt8) {
    switch second {
    case UInt8(ascii: "="): either(.lessOrEqual, .nullSafeEqual, byte(2), length: 2)
    case UInt8(ascii: ">"): append(.notEqual, length: 2)
    case UInt8(ascii: "<"): append(.shiftLeft, length: 2)
    default: append(.less, length: 1)
    }
  }

  private mutating func either(_ short: TokenKind, _ long: TokenKind, _ next: UInt8, length: Int) {
    let isLong = next == UInt8(ascii: ">")
    append(isLong ? long : short, length: isLong ? length + 1 : length)
  }

  private func unclosed(_ what: String, opening length: Int) -> QueryError {
    QueryError(
      .syntaxError, .parse, "the \(what) that begins here is never closed",
      span: SourceSpan(start: base + index, end: base + index + length))
  }

  private func unexpectedCharacter(_ scalar: Unicode.Scalar, length: Int) -> QueryError {
    let code = String(scalar.value, radix: 16, uppercase: true)
    let shown = scalar.properties.isWhitespace || scalar.value < 0x20 ? "" : " '\(scalar)'"
    let digits = String(repeating: "0", count: max(0, 4 - code.count)) + code
    return QueryError(
      .syntaxError, .parse, "unexpected character\(shown) (U+\(digits))",
      span: SourceSpan(start: base + index, end: base + index + length), hint: hint(for: scalar))
  }

  private func hint(for scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "$": "a variable is written ${name}, and must be set"
    case "\u{A0}", "\u{3000}", "\u{2003}", "\u{2009}", "\u{200B}": "replace this special space by a plain one"
    case "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}": "strings stand in straight quotes: 'text'"
    default: nil
    }
  }
}
