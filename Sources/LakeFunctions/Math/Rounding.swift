import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The ways to drop digits.
enum RoundingMode: Sendable {
  /// To the nearest, ties away from zero.
  case halfUp
  /// To the nearest, ties to the even digit.
  case halfEven
  case ceiling
  case floor
}

/// Rounds decimals and integers to a power of ten.
enum DecimalRounding {
  /// The value divided by 10^digits, rounded.
  @inline(__always)
  static func dropping(_ digits: Int, from value: Int128, _ mode: RoundingMode) -> Int128 {
    if digits <= 0 { return value }
    if digits > 38 {
      switch mode {
      case .ceiling: return value > 0 ? 1 : 0
      case .floor: return value < 0 ? -1 : 0
      default: return 0
      }
    }
    let divisor = DecimalText.powersOfTen[digits]
    let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
    switch mode {
    case .ceiling: return rest > 0 ? quotient + 1 : quotient
    case .floor: return rest < 0 ? quotient - 1 : quotient
    case .halfUp, .halfEven:
      let twice = rest.magnitude &* 2
      let isTie = twice == divisor.magnitude
      let isAway = twice > divisor.magnitude || (isTie && (mode == .halfUp || quotient & 1 != 0))
      return isAway ? (value < 0 ? quotient - 1 : quotient + 1) : quotient
    }
  }
}

/// Rounds doubles and floats to decimal places, by their shortest digits as Java's BigDecimal does.
enum FloatRounding {
  private static let powers: [Double] = (0...15).map { power in (0..<power).reduce(1.0) { value, _ in value * 10 } }

  static func round(_ value: Double, _ scale: Int, _ mode: RoundingMode) -> Double {
    if !value.isFinite || value == 0 { return value }
    if scale >= 0, scale <= 15 {
      // Away from a tie the error of the product does not matter, and the quotient is the nearest double.
      let product = value * powers[scale]
      let whole = product.rounded(.down)
      let fraction = product - whole
      if product.magnitude < 1e12, abs(fraction - 0.5) > 1e-3, fraction > 1e-3 || fraction == 0, fraction < 0.999 {
        return (fraction < 0.5 ? whole : whole + 1) / powers[scale]
      }
    }
    return byDigits(value.description, scale, mode).flatMap { Double($0) } ?? value
  }

  static func round(_ value: Float, _ scale: Int, _ mode: RoundingMode) -> Float {
    if !value.isFinite || value == 0 { return value }
    return byDigits(value.description, scale, mode).flatMap { Float($0) } ?? value
  }

  /// The rounded number in scientific notation; nil if there is nothing to drop.
  private static func byDigits(_ text: String, _ scale: Int, _ mode: RoundingMode) -> String? {
    let number = FloatText.Digits(text)
    let lastPower = number.exponent - (number.digits.count - 1)
    let dropped = -scale - lastPower
    if dropped <= 0 { return nil }
    var unscaled: Int128 = 0
    for digit in number.digits { unscaled = unscaled * 10 + Int128(digit - 0x30) }
    let isNegative = text.utf8.first == 0x2D
    let rounded = DecimalRounding.dropping(dropped, from: isNegative ? -unscaled : unscaled, mode)
    return rounded == 0 && isNegative ? "-0.0" : "\(rounded)e\(-scale)"
  }
}

/// `round`, `bround`, `ceil` and `floor`, with and without a scale.
enum RoundingFunctions {
  static let all: [ScalarFunction] = [
    toScale(
      "round", .halfUp, "The nearest number with that many decimal places, ties away from zero",
      "SELECT round(2.5, 0); -- 3"),
    toScale(
      "bround", .halfEven, "The nearest number with that many decimal places, ties to even",
      "SELECT bround(2.5, 0); -- 2"),
    toWhole("ceil", ["ceiling"], .ceiling, "The smallest integer that is not less", "SELECT ceil(-0.1); -- 0"),
    toWhole("floor", [], .floor, "The largest integer that is not larger", "SELECT floor(-0.1); -- -1"),
  ]

