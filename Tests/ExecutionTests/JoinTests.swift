import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakeFunctions
import LakePlan
import LakeTypes
import Testing

@Suite struct JoinTests {
  /// What a condition says about a pair: true, false or unknown.
  typealias Condition = @Sendable ([Literal], [Literal]) -> Bool?

  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var isEquality: Bool
    var condition: @Sendable (Query, Query) -> BoundExpression?
    var naive: Condition
    var testDescription: String { name }
  }

  static func equals(_ a: Literal, _ b: Literal) -> Bool? { a.isNull || b.isNull ? nil : a == b }

  static func both(_ a: Bool?, _ b: Bool?) -> Bool? {
    if a == false || b == false { return false }
    return a == nil || b == nil ? nil : true
  }

  static let cases: [Case] = [
    Case(name: "one key", isEquality: true) { l, r in
      call("=", l["a"], r["x"])
    } naive: {
      equals($0[0], $1[0])
    },
    Case(name: "two keys", isEquality: true) { l, r in
      and(call("=", l["a"], r["x"]), call("=", l["t"], r["u"]))
    } naive: {
      both(equals($0[0], $1[0]), equals($0[1], $1[1]))
    },
    Case(name: "string key", isEquality: true) { l, r in
      call("=", r["u"], l["t"])
    } naive: {
      equals($0[1], $1[1])
    },
    Case(name: "null-safe key", isEquality: false) { l, r in
      call("<=>", l["a"], r["x"])
    } naive: {
      $0[0] == $1[0]
    },
    Case(name: "key and more", isEquality: false) { l, r in
      and(call("=", l["a"], r["x"]), call("<", l["n"], r["m"]))
    } naive: {
      both(equals($0[0], $1[0]), $0[2].number! < $1[2].number!)
    },
    Case(name: "no key", isEquality: false) { l, r in
      call("<", l["a"], r["x"])
    } naive: { left, right in
      guard let a = left[0].number, let x = right[0].number else { return nil }
      return a < x
    },
    Case(name: "every pair", isEquality: false) { _, _ in
      nil
    } naive: { _, _ in
      true
    },
  ]

  static let names = ["ann", "bob", "somebody with a long name", "somebody with a longer name"]

  static func rows(_ count: Int, _ seed: UInt64) -> [[Literal]] {
    var random = TestRandom(seed)
    return (0..<count).map { row in
      [
        i(Int.random(in: 0..<9, using: &random) == 0 ? nil : Int.random(in: 0..<12, using: &random)),
        s(Int.random(in: 0..<9, using: &random) == 0 ? nil : names.randomElement(using: &random)), i(row),
      ]
    }
  }

  static let sizes = [(12, 50), (40, 25), (25, 60), (30, 0), (0, 20), (1, 1)]

  @Test(arguments: cases) func allKinds(_ test: Case) throws {
    for (leftSize, rightSize) in Self.sizes {
      let left = MemorySource([("a", .int), ("t", .string), ("n", .int)], Self.rows(leftSize, 1), taskRows: 11)
      let right = MemorySource([("x", .int), ("u", .string), ("m", .int)], Self.rows(rightSize, 2), taskRows: 7)
      let (l, r) = (Query(left), Query(right))
      let condition = test.condition(l, r)
      let kinds: [JoinNode.Kind] = [.inner, .left, .right, .full, .leftSemi, .leftAnti, .nullAwareAnti]
      for kind in kinds where kind != .nullAwareAnti || test.isEquality {
        try l.join(kind, r, on: condition).expect(Self.naive(kind, left.rows, right.rows, test.naive))
      }
      let mark = OutputColumn(name: "mark", type: .boolean)
      for isNullAware in [false, true] {
        try l.join(.mark(mark, nullAware: isNullAware), r, on: condition).expect(
          Self.marked(left.rows, right.rows, isNullAware, test.naive))
      }
    }
  }

  private static func naive(
    _ kind: JoinNode.Kind, _ left: [[Literal]], _ right: [[Literal]], _ condition: Condition
  ) -> [[Literal]] {
    let missing = [Literal](repeating: .null, count: 3)
    var result: [[Literal]] = []
    for l in left {
      let truths = right.map { condition(l, $0) }
      let matches = zip(right, truths).filter { $0.1 == true }.map(\.0)
      switch kind {
      case .inner, .right: result += matches.map { l + $0 }
      case .left, .full: result += matches.isEmpty ? [l + missing] : matches.map { l + $0 }
      case .leftSemi: result += matches.isEmpty ? [] : [l]
      case .leftAnti: result += matches.isEmpty ? [l] : []
      case .nullAwareAnti: result += truths.allSatisfy { $0 == false } ? [l] : []
      case .single, .mark: break
      }
    }
    if kind == .right || kind == .full {
      result += right.filter { r in !left.contains { condition($0, r) == true } }.map { missing + $0 }
    }
    return result
  }

  private static func marked(
    _ left: [[Literal]], _ right: [[Literal]], _ isNullAware: Bool, _ condition: Condition
  ) -> [[Literal]] {
    left.map { l in
      let truths = right.map { condition(l, $0) }
      if truths.contains(true) { return l + [.boolean(true)] }
      return l + [isNullAware && truths.contains(nil) ? .null : .boolean(false)]
    }
  }

  @Test func singleAllowsOneMatch() throws {
    let left = MemorySource([("a", .int)], (0..<20).map { [i($0 % 6)] }, taskRows: 6)
    let right = MemorySource([("x", .int), ("y", .int)], (0..<5).map { [i($0), i($0 * 10)] })
    let (l, r) = (Query(left), Query(right))
    let joined = l.join(.single, r, on: call("=", l["a"], r["x"]))
    try joined.expect(
      left.rows.map { row in
        let key = row[0].number!
        return key < 5 ? [i(key), i(key), i(key * 10)] : [i(key), .null, .null]
      })
    let twice = Query(MemorySource([("x", .int)], [[i(1)], [i(3)], [i(1)]]))
    for variant in Variant.all {
      let error = #expect(throws: QueryError.self) {
        try l.join(.single, twice, on: call("=", l["a"], twice["x"])).rows(variant.settings)
      }
      #expect(error?.code == .scalarSubqueryRows)
    }
    let scalar = Query(MemorySource([("x", .int)], [[i(42)]]))
    try l.join(.single, scalar, on: nil).expect(left.rows.map { $0 + [i(42)] })
    let nothing = Query(MemorySource([("x", .int)], []))
    try l.join(.single, nothing, on: nil).expect(left.rows.map { $0 + [.null] })
  }

  @Test func buildSideTellsScansItsKeys() throws {
    let facts = MemorySource(
      [("id", .bigint), ("d", .int)], (0..<1000).map { [i($0), i($0 % 100)] }, taskRows: 100)
    let dimension = MemorySource([("k", .int), ("name", .string)], (40..<45).map { [i($0), s(String($0))] })
    let (f, d) = (Query(facts), Query(dimension))
    let renamed = f.project([("key", f["d"]), ("id", f["id"])])
    let joined = renamed.join(.inner, d, on: call("=", renamed["key"], d["k"]))
    let settings = ExecutionSettings(threads: 2, memoryLimit: 1 << 30)
    let rows = try joined.rows(settings)
    #expect(rows.count == 50)
    let predicates = facts.seen.runtimePredicates
    #expect(predicates.count == 1)
    if case .isIn(let values)? = predicates.first?.test {
      #expect(Set(values) == Set((40..<45).map { i($0) }))
      #expect(predicates.first?.column == 1)
    } else {
      Issue.record("expected a list of keys, not \(predicates)")
    }
    let outer = try renamed.join(.left, d, on: call("=", renamed["key"], d["k"])).rows(settings)
    #expect(outer.count == 1000)
    #expect(facts.seen.runtimePredicates.count == 1)
  }

  @Test(arguments: [1, 2, 4]) func largeBuildSide(threads: Int) throws {
    let count = 200_000
    let keys = Vector.flat(.bigint, count: count)
    for row in 0..<count { keys.slots(Int64.self)[row] = Int64(row / 2) &* 31 }
    let build = MemorySource([("k", .bigint)], columns: [keys], taskRows: 20_000)
    let probe = MemorySource([("p", .bigint)], columns: [keys.sliced(from: 0, count: 1000)], taskRows: 300)
    let (p, b) = (Query(probe), Query(build))
    let joined = p.join(.leftSemi, b, on: call("=", p["p"], b["k"]))
      .join(.left, b, on: call("=", p["p"], b["k"]))
    let total = joined.aggregate(by: [], [aggregate("count", as: "rows"), aggregate("sum", b["k"])])
    let settings = ExecutionSettings(threads: threads, memoryLimit: 1 << 30)
    let expected = (0..<1000).reduce(0) { $0 + $1 / 2 * 31 * 2 }
    #expect(try total.rows(settings) == [[i(2000), i(expected)]])
  }
}
