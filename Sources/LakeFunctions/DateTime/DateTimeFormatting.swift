import LakeTypes

/// The parts of a wall-clock time that patterns print.
struct WallClock {
  let days: Int
  let date: CivilDate
  let microsOfDay: Int64

  init(localMicros micros: Int64) {
    let day = DateTimeText.floorDivide(micros, DateTimeText.microsPerDay)
    days = Int(day)
    date = CalendarMath.date(days)
    microsOfDay = micros &- day &* DateTimeText.microsPerDay
  }

  var hour: Int { Int(microsOfDay / 3_600_000_000) }
  var minute: Int { Int(microsOfDay / 60_000_000 % 60) }
  var second: Int { Int(microsOfDay / 1_000_000 % 60) }
  var microsOfSecond: Int { Int(microsOfDay % 1_000_000) }
  /// 0 = Monday.
  var weekday: Int { CalendarMath.weekday(days) }
}

extension DateTimePattern {
  /// Appends an instant as its zone's clocks show it.
  func format(_ micros: Int64, zone: TimeZoneRules, cursor: inout ZoneCursor, to bytes: inout [UInt8]) {
    let offset = cursor.offset(atUTC: micros)
    let clock = WallClock(localMicros: micros &+ offset)
    if let layout, layout.append(clock, to: &bytes) { return }
    for step in steps { step.format(clock, micros, offset, zone, to: &bytes) }
  }
}

extension DateTimePattern.Step {
  fileprivate func format(
    _ clock: WallClock, _ instant: Int64, _ offset: Int64, _ zone: TimeZoneRules, to bytes: inout [UInt8]
  ) {
    switch self {
    case .literal(let text): bytes += text
    case .number(let field, let width): Self.append(field.value(clock), width, to: &bytes)
    case .shortYear: Self.appendPadded(Self.yearOfEra(clock.date.year) % 100, 2, to: &bytes)
    case .monthName(let isFull): Self.append(CalendarNames.months[clock.date.month - 1], isFull, to: &bytes)
    case .weekdayName(let isFull): Self.append(CalendarNames.weekdays[clock.weekday], isFull, to: &bytes)
    case .quarterName(let isFull):
      let quarter = (clock.date.month + 2) / 3
      bytes += isFull ? CalendarNames.quarters[quarter - 1] : [0x51, UInt8(0x30 + quarter)]
    case .halfDay: bytes += clock.hour < 12 ? [0x41, 0x4D] : [0x50, 0x4D]
    case .era: bytes += clock.date.year > 0 ? Array("AD".utf8) : Array("BC".utf8)
    case .fraction(let digits): Self.appendFraction(clock.microsOfSecond, digits, to: &bytes)
    case .zoneID: bytes += Array(zone.name.utf8)
    case .zoneName: bytes += Array(zone.abbreviation(atUTC: instant).utf8)
    case .offset(let style): style.append(Int(offset / DateTimeText.microsPerSecond), to: &bytes)
    case .optional(let steps): for step in steps { step.format(clock, instant, offset, zone, to: &bytes) }
    }
  }

  fileprivate static func yearOfEra(_ year: Int) -> Int { year > 0 ? year : 1 - year }

  private static func append(_ value: Int, _ width: DateTimePattern.NumberWidth, to bytes: inout [UInt8]) {
    if width.needsSignBeyond, value >= 10_000, width.minimum < 5 { bytes.append(0x2B) }
    appendPadded(value, width.minimum, to: &bytes)
  }

  static func appendPadded(_ value: Int, _ width: Int, to bytes: inout [UInt8]) {
    if width == 2, value < 100 {
      bytes.append(UInt8(truncatingIfNeeded: 0x30 + value / 10))
      bytes.append(UInt8(truncatingIfNeeded: 0x30 + value % 10))
      return
    }
    let digits = String(value).utf8
    for _ in 0..<max(0, width - digits.count) { bytes.append(0x30) }
    bytes += digits
  }

  private static func append(_ name: [UInt8], _ isFull: Bool, to bytes: inout [UInt8]) {
    bytes += isFull ? name[...] : name.prefix(3)
  }

  private static func appendFraction(_ micros: Int, _ digits: Int, to bytes: inout [UInt8]) {
    var divisor = 100_000
    for _ in 0..<digits {
      bytes.append(UInt8(0x30 + (divisor == 0 ? 0 : micros / divisor % 10)))
      divisor /= 10
    }
  }
}

extension DateTimePattern.NumberField {
  /// The field's number in a wall-clock time.
  func value(_ clock: WallClock) -> Int {
    switch self {
    case .year: DateTimePattern.Step.yearOfEra(clock.date.year)
    case .month: clock.date.month
    case .day: clock.date.day
    case .dayOfYear: CalendarMath.dayOfYear(clock.date)
    case .quarter: (clock.date.month + 2) / 3
    case .alignedWeek: (clock.date.day - 1) % 7 + 1
    case .hour: clock.hour
    case .clockHour: clock.hour == 0 ? 24 : clock.hour
    case .clockHourOfHalfDay: clock.hour % 12 == 0 ? 12 : clock.hour % 12
    case .hourOfHalfDay: clock.hour % 12
    case .minute: clock.minute
    case .second: clock.second
    }
  }
}

extension DateTimePattern.OffsetStyle {
  fileprivate func append(_ seconds: Int, to bytes: inout [UInt8]) {
    if isLocalized { bytes += Array("GMT".utf8) }
    if seconds == 0, zeroIsZ { return bytes.append(0x5A) }
    if seconds == 0, isLocalized { return }
    let magnitude = abs(seconds)
    bytes.append(seconds < 0 ? 0x2D : 0x2B)
    DateTimePattern.Step.appendPadded(magnitude / 3600, isShort ? 1 : 2, to: &bytes)
    if minutes == .ifNotZero, magnitude % 3600 == 0 { return }
    if hasColon { bytes.append(0x3A) }
    DateTimePattern.Step.appendPadded(magnitude / 60 % 60, 2, to: &bytes)
    guard minutes == .withSeconds, magnitude % 60 != 0 else { return }
    if hasColon { bytes.append(0x3A) }
    DateTimePattern.Step.appendPadded(magnitude % 60, 2, to: &bytes)
  }
}
