import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Testing

@testable import LakeParquet

/// What is written reads back the same, and its metadata is right.
@Suite struct WriterTests {
  private static func batches(_ name: String, batchSize: Int = 2048) throws -> (schema: Schema, batches: [Batch]) {
    let file = try ParquetFile.open(Fixture.file(name))
    let request = ParquetReadRequest(fields: file.schema.fields, batchSize: batchSize)
    let reader = try file.reader(request, rowGroups: 0..<file.rowGroupCount)
    var batches: [Batch] = []
    while let batch = try reader.next() { batches.append(batch) }
    return (file.schema, batches)
  }

  private static func write(
    _ schema: Schema, _ batches: [Batch], _ options: ParquetWriteOptions, metadata: [String: String] = [:]
  ) throws -> (bytes: [UInt8], metrics: ParquetFileMetrics) {
    let sink = MemorySink()
    let writer = try ParquetWriter(sink, schema: schema, options: options, metadata: metadata)
    for batch in batches { try writer.write(batch) }
    let metrics = try writer.finish()
    #expect(sink.isFinished)
    #expect(metrics.fileSize == sink.bytes.count)
    return (sink.bytes, metrics)
  }

  private static func rows(_ bytes: [UInt8]) throws -> [String] {
    let file = try ParquetFile.open(MemoryFile(bytes))
    return try allRows(file.reader(ParquetReadRequest(fields: file.schema.fields), rowGroups: 0..<file.rowGroupCount))
  }

  static let codecs: [ParquetWriteOptions.Codec] = [
    .uncompressed, .snappy, .zstd(level: 3), .gzip(level: 6), .lz4Raw, .brotli(level: 5),
  ]

  @Test(arguments: codecs, ["flat", "nested"]) func everyCodecReadsBack(
    _ codec: ParquetWriteOptions.Codec, _ name: String
  ) throws {
    let (schema, batches) = try Self.batches(name + "_none_v1.parquet", batchSize: 33)
    for version in [ParquetWriteOptions.PageVersion.v1, .v2] {
      for usesDictionaries in [true, false] {
        let options = ParquetWriteOptions(
          codec: codec, rowGroupRowCount: 130, pageRowCount: 40, pageVersion: version,
          usesDictionaries: usesDictionaries)
        let (bytes, metrics) = try Self.write(schema, batches, options)
        #expect(try Self.rows(bytes) == Fixture.lines(name + ".jsonl"))
        #expect(metrics.rowCount == 400)
        #expect(metrics.splitOffsets.count == 4)
      }
    }
  }

  @Test func dictionaryThatGrowsIsGivenUp() throws {
    let builder = VectorBuilder(.string)
    var expected: [String] = []
    for row in 0..<20000 {
      let text = row < 6000 ? "value \(row % 50)" : "a distinct value that is long enough \(row)"
      builder.append(string: text)
      expected.append("[\"\(text)\"]")
    }
    let all = Batch(columns: [builder.finish()], count: 20000)
    let batches = stride(from: 0, to: 20000, by: 2000).map { all.sliced(from: $0, count: 2000) }
    let options = ParquetWriteOptions(codec: .snappy, pageRowCount: 2000, dictionaryByteCount: 10000)
    let (bytes, _) = try Self.write(Schema([Field("s", .string)]), batches, options)
    let file = try ParquetFile.open(MemoryFile(bytes))
    let memory = ChunkMemory(ReaderMemory(budget: nil))
    let chunk = try ColumnChunkPages.load(
      file.metadata.rowGroups[0].chunks[0], from: file.file, ScanCounters(), memory)
    #expect(chunk.dictionary != nil)
    #expect(chunk.pages.contains { !$0.isDictionaryCoded })
    #expect(chunk.pages.contains { $0.isDictionaryCoded })
    #expect(try Self.rows(bytes) == expected)
  }

  @Test func selectionsAndEncodingsAreHonoured() throws {
    let flat = VectorBuilder(.bigint)
    for row in 0..<100 { if row % 7 == 0 { flat.appendNull() } else { flat.append(int64: Int64(row)) } }
    let names = VectorBuilder(.string)
    for name in ["zero", "one", "two, which is a long one"] { names.append(string: name) }
    let codes = Buffer(byteCount: 400)
    let slots = codes.base.assumingMemoryBound(to: UInt32.self)
    for row in 0..<100 { slots[row] = UInt32(row % 3) }
    let columns: [Vector] = [
      flat.finish(), .dictionary(names.finish(), codes: codes, count: 100),
      .constant(.decimal(-12345), .decimal(precision: 30, scale: 2), count: 100), .allNull(.date, count: 100),
    ]
    let buffer = SelectionVector.scratch(100)
    let positions = buffer.base.assumingMemoryBound(to: UInt32.self)
    for index in 0..<50 { positions[index] = UInt32(index * 2) }
    let batch = Batch(columns: columns, count: 100, selection: SelectionVector(buffer, count: 50))
    let fields = zip(["n", "s", "d", "day"], columns).map { Field($0, $1.type) }
    let (bytes, _) = try Self.write(Schema(fields), [batch], ParquetWriteOptions())
    let expected = (0..<50).map { CanonicalText.row(batch, $0) }
    #expect(try Self.rows(bytes) == expected)
  }

