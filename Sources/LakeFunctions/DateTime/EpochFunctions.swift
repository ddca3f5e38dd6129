import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension DateTimeFunctions {
  static let epochFunctions: [ScalarFunction] = [
    ScalarFunction(
      name: "timestamp_seconds", signature: "timestamp_seconds(seconds)",
      summary: "The timestamp that many seconds after 1970 UTC; fractions count.",
      example: "SELECT timestamp_seconds(1230219000); -- 2008-12-25 15:30:00"
    ) { (arguments) throws(QueryError) in try secondsOverload(arguments) },
    fromEpoch("timestamp_millis", "milliseconds", 1000),
    fromEpoch("timestamp_micros", "microseconds", 1),
    toEpoch("unix_seconds", "seconds", DateTimeText.microsPerSecond),
    toEpoch("unix_millis", "milliseconds", 1000),
    toEpoch("unix_micros", "microseconds", 1),
    .fixed(
      "unix_date", "unix_date(date)", "Days since 1970-01-01.", "SELECT unix_date(DATE'1970-01-02'); -- 1", [.date],
      returns: .int
    ) { (call) throws(QueryError) in call.arguments[0].retyped(.int) },
    .fixed(
      "date_from_unix_date", "date_from_unix_date(days)", "The date that many days after 1970-01-01.",
      "SELECT date_from_unix_date(1); -- 1970-01-02", [.int], returns: .date
    ) { (call) throws(QueryError) in call.arguments[0].retyped(.date) },
  ]

  private static func fromEpoch(_ name: String, _ unit: String, _ factor: Int64) -> ScalarFunction {
    .fixed(
      name, "\(name)(\(unit))", "The timestamp that many \(unit) after 1970 UTC.",
      "SELECT \(name)(0); -- 1970-01-01 00:00:00", [.bigint], returns: .timestamp
    ) { (call) throws(QueryError) in try scaled(call, factor, name) }
  }

  private static func scaled(_ call: KernelCall, _ factor: Int64, _ name: String) throws(QueryError) -> Vector {
    let values = call.column(0, Int64.self)
    return try Elementwise.fill(call, .timestamp, Int64(0)) { (row) throws(QueryError) in
      let (micros, overflow) = values[row].multipliedReportingOverflow(by: factor)
      if overflow { throw outOfRange(name) }
      return micros
    }
  }

  private static func toEpoch(_ name: String, _ unit: String, _ divisor: Int64) -> ScalarFunction {
    .fixed(
      name, "\(name)(timestamp)", "The whole \(unit) since 1970 UTC.",
      "SELECT \(name)(TIMESTAMP'1970-01-01 00:00:01Z'); -- \(DateTimeText.microsPerSecond / divisor)", [.timestamp],
      returns: .bigint
    ) { (call) throws(QueryError) in
      Elementwise.map(call, .bigint, Int64.self, Int64.self) { DateTimeText.floorDivide($0, divisor) }
    }
  }

  private static func secondsOverload(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("timestamp_seconds", arguments, 1...1)
    let type = arguments[0].type
    if type.isInteger || type == .void {
      return ScalarOverload([.bigint], .timestamp) { (call) throws(QueryError) in
        try scaled(call, DateTimeText.microsPerSecond, "timestamp_seconds")
      }
    }
    if type.isDecimal {
      return ScalarOverload([.decimal(precision: 38, scale: 6)], .timestamp) { (call) throws(QueryError) in
        let values = call.column(0, Int128.self)
        return try Elementwise.fill(call, .timestamp, Int64(0)) { (row) throws(QueryError) in
          guard let micros = Int64(exactly: values[row]) else { throw outOfRange("timestamp_seconds") }
          return micros
        }
      }
    }
    guard type.isFloating else { throw ArgumentCheck.mismatch("timestamp_seconds", 0, expected: "numeric", type) }
    return ScalarOverload([.double], .timestamp) { (call) throws(QueryError) in
      let values = call.column(0, Double.self)
      return try Elementwise.fill(call, .timestamp, Int64(0)) { (row) throws(QueryError) in
        if values[row].isNaN || values[row].isInfinite { return nil }
        guard let micros = Int64(exactly: (values[row] * 1e6).rounded(.towardZero)) else {
          throw outOfRange("timestamp_seconds")
        }
        return micros
      }
    }
  }

  static let zoneFunctions: [ScalarFunction] = [
    .fixed(
      "from_utc_timestamp", "from_utc_timestamp(timestamp, zone)",
      "Takes the timestamp's clock reading as UTC and shows it in another zone.",
      "SELECT from_utc_timestamp('2016-08-31', 'Asia/Seoul'); -- 2016-08-31 09:00:00", [.timestamp, .string],
      returns: .timestamp
    ) { (call) throws(QueryError) in
      try zoned(call) { (micros, session, zone) in
        let local = micros &+ session.offset(atUTC: micros)
        return session.utc(fromLocal: local &+ zone.offset(atUTC: local))
      }
    },
    .fixed(
      "to_utc_timestamp", "to_utc_timestamp(timestamp, zone)",
      "Takes the timestamp's clock reading as one of a zone and shows it in UTC.",
      "SELECT to_utc_timestamp('2016-08-31', 'Asia/Seoul'); -- 2016-08-30 15:00:00", [.timestamp, .string],
      returns: .timestamp
    ) { (call) throws(QueryError) in
      try zoned(call) { (micros, session, zone) in
        session.utc(fromLocal: zone.utc(fromLocal: micros &+ session.offset(atUTC: micros)))
      }
    },
    ScalarFunction(
      name: "convert_timezone", signature: "convert_timezone([sourceZone, ]targetZone, timestamp_ntz)",
      summary: "A clock reading of one zone (the session's by default) as that of another.",
      example: "SELECT convert_timezone('Europe/Brussels', 'America/Los_Angeles', "
        + "TIMESTAMP_NTZ'2021-12-06 00:00:00'); -- 2021-12-05 15:00:00"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("convert_timezone", arguments, 2...3)
      let zones = arguments.count - 1
      let types = try ArgumentCheck.match(
        "convert_timezone", arguments, Array(repeating: .string, count: zones) + [.timestampNTZ])
      return ScalarOverload(types, .timestampNTZ, kernel: foldingConstants(convertZone))
    },
  ]

  /// Maps the timestamps in argument 0 with the zone in argument 1.
  private static func zoned(
    _ call: KernelCall, _ body: (Int64, TimeZoneRules, TimeZoneRules) -> Int64
  ) throws(QueryError) -> Vector {
    let values = call.column(0, Int64.self)
    let names = call.text(1)
    let session = call.context.timeZone
    var memo = TextMemo<TimeZoneRules>()
    return try Elementwise.fill(call, .timestamp, Int64(0)) { (row) throws(QueryError) in
      let zone = try memo.value(names, row) { (text) throws(QueryError) in try TimeZoneRules.named(text) }
      return body(values[row], session, zone)
    }
  }

  private static let convertZone: ScalarKernel = { (call) throws(QueryError) in
    let count = call.arguments.count
    let values = call.column(count - 1, Int64.self)
    let targets = call.text(count - 2)
    let sources = count == 3 ? call.text(0) : nil
    var sourceMemo = TextMemo<TimeZoneRules>()
    var targetMemo = TextMemo<TimeZoneRules>()
    return try Elementwise.fill(call, .timestampNTZ, Int64(0)) { (row) throws(QueryError) in
      var source = call.context.timeZone
      if let sources {
        source = try sourceMemo.value(sources, row) { (text) throws(QueryError) in try TimeZoneRules.named(text) }
      }
      let target = try targetMemo.value(targets, row) { (text) throws(QueryError) in try TimeZoneRules.named(text) }
      let instant = source.utc(fromLocal: values[row])
      return instant &+ target.offset(atUTC: instant)
    }
  }
}
