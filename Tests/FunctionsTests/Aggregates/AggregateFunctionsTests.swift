import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

/// Aggregates against naive loops: all types and encodings, grouped, merged and without groups.
@Suite struct AggregateFunctionsTests {
  private static let ordered: [LogicalType] = [
    .boolean, .tinyint, .smallint, .int, .bigint, .float, .double, .decimal(precision: 12, scale: 2),
    .decimal(precision: 30, scale: 4), .string, .binary, .date, .timestamp, .intervalDayTime, .intervalYearMonth,
    .array(.int), .struct([Field("a", .int), Field("b", .string)]),
  ]
  private static let integers: [LogicalType] = [.tinyint, .smallint, .int, .bigint]

  /// The values of the first argument that are not NULL.
  private static func values(_ rows: [[Literal]]) -> [Literal] { rows.map { $0[0] }.filter { !$0.isNull } }

  private static func number(_ literal: Literal) -> Int128 {
    switch literal {
    case .integer(let value): Int128(value)
    case .decimal(let value): value
    case .boolean(let value): value ? 1 : 0
    default: 0
    }
  }

  private static func real(_ literal: Literal) -> Double {
    switch literal {
    case .integer(let value): Double(value)
    case .float(let value): Double(value)
    case .double(let value): value
    default: .nan
    }
  }

  private static func isLess(_ a: Literal, _ b: Literal) -> Bool {
    switch (a, b) {
    case (.boolean(let x), .boolean(let y)): !x && y
    case (.integer(let x), .integer(let y)): x < y
    case (.float(let x), .float(let y)): x < y
    case (.double(let x), .double(let y)): x < y
    case (.decimal(let x), .decimal(let y)): x < y
    case (.string(let x), .string(let y)): Array(x.utf8).lexicographicallyPrecedes(Array(y.utf8))
    case (.binary(let x), .binary(let y)): x.lexicographicallyPrecedes(y)
    case (.date(let x), .date(let y)): x < y
    case (.timestamp(let x), .timestamp(let y)): x < y
    case (.array(let x), .array(let y)), (.struct(let x), .struct(let y)):
      x.lexicographicallyPrecedes(y) { isLess($0, $1) }
    default: false
    }
  }

  @Test(arguments: ordered) func count(type: LogicalType) throws {
    try AggregateRun(name: "count", types: [type]) { .integer(Int64(Self.values($0).count)) }.check()
    try AggregateRun(name: "count", types: [type, .int]) { rows in
      .integer(Int64(rows.filter { !$0[0].isNull && !$0[1].isNull }.count))
    }.check()
  }

  @Test(arguments: ordered) func extremes(type: LogicalType) throws {
    try AggregateRun(name: "min", types: [type]) { Self.values($0).min(by: Self.isLess) ?? .null }.check()
    try AggregateRun(name: "max", types: [type]) { Self.values($0).max(by: Self.isLess) ?? .null }.check()
  }

  @Test(arguments: ordered) func extremesByKey(type: LogicalType) throws {
    // The key is the column itself, so that ties have equal values.
    try AggregateRun(name: "max_by", types: [.int, .bigint]) { rows in
      let keyed = rows.filter { !$0[1].isNull }
      guard let top = keyed.map({ $0[1] }).max(by: Self.isLess) else { return .null }
      return keyed.last { $0[1] == top }?[0] ?? .null
    }.check()
    try AggregateRun(name: "min_by", types: [type, .bigint]) { rows in
      let keyed = rows.filter { !$0[1].isNull }
      guard let low = keyed.map({ $0[1] }).min(by: Self.isLess) else { return .null }
      return keyed.last { $0[1] == low }?[0] ?? .null
    }.check()
  }

  @Test(arguments: ordered) func edges(type: LogicalType) throws {
    try AggregateRun(name: "first", types: [type]) { $0.first?[0] ?? .null }.check()
    try AggregateRun(name: "last", types: [type]) { $0.last?[0] ?? .null }.check()
    let ignoring = [flag(true)]
    try AggregateRun(name: "first_value", types: [type], constants: ignoring) { Self.values($0).first ?? .null }.check()
    try AggregateRun(name: "last_value", types: [type], constants: ignoring) { Self.values($0).last ?? .null }.check()
    try AggregateRun(name: "any_value", types: [type], constants: ignoring) { Self.values($0).first ?? .null }.check()
  }

  @Test(arguments: ordered) func collections(type: LogicalType) throws {
    try AggregateRun(name: "collect_list", types: [type]) { .array(Self.values($0)) }.check()
    try AggregateRun(name: "collect_set", types: [type]) { rows in
      var seen = Set<Literal>()
      return .array(Self.values(rows).filter { seen.insert($0).inserted })
    }.check()
    try AggregateRun(name: "mode", types: [type]) { rows in
      let counts = Dictionary(Self.values(rows).map { ($0, 1) }, uniquingKeysWith: +)
      let top = counts.values.max() ?? 0
      return counts.filter { $0.value == top }.keys.min(by: Self.isLess) ?? .null
    }.check()
  }

