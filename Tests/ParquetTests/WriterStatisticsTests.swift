import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Testing

@testable import LakeParquet

/// What the footer says of the values beside their bounds: the order of rows, sizes, histograms of levels; and bounds of
/// numbers that have no order.
@Suite struct WriterStatisticsTests {
  private static func chunk(
    _ column: Vector, _ options: ParquetWriteOptions = ParquetWriteOptions(), batchSize: Int = 10
  ) throws -> EncodedChunk {
    let schema = try WriteSchema(Schema([Field("c", column.type)]), elementFieldIDs: [:])
    let writers = schema.leaves.map { $0.makeWriter(options, PageWriter(Compressor(.uncompressed), options)) }
    let shredder = RowShredder(schema, writers)
    let all = Batch(columns: [column], count: column.count)
    for start in stride(from: 0, to: column.count, by: batchSize) {
      try shredder.append(all.sliced(from: start, count: min(batchSize, column.count - start)))
    }
    return try writers[0].finishChunk()
  }

  private static func vector(_ type: LogicalType, _ values: [Literal]) -> Vector {
    let builder = VectorBuilder(type)
    for value in values { builder.append(value) }
    return builder.finish()
  }

  // MARK: Order of rows

  private static func sorting(_ values: [Int64?]) throws -> ColumnSorting? {
    let plain = try chunk(vector(.bigint, values.map { $0.map(Literal.integer) ?? .null })).sorting
    let texts = values.map { $0.map { Literal.string("a text that is not inline \($0 + 100)") } ?? .null }
    for usesDictionaries in [true, false] {
      let options = ParquetWriteOptions(usesDictionaries: usesDictionaries)
      #expect(try chunk(vector(.string, texts), options).sorting == plain)
    }
    return plain
  }

  @Test func sortedRowsAreFound() throws {
    let rising: [Int64?] = (0..<35).map { Int64($0 / 2) }
    #expect(try Self.sorting(rising) == ColumnSorting(isDescending: false, nullsFirst: false))
    #expect(try Self.sorting(rising.reversed()) == ColumnSorting(isDescending: true, nullsFirst: false))
    #expect(try Self.sorting([nil, nil] + rising) == ColumnSorting(isDescending: false, nullsFirst: true))
    #expect(try Self.sorting(rising + [nil, nil]) == ColumnSorting(isDescending: false, nullsFirst: false))
  }

  @Test func otherRowsAreNotSaidToBeSorted() throws {
    let rising: [Int64?] = (0..<35).map { Int64($0 / 2) }
    #expect(try Self.sorting([5] + rising) == nil)
    #expect(try Self.sorting(rising + [5]) == nil)
    #expect(try Self.sorting(rising + [nil, 99]) == nil)
    #expect(try Self.sorting(rising + [Int64?](repeating: nil, count: 20) + [99]) == nil)
    #expect(try Self.sorting([nil] + rising + [nil]) == nil)
    #expect(try Self.sorting([Int64?](repeating: 7, count: 30)) == nil)
    #expect(try Self.sorting([nil, nil]) == nil)
    let doubles = Self.vector(.double, [.double(1), .double(2), .double(.nan), .double(3)])
    #expect(try Self.chunk(doubles).sorting == nil)
    let lists = Self.vector(
      .array(element: .bigint, containsNull: true), [.array([.integer(1), .integer(2)]), .array([.integer(3)])])
    #expect(try Self.chunk(lists).sorting == nil)
  }

  /// The order is that of a row group's rows, whatever those of another one are.
  @Test func everyRowGroupHasItsOrder() throws {
    let schema = try WriteSchema(Schema([Field("c", .bigint)]), elementFieldIDs: [:])
    let options = ParquetWriteOptions()
    let writer = schema.leaves[0].makeWriter(options, PageWriter(Compressor(.uncompressed), options))
    var found: [ColumnSorting?] = []
    for values: [Int64] in [[1, 2, 3], [9, 1, 2], [3, 2, 1]] {
      let column = Self.vector(.bigint, values.map { .integer($0) })
      try RowShredder(schema, [writer]).append(Batch(columns: [column], count: values.count))
      found.append(try writer.finishChunk().sorting)
    }
    #expect(found.map { $0?.isDescending } == [false, nil, true])
  }

  // MARK: Sizes

  @Test(arguments: [true, false]) func sizesOfTextAreThoseOfItsBytes(_ usesDictionaries: Bool) throws {
    let values = (0..<100).map { $0 % 10 == 0 ? Literal.null : .string(String(repeating: "x", count: $0 % 20)) }
    let options = ParquetWriteOptions(pageRowCount: 30, usesDictionaries: usesDictionaries)
    let chunk = try Self.chunk(Self.vector(.string, values), options)
    let lengths = (0..<100).map { $0 % 10 == 0 ? 0 : $0 % 20 }
    #expect(chunk.sizes.byteArrayByteCount == lengths.reduce(0, +))
    let ofPages = [0, 30, 60, 90].map { lengths[$0..<min(100, $0 + 30)].reduce(0, +) }
    #expect(chunk.pages.map(\.sizes.byteArrayByteCount) == ofPages)
    #expect(chunk.sizes.definition == [10, 90])
    #expect(chunk.sizes.repetition == [])
  }

