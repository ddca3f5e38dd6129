import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakeFunctions
import LakePlan
import LakeTypes
import Testing

@Suite struct AggregateTests {
  private static let cities = ["Lima", "Oslo", "a city with quite a long name", "Rome", ""]

  private let sales = MemorySource(
    [("city", .string), ("year", .int), ("amount", .bigint), ("rate", .double)],
    (0..<200).map { row in
      [
        s(row % 11 == 0 ? nil : cities[row * 7 % 5]), i(row % 13 == 0 ? nil : 2000 + row % 3),
        i(row % 17 == 0 ? nil : row), .double(row % 2 == 0 ? -0.0 : 0.0),
      ]
    }, taskRows: 45)

  private func grouped(_ key: ([Literal]) -> [Literal]) -> [[Literal]: [[Literal]]] {
    Dictionary(grouping: sales.rows, by: key)
  }

  @Test func groupsByStringsAndNumbers() throws {
    let query = Query(sales)
    let calls = [
      aggregate("count", as: "rows"), aggregate("sum", query["amount"]), aggregate("min", query["amount"]),
      aggregate("count", query["amount"]),
    ]
    for names in [["city"], ["year"], ["city", "year"], ["rate"], ["year", "city", "rate"]] {
      let indexes = names.map { name in sales.schema.index(of: name)! }
      let expected = grouped { row in indexes.map { normalised(row[$0]) } }.map { group, rows -> [Literal] in
        let amounts = rows.compactMap { $0[2].number }
        return group + [
          i(rows.count), i(amounts.isEmpty ? nil : amounts.reduce(0, +)), i(amounts.min()), i(amounts.count),
        ]
      }
      try query.aggregate(by: names, calls).expect(expected)
    }
  }

  private func normalised(_ literal: Literal) -> Literal { if case .double = literal { .double(0) } else { literal } }

  @Test func emptyInputGivesOneRowOnlyWithoutGroups() throws {
    let query = Query(sales)
    let none = query.filter(call(">", query["amount"], bigint(1000)))
    let calls = [aggregate("count", as: "rows"), aggregate("sum", query["amount"])]
    try none.aggregate(by: [], calls).expect([[i(0), .null]])
    try none.aggregate(by: ["city"], calls).expect([])
  }

  @Test func distinctFilterAndOrder() throws {
    let query = Query(sales)
    let calls = [
      aggregate("count", query["year"], distinct: true), aggregate("sum", query["year"], distinct: true),
      aggregate("count", filter: call(">", query["amount"], bigint(100))),
      aggregate("collect_list", query["amount"], order: [key(query["amount"], descending: true)]),
    ]
    let expected = grouped { [$0[0]] }.map { group, rows -> [Literal] in
      let years = Set(rows.compactMap { $0[1].number })
      let amounts = rows.compactMap { $0[2].number }
      return group + [
        i(years.count), i(years.isEmpty ? nil : years.reduce(0, +)), i(amounts.filter { $0 > 100 }.count),
        .array(amounts.sorted(by: >).map { i($0) }),
      ]
    }
    try query.aggregate(by: ["city"], calls).expect(expected)
    let all = Set(sales.rows.compactMap { $0[1].number })
    try query.aggregate(by: [], Array(calls.prefix(2))).expect([[i(all.count), i(all.reduce(0, +))]])
  }

  @Test func groupingSets() throws {
    let query = Query(sales)
    let id = OutputColumn(name: "id", type: .bigint)
    let result = query.aggregate(
      by: ["city", "year"], [aggregate("count", as: "rows")], sets: [[0, 1], [0], []], groupingID: id)
    var expected: [[Literal]] = []
    for (kept, number) in [([0, 1], 0), ([0], 1), ([], 3)] {
      for (group, rows) in grouped({ row in [0, 1].map { kept.contains($0) ? row[$0] : .null } }) {
        expected.append(group + [i(rows.count), i(number)])
      }
    }
    try result.expect(expected)
  }

  @Test func onlyTheEmptyGroupingSetYieldsARowForNoInput() throws {
    let query = Query(sales)
    let none = query.filter(call(">", query["amount"], bigint(1000)))
    let id = OutputColumn(name: "id", type: .bigint)
    let calls = [aggregate("count", as: "rows")]
    try none.aggregate(by: [], calls, sets: [[]], groupingID: id).expect([[i(0), i(0)]])
    try query.aggregate(by: [], calls, sets: [[]], groupingID: id).expect([[i(200), i(0)]])
    try none.aggregate(by: ["city"], calls, sets: [[0], []], groupingID: id).expect([])
  }

  @Test func nestedKeys() throws {
    let rows: [[Literal]] = (0..<60).map { row in
      [row % 9 == 0 ? .null : .array([i(row % 2), row % 3 == 0 ? .null : i(1)]), .struct([i(row % 2), s("x")])]
    }
    let source = MemorySource(
      [("list", .array(.int)), ("pair", .struct([Field("n", .int), Field("t", .string)]))], rows, taskRows: 25)
    let expected = Dictionary(grouping: rows) { $0 }.map { group, rows in group + [i(rows.count)] }
    try Query(source).aggregate(by: ["list", "pair"], [aggregate("count", as: "rows")]).expect(expected)
  }

  @Test(arguments: [(1, 300_000), (2, 1_000_000), (4, 300_000)]) func manyGroups(threads: Int, count: Int) throws {
    let keys = Vector.flat(.bigint, count: count)
    let values = Vector.flat(.bigint, count: count)
    for row in 0..<count {
      keys.slots(Int64.self)[row] = Int64(row) &* 7919 % Int64(count / 2)
      values.slots(Int64.self)[row] = Int64(row)
    }
    let source = MemorySource([("k", .bigint), ("v", .bigint)], columns: [keys, values], taskRows: 100_000)
    let query = Query(source)
    let groups = query.aggregate(by: ["k"], [aggregate("sum", query["v"], as: "total")])
    let outer = groups.aggregate(
      by: [], [aggregate("count", as: "groups"), aggregate("sum", groups["total"]), aggregate("max", groups["k"])])
    let settings = ExecutionSettings(threads: threads, memoryLimit: 1 << 30)
    let expected = [i(count / 2), i(count * (count - 1) / 2), i(count / 2 - 1)]
    #expect(try outer.rows(settings) == [expected])
  }

  @Test func manyGroupsBeyondTheLimit() throws {
    let count = 200_000
    let keys = Vector.flat(.bigint, count: count)
    for row in 0..<count { keys.slots(Int64.self)[row] = Int64(row) }
    let source = MemorySource([("k", .bigint)], columns: [keys], taskRows: 50_000)
    let groups = Query(source).aggregate(by: ["k"], [aggregate("count", as: "rows")])
    let outer = groups.aggregate(by: [], [aggregate("count", as: "groups"), aggregate("sum", groups["k"], as: "sum")])
    let (rows, metrics) = try outer.measured(ExecutionSettings(threads: 2, memoryLimit: 1 << 20))
    #expect(rows == [[i(count), i(count * (count - 1) / 2)]])
    #expect(metrics.peakMemory < 4 << 20)
  }

  @Test func overflowInAWorkerIsAnError() throws {
    let rows: [[Literal]] = (0..<300).map { [.integer($0 == 250 ? Int64.max : 1)] }
    let query = Query(MemorySource([("v", .bigint)], rows, taskRows: 10))
    for variant in Variant.all {
      let error = #expect(throws: QueryError.self) {
        try query.aggregate(by: [], [aggregate("sum", query["v"])]).rows(variant.settings)
      }
      #expect(error?.code == .numericOverflow)
    }
  }
}
