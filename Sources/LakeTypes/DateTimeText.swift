/// The text form of dates and timestamps, as Spark casts them from and to strings.
public enum DateTimeText {
  @inlinable public static var microsPerSecond: Int64 { 1_000_000 }
  @inlinable public static var microsPerDay: Int64 { 86_400_000_000 }

  /// `yyyy-MM-dd`; years beyond four digits get a sign.
  package static func dateString(_ days: Int32) -> String {
    let date = CivilDate(daysSinceEpoch: Int(days))
    return "\(yearString(date.year))-\(padded(date.month, 2))-\(padded(date.day, 2))"
  }

  /// `yyyy-MM-dd HH:mm:ss[.ffffff]` of microseconds in local time; trailing zeros of the fraction are left out.
  package static func timestampString(_ micros: Int64) -> String {
    let days = floorDivide(micros, microsPerDay)
    // The start of the first day may lie before the range.
    let rest = micros &- days &* microsPerDay
    let seconds = Int(rest / microsPerSecond)
    let time = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
    var text = dateString(Int32(truncatingIfNeeded: days)) + " " + time
    let fraction = Int(rest % microsPerSecond)
    if fraction != 0 {
      var digits = padded(fraction, 6)
      while digits.hasSuffix("0") { digits.removeLast() }
      text += "." + digits
    }
    return text
  }

  @inlinable
  public static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
    let quotient = a / b
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient
  }

  private static func yearString(_ year: Int) -> String {
    if year > 9999 { return "+\(year)" }
    return year < 0 ? "-\(padded(-year, 4))" : padded(year, 4)
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}

/// A timestamp read from text: wall-clock microseconds, and the zone if the text named one.
package struct ParsedTimestamp: Sendable {
  package enum Zone: Hashable, Sendable {
    /// The text named no zone.
    case none
    /// A fixed offset east of UTC, in seconds; `Z` and `UTC` are 0.
    case offset(seconds: Int)
    /// A region such as `Europe/Lisbon`.
    case region(String)
  }
  /// Microseconds since 1970-01-01T00:00:00 on the wall clock.
  package var localMicros: Int64
  package var zone: Zone
}

extension DateTimeText {
  /// Reads `[+-]y{4,6}[-M[M][-d[d]]]`, with an optional `T...` or ` ...` tail that is ignored; nil if invalid.
  package static func parseDate(_ text: UnsafeBufferPointer<UInt8>) -> Int32? {
    var cursor = TextCursor(text)
    cursor.trimSpaces()
    guard let date = cursor.readDate() else { return nil }
    if !cursor.isAtEnd, cursor.peek != 0x54, cursor.peek != 0x20 { return nil }
    return Int32(exactly: date.daysSinceEpoch)
  }

  /// Reads a date, optionally `T` or space, `H[H][:m[m][:s[s][.f{1,9}]]]`, and a zone; nil if invalid.
  package static func parseTimestamp(_ text: UnsafeBufferPointer<UInt8>) -> ParsedTimestamp? {
    var cursor = TextCursor(text)
    cursor.trimSpaces()
    guard let date = cursor.readDate() else { return nil }
    let dayMicros = Int64(date.daysSinceEpoch).multipliedReportingOverflow(by: microsPerDay)
    guard !dayMicros.overflow else { return nil }
    if cursor.isAtEnd { return ParsedTimestamp(localMicros: dayMicros.partialValue, zone: .none) }
    guard cursor.peek == 0x54 || cursor.peek == 0x20 else { return nil }
    cursor.advance()
    if cursor.isAtEnd { return ParsedTimestamp(localMicros: dayMicros.partialValue, zone: .none) }
    guard let time = cursor.readTime(), let zone = cursor.readZone(), cursor.isAtEnd else { return nil }
    let sum = dayMicros.partialValue.addingReportingOverflow(time)
    return sum.overflow ? nil : ParsedTimestamp(localMicros: sum.partialValue, zone: zone)
  }
}

