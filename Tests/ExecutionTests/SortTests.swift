import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakeFunctions
import LakePlan
import LakeTypes
import Testing

@Suite struct SortTests {
  private static let words = [
    "", "a", "ab", "abcdefgh", "abcdefghi", "abcdefghijklmnop", "abcdefghijklmnoq", "z\u{e9}", "z",
  ]

  private let table: MemorySource = {
    var random = TestRandom(5)
    let rows: [[Literal]] = (0..<150).map { row in
      [
        i(Int.random(in: 0..<6, using: &random) == 0 ? nil : Int.random(in: -5..<5, using: &random)),
        s(Int.random(in: 0..<8, using: &random) == 0 ? nil : words.randomElement(using: &random)),
        .double([-1.5, -0.0, 0, 2, .infinity, -.infinity].randomElement(using: &random)!), i(row),
      ]
    }
    return MemorySource([("n", .int), ("t", .string), ("f", .double), ("id", .int)], rows, taskRows: 40)
  }()

  private static func compare(_ a: Literal, _ b: Literal) -> Int {
    switch (a, b) {
    case (.integer(let x), .integer(let y)): x < y ? -1 : x > y ? 1 : 0
    case (.double(let x), .double(let y)): x < y ? -1 : x > y ? 1 : 0
    case (.string(let x), .string(let y)):
      Array(x.utf8) == Array(y.utf8) ? 0 : x.utf8.lexicographicallyPrecedes(y.utf8) ? -1 : 1
    default: 0
    }
  }

  private func naive(_ keys: [(Int, Bool, Bool)]) -> [[Literal]] {
    table.rows.sorted { a, b in
      for (column, isDescending, nullsFirst) in keys {
        let (x, y) = (a[column], b[column])
        if x.isNull != y.isNull { return x.isNull == nullsFirst }
        let order = x.isNull ? 0 : Self.compare(x, y)
        if order != 0 { return isDescending ? order > 0 : order < 0 }
      }
      return false
    }
  }

  private static let keySets: [[(String, Bool, Bool)]] = [
    [("id", true, false)], [("n", false, true), ("id", false, true)],
    [("n", true, false), ("t", false, false), ("id", false, true)],
    [("t", false, true), ("id", true, true)], [("t", true, true), ("n", false, false), ("id", false, true)],
    [("f", false, true), ("n", true, true), ("t", true, false), ("id", false, true)],
  ]

  @Test(arguments: keySets.indices) func ordersRows(_ index: Int) throws {
    let keys = Self.keySets[index]
    let query = Query(table)
    let sortKeys = keys.map { key(query[$0.0], descending: $0.1, nullsFirst: $0.2) }
    let expected = naive(keys.map { (table.schema.index(of: $0.0)!, $0.1, $0.2) })
    try query.sort(sortKeys).expect(expected, ordered: true)
    for (count, offset) in [(5, 0), (10, 7), (149, 0), (1000, 0), (3, 148), (0, 0)] {
      try query.sort(sortKeys).limit(count, offset: offset).expect(
        Array(expected.dropFirst(offset).prefix(count)), ordered: true)
    }
    try query.sort(sortKeys).limit(nil, offset: 100).expect(Array(expected.dropFirst(100)), ordered: true)
  }

  @Test func sortsByExpressionsThatAreNotKept() throws {
    let query = Query(table)
    let keys = [key(call("-", int(0), query["id"]))]
    try query.sort(keys).project([("id", query["id"])]).expect(
      (0..<150).reversed().map { [i($0)] }, ordered: true)
  }

  @Test(arguments: [1, 2, 4]) func largeSort(threads: Int) throws {
    let count = 300_000
    let keys = Vector.flat(.bigint, count: count)
    let small = Vector.flat(.int, count: count)
    var random = TestRandom(9)
    for row in 0..<count {
      keys.slots(Int64.self)[row] = Int64(truncatingIfNeeded: random.next())
      small.slots(Int32.self)[row] = Int32(row % 3)
    }
    let source = MemorySource([("k", .bigint), ("s", .int)], columns: [keys, small], taskRows: 50_000)
    let query = Query(source)
    let sorted = query.sort([key(query["s"], descending: true), key(query["k"])])
    var seen = 0
    var last = (s: Int32.max, k: Int64.min)
    var isOrdered = true
    let execution = QueryExecution(
      plan: sorted.plan, settings: ExecutionSettings(threads: threads, memoryLimit: 1 << 30),
      pool: WorkerPool(threads: threads), cancellation: CancellationToken())
    try execution.stream { (batch) throws(QueryError) in
      let (k, s) = (batch.columns[0].slots(Int64.self), batch.columns[1].slots(Int32.self))
      for row in 0..<batch.count {
        isOrdered = isOrdered && (s[row] < last.s || (s[row] == last.s && k[row] >= last.k))
        last = (s[row], k[row])
      }
      seen += batch.count
      return true
    }
    #expect(isOrdered)
    #expect(seen == count)
  }

  @Test func topOfManyRows() throws {
    let count = 200_000
    let keys = Vector.flat(.bigint, count: count)
    for row in 0..<count { keys.slots(Int64.self)[row] = Int64(row) &* 7919 % Int64(count) }
    let query = Query(MemorySource([("k", .bigint)], columns: [keys], taskRows: 30_000))
    for threads in [1, 4] {
      let settings = ExecutionSettings(threads: threads, memoryLimit: 1 << 30)
      let top = try query.sort([key(query["k"], descending: true)]).limit(3, offset: 2).rows(settings)
      #expect(top == [[i(count - 3)], [i(count - 4)], [i(count - 5)]])
    }
  }
}
