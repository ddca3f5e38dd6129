import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Arithmetic operators and their function forms.
enum ArithmeticFunctions {
  static let all: [ScalarFunction] =
    [
      binary(.add, "+", "try_add", "The sum", "SELECT 1 + 2; -- 3"),
      binary(.subtract, "-", "try_subtract", "The difference", "SELECT 2 - 1; -- 1", isUnaryToo: true),
      binary(.multiply, "*", "try_multiply", "The product", "SELECT 2 * 3; -- 6"),
      binary(.divide, "/", "try_divide", "The quotient, never an integer", "SELECT 3 / 2; -- 1.5"),
      binary(.integralDivide, "div", nil, "The integral part of the quotient", "SELECT 3 div 2; -- 1"),
      binary(
        .remainder, "%", "try_mod", "The remainder, with the sign of the dividend", "SELECT 2 % 1.8; -- 0.2",
        aliases: ["mod"]),
      binary(.positiveRemainder, "pmod", nil, "The remainder, never negative", "SELECT pmod(-10, 3); -- 2"),
      attempt(.add, "try_add", "+", "The sum, or NULL where it overflows", "SELECT try_add(2147483647, 1); -- NULL"),
      attempt(
        .subtract, "try_subtract", "-", "The difference, or NULL where it overflows",
        "SELECT try_subtract(-2147483647, 2); -- NULL"),
      attempt(
        .multiply, "try_multiply", "*", "The product, or NULL where it overflows",
        "SELECT try_multiply(2147483647, 2); -- NULL"),
      attempt(.divide, "try_divide", "/", "The quotient, or NULL", "SELECT try_divide(1, 0); -- NULL"),
      attempt(.remainder, "try_mod", "%", "The remainder, or NULL", "SELECT try_mod(1, 0); -- NULL"),
      ScalarFunction(
        name: "negative", signature: "negative(expr)", summary: "The number or interval with the other sign",
        example: "SELECT negative(1); -- -1"
      ) { (arguments) throws(QueryError) in try negation("negative", arguments) },
      ScalarFunction(
        name: "positive", signature: "positive(expr)", summary: "The number or interval as it is",
        example: "SELECT positive(1); -- 1"
      ) { (arguments) throws(QueryError) in
        try ArgumentCheck.count("positive", arguments, 1...1)
        let type = try signed("positive", arguments[0].type)
        return ScalarOverload([type], type) { (call) throws(QueryError) in call.arguments[0] }
      },
      ScalarFunction(
        name: "abs", signature: "abs(expr)", summary: "The absolute value", example: "SELECT abs(-1); -- 1"
      ) { (arguments) throws(QueryError) in try absolute(arguments) },
    ]
    + BitwiseFunctions.all

  private static func binary(
    _ kind: ArithmeticKind, _ symbol: String, _ tryName: String?, _ summary: String, _ example: String,
    aliases: [String] = [], isUnaryToo: Bool = false
  ) -> ScalarFunction {
    let operation = ArithmeticCall(symbol: symbol, tryName: tryName)
    let signature = symbol == "pmod" ? "pmod(expr1, expr2)" : "expr1 \(symbol) expr2"
    return ScalarFunction(
      name: symbol, aliases: aliases, signature: signature, summary: summary, example: example
    ) { (arguments) throws(QueryError) in
      if isUnaryToo, arguments.count == 1 { return try negation(symbol, arguments) }
      if symbol == "+", arguments.count == 1 {
        let type = try signed(symbol, arguments[0].type)
        return ScalarOverload([type], type) { (call) throws(QueryError) in call.arguments[0] }
      }
      return try overload(kind, operation, arguments)
    }
  }

  private static func attempt(
    _ kind: ArithmeticKind, _ name: String, _ symbol: String, _ summary: String, _ example: String
  ) -> ScalarFunction {
    let operation = ArithmeticCall(symbol: symbol, isTry: true)
    return ScalarFunction(
      name: name, signature: "\(name)(expr1, expr2)", summary: summary, example: example
    ) { (arguments) throws(QueryError) in try overload(kind, operation, arguments) }
  }

