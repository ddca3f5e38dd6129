import LakeColumnar
import LakeTypes
import Testing

@testable import LakeParquet

/// What a scan leaves out, by its counters. The file holds k = 0 ..< 10000 in four row groups.
@Suite struct PruningTests {
  private func scan(
    _ predicates: [ScanPredicate], fields: [String] = ["k", "v", "s"], filters: [RuntimeFilter] = []
  ) throws -> (rows: [String], counters: ScanCounters) {
    let file = try ParquetFile.open(Fixture.file("ordered.parquet"))
    let wanted = try fields.map { file.schema.fields[try #require(file.schema.index(of: $0))] }
    let request = ParquetReadRequest(fields: wanted, predicates: predicates, runtimeFilters: filters)
    let rows = try allRows(file.reader(request, rowGroups: 0..<file.rowGroupCount))
    return (rows, request.counters)
  }

  @Test func rowGroupsByStatistics() throws {
    let (rows, counters) = try scan([ScanPredicate(column: 0, .compare(.greaterOrEqual, .integer(9990)))])
    #expect(rows.count == 10)
    #expect(rows[0] == #"[9990,99,"s09990"]"#)
    #expect(counters.value(.rowGroupsPruned) == 3)
    #expect(counters.value(.rowGroupsRead) == 1)
    #expect(counters.value(.pagesPruned) > 0)
  }

  @Test func stringStatistics() throws {
    let (rows, counters) = try scan([ScanPredicate(column: 2, .compare(.equal, .string("s02500")))])
    #expect(rows == [#"[2500,25,"s02500"]"#])
    #expect(counters.value(.rowGroupsPruned) == 3)
  }

  @Test func pagesWithoutSurvivors() throws {
    let (rows, counters) = try scan([ScanPredicate(column: 0, .isIn([.integer(0), .integer(2400), .integer(7777)]))])
    #expect(rows.count == 3)
    #expect(counters.value(.rowGroupsPruned) == 2)
    #expect(counters.value(.pagesPruned) > counters.value(.pagesRead) / 4)
  }

  @Test func dictionaryWithoutMatch() throws {
    let file = try ParquetFile.open(Fixture.file("flat_snappy_v1.parquet"))
    let code = file.schema.fields[try #require(file.schema.index(of: "code"))]
    let request = ParquetReadRequest(
      fields: [code, file.schema.fields[0]],
      predicates: [ScanPredicate(column: 0, .compare(.equal, .string("code-2x")))])
    #expect(try allRows(file.reader(request, rowGroups: 0..<3)) == [])
    #expect(request.counters.value(.rowGroupsRead) == 3)
    #expect(request.counters.value(.pagesRead) == 0)
  }

  @Test func runtimeFilterIsAskedAtEachRowGroup() throws {
    let filter = RuntimeFilter(column: 0)
    let file = try ParquetFile.open(Fixture.file("ordered.parquet"))
    let request = ParquetReadRequest(fields: [file.schema.fields[0]], runtimeFilters: [filter])
    let reader = try file.reader(request, rowGroups: 0..<4)
    _ = try reader.next()
    filter.publish(.init(minimum: .integer(9000), maximum: .integer(9001), values: nil))
    let rows = try allRows(reader)
    #expect(rows.suffix(2) == ["[9000]", "[9001]"])
    #expect(request.counters.value(.rowGroupsPruned) == 2)
  }

  @Test func notANumberIsAboveAllNumbers() throws {
    let (rows, _) = try scan([ScanPredicate(column: 0, .compare(.greater, .double(20000)))], fields: ["f", "k"])
    #expect(rows.count == 10)
    let (equal, _) = try scan([ScanPredicate(column: 0, .compare(.equal, .double(.nan)))], fields: ["f", "k"])
    #expect(equal.count == 10)
    let (less, _) = try scan([ScanPredicate(column: 0, .compare(.less, .double(3)))], fields: ["f", "k"])
    #expect(less.count == 2)
  }

  @Test func everyTestAgreesWithARowByRowOne() throws {
    let file = try ParquetFile.open(Fixture.file("flat_fallback_v2.parquet"))
    let others = try ["id", "text", "rare"].map { file.schema.fields[try #require(file.schema.index(of: $0))] }
    for field in file.schema.fields {
      let everything = try allRows(
        file.reader(ParquetReadRequest(fields: others + [field]), rowGroups: 0..<file.rowGroupCount))
      let plain = ParquetReadRequest(fields: [field])
      var values: [Literal] = []
      let reader = try file.reader(plain, rowGroups: 0..<file.rowGroupCount)
      while let batch = try reader.next() {
        for row in 0..<batch.count { values.append(batch.columns[0].literal(at: row)) }
      }
      let sample = values.filter { !$0.isNull }
      guard sample.count > 20 else { continue }
      for test in Self.tests(sample[17], sample[5]) {
        let request = ParquetReadRequest(
          fields: others + [field], predicates: [ScanPredicate(column: others.count, test)], batchSize: 32)
        let rows = try allRows(file.reader(request, rowGroups: 0..<file.rowGroupCount))
        let expected = zip(values, everything).filter { Self.passes($0.0, test) }.map(\.1)
        #expect(rows == expected, "\(field.name) \(test)")
      }
    }
  }

  private static func tests(_ a: Literal, _ b: Literal) -> [ScanPredicate.Test] {
    [
      .compare(.equal, a), .compare(.less, a), .compare(.lessOrEqual, a), .compare(.greater, a),
      .compare(.greaterOrEqual, a), .isIn([a, b]), .isIn(Array(repeating: a, count: 12)), .isNull, .isNotNull,
      .anyOf([[.compare(.less, a), .compare(.greater, b)], [.isNull]]), .anyOf([[.compare(.equal, a)], [.isIn([b])]]),
    ]
  }

  private static func passes(_ value: Literal, _ test: ScanPredicate.Test) -> Bool {
    switch test {
    case .isNull: return value.isNull
    case .isNotNull: return !value.isNull
    case .isKey(let keys):
      guard case .integer(let number) = value else { return false }
      var flag: UInt8 = 1
      withUnsafePointer(to: number) { keys.test($0, count: 1, flags: &flag) }
      return flag == 1
    case .isIn(let values): return values.contains { LiteralOrder.compare(value, $0) == 0 }
    case .anyOf(let groups): return groups.contains { $0.allSatisfy { passes(value, $0) } }
    case .compare(let comparison, let constant):
      if value.isNull { return false }
      let order = LiteralOrder.compare(value, constant) ?? (value.isNaN ? 1 : -1)
      switch comparison {
      case .equal: return order == 0
      case .less: return order < 0
      case .lessOrEqual: return order <= 0
      case .greater: return order > 0
      case .greaterOrEqual: return order >= 0
      }
    }
  }
}
