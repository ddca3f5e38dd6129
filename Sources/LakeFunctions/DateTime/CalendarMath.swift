import LakeTypes

/// Arithmetic on days since 1970-01-01 and on dates.
enum CalendarMath {
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
    let date = CivilDate(daysSinceEpoch: thursday)
    return (date.year, (dayOfYear(date) &- 1) / 7 &+ 1)
  }

  /// The day some months later; the day of the month is cut to the month's length.
  static func adding(months: Int, to days: Int) -> Int {
    let date = CivilDate(daysSinceEpoch: days)
    let total = date.year &* 12 &+ date.month &- 1 &+ months
    let year = total >= 0 ? total / 12 : (total &- 11) / 12
    let month = total &- year &* 12 &+ 1
    let day = min(date.day, CivilDate.daysIn(month: month, year: year))
    return CivilDate(year: year, month: month, day: day).daysSinceEpoch
  }

  static func lastDay(_ days: Int) -> Int {
    let date = CivilDate(daysSinceEpoch: days)
    return days &+ CivilDate.daysIn(month: date.month, year: date.year) &- date.day
  }

  /// The day that a wall-clock time lies on.
  @inline(__always)
  static func day(ofLocal micros: Int64) -> Int {
    Int(DateTimeText.floorDivide(micros, DateTimeText.microsPerDay))
  }
}
