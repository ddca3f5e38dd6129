import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakeFunctions
import LakePlan
import LakeTypes
import Testing

@Suite struct WindowTests {
  private static func table(_ count: Int, groups: Int, seed: UInt64 = 3) -> MemorySource {
    var random = TestRandom(seed)
    let rows: [[Literal]] = (0..<count).map { row in
      [
        i(Int.random(in: 0..<groups, using: &random)),
        i(Int.random(in: 0..<9, using: &random) == 0 ? nil : Int.random(in: 0..<30, using: &random)),
        i(Int.random(in: 0..<9, using: &random) == 0 ? nil : Int.random(in: -50..<50, using: &random)), i(row),
      ]
    }
    return MemorySource([("g", .int), ("o", .int), ("v", .bigint), ("id", .int)], rows, taskRows: 60)
  }

  private static func call(_ name: String, _ arguments: [BoundExpression], _ frame: BoundFrame) throws -> WindowCall {
    let types = arguments.map { FunctionArgument($0.type, constant: $0.literalValue) }
    if let function = FunctionRegistry.window(name) {
      let overload = try function.resolve(types, false)
      return WindowCall(
        column: OutputColumn(name: name, type: overload.returnType), function: .window(function, overload),
        arguments: arguments, frame: frame)
    }
    let function = try #require(FunctionRegistry.aggregate(name))
    let overload = try function.resolve(types)
    return WindowCall(
      column: OutputColumn(name: name, type: overload.returnType), function: .aggregate(function, overload),
      arguments: arguments, frame: frame)
  }

  private static func offset(_ value: Int, _ type: LogicalType = .bigint) -> TypedLiteral {
    TypedLiteral(.integer(Int64(value)), type)
  }

  /// The frame of a row among the rows of its partition (order value each, ascending, NULLs first), by definition.
  private static func frame(_ frame: BoundFrame, _ row: Int, _ keys: [Int?], _ groups: [Int]) -> [Int] {
    func isInside(_ bound: BoundFrame.Bound, _ other: Int, isStart: Bool) -> Bool {
      var distance: Int?
      switch bound {
      case .unboundedPreceding, .unboundedFollowing: distance = nil
      case .currentRow: distance = 0
      case .preceding(let offset): distance = -(offset.value.number ?? 0)
      case .following(let offset): distance = offset.value.number
      }
      guard let distance else { return true }
      let (mine, theirs): (Int, Int)
      switch frame.unit {
      case .rows: (mine, theirs) = (row, other)
      case .groups: (mine, theirs) = (groups[row], groups[other])
      case .range:
        guard let a = keys[row], let b = keys[other] else {
          // NULLs are each other's peers, in front of all others.
          if (keys[row] == nil) == (keys[other] == nil) { return true }
          return isStart ? groups[other] >= groups[row] : groups[other] <= groups[row]
        }
        (mine, theirs) = (a, b)
      }
      return isStart ? theirs >= mine + distance : theirs <= mine + distance
    }
    return keys.indices.filter { isInside(frame.start, $0, isStart: true) && isInside(frame.end, $0, isStart: false) }
  }

  private static let frames: [BoundFrame] = [
    .wholePartition, .upToPeers,
    BoundFrame(unit: .rows, start: .unboundedPreceding, end: .currentRow),
    BoundFrame(unit: .rows, start: .preceding(offset(2)), end: .following(offset(1))),
    BoundFrame(unit: .rows, start: .preceding(offset(60)), end: .following(offset(70))),
    BoundFrame(unit: .rows, start: .following(offset(1)), end: .following(offset(3))),
    BoundFrame(unit: .rows, start: .currentRow, end: .unboundedFollowing),
    BoundFrame(unit: .rows, start: .preceding(offset(3)), end: .preceding(offset(2))),
    BoundFrame(unit: .groups, start: .preceding(offset(1)), end: .following(offset(2))),
    BoundFrame(unit: .groups, start: .currentRow, end: .currentRow),
    BoundFrame(unit: .range, start: .preceding(offset(3, .int)), end: .following(offset(4, .int))),
    BoundFrame(unit: .range, start: .currentRow, end: .following(offset(5, .int))),
    BoundFrame(unit: .range, start: .preceding(offset(6, .int)), end: .preceding(offset(2, .int))),
  ]

