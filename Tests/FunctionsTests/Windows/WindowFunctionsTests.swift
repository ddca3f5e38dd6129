import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

/// Window functions against naive computations.
@Suite struct WindowFunctionsTests {
  /// A partition of ordering keys with peers, frames and values.
  private struct Partition {
    var keys: [Int]
    var values: [Int?]
    /// Frames as offsets from the row: `start ..< end` rows, cut to the partition.
    var frame: (start: Int, end: Int) = (-1, 2)

    func peers(_ row: Int) -> Range<Int> {
      let key = keys[row]
      return (keys.firstIndex(of: key) ?? row)..<((keys.lastIndex(of: key) ?? row) + 1)
    }

    func frame(_ row: Int) -> Range<Int> {
      let start = min(max(0, row + frame.start), keys.count)
      return start..<max(start, min(keys.count, row + frame.end))
    }

    func run(
      _ name: String, _ constants: [Argument] = [], ignoresNulls: Bool = false, withValues: Bool = true,
      default column: Vector? = nil
    ) throws -> [Literal] {
      let function = try #require(FunctionRegistry.window(name))
      let builder = VectorBuilder(.int)
      for value in values { builder.append(value.map { .integer(Int64($0)) } ?? .null) }
      var vectors = withValues ? [builder.finish()] : []
      var arguments = vectors.map { FunctionArgument($0.type) }
      for constant in constants {
        vectors.append(.constant(constant.literal, constant.type, count: keys.count))
        arguments.append(FunctionArgument(constant.type, constant: constant.literal))
      }
      if let column {
        vectors.append(column)
        arguments.append(FunctionArgument(column.type))
      }
      let overload = try function.resolve(arguments, ignoresNulls)
      // One array for all four bounds, which the partition points into.
      let bounds =
        keys.indices.map { Int32(peers($0).lowerBound) } + keys.indices.map { Int32(peers($0).upperBound) }
        + keys.indices.map { Int32(frame($0).lowerBound) } + keys.indices.map { Int32(frame($0).upperBound) }
      let count = keys.count
      let result = try bounds.withUnsafeBufferPointer { (pointer) throws(QueryError) in
        guard let start = pointer.baseAddress else { throw .internal("an empty partition") }
        return try overload.kernel(
          WindowPartition(
            count: count, arguments: vectors, peerStart: start, peerEnd: start + count, frameStart: start + 2 * count,
            frameEnd: start + 3 * count))
      }
      #expect(result.type == overload.returnType)
      return keys.indices.map { result.literal(at: $0) }
    }
  }

  private static let partitions: [Partition] = [
    Partition(keys: [1], values: [nil]),
    Partition(keys: [1, 1, 2, 3, 3, 3, 9], values: [4, nil, nil, 7, nil, 1, 2]),
    Partition(keys: Array(0..<70), values: (0..<70).map { $0 % 3 == 1 ? nil : $0 * $0 }),
    Partition(keys: [5, 5, 5, 6], values: [1, 2, 3, 4], frame: (1, 3)),
    Partition(keys: [5, 5, 5, 6], values: [nil, 2, 3, nil], frame: (-3, -1)),
  ]

  private func integers(_ values: [Int]) -> [Literal] { values.map { .integer(Int64($0)) } }
  private func literal(_ value: Int?) -> Literal { value.map { .integer(Int64($0)) } ?? .null }

