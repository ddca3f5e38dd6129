import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes
import Testing

@testable import LakeParquet

/// What a filter on some columns leaves unread of the others.
///
/// Row `i` of the file holds `k` = a scattered number below 50000, `s` = {a: i, t: {b: "b" and i in five digits}}, and
/// `payload`, text that does not compress, in pages of 1000 rows.
@Suite struct LateReadingTests {
  private static let rowCount = 50_000

  /// Counts the bytes that are read of a file in memory.
  private final class CountingFile: ReadableFile {
    private let inner: MemoryFile
    nonisolated(unsafe) private(set) var read = 0
    /// Bytes of the largest read.
    nonisolated(unsafe) private(set) var largest = 0
    var path: String { inner.path }
    var size: Int { inner.size }

    init(_ bytes: [UInt8]) { inner = MemoryFile(bytes) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(QueryError) {
      read += buffer.count
      largest = max(largest, buffer.count)
      try inner.read(into: buffer, at: offset)
    }
  }

  private static let structType: LogicalType = .struct([
    Field("a", .bigint), Field("t", .struct([Field("b", .string)])),
  ])

  private static func scattered(_ row: Int) -> Int64 { Int64(row * 7919 % rowCount) }

  private static func text(_ row: Int) -> String {
    let digits = String(row)
    return "b" + String(repeating: "0", count: 5 - digits.count) + digits
  }

  private static func file(
    _ change: (inout ParquetWriteOptions) -> Void = { _ in }
  ) throws -> [UInt8] {
    var options = ParquetWriteOptions(
      codec: .uncompressed, rowGroupRowCount: 25_000, pageByteCount: 64 << 10, pageRowCount: 1000,
      usesDictionaries: false)
    change(&options)
    let fields = [Field("k", .bigint), Field("s", structType), Field("payload", .string)]
    let sink = MemorySink()
    let writer = try ParquetWriter(sink, schema: Schema(fields), options: options)
    for start in stride(from: 0, to: rowCount, by: 1000) {
      let keys = VectorBuilder(.bigint)
      let numbers = VectorBuilder(.bigint)
      let names = VectorBuilder(.string)
      let payload = VectorBuilder(.string)
      let mask = ValidityMask(count: 1000, allValid: true)
      for row in start..<start + 1000 {
        keys.append(int64: scattered(row))
        numbers.append(int64: Int64(row))
        names.append(string: text(row))
        payload.append(string: "payload of \(row) " + String(UInt64(row) &* 0x9E37_79B9_7F4A_7C15, radix: 36))
        if row % 10 == 9 { mask.setNull(row - start) }
      }
      let inner = Vector.flat(.struct([Field("b", .string)]), count: 1000, children: [names.finish()])
      let outer = Vector.flat(structType, count: 1000, validity: mask, children: [numbers.finish(), inner])
      try writer.write(Batch(columns: [keys.finish(), outer, payload.finish()], count: 1000))
    }
    _ = try writer.finish()
    return sink.bytes
  }

