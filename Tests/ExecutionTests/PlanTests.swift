import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakeFunctions
import LakePlan
import LakeTypes
import Synchronization
import Testing

@Suite struct PlanTests {
  private static func numbers(_ values: [Int?], taskRows: Int = 13) -> MemorySource {
    MemorySource([("n", .int)], values.map { [i($0)] }, taskRows: taskRows)
  }

  @Test func setOperations() throws {
    let left: [Int?] = (0..<60).map { $0 % 7 == 0 ? nil : $0 % 10 }
    let right: [Int?] = (0..<40).map { $0 % 9 == 0 ? nil : $0 % 6 + 3 }
    let (l, r) = (Query(Self.numbers(left)), Query(Self.numbers(right)))
    func count(_ values: [Int?], _ value: Int?) -> Int { values.filter { $0 == value }.count }
    for operation in [SetOperationNode.Operation.intersect, .except] {
      for isAll in [true, false] {
        let node = SetOperationNode(
          operation: operation, isAll: isAll, left: l.plan, right: r.plan,
          columns: [OutputColumn(name: "n", type: .int)])
        var expected: [[Literal]] = []
        for value in Set(left) {
          let (a, b) = (count(left, value), count(right, value))
          let copies =
            switch (operation, isAll) {
            case (.intersect, true): min(a, b)
            case (.intersect, false): b > 0 ? 1 : 0
            case (.except, true): max(0, a - b)
            case (.except, false): b == 0 ? 1 : 0
            }
          expected += Array(repeating: [i(value)], count: copies)
        }
        try Query(.setOperation(node)).expect(expected)
      }
    }
  }

  @Test func unionKeepsAllRows() throws {
    let (a, b) = (Query(Self.numbers([1, 2, nil])), Query(Self.numbers([2, 3])))
    let union = Query(.union(UnionNode(inputs: [a.plan, b.plan], columns: [OutputColumn(name: "n", type: .int)])))
    try union.expect([1, 2, nil, 2, 3].map { [i($0)] }, ordered: true)
    let filtered = union.filter(call(">", union["n"], int(1)))
    try filtered.aggregate(by: [], [aggregate("sum", filtered["n"])]).expect([[i(7)]])
    try union.limit(2).expect([[i(1)], [i(2)]], ordered: false)
  }

  @Test func generatesRows() throws {
    let rows: [[Literal]] = (0..<30).map { row in
      [i(row), row % 5 == 0 ? .null : .array((0..<row % 4).map { i($0) })]
    }
    let query = Query(MemorySource([("id", .int), ("items", .array(.int))], rows, taskRows: 7))
    let function = try #require(FunctionRegistry.generator("explode"))
    let overload = try function.resolve([FunctionArgument(.array(.int))])
    for isOuter in [false, true] {
      let node = GenerateNode(
        input: query.plan, function: function, overload: overload, arguments: [query["items"]], isOuter: isOuter,
        columns: [OutputColumn(name: "item", type: .int)])
      let generated = Query(.generate(node))
      let expected = rows.flatMap { row -> [[Literal]] in
        guard case .array(let items) = row[1], !items.isEmpty else { return isOuter ? [[row[0], .null]] : [] }
        return items.map { [row[0], $0] }
      }
      try generated.project([("id", query["id"]), ("item", generated["item"])]).expect(expected, ordered: false)
    }
  }

  @Test func sharedPlansRunOnce() throws {
    let source = Self.numbers((0..<50).map { $0 })
    let query = Query(source)
    let shared = SharedPlan(name: "s", plan: query.filter(call(">", query["n"], int(40))).plan)
    let (a, b) = (OutputColumn(name: "a", type: .int), OutputColumn(name: "b", type: .int))
    let left = Query(.shared(SharedNode(plan: shared, columns: [a])))
    let right = Query(.shared(SharedNode(plan: shared, columns: [b])))
    let joined = left.join(.inner, right, on: call("=", call("+", left["a"], int(1)), right["b"]))
    try joined.expect((41..<49).map { [i($0), i($0 + 1)] })
    #expect(source.seen.requests == Variant.all.count)
  }