  @Test func ranks() throws {
    for partition in Self.partitions {
      let rows = partition.keys.indices
      #expect(try partition.run("row_number", withValues: false) == integers(rows.map { $0 + 1 }))
      #expect(try partition.run("rank", withValues: false) == integers(rows.map { partition.peers($0).lowerBound + 1 }))
      let distinct = rows.map { Set(partition.keys.prefix($0 + 1)).count }
      #expect(try partition.run("dense_rank", withValues: false) == integers(distinct))
      let last = Double(rows.count - 1)
      #expect(
        try partition.run("percent_rank", withValues: false)
          == rows.map { .double(last == 0 ? 0 : Double(partition.peers($0).lowerBound) / last) })
      #expect(
        try partition.run("cume_dist", withValues: false)
          == rows.map { .double(Double(partition.peers($0).upperBound) / Double(rows.count)) })
    }
  }

  @Test(arguments: [1, 2, 3, 4, 7, 100]) func tiles(buckets: Int) throws {
    for partition in Self.partitions {
      var expected: [Int] = []
      let (size, larger) = partition.keys.count.quotientAndRemainder(dividingBy: buckets)
      for bucket in 0..<buckets {
        for _ in 0..<(bucket < larger ? size + 1 : size) { expected.append(bucket + 1) }
      }
      #expect(try partition.run("ntile", [int(buckets)], withValues: false) == integers(expected))
    }
  }

  @Test(arguments: [-3, -1, 0, 1, 2, 100]) func offsets(distance: Int) throws {
    for partition in Self.partitions {
      let rows = partition.keys.indices
      for (name, sign) in [("lag", -1), ("lead", 1)] {
        let expected = rows.map { row in
          let source = row + sign * distance
          return literal(rows.contains(source) ? partition.values[source] : nil)
        }
        #expect(try partition.run(name, [int(distance)]) == expected)
        let withDefault = rows.map { row in
          let source = row + sign * distance
          return rows.contains(source) ? literal(partition.values[source]) : .integer(-9)
        }
        #expect(try partition.run(name, [int(distance), int(-9)]) == withDefault)
      }
    }
  }

  @Test(arguments: [1, 2]) func offsetsThatIgnoreNulls(distance: Int) throws {
    for partition in Self.partitions {
      let rows = partition.keys.indices
      let before = rows.map { row in
        literal(partition.values[..<row].compactMap { $0 }.dropLast(distance - 1).last)
      }
      #expect(try partition.run("lag", [int(distance)], ignoresNulls: true) == before)
      let after = rows.map { row in
        literal(partition.values[(row + 1)...].compactMap { $0 }.dropFirst(distance - 1).first)
      }
      #expect(try partition.run("lead", [int(distance)], ignoresNulls: true) == after)
    }
  }

  @Test func aDefaultMayBeAColumn() throws {
    let partition = Partition(keys: [1, 2, 3], values: [10, 20, 30])
    let column = Vector.flat(.int, count: 3)
    for row in 0..<3 { column.slots(Int32.self)[row] = Int32(row + 100) }
    #expect(try partition.run("lag", [int(2)], default: column) == integers([100, 101, 10]))
  }

  @Test func frames() throws {
    for partition in Self.partitions {
      for ignoresNulls in [false, true] {
        let framed = partition.keys.indices.map { row in
          partition.values[partition.frame(row)].filter { !ignoresNulls || $0 != nil }
        }
        func expected(_ pick: ([Int?]) -> Int??) -> [Literal] { framed.map { literal((pick($0) ?? nil)) } }
        for name in ["first_value", "first"] {
          #expect(try partition.run(name, ignoresNulls: ignoresNulls) == expected { $0.first })
        }
        for name in ["last_value", "last"] {
          #expect(try partition.run(name, ignoresNulls: ignoresNulls) == expected { $0.last })
        }
        for n in 1...3 {
          #expect(
            try partition.run("nth_value", [int(n)], ignoresNulls: ignoresNulls)
              == expected { $0.count >= n ? $0[n - 1] : nil })
        }
      }
    }
  }

  @Test func wrongArguments() {
    let partition = Self.partitions[1]
    #expect(throws: QueryError.self) { try partition.run("ntile", [int(0)], withValues: false) }
    #expect(throws: QueryError.self) { try partition.run("nth_value", [int(0)]) }
    #expect(throws: QueryError.self) { try partition.run("row_number") }
    #expect(throws: QueryError.self) { try partition.run("lag", [text("x")]) }
  }
}
