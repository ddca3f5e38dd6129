import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Testing

@testable import LakeParquet

/// Pages and row groups end where their limits say, however large the batches are.
@Suite struct WriterLimitTests {
  private static let tags = LogicalType.array(element: .string, containsNull: true)

  /// Lists of 0 to 4 texts; every 50th list is NULL, every seventh text too.
  private static func lists(_ rows: Int, text: (Int) -> String) -> Vector {
    let builder = VectorBuilder(tags)
    for row in 0..<rows {
      if row % 50 == 49 {
        builder.append(.null)
      } else {
        let items = (0..<row % 5).map { ($0 + row) % 7 == 6 ? Literal.null : .string(text(row + $0)) }
        builder.append(.array(items))
      }
    }
    return builder.finish()
  }

  private static func write(
    _ columns: [Vector], _ options: ParquetWriteOptions, selection: SelectionVector? = nil
  ) throws -> ParquetFile {
    let sink = MemorySink()
    let fields = columns.enumerated().map { Field("c\($0.offset)", $0.element.type) }
    let writer = try ParquetWriter(sink, schema: Schema(fields), options: options)
    try writer.write(Batch(columns: columns, count: columns[0].count, selection: selection))
    _ = try writer.finish()
    return try ParquetFile.open(MemoryFile(sink.bytes))
  }

  private static func rows(_ file: ParquetFile) throws -> [String] {
    try allRows(file.reader(ParquetReadRequest(fields: file.schema.fields), rowGroups: 0..<file.rowGroupCount))
  }

  private static func rows(_ columns: [Vector]) -> [String] {
    let batch = Batch(columns: columns, count: columns[0].count)
    return (0..<batch.count).map { CanonicalText.row(batch, $0) }
  }

  @Test func rowGroupsEndAtTheirRows() throws {
    let columns = [Self.lists(1050) { "tag \($0)" }]
    let file = try Self.write(columns, ParquetWriteOptions(rowGroupRowCount: 100))
    #expect((0..<file.rowGroupCount).map { file.rowCount(ofRowGroup: $0) } == [Int](repeating: 100, count: 10) + [50])
    #expect(try Self.rows(file) == Self.rows(columns))
  }

