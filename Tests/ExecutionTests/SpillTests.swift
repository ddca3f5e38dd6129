import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeExecution
@testable import LakePlan
import LakeTypes
import Testing

/// Operators that spill yield what they yield with all the memory they want.
@Suite struct SpillTests {
  private static let rowCount = 1200

  /// Groups, numbers with ties, text of all lengths, nested values; NULLs among all of them.
  private static let source = MemorySource(
    [
      ("g", .int), ("n", .bigint), ("d", .double), ("m", .decimal(precision: 30, scale: 2)), ("t", .string),
      ("flag", .boolean), ("list", .array(.int)), ("pair", .struct([Field("n", .int), Field("t", .string)])),
    ],
    (0..<rowCount).map { (row: Int) -> [Literal] in
      let key = row * 7919 % 1000
      let text = String(repeating: "text \(key) ", count: key % 7)
      return [
        key % 11 == 0 ? .null : i(key % 300), i(key), key % 13 == 0 ? .null : .double(Double(key % 50)),
        .decimal(Int128(key) << 60), key % 17 == 0 ? .null : .string(text), .boolean(key % 3 == 0),
        key % 5 == 0 ? .null : .array((0..<key % 4).map { $0 == 2 ? .null : i($0 + key) }),
        .struct([i(key % 9), key % 19 == 0 ? .null : .string(text)]),
      ]
    }, taskRows: 250)