  @Test func statisticsAndMetrics() throws {
    let (schema, batches) = try Self.batches("ordered.parquet")
    let options = ParquetWriteOptions(codec: .zstd(level: 1), rowGroupRowCount: 2500)
    let (bytes, metrics) = try Self.write(schema, batches, options, metadata: ["k": "v"])
    let file = try ParquetFile.open(MemoryFile(bytes))
    #expect(file.keyValueMetadata["k"] == "v")
    #expect(file.createdBy == "lakesql version 0.1.0")
    let second = try #require(file.statistics(column: 0, rowGroup: 1))
    #expect(second.min == .integer(2500))
    #expect(second.max == .integer(4999))
    #expect(second.nullCount == 0)
    #expect(second.areBoundsExact)
    #expect(file.statistics(column: 2, rowGroup: 0)?.min == .string("s00000"))
    let numbers = metrics.columns[3]
    #expect(numbers.nanCount == 10)
    #expect(numbers.lower == .double(0))
    #expect(numbers.upper == .double(9999))
    #expect(metrics.columns.map(\.valueCount) == [10000, 10000, 10000, 10000])
    #expect(metrics.columns.map(\.nullCount) == [0, 0, 0, 0])
    #expect(metrics.splitOffsets[0] == 4)
    let request = ParquetReadRequest(
      fields: file.schema.fields, predicates: [ScanPredicate(column: 0, .compare(.equal, .integer(5000)))])
    #expect(try file.survivingRowGroups(request) == [2])
  }

  @Test func countsOfNestedColumns() throws {
    let (schema, batches) = try Self.batches("nested_none_v1.parquet")
    let (_, metrics) = try Self.write(schema, batches, ParquetWriteOptions())
    let numbers = try #require(metrics.columns.first { $0.path == ["numbers", "list", "element"] })
    var values = 0
    var nulls = 0
    for batch in batches {
      for row in 0..<batch.count {
        switch batch.columns[1].literal(at: row) {
        case .array(let items):
          values += items.count
          nulls += items.filter(\.isNull).count
        default:
          values += 1
          nulls += 1
        }
      }
    }
    #expect(numbers.valueCount == values)
    #expect(numbers.nullCount == nulls)
  }

  @Test func fieldIDsReachEveryElement() throws {
    let schema = Schema([
      Field("tags", .array(.string), fieldID: 1),
      Field("scores", .map(.string, .struct([Field("x", .int, fieldID: 6)])), fieldID: 3),
    ])
    let ids = ["tags.element": 2, "scores.key": 4, "scores.value": 5]
    let (bytes, metrics) = try Self.write(schema, [], ParquetWriteOptions(elementFieldIDs: ids))
    let file = try ParquetFile.open(MemoryFile(bytes))
    #expect(file.metadata.schema.compactMap(\.fieldID) == [1, 2, 3, 4, 5, 6])
    #expect(file.schema == schema)
    #expect(metrics.columns.map(\.fieldID) == [2, 4, 6])
    #expect(file.rowCount == 0)
  }

  @Test func requiredColumnsRefuseNull() throws {
    let schema = Schema([Field("id", .int, isNullable: false)])
    let writer = try ParquetWriter(MemorySink(), schema: schema)
    let error = #expect(throws: QueryError.self) {
      try writer.write(Batch(columns: [.allNull(.int, count: 3)], count: 3))
    }
    #expect(error?.code == .notNullViolation)
    let void = #expect(throws: QueryError.self) {
      _ = try ParquetWriter(MemorySink(), schema: Schema([Field("v", .void)]))
    }
    #expect(void?.code == .unsupported)
  }

  @Test func discardReachesTheFile() throws {
    let sink = MemorySink()
    let writer = try ParquetWriter(sink, schema: Schema([Field("id", .int)]))
    writer.discard()
    #expect(sink.isDiscarded)
  }
}
