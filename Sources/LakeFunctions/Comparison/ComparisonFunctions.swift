import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Comparison operators, tests for NULL and NaN, IN, BETWEEN and boolean logic.
enum ComparisonFunctions {
  static let all: [ScalarFunction] = [
    comparison(.equal, ["=="], "Whether both are equal", "SELECT 2 = 2; -- true"),
    comparison(.notEqual, ["!="], "Whether both differ", "SELECT 1 <> 2; -- true"),
    comparison(.less, [], "Whether the first is smaller", "SELECT 1 < 2; -- true"),
    comparison(.lessOrEqual, [], "Whether the first is not larger", "SELECT 2 <= 2; -- true"),
    comparison(.greater, [], "Whether the first is larger", "SELECT 2 > 1; -- true"),
    comparison(.greaterOrEqual, [], "Whether the first is not smaller", "SELECT 2 >= 2; -- true"),
    ScalarFunction(
      name: "<=>", aliases: ["equal_null", "is_not_distinct_from"], signature: "expr1 <=> expr2",
      summary: "Whether both are equal, where NULL equals NULL", example: "SELECT NULL <=> NULL; -- true",
      nulls: .custom, resolve: distinctness("<=>", isEqual: true)),
    ScalarFunction(
      name: "is_distinct_from", signature: "expr1 IS DISTINCT FROM expr2",
      summary: "Whether both differ, where NULL equals NULL", example: "SELECT 1 IS DISTINCT FROM NULL; -- true",
      nulls: .custom, resolve: distinctness("is_distinct_from", isEqual: false)),
    ScalarFunction(
      name: "between", signature: "expr BETWEEN low AND high",
      summary: "Whether a value lies within two bounds, both included",
      example: "SELECT 2 BETWEEN 1 AND 3; -- true", nulls: .custom
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("between", arguments, 3...3)
      let type = try orderable("between", arguments)
      return ScalarOverload([type, type, type], .boolean, kernel: between)
    },
    ScalarFunction(
      name: "in", signature: "expr IN (value, ...)", summary: "Whether a value is one of a list",
      example: "SELECT 2 IN (1, 2, 3); -- true", nulls: .custom
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("in", arguments, 1...Int.max)
      let type = try orderable("in", arguments)
      let kernel = InListKernel(type)
      return ScalarOverload(Array(repeating: type, count: arguments.count), .boolean) { (call) throws(QueryError) in
        kernel.evaluate(call)
      }
    },
    nullTest("isnull", ["is_null"], "Whether the value is NULL", "SELECT isnull(1); -- false", isNull: true),
    nullTest(
      "isnotnull", ["is_not_null"], "Whether the value is not NULL", "SELECT isnotnull(1); -- true", isNull: false),
    ScalarFunction(
      name: "isnan", signature: "isnan(expr)", summary: "Whether a number is NaN; false for NULL",
      example: "SELECT isnan(double('NaN')); -- true", nulls: .custom
    ) { (arguments) throws(QueryError) in
      let wanted: LogicalType = arguments.first?.type == .float ? .float : .double
      let types = try ArgumentCheck.match("isnan", arguments, [wanted])
      return ScalarOverload(types, .boolean, kernel: foldingConstants(isNaN))
    },
    .fixed(
      "not", aliases: ["!"], "NOT expr", "The opposite of a boolean", "SELECT NOT true; -- false", [.boolean],
      returns: .boolean
    ) { (call) throws(QueryError) in BooleanLogic.not(call.arguments[0], count: call.count) },
    .fixed(
      "and", "expr1 AND expr2", "Whether both are true", "SELECT true AND false; -- false", nulls: .custom,
      [.boolean, .boolean], returns: .boolean
    ) { (call) throws(QueryError) in
      BooleanLogic.and(call.arguments[0], call.arguments[1], count: call.count)
    },
    .fixed(
      "or", "expr1 OR expr2", "Whether at least one is true", "SELECT true OR false; -- true", nulls: .custom,
      [.boolean, .boolean], returns: .boolean
    ) { (call) throws(QueryError) in
      BooleanLogic.or(call.arguments[0], call.arguments[1], count: call.count)
    },
  ]