  @Test(arguments: integers) func integerSums(type: LogicalType) throws {
    try AggregateRun(name: "sum", types: [type]) { rows in
      let values = Self.values(rows)
      return values.isEmpty ? .null : .integer(Int64(values.reduce(0) { $0 + Self.number($1) }))
    }.check()
    try AggregateRun(name: "avg", types: [type]) { rows in
      let values = Self.values(rows)
      return values.isEmpty ? .null : .double(values.reduce(0) { $0 + Self.real($1) } / Double(values.count))
    }.check()
    for (name, start, operation) in [
      ("bit_and", -1, { $0 & $1 }), ("bit_or", 0, { $0 | $1 }), ("bit_xor", 0, { $0 ^ $1 }),
    ]
      as [(String, Int128, (Int128, Int128) -> Int128)]
    {
      try AggregateRun(name: name, types: [type]) { rows in
        let values = Self.values(rows)
        return values.isEmpty ? .null : .integer(Int64(values.reduce(start) { operation($0, Self.number($1)) }))
      }.check()
    }
  }

  @Test(arguments: [(5, 2), (12, 2), (18, 0), (30, 4)]) func decimalSums(precision: Int, scale: Int) throws {
    let type = LogicalType.decimal(precision: precision, scale: scale)
    try AggregateRun(name: "sum", types: [type]) { rows in
      let values = Self.values(rows)
      return values.isEmpty ? .null : .decimal(values.reduce(0) { $0 + Self.number($1) })
    }.check()
    try AggregateRun(name: "avg", types: [type]) { rows in
      let values = Self.values(rows)
      if values.isEmpty { return .null }
      let total = values.reduce(0) { $0 + Self.number($1) } * 10_000
      let count = Int128(values.count)
      let half = (total % count).magnitude * 2 >= count.magnitude ? (total < 0 ? -1 : 1) : 0
      return .decimal(total / count + Int128(half))
    }.check()
  }

  @Test(arguments: [LogicalType.float, .double]) func floatSums(type: LogicalType) throws {
    try AggregateRun(name: "sum", types: [type]) { rows in
      let values = Self.values(rows)
      return values.isEmpty ? .null : .double(values.reduce(0) { $0 + Self.real($1) })
    }.check()
    try AggregateRun(name: "avg", types: [type]) { rows in
      let values = Self.values(rows)
      return values.isEmpty ? .null : .double(values.reduce(0) { $0 + Self.real($1) } / Double(values.count))
    }.check()
  }

  @Test func booleans() throws {
    try AggregateRun(name: "bool_and", types: [.boolean]) { rows in
      let values = Self.values(rows)
      return values.isEmpty ? .null : .boolean(!values.contains(.boolean(false)))
    }.check()
    try AggregateRun(name: "some", types: [.boolean]) { rows in
      let values = Self.values(rows)
      return values.isEmpty ? .null : .boolean(values.contains(.boolean(true)))
    }.check()
    try AggregateRun(name: "count_if", types: [.boolean]) { rows in
      .integer(Int64(rows.filter { $0[0] == .boolean(true) }.count))
    }.check()
  }

  @Test func moments() throws {
    func central(_ rows: [[Literal]], _ body: ([Double], Double, Double) -> Double?) -> Literal {
      let values = Self.values(rows).map(Self.real)
      if values.isEmpty { return .null }
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      return body(values.map { $0 - mean }, count, mean).map { .double($0) } ?? .null
    }
    func power(_ values: [Double], _ exponent: Int) -> Double {
      values.reduce(0) { sum, value in sum + (0..<exponent).reduce(1.0) { product, _ in product * value } }
    }
    try AggregateRun(name: "var_pop", types: [.double]) { central($0) { power($0, 2) / $1 + $2 * 0 } }.check()
    try AggregateRun(name: "stddev_pop", types: [.int]) { central($0) { (power($0, 2) / $1).squareRoot() + $2 * 0 } }
      .check()
    try AggregateRun(name: "variance", types: [.double]) {
      central($0) { $1 == 1 ? nil : power($0, 2) / ($1 - 1) + $2 * 0 }
    }
    .check()
    try AggregateRun(name: "stddev", types: [.double]) { rows in
      central(rows) { $1 == 1 ? nil : (power($0, 2) / ($1 - 1)).squareRoot() + $2 * 0 }
    }.check()
    try AggregateRun(name: "skewness", types: [.double]) { rows in
      central(rows) { deviations, count, _ in
        let square = power(deviations, 2)
        return square == 0 ? nil : count.squareRoot() * power(deviations, 3) / (square * square * square).squareRoot()
      }
    }.check()
    try AggregateRun(name: "kurtosis", types: [.double]) { rows in
      central(rows) { deviations, count, _ in
        let square = power(deviations, 2)
        return square == 0 ? nil : count * power(deviations, 4) / (square * square) - 3
      }
    }.check()
  }

