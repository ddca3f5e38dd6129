import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Testing

@testable import LakeParquet

/// Old layouts, rare types and damage that no writer at hand makes.
@Suite struct HandmadeFileTests {
  private typealias Element = HandmadeFile.Element
  private typealias Column = HandmadeFile.Column
  private typealias Page = HandmadeFile.Column.Page

  private static func rows(
    _ bytes: [UInt8], fields: [Field]? = nil, _ predicates: [ScanPredicate] = []
  ) throws -> [String] {
    let file = try ParquetFile.open(MemoryFile(bytes))
    let request = ParquetReadRequest(fields: fields ?? file.schema.fields, predicates: predicates)
    return try allRows(file.reader(request, rowGroups: 0..<file.rowGroupCount))
  }

  private static func type(_ bytes: [UInt8]) throws -> LogicalType {
    try ParquetFile.open(MemoryFile(bytes)).schema.fields[0].type
  }

  /// One required column of one page.
  private static func single(
    _ kind: PhysicalKind, _ body: [UInt8], _ count: Int, _ change: (inout Element, inout Column) -> Void = { _, _ in }
  ) -> HandmadeFile {
    var element = Element(name: "x", kind: kind, repetition: .required)
    var column = Column(kind: kind, pages: [Page(body: body, count: count)])
    change(&element, &column)
    return HandmadeFile(schema: [element], columns: [column], rowCount: count)
  }

  private static func int32(_ values: [Int32], _ change: (inout Element, inout Column) -> Void) -> [UInt8] {
    single(.int32, HandmadeFile.littleEndian(values), values.count, change).bytes
  }

  @Test func bitPackedLevelsRunFromTheHighestBit() throws {
    let values = HandmadeFile.littleEndian([Int32(7), 8, 9])
    // 1, 0, 1, 0, 0, 0, 0, 0 and then 0, 1.
    let page = Page(body: [0b1010_0000, 0b0100_0000] + values, count: 10, levels: PageEncoding.bitPacked.rawValue)
    let file = HandmadeFile(
      schema: [Element(name: "x", kind: .int32)], columns: [Column(kind: .int32, pages: [page])], rowCount: 10)
    let expected = ["7", "null", "8", "null", "null", "null", "null", "null", "null", "9"].map { "[\($0)]" }
    #expect(try Self.rows(file.bytes) == expected)
  }

  @Test func convertedTypesAlone() throws {
    let cases: [(ConvertedKind, LogicalType, String)] = [
      (.int8, .tinyint, "[-1]"), (.int16, .smallint, "[-1]"), (.int32, .int, "[-1]"),
      (.uint32, .bigint, "[4294967295]"), (.date, .date, "[-1]"), (.timeMillis, .bigint, "[-1000]"),
    ]
    for (converted, type, row) in cases {
      let bytes = Self.int32([-1]) { element, _ in element.converted = converted }
      #expect(try Self.type(bytes) == type)
      #expect(try Self.rows(bytes) == [row])
    }
    let decimal = Self.int32([-12345]) { element, _ in
      element.converted = .decimal
      element.decimal = (7, 2)
    }
    #expect(try Self.rows(decimal) == [#"["-123.45"]"#])
  }

  @Test func decimalsInByteArrays() throws {
    let body: [UInt8] = [1, 0, 0, 0, 0x85, 3, 0, 0, 0, 0xFF, 0xCF, 0xC7, 0, 0, 0, 0]
    let file = Self.single(.byteArray, body, 3) { element, _ in
      element.converted = .decimal
      element.decimal = (20, 2)
    }
    #expect(try Self.rows(file.bytes) == [#"["-1.23"]"#, #"["-123.45"]"#, #"["0.00"]"#])
  }

  @Test func nullTypeAndUnknownAnnotations() throws {
    let page = Page(body: HandmadeFile.levels([0, 0, 0], width: 1), count: 3)
    let file = HandmadeFile(
      schema: [Element(name: "x", kind: .int32, logical: 11)], columns: [Column(kind: .int32, pages: [page])],
      rowCount: 3)
    #expect(try Self.type(file.bytes) == .void)
    #expect(try Self.rows(file.bytes) == ["[null]", "[null]", "[null]"])
    #expect(try Self.rows(file.bytes, fields: [Field("x", .string)]) == ["[null]", "[null]", "[null]"])
    #expect(try Self.rows(Self.int32([5]) { element, _ in element.logical = 99 }) == ["[5]"])
  }

