import LakeDiagnostics
import LakeTypes

/// What a binary operation on two types computes with, after Spark 4's ANSI coercion.
enum ArithmeticTypes {
  enum Domain {
    case integer(LogicalType)
    case floating(LogicalType)
    case decimal(DecimalShape)
  }

  /// The numeric domain of an operation; nil where an operand is not a number.
  static func domain(_ kind: ArithmeticKind, _ a: FunctionArgument, _ b: FunctionArgument) -> Domain? {
    guard let (x, y) = numericPair(a.type, b.type) else { return nil }
    if x.isFloating || y.isFloating {
      let isSingle = x == .float && y == .float && kind != .divide
      return .floating(isSingle ? .float : .double)
    }
    if x.isDecimal || y.isDecimal {
      guard let left = digits(x, a, facing: y), let right = digits(y, b, facing: x) else { return nil }
      return .decimal(DecimalShape(kind, left, right))
    }
    if kind == .divide { return .floating(.double) }
    if kind == .integralDivide { return .integer(.bigint) }
    return TypeCoercion.commonType(x, y).map { .integer($0) }
  }

  /// Both operand types as numbers: a string takes the type that it meets the other at, NULL the other's.
  private static func numericPair(_ a: LogicalType, _ b: LogicalType) -> (LogicalType, LogicalType)? {
    switch (a, b) {
    case (.void, .void): (.double, .double)
    case (.void, _): numericPair(b, b)
    case (_, .void): numericPair(a, a)
    case (.string, .string): nil
    case (.string, _):
      b.isNumeric ? TypeCoercion.commonType(a, b).map { ($0, $0.isDecimal ? $0 : b.isInteger ? $0 : .double) } : nil
    case (_, .string): numericPair(b, a).map { ($0.1, $0.0) }
    default: a.isNumeric && b.isNumeric ? (a, b) : nil
    }
  }

  /// Precision and scale of an operand; an integer constant is as wide as its digits.
  private static func digits(
    _ type: LogicalType, _ argument: FunctionArgument, facing other: LogicalType
  ) -> DecimalShape.Digits? {
    if type.isInteger, other.isDecimal, case .integer(let value)? = argument.constant {
      return (String(value.magnitude).utf8.count, 0)
    }
    return type.asDecimal
  }
}