  private static func toScale(
    _ name: String, _ mode: RoundingMode, _ summary: String, _ example: String
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, signature: "\(name)(expr[, scale])", summary: summary, example: example
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...2)
      return try overload(name, arguments, mode)
    }
  }

  private static func toWhole(
    _ name: String, _ aliases: [String], _ mode: RoundingMode, _ summary: String, _ example: String
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, aliases: aliases, signature: "\(name)(expr[, scale])", summary: summary, example: example
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...2)
      if arguments.count == 2 { return try overload(name, exactArguments(arguments), mode) }
      let type = arguments[0].type
      if case .decimal(let precision, let scale) = type {
        let result = LogicalType.decimal(precision: scale == 0 ? precision : min(38, precision - scale + 1), scale: 0)
        return ScalarOverload([type], result, kernel: decimals(type, result, scale: 0, mode))
      }
      if type.isInteger { return ScalarOverload([.bigint], .bigint) { (call) throws(QueryError) in call.arguments[0] } }
      let types = try ArgumentCheck.match(name, arguments, [.double])
      let operation = ArithmeticCall(symbol: "\(name) ")
      return ScalarOverload(
        types, .bigint,
        kernel: foldingConstants { (call) throws(QueryError) in
          try CheckedKernel.map(call, operation, .bigint, Double.self, Int64.self) { value, faults in
            let whole = value.rounded(mode == .ceiling ? .up : .down)
            if let integer = Int64(exactly: whole) { return integer }
            if whole.isNaN { return 0 }
            faults |= Fault.overflow
            return whole < 0 ? .min : .max
          }
        })
    }
  }

  /// `ceil` and `floor` with a scale work on decimals; a double becomes decimal(30,15).
  private static func exactArguments(_ arguments: [FunctionArgument]) -> [FunctionArgument] {
    var exact = arguments
    if let digits = exact[0].type.asDecimal {
      exact[0].type = .decimal(precision: digits.precision, scale: digits.scale)
    } else if exact[0].type.isFloating || exact[0].type == .string {
      exact[0].type = exact[0].type == .float ? .decimal(precision: 14, scale: 7) : .decimal(precision: 30, scale: 15)
    }
    return exact
  }

  private static func overload(
    _ name: String, _ arguments: [FunctionArgument], _ mode: RoundingMode
  ) throws(QueryError) -> ScalarOverload {
    let wanted = arguments.count == 2 ? try ArgumentCheck.constantInteger(name, arguments, 1) : 0
    let type: LogicalType = arguments[0].type == .string || arguments[0].type == .void ? .double : arguments[0].type
    guard type.isNumeric else { throw ArgumentCheck.mismatch(name, 0, expected: "a number", type) }
    let types = arguments.count == 2 ? [type, .int] : [type]
    guard let wanted else {
      return ScalarOverload(types, type) { (call) throws(QueryError) in .allNull(type, count: call.count) }
    }
    let scale = Int(max(-400, min(400, wanted)))
    switch type {
    case .float:
      return ScalarOverload(
        types, type,
        kernel: foldingConstants { (call) throws(QueryError) in
          Elementwise.map(oneArgument(call), type, Float.self, Float.self) { FloatRounding.round($0, scale, mode) }
        })
    case .double:
      return ScalarOverload(
        types, type,
        kernel: foldingConstants { (call) throws(QueryError) in
          Elementwise.map(oneArgument(call), type, Double.self, Double.self) { FloatRounding.round($0, scale, mode) }
        })
    case .decimal(let precision, let digits):
      let result = roundedType(precision, digits, scale)
      return ScalarOverload(types, result, kernel: decimals(type, result, scale: scale, mode))
    default:
      return ScalarOverload(types, type, kernel: integers(name, type, scale, mode))
    }
  }

  /// The type of a rounded decimal: one digit more, as in 9.9 to 10.
  private static func roundedType(_ precision: Int, _ digits: Int, _ scale: Int) -> LogicalType {
    let whole = precision - digits + 1
    if scale < 0 { return .decimal(precision: min(38, max(whole, -scale + 1)), scale: 0) }
    let kept = min(digits, scale)
    return .decimal(precision: min(38, whole + kept), scale: kept)
  }

  private static func oneArgument(_ call: KernelCall) -> KernelCall {
    var call = call
    call.arguments = [call.arguments[0]]
    return call
  }

  private static func integers(
    _ name: String, _ type: LogicalType, _ scale: Int, _ mode: RoundingMode
  ) -> ScalarKernel {
    if scale >= 0 { return { (call) throws(QueryError) in call.arguments[0] } }
    let operation = ArithmeticCall(symbol: "\(name) ")
    return foldingConstants { (call) throws(QueryError) in
      let call = oneArgument(call)
      return switch type.physical {
      case .int8: try integers(call, operation, type, Int8.self, scale, mode)
      case .int16: try integers(call, operation, type, Int16.self, scale, mode)
      case .int32: try integers(call, operation, type, Int32.self, scale, mode)
      default: try integers(call, operation, type, Int64.self, scale, mode)
      }
    }
  }

  private static func integers<T: FixedWidthInteger & BitwiseCopyable>(
    _ call: KernelCall, _ operation: ArithmeticCall, _ type: LogicalType, _ slot: T.Type, _ scale: Int,
    _ mode: RoundingMode
  ) throws(QueryError) -> Vector {
    try CheckedKernel.map(call, operation, type, T.self, T.self) { value, faults in
      let quotient = DecimalRounding.dropping(-scale, from: Int128(value), mode)
      let rounded = quotient == 0 ? 0 : quotient &* DecimalText.powersOfTen[min(38, -scale)]
      if T(exactly: rounded) == nil { faults |= Fault.overflow }
      return T(truncatingIfNeeded: rounded)
    }
  }

  private static func decimals(
    _ type: LogicalType, _ result: LogicalType, scale: Int, _ mode: RoundingMode
  ) -> ScalarKernel {
    foldingConstants { (call) throws(QueryError) in
      let call = oneArgument(call)
      return switch (type.physical, result.physical) {
      case (.int64, .int64): try decimals(call, type, result, scale, mode, Int64.self, Int64.self)
      case (.int64, _): try decimals(call, type, result, scale, mode, Int64.self, Int128.self)
      case (_, .int64): try decimals(call, type, result, scale, mode, Int128.self, Int64.self)
      default: try decimals(call, type, result, scale, mode, Int128.self, Int128.self)
      }
    }
  }

  private static func decimals<A: FixedWidthInteger & BitwiseCopyable, R: FixedWidthInteger & BitwiseCopyable>(
    _ call: KernelCall, _ type: LogicalType, _ result: LogicalType, _ scale: Int, _ mode: RoundingMode,
    _ a: A.Type, _ r: R.Type
  ) throws(QueryError) -> Vector {
    let digits = type.asDecimal?.scale ?? 0
    let dropped = max(0, digits - scale)
    let factor = scale < 0 ? DecimalText.powersOfTen[min(38, -scale)] : 1
    let limit = DecimalText.powersOfTen[result.asDecimal?.precision ?? 38]
    let operation = ArithmeticCall(symbol: "round ")
    return try CheckedKernel.map(call, operation, result, A.self, R.self) { value, faults in
      let quotient = DecimalRounding.dropping(dropped, from: Int128(value), mode)
      let (rounded, overflow) = quotient.multipliedReportingOverflow(by: factor)
      if overflow || rounded <= -limit || rounded >= limit { faults |= Fault.overflow }
      return R(truncatingIfNeeded: rounded)
    }
  }
}
