import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// What `trunc` and `date_trunc` cut a date or timestamp to.
enum TruncationUnit: Sendable {
  case year, quarter, month, week, day, hour, minute, second, millisecond, microsecond

  init?(name: String) {
    switch name.uppercased() {
    case "YEAR", "YYYY", "YY": self = .year
    case "QUARTER": self = .quarter
    case "MONTH", "MM", "MON": self = .month
    case "WEEK": self = .week
    case "DAY", "DD": self = .day
    case "HOUR": self = .hour
    case "MINUTE": self = .minute
    case "SECOND": self = .second
    case "MILLISECOND": self = .millisecond
    case "MICROSECOND": self = .microsecond
    default: return nil
    }
  }

  /// Microseconds of a unit shorter than a day.
  var micros: Int64? {
    switch self {
    case .hour: 3_600_000_000
    case .minute: 60_000_000
    case .second: 1_000_000
    case .millisecond: 1000
    case .microsecond: 1
    default: nil
    }
  }

  /// The first day of the unit that holds a day.
  func firstDay(_ days: Int) -> Int {
    let date = CalendarMath.date(days)
    switch self {
    case .year: return CivilDate(year: date.year, month: 1, day: 1).daysSinceEpoch
    case .quarter: return CivilDate(year: date.year, month: (date.month - 1) / 3 * 3 + 1, day: 1).daysSinceEpoch
    case .month: return days - date.day + 1
    case .week: return days - CalendarMath.weekday(days)
    default: return days
    }
  }
}

extension DateTimeFunctions {
  static let truncationFunctions: [ScalarFunction] = [
    .fixed(
      "trunc", "trunc(date, unit)", "The first day of the year, quarter, month or week; NULL for another unit.",
      "SELECT trunc('2019-08-04', 'week'); -- 2019-07-29", [.date, .string], returns: .date, kernel: truncateDate),
    .fixed(
      "date_trunc", "date_trunc(unit, timestamp)",
      "The timestamp cut to a unit from year to microsecond; NULL for another unit.",
      "SELECT date_trunc('HOUR', '2015-03-05T09:32:05.359'); -- 2015-03-05 09:00:00", [.string, .timestamp],
      returns: .timestamp, kernel: truncateTimestamp),
  ]

  private static let truncateDate: ScalarKernel = { (call) throws(QueryError) in
    let dates = call.column(0, Int32.self)
    let units = call.text(1)
    var memo = TextMemo<TruncationUnit?>()
    return try Elementwise.fill(call, .date, Int32(0)) { (row) throws(QueryError) in
      let unit = try memo.value(units, row) { (text) throws(QueryError) in TruncationUnit(name: text) }
      guard let unit, unit.micros == nil, unit != .day else { return nil }
      return Int32(truncatingIfNeeded: unit.firstDay(Int(dates[row])))
    }
  }

  private static let truncateTimestamp: ScalarKernel = { (call) throws(QueryError) in
    let units = call.text(0)
    let values = call.column(1, Int64.self)
    var cursor = ZoneCursor(call.context.timeZone)
    var memo = TextMemo<TruncationUnit?>()
    return try Elementwise.fill(call, .timestamp, Int64(0)) { (row) throws(QueryError) in
      let unit = try memo.value(units, row) { (text) throws(QueryError) in TruncationUnit(name: text) }
      guard let unit else { return nil }
      let offset = cursor.offset(atUTC: values[row])
      let local = values[row] &+ offset
      if let micros = unit.micros { return DateTimeText.floorDivide(local, micros) &* micros &- offset }
      let day = unit.firstDay(CalendarMath.day(ofLocal: local))
      return cursor.utc(fromLocal: Int64(day) &* DateTimeText.microsPerDay)
    }
  }
}
