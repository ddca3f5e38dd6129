import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The types of a decimal operation.
struct DecimalShape: Sendable {
  typealias Digits = (precision: Int, scale: Int)
  var left: Digits
  var right: Digits
  var result: Digits
  /// Whether every exact result fits the result type, so that nothing needs to be checked or rounded.
  var isExact: Bool

  var leftType: LogicalType { .decimal(precision: left.precision, scale: left.scale) }
  var rightType: LogicalType { .decimal(precision: right.precision, scale: right.scale) }
  var resultType: LogicalType { .decimal(precision: result.precision, scale: result.scale) }

  /// The result type of an operation after Spark's `DecimalPrecision`.
  init(_ kind: ArithmeticKind, _ left: Digits, _ right: Digits) {
    self.left = left
    self.right = right
    let (precision, scale) = Self.exact(kind, left, right)
    isExact = precision <= 38
    guard case .decimal(let p, let s) = TypeCoercion.adjustedDecimal(precision: precision, scale: scale) else {
      result = (38, 6)
      return
    }
    result = (p, s)
  }

  private static func exact(_ kind: ArithmeticKind, _ a: Digits, _ b: Digits) -> Digits {
    let scale = max(a.scale, b.scale)
    switch kind {
    case .add, .subtract:
      return (max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale)
    case .multiply: return (a.precision + b.precision + 1, a.scale + b.scale)
    case .divide:
      let quotientScale = max(6, a.scale + b.precision + 1)
      return (a.precision - a.scale + b.scale + quotientScale, quotientScale)
    case .remainder, .positiveRemainder, .integralDivide:
      return (min(a.precision - a.scale, b.precision - b.scale) + scale, scale)
    }
  }
}

/// Arithmetic on decimals of up to 38 digits.
enum DecimalKernels {
  static func kernel(_ operation: ArithmeticCall, _ kind: ArithmeticKind, _ shape: DecimalShape) -> ScalarKernel {
    let step = DecimalStep(operation: operation, kind: kind, shape: shape)
    return foldingConstants { (call) throws(QueryError) in
      switch (call.arguments[0].physical, call.arguments[1].physical) {
      case (.int64, .int64): try step.run(call, Int64.self, Int64.self)
      case (.int64, _): try step.run(call, Int64.self, Int128.self)
      case (_, .int64): try step.run(call, Int128.self, Int64.self)
      default: try step.run(call, Int128.self, Int128.self)
      }
    }
  }
}

private struct DecimalStep: Sendable {
  let operation: ArithmeticCall
  let kind: ArithmeticKind
  let shape: DecimalShape

  func run<A: FixedWidthInteger & BitwiseCopyable, B: FixedWidthInteger & BitwiseCopyable>(
    _ call: KernelCall, _ a: A.Type, _ b: B.Type
  ) throws(QueryError) -> Vector {
    if kind == .integralDivide { return try integralDivide(call, a, b) }
    let isNarrow = shape.resultType.physical == .int64
    if shape.isExact, kind == .add || kind == .subtract || kind == .multiply {
      return isNarrow ? exact(call, a, b, Int64.self) : exact(call, a, b, Int128.self)
    }
    return isNarrow ? try checked(call, a, b, Int64.self) : try checked(call, a, b, Int128.self)
  }

