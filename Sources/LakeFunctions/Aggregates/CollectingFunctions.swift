import LakeDiagnostics
import LakeTypes

extension AggregateFunctions {
  static let collectingFunctions: [AggregateFunction] = [
    collect("collect_list", ["array_agg"], isSet: false, "The values that are not NULL, as an array.", "-- [1, 2, 1]"),
    collect("collect_set", [], isSet: true, "The distinct values that are not NULL, as an array.", "-- [1, 2]"),
    AggregateFunction(
      name: "string_agg", aliases: ["listagg"], signature: "string_agg(expr[, delimiter])",
      summary: "The values that are not NULL, joined into one string.",
      example: "SELECT string_agg(v, ', ') FROM VALUES ('a'), ('b') AS t(v); -- a, b", resolve: joinOverload),
    AggregateFunction(
      name: "mode", signature: "mode(expr[, deterministic])",
      summary: "The most frequent value; of several equally frequent ones the smallest.",
      example: "SELECT mode(v) FROM VALUES (0), (10), (10) AS t(v); -- 10"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("mode", arguments, 1...2)
      let type = arguments[0].type
      guard type.isOrderable else { throw ArgumentCheck.mismatch("mode", 0, expected: "orderable", type) }
      _ = try constantFlag("mode", arguments, 1)
      return AggregateOverload(arguments.count == 2 ? [type, .boolean] : [type], type) { _ in ModeAccumulator(type) }
    },
  ]

  private static func collect(
    _ name: String, _ aliases: [String], isSet: Bool, _ summary: String, _ result: String
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, aliases: aliases, signature: "\(name)(expr)", summary: summary,
      example: "SELECT \(name)(v) FROM VALUES (1), (2), (1) AS t(v); \(result)", isAffectedByDuplicates: !isSet
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      let type = arguments[0].type
      if case .map = type, isSet { throw ArgumentCheck.mismatch(name, 0, expected: "comparable", type) }
      return AggregateOverload([type], .array(element: type, containsNull: false), isNeverNull: true) { _ in
        if isSet { SetAccumulator(element: type) } else { ListAccumulator(element: type) }
      }
    }
  }

  private static let joinOverload: @Sendable ([FunctionArgument]) throws(QueryError) -> AggregateOverload = {
    (arguments) throws(QueryError) in
    try ArgumentCheck.count("string_agg", arguments, 1...2)
    let type: LogicalType = arguments[0].type == .binary ? .binary : .string
    guard ArgumentCheck.accepts(arguments[0].type, as: type) else {
      throw ArgumentCheck.mismatch("string_agg", 0, expected: "a string", arguments[0].type)
    }
    let delimiter = try delimiterBytes(arguments)
    return AggregateOverload([type] + Array(repeating: type, count: arguments.count - 1), type) { _ in
      JoinAccumulator(type, delimiter: delimiter)
    }
  }

  private static func delimiterBytes(_ arguments: [FunctionArgument]) throws(QueryError) -> [UInt8] {
    guard arguments.count == 2 else { return [] }
    switch arguments[1].constant {
    case .string(let text)?: return Array(text.utf8)
    case .binary(let bytes)?: return bytes
    case .null?: return []
    default:
      throw ArgumentCheck.mismatch("string_agg", 1, expected: "a constant string", arguments[1].type)
    }
  }
}
