import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Functions that choose among their arguments, and assertions. The binder evaluates most of them lazily instead.
enum ConditionalFunctions {
  static let all: [ScalarFunction] =
    [
      ScalarFunction(
        name: "coalesce", signature: "coalesce(expr, ...)", summary: "The first argument that is not NULL",
        example: "SELECT coalesce(NULL, 1, 2); -- 1", nulls: .custom
      ) { (arguments) throws(QueryError) in try firstOfAll("coalesce", arguments, 1...Int.max) },
      ScalarFunction(
        name: "nvl", aliases: ["ifnull"], signature: "nvl(expr1, expr2)",
        summary: "The first argument, or the second where it is NULL", example: "SELECT nvl(NULL, 2); -- 2",
        nulls: .custom
      ) { (arguments) throws(QueryError) in try firstOfAll("nvl", arguments, 2...2) },
      ScalarFunction(
        name: "nvl2", signature: "nvl2(expr1, expr2, expr3)",
        summary: "The second argument where the first is not NULL, else the third",
        example: "SELECT nvl2(NULL, 2, 1); -- 1", nulls: .custom
      ) { (arguments) throws(QueryError) in
        try ArgumentCheck.count("nvl2", arguments, 3...3)
        let type = try ArgumentCheck.common("nvl2", arguments, from: 1)
        return ScalarOverload(
          [arguments[0].type, type, type], type,
          kernel: foldingConstants { (call) throws(QueryError) in
            let test = RowMask(call.arguments[0])
            return RowChoice.choose(type, from: Array(call.arguments.dropFirst()), count: call.count) {
              test.isValid($0) ? 0 : 1
            }
          })
      },
      ScalarFunction(
        name: "nullif", signature: "nullif(expr1, expr2)", summary: "NULL where both are equal, else the first",
        example: "SELECT nullif(2, 2); -- NULL", nulls: .custom
      ) { (arguments) throws(QueryError) in try nullIf(arguments) },
      ScalarFunction(
        name: "if", aliases: ["iff"], signature: "if(condition, then, else)",
        summary: "The second argument where the first is true, else the third",
        example: "SELECT if(1 < 2, 'a', 'b'); -- a", nulls: .custom
      ) { (arguments) throws(QueryError) in
        try ArgumentCheck.count("if", arguments, 3...3)
        return try branches("if", arguments)
      },
      ScalarFunction(
        name: "case", aliases: ["when"], signature: "CASE WHEN condition THEN value ... [ELSE value] END",
        summary: "The value behind the first condition that is true",
        example: "SELECT CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END; -- b", nulls: .custom
      ) { (arguments) throws(QueryError) in
        try ArgumentCheck.count("case", arguments, 2...Int.max)
        return try branches("case", arguments)
      },
      extreme("greatest", .greater, "The largest argument; NULLs are skipped", "SELECT greatest(10, 9, 2); -- 10"),
      extreme("least", .less, "The smallest argument; NULLs are skipped", "SELECT least(10, 9, 2); -- 2"),
      ScalarFunction(
        name: "nanvl", signature: "nanvl(expr1, expr2)", summary: "The first argument, or the second where it is NaN",
        example: "SELECT nanvl(double('NaN'), 1.5D); -- 1.5", nulls: .custom
      ) { (arguments) throws(QueryError) in try notANumber(arguments) },
      ScalarFunction(
        name: "zeroifnull", signature: "zeroifnull(expr)", summary: "0 where the argument is NULL",
        example: "SELECT zeroifnull(NULL); -- 0", nulls: .custom
      ) { (arguments) throws(QueryError) in
        try ArgumentCheck.count("zeroifnull", arguments, 1...1)
        let type = try zeroType("zeroifnull", arguments[0].type)
        let zero = try Literal.zero.cast(from: .int, to: type)
        return ScalarOverload(
          [type], type,
          kernel: foldingConstants { (call) throws(QueryError) in
            let other = Vector.constant(zero, type, count: call.count)
            return firstValid(type, call.arguments + [other], call.count)
          })
      },
      ScalarFunction(
        name: "nullifzero", signature: "nullifzero(expr)", summary: "NULL where the argument is 0",
        example: "SELECT nullifzero(0); -- NULL", nulls: .custom
      ) { (arguments) throws(QueryError) in
        try ArgumentCheck.count("nullifzero", arguments, 1...1)
        let type = try zeroType("nullifzero", arguments[0].type)
        return try nullIf([FunctionArgument(type), FunctionArgument(.int, constant: Literal.zero)], isUnary: true)
      },
      ScalarFunction(
        name: "typeof", signature: "typeof(expr)", summary: "The type of the argument",
        example: "SELECT typeof(1); -- int", nulls: .custom
      ) { (arguments) throws(QueryError) in
        try ArgumentCheck.count("typeof", arguments, 1...1)
        let name = arguments[0].type.description
        return ScalarOverload([arguments[0].type], .string) { (call) throws(QueryError) in
          Vector.constant(.string(name), .string, count: call.count)
        }
      },
      ScalarFunction(
        name: "assert_true", signature: "assert_true(condition[, message])",
        summary: "NULL where the condition is true, else an error", example: "SELECT assert_true(0 < 1); -- NULL",
        nulls: .custom
      ) { (arguments) throws(QueryError) in
        let types = try ArgumentCheck.match("assert_true", arguments, [.boolean, .string], optional: 1)
        return ScalarOverload(types, .void, kernel: assertTrue)
      },
      ScalarFunction(
        name: "raise_error", signature: "raise_error(message)", summary: "An error with the message",
        example: "SELECT raise_error('stop'); -- error stop", nulls: .custom, isDeterministic: false
      ) { (arguments) throws(QueryError) in
        let types = try ArgumentCheck.match("raise_error", arguments, [.string])
        return ScalarOverload(types, .void) { (call) throws(QueryError) in
          if call.count == 0 { return .allNull(.void, count: 0) }
          throw raised(call.arguments[0].isValid(0) ? call.text(0).string(0) : "null")
        }
      },
    ]
    + CastFunctions.all