  /// Results that always fit: plain wrapping arithmetic, in 64 bits where the result has 64.
  private func exact<
    A: FixedWidthInteger & BitwiseCopyable, B: FixedWidthInteger & BitwiseCopyable,
    R: FixedWidthInteger & BitwiseCopyable
  >(_ call: KernelCall, _ a: A.Type, _ b: B.Type, _ r: R.Type) -> Vector {
    let type = shape.resultType
    let leftFactor = R(
      truncatingIfNeeded: DecimalText.powersOfTen[shape.result.scale - min(shape.left.scale, shape.result.scale)])
    let rightFactor = R(
      truncatingIfNeeded: DecimalText.powersOfTen[shape.result.scale - min(shape.right.scale, shape.result.scale)])
    let needsNoScaling = leftFactor == 1 && rightFactor == 1
    switch kind {
    case .multiply:
      return Elementwise.map(call, type, A.self, B.self, R.self) {
        R(truncatingIfNeeded: $0) &* R(truncatingIfNeeded: $1)
      }
    case .add where needsNoScaling:
      return Elementwise.map(call, type, A.self, B.self, R.self) {
        R(truncatingIfNeeded: $0) &+ R(truncatingIfNeeded: $1)
      }
    case .add:
      return Elementwise.map(call, type, A.self, B.self, R.self) {
        R(truncatingIfNeeded: $0) &* leftFactor &+ R(truncatingIfNeeded: $1) &* rightFactor
      }
    case _ where needsNoScaling:
      return Elementwise.map(call, type, A.self, B.self, R.self) {
        R(truncatingIfNeeded: $0) &- R(truncatingIfNeeded: $1)
      }
    default:
      return Elementwise.map(call, type, A.self, B.self, R.self) {
        R(truncatingIfNeeded: $0) &* leftFactor &- R(truncatingIfNeeded: $1) &* rightFactor
      }
    }
  }

  /// Results that may need rounding or not exist.
  private func checked<
    A: FixedWidthInteger & BitwiseCopyable, B: FixedWidthInteger & BitwiseCopyable,
    R: FixedWidthInteger & BitwiseCopyable
  >(_ call: KernelCall, _ a: A.Type, _ b: B.Type, _ r: R.Type) throws(QueryError) -> Vector {
    let limit = DecimalText.powersOfTen[shape.result.precision]
    return try CheckedKernel.map(call, operation, shape.resultType, A.self, B.self, R.self) { a, b, faults in
      guard let value = compute(Int128(a), Int128(b), &faults), value > -limit, value < limit else {
        if faults == Fault.none { faults |= Fault.overflow }
        return 0
      }
      return R(truncatingIfNeeded: value)
    }
  }

  private func compute(_ a: Int128, _ b: Int128, _ faults: inout UInt8) -> Int128? {
    let (left, right) = (shape.left.scale, shape.right.scale)
    switch kind {
    case .add: return DecimalMath.sum(a, left, b, right, scale: shape.result.scale)
    case .subtract: return DecimalMath.sum(a, left, b, right, scale: shape.result.scale, isDifference: true)
    case .multiply: return DecimalMath.product(a, b, dropping: left + right - shape.result.scale)
    case .divide, .remainder, .positiveRemainder, .integralDivide: break
    }
    if b == 0 {
      faults |= Fault.zeroDivisor
      return nil
    }
    if kind == .divide { return DecimalMath.quotient(a, b, shift: shape.result.scale - left + right) }
    return remainder(a, b)
  }

  private func remainder(_ a: Int128, _ b: Int128) -> Int128? {
    let (left, right) = (shape.left.scale, shape.right.scale)
    let common = max(left, right)
    guard var rest = DecimalMath.remainder(a, left, b, right) else { return nil }
    if kind == .positiveRemainder, rest < 0 {
      guard let shifted = DecimalMath.sum(rest, common, b, right, scale: common),
        let positive = DecimalMath.remainder(shifted, common, b, right)
      else { return nil }
      rest = positive
    }
    return DecimalMath.rescaled(rest, from: common, to: shape.result.scale)
  }

  private func integralDivide<A: FixedWidthInteger & BitwiseCopyable, B: FixedWidthInteger & BitwiseCopyable>(
    _ call: KernelCall, _ a: A.Type, _ b: B.Type
  ) throws(QueryError) -> Vector {
    try CheckedKernel.map(call, operation, .bigint, A.self, B.self, Int64.self) { a, b, faults in
      if b == 0 {
        faults |= Fault.zeroDivisor
        return 0
      }
      guard let value = DecimalMath.integralQuotient(Int128(a), shape.left.scale, Int128(b), shape.right.scale)
      else {
        faults |= Fault.overflow
        return 0
      }
      return value
    }
  }
}
