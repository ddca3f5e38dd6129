import LakeColumnar
import LakeTypes

/// Arithmetic on days since 1970-01-01 and on dates.
enum CalendarMath {
  /// The date of a day number, faster than `CivilDate` for years from -32,000 to 2,900,000.
  ///
  /// After C. Neri and L. Schneider, "Euclidean affine functions and their application to calendar algorithms" (2022).
  @inline(__always)
  static func date(_ days: Int) -> CivilDate {
    let shifted = UInt64(bitPattern: Int64(days &+ firstDay))
    guard shifted < dayLimit else { return CivilDate(daysSinceEpoch: days) }
    let (year, dayOfYear) = marchYear(UInt32(truncatingIfNeeded: shifted))
    let months = 2141 &* dayOfYear &+ 197_913
    let isNextYear = bit(dayOfYear >= 306)
    return CivilDate(
      year: Int(year) &- firstYear &+ isNextYear,
      month: Int(months >> 16) &- 12 &* isNextYear, day: Int((months & 0xFFFF) / 2141) &+ 1)
  }

  private static let eras = 82
  /// 1970-01-01 as a day counted from the first that `marchYear` knows, and the year it counts from.
  private static let firstDay = 719_468 + 146_097 * eras
  private static let firstYear = 400 * eras
  private static let dayLimit: UInt64 = 1 << 30

  /// The year that began in March and the day in it, both from 0.
  @inline(__always)
  private static func marchYear(_ days: UInt32) -> (year: UInt32, dayOfYear: UInt32) {
    let quarters = days &* 4 &+ 3
    let century = quarters / 146_097
    let product = 2_939_745 &* UInt64((quarters % 146_097) | 3)
    let yearOfCentury = UInt32(truncatingIfNeeded: product >> 32)
    return (century &* 100 &+ yearOfCentury, UInt32(truncatingIfNeeded: product) / 2_939_745 / 4)
  }

  /// The years of many days, eight at once where all are such as `date` is fast for.
  static func years(_ days: UnsafePointer<Int32>, count: Int, into years: UnsafeMutablePointer<Int32>) {
    var beyond: UInt32 = 0
    for row in 0..<count { beyond |= UInt32(bitPattern: days[row] &+ Int32(firstDay)) }
    guard UInt64(beyond) < dayLimit else {
      for row in 0..<count { years[row] = Int32(truncatingIfNeeded: date(Int(days[row])).year) }
      return
    }
    for row in 0..<count {
      let (year, dayOfYear) = marchYear(UInt32(bitPattern: days[row] &+ Int32(firstDay)))
      years[row] = Int32(bitPattern: year) &- Int32(firstYear) &+ (dayOfYear >= 306 ? 1 : 0)
    }
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
