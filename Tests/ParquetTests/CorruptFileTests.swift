import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Testing

@testable import LakeParquet

/// Damaged files: an error that says so, or rows, but never a crash.
@Suite struct CorruptFileTests {
  static let names = [
    "flat_snappy_v1", "flat_zstd_v2", "flat_gzip_v2", "flat_lz4_v1", "flat_none_v1", "flat_fallback_v1",
    "encoding_delta_v1", "encoding_split_v2", "nested_none_v1", "nested_snappy_v1", "nested_zstd_v2",
    "flat_int96_v1", "flat_brotli_v1", "indexed_v2", "duckdb",
  ]

  /// A small generator with a seed (SplitMix64).
  struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
  }

  /// Reads everything, also through a predicate; returns the error, if there is one.
  static func read(_ bytes: [UInt8]) -> QueryError? {
    do throws(QueryError) {
      let file = try ParquetFile.open(MemoryFile(bytes, path: "damaged.parquet"))
      for predicates in [[], [ScanPredicate(column: 0, .compare(.less, .integer(40)))]] {
        let request = ParquetReadRequest(fields: file.schema.fields, predicates: predicates)
        let reader = try file.reader(request, rowGroups: 0..<file.rowGroupCount)
        var rows = 0
        while let batch = try reader.next() {
          rows += batch.count
          for column in batch.columns { touch(column) }
          if rows > 100_000 { break }
        }
      }
      return nil
    } catch { return error }
  }

  /// Looks at every string and code, so that a pointer or code out of range would show.
  private static func touch(_ vector: Vector) {
    if let dictionary = vector.dictionary {
      for row in 0..<vector.count { precondition(Int(vector.codes[row]) < dictionary.count) }
      return touch(dictionary)
    }
    if vector.physical == .view, vector.isFlat {
      for row in 0..<vector.count where vector.isValid(row) { _ = vector.slots(StringView.self)[row].contentHash }
    }
    for child in vector.children { touch(child) }
  }

  private func expectClear(_ error: QueryError) {
    let codes: [ErrorCode] = [.corruptFile, .unsupportedFile, .ioError, .datatypeMismatch]
    #expect(codes.contains(error.code), "\(error)")
    #expect(error.file?.path == "damaged.parquet")
  }

  @Test(arguments: names) func truncated(_ name: String) {
    let bytes = Fixture.bytes(name + ".parquet")
    let step = max(1, bytes.count / 200)
    for count in stride(from: 0, to: bytes.count, by: step) {
      guard let error = Self.read(Array(bytes[..<count])) else {
        Issue.record("\(name) cut to \(count) bytes was read")
        continue
      }
      expectClear(error)
    }
  }

  @Test(arguments: names) func damagedBytes(_ name: String) {
    let original = Fixture.bytes(name + ".parquet")
    var random = Random(state: UInt64(original.count))
    var failures = 0
    for round in 0..<120 {
      var bytes = original
      for _ in 0...(round % 4) {
        let place = round % 2 == 0 ? random.below(bytes.count) : bytes.count - 1 - random.below(bytes.count / 3)
        bytes[place] = UInt8(truncatingIfNeeded: random.next())
      }
      if let error = Self.read(bytes) {
        failures += 1
        expectClear(error)
      }
    }
    #expect(failures > 0)
  }

  @Test func footerThatLies() throws {
    var file = Fixture.bytes("flat_none_v1.parquet")
    file.replaceSubrange(file.count - 8..<file.count - 4, with: [255, 255, 255, 127])
    let error = try #require(Self.read(file))
    #expect(error.code == .corruptFile)
    let text = Self.read(Array("PAR1 is not the start of a Parquet file here".utf8))
    #expect(text?.code == .corruptFile)
    let encrypted = Self.read(Array("PARE0000000000000000PARE".utf8))
    #expect(encrypted?.code == .unsupportedFile)
  }

  @Test func messageNamesColumnAndRowGroup() throws {
    let bytes = Fixture.bytes("flat_snappy_v1.parquet")
    let file = try ParquetFile.open(MemoryFile(bytes))
    let leaf = try #require(file.leaves.firstIndex { $0.path == ["text"] })
    let chunk = file.metadata.rowGroups[1].chunks[leaf]
    var damaged = bytes
    for offset in 30..<chunk.compressedSize { damaged[chunk.start + offset] = 0xFF }
    let error = try #require(Self.read(damaged))
    #expect(error.code == .corruptFile)
    #expect(error.message.contains("text"))
    #expect(error.message.contains("row group 1"))
  }

  @Test func rowsThatNoPagesCanHold() throws {
    let page = HandmadeFile.Column.Page(body: [], count: 1 << 40)
    var file = HandmadeFile(
      schema: [.init(name: "x", kind: .int32)], columns: [.init(kind: .int32, pages: [page])], rowCount: 1 << 40)
    #expect(Self.read(file.bytes)?.message.contains("more values than its pages can hold") == true)
    file.columns[0].pages[0].count = 1 << 31
    file.rowCount = 1 << 31
    #expect(Self.read(file.bytes)?.message.contains("page 0") == true)
  }

  /// Every fault of a page names the file, the column, the row group and the page.
  @Test func messagesNameThePage() throws {
    let levels = HandmadeFile.levels([1, 1, 1, 0], width: 1)
    let texts = HandmadeFile.texts(["a", "b", "c"])
    let good = HandmadeFile.Column.Page(body: levels + texts, count: 4)
    typealias Page = HandmadeFile.Column.Page
    let dictionary = PageEncoding.rleDictionary.rawValue
    let delta = PageEncoding.deltaByteArray.rawValue
    let bad: [(String, Page)] = [
      ("checksum", Page(body: good.body, count: 4, checksum: 1)),
      ("values end early", Page(body: levels + texts.dropLast(2), count: 4)),
      ("levels end early", Page(body: Array(levels.prefix(5)), count: 4)),
      ("levels reach beyond", Page(body: [255, 255, 0, 0] + texts, count: 4)),
      ("no dictionary", Page(body: levels + [1, 3 << 1, 0], count: 4, encoding: dictionary)),
      ("wide codes", Page(body: levels + [77, 3 << 1, 0], count: 4, encoding: dictionary)),
      ("delta", Page(body: levels + [128, 1, 4, 255, 255, 3, 0], count: 4, encoding: delta)),
      ("unknown encoding", Page(body: good.body, count: 4, encoding: 99)),
      ("unknown levels", Page(body: good.body, count: 4, levels: 99)),
    ]
    for (what, page) in bad {
      let file = HandmadeFile(
        schema: [.init(name: "word", kind: .byteArray, converted: .utf8)],
        columns: [.init(kind: .byteArray, pages: [good, page])], rowCount: 8)
      let error = try #require(Self.read(file.bytes), "\(what)")
      for part in ["column word", "row group 0", "page 1"] {
        #expect(error.message.contains(part), "\(what): \(error.message)")
      }
      #expect(error.file?.path == "damaged.parquet")
    }
  }

  @Test func recursionInTheSchemaIsBounded() {
    var elements = [SchemaElement](repeating: SchemaElement(), count: 5000)
    for index in elements.indices { elements[index].childCount = 1 }
    var builder = SchemaBuilder(elements)
    #expect(throws: FormatFault.self) { _ = try builder.build() }
  }
}
