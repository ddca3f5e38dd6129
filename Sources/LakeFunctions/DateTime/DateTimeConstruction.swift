import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension DateTimeFunctions {
  static let constructionFunctions: [ScalarFunction] = [
    .fixed(
      "make_date", "make_date(year, month, day)", "The date of these parts.",
      "SELECT make_date(2013, 7, 15); -- 2013-07-15", [.int, .int, .int], returns: .date, kernel: makeDate),
    makeTimestamp("make_timestamp", ["make_timestamp_ltz"], .timestamp),
    makeTimestamp("make_timestamp_ntz", [], .timestampNTZ),
    ScalarFunction(
      name: "make_dt_interval", signature: "make_dt_interval([days[, hours[, minutes[, seconds]]]])",
      summary: "The day-time interval of these parts.",
      example: "SELECT TIMESTAMP'2026-01-31 00:00:00' + make_dt_interval(1, 12, 30, 1.5); -- 2026-02-01 12:30:01.5"
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match("make_dt_interval", arguments, [.int, .int, .int, secondsType], optional: 4)
      return ScalarOverload(types, .intervalDayTime, kernel: makeDayTime)
    },
    ScalarFunction(
      name: "make_ym_interval", signature: "make_ym_interval([years[, months]])",
      summary: "The year-month interval of these parts.",
      example: "SELECT DATE'2026-01-31' + make_ym_interval(1, 2); -- 2027-03-31"
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match("make_ym_interval", arguments, [.int, .int], optional: 2)
      return ScalarOverload(types, .intervalYearMonth, kernel: makeYearMonth)
    },
  ]

  /// Seconds with microseconds, stored as 64-bit microseconds.
  private static let secondsType = LogicalType.decimal(precision: 16, scale: 6)

  private static let makeDate: ScalarKernel = { (call) throws(QueryError) in
    let (years, months, days) = (call.column(0, Int32.self), call.column(1, Int32.self), call.column(2, Int32.self))
    return try Elementwise.fill(call, .date, Int32(0)) { (row) throws(QueryError) in
      let date = CivilDate(year: Int(years[row]), month: Int(months[row]), day: Int(days[row]))
      if date.isValid, abs(date.year) <= 999_999 { return try DateTimeFunctions.date(date.daysSinceEpoch, "make_date") }
      if !call.context.isANSI { return nil }
      throw outOfBounds("there is no date \(date.year)-\(date.month)-\(date.day)")
    }
  }

  private static func outOfBounds(_ message: String) -> QueryError {
    QueryError(.dateTimeFieldOutOfBounds, .execute, message)
  }

  private static func makeTimestamp(_ name: String, _ aliases: [String], _ type: LogicalType) -> ScalarFunction {
    let zone: [LogicalType] = type == .timestamp ? [.string] : []
    return .fixed(
      name, aliases: aliases,
      "\(name)(year, month, day, hour, minute, second" + (zone.isEmpty ? ")" : "[, zone])"),
      "The \(type) of these parts; second may have six fraction digits.",
      "SELECT \(name)(2014, 12, 28, 6, 30, 45.887); -- 2014-12-28 06:30:45.887",
      [.int, .int, .int, .int, .int, secondsType] + zone, optional: zone.count, returns: type
    ) { (call) throws(QueryError) in
      var memo = TextMemo<TimeZoneRules>()
      return try Elementwise.fill(call, type, Int64(0)) { (row) throws(QueryError) in
        guard let local = try localMicros(call, row) else { return nil }
        if type == .timestampNTZ { return local }
        guard call.arguments.count == 7 else { return call.context.timeZone.utc(fromLocal: local) }
        let zone = try memo.value(call.text(6), row) { (text) throws(QueryError) in try TimeZoneRules.named(text) }
        return zone.utc(fromLocal: local)
      }
    }
  }

  private static func localMicros(_ call: KernelCall, _ row: Int) throws(QueryError) -> Int64? {
    let parts = (0..<5).map { Int(call.column($0, Int32.self)[row]) }
    let micros = call.column(5, Int64.self)[row]
    let date = CivilDate(year: parts[0], month: parts[1], day: parts[2])
    let isTime = (0..<24).contains(parts[3]) && (0..<60).contains(parts[4]) && micros >= 0 && micros <= 60_000_000
    if date.isValid, abs(date.year) < 290_000, isTime {
      let minutes = Int64(date.daysSinceEpoch) * 1440 + Int64(parts[3] * 60 + parts[4])
      return minutes * 60_000_000 + micros
    }
    if !call.context.isANSI { return nil }
    let second = DecimalText.string(Int128(micros), scale: 6)
    throw outOfBounds(
      "there is no timestamp \(parts[0])-\(parts[1])-\(parts[2]) \(parts[3]):\(parts[4]):\(second)")
  }

  private static let makeDayTime: ScalarKernel = { (call) throws(QueryError) in
    let factors: [Int64] = [DateTimeText.microsPerDay, 3_600_000_000, 60_000_000]
    return try Elementwise.fill(call, .intervalDayTime, Int64(0)) { (row) throws(QueryError) in
      var total: Int128 = 0
      for (index, factor) in factors.enumerated() where index < call.arguments.count {
        total += Int128(call.column(index, Int32.self)[row]) * Int128(factor)
      }
      if call.arguments.count == 4 { total += Int128(call.column(3, Int64.self)[row]) }
      guard let micros = Int64(exactly: total) else { throw outOfRange("make_dt_interval") }
      return micros
    }
  }

  private static let makeYearMonth: ScalarKernel = { (call) throws(QueryError) in
    try Elementwise.fill(call, .intervalYearMonth, Int32(0)) { (row) throws(QueryError) in
      var months = 0
      if call.arguments.count > 0 { months += Int(call.column(0, Int32.self)[row]) * 12 }
      if call.arguments.count > 1 { months += Int(call.column(1, Int32.self)[row]) }
      guard let result = Int32(exactly: months) else { throw outOfRange("make_ym_interval") }
      return result
    }
  }
}