  private static func scan(
    _ bytes: [UInt8], _ predicates: [ScanPredicate], fields names: [String] = ["k", "s", "payload"],
    batchSize: Int = 2048
  ) throws -> (rows: [String], counters: ScanCounters, read: Int) {
    let counting = CountingFile(bytes)
    let file = try ParquetFile.open(counting)
    let fields = try names.map { file.schema.fields[try #require(file.schema.index(of: $0))] }
    let request = ParquetReadRequest(fields: fields, predicates: predicates, batchSize: batchSize)
    let before = counting.read
    let rows = try allRows(file.reader(request, rowGroups: 0..<file.rowGroupCount))
    // Bloom filters and the like apart, every byte is counted.
    #expect(request.counters.value(.bytesRead) == counting.read - before)
    return (rows, request.counters, counting.read - before)
  }

  @Test(arguments: [2048, 100]) func pagesOfOtherColumnsAreReadAsRowsAreLeft(_ batchSize: Int) throws {
    let bytes = try Self.file()
    let all = try Self.scan(bytes, [])
    // Three scattered keys: the page index can't rule a page of theirs out.
    let wanted: [Int64] = [5, 17_000, 43_210]
    let test = ScanPredicate(column: 0, .isIn(wanted.map { .integer($0) }))
    let found = try Self.scan(bytes, [test], batchSize: batchSize)
    #expect(found.rows == all.rows.filter { row in wanted.contains { row.hasPrefix("[\($0),") } })
    #expect(found.rows.count == 3)
    let keys = try Self.scan(bytes, [], fields: ["k"]).read
    #expect(found.read > keys)
    // At most a page of each of three columns for each row that is left, and the offset indexes.
    #expect(found.read < keys + 3 * (2 * 20_000 + 70_000) + 20_000)
    #expect(found.read < all.read / 3)
  }

  @Test func withoutAnIndexChunksAreReadWhole() throws {
    let bytes = try Self.file { $0.writesPageIndex = false }
    let found = try Self.scan(bytes, [ScanPredicate(column: 0, .compare(.equal, .integer(17_000)))])
    #expect(found.rows.count == 1)
  }

  private static func longText(_ row: Int) -> String { "text of row \(row), " + String(repeating: "long ", count: 10) }

  /// Chunks of some megabytes with NULLs, short and long lists: in pages of both versions, with an index or without.
  @Test(arguments: [ParquetWriteOptions.PageVersion.v1, .v2], [true, false])
  func largeChunksAreReadSpanBySpan(_ version: ParquetWriteOptions.PageVersion, _ hasIndex: Bool) throws {
    let rowCount = 30_000
    let fields = [Field("k", .bigint), Field("text", .string), Field("list", .array(.string))]
    let options = ParquetWriteOptions(
      codec: .uncompressed, pageByteCount: 64 << 10, pageRowCount: 3000, pageVersion: version,
      usesDictionaries: false, writesPageIndex: hasIndex)
    let sink = MemorySink()
    let writer = try ParquetWriter(sink, schema: Schema(fields), options: options)
    for start in stride(from: 0, to: rowCount, by: 2000) {
      let columns = fields.map { VectorBuilder($0.type) }
      for row in start..<start + 2000 {
        columns[0].append(int64: Int64(row))
        if row % 7 == 3 { columns[1].appendNull() } else { columns[1].append(string: Self.longText(row)) }
        let items = (0..<row % 4).map { $0 == 2 ? Literal.null : .string("\($0) of \(Self.longText(row))") }
        columns[2].append(Literal.array(items))
      }
      try writer.write(Batch(columns: columns.map { $0.finish() }, count: 2000))
    }
    _ = try writer.finish()
    let counting = CountingFile(sink.bytes)
    let file = try ParquetFile.open(counting)
    #expect(file.rowGroupCount == 1)
    func rows(_ predicates: [ScanPredicate]) throws -> [String] {
      try allRows(
        file.reader(ParquetReadRequest(fields: file.schema.fields, predicates: predicates), rowGroups: 0..<1))
    }
    let all = try rows([])
    #expect(all.count == rowCount)
    for row in [0, 3, 4, 14_999, 15_002, rowCount - 1] {
      let long = Self.longText(row)
      let text = row % 7 == 3 ? "null" : "\"\(long)\""
      let list = (0..<row % 4).map { $0 == 2 ? "null" : "\"\($0) of \(long)\"" }.joined(separator: ",")
      #expect(all[row] == "[\(row),\(text),[\(list)]]")
    }
    #expect(counting.read > 3 * ColumnChunkPages.largestWhole)
    #expect(counting.largest <= ColumnChunkPages.largestWhole)
    #expect(counting.largest > ColumnChunkPages.spanSize, "neighbours are read at once")
    // A stretch of neighbours, most rows, and few rows far apart.
    for (low, high) in [(12_000, 13_000), (2500, rowCount - 2500)] {
      let tests = [
        ScanPredicate(column: 0, .compare(.greaterOrEqual, .integer(Int64(low)))),
        ScanPredicate(column: 0, .compare(.less, .integer(Int64(high)))),
      ]
      #expect(try rows(tests) == Array(all[low..<high]))
    }
    // Every page has wanted rows, and is read once.
    let before = counting.read
    let third = (0..<rowCount).filter { $0 % 3 == 0 }
    #expect(try rows([ScanPredicate(column: 0, .isIn(third.map { .integer(Int64($0)) }))]) == third.map { all[$0] })
    #expect(counting.read - before < sink.bytes.count * 11 / 10)
    let few = Array(stride(from: 11, to: rowCount, by: 1979))
    #expect(try rows([ScanPredicate(column: 0, .isIn(few.map { .integer(Int64($0)) }))]) == few.map { all[$0] })
  }

  @Test func withDictionariesAndCompression() throws {
    let bytes = try Self.file {
      $0.usesDictionaries = true
      $0.codec = .snappy
    }
    let all = try Self.scan(bytes, []).rows
    for (low, high) in [(0, 3), (100, 2000), (0, 49_999), (49_990, 60_000)] {
      let tests = [
        ScanPredicate(column: 0, .compare(.greaterOrEqual, .integer(Int64(low)))),
        ScanPredicate(column: 0, .compare(.lessOrEqual, .integer(Int64(high)))),
      ]
      for batchSize in [2048, 333] {
        let rows = try Self.scan(bytes, tests, batchSize: batchSize).rows
        let expected = all.indices.filter { (low...high).contains(Int(Self.scattered($0))) }.map { all[$0] }
        #expect(rows == expected)
      }
    }
  }

  @Test func fieldsOfStructsPrune() throws {
    let bytes = try Self.file()
    let all = try Self.scan(bytes, []).rows
    let number = ScanPredicate(column: 1, path: [0], .compare(.greater, .integer(49_500)))
    let found = try Self.scan(bytes, [number])
    // Where the struct is NULL, its field is.
    #expect(found.rows == (49_501..<50_000).filter { $0 % 10 != 9 }.map { all[$0] })
    #expect(found.counters.value(.rowGroupsPruned) == 1)
    #expect(found.read < all.reduce(0) { $0 + $1.utf8.count } / 10)
    let deep = ScanPredicate(column: 1, path: [1, 0], .isIn([.string("b00012"), .string("b31000"), .string("c")]))
    let named = try Self.scan(bytes, [deep, number])
    #expect(named.rows.isEmpty)
    #expect(try Self.scan(bytes, [deep]).rows == [all[12], all[31_000]])
    #expect(try Self.scan(bytes, [deep]).counters.value(.pagesRead) < 12)
    let null = ScanPredicate(column: 1, path: [0], .isNull)
    #expect(try Self.scan(bytes, [null], batchSize: 100).rows == (0..<50_000).filter { $0 % 10 == 9 }.map { all[$0] })
    let both = [null, ScanPredicate(column: 1, path: [1, 0], .isNotNull)]
    #expect(try Self.scan(bytes, both).rows.isEmpty)
  }

  @Test func missingFieldsAreNull() throws {
    let bytes = try Self.file()
    let file = try ParquetFile.open(MemoryFile(bytes))
    let wider = Field("s", .struct([Field("a", .bigint), Field("z", .int)]))
    for (test, count) in [(ScanPredicate.Test.isNull, Self.rowCount), (.compare(.equal, .integer(1)), 0)] {
      let request = ParquetReadRequest(fields: [wider], predicates: [ScanPredicate(column: 0, path: [1], test)])
      let rows = try allRows(file.reader(request, rowGroups: 0..<file.rowGroupCount))
      #expect(rows.count == count)
    }
  }

  /// Of a struct, only the leaves that are looked at are read.
  @Test func nestedProjection() throws {
    let bytes = try Self.file()
    let file = try ParquetFile.open(MemoryFile(bytes))
    let column = try #require(file.schema.fields.first { $0.name == "s" })
    let sizes = (1...2).map { leaf in file.metadata.rowGroups.reduce(0) { $0 + $1.chunks[leaf].compressedSize } }
    func read(_ selection: FieldSelection) throws -> (rows: [String], bytes: Int) {
      let request = ParquetReadRequest(fields: [column], selections: [0: selection])
      let rows = try allRows(file.reader(request, rowGroups: 0..<file.rowGroupCount))
      return (rows, request.counters.value(.bytesRead))
    }
    let whole = try read(.whole)
    #expect(whole.bytes == sizes[0] + sizes[1])
    #expect(whole.rows[12] == #"[[12,["b00012"]]]"#)
    let number = try read(FieldSelection(path: [0]))
    #expect(number.bytes == sizes[0])
    #expect(number.rows[12] == "[[12,null]]")
    #expect(number.rows[19] == "[null]")
    let text = try read(FieldSelection(path: [1, 0]))
    #expect(text.bytes == sizes[1])
    #expect(text.rows[12] == #"[[null,["b00012"]]]"#)
    let both = try read(FieldSelection(path: [1, 0]).union(FieldSelection(path: [0])))
    #expect(both.rows == whole.rows)
    let presence = try read(.presence)
    #expect(presence.bytes == sizes[0])
    #expect(presence.rows[19] == "[null]")
    #expect(presence.rows[18] == "[[null,null]]")
    // As a narrower type, which is how tables whose columns were dropped ask.
    let narrow = ParquetReadRequest(fields: [Field("s", .struct([Field("t", .struct([Field("b", .string)]))]))])
    #expect(try allRows(file.reader(narrow, rowGroups: 0..<1))[12] == #"[[["b00012"]]]"#)
    #expect(narrow.counters.value(.bytesRead) < sizes[1])
  }

  @Test func alternatives() throws {
    let bytes = try Self.file()
    let all = try Self.scan(bytes, []).rows
    func compare(_ comparison: ScanPredicate.Comparison, _ value: Int64) -> ScanPredicate.Test {
      .compare(comparison, .integer(value))
    }
    let either = ScanPredicate(
      column: 1, path: [0],
      .anyOf([[compare(.less, 3)], [compare(.greaterOrEqual, 1000), compare(.lessOrEqual, 1002)]]))
    let found = try Self.scan(bytes, [either])
    #expect(found.rows == [0, 1, 2, 1000, 1001, 1002].map { all[$0] })
    #expect(found.counters.value(.rowGroupsPruned) == 1)
    #expect(found.read < 200_000)
    let orNull = ScanPredicate(column: 1, path: [0], .anyOf([[compare(.less, 3)], [.isNull]]))
    #expect(try Self.scan(bytes, [orNull]).rows.count == 3 + Self.rowCount / 10)
    let none = ScanPredicate(column: 0, .anyOf([[compare(.less, 0)], [compare(.greater, 60_000)]]))
    let pruned = try Self.scan(bytes, [none])
    #expect(pruned.rows.isEmpty)
    #expect(pruned.counters.value(.rowGroupsPruned) == 2)
  }

  @Test(arguments: [true, false]) func runtimeFilterThatArrivesWithinARowGroup(_ hasPredicate: Bool) throws {
    let bytes = try Self.file()
    let file = try ParquetFile.open(MemoryFile(bytes))
    let all = try Self.scan(bytes, []).rows
    let filter = RuntimeFilter(column: 5)
    let some = ScanPredicate(column: 0, .compare(.greaterOrEqual, .integer(25)))
    let request = ParquetReadRequest(
      fields: file.schema.fields, predicates: hasPredicate ? [some] : [], runtimeFilters: [filter.moved(to: 0)])
    let reader = try file.reader(request, rowGroups: 0..<1)
    _ = try reader.next()
    let wanted: [Int64] = [10, 20, 30, 40, 50]
    filter.publish(.init(minimum: .integer(10), maximum: .integer(50), values: wanted.map { .integer($0) }))
    let rows = try allRows(reader)
    // What was left of the window under way, and then matches alone.
    let matches = (16_384..<25_000).filter { wanted.contains(Self.scattered($0)) && Self.scattered($0) >= 25 }
    #expect(rows.suffix(matches.count) == matches.map { all[$0] }[...])
    #expect(rows.count < 16_384 + matches.count)
    if !hasPredicate { #expect(rows.count <= wanted.count) }
  }

  @Test func runtimeFilterThatExcludesTheRest() throws {
    let bytes = try Self.file()
    let file = try ParquetFile.open(MemoryFile(bytes))
    let filter = RuntimeFilter(column: 0)
    let request = ParquetReadRequest(fields: file.schema.fields, runtimeFilters: [filter])
    let reader = try file.reader(request, rowGroups: 0..<2)
    let first = try #require(try reader.next())
    filter.publish(.init(minimum: .integer(90_000), maximum: .integer(90_001), values: nil))
    #expect(first.count == 2048)
    #expect(try reader.next() == nil)
    #expect(request.counters.value(.rowGroupsPruned) == 1)
  }
}
