import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

/// Single results, types and errors; expectations are those of Spark 4.3 in ANSI mode.
@Suite struct AggregateExamplesTests {
  @Test func sums() throws {
    #expect(try aggregate("sum", [int(5), int(10), null()]) == "15")
    #expect(try aggregate("sum", [null(.int)]) == "NULL")
    #expect(try aggregate("sum", [text("1"), text("2.5")]) == "3.5")
    #expect(try aggregate("avg", [int(1), int(2), null()]) == "1.5")
    #expect(try aggregate("avg", [decimal("1.00"), decimal("2.00"), decimal("2.00")]) == "1.666667")
    #expect(try aggregate("sum", [days(1), days(0.5)]) == "INTERVAL '1 12:00:00' DAY TO SECOND")
    #expect(try aggregate("avg", [months(1), months(2)]) == "INTERVAL '0-2' YEAR TO MONTH")
  }

  @Test func overflowOfTheResultIsAnError() throws {
    let large = [big(.max), big(1)]
    #expect(fault { () throws(QueryError) in try aggregate("sum", large) } == .numericOverflow)
    #expect(try aggregate("try_sum", large) == "NULL")
    #expect(try aggregate("sum", large, context: EvaluationContext(isANSI: false)) == "NULL")
    #expect(try aggregate("sum", [big(.max), big(1), big(-2)]) == "9223372036854775806")
    let nines = Argument(
      .decimal(precision: 38, scale: 0), .decimal(99_999_999_999_999_999_999_999_999_999_999_999_999))
    #expect(fault { () throws(QueryError) in try aggregate("sum", [nines, nines]) } == .numericOverflow)
    #expect(try aggregate("try_sum", [nines, nines]) == "NULL")
  }

  @Test func resultTypes() throws {
    func type(_ name: String, _ argument: LogicalType) throws -> LogicalType? {
      try FunctionRegistry.aggregate(name)?.resolve([FunctionArgument(argument)]).returnType
    }
    #expect(try type("sum", .tinyint) == .bigint)
    #expect(try type("sum", .decimal(precision: 10, scale: 2)) == .decimal(precision: 20, scale: 2))
    #expect(try type("sum", .decimal(precision: 35, scale: 2)) == .decimal(precision: 38, scale: 2))
    #expect(try type("avg", .decimal(precision: 10, scale: 2)) == .decimal(precision: 14, scale: 6))
    #expect(try type("sum", .float) == .double)
    #expect(try type("min", .string) == .string)
    #expect(try type("collect_list", .date) == .array(element: .date, containsNull: false))
    #expect(throws: QueryError.self) { try type("sum", .date) }
    #expect(throws: QueryError.self) { try type("min", .map(.int, .int)) }
  }

  @Test func percentiles() throws {
    let values = [int(0), int(1), int(2), int(10)]
    #expect(try aggregate("percentile", [int(0), int(10)], decimal("0.3")) == "3.0")
    #expect(try aggregate("median", [int(0), int(10)]) == "5.0")
    #expect(
      try aggregate("percentile_approx", values, array(decimal("0.5"), decimal("0.4"), decimal("0.1")), int(100))
        == "[1, 1, 0]")
    #expect(try aggregate("percentile_approx", values, decimal("0.5")) == "1")
    #expect(fault { () throws(QueryError) in try aggregate("percentile", values, decimal("1.5")) } == .invalidParameter)
  }

  @Test func weightedPercentile() throws {
    let overload = try #require(FunctionRegistry.aggregate("percentile")).resolve([
      FunctionArgument(.int), FunctionArgument(.double, constant: .double(0.5)), FunctionArgument(.bigint),
    ])
    #expect(overload.argumentTypes == [.double, .double, .bigint])
  }

  @Test func statisticsOfOneRow() throws {
    #expect(try aggregate("stddev_samp", [int(1)]) == "NULL")
    #expect(try aggregate("stddev_pop", [int(1)]) == "0.0")
    #expect(try aggregate("skewness", [int(1)]) == "NULL")
  }

  @Test func namesAndAliases() throws {
    for name in ["every", "any", "std", "array_agg", "approx_percentile", "listagg", "mean", "regr_r2"] {
      #expect(FunctionRegistry.aggregate(name) != nil, "\(name)")
    }
    for function in FunctionRegistry.aggregates {
      #expect(
        !function.summary.isEmpty && !function.example.isEmpty && function.signature.hasPrefix(function.name),
        "\(function.name)")
    }
  }
}
