import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

/// Timestamps in a zone whose clocks change: Lisbon goes from UTC to UTC+1 on 2026-03-29 at 01:00.
struct TemporalArithmeticTests {
  private func context() throws -> EvaluationContext {
    EvaluationContext(timeZone: try TimeZoneRules.named("Europe/Lisbon"))
  }

  private func cast(_ values: [Literal], _ from: LogicalType, _ to: LogicalType) throws -> [Literal] {
    let column = FunctionCall.column(values, from)
    let kernel = try CastFunction.kernel(from: from, to: to, mode: .ansi)
    let result = try kernel(KernelCall(arguments: [column], count: values.count, context: try context()))
    return (0..<values.count).map { result.literal(at: $0) }
  }

  private func instant(_ text: String) throws -> Literal { try cast([.string(text)], .string, .timestamp)[0] }

  private func text(_ value: Literal) throws -> Literal { try cast([value], .timestamp, .string)[0] }

  @Test func textIsReadAndWrittenInTheSessionsZone() throws {
    #expect(try instant("2026-01-31 12:00:00") == instant("2026-01-31 12:00:00Z"))
    #expect(try instant("2026-07-31 12:00:00") == instant("2026-07-31 11:00:00Z"))
    #expect(try text(instant("2026-07-31 11:00:00 Europe/Madrid")) == .string("2026-07-31 10:00:00"))
    #expect(
      try cast([instant("2026-07-31 23:30:00Z")], .timestamp, .date) == [
        cast([.string("2026-08-01")], .string, .date)[0]
      ])
  }

  @Test func daysAndMonthsKeepTheWallClock() throws {
    let start = FunctionCall.column([try instant("2026-03-28 12:00:00")], .timestamp)
    let day = FunctionCall.column([.integer(DateTimeText.microsPerDay)], .intervalDayTime)
    let month = FunctionCall.column([.integer(1)], .intervalYearMonth)
    let nextDay = try FunctionCall.call("+", [start, day], context: context())[0]
    #expect(try text(nextDay) == .string("2026-03-29 12:00:00"))
    #expect(try text(FunctionCall.call("+", [start, month], context: context())[0]) == .string("2026-04-28 12:00:00"))
    let hours = FunctionCall.column([.integer(23 * 3_600_000_000)], .intervalDayTime)
    #expect(try FunctionCall.call("+", [start, hours], context: context())[0] == nextDay)
  }

  @Test func differencesAreThoseOfTheWallClock() throws {
    let a = FunctionCall.column([try instant("2026-03-29 12:00:00")], .timestamp)
    let b = FunctionCall.column([try instant("2026-03-28 12:00:00")], .timestamp)
    #expect(try FunctionCall.call("-", [a, b], context: context()) == [.integer(DateTimeText.microsPerDay)])
  }

  @Test func aDateStaysADateUnderWholeDays() throws {
    let plus = try #require(FunctionRegistry.scalar("+"))
    func type(_ micros: Int64?) throws -> LogicalType {
      let interval = FunctionArgument(.intervalDayTime, constant: micros.map { .integer($0) })
      return try plus.resolve([FunctionArgument(.date), interval]).returnType
    }
    #expect(try type(2 * DateTimeText.microsPerDay) == .date)
    #expect(try type(DateTimeText.microsPerDay / 2) == .timestamp)
    #expect(try type(nil) == .timestamp)
  }

  @Test func monthsStopAtTheLastDay() throws {
    let days = FunctionCall.column([.string("2024-01-31"), .string("2023-01-31"), .string("2024-12-31")], .string)
    let dates = FunctionCall.column(
      try cast((0..<3).map { days.literal(at: $0) }, .string, .date), .date)
    let months = FunctionCall.column([.integer(1), .integer(1), .integer(-10)], .intervalYearMonth)
    let result = try FunctionCall.call("+", [dates, months])
    #expect(
      try cast(result, .date, .string) == ["2024-02-29", "2023-02-28", "2024-02-29"].map { .string($0) })
  }

  @Test func overflowIsAnError() {
    let far = FunctionCall.column([.date(Int32.max)], .date)
    let one = FunctionCall.integers([1], .int)
    #expect(FunctionCall.code { _ = try FunctionCall.call("+", [far, one]) } == .dateTimeOverflow)
    let month = FunctionCall.column([.integer(1)], .intervalYearMonth)
    #expect(FunctionCall.code { _ = try FunctionCall.call("+", [far, month]) } == .dateTimeOverflow)
  }
}