  @Test func intervals() throws {
    let body = HandmadeFile.littleEndian([UInt32(14), 0, 0, 3, 0, 0])
    let months = Self.single(.fixedByteArray, body, 2) { element, _ in
      element.length = 12
      element.converted = .interval
    }
    #expect(try Self.rows(months.bytes) == [#"["0e0000000000000000000000"]"#, #"["030000000000000000000000"]"#])
    #expect(try Self.rows(months.bytes, fields: [Field("x", .intervalYearMonth)]) == ["[14]", "[3]"])
    let error = #expect(throws: QueryError.self) {
      try Self.rows(months.bytes, fields: [Field("x", .intervalDayTime)])
    }
    #expect(error?.code == .datatypeMismatch)
    let days = Self.single(.fixedByteArray, HandmadeFile.littleEndian([UInt32(0), 2, 500]), 1) { element, _ in
      element.length = 12
      element.converted = .interval
    }
    #expect(try Self.rows(days.bytes, fields: [Field("x", .intervalDayTime)]) == ["[172800500000]"])
  }

  /// A list whose repeated field is the element itself, as old Avro and Thrift writers made them.
  @Test func listsOfTwoLevels() throws {
    // [1, 2], NULL, [], [3]
    let levels =
      HandmadeFile.levels([0, 1, 0, 0, 0], width: 1) + HandmadeFile.levels([2, 2, 0, 1, 2], width: 2)
    let page = Page(body: levels + HandmadeFile.littleEndian([Int32(1), 2, 3]), count: 5)
    let column = Column(kind: .int32, pages: [page])
    let bare = HandmadeFile(
      schema: [
        Element(name: "x", children: 1, converted: .list), Element(name: "array", kind: .int32, repetition: .repeated),
      ], columns: [column], rowCount: 4)
    #expect(try Self.type(bare.bytes) == .array(element: .int, containsNull: false))
    #expect(try Self.rows(bare.bytes) == ["[[1,2]]", "[null]", "[[]]", "[[3]]"])
    let tuple = HandmadeFile(
      schema: [
        Element(name: "x", children: 1, converted: .list),
        Element(name: "x_tuple", repetition: .repeated, children: 1),
        Element(name: "n", kind: .int32, repetition: .required),
      ], columns: [column], rowCount: 4)
    #expect(try Self.rows(tuple.bytes) == ["[[[1],[2]]]", "[null]", "[[]]", "[[[3]]]"])
    let hive = HandmadeFile(
      schema: [
        Element(name: "x", children: 1, converted: .list), Element(name: "bag", repetition: .repeated, children: 1),
        Element(name: "array_element", kind: .int32, repetition: .required),
      ], columns: [column], rowCount: 4)
    #expect(try Self.rows(hive.bytes) == ["[[1,2]]", "[null]", "[[]]", "[[3]]"])
  }

  @Test func mapsOfOldHive() throws {
    let repetition = HandmadeFile.levels([0, 1, 0], width: 1)
    let keys = repetition + HandmadeFile.levels([2, 2, 0], width: 2) + HandmadeFile.texts(["a", "b"])
    let values = repetition + HandmadeFile.levels([3, 2, 0], width: 2) + HandmadeFile.littleEndian([Int64(5)])
    let file = HandmadeFile(
      schema: [
        Element(name: "x", children: 1, converted: .map),
        Element(name: "map", repetition: .repeated, children: 2, converted: .mapKeyValue),
        Element(name: "key", kind: .byteArray, repetition: .required, converted: .utf8),
        Element(name: "value", kind: .int64),
      ],
      columns: [
        Column(kind: .byteArray, pages: [Page(body: keys, count: 3)]),
        Column(kind: .int64, pages: [Page(body: values, count: 3)]),
      ], rowCount: 2)
    #expect(try Self.rows(file.bytes) == [#"[[["a",5],["b",null]]]"#, "[null]"])
  }

  @Test func checksums() throws {
    let right = Self.int32([1, 2, 3]) { _, column in column.pages[0].checksum = Int(Int32(bitPattern: 0xB0E0_2293)) }
    let wrong = Self.int32([1, 2, 3]) { _, column in column.pages[0].checksum = 1 }
    #expect(try Self.rows(right) == ["[1]", "[2]", "[3]"])
    let error = #expect(throws: QueryError.self) { try Self.rows(wrong) }
    #expect(error?.code == .corruptFile)
    #expect(error?.message.contains("column x, row group 0, page 0") == true)
  }

  @Test func whatIsNotSupportedSaysSo() throws {
    let cases: [(String, (inout Element, inout Column) -> Void)] = [
      ("LZO", { $1.codec = CodecKind.lzo.rawValue }), ("codec 77", { $1.codec = 77 }),
      ("encrypted", { $1.isEncrypted = true }), ("encoding", { $1.pages[0].encoding = 42 }),
    ]
    for (word, change) in cases {
      let error = #expect(throws: QueryError.self) { try Self.rows(Self.int32([1], change)) }
      #expect(error?.code == .unsupportedFile)
      #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }
  }

  @Test func oldBoundsAreUsedWhereTheirOrderIsRight() throws {
    func statistics(_ bytes: [UInt8]) throws -> ParquetColumnStatistics? {
      try ParquetFile.open(MemoryFile(bytes)).statistics(column: 0, rowGroup: 0)
    }
    let bounds = (min: HandmadeFile.littleEndian([Int32(-5)]), max: HandmadeFile.littleEndian([Int32(9)]))
    let signed = try statistics(Self.int32([1]) { $1.old = bounds })
    #expect(signed?.min == .integer(-5))
    #expect(signed?.max == .integer(9))
    let unsigned = try statistics(
      Self.int32([1]) { element, column in
        element.converted = .uint32
        column.old = bounds
      })
    #expect(unsigned?.min == nil)
    let text = Self.single(.byteArray, HandmadeFile.texts(["b"]), 1) { element, column in
      element.converted = .utf8
      column.old = (Array("a".utf8), Array("a".utf8))
    }
    #expect(try statistics(text.bytes)?.min == nil)
    var ordered = Self.single(.int32, HandmadeFile.littleEndian([Int32(1)]), 1) { $1.new = bounds }
    #expect(try statistics(ordered.bytes)?.min == .integer(-5))
    ordered.columnOrders = [1]
    #expect(try statistics(ordered.bytes)?.min == .integer(-5))
    ordered.columnOrders = [9]
    #expect(try statistics(ordered.bytes)?.min == nil)
  }

  @Test func notANumberAndSignedZeroInBounds() throws {
    func passing(_ values: [Double], _ bounds: (Double, Double), _ comparison: ScanPredicate.Comparison) throws -> Int {
      let file = Self.single(.double, HandmadeFile.littleEndian(values.map(\.bitPattern)), values.count) {
        $1.new = (
          HandmadeFile.littleEndian([bounds.0.bitPattern]), HandmadeFile.littleEndian([bounds.1.bitPattern])
        )
      }
      return try Self.rows(file.bytes, [ScanPredicate(column: 0, .compare(comparison, .double(0)))]).count
    }
    #expect(try passing([-0.0, 1], (0, 1), .equal) == 1)
    #expect(try passing([-1, 0.0], (-1, -0.0), .equal) == 1)
    #expect(try passing([5, .nan, 0], (.nan, .nan), .equal) == 1)
    #expect(try passing([-5, .nan], (-5, -5), .greater) == 1)
  }

  @Test func pageThatClaimsTooMuch() throws {
    let body = HandmadeFile.littleEndian([Int32](repeating: 0, count: 4))
    for codec in [CodecKind.snappy, .gzip, .brotli, .zstd, .lz4Raw, .lz4] {
      let bytes = Self.int32([1, 2, 3, 4]) { _, column in
        column.codec = codec.rawValue
        column.pages[0].size = 1 << 29
        column.pages[0].body = body
      }
      let error = #expect(throws: QueryError.self) { try Self.rows(bytes) }
      #expect(error?.code == .corruptFile)
      #expect(error?.message.contains("page 0") == true)
    }
  }

  @Test func bitPackedLevelsOfLists() throws {
    // [1, 2], NULL, [], [3] with levels 0 1 0 0 0 of one bit and 2 2 0 1 2 of two.
    let body = [0b0100_0000, 0b1010_0001, 0b1000_0000] + HandmadeFile.littleEndian([Int32(1), 2, 3])
    let file = HandmadeFile(
      schema: [
        Element(name: "x", children: 1, converted: .list), Element(name: "array", kind: .int32, repetition: .repeated),
      ],
      columns: [
        Column(kind: .int32, pages: [Page(body: body, count: 5, levels: PageEncoding.bitPacked.rawValue)])
      ], rowCount: 4)
    #expect(try Self.rows(file.bytes) == ["[[1,2]]", "[null]", "[[]]", "[[3]]"])
  }

  /// Lists of lists in two levels, as old Avro wrote them.
  @Test func listsOfListsOfTwoLevels() throws {
    // [[1, 2], [3]], NULL, [[]], []
    let levels =
      HandmadeFile.levels([0, 2, 1, 0, 0, 0], width: 2) + HandmadeFile.levels([3, 3, 3, 0, 2, 1], width: 2)
    let page = Page(body: levels + HandmadeFile.littleEndian([Int32(1), 2, 3]), count: 6)
    let file = HandmadeFile(
      schema: [
        Element(name: "x", children: 1, converted: .list),
        Element(name: "array", repetition: .repeated, children: 1, converted: .list),
        Element(name: "array", kind: .int32, repetition: .repeated),
      ], columns: [Column(kind: .int32, pages: [page])], rowCount: 4)
    #expect(try Self.rows(file.bytes) == ["[[[1,2],[3]]]", "[null]", "[[[]]]", "[[]]"])
  }

  /// Repeated fields without the annotation of a list, as Protocol Buffers' first writers made them.
  @Test func repeatedFieldsOutsideOfLists() throws {
    let repetition = HandmadeFile.levels([0, 1, 0], width: 1)
    let texts = HandmadeFile.texts(["a", "b"])
    let file = HandmadeFile(
      schema: [
        Element(name: "n", kind: .int32, repetition: .repeated),
        Element(name: "g", repetition: .repeated, children: 2),
        Element(name: "a", kind: .int32),
        Element(name: "b", kind: .byteArray, repetition: .required, converted: .utf8),
      ],
      columns: [
        Column(
          kind: .int32,
          pages: [
            Page(
              body: HandmadeFile.levels([0, 0, 1], width: 1) + HandmadeFile.levels([0, 1, 1], width: 1)
                + HandmadeFile.littleEndian([Int32(5), 6]), count: 3)
          ]),
        Column(
          kind: .int32,
          pages: [
            Page(
              body: repetition + HandmadeFile.levels([2, 1, 0], width: 2) + HandmadeFile.littleEndian([Int32(7)]),
              count: 3)
          ]),
        Column(
          kind: .byteArray,
          pages: [Page(body: repetition + HandmadeFile.levels([1, 1, 0], width: 1) + texts, count: 3)]),
      ], rowCount: 2)
    #expect(try Self.rows(file.bytes) == [#"[[],[[7,"a"],[null,"b"]]]"#, "[[5,6],[]]"])
  }

  @Test func mapsWithoutValues() throws {
    let body =
      HandmadeFile.levels([0, 1, 0], width: 1) + HandmadeFile.levels([2, 2, 0], width: 2)
      + HandmadeFile.texts(["a", "b"])
    let file = HandmadeFile(
      schema: [
        Element(name: "x", children: 1, converted: .map),
        Element(name: "key_value", repetition: .repeated, children: 1),
        Element(name: "key", kind: .byteArray, repetition: .required, converted: .utf8),
      ], columns: [Column(kind: .byteArray, pages: [Page(body: body, count: 3)])], rowCount: 2)
    #expect(try Self.type(file.bytes) == .array(element: .string, containsNull: false))
    #expect(try Self.rows(file.bytes) == [#"[["a","b"]]"#, "[null]"])
  }

  @Test func pagesWithoutValuesAmongOthers() throws {
    let empty = HandmadeFile.levels([], width: 1)
    let some = HandmadeFile.levels([1, 0], width: 1) + HandmadeFile.littleEndian([Int32(4)])
    let flat = [Page(body: empty, count: 0), Page(body: some, count: 2), Page(body: [], count: 0)].map { page in
      var copy = page
      if page.body.isEmpty { copy.version2 = (0, 0, 0, true) }
      return copy
    }
    let list = [
      Page(body: empty + empty, count: 0),
      Page(
        body: HandmadeFile.levels([0, 1, 0], width: 1) + HandmadeFile.levels([2, 2, 0], width: 2)
          + HandmadeFile.littleEndian([Int32(1), 2]), count: 3),
      Page(body: empty + empty, count: 0),
    ]
    let file = HandmadeFile(
      schema: [
        Element(name: "x", kind: .int32), Element(name: "l", children: 1, converted: .list),
        Element(name: "array", kind: .int32, repetition: .repeated),
      ], columns: [Column(kind: .int32, pages: flat), Column(kind: .int32, pages: list)], rowCount: 2)
    #expect(try Self.rows(file.bytes) == ["[4,[1,2]]", "[null,null]"])
  }

  /// A page of NULLs alone whose values take no byte, not even for the header of their encoding.
  @Test(arguments: [5, 6, 7, 8, 9, 3, 0]) func nullsWithoutAnyBytesOfValues(_ encoding: Int) throws {
    let kind: PhysicalKind =
      switch encoding {
      case 5, 8, 9: .int32
      case 3: .boolean
      default: .byteArray
      }
    for codec in [CodecKind.uncompressed, .snappy, .zstd, .gzip] {
      let levels = Array(HandmadeFile.levels([0, 0, 0], width: 1).dropFirst(4))
      var page = Page(body: levels, count: 3, encoding: encoding)
      page.version2 = (0, levels.count, 3, true)
      var column = Column(kind: kind, codec: codec.rawValue, pages: [page])
      if encoding == 8 { column.dictionary = Page(body: [], count: 0) }
      let file = HandmadeFile(schema: [Element(name: "x", kind: kind)], columns: [column], rowCount: 3)
      #expect(try Self.rows(file.bytes) == ["[null]", "[null]", "[null]"])
      page.body[1] = 7
      column.pages = [page]
      let lying = HandmadeFile(schema: [Element(name: "x", kind: kind)], columns: [column], rowCount: 3)
      #expect(throws: QueryError.self) { try Self.rows(lying.bytes) }
    }
  }

  /// A page of version 2 whose values are not compressed, though its chunk has a codec.
  @Test func pagesThatAreNotCompressed() throws {
    let levels = HandmadeFile.packed([1, 0, 1], width: 1)
    var page = Page(body: levels + HandmadeFile.littleEndian([Int32(8), 9]), count: 3)
    page.version2 = (0, levels.count, 3, false)
    let file = HandmadeFile(
      schema: [Element(name: "x", kind: .int32)],
      columns: [Column(kind: .int32, codec: CodecKind.zstd.rawValue, pages: [page])], rowCount: 3)
    #expect(try Self.rows(file.bytes) == ["[8]", "[null]", "[9]"])
  }

  /// Dictionaries that the footer does not mention, of one value whose codes take no bits, then given up.
  @Test func dictionariesOfOldWriters() throws {
    let plain = HandmadeFile.texts(["b"])
    var column = Column(
      kind: .byteArray,
      pages: [
        Page(body: [0], count: 2, encoding: PageEncoding.plainDictionary.rawValue), Page(body: plain, count: 1),
      ])
    column.dictionary = Page(
      body: HandmadeFile.texts(["a"]), count: 1, encoding: PageEncoding.plainDictionary.rawValue)
    let schema = [Element(name: "x", kind: .byteArray, repetition: .required, converted: .utf8)]
    let new = HandmadeFile(schema: schema, columns: [column], rowCount: 3)
    #expect(try Self.rows(new.bytes) == [#"["a"]"#, #"["a"]"#, #"["b"]"#])
    column.isDictionaryKnown = false
    var old = HandmadeFile(schema: schema, columns: [column, column], rowCount: 3)
    old.schema.append(schema[0])
    old.schema[1].name = "y"
    for (name, isOld) in [
      ("parquet-mr", true), ("parquet-mr version 1.2.8-cdh (build 1)", true), ("parquet-mr version 1.2.9", false),
      ("parquet-mr version 1.10.0", false), ("other version 1.0.0", false),
    ] {
      old.createdBy = name
      if isOld {
        #expect(try Self.rows(old.bytes) == [#"["a","a"]"#, #"["a","a"]"#, #"["b","b"]"#])
      } else {
        #expect(throws: QueryError.self) { try Self.rows(old.bytes) }
      }
    }
  }

  /// What is looked up in bloom filters, for types whose values are read in another form.
  @Test func storedFormsOfLiterals() throws {
    func bytes(
      _ kind: PhysicalKind, _ literal: Literal, _ change: (inout Element) -> Void
    ) throws -> [UInt8]? {
      let file = Self.single(kind, [UInt8](repeating: 0, count: 16), 1) { element, _ in change(&element) }
      let leaf = try ParquetFile.open(MemoryFile(file.bytes)).leaves[0].type
      return leaf.plainBytes(literal, as: leaf.type)
    }
    func uuid(_ text: String) throws -> [UInt8]? {
      try bytes(.fixedByteArray, .string(text)) { element in
        element.length = 16
        element.logical = 14
      }
    }
    let digits: [UInt8] = [0, 1, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 9, 10, 11, 12, 13, 14, 255]
    #expect(try uuid("00012345-6789-abcd-ef09-0a0b0c0d0eff") == digits)
    for text in ["", "00012345-6789-ABCD-ef09-0a0b0c0d0eff", "0001234506789-abcd-ef09-0a0b0c0d0eff"] {
      #expect(try uuid(text) == nil)
    }
    #expect(try uuid("00012345-6789-abcd-ef09-0a0b0c0d0eff0") == nil)
    #expect(try uuid("00012345-6789-abcd-ef09-0a0b0c0d0e") == nil)
    let largest = Int128(UInt64.max)
    let whole = [UInt8](repeating: 255, count: 8)
    #expect(try bytes(.int64, .decimal(largest)) { $0.converted = .uint64 } == whole)
    #expect(try bytes(.int64, .decimal(largest + 1)) { $0.converted = .uint64 } == nil)
    #expect(try bytes(.int32, .integer(258_000)) { $0.converted = .timeMillis } == [2, 1, 0, 0])
    #expect(try bytes(.int32, .integer(258_001)) { $0.converted = .timeMillis } == nil)
    #expect(try bytes(.int64, .integer(258)) { $0.converted = .timeMicros } == [2, 1, 0, 0, 0, 0, 0, 0])
  }

  @Test func columnsOfOneNameAreNotMixedUp() throws {
    func file(_ names: [String]) -> HandmadeFile {
      HandmadeFile(
        schema: names.map { Element(name: $0, kind: .int32, repetition: .required) },
        columns: names.indices.map {
          Column(kind: .int32, pages: [Page(body: HandmadeFile.littleEndian([Int32($0)]), count: 1)])
        }, rowCount: 1)
    }
    let error = #expect(throws: QueryError.self) { try Self.rows(file(["a", "b", "a"]).bytes) }
    #expect(error?.code == .unsupportedFile)
    #expect(try Self.rows(file(["a", "b", "a"]).bytes, fields: [Field("b", .int)]) == ["[1]"])
    #expect(try Self.rows(file(["a", "A"]).bytes) == ["[0,1]"])
    #expect(throws: QueryError.self) { try Self.rows(file(["ab", "AB"]).bytes, fields: [Field("aB", .int)]) }
  }
}
