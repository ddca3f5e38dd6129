import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// `+`, `-`, `*` and `/` where a date, a timestamp or an interval takes part.
enum TemporalArithmetic {
  /// The overload for two operands; nil where neither is temporal or the pair has no meaning.
  static func overload(
    _ kind: ArithmeticKind, _ operation: ArithmeticCall, _ a: FunctionArgument, _ b: FunctionArgument
  ) -> ScalarOverload? {
    switch kind {
    case .add: sum(operation, a, b) ?? sum(operation, b, a).map(swapped)
    case .subtract: difference(operation, a, b)
    case .multiply: scaled(operation, a.type, b.type) ?? scaled(operation, b.type, a.type).map(swapped)
    case .divide: divided(operation, a.type, b.type)
    default: nil
    }
  }

  private static func swapped(_ overload: ScalarOverload) -> ScalarOverload {
    let kernel = overload.kernel
    return ScalarOverload(overload.argumentTypes.reversed(), overload.returnType) { (call) throws(QueryError) in
      var call = call
      call.arguments.reverse()
      return try kernel(call)
    }
  }

  private static func sum(
    _ operation: ArithmeticCall, _ a: FunctionArgument, _ b: FunctionArgument
  ) -> ScalarOverload? {
    switch (a.type, b.type) {
    case (.date, _) where b.type.isInteger: dateShift(operation, sign: 1)
    case (_, .intervalYearMonth) where a.type.isDateTime: monthShift(operation, a.type, sign: 1)
    case (_, .intervalDayTime) where a.type.isDateTime: timeShift(operation, a.type, b, sign: 1)
    case (.intervalYearMonth, .intervalYearMonth), (.intervalDayTime, .intervalDayTime):
      ScalarOverload([a.type, a.type], a.type, kernel: IntegerKernels.kernel(operation, .add, a.type))
    default: nil
    }
  }

  private static func difference(
    _ operation: ArithmeticCall, _ a: FunctionArgument, _ b: FunctionArgument
  ) -> ScalarOverload? {
    switch (a.type, b.type) {
    case (.date, _) where b.type.isInteger: dateShift(operation, sign: -1)
    case (.date, .date), (.date, .string), (.string, .date): dateDifference(operation)
    case (_, .intervalYearMonth) where a.type.isDateTime: monthShift(operation, a.type, sign: -1)
    case (_, .intervalDayTime) where a.type.isDateTime: timeShift(operation, a.type, b, sign: -1)
    case (.intervalYearMonth, .intervalYearMonth), (.intervalDayTime, .intervalDayTime):
      ScalarOverload([a.type, a.type], a.type, kernel: IntegerKernels.kernel(operation, .subtract, a.type))
    default:
      if (a.type.isTimestamp || b.type.isTimestamp), let type = TypeCoercion.commonType(a.type, b.type) {
        timestampDifference(operation, type)
      } else {
        nil
      }
    }
  }

  private static func dateShift(_ operation: ArithmeticCall, sign: Int32) -> ScalarOverload {
    ScalarOverload(
      [.date, .int], .date,
      kernel: foldingConstants { (call) throws(QueryError) in
        try CheckedKernel.map(call, operation, .date, Int32.self, Int32.self, Int32.self) { day, days, faults in
          sign > 0 ? IntegerKernels.add(day, days, &faults) : IntegerKernels.subtract(day, days, &faults)
        }
      })
  }

  private static func dateDifference(_ operation: ArithmeticCall) -> ScalarOverload {
    ScalarOverload(
      [.date, .date], .intervalDayTime,
      kernel: foldingConstants { (call) throws(QueryError) in
        try CheckedKernel.map(call, operation, .intervalDayTime, Int32.self, Int32.self, Int64.self) { a, b, faults in
          IntegerKernels.multiply(Int64(a) &- Int64(b), DateTimeText.microsPerDay, &faults)
        }
      })
  }

  private static func timestampDifference(_ operation: ArithmeticCall, _ type: LogicalType) -> ScalarOverload {
    ScalarOverload(
      [type, type], .intervalDayTime,
      kernel: foldingConstants { (call) throws(QueryError) in
        let clock = LocalClock(type, call.context)
        return try CheckedKernel.map(call, operation, .intervalDayTime, Int64.self, Int64.self, Int64.self) {
          IntegerKernels.subtract(clock.local($0), clock.local($1), &$2)
        }
      })
  }

