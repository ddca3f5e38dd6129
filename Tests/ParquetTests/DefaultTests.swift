import LakeColumnar
import LakeTypes
import Testing

@testable import LakeParquet

/// Columns that a file lacks have their fields' defaults.
@Suite struct DefaultTests {
  private static func field(_ name: String, _ type: LogicalType, _ value: Literal) -> Field {
    var field = Field(name, type)
    field.initialDefault = value
    return field
  }

  /// `k` of 0 ..< 10000, and columns that are not in the file.
  private func scan(_ predicates: [ScanPredicate]) throws -> (rows: [String], counters: ScanCounters) {
    let file = try ParquetFile.open(Fixture.file("ordered.parquet"))
    let fields = [
      Field("k", file.schema.fields[try #require(file.schema.index(of: "k"))].type), Self.field("n", .int, .integer(5)),
      Self.field("t", .string, .string("a default of some length")), Field("nothing", .double),
    ]
    let request = ParquetReadRequest(fields: fields, predicates: predicates)
    return (try allRows(file.reader(request, rowGroups: 0..<file.rowGroupCount)), request.counters)
  }

  @Test func everyRowHasTheDefault() throws {
    let (rows, _) = try scan([ScanPredicate(column: 0, .compare(.less, .integer(2)))])
    #expect(rows == [#"[0,5,"a default of some length",null]"#, #"[1,5,"a default of some length",null]"#])
  }

  @Test(
    arguments: [
      .compare(.equal, .integer(5)), .compare(.lessOrEqual, .integer(5)), .isNotNull,
      .isIn([.integer(1), .integer(5)]),
      .anyOf([[.isNull], [.compare(.greater, .integer(4))]]),
    ] as [ScanPredicate.Test]) func predicatesThatTheDefaultPasses(_ test: ScanPredicate.Test) throws
  {
    let (rows, counters) = try scan([ScanPredicate(column: 1, test)])
    #expect(rows.count == 10000 && counters.value(.rowGroupsPruned) == 0)
  }

  @Test(
    arguments: [
      .compare(.equal, .integer(6)), .compare(.greater, .integer(5)), .isNull, .isIn([.integer(1), .integer(7)]),
    ] as [ScanPredicate.Test]) func predicatesThatTheDefaultFails(_ test: ScanPredicate.Test) throws
  {
    let (rows, counters) = try scan([ScanPredicate(column: 1, test)])
    #expect(rows.isEmpty && counters.value(.rowGroupsPruned) == 4)
  }

  @Test func fieldsOfStructsHaveDefaultsWhereTheStructIsThere() throws {
    let stored = Schema([Field("s", .struct([Field("x", .int)]))])
    let builder = VectorBuilder(stored[0].type)
    for value in [Literal.struct([.integer(1)]), .null, .struct([.null])] { builder.append(value) }
    let sink = MemorySink()
    let writer = try ParquetWriter(sink, schema: stored, options: ParquetWriteOptions(), metadata: [:])
    try writer.write(Batch(columns: [builder.finish()], count: 3))
    _ = try writer.finish()
    let file = try ParquetFile.open(MemoryFile(sink.bytes))
    let wanted = Field("s", .struct([Field("x", .int), Self.field("y", .string, .string("d"))]))
    for test in [ScanPredicate.Test.compare(.equal, .string("d")), .isNull, .compare(.equal, .string("z"))] {
      let request = ParquetReadRequest(fields: [wanted], predicates: [ScanPredicate(column: 0, path: [1], test)])
      let rows = try allRows(file.reader(request, rowGroups: 0..<1))
      #expect(rows == [#"[[1,"d"]]"#, "[null]", #"[[null,"d"]]"#])
    }
  }
}
