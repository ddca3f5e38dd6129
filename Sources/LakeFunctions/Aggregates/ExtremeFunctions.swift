import LakeDiagnostics
import LakeTypes

extension AggregateFunctions {
  static let extremeFunctions: [AggregateFunction] = [
    extreme("min", .smallest, "The smallest value.", "-- 1"),
    extreme("max", .greatest, "The greatest value.", "-- 3"),
    extremeBy("min_by", .smallest, "The value of the row with the smallest ord.", "-- a"),
    extremeBy("max_by", .greatest, "The value of the row with the greatest ord.", "-- b"),
    edge("first", ["first_value"], .first, "The first value; with isIgnoreNull, the first that is not NULL.", "-- 1"),
    edge("last", ["last_value"], .last, "The last value; with isIgnoreNull, the last that is not NULL.", "-- 3"),
    edge("any_value", [], .first, "Some value; with isIgnoreNull, one that is not NULL.", "-- 1"),
  ]

  private static func extreme(
    _ name: String, _ extreme: Extreme, _ summary: String, _ result: String
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, signature: "\(name)(expr)", summary: summary,
      example: "SELECT \(name)(v) FROM VALUES (1), (3), (2) AS t(v); \(result)", isAffectedByDuplicates: false
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      let type = arguments[0].type
      guard type.isOrderable else {
        throw ArgumentCheck.mismatch(name, 0, expected: "orderable", type)
      }
      return AggregateOverload([type], type) { _ in
        switch type.physical {
        case .view, .list, .structure: VariableExtremeAccumulator(type, extreme)
        default: ExtremeAccumulator(type, extreme)
        }
      }
    }
  }

  private static func extremeBy(
    _ name: String, _ extreme: Extreme, _ summary: String, _ result: String
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, signature: "\(name)(expr, ord)", summary: summary,
      example: "SELECT \(name)(v, o) FROM VALUES ('a', 1), ('b', 2) AS t(v, o); \(result)"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 2...2)
      let types = arguments.map(\.type)
      guard types[1].isOrderable else {
        throw ArgumentCheck.mismatch(name, 1, expected: "orderable", types[1])
      }
      return AggregateOverload(types, types[0]) { _ in
        ExtremeByAccumulator(value: types[0], key: types[1], extreme)
      }
    }
  }

  private static func edge(
    _ name: String, _ aliases: [String], _ edge: EdgeAccumulator.Edge, _ summary: String, _ result: String
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, aliases: aliases, signature: "\(name)(expr[, isIgnoreNull])", summary: summary,
      example: "SELECT \(name)(v) FROM VALUES (1), (2), (3) AS t(v); \(result)"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...2)
      let ignoresNulls = try constantFlag(name, arguments, 1)
      let type = arguments[0].type
      return AggregateOverload(arguments.count == 2 ? [type, .boolean] : [type], type) { _ in
        EdgeAccumulator(type, edge, ignoresNulls: ignoresNulls)
      }
    }
  }

  /// A boolean constant; false where the argument is absent.
  static func constantFlag(
    _ name: String, _ arguments: [FunctionArgument], _ index: Int
  ) throws(QueryError) -> Bool {
    guard index < arguments.count else { return false }
    guard case .boolean(let value)? = arguments[index].constant else {
      throw ArgumentCheck.mismatch(name, index, expected: "a constant boolean", arguments[index].type)
    }
    return value
  }
}

extension AggregateFunctions {
  static let booleanFunctions: [AggregateFunction] = [
    boolean("bool_and", ["every"], .and, "Whether all values are true.", "-- false"),
    boolean("bool_or", ["some", "any"], .or, "Whether a value is true.", "-- true"),
    bits("bit_and", .and, "The bitwise AND of the values.", "-- 1"),
    bits("bit_or", .or, "The bitwise OR of the values.", "-- 7"),
    bits("bit_xor", .xor, "The bitwise XOR of the values.", "-- 6"),
  ]

  private static func boolean(
    _ name: String, _ aliases: [String], _ operation: BitwiseAccumulator.Operation, _ summary: String,
    _ result: String
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, aliases: aliases, signature: "\(name)(expr)", summary: summary,
      example: "SELECT \(name)(v) FROM VALUES (true), (false) AS t(v); \(result)", isAffectedByDuplicates: false
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match(name, arguments, [.boolean])
      return AggregateOverload(types, .boolean) { _ in BitwiseAccumulator(.boolean, operation) }
    }
  }

  private static func bits(
    _ name: String, _ operation: BitwiseAccumulator.Operation, _ summary: String, _ result: String
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, signature: "\(name)(expr)", summary: summary,
      example: "SELECT \(name)(v) FROM VALUES (3), (5) AS t(v); \(result)",
      isAffectedByDuplicates: operation == .xor
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      let type = arguments[0].type == .void ? LogicalType.bigint : arguments[0].type
      guard type.isInteger else { throw ArgumentCheck.mismatch(name, 0, expected: "an integer", type) }
      return AggregateOverload([type], type) { _ in BitwiseAccumulator(type, operation) }
    }
  }
}
