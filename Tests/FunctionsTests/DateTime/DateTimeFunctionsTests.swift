import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

/// Expectations are those of Spark 4.3 in ANSI mode, with the session in Europe/Lisbon.
@Suite struct DateTimeFunctionsTests {
  @Test func arithmetic() throws {
    #expect(try call("date_add", text("2016-07-30"), int(1)) == "2016-07-31")
    #expect(try call("date_add", date("2016-07-30"), int(-400)) == "2015-06-26")
    #expect(try call("date_sub", date("2016-07-30"), int(1)) == "2016-07-29")
    #expect(
      fault { () throws(QueryError) in try call("date_add", date("2016-07-30"), int(2_147_483_647)) }
        == .dateTimeOverflow)
    #expect(try call("datediff", text("2009-07-30"), text("2009-07-31")) == "-1")
    #expect(try call("add_months", date("2016-08-31"), int(1)) == "2016-09-30")
    #expect(try call("add_months", date("2019-02-28"), int(1)) == "2019-03-28")
    #expect(try call("add_months", date("2024-02-29"), int(-12)) == "2023-02-28")
    #expect(try call("last_day", date("2024-02-10")) == "2024-02-29")
    #expect(try call("next_day", date("2015-01-14"), text("TU")) == "2015-01-20")
    #expect(try call("next_day", date("2026-01-31"), text("Saturday")) == "2026-02-07")
    #expect(
      fault { () throws(QueryError) in try call("next_day", date("2026-01-31"), text("xx")) } == .illegalDayOfWeek)
    #expect(try call("next_day", date("2026-01-31"), text("xx"), context: EvaluationContext(isANSI: false)) == "NULL")
    #expect(try call("monthname", date("2008-02-20")) == "Feb")
    #expect(try call("dayname", date("2008-02-20")) == "Wed")
    #expect(try call("date_add", null(.date), int(1)) == "NULL")
  }

  @Test func monthsBetween() throws {
    #expect(try call("months_between", text("1997-02-28 10:30:00"), text("1996-10-30")) == "3.94959677")
    #expect(try call("months_between", text("2026-03-31"), text("2026-02-28")) == "1.0")
    #expect(
      try call("months_between", text("2026-01-15 00:00:00"), text("2026-03-01 12:00:00"), flag(false))
        == "-1.564516129032258")
  }

  @Test func truncation() throws {
    #expect(try call("trunc", date("2019-10-27"), text("quarter")) == "2019-10-01")
    #expect(try call("trunc", date("2019-08-04"), text("week")) == "2019-07-29")
    #expect(try call("trunc", date("2019-08-04"), text("MM")) == "2019-08-01")
    #expect(try call("trunc", date("2019-08-04"), text("yy")) == "2019-01-01")
    #expect(try call("trunc", date("2019-08-04"), text("day")) == "NULL")
    let moment = timestamp("2026-03-29 05:06:07.123456")
    #expect(try call("date_trunc", text("week"), moment) == "2026-03-23 00:00:00")
    #expect(try call("date_trunc", text("millisecond"), moment) == "2026-03-29 05:06:07.123")
    #expect(try call("date_trunc", text("DAY"), moment) == "2026-03-29 00:00:00")
    #expect(try call("date_trunc", text("hour"), timestamp("2026-10-25 01:30:00")) == "2026-10-25 01:00:00")
    #expect(try call("date_trunc", text("foo"), moment) == "NULL")
  }

  @Test func parts() throws {
    #expect(try call("year", text("2026-07-30")) == "2026")
    #expect(try call("quarter", date("2026-08-31")) == "3")
    #expect(try call("month", date("2026-07-30")) == "7")
    #expect(try call("dayofmonth", date("2026-07-30")) == "30")
    #expect(try call("weekofyear", date("2008-02-20")) == "8")
    #expect(try call("weekofyear", date("2027-01-01")) == "53")
    #expect(try call("dayofweek", date("2009-07-30")) == "5")
    #expect(try call("weekday", date("2009-07-30")) == "3")
    #expect(try call("dayofyear", date("2016-04-09")) == "100")
    #expect(try call("hour", timestamp("2009-07-30 12:58:59")) == "12")
    #expect(try call("hour", clock("2026-07-01 23:00:00")) == "23")
    #expect(try call("minute", text("2009-07-30 12:58:59")) == "58")
    #expect(try call("second", timestamp("2009-07-30 12:58:59.9")) == "59")
    #expect(try call("year", date("-0044-03-15")) == "-44")
  }

  @Test func extraction() throws {
    #expect(try call("extract", text("SECOND"), timestamp("2019-10-01 00:00:01.000001")) == "1.000001")
    #expect(try call("extract", text("YEAROFWEEK"), date("2027-01-01")) == "2026")
    #expect(try call("extract", text("DOW_ISO"), date("2027-01-01")) == "5")
    #expect(try call("date_part", text("week"), timestamp("2019-08-12 01:00:00.123456")) == "33")
    #expect(try call("extract", text("hours"), days(1.4375)) == "10")
    #expect(try call("extract", text("MONTH"), months(29)) == "5")
    #expect(try call("extract", text("YEAR"), months(-29)) == "-2")
    #expect(
      fault { () throws(QueryError) in try call("extract", text("FOO"), date("2026-01-01")) } == .invalidParameter)
  }

  @Test func formatting() throws {
    let summer = timestamp("2026-07-04 13:05:09.123456")
    #expect(
      try call(
        "date_format", summer,
        text("yyyy-MM-dd HH:mm:ss.SSSSSS XXX z VV a hh E EEEE MMM MMMM D Q q QQQ QQQQ"))
        == "2026-07-04 13:05:09.123456 +01:00 WEST Europe/Lisbon PM 01 Sat Saturday Jul July 185 3 3 Q3 3rd quarter")
    let winter = timestamp("2026-01-04 00:05:09.123456")
    #expect(
      try call(
        "date_format", winter,
        text("yy y M d H h k K m s S SSS x xx xxx X XX XXX Z ZZZZ ZZZZZ O OOOO G F L LLL"))
        == "26 2026 1 4 0 12 24 0 5 9 1 123 +00 +0000 +00:00 Z Z Z +0000 GMT Z GMT GMT AD 4 1 Jan")
    #expect(try call("date_format", winter, text("yyyy''MM 'of' dd")) == "2026'01 of 04")
    #expect(try call("date_format", timestamp("12345-01-02 00:00:00"), text("yyyy")) == "+12345")
    for pattern in ["u", "YYYY", "yyyy-MM-dd'", "[yyyy", "yyyy]", "AAA"] {
      #expect(
        fault { () throws(QueryError) in try call("date_format", winter, text(pattern)) } == .invalidDateTimePattern)
    }
  }

  @Test(arguments: [
    ("31/01/2026", "dd/MM/yyyy", "2026-01-31"), ("31/1/2026", "d/M/yyyy", "2026-01-31"),
    ("20260131", "yyyyMMdd", "2026-01-31"), ("Jan 5, 2026", "MMM d, yyyy", "2026-01-05"),
    ("JANUARY 5 26", "MMMM d yy", "2026-01-05"), ("2026-045", "yyyy-DDD", "2026-02-14"),
    ("2026-12", "yyyy-MM", "2026-12-01"), ("01-31", "MM-dd", "1970-01-31"),
  ])
  func datesByPattern(value: String, pattern: String, expected: String) throws {
    #expect(try call("to_date", text(value), text(pattern)) == expected)
    #expect(try call("try_to_date", text(value), text(pattern)) == expected)
  }

  @Test(arguments: [
    ("31/1/2026", "dd/MM/yyyy"), ("2026-02-30", "yyyy-MM-dd"), ("2026-13", "yyyy-MM"), ("2026-01-31x", "yyyy-MM-dd"),
    (" 2026-01-31", "yyyy-MM-dd"), ("26-01-31", "yyyy-MM-dd"), ("", "yyyy"), ("2026-366", "yyyy-DDD"),
  ])
  func badDatesByPattern(value: String, pattern: String) throws {
    #expect(fault { () throws(QueryError) in try call("to_date", text(value), text(pattern)) } == .invalidDateTime)
    #expect(try call("try_to_date", text(value), text(pattern)) == "NULL")
    #expect(try call("to_date", text(value), text(pattern), context: EvaluationContext(isANSI: false)) == "NULL")
  }

  @Test func datesWithoutPattern() throws {
    #expect(try call("to_date", text("2026-01-31 10:00:00")) == "2026-01-31")
    #expect(try call("to_date", timestamp("2026-07-01 00:30:00")) == "2026-07-01")
    #expect(fault { () throws(QueryError) in try call("to_date", text("abc")) } == .castInvalidInput)
    #expect(try call("try_to_date", text("abc")) == "NULL")
    #expect(try call("to_date", null(.string)) == "NULL")
  }

  @Test(arguments: [
    ("2026-01-31 10:11:12.5", "yyyy-MM-dd HH:mm:ss.SSS", "2026-01-31 10:11:12.5"),
    ("2026-01-31 10:11:12", "yyyy-MM-dd HH:mm:ss[.SSS]", "2026-01-31 10:11:12"),
    ("2026-01-31 10:11:12.25", "yyyy-MM-dd HH:mm:ss[.SSS]", "2026-01-31 10:11:12.25"),
    ("2026-01-31 10:11 PM", "yyyy-MM-dd hh:mm a", "2026-01-31 22:11:00"),
    ("2026-01-31 10:11", "yyyy-MM-dd hh:mm", "2026-01-31 10:11:00"),
    ("2026-01-31T10:11:12+02:00", "yyyy-MM-dd'T'HH:mm:ssXXX", "2026-01-31 08:11:12"),
    ("2026-01-31T10:11:12Z", "yyyy-MM-dd'T'HH:mm:ssXXX", "2026-01-31 10:11:12"),
    ("20260131101112", "yyyyMMddHHmmss", "2026-01-31 10:11:12"),
    ("2026-07-01 10:00 Asia/Tokyo", "yyyy-MM-dd HH:mm VV", "2026-07-01 02:00:00"),
  ])
  func timestampsByPattern(value: String, pattern: String, expected: String) throws {
    #expect(try call("to_timestamp", text(value), text(pattern)) == expected)
    #expect(try call("try_to_timestamp", text(value), text(pattern)) == expected)
  }

  @Test func timestampsWithoutPattern() throws {
    #expect(try call("to_timestamp", text("2026-03-29 01:30:00")) == "2026-03-29 02:30:00")
    #expect(try call("to_timestamp", text("2026-10-25 01:30:00")) == "2026-10-25 01:30:00")
    #expect(fault { () throws(QueryError) in try call("to_timestamp", text("abc")) } == .castInvalidInput)
    #expect(
      fault { () throws(QueryError) in try call("to_timestamp", text("24:00"), text("HH:mm")) } == .invalidDateTime)
    #expect(
      fault { () throws(QueryError) in try call("to_timestamp", text("20260131101112123"), text("yyyyMMddHHmmssSSS")) }
        == .invalidDateTime)
    #expect(try call("try_to_timestamp", text("foo"), text("yyyy-MM-dd")) == "NULL")
    #expect(
      try call("to_timestamp_ntz", text("2026-01-31 10:11:12"), text("yyyy-MM-dd HH:mm:ss")) == "2026-01-31 10:11:12")
  }

  @Test func epochs() throws {
    #expect(try call("unix_timestamp", text("2016-04-08"), text("yyyy-MM-dd")) == "1460070000")
    #expect(try call("unix_timestamp", text("2016-04-08 10:00:00")) == "1460106000")
    #expect(fault { () throws(QueryError) in try call("unix_timestamp", text("2016-04-08")) } == .invalidDateTime)
    #expect(try call("unix_timestamp", date("2016-07-08")) == "1467932400")
    #expect(try call("unix_timestamp") == "1782907200")
    #expect(try call("from_unixtime", big(0)) == "1970-01-01 01:00:00")
    #expect(try call("from_unixtime", big(1_785_000_000), text("yyyy-MM-dd HH:mm")) == "2026-07-25 18:20")
    #expect(try call("timestamp_seconds", decimal("1.5")) == "1970-01-01 01:00:01.5")
    #expect(try call("timestamp_seconds", decimal("1230219000.123")) == "2008-12-25 15:30:00.123")
    #expect(try call("timestamp_seconds", int(0)) == "1970-01-01 01:00:00")
    #expect(try call("timestamp_millis", big(-1)) == "1970-01-01 00:59:59.999")
    #expect(fault { () throws(QueryError) in try call("timestamp_millis", big(.max)) } == .dateTimeOverflow)
    #expect(try call("unix_millis", timestamp("1970-01-01 00:00:01Z")) == "1000")
    #expect(try call("unix_seconds", timestamp("1969-12-31 23:59:59.5Z")) == "-1")
    #expect(try call("unix_micros", timestamp("1970-01-01 00:00:01Z")) == "1000000")
    #expect(try call("unix_date", date("1970-01-02")) == "1")
    #expect(try call("date_from_unix_date", int(1)) == "1970-01-02")
  }

  @Test func zones() throws {
    #expect(try call("from_utc_timestamp", text("2016-08-31"), text("Asia/Seoul")) == "2016-08-31 09:00:00")
    #expect(try call("to_utc_timestamp", text("2016-08-31"), text("Asia/Seoul")) == "2016-08-30 15:00:00")
    #expect(
      fault { () throws(QueryError) in try call("to_utc_timestamp", text("2016-08-31"), text("Foo/Bar")) }
        == .invalidTimeZone)
    let clock = clock("2021-12-06 00:00:00")
    #expect(
      try call("convert_timezone", text("Europe/Brussels"), text("America/Los_Angeles"), clock)
        == "2021-12-05 15:00:00")
    #expect(try call("convert_timezone", text("America/Los_Angeles"), clock) == "2021-12-05 16:00:00")
  }

  @Test func construction() throws {
    #expect(try call("make_date", int(2013), int(7), int(15)) == "2013-07-15")
    #expect(
      fault { () throws(QueryError) in try call("make_date", int(2026), int(2), int(30)) } == .dateTimeFieldOutOfBounds)
    #expect(try call("make_date", int(2026), int(2), int(30), context: EvaluationContext(isANSI: false)) == "NULL")
    let parts = [int(2014), int(12), int(28), int(6), int(30)]
    #expect(
      try call("make_timestamp", parts[0], parts[1], parts[2], parts[3], parts[4], decimal("45.887"))
        == "2014-12-28 06:30:45.887")
    #expect(
      try call("make_timestamp", parts[0], parts[1], parts[2], parts[3], parts[4], int(60)) == "2014-12-28 06:31:00")
    #expect(
      try call("make_timestamp", parts[0], parts[1], parts[2], parts[3], parts[4], decimal("45.887"), text("CET"))
        == "2014-12-28 05:30:45.887")
    #expect(
      fault { () throws(QueryError) in
        try call("make_timestamp", parts[0], parts[1], parts[2], int(25), parts[4], decimal("45.887"))
      } == .dateTimeFieldOutOfBounds)
    #expect(
      try call("make_dt_interval", int(1), int(12), int(30), decimal("1.001001"))
        == "INTERVAL '1 12:30:01.001001' DAY TO SECOND")
    #expect(try call("make_ym_interval", int(1), int(2)) == "INTERVAL '1-2' YEAR TO MONTH")
  }

  @Test func units() throws {
    #expect(try call("timestampadd", text("MONTH"), int(1), timestamp("2026-01-31 10:00:00")) == "2026-02-28 10:00:00")
    #expect(try call("dateadd", text("DAY"), int(1), timestamp("2026-03-28 01:30:00")) == "2026-03-29 02:30:00")
    #expect(try call("timestampadd", text("HOUR"), int(24), timestamp("2026-03-28 01:30:00")) == "2026-03-29 02:30:00")
    let start = timestamp("2026-01-31 10:00:00")
    #expect(try call("timestampdiff", text("MONTH"), start, timestamp("2026-03-31 09:00:00")) == "1")
    #expect(try call("timestampdiff", text("QUARTER"), start, timestamp("2025-03-31 09:00:00")) == "-3")
    let beforeGap = timestamp("2026-03-28 10:00:00")
    #expect(try call("datediff", text("DAY"), beforeGap, timestamp("2026-03-29 10:00:00")) == "1")
    #expect(try call("timestampdiff", text("HOUR"), beforeGap, timestamp("2026-03-29 10:00:00")) == "24")
    #expect(
      fault { () throws(QueryError) in try call("timestampadd", text("FOO"), int(1), start) } == .invalidParameter)
  }

  @Test func current() throws {
    #expect(try call("current_date") == "2026-07-01")
    #expect(try call("now") == "2026-07-01 13:00:00")
    #expect(try call("localtimestamp") == "2026-07-01 13:00:00")
  }

  /// Formatting and parsing by one pattern are inverse.
  @Test func roundTrips() throws {
    for pattern in ["yyyy-MM-dd HH:mm:ss.SSSSSS", "dd/MM/yyyy hh:mm:ss a SSSSSS", "yyyyMMdd'T'HHmmss SSSSSSXXXXX"] {
      for second in stride(from: -30_000_000_000, to: 60_000_000_000, by: 1_234_567_891) {
        let micros = Argument(.timestamp, .timestamp(Int64(second) * 1_000_000 + 123_456))
        let shown = try call("date_format", micros, text(pattern))
        let read = try call("unix_micros", timestamp(try call("to_timestamp", text(shown), text(pattern))))
        #expect(read == "\(Int64(second) * 1_000_000 + 123_456)", "\(pattern) of \(shown)")
      }
    }
  }

  /// Every day of some centuries, and days near the ends of the range of dates.
  @Test func partsAgreeWithTheCalendar() throws {
    let numbers =
      Array(stride(from: -800_000, to: 3_000_000, by: 97))
      + [-2_000_000_000, -12_699_423, -12_699_422, -12_699_421, 1_061_042_400, 1_061_042_401, 2_000_000_000]
    let column = Vector.flat(.date, count: numbers.count)
    for (row, days) in numbers.enumerated() { column.slots(Int32.self)[row] = Int32(days) }
    let years = try apply("year", [column], count: numbers.count)
    let months = try apply("month", [column], count: numbers.count)
    let days = try apply("day", [column], count: numbers.count)
    for (row, number) in numbers.enumerated() {
      let date = CivilDate(daysSinceEpoch: number)
      let parts = [years, months, days].map { Int($0.slots(Int32.self)[row]) }
      #expect(parts == [date.year, date.month, date.day], "day \(number)")
    }
  }

  @Test func yearsWithoutDatesFarAway() throws {
    // The first and last days that the fast loop takes, and the days around the ends of years.
    var numbers: [Int32] = [-12_699_422, 1_061_042_401]
    for year in stride(from: -9_999, through: 9_999, by: 7) {
      let first = Int32(CivilDate(year: year, month: 1, day: 1).daysSinceEpoch)
      numbers += [first - 1, first, first + 58, first + 59, first + 60]
    }
    let column = Vector.flat(.date, count: numbers.count)
    for (row, days) in numbers.enumerated() { column.slots(Int32.self)[row] = days }
    let years = try apply("year", [column], count: numbers.count)
    for (row, number) in numbers.enumerated() {
      #expect(Int(years.slots(Int32.self)[row]) == CivilDate(daysSinceEpoch: Int(number)).year, "day \(number)")
    }
  }
}
