import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension DateTimeFunctions {
  static let textFunctions: [ScalarFunction] = [
    ScalarFunction(
      name: "date_format", signature: "date_format(timestamp, pattern)",
      summary: "The timestamp as text, by a pattern of java.time.",
      example: "SELECT date_format('2016-04-08', 'y'); -- 2016"
    ) { (arguments) throws(QueryError) in
      let type = try timestampType("date_format", arguments, 2...2, at: 0)
      return ScalarOverload(
        [type, .string], .string,
        kernel: foldingConstants { (call) throws(QueryError) in
          try format(call, zone: zone(of: type, call), factor: 1)
        })
    },
    .fixed(
      "from_unixtime", "from_unixtime(seconds[, pattern])",
      "Seconds since 1970 UTC as text in the session's time zone.",
      "SELECT from_unixtime(0, 'yyyy-MM-dd HH:mm:ss'); -- 1970-01-01 00:00:00", [.bigint, .string], optional: 1,
      returns: .string
    ) { (call) throws(QueryError) in
      try format(call, zone: call.context.timeZone, factor: DateTimeText.microsPerSecond)
    },
    reading("to_date", .date, isTry: false, "SELECT to_date('31/01/2026', 'dd/MM/yyyy'); -- 2026-01-31"),
    reading("try_to_date", .date, isTry: true, "SELECT try_to_date('foo', 'yyyy-MM-dd'); -- NULL"),
    reading(
      "to_timestamp", aliases: ["to_timestamp_ltz"], .timestamp, isTry: false,
      "SELECT to_timestamp('2016-12-31', 'yyyy-MM-dd'); -- 2016-12-31 00:00:00"),
    reading(
      "try_to_timestamp", .timestamp, isTry: true, "SELECT try_to_timestamp('foo', 'yyyy-MM-dd'); -- NULL"),
    reading(
      "to_timestamp_ntz", .timestampNTZ, isTry: false,
      "SELECT to_timestamp_ntz('2016-12-31', 'yyyy-MM-dd'); -- 2016-12-31 00:00:00"),
    seconds("unix_timestamp", least: 0, "SELECT unix_timestamp('2016-04-08', 'yyyy-MM-dd'); -- 1460073600"),
    seconds("to_unix_timestamp", least: 1, "SELECT to_unix_timestamp('2016-04-08', 'yyyy-MM-dd'); -- 1460073600"),
  ]

  /// Formats argument 0 times `factor` microseconds by the pattern in argument 1, or the standard one.
  private static func format(
    _ call: KernelCall, zone: TimeZoneRules, factor: Int64
  ) throws(QueryError) -> Vector {
    let values = call.column(0, Int64.self)
    let patterns = call.arguments.count > 1 ? call.text(1) : nil
    var cursor = ZoneCursor(zone)
    var memo = TextMemo<DateTimePattern>()
    return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
      var pattern = DateTimePattern.standard
      if let patterns {
        pattern = try memo.value(patterns, row) { (text) throws(QueryError) in try DateTimePattern(text) }
      }
      let (micros, overflow) = values[row].multipliedReportingOverflow(by: factor)
      if overflow { throw outOfRange("from_unixtime") }
      pattern.format(micros, zone: zone, cursor: &cursor, to: &output.scratch)
      output.setScratch(row)
    }
  }

  private static func reading(
    _ name: String, aliases: [String] = [], _ type: LogicalType, isTry: Bool, _ example: String
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, aliases: aliases, signature: "\(name)(expr[, pattern])",
      summary: "Reads a \(type) from text, by a pattern of java.time or in the form that CAST reads"
        + (isTry ? "; NULL where it does not fit." : "."), example: example
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...2)
      let reader = DateTimeReader(name: name, type: type, isTry: isTry)
      let pattern: [LogicalType] = arguments.count == 2 ? [.string] : []
      guard arguments[0].type == .string || arguments[0].type == .void else {
        guard TypeCoercion.canCast(arguments[0].type, to: type) else {
          throw ArgumentCheck.mismatch(name, 0, expected: "a string, date or timestamp", arguments[0].type)
        }
        return ScalarOverload([type] + pattern, type) { (call) throws(QueryError) in call.arguments[0] }
      }
      return ScalarOverload(
        [.string] + pattern, type,
        kernel: foldingConstants { (call) throws(QueryError) in
          try reader.read(call)
        })
    }
  }

  private static func seconds(_ name: String, least: Int, _ example: String) -> ScalarFunction {
    ScalarFunction(
      name: name, signature: "\(name)([expr[, pattern]])",
      summary: "Seconds since 1970 UTC, of now, of a timestamp, or of text by a pattern (yyyy-MM-dd HH:mm:ss).",
      example: example
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, least...2)
      guard let type = arguments.first?.type else {
        return ScalarOverload([], .bigint) { (call) throws(QueryError) in
          let seconds = DateTimeText.floorDivide(call.context.statementTime, DateTimeText.microsPerSecond)
          return .constant(.integer(seconds), .bigint, count: call.count)
        }
      }
      let pattern: [LogicalType] = arguments.count == 2 ? [.string] : []
      if type == .string || type == .void {
        let reader = DateTimeReader(name: name, type: .timestamp, isTry: false, defaultPattern: .standard)
        return ScalarOverload(
          [.string] + pattern, .bigint,
          kernel: foldingConstants { (call) throws(QueryError) in
            try wholeSeconds(reader.read(call), call)
          })
      }
      guard type.isDateTime else {
        throw ArgumentCheck.mismatch(name, 0, expected: "a string, date or timestamp", type)
      }
      return ScalarOverload([.timestamp] + pattern, .bigint) { (call) throws(QueryError) in
        wholeSeconds(call.arguments[0], call)
      }
    }
  }

  /// Microseconds to whole seconds, rounded down; NULLs stay.
  private static func wholeSeconds(_ micros: Vector, _ call: KernelCall) -> Vector {
    let one = KernelCall(arguments: [micros], count: micros.count, context: call.context)
    let result = Elementwise.map(one, .bigint, Int64.self, Int64.self) {
      DateTimeText.floorDivide($0, DateTimeText.microsPerSecond)
    }
    guard let mask = micros.validity else { return result }
    return micros.isConstant ? .allNull(.bigint, count: call.count) : result.masked(mask)
  }
}

