import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Testing

@testable import LakeParquet

/// Page index, bloom filters and checksums of files by PyArrow and DuckDB.
@Suite struct PageIndexTests {
  private static func scan(
    _ name: String, _ fields: [String], _ predicates: [ScanPredicate], batchSize: Int = 2048
  ) throws -> (rows: [String], counters: ScanCounters) {
    let file = try ParquetFile.open(Fixture.file(name))
    let wanted = try fields.map { file.schema.fields[try #require(file.schema.index(of: $0))] }
    let request = ParquetReadRequest(fields: wanted, predicates: predicates, batchSize: batchSize)
    let rows = try allRows(file.reader(request, rowGroups: 0..<file.rowGroupCount))
    return (rows, request.counters)
  }

  @Test(arguments: ["indexed_v1.parquet", "indexed_v2.parquet"]) func onlyPagesWithMatchesAreRead(
    _ name: String
  ) throws {
    let all = try Self.scan(name, ["v", "k", "s", "u", "list"], [])
    #expect(all.rows.count == 10000)
    for batchSize in [2048, 100, 7] {
      let test = ScanPredicate(column: 0, .isIn([.integer(3), .integer(40), .integer(77)]))
      let (rows, counters) = try Self.scan(name, ["v", "k", "s", "u", "list"], [test], batchSize: batchSize)
      #expect(rows == all.rows.filter { $0.hasPrefix("[3,") || $0.hasPrefix("[40,") || $0.hasPrefix("[77,") })
      #expect(counters.value(.bytesRead) < all.counters.value(.bytesRead) * 2 / 3)
      #expect(counters.value(.pagesRead) < all.counters.value(.pagesRead) / 4)
    }
    let both = [
      ScanPredicate(column: 0, .compare(.less, .integer(30))), ScanPredicate(column: 2, .isNull),
      ScanPredicate(column: 3, .compare(.greaterOrEqual, .integer(300_000_000))),
    ]
    let (rows, _) = try Self.scan(name, ["v", "k", "s", "u", "list"], both)
    #expect(rows.count == 750)
    #expect(rows == all.rows.filter { rows.contains($0) })
    #expect(rows.allSatisfy { $0.contains(",null,") })
  }

  @Test func pagesOfTwoColumnsThatDoNotMeet() throws {
    let tests = [
      ScanPredicate(column: 0, .compare(.equal, .integer(7))),
      ScanPredicate(column: 1, .compare(.greater, .integer(1_000_000_000))),
    ]
    let (rows, counters) = try Self.scan("indexed_v1.parquet", ["v", "u"], tests)
    #expect(rows.isEmpty)
    #expect(counters.value(.rowGroupsRead) == 1)
    #expect(counters.value(.pagesRead) == 0)
  }

  @Test func bloomFiltersOfPyArrow() throws {
    var pruned = 0
    for key in [3, 77, 5001, 9999, 1234] {
      let test = ScanPredicate(column: 0, .compare(.equal, .integer(Int64(key))))
      let (rows, counters) = try Self.scan("indexed_v1.parquet", ["k", "s"], [test])
      #expect(rows.count == 1)
      pruned += counters.value(.rowGroupsPruned)
    }
    #expect(pruned >= 4)
    let text = ScanPredicate(column: 1, .isIn([.string("s00100"), .string("s00101")]))
    #expect(try Self.scan("indexed_v2.parquet", ["k", "s"], [text]).rows.count == 2)
  }

  @Test func bloomFiltersOfDuckDB() throws {
    let all = try Self.scan("duckdb.parquet", ["a", "b", "c", "d", "e", "f", "g", "t"], []).rows
    #expect(all.count == 2000)
    let file = try ParquetFile.open(Fixture.file("duckdb.parquet"))
    var filters = 0
    for (index, field) in file.schema.fields.enumerated() where field.name != "h" {
      let leaf = file.leaves[index]
      let offset = try #require(file.metadata.rowGroups[0].chunks[index].bloomFilterOffset)
      let filter = try #require(try BloomFilter.open(file.file, at: offset))
      let reader = try file.reader(ParquetReadRequest(fields: [field]), rowGroups: 0..<1)
      while let batch = try reader.next() {
        for row in 0..<batch.count {
          let literal = batch.columns[0].literal(at: row)
          guard let bytes = leaf.type.plainBytes(literal, as: field.type) else { continue }
          #expect(try filter.mayContain(bytes), "\(field.name)")
          filters += 1
        }
      }
      var absent = 0
      for value in 1000..<1200 {
        let bytes: [UInt8] =
          leaf.type.rawWidth == 4
          ? HandmadeFile.littleEndian([Int32(value)])
          : leaf.type.rawWidth == 8 ? HandmadeFile.littleEndian([Int64(value)]) : Array("other \(value)".utf8)
        absent += try filter.mayContain(bytes) ? 0 : 1
      }
      #expect(absent > 150, "\(field.name)")
    }
    #expect(filters > 10000)
    let missing = ScanPredicate(column: 1, .compare(.equal, .integer(500)))
    let (rows, counters) = try Self.scan("duckdb.parquet", ["a", "b"], [missing])
    #expect(rows.isEmpty)
    #expect(counters.value(.rowGroupsPruned) == 1)
  }

  /// Values of xxHash's own test suite.
  @Test func hashesOfTheReference() {
    func hash(_ text: String) -> UInt64 { Array(text.utf8).withUnsafeBufferPointer { XXHash64.hash(bytes: $0, 0) } }
    #expect(hash("") == 0xEF46_DB37_51D8_E999)
    #expect(hash("a") == 0xD24E_C4F1_A98C_6E5B)
    #expect(hash("abc") == 0x44BC_2CF5_AD77_0999)
    #expect(hash("Nobody inspects the spammish repetition") == 0xFBCE_A83C_8A37_8BF1)
  }

  @Test func rangesOfRows() {
    var some = RowRanges()
    some.append(2..<5)
    some.append(5..<7)
    some.append(9..<9)
    some.append(10..<20)
    #expect(some.ranges == [2..<7, 10..<20])
    var other = RowRanges()
    other.append(0..<3)
    other.append(6..<12)
    other.append(19..<30)
    #expect(some.intersection(other).ranges == [2..<3, 6..<7, 10..<12, 19..<20])
    #expect(some.overlaps(7..<11))
    #expect(!some.overlaps(7..<10))
    #expect(!some.overlaps(20..<25))
    #expect(some.intersection(RowRanges()).isEmpty)
  }

  @Test func damagedIndexIsNoticed() throws {
    let bytes = Fixture.bytes("indexed_v1.parquet")
    let file = try ParquetFile.open(MemoryFile(bytes))
    let chunk = file.metadata.rowGroups[0].chunks[1]
    let span = try #require(chunk.offsetIndex)
    var random = CorruptFileTests.Random(state: 5)
    for _ in 0..<200 {
      var damaged = bytes
      damaged[span.offset + random.below(span.count)] ^= UInt8(1 << random.below(8))
      let copy = try ParquetFile.open(MemoryFile(damaged, path: "damaged.parquet"))
      let request = ParquetReadRequest(
        fields: copy.schema.fields, predicates: [ScanPredicate(column: 1, .compare(.equal, .integer(7)))])
      do {
        let rows = try allRows(copy.reader(request, rowGroups: 0..<2))
        #expect(rows.count <= 10000)
      } catch let error as QueryError {
        #expect(error.code == .corruptFile || error.code == .unsupportedFile, "\(error)")
      }
    }
  }
}
