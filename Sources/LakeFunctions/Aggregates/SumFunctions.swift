import LakeDiagnostics
import LakeTypes

extension AggregateFunctions {
  static let sumFunctions: [AggregateFunction] = [
    sum("sum", isTry: false), sum("try_sum", isTry: true), average("avg", ["mean"], isTry: false),
    average("try_avg", [], isTry: true),
  ]

  private static func sum(_ name: String, isTry: Bool) -> AggregateFunction {
    AggregateFunction(
      name: name, signature: "\(name)(expr)",
      summary: isTry
        ? "The sum of the values; NULL where it overflows."
        : "The sum of the values; an error where it overflows.",
      example: "SELECT \(name)(v) FROM VALUES (5), (10), (NULL) AS t(v); -- 15"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      return try sumOverload(name, arguments[0].type, isTry: isTry)
    }
  }

  private static func sumOverload(
    _ name: String, _ type: LogicalType, isTry: Bool
  ) throws(QueryError) -> AggregateOverload {
    switch type {
    case .void, .string, .float, .double:
      let argument: LogicalType = type == .float ? .float : .double
      return AggregateOverload([argument], .double) { _ in FloatSumAccumulator(isAverage: false) }
    case .tinyint, .smallint, .int, .bigint: return exact(type, SumResult(kind: .sum, type: .bigint), isTry)
    case .intervalDayTime, .intervalYearMonth: return exact(type, SumResult(kind: .sum, type: type), isTry)
    case .decimal(let precision, let scale):
      return exact(
        type, SumResult(kind: .sum, type: .decimal(precision: min(38, precision + 10), scale: scale)), isTry)
    default: throw ArgumentCheck.mismatch(name, 0, expected: "numeric or an interval", type)
    }
  }

  /// Exact totals in 64 bits with carries, or 128 bits.
  private static func exact(_ type: LogicalType, _ result: SumResult, _ isTry: Bool) -> AggregateOverload {
    AggregateOverload([type], result.type) { context in
      var result = result
      result.isNullOnOverflow = isTry || !context.isANSI
      if type.physical == .int128 { return WideSumAccumulator(result) }
      return IntegerSumAccumulator(result)
    }
  }

  private static func average(_ name: String, _ aliases: [String], isTry: Bool) -> AggregateFunction {
    AggregateFunction(
      name: name, aliases: aliases, signature: "\(name)(expr)",
      summary: "The mean of the values; decimals keep four more fraction digits.",
      example: "SELECT \(name)(v) FROM VALUES (1), (2), (NULL) AS t(v); -- 1.5"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      return try averageOverload(name, arguments[0].type, isTry: isTry)
    }
  }

  private static func averageOverload(
    _ name: String, _ type: LogicalType, isTry: Bool
  ) throws(QueryError) -> AggregateOverload {
    switch type {
    case .void, .string, .float, .double:
      let argument: LogicalType = type == .float ? .float : .double
      return AggregateOverload([argument], .double) { _ in FloatSumAccumulator(isAverage: true) }
    case .tinyint, .smallint, .int, .bigint: return exact(type, SumResult(kind: .average, type: .double), isTry)
    case .intervalDayTime, .intervalYearMonth: return exact(type, SumResult(kind: .average, type: type), isTry)
    case .decimal(let precision, let scale):
      let result = LogicalType.decimal(precision: min(38, precision + 4), scale: min(38, scale + 4))
      let added = min(38, scale + 4) - scale
      return exact(type, SumResult(kind: .average, type: result, addedScale: added), isTry)
    default: throw ArgumentCheck.mismatch(name, 0, expected: "numeric or an interval", type)
    }
  }
}
