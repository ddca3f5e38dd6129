import LakeDiagnostics
import LakeTypes

extension AggregateFunctions {
  static let percentileFunctions: [AggregateFunction] = [
    AggregateFunction(
      name: "percentile", signature: "percentile(expr, fraction[, frequency])",
      summary: "The exact value at a fraction (or an array of fractions) of the ordered values, interpolated.",
      example: "SELECT percentile(v, 0.25) FROM VALUES (0), (10) AS t(v); -- 2.5", resolve: percentileOverload),
    AggregateFunction(
      name: "percentile_cont", signature: "percentile_cont(fraction) WITHIN GROUP (ORDER BY expr)",
      summary: "The value at a fraction of the ordered values, interpolated.",
      example: "SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY v) FROM VALUES (0), (10) AS t(v); -- 2.5",
      resolve: percentileOverload),
    AggregateFunction(
      name: "median", signature: "median(expr)", summary: "The middle value, interpolated.",
      example: "SELECT median(v) FROM VALUES (0), (10) AS t(v); -- 5.0"
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match("median", arguments, [.double])
      let request = PercentileAccumulator.Request(
        method: .interpolated, fractions: [0.5], isArray: false, type: .double)
      return AggregateOverload(types, .double) { _ in PercentileAccumulator(request) }
    },
    AggregateFunction(
      name: "percentile_approx", aliases: ["approx_percentile"],
      signature: "percentile_approx(expr, fraction[, accuracy])",
      summary: "The smallest value that at least a fraction (or each of several) of the values does not exceed.",
      example: "SELECT percentile_approx(v, 0.5) FROM VALUES (0), (1), (2), (10) AS t(v); -- 1",
      resolve: { (arguments) throws(QueryError) in try discreteOverload("percentile_approx", arguments) }),
    AggregateFunction(
      name: "percentile_disc", signature: "percentile_disc(fraction) WITHIN GROUP (ORDER BY expr)",
      summary: "The smallest value that at least a fraction of the values does not exceed.",
      example: "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY v) FROM VALUES (0), (1), (2) AS t(v); -- 1",
      resolve: { (arguments) throws(QueryError) in try discreteOverload("percentile_disc", arguments) }),
  ]

  private static let percentileOverload: @Sendable ([FunctionArgument]) throws(QueryError) -> AggregateOverload = {
    (arguments) throws(QueryError) in
    try ArgumentCheck.count("percentile", arguments, 2...3)
    guard ArgumentCheck.accepts(arguments[0].type, as: .double) else {
      throw ArgumentCheck.mismatch("percentile", 0, expected: "numeric", arguments[0].type)
    }
    var request = try request("percentile", arguments, .interpolated, .double)
    request.hasFrequency = arguments.count == 3
    let chosen = request
    let types = [.double, arguments[1].type] + (arguments.count == 3 ? [LogicalType.bigint] : [])
    return AggregateOverload(types, resultType(chosen, .double)) { _ in PercentileAccumulator(chosen) }
  }

  private static func discreteOverload(
    _ name: String, _ arguments: [FunctionArgument]
  ) throws(QueryError) -> AggregateOverload {
    try ArgumentCheck.count(name, arguments, 2...3)
    var type = arguments[0].type
    if type == .string || type == .void { type = .double }
    guard type.isNumeric || type.isDateTime || type.isInterval else {
      throw ArgumentCheck.mismatch(name, 0, expected: "numeric, a date, a timestamp or an interval", type)
    }
    let request = try request(name, arguments, .discrete, type)
    return AggregateOverload([type] + arguments.dropFirst().map(\.type), resultType(request, type)) { _ in
      PercentileAccumulator(request)
    }
  }

  private static func resultType(_ request: PercentileAccumulator.Request, _ element: LogicalType) -> LogicalType {
    request.isArray ? .array(element: element, containsNull: false) : element
  }

  private static func request(
    _ name: String, _ arguments: [FunctionArgument], _ method: PercentileAccumulator.Method, _ type: LogicalType
  ) throws(QueryError) -> PercentileAccumulator.Request {
    var fractions: [Double?] = []
    var isArray = false
    if case .array(let literals)? = arguments[1].constant, case .array(let element, _) = arguments[1].type {
      isArray = true
      fractions = literals.map { double($0, element) }
    } else {
      fractions = [constantDouble(arguments[1])]
    }
    let known = fractions.compactMap { $0 }
    guard known.count == fractions.count, known.allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
      throw QueryError(
        .invalidParameter, .bind, "the fraction of \(name) must be a constant from 0 to 1, or an array of such")
    }
    return PercentileAccumulator.Request(method: method, fractions: known, isArray: isArray, type: type)
  }
}
