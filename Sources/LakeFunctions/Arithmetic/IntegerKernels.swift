import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Arithmetic on integers of one type; results wrap where a fault is reported.
enum IntegerKernels {
  /// The kernel of `+`, `-`, `*`, `%` or `pmod` for an integer type.
  static func kernel(_ operation: ArithmeticCall, _ kind: ArithmeticKind, _ type: LogicalType) -> ScalarKernel {
    foldingConstants { (call) throws(QueryError) in
      switch type.physical {
      case .int8: try apply(call, operation, kind, type, Int8.self)
      case .int16: try apply(call, operation, kind, type, Int16.self)
      case .int32: try apply(call, operation, kind, type, Int32.self)
      default: try apply(call, operation, kind, type, Int64.self)
      }
    }
  }

  private static func apply<T: FixedWidthInteger & SignedInteger & BitwiseCopyable & Sendable>(
    _ call: KernelCall, _ operation: ArithmeticCall, _ kind: ArithmeticKind, _ type: LogicalType, _ slot: T.Type
  ) throws(QueryError) -> Vector {
    switch kind {
    case .add: try CheckedKernel.map(call, operation, type, T.self, T.self, T.self, add)
    case .subtract: try CheckedKernel.map(call, operation, type, T.self, T.self, T.self, subtract)
    case .multiply: try CheckedKernel.map(call, operation, type, T.self, T.self, T.self, multiply)
    case .remainder: try CheckedKernel.map(call, operation, type, T.self, T.self, T.self, remainder)
    case .positiveRemainder:
      try CheckedKernel.map(call, operation, type, T.self, T.self, T.self, positiveRemainder)
    case .divide, .integralDivide:
      try CheckedKernel.map(call, operation, type, T.self, T.self, T.self, divide)
    }
  }

  @inline(__always)
  static func add<T: FixedWidthInteger>(_ a: T, _ b: T, _ faults: inout UInt8) -> T {
    let sum = a &+ b
    faults |= UInt8(truncatingIfNeeded: bit((a ^ sum) & (b ^ sum) < 0))
    return sum
  }

  @inline(__always)
  static func subtract<T: FixedWidthInteger>(_ a: T, _ b: T, _ faults: inout UInt8) -> T {
    let difference = a &- b
    faults |= UInt8(truncatingIfNeeded: bit((a ^ b) & (a ^ difference) < 0))
    return difference
  }

  @inline(__always)
  static func multiply<T: FixedWidthInteger>(_ a: T, _ b: T, _ faults: inout UInt8) -> T {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    faults |= UInt8(truncatingIfNeeded: bit(overflow))
    return product
  }

  @inline(__always)
  static func divide<T: FixedWidthInteger & SignedInteger>(_ a: T, _ b: T, _ faults: inout UInt8) -> T {
    if b == 0 {
      faults |= Fault.zeroDivisor
      return 0
    }
    let (quotient, overflow) = a.dividedReportingOverflow(by: b)
    faults |= UInt8(truncatingIfNeeded: bit(overflow))
    return quotient
  }

  @inline(__always)
  static func remainder<T: FixedWidthInteger & SignedInteger>(_ a: T, _ b: T, _ faults: inout UInt8) -> T {
    if b == 0 {
      faults |= Fault.zeroDivisor
      return 0
    }
    return b == -1 ? 0 : a % b
  }

  @inline(__always)
  static func positiveRemainder<T: FixedWidthInteger & SignedInteger>(
    _ a: T, _ b: T, _ faults: inout UInt8
  ) -> T {
    let rest = remainder(a, b, &faults)
    return rest < 0 && b > 0 ? rest &+ b : rest
  }

  @inline(__always)
  static func negate<T: FixedWidthInteger>(_ a: T, _ faults: inout UInt8) -> T {
    faults |= UInt8(truncatingIfNeeded: bit(a == T.min))
    return 0 &- a
  }

  @inline(__always)
  static func absolute<T: FixedWidthInteger>(_ a: T, _ faults: inout UInt8) -> T {
    faults |= UInt8(truncatingIfNeeded: bit(a == T.min))
    return a < 0 ? 0 &- a : a
  }
}

/// The binary operations on numbers.
enum ArithmeticKind: Sendable {
  case add, subtract, multiply, divide, integralDivide, remainder, positiveRemainder
}