  private static func raised(_ message: String) -> QueryError {
    QueryError(.userRaised, .execute, message)
  }

  private static let assertTrue: ScalarKernel = { (call) throws(QueryError) in
    let values = call.column(0, UInt8.self)
    let mask = RowMask(call.arguments[0])
    for row in 0..<call.count where !mask.isValid(row) || values[row] == 0 {
      guard call.arguments.count > 1 else { throw raised("the condition of assert_true is not true") }
      throw raised(call.arguments[1].isValid(row) ? call.text(1).string(row) : "null")
    }
    return .allNull(.void, count: call.count)
  }

  // MARK: Choices

  private static func firstOfAll(
    _ name: String, _ arguments: [FunctionArgument], _ range: ClosedRange<Int>
  ) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count(name, arguments, range)
    let type = try ArgumentCheck.common(name, arguments)
    let types = Array(repeating: type, count: arguments.count)
    return ScalarOverload(
      types, type,
      kernel: foldingConstants { (call) throws(QueryError) in
        firstValid(type, call.arguments, call.count)
      })
  }

  /// For each row the first argument that is not NULL.
  static func firstValid(_ type: LogicalType, _ arguments: [Vector], _ count: Int) -> Vector {
    guard let first = arguments.first else { return .allNull(type, count: count) }
    if !first.hasNulls { return first }
    let masks = arguments.map { RowMask($0) }
    return RowChoice.choose(type, from: arguments, count: count) { row in
      for (index, mask) in masks.enumerated() where mask.isValid(row) { return UInt32(index) }
      return RowChoice.null
    }
  }

  private static func branches(
    _ name: String, _ arguments: [FunctionArgument]
  ) throws(QueryError) -> ScalarOverload {
    let pairs = arguments.count / 2
    let isValue = { (position: Int) in position % 2 == 1 || position == pairs * 2 }
    var type = LogicalType.void
    for (position, argument) in arguments.enumerated() {
      if !isValue(position) {
        if ArgumentCheck.accepts(argument.type, as: .boolean) { continue }
        throw ArgumentCheck.mismatch(name, position, expected: "boolean", argument.type)
      }
      guard let next = TypeCoercion.commonType(type, argument.type) else {
        throw ArgumentCheck.mismatch(name, position, expected: "compatible with \(type)", argument.type)
      }
      type = next
    }
    let result = type
    let types = arguments.indices.map { isValue($0) ? result : .boolean }
    return ScalarOverload(
      types, result,
      kernel: foldingConstants { (call) throws(QueryError) in
        chooseBranch(call, result, pairs)
      })
  }

  private static func chooseBranch(_ call: KernelCall, _ type: LogicalType, _ pairs: Int) -> Vector {
    let hasElse = call.arguments.count > pairs * 2
    let conditions = (0..<pairs).map { call.column($0 * 2, UInt8.self) }
    let masks = (0..<pairs).map { RowMask(call.arguments[$0 * 2]) }
    var values = (0..<pairs).map { call.arguments[$0 * 2 + 1] }
    if hasElse { values.append(call.arguments[pairs * 2]) }
    return RowChoice.choose(type, from: values, count: call.count) { row in
      for pair in 0..<pairs where masks[pair].isValid(row) && conditions[pair][row] != 0 { return UInt32(pair) }
      return hasElse ? UInt32(pairs) : RowChoice.null
    }
  }

  /// Compares at the common type and keeps the first argument's own.
  private static func nullIf(
    _ arguments: [FunctionArgument], isUnary: Bool = false
  ) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("nullif", arguments, 2...2)
    let common = try ArgumentCheck.common("nullif", arguments)
    let (left, right) = (arguments[0].type, arguments[1].type)
    let casts = [ColumnCast(left, common, .ansi), ColumnCast(right, common, .ansi)]
    return ScalarOverload(
      isUnary ? [left] : [left, right], left,
      kernel: foldingConstants { (call) throws(QueryError) in
        let value = call.arguments[0]
        let other = isUnary ? Vector.constant(Literal.zero, .int, count: call.count) : call.arguments[1]
        let x = try casts[0].apply(value, live: nil, call.context)
        let y = try casts[1].apply(other, live: nil, call.context)
        let pair = KernelCall(arguments: [x, y], count: call.count, context: call.context)
        let same = ComparisonKernel.compare(.equal, pair)
        let verdicts = ColumnReader<UInt8>(same)
        let result = RowChoice.choose(left, from: [value], count: call.count) { row in
          x.isValid(row) && y.isValid(row) && verdicts[row] != 0 ? RowChoice.null : 0
        }
        return withExtendedLifetime(same) { result }
      })
  }

  private static func notANumber(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("nanvl", arguments, 2...2)
    let isSingle = arguments[0].type == .float && arguments[1].type == .float
    let type: LogicalType = isSingle ? .float : .double
    let types = try ArgumentCheck.match("nanvl", arguments, [type, type])
    return ScalarOverload(
      types, type,
      kernel: foldingConstants { (call) throws(QueryError) in
        let value = call.arguments[0]
        let isNaN = { (row: Int) in
          isSingle ? call.column(0, Float.self)[row].isNaN : call.column(0, Double.self)[row].isNaN
        }
        return RowChoice.choose(type, from: call.arguments, count: call.count) { row in
          value.isValid(row) && isNaN(row) ? 1 : 0
        }
      })
  }

  private static func zeroType(_ name: String, _ type: LogicalType) throws(QueryError) -> LogicalType {
    guard let common = TypeCoercion.commonType(type, .int), common.isNumeric else {
      throw ArgumentCheck.mismatch(name, 0, expected: "a number", type)
    }
    return common
  }

  private static func extreme(
    _ name: String, _ wanted: ComparisonOperator, _ summary: String, _ example: String
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, signature: "\(name)(expr, ...)", summary: summary, example: example, nulls: .custom
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 2...Int.max)
      let type = try ArgumentCheck.common(name, arguments)
      guard type.isOrderable else { throw ArgumentCheck.mismatch(name, 0, expected: "a type that can be sorted", type) }
      let types = Array(repeating: type, count: arguments.count)
      return ScalarOverload(
        types, type,
        kernel: foldingConstants { (call) throws(QueryError) in
          RowChoice.choose(type, from: call.arguments, count: call.count) { row in
            var best: Int?
            for (index, argument) in call.arguments.enumerated() where argument.isValid(row) {
              guard let current = best else {
                best = index
                continue
              }
              if wanted.holds(RowComparison.compare(argument, row, call.arguments[current], row)) { best = index }
            }
            return best.map { UInt32($0) } ?? RowChoice.null
          }
        })
    }
  }
}

extension Literal {
  static let zero = Literal.integer(0)

  /// The literal as a cast would give it.
  func cast(from: LogicalType, to: LogicalType) throws(QueryError) -> Literal {
    let one = Vector.constant(self, from, count: 1)
    return try ColumnCast(from, to, .ansi).apply(one, live: nil, EvaluationContext()).literal(at: 0)
  }
}