  @Test func limitEndsTheScan() throws {
    let source = Self.numbers((0..<10_000).map { $0 }, taskRows: 100)
    let query = Query(source)
    let settings = ExecutionSettings(threads: 2, memoryLimit: 1 << 30, batchSize: 10)
    let rows = try query.limit(25, offset: 5).rows(settings)
    #expect(rows.count == 25)
    #expect(source.seen.batches < 50)
    for (count, offset) in [(0, 0), (7, 9_998), (5, 20_000)] {
      let found = try query.limit(count, offset: offset).rows(settings)
      #expect(found.count == min(count, max(0, 10_000 - offset)))
    }
  }

  @Test func readerMayStopEarly() throws {
    let source = Self.numbers((0..<100_000).map { $0 }, taskRows: 500)
    for threads in [1, 3] {
      let execution = QueryExecution(
        plan: Query(source).plan, settings: ExecutionSettings(threads: threads, memoryLimit: 1 << 30, batchSize: 50),
        pool: WorkerPool(threads: threads), cancellation: CancellationToken())
      var seen: [Int] = []
      try execution.stream { (batch) throws(QueryError) in
        for row in 0..<batch.count { seen.append(batch.columns[0].literal(at: row).number ?? -1) }
        return seen.count < 1200
      }
      #expect(seen == Array(0..<1200))
    }
  }

  @Test(arguments: [1, 2, 4]) func rowsKeepTheOrderOfTheScan(threads: Int) throws {
    let source = Self.numbers((0..<20_000).map { $0 }, taskRows: 97)
    let query = Query(source)
    let filtered = query.filter(call("<>", call("%", query["n"], int(3)), int(0)))
    let rows = try filtered.rows(ExecutionSettings(threads: threads, memoryLimit: 1 << 30, batchSize: 64))
    #expect(rows.map { $0[0].number! } == (0..<20_000).filter { $0 % 3 != 0 })
  }

  @Test func workersDoNotRunFarAheadOfASlowReader() throws {
    let source = Self.numbers((0..<60_000).map { $0 }, taskRows: 60)
    let execution = QueryExecution(
      plan: Query(source).plan, settings: ExecutionSettings(threads: 3, memoryLimit: 1 << 30, batchSize: 10),
      pool: WorkerPool(threads: 3), cancellation: CancellationToken())
    var seen: [Int] = []
    try execution.stream { (batch) throws(QueryError) in
      for row in 0..<batch.count { seen.append(batch.columns[0].literal(at: row).number ?? -1) }
      if seen.count == 10 {
        // Time for the others to read all of the 6000 batches, if they do.
        usleep(300_000)
        #expect(source.seen.batches < 400)
      }
      return true
    }
    #expect(seen == Array(0..<60_000))
  }