/// Reads dates and timestamps from a column of text.
struct DateTimeReader: Sendable {
  var name: String
  var type: LogicalType
  var isTry: Bool
  /// Used where the call names no pattern; nil reads what CAST reads.
  var defaultPattern: DateTimePattern?

  func read(_ call: KernelCall) throws(QueryError) -> Vector {
    let texts = call.text(0)
    let patterns = call.arguments.count > 1 ? call.text(1) : nil
    var cursor = ZoneCursor(call.context.timeZone)
    let isNullOnFault = isTry || !call.context.isANSI
    var memo = TextMemo<DateTimePattern>()
    func parsed(_ row: Int) throws(QueryError) -> Int64? {
      var pattern = defaultPattern
      if let patterns {
        pattern = try memo.value(patterns, row) { (text) throws(QueryError) in try DateTimePattern(text) }
      }
      if let value = value(texts.bytes(row), pattern, &cursor) { return value }
      if pattern == nil, let value = TimestampText.today(texts.bytes(row), type, call.context) { return value }
      if isNullOnFault { return nil }
      throw fault(texts.string(row), pattern)
    }
    if type == .date {
      return try Elementwise.fill(call, type, Int32(0)) { (row) throws(QueryError) in
        try parsed(row).map { Int32(truncatingIfNeeded: $0) }
      }
    }
    return try Elementwise.fill(call, type, Int64(0)) { (row) throws(QueryError) in try parsed(row) }
  }

  /// Days of a date, microseconds of a timestamp.
  private func value(_ text: TextBytes, _ pattern: DateTimePattern?, _ cursor: inout ZoneCursor) -> Int64? {
    if type == .date, pattern == nil { return DateTimeText.parseDate(text).map { Int64($0) } }
    guard let parsed = reading(text, pattern) else { return nil }
    switch type {
    case .date: return Int64(CalendarMath.day(ofLocal: parsed.localMicros))
    case .timestampNTZ: return parsed.localMicros
    default: return parsed.instant(in: &cursor)
    }
  }

  private func reading(_ text: TextBytes, _ pattern: DateTimePattern?) -> ClockReading? {
    if let pattern { return pattern.parse(text) }
    return DateTimeText.parseTimestamp(text).map { ClockReading(localMicros: $0.localMicros, zone: $0.zone) }
  }

  private func fault(_ text: String, _ pattern: DateTimePattern?) -> QueryError {
    let hint = "use try_to_\(type == .date ? "date" : "timestamp") to get NULL"
    if let pattern {
      return QueryError(
        .invalidDateTime, .execute, "\(name): the text does not fit the pattern '\(pattern.text)': '\(text)'",
        hint: hint)
    }
    return QueryError(.castInvalidInput, .execute, "\(name): the text is no \(type): '\(text)'", hint: hint)
  }
}
