/// What a token is. Every operator has its own kind, so that the parser compares one byte.
enum TokenKind: UInt8, Sendable {
  /// An unquoted name or a keyword.
  case word
  case quotedName
  case string
  /// `r'...'`
  case rawString
  case integer
  case decimal
  case double
  case float
  case leftParen, rightParen, leftBracket, rightBracket
  case comma, dot, semicolon, colon, doubleColon, question
  case plus, dash, star, slash, percentSign
  case concat, pipe, ampersand, caret, tilde
  case shiftLeft
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, nullSafeEqual
  case bang
  /// `->`
  case arrow
  /// `=>`
  case fatArrow
  /// `/*+` behind SELECT.
  case hintStart
  /// The `*/` of a hint.
  case hintEnd
  case endOfText
}

/// A token: its kind and where it stands, in bytes of the statement's text.
struct Token: Sendable {
  var kind: TokenKind
  /// The keyword that a word spells, if any.
  var keyword: Keyword?
  var start: Int32
  var end: Int32
}
