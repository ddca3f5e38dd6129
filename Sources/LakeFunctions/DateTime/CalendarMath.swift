import LakeColumnar
import LakeTypes

/// Arithmetic on days since 1970-01-01 and on dates.
enum CalendarMath {
  /// The date of a day number, faster than `CivilDate` for years from -32,000 to 2,900,000.
  ///
  /// After C. Neri and L. Schneider, "Euclidean affine functions and their application to calendar algorithms" (2022).
  @inline(__always)
  static func date(_ days: Int) -> CivilDate {
    let eras = 82
    let shifted = UInt64(bitPattern: Int64(days &+ 719_468 &+ 146_097 &* eras))
    guard shifted < 1 << 30 else { return CivilDate(daysSinceEpoch: days) }
    let quarters = UInt32(truncatingIfNeeded: shifted) &* 4 &+ 3
    let century = quarters / 146_097
    let product = 2_939_745 &* UInt64((quarters % 146_097) | 3)
    let yearOfCentury = UInt32(truncatingIfNeeded: product >> 32)
    let dayOfYear = UInt32(truncatingIfNeeded: product) / 2_939_745 / 4
    let months = 2141 &* dayOfYear &+ 197_913
    // Years begin in March here.
    let isNextYear = bit(dayOfYear >= 306)
    return CivilDate(
      year: Int(century &* 100 &+ yearOfCentury) &- eras &* 400 &+ isNextYear,
      month: Int(months >> 16) &- 12 &* isNextYear, day: Int((months & 0xFFFF) / 2141) &+ 1)
  }

  /// 0 = Monday to 6 = Sunday.
  @inline(__always)
  static func weekday(_ days: Int) -> Int {
    let shifted = (days &+ 3) % 7
    return shifted < 0 ? shifted &+ 7 : shifted
  }

  @inline(__always)
  static func dayOfYear(_ date: CivilDate) -> Int {
    date.daysSinceEpoch &- CivilDate(year: date.year, month: 1, day: 1).daysSinceEpoch &+ 1
  }

  /// The ISO 8601 week and the year it belongs to.
  static func isoWeek(_ days: Int) -> (year: Int, week: Int) {
    let thursday = days &- weekday(days) &+ 3
    let date = Self.date(thursday)
    return (date.year, (dayOfYear(date) &- 1) / 7 &+ 1)
  }

  /// The day some months later; the day of the month is cut to the month's length.
  static func adding(months: Int, to days: Int) -> Int {
    let date = Self.date(days)
    let total = date.year &* 12 &+ date.month &- 1 &+ months
    let year = total >= 0 ? total / 12 : (total &- 11) / 12
    let month = total &- year &* 12 &+ 1
    let day = min(date.day, CivilDate.daysIn(month: month, year: year))
    return CivilDate(year: year, month: month, day: day).daysSinceEpoch
  }

  static func lastDay(_ days: Int) -> Int {
    let date = Self.date(days)
    return days &+ CivilDate.daysIn(month: date.month, year: date.year) &- date.day
  }

  /// The day that a wall-clock time lies on.
  @inline(__always)
  static func day(ofLocal micros: Int64) -> Int {
    Int(DateTimeText.floorDivide(micros, DateTimeText.microsPerDay))
  }
}
