import LakeDiagnostics

// Numbers, typed literals and intervals.
extension Parser {
  /// A number with an optional sign directly before it.
  mutating func numberLiteral() throws(ParseFailure) -> Literal {
    let sign = accept(.dash) ? "-" : ""
    let token = token
    guard isNumber(token) else { throw unexpected("a number") }
    advance()
    let digits = text(token)
    switch token.kind {
    case .integer: return integer(sign, digits)
    case .decimal: return .decimal(sign + withoutLetters(digits, "bd"))
    case .double: return .double(sign + withoutLetters(digits, "d"))
    default: return .float(sign + withoutLetters(digits, "f"))
    }
  }

  private func integer(_ sign: String, _ text: String) -> Literal {
    switch text.utf8.last.map(lowered) {
    case UInt8(ascii: "l"): .integer(sign + text.dropLast(), .bigint)
    case UInt8(ascii: "s"): .integer(sign + text.dropLast(), .smallint)
    case UInt8(ascii: "y"): .integer(sign + text.dropLast(), .tinyint)
    default: .integer(sign + text, .none)
    }
  }

  private func withoutLetters(_ text: String, _ letters: String) -> String {
    text.lowercased().hasSuffix(letters) ? String(text.dropLast(letters.utf8.count)) : text
  }

  /// `DATE '...'` and its kin; nil if no string follows, so that the word is a name.
  mutating func typedLiteral(_ keyword: Keyword) throws(ParseFailure) -> Literal? {
    guard peek().kind == .string || peek().kind == .rawString else { return nil }
    let start = start
    advance()
    let value = try string("a string")
    switch keyword {
    case .date: return .temporal(.date, value)
    case .timestampNtz: return .temporal(.timestampNTZ, value)
    case .timestamp, .timestampLtz: return .temporal(.timestamp, value)
    default: return .binary(try hexadecimal(value, at: span(from: start)))
    }
  }

  private func hexadecimal(_ text: String, at span: SourceSpan) throws(ParseFailure) -> [UInt8] {
    var digits: [UInt8] = []
    for byte in text.utf8 {
      guard let digit = EscapedText.hexadecimalDigit(byte) else {
        throw error("a binary literal holds hexadecimal digits only", at: span)
      }
      digits.append(digit)
    }
    if digits.count % 2 == 1 { digits.insert(0, at: 0) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// INTERVAL in all its spellings; nil where the word is a name.
  mutating func intervalLiteral() throws(ParseFailure) -> IntervalLiteral? {
    guard isIntervalLiteral else { return nil }
    advance()
    if isAtString, intervalUnit(of: tokenBehindStrings) == nil {
      return .text(try string("an interval"))
    }
    let first = try intervalTerm()
    if accept(.to) {
      guard let end = acceptIntervalUnit() else { throw unexpected("a unit of time") }
      return .range(first.value, from: first.unit, to: end)
    }
    var terms = [first]
    while isAtIntervalTerm { terms.append(try intervalTerm()) }
    return .units(terms)
  }

  private var tokenBehindStrings: Token {
    var offset = 0
    while peek(offset).kind == .string || peek(offset).kind == .rawString { offset += 1 }
    return peek(offset)
  }

  /// Whether INTERVAL is followed by a string, or by a number with its unit.
  private var isIntervalLiteral: Bool {
    let isSigned = peek().kind == .dash || peek().kind == .plus
    let value = peek(isSigned ? 2 : 1)
    switch value.kind {
    case .string, .rawString: return !isSigned || intervalUnit(of: peek(3)) != nil
    case .integer, .decimal: return !isSigned || intervalUnit(of: peek(3)) != nil
    default: return false
    }
  }

  /// Whether another value with its unit follows; a sign only counts if they do.
  private var isAtIntervalTerm: Bool {
    switch token.kind {
    case .string, .rawString, .integer, .decimal: intervalUnit(of: peek()) != nil
    default: false
    }
  }

  private mutating func intervalTerm() throws(ParseFailure) -> IntervalTerm {
    var sign = ""
    if accept(.dash) { sign = "-" } else { _ = accept(.plus) }
    var value: String
    if isAtString {
      value = try string("a number")
    } else {
      guard at(.integer) || at(.decimal), source(token).allSatisfy({ ByteClass.isDigit($0) || $0 == 0x2E }) else {
        throw unexpected("a number or a string")
      }
      value = text(token)
      advance()
    }
    if sign == "-" { value = value.hasPrefix("-") ? String(value.dropFirst()) : "-" + value }
    guard let unit = acceptIntervalUnit() else { throw unexpected("a unit of time, such as DAY") }
    return IntervalTerm(value: value, unit: unit)
  }
}
