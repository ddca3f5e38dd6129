import LakeTypes

/// A wall-clock time read from text, and the zone that the text named.
struct ClockReading {
  /// Microseconds since 1970-01-01T00:00:00 on the wall clock.
  var localMicros: Int64
  var zone: ParsedTimestamp.Zone

  /// The instant that the text names; the session's zone where it names none, nil where its region is unknown.
  func instant(in session: inout ZoneCursor) -> Int64? {
    switch zone {
    case .none: return session.utc(fromLocal: localMicros)
    case .offset(let seconds): return localMicros &- Int64(seconds) &* DateTimeText.microsPerSecond
    case .region(let name): return (try? TimeZoneRules.named(name))?.utc(fromLocal: localMicros)
    }
  }
}

extension DateTimePattern {
  /// Reads all of a text by this pattern; nil if it does not fit or names no valid date or time.
  ///
  /// As Spark: names in any case, fields that are absent count as 1970-01-01 00:00:00.
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> ClockReading? {
    if let reading = layout?.parse(text) { return reading }
    var parser = PatternParser(text)
    guard parser.read(steps), parser.isAtEnd else { return nil }
    return parser.fields.resolve()
  }
}

/// What a text said, before it is checked.
private struct ParsedFields {
  var year: Int?
  var month: Int?
  var day: Int?
  var dayOfYear: Int?
  var quarter: Int?
  var alignedWeek: Int?
  var weekday: Int?
  var hour: Int?
  var hourOfHalfDay: Int?
  var isAfternoon: Bool?
  var isBeforeChrist = false
  var minute = 0
  var second = 0
  var micros = 0
  var zone = ParsedTimestamp.Zone.none

  mutating func set(_ field: DateTimePattern.NumberField, _ value: Int) -> Bool {
    switch field {
    case .year: year = value
    case .month: month = value
    case .day: day = value
    case .dayOfYear: dayOfYear = value
    case .quarter: quarter = value
    case .alignedWeek: alignedWeek = value
    case .hour: hour = value
    case .clockHour: hour = value == 24 ? 0 : value == 0 ? 24 : value
    case .clockHourOfHalfDay: hourOfHalfDay = value == 12 ? 0 : value == 0 ? 12 : value
    case .hourOfHalfDay: hourOfHalfDay = value
    case .minute: minute = value
    case .second: second = value
    }
    return true
  }

  func resolve() -> ClockReading? {
    guard let days = resolvedDays(), let seconds = resolvedSeconds() else { return nil }
    let (dayMicros, overflow) = Int64(days).multipliedReportingOverflow(by: DateTimeText.microsPerDay)
    if overflow { return nil }
    let time = Int64(seconds) * DateTimeText.microsPerSecond + Int64(micros)
    let (total, isTooLarge) = dayMicros.addingReportingOverflow(time)
    return isTooLarge ? nil : ClockReading(localMicros: total, zone: zone)
  }

  private func resolvedDays() -> Int? {
    let era = year ?? 1970
    if year == 0 { return nil }
    let year = isBeforeChrist ? 1 - era : era
    var date = CivilDate(year: year, month: month ?? 1, day: day ?? 1)
    if let dayOfYear {
      guard dayOfYear >= 1, dayOfYear <= (CivilDate.isLeap(year) ? 366 : 365) else { return nil }
      let counted = CivilDate(daysSinceEpoch: CivilDate(year: year, month: 1, day: 1).daysSinceEpoch + dayOfYear - 1)
      guard month == nil || month == counted.month, day == nil || day == counted.day else { return nil }
      date = counted
    }
    guard date.isValid, date.year > -300_000, date.year < 300_000 else { return nil }
    if let quarter, quarter != (date.month + 2) / 3 { return nil }
    let days = date.daysSinceEpoch
    if let weekday, weekday != CalendarMath.weekday(days) { return nil }
    return days
  }

  private func resolvedSeconds() -> Int? {
    var hours = hour ?? 0
    if let half = hourOfHalfDay {
      guard half < 12 else { return nil }
      let full = half + (isAfternoon == true ? 12 : 0)
      if let hour, hour != full { return nil }
      hours = full
    }
    guard hours < 24, minute < 60, second < 60 else { return nil }
    return hours * 3600 + minute * 60 + second
  }
}

/// Walks a text along the steps of a pattern.
private struct PatternParser {
  private let text: UnsafeBufferPointer<UInt8>
  private var index = 0
  var fields = ParsedFields()

  init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

  var isAtEnd: Bool { index == text.count }

  mutating func read(_ steps: [DateTimePattern.Step]) -> Bool {
    for step in steps where !read(step) { return false }
    return true
  }

  private mutating func read(_ step: DateTimePattern.Step) -> Bool {
    switch step {
    case .literal(let bytes): return skip(bytes)
    case .number(let field, let width): return number(width).map { fields.set(field, $0) } ?? false
    case .shortYear: return digits(2, 2).map { fields.set(.year, 2000 + $0) } ?? false
    case .monthName(let isFull):
      return name(CalendarNames.months, isFull).map { fields.set(.month, $0 + 1) } ?? false
    case .weekdayName(let isFull):
      fields.weekday = name(CalendarNames.weekdays, isFull)
      return fields.weekday != nil
    case .quarterName(let isFull): return quarter(isFull)
    case .halfDay: return halfDay()
    case .era: return era()
    case .fraction(let limit): return fraction(limit)
    case .zoneID, .zoneName: return region()
    case .offset(let style): return offset(style)
    case .optional(let steps):
      let before = (index, fields)
      if !read(steps) { (index, fields) = before }
      return true
    }
  }