extension DateTimeText {
  /// Reads a time without a date, `H[H]:m[m][:s[s][.f{1,9}]]` (after a `T` also `H[H]`), and a zone: microseconds since
  /// midnight; nil if invalid.
  package static func parseTime(_ text: UnsafeBufferPointer<UInt8>) -> ParsedTimestamp? {
    var cursor = TextCursor(text)
    cursor.trimSpaces()
    if cursor.peek == 0x54 {
      cursor.advance()
    } else if !cursor.isAtTime {
      return nil
    }
    guard let time = cursor.readTime(), let zone = cursor.readZone(), cursor.isAtEnd else { return nil }
    return ParsedTimestamp(localMicros: time, zone: zone)
  }
}

/// Reads the parts of a date or time off a piece of text.
private struct TextCursor {
  private var text: UnsafeBufferPointer<UInt8>
  private var index = 0

  init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

  var isAtEnd: Bool { index >= text.count }
  var peek: UInt8 { index < text.count ? text[index] : 0 }
  mutating func advance() { index += 1 }

  /// Whether an hour with its colon comes next.
  var isAtTime: Bool { text[index...].prefix(3).dropFirst().contains(0x3A) }

  mutating func trimSpaces() {
    var end = text.count
    while index < end, text[index] <= 0x20 { index += 1 }
    while end > index, text[end - 1] <= 0x20 { end -= 1 }
    text = UnsafeBufferPointer(rebasing: text[0..<end])
  }

  /// A run of digits of a length within `lengths`, as a number.
  mutating func readNumber(_ lengths: ClosedRange<Int>) -> Int? {
    let start = index
    var value = 0
    while index < text.count, text[index] >= 0x30, text[index] <= 0x39, index - start < lengths.upperBound {
      value = value * 10 + Int(text[index] - 0x30)
      index += 1
    }
    return index - start >= lengths.lowerBound ? value : nil
  }

  mutating func readDate() -> CivilDate? {
    let isNegative = peek == 0x2D
    if isNegative || peek == 0x2B { advance() }
    guard let year = readNumber(4...6) else { return nil }
    var date = CivilDate(year: isNegative ? -year : year, month: 1, day: 1)
    guard peek == 0x2D else { return date }
    advance()
    guard let month = readNumber(1...2) else { return nil }
    date.month = month
    if peek == 0x2D {
      advance()
      guard let day = readNumber(1...2) else { return nil }
      date.day = day
    }
    return date.isValid ? date : nil
  }

  /// Microseconds since midnight.
  mutating func readTime() -> Int64? {
    guard let hour = readNumber(1...2), hour < 24 else { return nil }
    var minute = 0
    var second = 0
    var micros = 0
    if peek == 0x3A {
      advance()
      guard let value = readNumber(1...2), value < 60 else { return nil }
      minute = value
      if peek == 0x3A {
        advance()
        guard let value = readNumber(1...2), value < 60 else { return nil }
        second = value
        if peek == 0x2E {
          advance()
          guard let value = readFraction() else { return nil }
          micros = value
        }
      }
    }
    return Int64((hour * 3600 + minute * 60 + second)) * 1_000_000 + Int64(micros)
  }

  /// One to nine digits behind the point, cut to microseconds.
  private mutating func readFraction() -> Int? {
    let start = index
    guard let value = readNumber(1...9) else { return nil }
    var micros = value
    for _ in 0..<max(0, 6 - (index - start)) { micros *= 10 }
    for _ in 0..<max(0, index - start - 6) { micros /= 10 }
    return micros
  }

  mutating func readZone() -> ParsedTimestamp.Zone? {
    while peek == 0x20 { advance() }
    if isAtEnd { return ParsedTimestamp.Zone.none }
    let name = String(decoding: text[index...], as: UTF8.self)
    if peek == 0x2B || peek == 0x2D { return readOffset().map { .offset(seconds: $0) } }
    index = text.count
    if ["Z", "UTC", "GMT", "UT"].contains(name.uppercased()) { return .offset(seconds: 0) }
    return .region(name)
  }

  private mutating func readOffset() -> Int? {
    let sign = peek == 0x2D ? -1 : 1
    advance()
    guard let hours = readNumber(1...2), hours <= 18 else { return nil }
    if peek == 0x3A { advance() }
    if isAtEnd { return sign * hours * 3600 }
    guard let minutes = readNumber(2...2), minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }
}