  private static func overload(
    _ kind: ArithmeticKind, _ operation: ArithmeticCall, _ arguments: [FunctionArgument]
  ) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count(operation.symbol, arguments, 2...2)
    let (a, b) = (arguments[0], arguments[1])
    if let temporal = TemporalArithmetic.overload(kind, operation, a, b) { return temporal }
    switch ArithmeticTypes.domain(kind, a, b) {
    case .integer(let type):
      return ScalarOverload([type, type], type, kernel: IntegerKernels.kernel(operation, kind, type))
    case .floating(let type):
      if kind == .integralDivide { break }
      return ScalarOverload([type, type], type, kernel: FloatKernels.kernel(operation, kind, type))
    case .decimal(let shape):
      let result = kind == .integralDivide ? .bigint : shape.resultType
      return ScalarOverload(
        [shape.leftType, shape.rightType], result, kernel: DecimalKernels.kernel(operation, kind, shape))
    case nil: break
    }
    throw QueryError(
      .datatypeMismatch, .bind, "\(operation.symbol) is not defined for \(a.type) and \(b.type)",
      hint: a.type == .string && b.type == .string && kind == .add ? "join strings with || or concat" : nil)
  }

  /// A type with a sign; a string is taken as a double.
  private static func signed(_ name: String, _ type: LogicalType) throws(QueryError) -> LogicalType {
    if type == .string || type == .void { return .double }
    if type.isNumeric || type.isInterval { return type }
    throw ArgumentCheck.mismatch(name, 0, expected: "a number or interval", type)
  }

  private static func negation(
    _ name: String, _ arguments: [FunctionArgument]
  ) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count(name, arguments, 1...1)
    let type = try signed(name, arguments[0].type)
    let operation = ArithmeticCall(symbol: "-")
    return ScalarOverload(
      [type], type,
      kernel: foldingConstants { (call) throws(QueryError) in
        switch type.physical {
        case .int8: try CheckedKernel.map(call, operation, type, Int8.self, Int8.self, IntegerKernels.negate)
        case .int16: try CheckedKernel.map(call, operation, type, Int16.self, Int16.self, IntegerKernels.negate)
        case .int32: try CheckedKernel.map(call, operation, type, Int32.self, Int32.self, IntegerKernels.negate)
        case .int64: try CheckedKernel.map(call, operation, type, Int64.self, Int64.self, IntegerKernels.negate)
        case .int128: try CheckedKernel.map(call, operation, type, Int128.self, Int128.self, IntegerKernels.negate)
        case .float32: Elementwise.map(call, type, Float.self, Float.self) { -$0 }
        default: Elementwise.map(call, type, Double.self, Double.self) { -$0 }
        }
      })
  }

  private static func absolute(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("abs", arguments, 1...1)
    let type = try signed("abs", arguments[0].type)
    let operation = ArithmeticCall(symbol: "abs ")
    return ScalarOverload(
      [type], type,
      kernel: foldingConstants { (call) throws(QueryError) in
        switch type.physical {
        case .int8: try CheckedKernel.map(call, operation, type, Int8.self, Int8.self, IntegerKernels.absolute)
        case .int16: try CheckedKernel.map(call, operation, type, Int16.self, Int16.self, IntegerKernels.absolute)
        case .int32: try CheckedKernel.map(call, operation, type, Int32.self, Int32.self, IntegerKernels.absolute)
        case .int64: try CheckedKernel.map(call, operation, type, Int64.self, Int64.self, IntegerKernels.absolute)
        case .int128:
          try CheckedKernel.map(call, operation, type, Int128.self, Int128.self, IntegerKernels.absolute)
        case .float32: Elementwise.map(call, type, Float.self, Float.self) { $0.magnitude }
        default: Elementwise.map(call, type, Double.self, Double.self) { $0.magnitude }
        }
      })
  }
}