  private static func comparison(
    _ comparison: ComparisonOperator, _ aliases: [String], _ summary: String, _ example: String
  ) -> ScalarFunction {
    let name = comparison.rawValue
    return ScalarFunction(
      name: name, aliases: aliases, signature: "expr1 \(name) expr2", summary: summary, example: example
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 2...2)
      let type = try orderable(name, arguments)
      return ScalarOverload([type, type], .boolean, kernel: ComparisonKernel.kernel(comparison, type))
    }
  }

  private static func distinctness(
    _ name: String, isEqual: Bool
  ) -> @Sendable ([FunctionArgument]) throws(QueryError) -> ScalarOverload {
    { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 2...2)
      let type = try orderable(name, arguments)
      return ScalarOverload([type, type], .boolean) { (call) throws(QueryError) in
        sameness(call, isEqual: isEqual)
      }
    }
  }

  private static func nullTest(
    _ name: String, _ aliases: [String], _ summary: String, _ example: String, isNull: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, aliases: aliases, signature: "\(name)(expr)", summary: summary, example: example, nulls: .custom
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      return ScalarOverload([arguments[0].type], .boolean) { (call) throws(QueryError) in
        BooleanLogic.nullTest(call.arguments[0], count: call.count, isNull: isNull)
      }
    }
  }

  private static func orderable(
    _ name: String, _ arguments: [FunctionArgument]
  ) throws(QueryError) -> LogicalType {
    let type = try ArgumentCheck.common(name, arguments)
    if type.isOrderable { return type }
    throw ArgumentCheck.mismatch(name, 0, expected: "a type that can be compared", type)
  }

  /// Equality in which NULL is a value.
  private static func sameness(_ call: KernelCall, isEqual: Bool) -> Vector {
    let (a, b) = (call.arguments[0], call.arguments[1])
    let compared = ComparisonKernel.compare(isEqual ? .equal : .notEqual, call)
    guard a.hasNulls || b.hasNulls else { return compared }
    let flat = compared.flattened()
    let result = Vector.flat(.boolean, count: call.count)
    let source = flat.slots(UInt8.self)
    let target = result.slots(UInt8.self)
    let (aMask, bMask) = (RowMask(a), RowMask(b))
    for row in 0..<call.count {
      let (isThere, isOtherThere) = (aMask.isValid(row), bMask.isValid(row))
      target[row] = isThere && isOtherThere ? source[row] : (isThere == isOtherThere) == isEqual ? 1 : 0
    }
    return withExtendedLifetime(flat) { result }
  }

  private static let between: ScalarKernel = { (call) throws(QueryError) in
    let low = pair(.greaterOrEqual, call, 1)
    let high = pair(.lessOrEqual, call, 2)
    return BooleanLogic.and(low, high, count: call.count)
  }

  private static func pair(_ comparison: ComparisonOperator, _ call: KernelCall, _ bound: Int) -> Vector {
    let (value, limit) = (call.arguments[0], call.arguments[bound])
    let half = KernelCall(arguments: [value, limit], count: call.count, context: call.context)
    let result = ComparisonKernel.compare(comparison, half)
    if value.isConstantNull || limit.isConstantNull { return .allNull(.boolean, count: call.count) }
    let mask = ValidityMask.and(
      value.isConstant ? nil : value.validity, limit.isConstant ? nil : limit.validity, count: call.count)
    return mask == nil ? result : result.flattened().masked(mask)
  }

  private static let isNaN: ScalarKernel = { (call) throws(QueryError) in
    let source = call.arguments[0]
    let result = Vector.flat(.boolean, count: call.count)
    let target = result.slots(UInt8.self)
    let mask = RowMask(source)
    let isDouble = source.physical == .float64
    for row in 0..<call.count {
      let slot = source.isConstant ? 0 : row
      let isNaN = isDouble ? source.slots(Double.self)[slot].isNaN : source.slots(Float.self)[slot].isNaN
      target[row] = isNaN && mask.isValid(row) ? 1 : 0
    }
    return result
  }
}