  @Test func cancellationEndsTheQuery() throws {
    let source = RangeSource(start: 0, end: 1 << 40 - 1, step: 1)
    for threads in [1, 3] {
      let token = CancellationToken()
      let query = Query(source)
      let execution = QueryExecution(
        plan: query.plan, settings: ExecutionSettings(threads: threads, memoryLimit: 1 << 30),
        pool: WorkerPool(threads: threads), cancellation: token)
      var batches = 0
      let error = #expect(throws: QueryError.self) {
        try execution.stream { (_) throws(QueryError) in
          batches += 1
          if batches == 10 { token.cancel() }
          return true
        }
      }
      #expect(error?.code == .cancelled)
      #expect(batches < 1000)
    }
  }

  @Test func queriesMayRunInsideTheReaderOfAnother() throws {
    let pool = WorkerPool(threads: 3)
    let settings = ExecutionSettings(threads: 3, memoryLimit: 1 << 30, batchSize: 10)
    let source = Self.numbers((0..<3000).map { $0 }, taskRows: 50)
    let outer = QueryExecution(
      plan: Query(source).plan, settings: settings, pool: pool, cancellation: CancellationToken())
    var total = 0
    try outer.stream { (batch) throws(QueryError) in
      guard total < 600 else { return false }
      let inner = QueryExecution(
        plan: Query(source).plan, settings: settings, pool: pool, cancellation: CancellationToken())
      var count = 0
      try inner.stream { (batch) throws(QueryError) in
        count += batch.count
        return true
      }
      #expect(count == 3000)
      total += batch.count
      return true
    }
    #expect(total == 600)
  }

  @Test func errorsOfTheReaderComeBack() throws {
    let source = Self.numbers((0..<3000).map { $0 }, taskRows: 50)
    for threads in [1, 3] {
      let execution = QueryExecution(
        plan: Query(source).plan, settings: ExecutionSettings(threads: threads, memoryLimit: 1 << 30, batchSize: 10),
        pool: WorkerPool(threads: threads), cancellation: CancellationToken())
      let error = #expect(throws: QueryError.self) {
        try execution.stream { (_) throws(QueryError) in throw QueryError(.diskFull, .storage, "full") }
      }
      #expect(error?.code == .diskFull)
    }
  }

  @Test(arguments: [1, 4]) func writesIntoSinks(threads: Int) throws {
    let source = Self.numbers((0..<5000).map { $0 }, taskRows: 300)
    let query = Query(source)
    for isSorted in [false, true] {
      let sink = CollectingSink()
      let plan = isSorted ? query.sort([key(query["n"], descending: true)]).plan : query.plan
      let execution = QueryExecution(
        plan: plan, settings: ExecutionSettings(threads: threads, memoryLimit: 1 << 30, batchSize: 100),
        pool: WorkerPool(threads: threads), cancellation: CancellationToken())
      try execution.run(into: sink)
      let (values, writers, finished) = sink.contents
      #expect(writers == finished)
      if isSorted {
        #expect(writers == 1)
        #expect(values == (0..<5000).reversed())
      } else {
        #expect(values.sorted() == Array(0..<5000))
      }
    }
  }

  @Test func metricsCountRows() throws {
    let source = Self.numbers((0..<1000).map { $0 }, taskRows: 300)
    let query = Query(source)
    let filtered = query.filter(call("<", query["n"], int(250)))
    let grouped = filtered.aggregate(by: [], [aggregate("count", as: "rows")])
    let execution = QueryExecution(
      plan: grouped.plan, settings: ExecutionSettings(threads: 2, memoryLimit: 1 << 30),
      pool: WorkerPool(threads: 2), cancellation: CancellationToken())
    try execution.stream { (_) throws(QueryError) in true }
    let aggregate = try #require(execution.metrics.root?.children.first)
    let filter = try #require(aggregate.children.first)
    #expect(aggregate.name == "HashAggregate" && aggregate.rows == 1)
    #expect(filter.name == "Filter" && filter.rows == 250)
    #expect(filter.children.first?.rows == 1000)
    let text = PhysicalExplanation.analyzed(execution)
    #expect(text.contains("rows: 250") && text.contains("TableScan"))
    #expect(!text.contains("spilled:"))
    let plan = try PhysicalExplanation.text(
      for: grouped.plan, settings: ExecutionSettings(threads: 1, memoryLimit: 1 << 20))
    #expect(plan.split(separator: "\n").count == 3)
  }
}

/// Collects the first column of what is written.
private final class CollectingSink: BatchSink {
  private let state = Mutex((values: [Int](), writers: 0, finished: 0))

  var contents: (values: [Int], writers: Int, finished: Int) { state.withLock { $0 } }

  func makeWriter() throws(QueryError) -> any BatchWriter {
    state.withLock { $0.writers += 1 }
    return Writer(self)
  }

  private final class Writer: BatchWriter {
    private let sink: CollectingSink
    private var values: [Int] = []

    init(_ sink: CollectingSink) { self.sink = sink }

    func write(_ batch: Batch) throws(QueryError) {
      for row in 0..<batch.count { values.append(batch.columns[0].literal(at: row).number ?? -1) }
    }

    func finish() throws(QueryError) {
      let mine = values
      sink.state.withLock { state in
        state.values += mine
        state.finished += 1
      }
    }
  }
}
