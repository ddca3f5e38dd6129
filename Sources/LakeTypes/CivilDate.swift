/// A calendar date in the proleptic Gregorian calendar.
///
/// From days to a date by C. Neri and L. Schneider, "Euclidean affine functions and their application to calendar
/// algorithms", 2022; from a date to days by H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
public struct CivilDate: Hashable, Sendable {
  public var year: Int
  /// 1 to 12.
  public var month: Int
  /// 1 to 31.
  public var day: Int

  @inlinable
  public init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The date that many days after 1970-01-01.
  @inlinable
  public init(daysSinceEpoch days: Int) {
    let shifted = days &+ 719_468
    let era = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
    let dayOfEra = UInt64(truncatingIfNeeded: shifted &- era &* 146_097)
    let quarterDays = 4 &* dayOfEra &+ 3
    let century = quarterDays / 146_097
    // The quotient by 1461 as the upper half of a product, and its remainder by the lower.
    let product = 2_939_745 &* (quarterDays % 146_097 | 3)
    let dayOfYear = (product & 0xFFFF_FFFF) / 11_758_980
    let monthAndDay = 2141 &* dayOfYear &+ 197_913
    let isNextYear = dayOfYear >= 306
    year = era &* 400 &+ Int(truncatingIfNeeded: 100 &* century &+ product &>> 32) &+ (isNextYear ? 1 : 0)
    month = Int(truncatingIfNeeded: monthAndDay &>> 16) &- (isNextYear ? 12 : 0)
    day = Int(truncatingIfNeeded: (monthAndDay & 0xFFFF) / 2141) &+ 1
  }

  /// Days since 1970-01-01; the date must be valid.
  @inlinable
  public var daysSinceEpoch: Int {
    let shiftedYear = month <= 2 ? year &- 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear &- 399) / 400
    let yearOfEra = shiftedYear &- era &* 400
    let dayOfYear = (153 &* (month &+ (month > 2 ? -3 : 9)) &+ 2) / 5 &+ day &- 1
    let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
    return era &* 146_097 &+ dayOfEra &- 719_468
  }

  /// Whether month and day exist in the calendar.
  package var isValid: Bool {
    month >= 1 && month <= 12 && day >= 1 && day <= Self.daysIn(month: month, year: year)
  }

  @inlinable
  public static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// Days of a month (1 to 12).
  @inlinable
  public static func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
