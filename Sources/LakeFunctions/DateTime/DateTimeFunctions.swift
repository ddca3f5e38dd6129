import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The functions of dates, timestamps and intervals.
enum DateTimeFunctions {
  static let all: [ScalarFunction] =
    currentFunctions + partFunctions + dateFunctions + truncationFunctions + textFunctions + epochFunctions
    + zoneFunctions + constructionFunctions + unitFunctions
}

extension DateTimeFunctions {
  /// The type that an argument gets where both timestamp types will do: timestamp_ntz stays, all else becomes
  /// a timestamp.
  static func timestampType(
    _ name: String, _ arguments: [FunctionArgument], _ range: ClosedRange<Int>, at index: Int
  ) throws(QueryError) -> LogicalType {
    try ArgumentCheck.count(name, arguments, range)
    let type = arguments[index].type
    if type == .timestampNTZ { return type }
    guard ArgumentCheck.accepts(type, as: .timestamp) else {
      throw ArgumentCheck.mismatch(name, index, expected: "a timestamp", type)
    }
    return .timestamp
  }

  /// The zone in which values of a timestamp type are read: the session's, or none.
  static func zone(of type: LogicalType, _ call: KernelCall) -> TimeZoneRules {
    type == .timestampNTZ ? .utc : call.context.timeZone
  }

  /// The error for a result outside the range of its type.
  static func outOfRange(_ name: String) -> QueryError {
    QueryError(.dateTimeOverflow, .execute, "the result of \(name) is out of range")
  }

  static let currentFunctions: [ScalarFunction] = [
    .fixed(
      "current_date", aliases: ["curdate"], "current_date()", "The date at which the statement began.",
      "SELECT current_date(); -- 2026-01-31", [], returns: .date
    ) { (call) throws(QueryError) in
      let context = call.context
      let local = context.statementTime &+ context.timeZone.offset(atUTC: context.statementTime)
      return .constant(.date(Int32(truncatingIfNeeded: CalendarMath.day(ofLocal: local))), .date, count: call.count)
    },
    .fixed(
      "current_timestamp", aliases: ["now"], "current_timestamp()", "The instant at which the statement began.",
      "SELECT current_timestamp(); -- 2026-01-31 10:00:00", [], returns: .timestamp
    ) { (call) throws(QueryError) in
      .constant(.timestamp(call.context.statementTime), .timestamp, count: call.count)
    },
    .fixed(
      "localtimestamp", "localtimestamp()", "The session's wall-clock time at which the statement began.",
      "SELECT localtimestamp(); -- 2026-01-31 10:00:00", [], returns: .timestampNTZ
    ) { (call) throws(QueryError) in
      let context = call.context
      let local = context.statementTime &+ context.timeZone.offset(atUTC: context.statementTime)
      return .constant(.timestamp(local), .timestampNTZ, count: call.count)
    },
  ]
}

/// Remembers what the last text meant, because most columns of formats and zones hold one value.
struct TextMemo<Value> {
  private var last: (view: StringView, value: Value)?

  /// The meaning of a row's text; the vector must outlive the memo.
  mutating func value(
    _ texts: ColumnReader<StringView>, _ row: Int, _ read: (String) throws(QueryError) -> Value
  ) throws(QueryError) -> Value {
    let view = texts[row]
    if let last, last.view == view { return last.value }
    let value = try read(texts.string(row))
    last = (view, value)
    return value
  }
}