  @Test func levelsAreCounted() throws {
    let lists: [Literal] = [
      .array([.integer(1), .integer(2), .integer(3)]), .null, .array([]), .array([.null, .integer(5)]),
      .array([.integer(6)]),
    ]
    let column = Self.vector(.array(element: .bigint, containsNull: true), lists)
    let chunk = try Self.chunk(column, ParquetWriteOptions(pageRowCount: 2))
    // NULL, empty, a NULL inside, values; rows start at 0.
    #expect(chunk.sizes.definition == [1, 1, 1, 5])
    #expect(chunk.sizes.repetition == [5, 3])
    #expect(chunk.pages.map(\.sizes.definition) == [[1, 0, 0, 3], [0, 1, 1, 1], [0, 0, 0, 1]])
    #expect(chunk.pages.map(\.sizes.repetition) == [[2, 2], [2, 1], [1, 0]])
  }

  // MARK: Bounds of floating-point numbers

  @Test(arguments: [true, false]) func boundsLeaveNaNAside(_ usesDictionaries: Bool) throws {
    let options = ParquetWriteOptions(usesDictionaries: usesDictionaries)
    let values: [Double] = [.nan, 3, -2, .nan, .infinity, 7]
    let some = try Self.chunk(Self.vector(.double, values.map { .double($0) }), options)
    #expect(some.lowerLiteral == .double(-2))
    #expect(some.upperLiteral == .double(.infinity))
    #expect(some.nanCount == 2)
    let none = try Self.chunk(Self.vector(.double, [.double(.nan), .null, .double(.nan)]), options)
    #expect(none.lower == nil && none.upper == nil)
    #expect(none.nanCount == 2)
    #expect(none.nullCount == 1)
  }

  /// NaN is greater than every number, so that only their count lets an upper bound say what a row group has not.
  @Test func countsOfNaNAreWritten() throws {
    let column = Self.vector(.double, [.double(1), .double(2), .double(.nan), .double(3)])
    let sink = MemorySink()
    let options = ParquetWriteOptions(rowGroupRowCount: 2, pageRowCount: 1)
    let writer = try ParquetWriter(sink, schema: Schema([Field("x", .double)]), options: options)
    try writer.write(Batch(columns: [column], count: 4))
    #expect(try writer.finish().columns[0].nanCount == 1)
    let file = try ParquetFile.open(MemoryFile(sink.bytes))
    #expect(file.metadata.rowGroups.map { $0.chunks[0].statistics.nanCount } == [0, 1])
    let request = ParquetReadRequest(
      fields: file.schema.fields, predicates: [ScanPredicate(column: 0, .compare(.greater, .double(5)))])
    #expect(try file.survivingRowGroups(request) == [1])
    let reader = try file.reader(request, rowGroups: 0..<2)
    #expect(try allRows(reader).contains { $0.contains("7ff8000000000000") })
  }

  /// As above, from the codes of a vector's dictionary.
  @Test func codesOfNaNAreCounted() throws {
    let dictionary = Self.vector(.double, [.double(4), .double(.nan), .double(-1)])
    let codes = Buffer(byteCount: 400)
    for row in 0..<100 { codes.base.assumingMemoryBound(to: UInt32.self)[row] = UInt32(row % 4 == 0 ? 1 : row % 2 * 2) }
    let chunk = try Self.chunk(.dictionary(dictionary, codes: codes, count: 100), batchSize: 100)
    #expect(chunk.nanCount == 25)
    #expect(chunk.lowerLiteral == .double(-1))
    #expect(chunk.upperLiteral == .double(4))
    #expect(chunk.pageCounts[.rleDictionary] == 1)
  }

  @Test func zeroBoundsCoverBothZeros() throws {
    let chunk = try Self.chunk(Self.vector(.double, [.double(0), .double(0)]))
    #expect(chunk.lower?.bytes == [0, 0, 0, 0, 0, 0, 0, 0x80])
    #expect(chunk.lower?.isExact == false)
    #expect(chunk.upper?.bytes == [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(chunk.upper?.isExact == true)
  }

  @Test func bitsOfBooleansArePacked() {
    for count in [0, 1, 7, 8, 9, 64, 77] {
      let flags = (0..<count).map { UInt8($0 % 3 == 0 || $0 % 7 == 2 ? 1 : 0) }
      let bits = flags.withUnsafeBytes { PlainEncoder.bits($0) }
      #expect(bits.count == (count + 7) / 8)
      for index in 0..<count { #expect(bits[index / 8] >> UInt8(index % 8) & 1 == flags[index]) }
    }
  }
}
