import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The units of `timestampadd` and `timestampdiff`.
enum TimestampUnit: Sendable {
  /// A fixed number of microseconds on the time line.
  case micros(Int64)
  /// Days on the calendar.
  case days(Int)
  case months(Int)

  init?(name: String) {
    switch name.uppercased() {
    case "MICROSECOND": self = .micros(1)
    case "MILLISECOND": self = .micros(1000)
    case "SECOND": self = .micros(1_000_000)
    case "MINUTE": self = .micros(60_000_000)
    case "HOUR": self = .micros(3_600_000_000)
    case "DAY", "DAYOFYEAR": self = .days(1)
    case "WEEK": self = .days(7)
    case "MONTH": self = .months(1)
    case "QUARTER": self = .months(3)
    case "YEAR": self = .months(12)
    default: return nil
    }
  }

  /// The instant some units later; nil if out of range.
  func adding(_ amount: Int, to micros: Int64, zone: TimeZoneRules) -> Int64? {
    switch self {
    case .micros(let unit):
      let (change, overflow) = unit.multipliedReportingOverflow(by: Int64(amount))
      let (sum, isTooLarge) = micros.addingReportingOverflow(change)
      return overflow || isTooLarge ? nil : sum
    case .days(let unit):
      return shifting(micros, zone) { $0 + amount * unit }
    case .months(let unit):
      return shifting(micros, zone) { CalendarMath.adding(months: amount * unit, to: $0) }
    }
  }

  /// Moves the day of a local time and keeps the time of day.
  private func shifting(_ micros: Int64, _ zone: TimeZoneRules, _ move: (Int) -> Int) -> Int64? {
    let clock = WallClock(localMicros: micros &+ zone.offset(atUTC: micros))
    let (start, overflow) = Int64(move(clock.days)).multipliedReportingOverflow(by: DateTimeText.microsPerDay)
    let (local, isTooLarge) = start.addingReportingOverflow(clock.microsOfDay)
    return overflow || isTooLarge ? nil : zone.utc(fromLocal: local)
  }

  /// Whole units from one local time to another, cut towards zero.
  func between(_ start: Int64, _ end: Int64) -> Int64 {
    switch self {
    case .micros(let unit): return (end &- start) / unit
    case .days(let unit): return (end &- start) / (DateTimeText.microsPerDay * Int64(unit))
    case .months(let unit):
      let (a, b) = (WallClock(localMicros: start), WallClock(localMicros: end))
      var last = b.days
      if b.days > a.days, b.microsOfDay < a.microsOfDay { last -= 1 }
      if b.days < a.days, b.microsOfDay > a.microsOfDay { last += 1 }
      let to = CalendarMath.date(last)
      let packed = ((to.year - a.date.year) * 12 + to.month - a.date.month) * 32 + to.day - a.date.day
      return Int64(packed / 32 / unit)
    }
  }
}

extension DateTimeFunctions {
  static let unitFunctions: [ScalarFunction] = [
    ScalarFunction(
      name: "timestampadd", signature: "timestampadd(unit, n, timestamp)",
      summary: "The timestamp some units (YEAR to MICROSECOND) later.",
      example: "SELECT timestampadd(MONTH, 1, TIMESTAMP'2026-01-31 10:00:00'); -- 2026-02-28 10:00:00"
    ) { (arguments) throws(QueryError) in try unitAddition("timestampadd", arguments) },
    ScalarFunction(
      name: "timestampdiff", signature: "timestampdiff(unit, start, end)",
      summary: "The whole units (YEAR to MICROSECOND) from start to end.",
      example: "SELECT timestampdiff(MONTH, TIMESTAMP'2026-01-31 10:00:00', TIMESTAMP'2026-03-31 09:00:00'); -- 1"
    ) { (arguments) throws(QueryError) in try unitDifference("timestampdiff", arguments) },
  ]

  /// The unit that the first argument names, as a constant string.
  private static func unit(_ name: String, _ arguments: [FunctionArgument]) throws(QueryError) -> TimestampUnit {
    try ArgumentCheck.count(name, arguments, 3...3)
    guard let text = ArgumentCheck.constantText(arguments[0]) else {
      throw ArgumentCheck.mismatch(name, 0, expected: "a unit of time", arguments[0].type)
    }
    guard let unit = TimestampUnit(name: text) else {
      throw QueryError(.invalidParameter, .bind, "\(name) knows no unit \(text)")
    }
    return unit
  }

  static func unitAddition(
    _ name: String, _ arguments: [FunctionArgument]
  ) throws(QueryError) -> ScalarOverload {
    let unit = try unit(name, arguments)
    let type = try timestampType(name, arguments, 3...3, at: 2)
    guard ArgumentCheck.accepts(arguments[1].type, as: .int) else {
      throw ArgumentCheck.mismatch(name, 1, expected: "an integer", arguments[1].type)
    }
    return ScalarOverload([.string, .int, type], type) { (call) throws(QueryError) in
      let amounts = call.column(1, Int32.self)
      let values = call.column(2, Int64.self)
      let zone = zone(of: type, call)
      return try Elementwise.fill(call, type, Int64(0)) { (row) throws(QueryError) in
        guard let result = unit.adding(Int(amounts[row]), to: values[row], zone: zone) else {
          throw outOfRange(name)
        }
        return result
      }
    }
  }

  static func unitDifference(
    _ name: String, _ arguments: [FunctionArgument]
  ) throws(QueryError) -> ScalarOverload {
    let unit = try unit(name, arguments)
    let isLocal = arguments[1].type == .timestampNTZ && arguments[2].type == .timestampNTZ
    let type: LogicalType = isLocal ? .timestampNTZ : .timestamp
    for index in 1...2 where !ArgumentCheck.accepts(arguments[index].type, as: type) {
      throw ArgumentCheck.mismatch(name, index, expected: "a timestamp", arguments[index].type)
    }
    return ScalarOverload([.string, type, type], .bigint) { (call) throws(QueryError) in
      let starts = call.column(1, Int64.self)
      let ends = call.column(2, Int64.self)
      var cursor = ZoneCursor(zone(of: type, call))
      return try Elementwise.fill(call, .bigint, Int64(0)) { (row) throws(QueryError) in
        unit.between(cursor.local(starts[row]), cursor.local(ends[row]))
      }
    }
  }
}
