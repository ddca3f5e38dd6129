import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// A number that can be read off a date, a timestamp or an interval.
enum DatePart: Sendable {
  case year, isoYear, quarter, month, week, day, dayOfWeek, isoDayOfWeek, weekday, dayOfYear
  case hour, minute, second
  /// Seconds with six fraction digits.
  case exactSecond

  /// The field of `extract` and `date_part` with this name.
  init?(field: String) {
    switch field.uppercased() {
    case "YEAR", "Y", "YEARS", "YR", "YRS": self = .year
    case "YEAROFWEEK": self = .isoYear
    case "QUARTER", "QTR": self = .quarter
    case "MONTH", "MON", "MONS", "MONTHS": self = .month
    case "WEEK", "W", "WEEKS": self = .week
    case "DAY", "D", "DAYS": self = .day
    case "DAYOFWEEK", "DOW": self = .dayOfWeek
    case "DAYOFWEEK_ISO", "DOW_ISO": self = .isoDayOfWeek
    case "DOY": self = .dayOfYear
    case "HOUR", "H", "HOURS", "HR", "HRS": self = .hour
    case "MINUTE", "M", "MIN", "MINS", "MINUTES": self = .minute
    case "SECOND", "S", "SEC", "SECONDS", "SECS": self = .exactSecond
    default: return nil
    }
  }

  var isOfTime: Bool {
    switch self {
    case .hour, .minute, .second, .exactSecond: true
    default: false
    }
  }

  var type: LogicalType { self == .exactSecond ? .decimal(precision: 8, scale: 6) : .int }

  /// The part of a date.
  @inline(__always)
  func value(day days: Int) -> Int {
    switch self {
    case .year: CalendarMath.date(days).year
    case .isoYear: CalendarMath.isoWeek(days).year
    case .quarter: (CalendarMath.date(days).month + 2) / 3
    case .month: CalendarMath.date(days).month
    case .week: CalendarMath.isoWeek(days).week
    case .day: CalendarMath.date(days).day
    case .dayOfWeek: (CalendarMath.weekday(days) + 1) % 7 + 1
    case .isoDayOfWeek: CalendarMath.weekday(days) + 1
    case .weekday: CalendarMath.weekday(days)
    case .dayOfYear: CalendarMath.dayOfYear(CalendarMath.date(days))
    case .hour, .minute, .second, .exactSecond: 0
    }
  }

  /// The part of microseconds since midnight.
  @inline(__always)
  func value(microsOfDay micros: Int64) -> Int64 {
    switch self {
    case .hour: micros / 3_600_000_000
    case .minute: micros / 60_000_000 % 60
    case .second: micros / 1_000_000 % 60
    case .exactSecond: micros % 60_000_000
    default: 0
    }
  }

  /// The part of every row of a date vector.
  func ofDates(_ call: KernelCall, argument: Int = 0) -> Vector {
    switch self {
    case .year: years(call.arguments[argument], count: call.count)
    case .month: dates(call, argument) { CalendarMath.date($0).month }
    case .day: dates(call, argument) { CalendarMath.date($0).day }
    default: dates(call, argument) { value(day: $0) }
    }
  }

  private func years(_ dates: Vector, count: Int) -> Vector {
    let rows = dates.isConstant ? 1 : count
    let result = Vector.flat(.int, count: rows)
    CalendarMath.years(dates.slots(Int32.self), count: rows, into: result.slots(Int32.self))
    return dates.isConstant ? result.spread(over: count) : result
  }

  @inline(__always)
  private func dates(_ call: KernelCall, _ argument: Int, _ part: (Int) -> Int) -> Vector {
    var call = call
    call.arguments = [call.arguments[argument]]
    return Elementwise.map(call, .int, Int32.self, Int32.self) { Int32(truncatingIfNeeded: part(Int($0))) }
  }

  /// The part of every row of a timestamp vector, on the zone's clocks.
  func ofTimestamps(_ call: KernelCall, argument: Int = 0, zone: TimeZoneRules) -> Vector {
    var call = call
    call.arguments = [call.arguments[argument]]
    var cursor = ZoneCursor(zone)
    if !isOfTime {
      return Elementwise.map(call, .int, Int64.self, Int32.self) {
        Int32(truncatingIfNeeded: value(day: CalendarMath.day(ofLocal: cursor.local($0))))
      }
    }
    if self == .exactSecond {
      return Elementwise.map(call, type, Int64.self, Int64.self) { ofTime(cursor.local($0)) }
    }
    return Elementwise.map(call, .int, Int64.self, Int32.self) {
      Int32(truncatingIfNeeded: ofTime(cursor.local($0)))
    }
  }

  @inline(__always)
  private func ofTime(_ local: Int64) -> Int64 {
    let day = DateTimeText.floorDivide(local, DateTimeText.microsPerDay)
    return value(microsOfDay: local &- day &* DateTimeText.microsPerDay)
  }
}

