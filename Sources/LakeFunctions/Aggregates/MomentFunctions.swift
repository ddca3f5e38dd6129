import LakeDiagnostics
import LakeTypes

extension AggregateFunctions {
  static let momentFunctions: [AggregateFunction] = [
    moment("stddev_samp", ["stddev", "std"], .deviationSample, "The standard deviation of a sample.", "-- 1.0"),
    moment("stddev_pop", [], .deviationPopulation, "The standard deviation of a population.", "-- 0.816496580927726"),
    moment("var_samp", ["variance"], .varianceSample, "The variance of a sample.", "-- 1.0"),
    moment("var_pop", [], .variancePopulation, "The variance of a population.", "-- 0.6666666666666666"),
    moment("skewness", [], .skewness, "The skewness of the values.", "-- 0.0"),
    moment("kurtosis", [], .kurtosis, "The excess kurtosis of the values.", "-- -1.5"),
    pair("covar_samp", .covarianceSample, "The covariance of a sample of pairs.", "-- 1.0"),
    pair("covar_pop", .covariancePopulation, "The covariance of a population of pairs.", "-- 0.6666666666666666"),
    pair("corr", .correlation, "Pearson's correlation of the pairs.", "-- 1.0"),
    pair("regr_count", .regressionCount, "The number of pairs without NULLs.", "-- 3"),
    pair("regr_avgx", .averageX, "The mean of x over the pairs.", "-- 2.0"),
    pair("regr_avgy", .averageY, "The mean of y over the pairs.", "-- 2.0"),
    pair("regr_sxx", .sumXX, "The sum of squared deviations of x.", "-- 2.0"),
    pair("regr_syy", .sumYY, "The sum of squared deviations of y.", "-- 2.0"),
    pair("regr_sxy", .sumXY, "The sum of products of the deviations.", "-- 2.0"),
    pair("regr_slope", .slope, "The slope of the regression line.", "-- 1.0"),
    pair("regr_intercept", .intercept, "Where the regression line meets x = 0.", "-- 0.0"),
    pair("regr_r2", .determination, "The coefficient of determination.", "-- 1.0"),
  ]

  private static func moment(
    _ name: String, _ aliases: [String], _ statistic: MomentStatistic, _ summary: String, _ result: String
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, aliases: aliases, signature: "\(name)(expr)", summary: summary,
      example: "SELECT \(name)(v) FROM VALUES (1), (2), (3) AS t(v); \(result)"
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match(name, arguments, [.double])
      return AggregateOverload(types, .double) { _ in MomentAccumulator(statistic) }
    }
  }

  private static func pair(
    _ name: String, _ statistic: PairStatistic, _ summary: String, _ result: String
  ) -> AggregateFunction {
    AggregateFunction(
      name: name, signature: "\(name)(y, x)", summary: summary,
      example: "SELECT \(name)(y, x) FROM VALUES (1, 1), (2, 2), (3, 3) AS t(y, x); \(result)"
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match(name, arguments, [.double, .double])
      let isCount = statistic == .regressionCount
      return AggregateOverload(types, isCount ? .bigint : .double, isNeverNull: isCount) { _ in
        PairMomentAccumulator(statistic)
      }
    }
  }
}
