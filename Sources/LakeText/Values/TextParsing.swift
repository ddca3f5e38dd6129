import LakeDiagnostics
import LakeTypes

/// Reads dates, timestamps and booleans as the options of a format ask for.
struct TextParsing {
  typealias Text = UnsafeBufferPointer<UInt8>

  let zone: TextTimeZone
  private let datePattern: DateTimePattern?
  private let timestampPattern: DateTimePattern?
  private let timestampNTZPattern: DateTimePattern?

  init(
    zone: TextTimeZone, dateFormat: String?, timestampFormat: String?, timestampNTZFormat: String?
  ) throws(QueryError) {
    self.zone = zone
    datePattern = try Self.pattern(dateFormat)
    timestampPattern = try Self.pattern(timestampFormat)
    timestampNTZPattern = try Self.pattern(timestampNTZFormat)
  }

  private static func pattern(_ text: String?) throws(QueryError) -> DateTimePattern? {
    guard let text else { return nil }
    return try DateTimePattern(text)
  }

  /// Days since 1970-01-01.
  func date(_ text: Text) -> Int32? {
    if let datePattern {
      guard let moment = datePattern.parse(text) else { return nil }
      return Int32(exactly: DateTimeText.floorDivide(moment.localMicros, DateTimeText.microsPerDay))
    }
    if text.count == 10, let days = Self.isoDate(text) { return Int32(truncatingIfNeeded: days) }
    return DateTimeText.parseDate(text)
  }

  /// An instant.
  func timestamp(_ text: Text) -> Int64? {
    guard let moment = moment(text, timestampPattern) else { return nil }
    return moment.instant(in: zone)
  }

  /// Wall-clock microseconds; a zone in the text is passed over.
  func timestampNTZ(_ text: Text) -> Int64? { moment(text, timestampNTZPattern)?.localMicros }

  private func moment(_ text: Text, _ pattern: DateTimePattern?) -> WallClockMoment? {
    if let pattern { return pattern.parse(text) }
    if text.count == 19, let micros = Self.isoDateTime(text) {
      return WallClockMoment(localMicros: micros, zone: .none)
    }
    return DateTimeText.parseTimestamp(text).map(WallClockMoment.init)
  }

  @inline(__always)
  private static func twoDigits(_ text: Text, _ index: Int) -> Int {
    let high = text[index] &- 0x30
    let low = text[index &+ 1] &- 0x30
    return high > 9 || low > 9 ? 1 << 20 : Int(high) &* 10 &+ Int(low)
  }

  /// Days of exactly `yyyy-MM-dd` at the start of the text.
  private static func isoDate(_ text: Text) -> Int? {
    let year = twoDigits(text, 0) &* 100 &+ twoDigits(text, 2)
    let date = CivilDate(year: year, month: twoDigits(text, 5), day: twoDigits(text, 8))
    guard year < 10_000, text[4] == 0x2D, text[7] == 0x2D, date.month >= 1, date.month <= 12, date.day >= 1,
      date.day <= 28 || date.isValid
    else { return nil }
    return date.daysSinceEpoch
  }

  /// Wall-clock microseconds of exactly `yyyy-MM-dd HH:mm:ss`, with a space or `T`.
  private static func isoDateTime(_ text: Text) -> Int64? {
    guard let days = isoDate(text), text[10] == 0x20 || text[10] == 0x54, text[13] == 0x3A, text[16] == 0x3A
    else { return nil }
    let hour = twoDigits(text, 11)
    let minute = twoDigits(text, 14)
    let second = twoDigits(text, 17)
    guard hour < 24, minute < 60, second < 60 else { return nil }
    let seconds = days &* 86_400 &+ hour &* 3600 &+ minute &* 60 &+ second
    return Int64(seconds) &* DateTimeText.microsPerSecond
  }

  /// `true` or `false`, ignoring case.
  static func boolean(_ text: Text) -> Bool? {
    if isWord(text, "true") { return true }
    return isWord(text, "false") ? false : nil
  }

  /// Whether the text is a lower-case ASCII word, ignoring case.
  static func isWord(_ text: Text, _ word: StaticString) -> Bool {
    guard text.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<text.count where text[index] | 0x20 != word.utf8Start[index] { return false }
    return true
  }
}
