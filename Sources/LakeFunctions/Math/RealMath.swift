import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Functions from doubles to doubles.
enum RealMath {
  static let all: [ScalarFunction] = [
    real("sqrt", "The square root", "SELECT sqrt(4); -- 2.0") { $0.squareRoot() },
    real("cbrt", "The cube root", "SELECT cbrt(27.0); -- 3.0") { cubeRoot($0) },
    real("exp", "e to the power of a number", "SELECT exp(0); -- 1.0") { Glibc.exp($0) },
    real("expm1", "exp(expr) - 1", "SELECT expm1(0); -- 0.0") { Glibc.expm1($0) },
    logarithm("ln", "The natural logarithm", "SELECT ln(1); -- 0.0", above: 0) { Glibc.log($0) },
    logarithm("log2", "The logarithm to base 2", "SELECT log2(2); -- 1.0", above: 0) { Glibc.log2($0) },
    logarithm("log10", "The logarithm to base 10", "SELECT log10(10); -- 1.0", above: 0) { Glibc.log10($0) },
    logarithm("log1p", "ln(1 + expr)", "SELECT log1p(0); -- 0.0", above: -1) { Glibc.log1p($0) },
    ScalarFunction(
      name: "log", signature: "log([base, ]expr)", summary: "The logarithm, natural without a base",
      example: "SELECT log(10, 100); -- 2.0"
    ) { (arguments) throws(QueryError) in try log(arguments) },
    real("sin", "The sine", "SELECT sin(0); -- 0.0") { Glibc.sin($0) },
    real("cos", "The cosine", "SELECT cos(0); -- 1.0") { Glibc.cos($0) },
    real("tan", "The tangent", "SELECT tan(0); -- 0.0") { Glibc.tan($0) },
    real("cot", "The cotangent", "SELECT cot(1); -- 0.6420926159343306") { 1 / Glibc.tan($0) },
    real("sec", "The secant", "SELECT sec(0); -- 1.0") { 1 / Glibc.cos($0) },
    real("csc", "The cosecant", "SELECT csc(1); -- 1.1883951057781212") { 1 / Glibc.sin($0) },
    real("asin", "The arc sine", "SELECT asin(0); -- 0.0") { Glibc.asin($0) },
    real("acos", "The arc cosine", "SELECT acos(1); -- 0.0") { Glibc.acos($0) },
    real("atan", "The arc tangent", "SELECT atan(0); -- 0.0") { Glibc.atan($0) },
    real("sinh", "The hyperbolic sine", "SELECT sinh(0); -- 0.0") { Glibc.sinh($0) },
    real("cosh", "The hyperbolic cosine", "SELECT cosh(0); -- 1.0") { Glibc.cosh($0) },
    real("tanh", "The hyperbolic tangent", "SELECT tanh(0); -- 0.0") { Glibc.tanh($0) },
    real("asinh", "The inverse hyperbolic sine", "SELECT asinh(0); -- 0.0") { Glibc.asinh($0) },
    real("acosh", "The inverse hyperbolic cosine", "SELECT acosh(1); -- 0.0") { Glibc.acosh($0) },
    real("atanh", "The inverse hyperbolic tangent", "SELECT atanh(0); -- 0.0") { Glibc.atanh($0) },
    real("degrees", "Radians as degrees", "SELECT degrees(pi()); -- 180.0") { $0 * 180 / .pi },
    real("radians", "Degrees as radians", "SELECT radians(180); -- 3.141592653589793") { $0 / 180 * .pi },
    real("rint", "The nearest integer as a double, even ones at a tie", "SELECT rint(12.3456); -- 12.0") {
      $0.rounded(.toNearestOrEven)
    },
    real("sign", aliases: ["signum"], "-1.0, 0.0 or 1.0 by the sign", "SELECT sign(40); -- 1.0") {
      $0.isNaN || $0 == 0 ? $0 : $0 < 0 ? -1 : 1
    },
    pair("pow", aliases: ["power"], "A number to the power of another", "SELECT pow(2, 3); -- 8.0") {
      Glibc.pow($0, $1)
    },
    pair("atan2", "The angle of the point (expr2, expr1)", "SELECT atan2(0, 1); -- 0.0") {
      Glibc.atan2($0 + 0.0, $1 + 0.0)
    },
    pair("hypot", "The hypotenuse of two legs", "SELECT hypot(3, 4); -- 5.0") { Glibc.hypot($0, $1) },
    constant("pi", "The circle's constant", "SELECT pi(); -- 3.141592653589793", .pi),
    constant("e", "Euler's number", "SELECT e(); -- 2.718281828459045", Glibc.exp(1)),
  ]

  private static func real(
    _ name: String, aliases: [String] = [], _ summary: String, _ example: String,
    _ body: @escaping @Sendable (Double) -> Double
  ) -> ScalarFunction {
    .fixed(
      name, aliases: aliases, "\(name)(expr)", summary, example, [.double], returns: .double
    ) { (call) throws(QueryError) in Elementwise.map(call, .double, Double.self, Double.self) { body($0) } }
  }

  /// One step of Newton's method behind the C library's result, which can miss exact roots.
  private static func cubeRoot(_ value: Double) -> Double {
    let root = Glibc.cbrt(value)
    let square = root * root
    return square > 0 && square.isFinite && (square * root).isNormal
      ? root - (square * root - value) / (3 * square) : root
  }

  private static func pair(
    _ name: String, aliases: [String] = [], _ summary: String, _ example: String,
    _ body: @escaping @Sendable (Double, Double) -> Double
  ) -> ScalarFunction {
    .fixed(
      name, aliases: aliases, "\(name)(expr1, expr2)", summary, example, [.double, .double], returns: .double
    ) { (call) throws(QueryError) in
      Elementwise.map(call, .double, Double.self, Double.self, Double.self) { body($0, $1) }
    }
  }

  private static func constant(
    _ name: String, _ summary: String, _ example: String, _ value: Double
  ) -> ScalarFunction {
    .fixed(name, "\(name)()", summary, example, [], returns: .double) { (call) throws(QueryError) in
      Vector.constant(.double(value), .double, count: call.count)
    }
  }

  /// NULL for arguments at or below the pole.
  private static func logarithm(
    _ name: String, _ summary: String, _ example: String, above pole: Double,
    _ body: @escaping @Sendable (Double) -> Double
  ) -> ScalarFunction {
    .fixed(name, "\(name)(expr)", summary, example, [.double], returns: .double) { (call) throws(QueryError) in
      let source = call.column(0, Double.self)
      return try Elementwise.fill(call, .double, 0.0) { source[$0] <= pole ? nil : body(source[$0]) }
    }
  }

  private static func log(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("log", arguments, 1...2)
    let types = try ArgumentCheck.match("log", arguments, Array(repeating: .double, count: arguments.count))
    return ScalarOverload(
      types, .double,
      kernel: foldingConstants { (call) throws(QueryError) in
        let last = call.column(call.arguments.count - 1, Double.self)
        guard call.arguments.count == 2 else {
          return try Elementwise.fill(call, .double, 0.0) { last[$0] <= 0 ? nil : Glibc.log(last[$0]) }
        }
        let base = call.column(0, Double.self)
        return try Elementwise.fill(call, .double, 0.0) {
          base[$0] <= 0 || last[$0] <= 0 ? nil : Glibc.log(last[$0]) / Glibc.log(base[$0])
        }
      })
  }
}
