import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension DateTimeFunctions {
  static let dateFunctions: [ScalarFunction] = [
    ScalarFunction(
      name: "date_add", aliases: ["dateadd"], signature: "date_add(date, days) | dateadd(unit, n, timestamp)",
      summary: "The date some days later; with a unit, the timestamp some units later.",
      example: "SELECT date_add('2016-07-30', 1); -- 2016-07-31"
    ) { (arguments) throws(QueryError) in
      if arguments.count == 3 { return try unitAddition("dateadd", arguments) }
      return try dayShift("date_add", arguments, sign: 1)
    },
    ScalarFunction(
      name: "date_sub", signature: "date_sub(date, days)", summary: "The date some days earlier.",
      example: "SELECT date_sub('2016-07-30', 1); -- 2016-07-29"
    ) { (arguments) throws(QueryError) in try dayShift("date_sub", arguments, sign: -1) },
    ScalarFunction(
      name: "datediff", aliases: ["date_diff"], signature: "datediff(end, start) | datediff(unit, start, end)",
      summary: "The days from start to end; with a unit, the whole units.",
      example: "SELECT datediff('2009-07-31', '2009-07-30'); -- 1"
    ) { (arguments) throws(QueryError) in
      if arguments.count == 3 { return try unitDifference("datediff", arguments) }
      let types = try ArgumentCheck.match("datediff", arguments, [.date, .date])
      return ScalarOverload(types, .int) { (call) throws(QueryError) in
        Elementwise.map(call, .int, Int32.self, Int32.self, Int32.self) { $0 &- $1 }
      }
    },
    .fixed(
      "add_months", "add_months(date, months)", "The date some months later, at most on the month's last day.",
      "SELECT add_months('2016-08-31', 1); -- 2016-09-30", [.date, .int], returns: .date, kernel: addMonths),
    .fixed(
      "months_between", "months_between(timestamp1, timestamp2[, roundOff])",
      "The months from timestamp2 to timestamp1, with 31 days a month for the rest; rounded to 8 digits by default.",
      "SELECT months_between('1997-02-28 10:30:00', '1996-10-30'); -- 3.94959677",
      [.timestamp, .timestamp, .boolean], optional: 1, returns: .double, kernel: monthsBetween),
    .fixed(
      "last_day", "last_day(date)", "The last day of the date's month.",
      "SELECT last_day('2009-01-12'); -- 2009-01-31", [.date], returns: .date
    ) { (call) throws(QueryError) in
      Elementwise.map(call, .date, Int32.self, Int32.self) {
        Int32(truncatingIfNeeded: CalendarMath.lastDay(Int($0)))
      }
    },
    .fixed(
      "next_day", "next_day(date, dayOfWeek)", "The first date behind the given one that is such a day of the week.",
      "SELECT next_day('2015-01-14', 'TU'); -- 2015-01-20", [.date, .string], returns: .date, kernel: nextDay),
    .fixed(
      "monthname", "monthname(date)", "The short name of the date's month.", "SELECT monthname('2008-02-20'); -- Feb",
      [.date], returns: .string
    ) { (call) throws(QueryError) in
      try shortName(call, CalendarNames.months) { CalendarMath.date($0).month - 1 }
    },
    .fixed(
      "dayname", "dayname(date)", "The short name of the date's day of the week.",
      "SELECT dayname('2008-02-20'); -- Wed", [.date], returns: .string
    ) { (call) throws(QueryError) in try shortName(call, CalendarNames.weekdays) { CalendarMath.weekday($0) } },
  ]

  private static func dayShift(
    _ name: String, _ arguments: [FunctionArgument], sign: Int
  ) throws(QueryError) -> ScalarOverload {
    let types = try ArgumentCheck.match(name, arguments, [.date, .int])
    return ScalarOverload(types, .date) { (call) throws(QueryError) in
      let dates = call.column(0, Int32.self)
      let days = call.column(1, Int32.self)
      return try Elementwise.fill(call, .date, Int32(0)) { (row) throws(QueryError) in
        try date(Int(dates[row]) + sign * Int(days[row]), name)
      }
    }
  }

  /// A day number as a date, or the error that it is out of range.
  static func date(_ days: Int, _ name: String) throws(QueryError) -> Int32 {
    guard let date = Int32(exactly: days) else { throw outOfRange(name) }
    return date
  }

  private static let addMonths: ScalarKernel = { (call) throws(QueryError) in
    let dates = call.column(0, Int32.self)
    let months = call.column(1, Int32.self)
    return try Elementwise.fill(call, .date, Int32(0)) { (row) throws(QueryError) in
      try date(CalendarMath.adding(months: Int(months[row]), to: Int(dates[row])), "add_months")
    }
  }

  private static let monthsBetween: ScalarKernel = { (call) throws(QueryError) in
    let left = call.column(0, Int64.self)
    let right = call.column(1, Int64.self)
    let rounding = call.arguments.count > 2 ? call.column(2, UInt8.self) : nil
    var cursor = ZoneCursor(call.context.timeZone)
    return try Elementwise.fill(call, .double, 0.0) { (row) throws(QueryError) in
      let months = months(cursor.local(left[row]), cursor.local(right[row]))
      if let rounding, rounding[row] == 0 { return months }
      return (months * 1e8 + 0.5).rounded(.down) / 1e8
    }
  }

  /// Months between two wall-clock times by the rule of Oracle and Hive: whole months where the days of the month
  /// agree or both are last days, else the rest in months of 31 days.
  private static func months(_ a: Int64, _ b: Int64) -> Double {
    let (x, y) = (WallClock(localMicros: a), WallClock(localMicros: b))
    let whole = Double((x.date.year - y.date.year) * 12 + x.date.month - y.date.month)
    let areLast = CalendarMath.lastDay(x.days) == x.days && CalendarMath.lastDay(y.days) == y.days
    if x.date.day == y.date.day || areLast { return whole }
    let seconds = (x.microsOfDay / 1_000_000) - (y.microsOfDay / 1_000_000)
    return whole + Double(Int64(x.date.day - y.date.day) * 86_400 + seconds) / Double(31 * 86_400)
  }

  private static let nextDay: ScalarKernel = { (call) throws(QueryError) in
    let dates = call.column(0, Int32.self)
    let names = call.text(1)
    let isANSI = call.context.isANSI
    var memo = TextMemo<Int?>()
    return try Elementwise.fill(call, .date, Int32(0)) { (row) throws(QueryError) in
      let name = try memo.value(names, row) { (text) throws(QueryError) in weekday(named: text) }
      guard let name else {
        if !isANSI { return nil }
        throw QueryError(.illegalDayOfWeek, .execute, "this is no day of the week: \(names.string(row))")
      }
      let ahead = (name - CalendarMath.weekday(Int(dates[row])) + 6) % 7 + 1
      return try date(Int(dates[row]) + ahead, "next_day")
    }
  }

  /// 0 = Monday, from a name of two, three or all letters.
  private static func weekday(named text: String) -> Int? {
    let wanted = text.uppercased()
    return CalendarNames.weekdays.firstIndex { name in
      let full = String(decoding: name, as: UTF8.self).uppercased()
      return wanted == full || wanted == full.prefix(3) || wanted == full.prefix(2)
    }
  }

  private static func shortName(
    _ call: KernelCall, _ names: [[UInt8]], _ index: (Int) -> Int
  ) throws(QueryError) -> Vector {
    let dates = call.column(0, Int32.self)
    return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
      output.set(row, array: Array(names[index(Int(dates[row]))].prefix(3)))
    }
  }
}
