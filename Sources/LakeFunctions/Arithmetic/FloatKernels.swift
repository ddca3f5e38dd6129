import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Arithmetic on floats and doubles; only a zero divisor is a fault.
enum FloatKernels {
  static func kernel(_ operation: ArithmeticCall, _ kind: ArithmeticKind, _ type: LogicalType) -> ScalarKernel {
    foldingConstants { (call) throws(QueryError) in
      type == .float
        ? try apply(call, operation, kind, type, Float.self)
        : try apply(call, operation, kind, type, Double.self)
    }
  }

  private static func apply<T: BinaryFloatingPoint & BitwiseCopyable>(
    _ call: KernelCall, _ operation: ArithmeticCall, _ kind: ArithmeticKind, _ type: LogicalType, _ slot: T.Type
  ) throws(QueryError) -> Vector {
    switch kind {
    case .add: Elementwise.map(call, type, T.self, T.self, T.self) { $0 + $1 }
    case .subtract: Elementwise.map(call, type, T.self, T.self, T.self) { $0 - $1 }
    case .multiply: Elementwise.map(call, type, T.self, T.self, T.self) { $0 * $1 }
    case .divide, .integralDivide:
      try CheckedKernel.map(call, operation, type, T.self, T.self, T.self) { a, b, faults in
        faults |= UInt8(truncatingIfNeeded: bit(b == 0)) << 1
        return a / b
      }
    case .remainder:
      try CheckedKernel.map(call, operation, type, T.self, T.self, T.self) { a, b, faults in
        faults |= UInt8(truncatingIfNeeded: bit(b == 0)) << 1
        return a.truncatingRemainder(dividingBy: b)
      }
    case .positiveRemainder:
      try CheckedKernel.map(call, operation, type, T.self, T.self, T.self) { a, b, faults in
        faults |= UInt8(truncatingIfNeeded: bit(b == 0)) << 1
        let rest = a.truncatingRemainder(dividingBy: b)
        return rest < 0 ? (rest + b).truncatingRemainder(dividingBy: b) : rest
      }
    }
  }
}