  @Test func pairMoments() throws {
    func paired(_ rows: [[Literal]], _ body: (_ xx: Double, _ yy: Double, _ xy: Double, _ n: Double) -> Double?)
      -> Literal
    {
      let pairs = rows.filter { !$0[0].isNull && !$0[1].isNull }.map { (Self.real($0[0]), Self.real($0[1])) }
      if pairs.isEmpty { return .null }
      let n = Double(pairs.count)
      let (meanY, meanX) = (pairs.reduce(0) { $0 + $1.0 } / n, pairs.reduce(0) { $0 + $1.1 } / n)
      let xx = pairs.reduce(0) { $0 + ($1.1 - meanX) * ($1.1 - meanX) }
      let yy = pairs.reduce(0) { $0 + ($1.0 - meanY) * ($1.0 - meanY) }
      let xy = pairs.reduce(0) { $0 + ($1.0 - meanY) * ($1.1 - meanX) }
      return body(xx, yy, xy, n).map { .double($0) } ?? .null
    }
    let types: [LogicalType] = [.double, .double]
    try AggregateRun(name: "covar_pop", types: types) { paired($0) { _, _, xy, n in xy / n } }.check()
    try AggregateRun(name: "covar_samp", types: types) { paired($0) { _, _, xy, n in n == 1 ? nil : xy / (n - 1) } }
      .check()
    try AggregateRun(name: "corr", types: types) { rows in
      paired(rows) { xx, yy, xy, _ in xx * yy == 0 ? nil : xy / (xx * yy).squareRoot() }
    }.check()
    try AggregateRun(name: "regr_slope", types: types) { paired($0) { xx, _, xy, _ in xx == 0 ? nil : xy / xx } }
      .check()
    try AggregateRun(name: "regr_sxy", types: types) { paired($0) { _, _, xy, _ in xy } }.check()
  }

  @Test(arguments: [0.0, 0.25, 0.5, 0.9, 1.0]) func percentiles(fraction: Double) throws {
    try AggregateRun(name: "percentile", types: [.int], constants: [constant(fraction)]) { rows in
      let sorted = Self.values(rows).map(Self.real).sorted()
      if sorted.isEmpty { return .null }
      let position = Double(sorted.count - 1) * fraction
      let low = sorted[Int(position.rounded(.down))]
      let high = sorted[Int(position.rounded(.up))]
      return .double(low + (high - low) * (position - position.rounded(.down)))
    }.check()
    for type in [LogicalType.bigint, .date, .timestamp, .float, .decimal(precision: 30, scale: 4)] {
      try AggregateRun(name: "percentile_approx", types: [type], constants: [constant(fraction)]) { rows in
        let sorted = Self.values(rows).sorted(by: Self.isLess)
        if sorted.isEmpty { return .null }
        return sorted[max(0, Int((fraction * Double(sorted.count)).rounded(.up)) - 1)]
      }.check()
    }
  }

  @Test func joinedText() throws {
    try AggregateRun(name: "string_agg", types: [.string], constants: [text(", ")]) { rows in
      let values = Self.values(rows).map { if case .string(let text) = $0 { text } else { "" } }
      return values.isEmpty ? .null : .string(values.joined(separator: ", "))
    }.check()
  }

  @Test(arguments: ordered) func distinctEstimatesOfFewValuesAreClose(type: LogicalType) throws {
    guard let function = FunctionRegistry.aggregate("approx_count_distinct") else { return }
    let overload = try function.resolve([FunctionArgument(type)])
    let accumulator = overload.makeAccumulator(Session.context)
    accumulator.resize(groupCount: 1)
    var maker = ColumnMaker(type: type, random: SplitMix(state: 7))
    let column = maker.column(.nullable, count: 500)
    try accumulator.updateSingleGroup(arguments: [column], count: 500)
    let exact = Set((0..<500).map { column.literal(at: $0) }.filter { !$0.isNull }).count
    guard case .integer(let estimate) = try accumulator.results(from: 0, count: 1).literal(at: 0) else { return }
    #expect(abs(Int(estimate) - exact) <= 2, "\(type): \(estimate) for \(exact)")
  }

  @Test func distinctEstimatesOfManyValuesAreWithinTheirError() throws {
    for count in [1000, 20_000, 300_000] {
      let overload = try #require(FunctionRegistry.aggregate("approx_count_distinct")).resolve([
        FunctionArgument(.bigint)
      ])
      let accumulator = overload.makeAccumulator(Session.context)
      accumulator.resize(groupCount: 1)
      for start in stride(from: 0, to: count, by: 1000) {
        let column = Vector.flat(.bigint, count: 1000)
        for row in 0..<1000 { column.slots(Int64.self)[row] = Int64(start + row) }
        try accumulator.updateSingleGroup(arguments: [column], count: 1000)
      }
      guard case .integer(let estimate) = try accumulator.results(from: 0, count: 1).literal(at: 0) else { return }
      #expect(abs(Double(estimate) / Double(count) - 1) < 0.15, "\(estimate) for \(count)")
    }
  }
}

/// A double constant (the suite's own `real` reads literals).
private func constant(_ value: Double) -> Argument { Argument(.double, .double(value)) }
