import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension CollectionFunctions {
  /// Elements of one array at most.
  private static let longestSequence = 1 << 27

  static let sequenceFunctions: [ScalarFunction] = [
    ScalarFunction(
      name: "sequence", signature: "sequence(start, stop[, step])",
      summary: "The numbers, dates or timestamps from start to stop, both included where the step hits them.",
      example: "SELECT sequence(1, 5, 2); -- [1, 3, 5]"
    ) { (arguments) throws(QueryError) in try sequenceOverload(arguments) }
  ]

  private static func sequenceOverload(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("sequence", arguments, 2...3)
    let type = try ArgumentCheck.common("sequence", Array(arguments.prefix(2)))
    let result = LogicalType.array(element: type, containsNull: false)
    if type.isInteger {
      var types = [type, type]
      if arguments.count == 3 {
        guard arguments[2].type.isInteger else {
          throw ArgumentCheck.mismatch("sequence", 2, expected: "an integer", arguments[2].type)
        }
        types.append(.bigint)
      }
      return ScalarOverload(types, result) { (call) throws(QueryError) in try integerSequence(call, type, result) }
    }
    guard type.isDateTime else {
      throw ArgumentCheck.mismatch("sequence", 0, expected: "an integer, a date or a timestamp", type)
    }
    let step = arguments.count == 3 ? arguments[2].type : .intervalDayTime
    guard step.isInterval || (type == .date && step.isInteger) else {
      throw ArgumentCheck.mismatch("sequence", 2, expected: "an interval", step)
    }
    let stepType: LogicalType = step.isInteger ? .bigint : step
    let types = [type, type] + (arguments.count == 3 ? [stepType] : [])
    return ScalarOverload(types, result) { (call) throws(QueryError) in
      try timeSequence(call, type, stepType, result)
    }
  }

  private static func tooLong(_ count: Int) -> QueryError {
    QueryError(.limitExceeded, .execute, "the array of sequence would have \(count) elements")
  }

  private static func wrongStep(_ start: Int64, _ stop: Int64, _ step: Int64) -> QueryError {
    QueryError(
      .invalidParameter, .execute, "the step of sequence does not lead from start to stop: \(start), \(stop), \(step)")
  }

  /// How many elements lie between start and stop.
  private static func length(_ start: Int64, _ stop: Int64, _ step: Int64) throws(QueryError) -> Int {
    if start == stop { return 1 }
    guard step != 0, (step > 0) == (stop > start) else { throw wrongStep(start, stop, step) }
    let count = (Int128(stop) - Int128(start)) / Int128(step) + 1
    guard count <= Int128(longestSequence) else { throw tooLong(Int(clamping: count)) }
    return Int(count)
  }

  private static func integers(_ vector: Vector, _ row: Int) -> Int64 {
    let slot = vector.slotIndex(row)
    switch vector.physical {
    case .int8: return Int64(vector.slots(Int8.self)[slot])
    case .int16: return Int64(vector.slots(Int16.self)[slot])
    case .int32: return Int64(vector.slots(Int32.self)[slot])
    default: return vector.slots(Int64.self)[slot]
    }
  }

  private static func integerSequence(
    _ call: KernelCall, _ type: LogicalType, _ result: LogicalType
  ) throws(QueryError) -> Vector {
    let live = call.liveRows
    let builder = VectorBuilder(result, capacity: call.count)
    for row in 0..<call.count {
      var count = 0
      if live.isValid(row) {
        let start = integers(call.arguments[0], row)
        let stop = integers(call.arguments[1], row)
        let step = call.arguments.count == 3 ? integers(call.arguments[2], row) : start <= stop ? 1 : -1
        count = try length(start, stop, step)
        try call.context.checkResult(elements: builder.children[0].count + count, of: type)
        for index in 0..<count { builder.children[0].append(integer: start &+ Int64(index) &* step) }
      }
      builder.appendList(count: count)
    }
    return builder.finish()
  }

  private static func timeSequence(
    _ call: KernelCall, _ type: LogicalType, _ stepType: LogicalType, _ result: LogicalType
  ) throws(QueryError) -> Vector {
    let live = call.liveRows
    let zone: TimeZoneRules = type == .timestamp ? call.context.timeZone : .utc
    let builder = VectorBuilder(result, capacity: call.count)
    for row in 0..<call.count {
      var count = 0
      if live.isValid(row) {
        let steps = TimeSteps(
          start: integers(call.arguments[0], row), stop: integers(call.arguments[1], row), isDate: type == .date,
          zone: zone)
        let step = call.arguments.count == 3 ? integers(call.arguments[2], row) : nil
        count = try steps.forEach(step, stepType) { builder.children[0].append(integer: $0) }
        try call.context.checkResult(elements: builder.children[0].count, of: type)
      }
      builder.appendList(count: count)
    }
    return builder.finish()
  }

  /// Walks from one date or timestamp to another.
  private struct TimeSteps {
    var start: Int64
    var stop: Int64
    var isDate: Bool
    var zone: TimeZoneRules

    /// Calls `body` with each element and returns how many there were.
    func forEach(
      _ step: Int64?, _ stepType: LogicalType, _ body: (Int64) -> Void
    ) throws(QueryError) -> Int {
      switch stepType {
      case .intervalYearMonth: return try months(step ?? 1, body)
      case .intervalDayTime:
        let day = DateTimeText.microsPerDay
        let micros = step ?? (start <= stop ? day : -day)
        if micros % day == 0 { return try days(micros / day, body) }
        if isDate { throw wrongStep(start, stop, micros) }
        return try fixed(micros, body)
      default: return try days(step ?? 1, body)
      }
    }

    private func fixed(_ step: Int64, _ body: (Int64) -> Void) throws(QueryError) -> Int {
      let count = try length(start, stop, step)
      for index in 0..<count { body(start &+ Int64(index) &* step) }
      return count
    }

    /// Days on the calendar, so that timestamps keep their time of day.
    private func days(_ step: Int64, _ body: (Int64) -> Void) throws(QueryError) -> Int {
      if isDate || zone.history.fixedOffset != nil {
        return try fixed(step * (isDate ? 1 : DateTimeText.microsPerDay), body)
      }
      return try walk(step) {
        TimestampUnit.days(1).adding($0, to: start, zone: zone)
      } body: {
        body($0)
      }
    }

    private func months(_ step: Int64, _ body: (Int64) -> Void) throws(QueryError) -> Int {
      try walk(step) { amount in
        isDate
          ? Int64(CalendarMath.adding(months: amount, to: Int(start)))
          : TimestampUnit.months(1).adding(amount, to: start, zone: zone)
      } body: {
        body($0)
      }
    }

    /// Start plus multiples of the step, until stop is passed.
    private func walk(
      _ step: Int64, _ element: (Int) -> Int64?, body: (Int64) -> Void
    ) throws(QueryError) -> Int {
      if start != stop, step == 0 || (step > 0) != (stop > start) { throw wrongStep(start, stop, step) }
      var count = 0
      while let value = element(count * Int(step)), step >= 0 ? value <= stop : value >= stop {
        body(value)
        count += 1
        if step == 0 { break }
        if count > longestSequence { throw tooLong(count) }
      }
      return count
    }
  }
}