  @Test(arguments: frames.indices) func aggregatesOverFrames(_ index: Int) throws {
    let frame = Self.frames[index]
    for (count, groups) in [(100, 6), (200, 1), (50, 40)] {
      let table = Self.table(count, groups: groups)
      let query = Query(table)
      let calls = try [
        Self.call("sum", [query["v"]], frame), Self.call("count", [query["v"]], frame),
        Self.call("min", [query["v"]], frame),
      ]
      let window = Query(
        .window(
          WindowNode(
            input: query.plan, partitionBy: [query["g"]], orderBy: [key(query["o"])], functions: calls)))
      // Peers have no order among themselves: only frames that do not depend on it are compared for all rows.
      let ordered = Query(
        .window(
          WindowNode(
            input: query.plan, partitionBy: [query["g"]], orderBy: [key(query["o"]), key(query["id"])],
            functions: calls)))
      let result = frame.unit == .rows ? ordered : window
      try result.expect(Self.naive(table.rows, frame))
    }
  }

  private static func naive(_ rows: [[Literal]], _ frame: BoundFrame) -> [[Literal]] {
    var result: [[Literal]] = []
    for partition in Dictionary(grouping: rows, by: { $0[0] }).values {
      let sorted = partition.sorted { a, b in
        let (x, y) = (a[1].number ?? Int.min, b[1].number ?? Int.min)
        return x != y ? x < y : a[3].number! < b[3].number!
      }
      let keys = sorted.map { $0[1].number }
      var groups = keys.map { _ in 0 }
      for row in keys.indices.dropFirst() { groups[row] = groups[row - 1] + (keys[row] == keys[row - 1] ? 0 : 1) }
      for row in sorted.indices {
        let values = self.frame(frame, row, keys, groups).compactMap { sorted[$0][2].number }
        result.append(sorted[row] + [i(values.isEmpty ? nil : values.reduce(0, +)), i(values.count), i(values.min())])
      }
    }
    return result
  }

  @Test func rankings() throws {
    let table = Self.table(300, groups: 7)
    let query = Query(table)
    let names = ["row_number", "rank", "dense_rank"]
    let calls = try names.map { try Self.call($0, [], .wholePartition) }
    let window = Query(
      .window(
        WindowNode(
          input: query.plan, partitionBy: [query["g"]],
          orderBy: [key(query["o"], descending: true, nullsFirst: false)], functions: calls)))
    for variant in Variant.all {
      let rows = try window.rows(variant.settings)
      #expect(rows.count == 300)
      for partition in Dictionary(grouping: rows, by: { $0[0] }).values {
        let keys = partition.map { $0[1].number ?? Int.min }
        #expect(Set(partition.map { $0[4].number! }) == Set(1...partition.count))
        for (row, key) in zip(partition, keys) {
          #expect(row[5].number == keys.filter { $0 > key }.count + 1)
          #expect(row[6].number == Set(keys.filter { $0 > key }).count + 1)
        }
      }
    }
  }

  @Test func lagAndFirstValue() throws {
    let table = Self.table(200, groups: 5)
    let query = Query(table)
    let calls = try [
      Self.call("lag", [query["v"], int(2), .literal(.integer(-1), .bigint)], .upToPeers),
      Self.call(
        "first_value", [query["v"]], BoundFrame(unit: .rows, start: .preceding(Self.offset(1)), end: .currentRow)),
    ]
    let window = Query(
      .window(
        WindowNode(
          input: query.plan, partitionBy: [query["g"]], orderBy: [key(query["o"]), key(query["id"])],
          functions: calls)))
    var expected: [[Literal]] = []
    for partition in Dictionary(grouping: table.rows, by: { $0[0] }).values {
      let sorted = partition.sorted {
        ($0[1].number ?? Int.min, $0[3].number!) < ($1[1].number ?? Int.min, $1[3].number!)
      }
      for row in sorted.indices {
        expected.append(sorted[row] + [row < 2 ? i(-1) : sorted[row - 2][2], sorted[max(0, row - 1)][2]])
      }
    }
    try window.expect(expected)
  }

  @Test func rangesOfMonths() throws {
    let days = ["2024-01-31", "2024-02-10", "2024-02-29", "2024-03-31", "2024-05-01"]
    let rows: [[Literal]] = days.map { day in
      let parts = day.split(separator: "-").compactMap { Int($0) }
      return [.date(Int32(CivilDate(year: parts[0], month: parts[1], day: parts[2]).daysSinceEpoch)), i(1)]
    }
    let query = Query(MemorySource([("d", .date), ("v", .bigint)], rows))
    let frame = BoundFrame(
      unit: .range, start: .preceding(Self.offset(1, .intervalYearMonth)), end: .currentRow)
    let window = try Query(
      .window(
        WindowNode(
          input: query.plan, partitionBy: [], orderBy: [key(query["d"])],
          functions: [Self.call("sum", [query["v"]], frame)])))
    try window.project([("n", window["sum"])]).expect([i(1), i(2), i(3), i(2), i(1)].map { [$0] }, ordered: false)
  }
}