  /// Compares a query's rows under small limits with those without; an operator of the name must have spilled.
  private func expectSame(
    _ query: Query, ordered: Bool = false, operators name: String, threads: Int = 2,
    location: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let wanted = try query.rows(ExecutionSettings(threads: 1, memoryLimit: 1 << 30))
    for (limit, batchSize, threads) in [(1, 2048, 1), (1, 100, threads), (1 << 18, 2048, threads)] {
      let settings = ExecutionSettings(threads: threads, memoryLimit: limit, batchSize: batchSize)
      let (rows, metrics) = try query.measured(settings)
      let isSame = ordered ? rows == wanted : sorted(Self.rounded(rows)) == sorted(Self.rounded(wanted))
      #expect(isSame, "limit \(limit), batches of \(batchSize), \(threads) threads", sourceLocation: location)
      if limit == 1 { #expect(Self.haveSpilled(name, metrics.root), sourceLocation: location) }
    }
  }

  /// Rows without the last digits of doubles, which depend on the order of additions.
  private static func rounded(_ rows: [[Literal]]) -> [[Literal]] {
    rows.map { row in
      row.map { if case .double(let value) = $0 { .double((value * 1e6).rounded() / 1e6) } else { $0 } }
    }
  }

  private static func haveSpilled(_ name: String, _ root: OperatorNode?) -> Bool {
    guard let root else { return false }
    let nodes = operators(name, root)
    return nodes.contains { $0.spilledBytes > 0 }
  }

  private static func operators(_ name: String, _ node: OperatorNode) -> [OperatorNode] {
    (node.name == name && !node.children.isEmpty ? [node] : []) + node.children.flatMap { operators(name, $0) }
  }

  // MARK: Sorts

  @Test func sortsKeepTheOrderOfEqualRows() throws {
    let query = Query(Self.source)
    try expectSame(query.sort([key(query["g"])]), ordered: true, operators: "Sort")
    try expectSame(
      query.sort([key(query["flag"], descending: true), key(query["d"], nullsFirst: false)]), ordered: true,
      operators: "Sort")
  }

  @Test func sortsByTextAndNestedValues() throws {
    let query = Query(Self.source)
    try expectSame(
      query.sort([key(query["t"], descending: true), key(query["m"])]), ordered: true, operators: "Sort")
    try expectSame(
      query.sort([key(query["list"]), key(query["pair"], descending: true)]), ordered: true, operators: "Sort")
  }

  /// Each of several workers holds on to text that is a third of the limit, which none could do together.
  @Test func spillsWhatWorkersExceedTheLimitWithTogether() throws {
    let rows = (0..<1200).map { (n: Int) in [i(n), s(String(repeating: "text \(n % 7) ", count: 700))] }
    let query = Query(MemorySource([("n", .int), ("t", .string)], rows))
    let sort = query.sort([key(query["t"]), key(query["n"], descending: true)])
    let wanted = try sort.rows(ExecutionSettings(threads: 1, memoryLimit: 1 << 30))
    for _ in 0..<5 {
      #expect(try sort.rows(ExecutionSettings(threads: 4, memoryLimit: 16 << 20)) == wanted)
    }
  }

  // MARK: Aggregates

  @Test func groupsOfAllTypes() throws {
    let query = Query(Self.source)
    for groups in [["n"], ["t", "flag"], ["list"], ["pair", "g"], ["m", "d"]] {
      try expectSame(
        query.aggregate(by: groups, [aggregate("count", as: "rows")]), operators: "HashAggregate")
    }
    try expectSame(query.aggregate(by: ["n", "t", "list"], []), operators: "HashAggregate")
  }

  @Test func groupingSets() throws {
    let query = Query(Self.source)
    let calls = [aggregate("sum", query["n"], as: "s")]
    try expectSame(
      query.aggregate(by: ["g", "flag"], calls, sets: [[0, 1], [0], [1], []]), operators: "HashAggregate")
  }

  @Test(arguments: [
    ["count", "n"], ["count", "t"], ["sum", "n"], ["sum", "d"], ["sum", "m"], ["avg", "n"], ["avg", "m"],
    ["min", "n"], ["max", "d"], ["min", "t"], ["max", "list"], ["min", "flag"], ["max_by", "t", "n"],
    ["min_by", "list", "n"], ["bool_and", "flag"], ["bit_xor", "n"], ["var_samp", "d"], ["kurtosis", "d"],
    ["corr", "d", "n"], ["count_if", "flag"], ["approx_count_distinct", "t"], ["median", "d"], ["mode", "t"],
  ]) func statesSurvive(_ call: [String]) throws {
    let query = Query(Self.source)
    let arguments = call.dropFirst().map { query[$0] }
    let states =
      arguments.count == 1
      ? aggregate(call[0], arguments[0]) : aggregate(call[0], arguments[0], arguments[1])
    try expectSame(query.aggregate(by: ["g"], [states]), operators: "HashAggregate")
  }

  /// One thread: the results depend on the order of the rows.
  @Test(arguments: ["first", "last", "collect_list", "collect_set"]) func orderedStatesSurvive(_ name: String) throws {
    let query = Query(Self.source)
    for column in ["n", "t", "list", "pair"] {
      try expectSame(
        query.aggregate(by: ["g"], [aggregate(name, query[column])]), operators: "HashAggregate", threads: 1)
    }
  }

  @Test func rowsThatAreKeptBackSurvive() throws {
    let query = Query(Self.source)
    let filter = call(">", query["n"], bigint(100))
    let calls = [
      aggregate("count", query["t"], distinct: true, as: "texts"),
      aggregate("sum", query["n"], distinct: true, filter: filter, as: "numbers"),
      aggregate("first", query["t"], order: [key(query["n"]), key(query["t"])], as: "first"),
      aggregate("count", query["list"], distinct: true, as: "lists"),
    ]
    try expectSame(query.aggregate(by: ["g"], calls), operators: "HashAggregate")
  }

  @Test func distinctValuesOfSeveralColumnsWithoutGroups() throws {
    let query = Query(Self.source)
    let filter = call(">", query["n"], bigint(100))
    let calls = [
      aggregate("count", query["t"], distinct: true, as: "texts"), aggregate("count", as: "rows"),
      aggregate("sum", query["n"], distinct: true, filter: filter, as: "numbers"),
      aggregate("count", query["list"], distinct: true, as: "lists"), aggregate("max", query["m"], as: "largest"),
    ]
    try expectSame(query.aggregate(by: [], calls), operators: "HashAggregate", threads: 3)
  }

  @Test func distinctValuesWithoutGroups() throws {
    let query = Query(Self.source)
    for column in ["n", "t", "d", "list"] {
      try expectSame(
        query.aggregate(by: [], [aggregate("count", query[column], distinct: true)]), operators: "HashAggregate")
    }
    let remainder = call("%", query["n"], bigint(10))
    let sum = try query.aggregate(by: [], [aggregate("sum", remainder, distinct: true)])
      .rows(ExecutionSettings(threads: 2, memoryLimit: 1))
    #expect(sum == [[i(45)]])
    let sums = [
      aggregate("sum", query["n"], distinct: true, as: "sum"), aggregate("count", query["n"], distinct: true, as: "n"),
    ]
    try expectSame(query.aggregate(by: [], sums), operators: "HashAggregate")
    let none = query.filter(call("<", query["n"], bigint(0))).aggregate(by: [], sums)
    #expect(try none.rows(ExecutionSettings(threads: 2, memoryLimit: 1)) == [[.null, i(0)]])
  }

  // MARK: Windows

  @Test func windowsOverSpilledRows() throws {
    let query = Query(Self.source)
    let frame = BoundFrame(unit: .rows, start: .unboundedPreceding, end: .currentRow)
    let total = aggregate("sum", query["n"], as: "total")
    let call = WindowCall(
      column: total.column, function: .aggregate(total.function, total.overload), arguments: total.arguments,
      frame: frame)
    for partition in [["g"], ["t", "flag"], []] {
      let window = WindowNode(
        input: query.plan, partitionBy: partition.map { query[$0] }, orderBy: [key(query["n"]), key(query["d"])],
        functions: [call])
      try expectSame(Query(.window(window)), operators: "Window", threads: 1)
    }
  }

  // MARK: Joins

  private static let kinds: [JoinNode.Kind] = [
    .inner, .left, .right, .full, .leftSemi, .leftAnti, .nullAwareAnti,
    .mark(OutputColumn(name: "mark", type: .boolean), nullAware: false),
    .mark(OutputColumn(name: "mark", type: .boolean), nullAware: true),
  ]

  private static let other = MemorySource(
    [("k", .int), ("u", .string), ("v", .bigint)],
    (0..<400).map { (row: Int) -> [Literal] in
      [row % 23 == 0 ? .null : i(row * 31 % 350), s(String(repeating: "u\(row % 40)", count: row % 8)), i(row)]
    }, taskRows: 60)

  @Test(arguments: kinds.indices) func joinsOnKeys(_ kind: Int) throws {
    let (left, right) = (Query(Self.source), Query(Self.other))
    let kind = Self.kinds[kind]
    try expectSame(left.join(kind, right, on: call("=", left["g"], right["k"])), operators: "JoinBuild")
    try expectSame(right.join(kind, left, on: call("=", right["k"], left["g"])), operators: "JoinBuild")
    try expectSame(left.join(kind, right, on: call("=", left["t"], right["u"])), operators: "JoinBuild")
  }

  @Test(arguments: kinds.indices) func joinsOnKeysAndMore(_ kind: Int) throws {
    let (left, right) = (Query(Self.source), Query(Self.other))
    let condition = and(call("=", left["g"], right["k"]), call("<", left["n"], right["v"]))
    try expectSame(left.join(Self.kinds[kind], right, on: condition), operators: "JoinBuild")
  }

  @Test(arguments: kinds.indices) func joinsWithoutKeys(_ kind: Int) throws {
    let (left, right) = (Query(Self.other), Query(Self.other))
    let few = right.filter(call("<", right["v"], bigint(60)))
    let condition = call("<", left["v"], few["v"])
    try expectSame(left.join(Self.kinds[kind], few, on: condition), operators: "JoinBuild")
  }

  /// All rows of both sides have one key: splitting does not help.
  @Test(arguments: kinds.indices) func joinsOnOneKey(_ kind: Int) throws {
    let sides = (0..<2).map { side in
      Query(MemorySource([("k", .int), ("v\(side)", .int)], (0..<120).map { [i(7), i($0)] }, taskRows: 50))
    }
    let condition = call("=", sides[0]["k"], sides[1]["k"])
    try expectSame(sides[0].join(Self.kinds[kind], sides[1], on: condition), operators: "JoinBuild")
    let further = and(condition, call("<", sides[0]["v0"], sides[1]["v1"]))
    try expectSame(sides[0].join(Self.kinds[kind], sides[1], on: further), operators: "JoinBuild")
  }

  @Test func joinsOfJoins() throws {
    let (a, b, all) = (Query(Self.source), Query(Self.other), Query(Self.other))
    let c = all.filter(call("<", all["v"], bigint(100)))
    let first = a.join(.left, b, on: call("=", a["g"], b["k"]))
    let grouped = first.aggregate(by: ["g", "u"], [aggregate("count", as: "rows")])
    try expectSame(
      grouped.join(.full, c, on: call("=", grouped["g"], c["k"])).sort([key(grouped["g"]), key(grouped["u"])]),
      operators: "JoinBuild")
  }

  // MARK: Shared plans

  @Test func sharedPlansAreReadFromFiles() throws {
    let query = Query(Self.source)
    let shared = SharedPlan(name: "s", plan: query.project([("n", query["n"]), ("t", query["t"])]).plan)
    let sides = ["a", "b"].map { name in
      Query(
        .shared(
          SharedNode(
            plan: shared,
            columns: [OutputColumn(name: name, type: .bigint), OutputColumn(name: "t", type: .string)])))
    }
    let grouped = [
      sides[0].aggregate(by: [], [aggregate("sum", sides[0]["a"], as: "s")]),
      sides[1].aggregate(by: [], [aggregate("max", sides[1]["t"], as: "m")]),
    ]
    try expectSame(grouped[0].join(.inner, grouped[1], on: nil), operators: "SharedScan")
  }

  @Test func explanationsTellSpilledBytes() throws {
    let query = Query(Self.source)
    let execution = QueryExecution(
      plan: query.sort([key(query["n"])]).plan, settings: ExecutionSettings(threads: 1, memoryLimit: 1),
      pool: WorkerPool(threads: 1), cancellation: CancellationToken())
    try execution.stream { (_) throws(QueryError) in true }
    #expect(PhysicalExplanation.analyzed(execution).contains("spilled: "))
  }

  @Test func cancelledQueriesStopSpilling() throws {
    let query = Query(Self.source)
    let cancellation = CancellationToken()
    let execution = QueryExecution(
      plan: query.sort([key(query["n"])]).plan, settings: ExecutionSettings(threads: 1, memoryLimit: 1, batchSize: 10),
      pool: WorkerPool(threads: 1), cancellation: cancellation)
    var batches = 0
    let error = #expect(throws: QueryError.self) {
      try execution.stream { (_) throws(QueryError) in
        batches += 1
        cancellation.cancel()
        return true
      }
    }
    #expect(error?.code == .cancelled && batches == 1)
  }

  // MARK: Files

  @Test func fullDisksAreReported() throws {
    let file = SpillFile(descriptor: open("/dev/full", O_RDWR), directory: "/dev")
    let error = #expect(throws: QueryError.self) { try [1, 2, 3].withUnsafeBytes { try file.append($0) } }
    #expect(error?.code == .diskFull)
  }

  @Test func missingFoldersAreReported() throws {
    let query = Query(Self.source)
    let settings = ExecutionSettings(threads: 1, memoryLimit: 1, temporaryDirectory: "/nowhere/at/all")
    let error = #expect(throws: QueryError.self) { try query.sort([key(query["n"])]).rows(settings) }
    #expect(error?.code == .ioError)
    #expect(try query.limit(5).rows(settings).count == 5)
  }
}
