import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Testing

@testable import LakeParquet

/// Files that PyArrow wrote, compared value by value.
@Suite struct ForeignFileTests {
  static let flat = [
    "flat_none_v1", "flat_none_v2", "flat_snappy_v1", "flat_snappy_v2", "flat_gzip_v1", "flat_gzip_v2",
    "flat_zstd_v1", "flat_zstd_v2", "flat_lz4_v1", "flat_lz4_v2", "flat_brotli_v1",
    "flat_brotli_v2", "flat_plain_v1", "flat_fallback_v1",
    "flat_fallback_v2",
  ]
  static let nested = ["nested_none_v1", "nested_snappy_v1", "nested_zstd_v2", "nested_plain_v2"]
  static let others = [
    ("flat_int96_v1", "flat_int96_v1"), ("flat_intdecimal_v1", "flat_intdecimal_v1"),
    ("encoding_delta_v1", "encoding_delta"), ("encoding_delta_v2", "encoding_delta"),
    ("encoding_split_v1", "encoding_split"), ("encoding_split_v2", "encoding_split"),
  ]
  static let all = flat.map { ($0, "flat") } + nested.map { ($0, "nested") } + others

  @Test(arguments: all) func everyValueIsRead(_ name: String, _ expected: String) throws {
    let file = try ParquetFile.open(Fixture.file(name + ".parquet"))
    for batchSize in [2048, 64, 7] {
      let request = ParquetReadRequest(fields: file.schema.fields, batchSize: batchSize)
      let rows = try allRows(file.reader(request, rowGroups: 0..<file.rowGroupCount), batchSize: batchSize)
      #expect(rows == Fixture.lines(expected + ".jsonl"))
    }
  }

  @Test(arguments: all) func rowsLeftByAPredicateAreRight(_ name: String, _ expected: String) throws {
    let file = try ParquetFile.open(Fixture.file(name + ".parquet"))
    let lines = Fixture.lines(expected + ".jsonl")
    let wanted = [3, 4, 5, 77, 149, 150, 151, 288, 399]
    for batchSize in [2048, 16, 5] {
      let keys = wanted.map { Literal.integer(Int64($0)) }
      guard file.schema.fields[0].name == "id" || expected == "encoding_delta" else { continue }
      let request = ParquetReadRequest(
        fields: file.schema.fields, predicates: [ScanPredicate(column: 0, .isIn(keys))], batchSize: batchSize)
      let rows = try allRows(file.reader(request, rowGroups: 0..<file.rowGroupCount), batchSize: batchSize)
      #expect(rows == wanted.map { lines[$0] })
    }
  }

  @Test(arguments: [5, 9, 40]) func fewRowsWithoutNullsArePickedFromPlainPages(_ step: Int) throws {
    let file = try ParquetFile.open(Fixture.file("present_plain_v1.parquet"))
    func rows(_ predicates: [ScanPredicate]) throws -> [String] {
      let request = ParquetReadRequest(fields: file.schema.fields, predicates: predicates)
      return try allRows(file.reader(request, rowGroups: 0..<file.rowGroupCount))
    }
    let all = try rows([])
    let wanted = Array(stride(from: step - 3, to: 400, by: step))
    let found = try rows([ScanPredicate(column: 0, .isIn(wanted.map { .integer(Int64($0)) }))])
    #expect(found == wanted.map { all[$0] })
  }

  @Test func dictionariesSurvive() throws {
    let file = try ParquetFile.open(Fixture.file("flat_snappy_v1.parquet"))
    let code = file.schema.fields[try #require(file.schema.index(of: "code"))]
    let reader = try file.reader(ParquetReadRequest(fields: [code]), rowGroups: 0..<1)
    let batch = try #require(try reader.next())
    #expect(batch.columns[0].encoding == .dictionary)
    #expect(batch.columns[0].dictionary?.count == 5)
  }

  @Test func typesAreMapped() throws {
    let file = try ParquetFile.open(Fixture.file("flat_none_v1.parquet"))
    let types = Dictionary(uniqueKeysWithValues: file.schema.fields.map { ($0.name, $0.type) })
    let expected: [String: LogicalType] = [
      "id": .bigint, "flag": .boolean, "i8": .tinyint, "i16": .smallint, "i32": .int, "u8": .smallint, "u16": .int,
      "u32": .bigint, "u64": .decimal(precision: 20, scale: 0), "f16": .float, "f32": .float, "f64": .double,
      "d9": .decimal(precision: 9, scale: 2), "d38": .decimal(precision: 38, scale: 10), "day": .date,
      "ts_us": .timestamp, "ntz_us": .timestampNTZ, "ntz_ns": .timestampNTZ, "t_ms": .bigint, "text": .string,
      "bytes": .binary, "uid": .string,
    ]
    for (name, type) in expected { #expect(types[name] == type, "\(name)") }
    #expect(file.schema.fields[0].isNullable == false)
    #expect(file.rowCount == 400)
    #expect(file.rowGroupCount == 3)
    #expect(file.rowCount(ofRowGroup: 2) == 100)
  }

  @Test func fieldsAreFoundByID() throws {
    let file = try ParquetFile.open(Fixture.file("field_ids.parquet"))
    #expect(file.schema.fields[0].fieldID == 7)
    #expect(file.keyValueMetadata["owner"] == "bank")
    let inner = Field("renamed", .string, fieldID: 9)
    let fields = [
      Field("other", .struct([Field("new", .int, fieldID: 99), inner]), fieldID: 8),
      Field("wide", .bigint, fieldID: 7), Field("absent", .date, fieldID: 3),
      Field("hollow", .struct([Field("new", .int, fieldID: 98)]), fieldID: 8),
    ]
    let request = ParquetReadRequest(fields: fields, matching: .fieldID, includesPosition: true)
    let rows = try allRows(file.reader(request, rowGroups: 0..<1))
    #expect(rows.count == 10)
    #expect(rows[3] == #"[[null,"v3"],3,null,[null],3]"#)
  }

  @Test func emptyFile() throws {
    let file = try ParquetFile.open(Fixture.file("empty.parquet"))
    #expect(file.rowCount == 0)
    #expect(
      try allRows(file.reader(ParquetReadRequest(fields: file.schema.fields), rowGroups: 0..<file.rowGroupCount)) == [])
  }

  @Test func noColumns() throws {
    let file = try ParquetFile.open(Fixture.file("ordered.parquet"))
    let reader = try file.reader(ParquetReadRequest(fields: []), rowGroups: 0..<file.rowGroupCount)
    var rows = 0
    while let batch = try reader.next() { rows += batch.count }
    #expect(rows == 10000)
  }

  @Test func wrongTypeIsRefused() throws {
    let file = try ParquetFile.open(Fixture.file("ordered.parquet"))
    let error = #expect(throws: QueryError.self) {
      _ = try file.reader(ParquetReadRequest(fields: [Field("s", .int)]), rowGroups: 0..<1)
    }
    #expect(error?.code == .datatypeMismatch)
    #expect(error?.file?.path == "ordered.parquet")
  }
}