  private static func monthShift(_ operation: ArithmeticCall, _ type: LogicalType, sign: Int) -> ScalarOverload {
    ScalarOverload(
      [type, .intervalYearMonth], type,
      kernel: foldingConstants { (call) throws(QueryError) in
        if type == .date {
          return try CheckedKernel.map(call, operation, type, Int32.self, Int32.self, Int32.self) {
            day, months, faults in
            guard let shifted = Int32(exactly: MonthArithmetic.add(sign &* Int(months), toDay: Int(day))) else {
              faults |= Fault.overflow
              return 0
            }
            return shifted
          }
        }
        let clock = LocalClock(type, call.context)
        return try CheckedKernel.map(call, operation, type, Int64.self, Int32.self, Int64.self) {
          micros, months, faults in
          let local = clock.local(micros)
          let day = DateTimeText.floorDivide(local, DateTimeText.microsPerDay)
          let time = local &- day &* DateTimeText.microsPerDay
          let shifted = Int64(MonthArithmetic.add(sign &* Int(months), toDay: Int(day)))
          let start = IntegerKernels.multiply(shifted, DateTimeText.microsPerDay, &faults)
          return clock.instant(IntegerKernels.add(start, time, &faults))
        }
      })
  }

  /// A date stays one where a constant interval is made of whole days.
  private static func timeShift(
    _ operation: ArithmeticCall, _ type: LogicalType, _ interval: FunctionArgument, sign: Int64
  ) -> ScalarOverload {
    if type == .date, case .integer(let micros)? = interval.constant, micros % DateTimeText.microsPerDay == 0 {
      return ScalarOverload(
        [.date, .intervalDayTime], .date,
        kernel: foldingConstants { (call) throws(QueryError) in
          try CheckedKernel.map(call, operation, .date, Int32.self, Int64.self, Int32.self) { day, micros, faults in
            guard let shifted = Int32(exactly: Int64(day) &+ sign &* (micros / DateTimeText.microsPerDay)) else {
              faults |= Fault.overflow
              return 0
            }
            return shifted
          }
        })
    }
    let shifted: LogicalType = type == .date ? .timestamp : type
    return ScalarOverload(
      [shifted, .intervalDayTime], shifted,
      kernel: foldingConstants { (call) throws(QueryError) in
        let clock = LocalClock(shifted, call.context)
        return try CheckedKernel.map(call, operation, shifted, Int64.self, Int64.self, Int64.self) {
          micros, interval, faults in
          let amount = IntegerKernels.multiply(interval, sign, &faults)
          let days = amount / DateTimeText.microsPerDay &* DateTimeText.microsPerDay
          let moved = clock.isUTC ? micros : clock.instant(IntegerKernels.add(clock.local(micros), days, &faults))
          return IntegerKernels.add(moved, clock.isUTC ? amount : amount &- days, &faults)
        }
      })
  }
}

/// Months on the calendar.
enum MonthArithmetic {
  /// The day that many months later; the last day of a shorter month where the day does not exist.
  @inline(__always)
  static func add(_ months: Int, toDay day: Int) -> Int {
    let date = CivilDate(daysSinceEpoch: day)
    let total = date.year &* 12 &+ (date.month &- 1) &+ months
    let year = total >= 0 ? total / 12 : (total &- 11) / 12
    let month = total &- year &* 12 &+ 1
    let last = CivilDate.daysIn(month: month, year: year)
    return CivilDate(year: year, month: month, day: min(date.day, last)).daysSinceEpoch
  }
}

/// Moves between instants and wall-clock time; timestamps without a zone are wall-clock time already.
struct LocalClock {
  private let zone: TimeZoneRules?

  init(_ type: LogicalType, _ context: EvaluationContext) {
    zone = type == .timestampNTZ ? nil : context.timeZone
  }

  /// Whether wall-clock time needs no rules.
  var isUTC: Bool { zone == nil }

  @inline(__always)
  func local(_ micros: Int64) -> Int64 {
    guard let zone else { return micros }
    return micros &+ zone.offset(atUTC: micros)
  }

  @inline(__always)
  func instant(_ local: Int64) -> Int64 {
    guard let zone else { return local }
    return zone.utc(fromLocal: local)
  }
}