  @Test(arguments: [true, false]) func rowGroupsEndNearTheirBytes(_ usesDictionaries: Bool) throws {
    let texts = VectorBuilder(.string)
    for row in 0..<2000 {
      texts.append(string: "\(row)" + String(repeating: "x", count: row % 3 == 0 ? 1500 : 20))
    }
    let columns = [texts.finish(), Self.lists(2000) { String(repeating: "y", count: 300) + "\($0)" }]
    let limit = 100_000
    let options = ParquetWriteOptions(
      codec: .uncompressed, rowGroupByteCount: limit, pageByteCount: 10_000, usesDictionaries: usesDictionaries)
    let file = try Self.write(columns, options)
    let sizes = (0..<file.rowGroupCount).map { file.byteCount(ofRowGroup: $0) }
    #expect(sizes.count > 10)
    for size in sizes { #expect(size < limit * 9 / 8) }
    for size in sizes.dropLast() { #expect(size > limit * 7 / 8) }
    #expect(try Self.rows(file) == Self.rows(columns))
  }

  @Test func livingRowsCount() throws {
    let columns = [Self.lists(1000) { String(repeating: "z", count: 900) + "\($0)" }]
    let buffer = SelectionVector.scratch(1000)
    let positions = buffer.base.assumingMemoryBound(to: UInt32.self)
    let living = (0..<1000).filter { $0 % 10 < 3 }
    for (index, row) in living.enumerated() { positions[index] = UInt32(row) }
    let selection = SelectionVector(buffer, count: living.count)
    let file = try Self.write(
      columns, ParquetWriteOptions(codec: .uncompressed, rowGroupByteCount: 50_000, usesDictionaries: false),
      selection: selection)
    #expect(file.rowGroupCount > 3)
    let all = Self.rows(columns)
    #expect(try Self.rows(file) == living.map { all[$0] })
  }

  /// One row of each list and map that holds the others' children, and of structs and constants.
  @Test func sizesOfBatchesAreThoseOfTheirRows() throws {
    let pair = LogicalType.struct([Field("a", .int), Field("b", .string)])
    let pairs = VectorBuilder(pair)
    for row in 0..<10 { pairs.append(.struct([.integer(Int64(row)), .string(String(repeating: "b", count: row))])) }
    let constant = Vector.constant(.string("seven b"), .string, count: 10)
    let numbers = VectorBuilder(.array(element: .bigint, containsNull: true))
    for row in 0..<10 { numbers.append(.array((0..<row).map { .integer(Int64($0)) })) }
    let columns = [pairs.finish(), constant, numbers.finish()]
    let batch = Batch(columns: columns, count: 10)
    // Structs of 4 bytes and a text, texts of 4 bytes and their own, lists of 4 bytes and 8 for each number.
    #expect(PlainSize.bytes(of: batch) == 10 * 8 + 45 + 10 * 11 + 10 * 4 + 45 * 8)
    #expect(PlainSize.bytes(of: batch.sliced(from: 9, count: 1)) == 8 + 9 + 11 + 4 + 9 * 8)
    let buffer = SelectionVector.scratch(2)
    buffer.base.assumingMemoryBound(to: UInt32.self)[0] = 1
    buffer.base.assumingMemoryBound(to: UInt32.self)[1] = 9
    let two = Batch(columns: columns, count: 10, selection: SelectionVector(buffer, count: 2))
    #expect(PlainSize.bytes(of: two) == 2 * 8 + 10 + 2 * 11 + 2 * 4 + 10 * 8)
  }

  /// The rows and values of each page that a column's writer makes of one large batch.
  private static func pages(_ column: Vector, _ options: ParquetWriteOptions) throws -> [PageRecord] {
    let schema = try WriteSchema(Schema([Field("c", column.type)]), elementFieldIDs: [:])
    let writers = schema.leaves.map { $0.makeWriter(options, PageWriter(Compressor(options.codec), options)) }
    try RowShredder(schema, writers).append(Batch(columns: [column], count: column.count))
    return try writers[0].finishChunk().pages
  }

  @Test(arguments: [true, false]) func pagesEndAtTheirRows(_ usesDictionaries: Bool) throws {
    let options = ParquetWriteOptions(pageRowCount: 70, usesDictionaries: usesDictionaries)
    let nested = Self.lists(1000) { "tag \($0 % 9)" }
    let numbers = VectorBuilder(.bigint)
    for row in 0..<1000 { if row % 3 == 0 { numbers.appendNull() } else { numbers.append(int64: Int64(row % 40)) } }
    for column in [nested, numbers.finish()] {
      let pages = try Self.pages(column, options)
      #expect(pages.map(\.firstRow) == Array(stride(from: 0, to: 1000, by: 70)))
      if column.type == .bigint { #expect(pages.reduce(0) { $0 + $1.nullCount } == 334) }
    }
  }

  @Test(arguments: [true, false]) func pagesEndNearTheirBytes(_ usesDictionaries: Bool) throws {
    let options = ParquetWriteOptions(
      codec: .uncompressed, pageByteCount: 20_000, usesDictionaries: usesDictionaries)
    // The longest list has four texts of about 1000 bytes.
    let nested = Self.lists(1000) { String(repeating: "\($0 % 10)", count: 1000) + "\($0)" }
    let pages = try Self.pages(nested, options)
    #expect(pages.count > 50)
    for page in pages.dropLast() {
      #expect(page.sizes.byteArrayByteCount > 19_000 && page.sizes.byteArrayByteCount < 26_000)
    }
  }

  private static func loaded(_ file: ParquetFile) throws -> ColumnChunkPages {
    let chunk = file.metadata.rowGroups[0].chunks[0]
    return try ColumnChunkPages.load(chunk, from: file.file, ScanCounters(), ChunkMemory(ReaderMemory(budget: nil)))
  }

  /// A dictionary that pays for long, and then grows beyond its limit; one that stops to pay before.
  @Test(arguments: [1 << 20, 40_000]) func dictionariesThatPaidStay(_ limit: Int) throws {
    let builder = VectorBuilder(.bigint)
    for row in 0..<400_000 { builder.append(int64: row < 200_000 ? Int64(row % 100) : Int64(row)) }
    let column = builder.finish()
    let options = ParquetWriteOptions(codec: .snappy, dictionaryByteCount: limit)
    let file = try Self.write([column], options)
    let counts = try Self.loaded(file)
    #expect(counts.dictionary != nil)
    #expect(counts.pages.contains { $0.isDictionaryCoded })
    #expect(counts.pages.contains { !$0.isDictionaryCoded })
    let statistics = try #require(file.statistics(column: 0, rowGroup: 0))
    #expect(statistics.min == .integer(0))
    #expect(statistics.max == .integer(399_999))
    let reader = try file.reader(ParquetReadRequest(fields: file.schema.fields), rowGroups: 0..<1)
    var row = 0
    while let batch = try reader.next() {
      let values = batch.columns[0].flattened()
      let slots = values.slots(Int64.self)
      let source = column.slots(Int64.self)
      for index in 0..<batch.count where slots[index] != source[row + index] { Issue.record("row \(row + index)") }
      row += batch.count
    }
    #expect(row == 400_000)
  }

  /// Unique values are found out by the first page, whatever the dictionary might hold.
  @Test func dictionariesOfUniqueValuesEndWithTheFirstPage() throws {
    let builder = VectorBuilder(.bigint)
    for row in 0..<50_000 { builder.append(int64: Int64(row) &* 0x9E37_79B9) }
    let file = try Self.write([builder.finish()], ParquetWriteOptions(pageRowCount: 5000))
    let chunk = try Self.loaded(file)
    #expect(chunk.dictionary == nil)
    #expect(!chunk.pages.contains { $0.isDictionaryCoded })
  }
}
