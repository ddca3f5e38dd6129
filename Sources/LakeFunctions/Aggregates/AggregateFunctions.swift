import LakeDiagnostics
import LakeTypes

/// The aggregate functions, by topic.
enum AggregateFunctions {
  static let all: [AggregateFunction] =
    countingFunctions + sumFunctions + extremeFunctions + booleanFunctions + collectingFunctions + momentFunctions
    + percentileFunctions
}

extension AggregateFunctions {
  static let countingFunctions: [AggregateFunction] = [
    AggregateFunction(
      name: "count", signature: "count(*) | count(expr[, expr ...])",
      summary: "The number of rows, or of rows in which no expr is NULL.",
      example: "SELECT count(v) FROM VALUES (1), (NULL), (3) AS t(v); -- 2"
    ) { (arguments) throws(QueryError) in
      AggregateOverload(arguments.map(\.type), .bigint, isNeverNull: true) { _ in CountAccumulator() }
    },
    AggregateFunction(
      name: "count_if", signature: "count_if(condition)", summary: "The number of rows where the condition is true.",
      example: "SELECT count_if(v > 1) FROM VALUES (1), (2), (3) AS t(v); -- 2"
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match("count_if", arguments, [.boolean])
      return AggregateOverload(types, .bigint, isNeverNull: true) { _ in CountAccumulator(.isTrue) }
    },
    AggregateFunction(
      name: "approx_count_distinct", signature: "approx_count_distinct(expr[, relativeSD])",
      summary: "About the number of distinct values, within a relative standard deviation (0.05 by default).",
      example: "SELECT approx_count_distinct(v) FROM VALUES (1), (1), (2) AS t(v); -- 2",
      isAffectedByDuplicates: false
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("approx_count_distinct", arguments, 1...2)
      let error = try relativeError(arguments)
      return AggregateOverload(arguments.map(\.type), .bigint, isNeverNull: true) { _ in
        DistinctSketchAccumulator(relativeError: error)
      }
    },
  ]

  private static func relativeError(_ arguments: [FunctionArgument]) throws(QueryError) -> Double {
    guard arguments.count == 2 else { return 0.05 }
    guard let error = constantDouble(arguments[1]), error > 0, error < 1 else {
      throw ArgumentCheck.mismatch(
        "approx_count_distinct", 1, expected: "a constant between 0 and 1", arguments[1].type)
    }
    return error
  }

  /// A constant number of any numeric type as a double.
  static func constantDouble(_ argument: FunctionArgument) -> Double? {
    argument.constant.flatMap { double($0, argument.type) }
  }

  static func double(_ literal: Literal, _ type: LogicalType) -> Double? {
    switch literal {
    case .integer(let value): return Double(value)
    case .float(let value): return Double(value)
    case .double(let value): return value
    case .decimal(let value):
      guard case .decimal(_, let scale) = type else { return nil }
      return Double(value) / Double(DecimalText.powersOfTen[scale])
    default: return nil
    }
  }
}