extension DateTimeFunctions {
  static let partFunctions: [ScalarFunction] = [
    datePart("year", [], .year, "The year of a date.", "SELECT year('2026-07-30'); -- 2026"),
    datePart("quarter", [], .quarter, "The quarter of a date, 1 to 4.", "SELECT quarter('2026-08-31'); -- 3"),
    datePart("month", [], .month, "The month of a date, 1 to 12.", "SELECT month('2026-07-30'); -- 7"),
    datePart("day", ["dayofmonth"], .day, "The day of the month.", "SELECT day('2026-07-30'); -- 30"),
    datePart(
      "dayofweek", [], .dayOfWeek, "The day of the week, 1 = Sunday to 7 = Saturday.",
      "SELECT dayofweek('2009-07-30'); -- 5"),
    datePart(
      "weekday", [], .weekday, "The day of the week, 0 = Monday to 6 = Sunday.", "SELECT weekday('2009-07-30'); -- 3"),
    datePart("dayofyear", [], .dayOfYear, "The day of the year, from 1.", "SELECT dayofyear('2016-04-09'); -- 100"),
    datePart(
      "weekofyear", [], .week, "The ISO 8601 week of a date, 1 to 53.", "SELECT weekofyear('2008-02-20'); -- 8"),
    timePart("hour", .hour, "The hour of a timestamp, 0 to 23.", "SELECT hour('2009-07-30 12:58:59'); -- 12"),
    timePart("minute", .minute, "The minute of a timestamp.", "SELECT minute('2009-07-30 12:58:59'); -- 58"),
    timePart("second", .second, "The second of a timestamp.", "SELECT second('2009-07-30 12:58:59'); -- 59"),
    ScalarFunction(
      name: "extract", aliases: ["date_part", "datepart"], signature: "extract(field FROM source)",
      summary:
        "A field (YEAR, QUARTER, MONTH, WEEK, DAY, DOW, DOY, HOUR, MINUTE, SECOND, ...) of a date, timestamp or interval.",
      example: "SELECT extract(YEAR FROM DATE'2019-08-12'); -- 2019"
    ) { (arguments) throws(QueryError) in try extractOverload(arguments) },
  ]

  private static func datePart(
    _ name: String, _ aliases: [String], _ part: DatePart, _ summary: String, _ example: String
  ) -> ScalarFunction {
    .fixed(name, aliases: aliases, "\(name)(date)", summary, example, [.date], returns: .int) {
      (call) throws(QueryError) in part.ofDates(call)
    }
  }

  private static func timePart(
    _ name: String, _ part: DatePart, _ summary: String, _ example: String
  ) -> ScalarFunction {
    ScalarFunction(name: name, signature: "\(name)(timestamp)", summary: summary, example: example) {
      (arguments) throws(QueryError) in
      let type = try timestampType(name, arguments, 1...1, at: 0)
      return ScalarOverload([type], .int) { (call) throws(QueryError) in
        part.ofTimestamps(call, zone: zone(of: type, call))
      }
    }
  }

  private static func extractOverload(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("extract", arguments, 2...2)
    guard let field = ArgumentCheck.constantText(arguments[0]) else {
      throw ArgumentCheck.mismatch("extract", 0, expected: "the name of a field", arguments[0].type)
    }
    guard let part = DatePart(field: field) else {
      throw QueryError(.invalidParameter, .bind, "extract knows no field \(field)")
    }
    let source = arguments[1].type
    if source.isInterval { return try intervalPart(part, source, field) }
    if source == .date, !part.isOfTime {
      return ScalarOverload([.string, .date], .int) { (call) throws(QueryError) in part.ofDates(call, argument: 1) }
    }
    let type = try timestampType("extract", arguments, 2...2, at: 1)
    return ScalarOverload([.string, type], part.type) { (call) throws(QueryError) in
      part.ofTimestamps(call, argument: 1, zone: zone(of: type, call))
    }
  }

  private static func intervalPart(
    _ part: DatePart, _ type: LogicalType, _ field: String
  ) throws(QueryError) -> ScalarOverload {
    switch (type, part) {
    case (.intervalYearMonth, .year):
      return ScalarOverload([.string, type], .int) { (call) throws(QueryError) in
        Elementwise.map(call.dropping(first: 1), .int, Int32.self, Int32.self) { $0 / 12 }
      }
    case (.intervalYearMonth, .month):
      return ScalarOverload([.string, type], .tinyint) { (call) throws(QueryError) in
        Elementwise.map(call.dropping(first: 1), .tinyint, Int32.self, Int8.self) { Int8(truncatingIfNeeded: $0 % 12) }
      }
    case (.intervalDayTime, .day):
      return ScalarOverload([.string, type], .int) { (call) throws(QueryError) in
        Elementwise.map(call.dropping(first: 1), .int, Int64.self, Int32.self) {
          Int32(truncatingIfNeeded: $0 / DateTimeText.microsPerDay)
        }
      }
    case (.intervalDayTime, .hour), (.intervalDayTime, .minute):
      return ScalarOverload([.string, type], .tinyint) { (call) throws(QueryError) in
        Elementwise.map(call.dropping(first: 1), .tinyint, Int64.self, Int8.self) {
          Int8(truncatingIfNeeded: part.value(microsOfDay: $0 % DateTimeText.microsPerDay))
        }
      }
    case (.intervalDayTime, .exactSecond):
      return ScalarOverload([.string, type], part.type) { (call) throws(QueryError) in
        Elementwise.map(call.dropping(first: 1), part.type, Int64.self, Int64.self) { $0 % 60_000_000 }
      }
    default: throw QueryError(.invalidParameter, .bind, "an \(type) has no field \(field)")
    }
  }
}

extension KernelCall {
  /// The call without its first arguments.
  func dropping(first count: Int) -> KernelCall {
    var copy = self
    copy.arguments.removeFirst(count)
    return copy
  }
}