  /// Skips bytes, ignoring the case of letters.
  private mutating func skip(_ bytes: [UInt8]) -> Bool {
    guard index + bytes.count <= text.count else { return false }
    for (position, byte) in bytes.enumerated() where !Self.isSame(text[index + position], byte) { return false }
    index += bytes.count
    return true
  }

  private static func isSame(_ a: UInt8, _ b: UInt8) -> Bool {
    a == b || (a ^ b == 0x20 && a | 0x20 >= 0x61 && a | 0x20 <= 0x7A)
  }

  private func isDigit(_ position: Int) -> Bool {
    position < text.count && text[position] >= 0x30 && text[position] <= 0x39
  }

  private mutating func digits(_ minimum: Int, _ maximum: Int) -> Int? {
    let start = index
    var value = 0
    while index - start < maximum, isDigit(index) {
      value = value * 10 + Int(text[index] - 0x30)
      index += 1
    }
    return index - start >= minimum ? value : nil
  }

  private mutating func number(_ width: DateTimePattern.NumberWidth) -> Int? {
    if width.isFixed { return digits(width.minimum, width.maximum) }
    let hasSign = width.needsSignBeyond && index < text.count && text[index] == 0x2B
    if hasSign { index += 1 }
    var run = 0
    while isDigit(index + run) { run += 1 }
    let length = min(width.maximum, max(width.minimum, run - width.reserved))
    if width.needsSignBeyond, hasSign != (length > width.minimum) { return nil }
    return digits(width.minimum, length)
  }

  private mutating func name(_ names: [[UInt8]], _ isFull: Bool) -> Int? {
    for (position, name) in names.enumerated() where skip(isFull ? name : Array(name.prefix(3))) { return position }
    return nil
  }

  private mutating func quarter(_ isFull: Bool) -> Bool {
    if isFull { return name(CalendarNames.quarters, true).map { fields.set(.quarter, $0 + 1) } ?? false }
    guard skip([0x51]), let value = digits(1, 1) else { return false }
    return fields.set(.quarter, value)
  }

  private mutating func halfDay() -> Bool {
    if skip([0x41, 0x4D]) {
      fields.isAfternoon = false
    } else if skip([0x50, 0x4D]) {
      fields.isAfternoon = true
    } else {
      return false
    }
    return true
  }

  private mutating func era() -> Bool {
    if skip([0x41, 0x44]) { return true }
    fields.isBeforeChrist = skip([0x42, 0x43])
    return fields.isBeforeChrist
  }

  /// One to `limit` digits, cut to microseconds.
  private mutating func fraction(_ limit: Int) -> Bool {
    let start = index
    guard var value = digits(1, limit) else { return false }
    let count = index - start
    for _ in 0..<max(0, 6 - count) { value *= 10 }
    for _ in 0..<max(0, count - 6) { value /= 10 }
    fields.micros = value
    return true
  }

  /// A zone's name or an offset: everything up to a space or a bracket.
  private mutating func region() -> Bool {
    var end = index
    while end < text.count, text[end] > 0x20, text[end] != 0x5D, text[end] != 0x5B, text[end] != 0x2C { end += 1 }
    guard end > index else { return false }
    let name = String(decoding: text[index..<end], as: UTF8.self)
    guard (try? TimeZoneRules.named(name)) != nil else { return false }
    fields.zone = .region(name)
    index = end
    return true
  }

  private mutating func offset(_ style: DateTimePattern.OffsetStyle) -> Bool {
    if style.isLocalized, !skip(Array("GMT".utf8)) { return false }
    if style.zeroIsZ, skip([0x5A]) {
      fields.zone = .offset(seconds: 0)
      return true
    }
    guard index < text.count, text[index] == 0x2B || text[index] == 0x2D else {
      fields.zone = .offset(seconds: 0)
      return style.isLocalized
    }
    let sign = text[index] == 0x2D ? -1 : 1
    index += 1
    guard let hours = digits(style.isShort ? 1 : 2, 2), hours <= 18 else { return false }
    guard let minutes = part(style, isRequired: style.minutes != .ifNotZero) else { return false }
    let seconds = style.minutes == .withSeconds ? part(style, isRequired: false) : 0
    guard let seconds else { return false }
    fields.zone = .offset(seconds: sign * (hours * 3600 + minutes * 60 + seconds))
    return true
  }

  /// Minutes or seconds of an offset; 0 where they are left out.
  private mutating func part(_ style: DateTimePattern.OffsetStyle, isRequired: Bool) -> Int? {
    let start = index
    if !style.hasColon || skip([0x3A]), let value = digits(2, 2), value < 60 { return value }
    index = start
    return isRequired ? nil : 0
  }
}
