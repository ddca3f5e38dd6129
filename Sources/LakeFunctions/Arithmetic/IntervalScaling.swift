import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Intervals times and divided by numbers; fractions of the smallest unit round half up.
extension TemporalArithmetic {
  static func scaled(_ operation: ArithmeticCall, _ interval: LogicalType, _ number: LogicalType) -> ScalarOverload? {
    guard interval.isInterval, let domain = domain(number) else { return nil }
    return ScalarOverload([interval, domain], interval, kernel: kernel(operation, interval, domain, isQuotient: false))
  }

  static func divided(_ operation: ArithmeticCall, _ interval: LogicalType, _ number: LogicalType) -> ScalarOverload? {
    guard interval.isInterval, let domain = domain(number) else { return nil }
    return ScalarOverload([interval, domain], interval, kernel: kernel(operation, interval, domain, isQuotient: true))
  }

  /// The type that a number is computed with: bigint, double, or its own decimal.
  private static func domain(_ number: LogicalType) -> LogicalType? {
    if number.isInteger { return .bigint }
    if number.isFloating || number == .string || number == .void { return .double }
    return number.isDecimal ? number : nil
  }

  private static func kernel(
    _ operation: ArithmeticCall, _ interval: LogicalType, _ number: LogicalType, isQuotient: Bool
  ) -> ScalarKernel {
    let scale = number.asDecimal?.scale ?? 0
    return foldingConstants { (call) throws(QueryError) in
      switch (interval.physical, number.physical) {
      case (.int32, .float64):
        try real(call, operation, interval, Int32.self, isQuotient)
      case (_, .float64):
        try real(call, operation, interval, Int64.self, isQuotient)
      case (.int32, .int64):
        try exact(call, operation, interval, Int32.self, Int64.self, number.isInteger ? 0 : scale, isQuotient)
      case (_, .int64):
        try exact(call, operation, interval, Int64.self, Int64.self, number.isInteger ? 0 : scale, isQuotient)
      case (.int32, _): try exact(call, operation, interval, Int32.self, Int128.self, scale, isQuotient)
      default: try exact(call, operation, interval, Int64.self, Int128.self, scale, isQuotient)
      }
    }
  }

  private static func exact<I: FixedWidthInteger & BitwiseCopyable, N: FixedWidthInteger & BitwiseCopyable>(
    _ call: KernelCall, _ operation: ArithmeticCall, _ type: LogicalType, _ interval: I.Type, _ number: N.Type,
    _ scale: Int, _ isQuotient: Bool
  ) throws(QueryError) -> Vector {
    try CheckedKernel.map(call, operation, type, I.self, N.self, I.self) { interval, number, faults in
      if isQuotient, number == 0 {
        faults |= Fault.zeroDivisor
        return 0
      }
      let value =
        isQuotient
        ? DecimalMath.quotient(Int128(interval), Int128(number), shift: scale)
        : DecimalMath.product(Int128(interval), Int128(number), dropping: scale)
      guard let value, let fitting = I(exactly: value) else {
        faults |= Fault.overflow
        return 0
      }
      return fitting
    }
  }

  private static func real<I: FixedWidthInteger & BitwiseCopyable>(
    _ call: KernelCall, _ operation: ArithmeticCall, _ type: LogicalType, _ interval: I.Type, _ isQuotient: Bool
  ) throws(QueryError) -> Vector {
    try CheckedKernel.map(call, operation, type, I.self, Double.self, I.self) { interval, number, faults in
      if isQuotient, number == 0 {
        faults |= Fault.zeroDivisor
        return 0
      }
      let value = isQuotient ? Double(interval) / number : Double(interval) * number
      guard let fitting = I(exactly: value.rounded(.toNearestOrAwayFromZero)) else {
        faults |= Fault.overflow
        return 0
      }
      return fitting
    }
  }
}
