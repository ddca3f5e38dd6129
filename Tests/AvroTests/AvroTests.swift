import LakeAvro
import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Testing

private let everything = AvroSchema.record(
  "r",
  [
    AvroField("flag", .boolean, id: 1),
    AvroField("i", .int, id: 2),
    AvroField("l", .long, id: 3),
    AvroField("f", .float, id: 4),
    AvroField("d", .double, id: 5),
    AvroField("b", .bytes, id: 6),
    AvroField("s", .string, id: 7),
    .optional("o", .string, id: 8),
    AvroField("list", .array(.optional(.int), elementID: 10), id: 9),
    AvroField("m", .map(.long, keyID: 12, valueID: 13), id: 11),
    AvroField("e", AvroSchema(.enumeration(name: "color", symbols: ["RED", "GREEN"])), id: 14),
    AvroField(
      "dec", AvroSchema(.fixed(name: "dec10", size: 5), logicalType: .decimal(precision: 10, scale: 2)), id: 15),
    AvroField("day", AvroSchema(.int, logicalType: .date), id: 16),
    AvroField("at", AvroSchema(.long, logicalType: .timestampMicros), id: 17),
    .optional(
      "bounds",
      .keyValueArray("k_v", key: AvroField("key", .int, id: 19), value: AvroField("value", .bytes, id: 20)), id: 18),
    AvroField("inner", .record("inner", [AvroField("x", .long, id: 22)]), id: 21),
  ])

private func row(_ n: Int) -> AvroValue {
  .record([
    .boolean(n % 2 == 0), .int(Int32(truncatingIfNeeded: n &* 7_919_191)), .long(Int64(n) &* 0x1234_5678_9ABC_DEF),
    .float(Float(n) / 3), .double(-Double(n) / 7), .bytes([UInt8](repeating: UInt8(n & 255), count: n % 40)),
    .string("row \(n) ä"), n % 3 == 0 ? .null : .string("o\(n)"),
    .array((0..<n % 5).map { $0 % 2 == 0 ? .int(Int32($0)) : .null }),
    .map((0..<n % 4).map { AvroMapEntry("k\($0)", .long(Int64(-$0))) }),
    .enumeration(n % 2), .fixed(BigEndianInteger.bytes(of: Int128(n - 500), count: 5) ?? []),
    .int(Int32(n)), .long(Int64(n) * 1_000_000),
    n % 2 == 0 ? .null : .array([.record([.int(Int32(n)), .bytes([1, 2, 3])])]),
    .record([.long(Int64(n))]),
  ])
}

private func file(rows: Int, codec: AvroCodec) throws -> [UInt8] {
  var writer = AvroWriter(schema: everything, metadata: [AvroMetadata("format-version", "2")], codec: codec)
  for n in 0..<rows { try writer.append(row(n)) }
  return try writer.finish()
}

@Suite struct AvroFileTests {
  @Test(arguments: [AvroCodec.null, .deflate], [0, 1, 3000])
  func readsWhatItWrote(codec: AvroCodec, rows: Int) throws {
    var reader = try AvroReader(try file(rows: rows, codec: codec))
    #expect(reader.schema == everything)
    #expect(reader.text("format-version") == "2" && reader.text("avro.codec") == codec.rawValue)
    #expect(try reader.remainingRecords() == (0..<rows).map(row))
    #expect(try reader.next() == nil)
  }

  @Test func keepsFieldIDs() throws {
    let schema = try AvroReader(try file(rows: 0, codec: .null)).schema
    #expect(schema.fieldIndex(id: 11) == 9 && schema.fieldIndex(named: "s") == 6)
    #expect(schema.fields[8].schema.elementID == 10)
    #expect(schema.fields[9].schema.keyID == 12 && schema.fields[9].schema.valueID == 13)
    #expect(schema.fields[14].schema.nonNull.logicalType == .map)
  }

  @Test func valuesOfAnotherTypeAreRefused() throws {
    var writer = AvroWriter(schema: .record("r", [AvroField("a", .int)]))
    #expect(throws: QueryError.self) { try writer.append(.record([.string("x")])) }
    #expect(throws: QueryError.self) { try writer.append(.record([.int(1), .int(2)])) }
    try writer.append(.record([.int(5)]))
    var reader = try AvroReader(try writer.finish())
    #expect(try reader.remainingRecords() == [.record([.int(5)])])
  }

  @Test func readsAsColumns() throws {
    let reader = try AvroReader(try file(rows: 100, codec: .deflate))
    let table = try AvroTableReader(reader, path: "t.avro", projection: [11, 0, 14, 8, 15, 13, 10], batchSize: 64)
    #expect(table.schema[11].type == .decimal(precision: 10, scale: 2) && table.schema[12].type == .date)
    let first = try #require(try table.next())
    let second = try #require(try table.next())
    #expect(first.count == 64 && second.count == 36)
    #expect(try table.next() == nil)
    #expect(first.columns[0].literal(at: 3) == .decimal(-497))
    #expect(first.columns[1].literal(at: 3) == .boolean(false))
    #expect(first.columns[2].literal(at: 2) == .null)
    #expect(first.columns[2].literal(at: 3) == .map(keys: [.integer(3)], values: [.binary([1, 2, 3])]))
    #expect(first.columns[3].literal(at: 3) == .array([.integer(0), .null, .integer(2)]))
    #expect(second.columns[4].literal(at: 0) == .struct([.integer(64)]))
    #expect(second.columns[5].literal(at: 0) == .timestamp(64_000_000))
    #expect(second.columns[6].literal(at: 1) == .string("GREEN"))
  }
}

@Suite struct AvroSchemaTests {
  @Test func namesAreResolvedAndWrittenOnce() throws {
    let text = """
      {"type":"record","name":"a.R","fields":[
        {"name":"x","type":{"type":"fixed","name":"F","size":3}},
        {"name":"y","type":["null","F"],"default":null,"doc":"same"},
        {"name":"z","type":{"type":"array","items":"a.F","element-id":7}}]}
      """
    let schema = try AvroSchema(parsing: Array(text.utf8))
    #expect(schema.fields[1].schema.nonNull.kind == .fixed(name: "a.F", size: 3))
    #expect(schema.fields[1].defaultValue == .null && schema.fields[1].properties["doc"] == "same")
    #expect(try AvroSchema(json: schema.json) == schema)
    #expect(schema.json.compactText.components(of: "\"size\"") == 1)
  }

  @Test(arguments: [
    "{", "1", "\"nosuch\"", "[]", "{\"type\":\"record\"}", "{\"type\":\"record\",\"name\":\"r\"}",
    "{\"type\":\"fixed\",\"name\":\"f\",\"size\":-1}", "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[]}",
    "[[\"null\"]]", "{\"type\":\"array\"}",
    "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"me\",\"type\":[\"null\",\"r\"]}]}",
  ])
  func badSchemasAreErrors(_ text: String) {
    #expect(throws: QueryError.self) { try AvroSchema(parsing: Array(text.utf8)) }
  }

  @Test func explodingSchemasAreRefused() {
    var text = "{\"type\":\"record\",\"name\":\"r0\",\"fields\":[{\"name\":\"n\",\"type\":\"null\"}]}"
    for level in 1..<40 {
      let inner = level == 1 ? text : "\"r\(level - 1)\""
      text =
        "{\"type\":\"record\",\"name\":\"r\(level)\",\"fields\":[{\"name\":\"a\",\"type\":"
        + (level == 1 ? inner : text) + "},{\"name\":\"b\",\"type\":\"r\(level - 1)\"}]}"
    }
    #expect(throws: QueryError.self) { try AvroSchema(parsing: Array(text.utf8)) }
  }
}

extension String {
  fileprivate func components(of part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: part) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}

@Suite struct AvroCorruptionTests {
  /// Reads all, whatever happens; only a `QueryError` may come out.
  private func readAll(_ bytes: [UInt8]) -> QueryError? {
    do throws(QueryError) {
      var reader = try AvroReader(bytes)
      while try reader.next() != nil {}
      return nil
    } catch { return error }
  }

  @Test(arguments: [AvroCodec.null, .deflate])
  func truncationIsAnError(_ codec: AvroCodec) throws {
    let bytes = try file(rows: 20, codec: codec)
    let header = try file(rows: 0, codec: codec).count
    for length in 0..<bytes.count {
      // Cut right behind the header the file is a valid empty one.
      #expect((readAll(Array(bytes[..<length])) == nil) == (length == header))
    }
    #expect(readAll(bytes) == nil)
  }

  @Test(arguments: [AvroCodec.null, .deflate])
  func flippedBytesNeverCrash(_ codec: AvroCodec) throws {
    let bytes = try file(rows: 30, codec: codec)
    var random = SystemRandomNumberGenerator()
    var errors = 0
    for _ in 0..<3000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if readAll(damaged) != nil { errors += 1 }
    }
    #expect(errors > 100)
  }

  @Test func hugeCountsAreRefused() throws {
    var writer = AvroWriter(schema: .record("r", [AvroField("a", .array(.null))]), codec: .null)
    try writer.append(.record([.array([.null, .null])]))
    let good = try writer.finish()
    let block = good.count - 16 - 2
    #expect(good[block] == 4)
    let huge = Array(good[..<(block - 1)]) + [22, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0]
    #expect(readAll(huge + good[(good.count - 16)...])?.code == .corruptFile)
  }

  @Test func otherFilesAreRefused() {
    #expect(readAll([])?.code == .corruptFile)
    #expect(readAll(Array("PAR1 this is something else".utf8))?.code == .corruptFile)
  }
}

@Suite struct BigEndianIntegerTests {
  @Test(arguments: [0, 1, -1, 127, 128, -128, -129, 255, 256, 1 << 63, Int128.max, Int128.min] as [Int128])
  func roundTrips(_ value: Int128) {
    let bytes = BigEndianInteger.bytes(of: value)
    #expect(BigEndianInteger.value(of: bytes) == value)
    #expect(BigEndianInteger.bytes(of: value, count: 20).flatMap(BigEndianInteger.value(of:)) == value)
  }

  @Test func isShortest() {
    #expect(BigEndianInteger.bytes(of: 127) == [127] && BigEndianInteger.bytes(of: 128) == [0, 128])
    #expect(BigEndianInteger.bytes(of: -128) == [128] && BigEndianInteger.bytes(of: 300, count: 1) == nil)
    #expect(BigEndianInteger.value(of: [1] + [UInt8](repeating: 0, count: 16)) == nil)
    #expect(BigEndianInteger.value(of: [0x00] + [0x80] + [UInt8](repeating: 0, count: 15)) == nil)
  }
}

@Suite struct JSONValueTests {
  @Test func roundTrips() throws {
    let text = #"{"b":[1,-2,1.50,1e400,9223372036854775808,true,null,""],"a":{"k\n\"\\":"\u0001é"},"b":2}"#
    let value = try JSONValue(parsing: text)
    #expect(value.compactText == text)
    #expect(value["b"] == 2 && value["a"]?.object?.keys == ["k\n\"\\"])
    #expect(try JSONValue(parsing: value.indentedText) == value)
    #expect(try JSONValue(parsing: #"" \u00e9\ud83d\ude00\ud83d\/\b""#) == .string(" é😀\u{FFFD}/\u{8}"))
    #expect(try JSONValue(parsing: "\u{FEFF} 0 ") == 0)
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.", "-", "tru", "\"", "\"\\x\"", "\"\n\"", "1 2", "\"\\u12g4\"",
    "nul", "[1 2]", "{a:1}", "+1", ".5",
  ])
  func badTextsAreErrors(_ text: String) {
    #expect(throws: QueryError.self) { try JSONValue(parsing: text) }
  }

  @Test func depthIsLimited() throws {
    let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    _ = try JSONValue(parsing: deep)
    #expect(throws: QueryError.self) { try JSONValue(parsing: "[" + deep + "]") }
  }

  @Test func membersCanBeSet() {
    var object: JSONObject = ["a": 1, "b": nil]
    object["a"] = 2
    object["c"] = "x"
    object["b"] = nil
    #expect(JSONValue.object(object).compactText == #"{"a":2,"c":"x"}"#)
    #expect(JSONValue(0.1).compactText == "0.1" && JSONValue(Double.nan).string == "nan")
  }
}

/// A file that fastavro 1.12 wrote: three records, deflate.
private let foreignFile = """
  4f626a0106026b0276146176726f2e636f6465630e6465666c617465166176726f2e736368656d61aa0a7b2274797065223a
  20227265636f7264222c20226e616d65223a2022726563222c20226e616d657370616365223a20226f72672e78222c202266
  69656c6473223a205b7b226e616d65223a20226964222c202274797065223a20226c6f6e67222c20226669656c642d696422
  3a20317d2c207b226e616d65223a20226e616d65222c202274797065223a205b226e756c6c222c2022737472696e67225d2c
  202264656661756c74223a206e756c6c2c20226669656c642d6964223a20327d2c207b226e616d65223a2022616d6f756e74
  222c202274797065223a205b226e756c6c222c207b2274797065223a20226279746573222c20226c6f676963616c54797065
  223a2022646563696d616c222c2022707265636973696f6e223a2032302c20227363616c65223a20337d5d2c20226669656c
  642d6964223a20337d2c207b226e616d65223a2022646179222c202274797065223a207b2274797065223a2022696e74222c
  20226c6f676963616c54797065223a202264617465227d7d2c207b226e616d65223a20226174222c202274797065223a207b
  2274797065223a20226c6f6e67222c20226c6f676963616c54797065223a202274696d657374616d702d6d696c6c6973227d
  7d2c207b226e616d65223a202275222c202274797065223a207b2274797065223a2022737472696e67222c20226c6f676963
  616c54797065223a202275756964227d7d2c207b226e616d65223a202274616773222c202274797065223a207b2274797065
  223a20226172726179222c20226974656d73223a2022737472696e67227d7d2c207b226e616d65223a20226d222c20227479
  7065223a207b2274797065223a20226d6170222c202276616c756573223a205b226e756c6c222c2022646f75626c65225d7d
  7d5d7d0030313233343536373839616263646566069401636062c93360e838c0f4ede7937d4de91e0650a08b8580010616a6
  0a260630f861cf54c9c0c0c8c0c4f3e5688fe1856a920c3264624ac4308b05e82023b28c3362614ac4622000b95236303132
  33343536373839616263646566
  """

@Suite struct ForeignFileTests {
  @Test func readsAFileOfFastavro() throws {
    let digits = foreignFile.compactMap(\.hexDigitValue).map { UInt8($0) }
    let bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    let reader = try AvroReader(bytes)
    #expect(reader.text("k") == "v" && reader.schema.fields[0].fieldID == 1)
    let table = try AvroTableReader(reader, path: "t.avro", projection: Array(0..<8))
    let batch = try #require(try table.next())
    #expect(batch.count == 3)
    let row = batch.columns.map { $0.literal(at: 2) }
    #expect(
      row == [
        .integer(2), .string("n2"), .decimal(-12_345_678_901_125), .date(20484), .timestamp(1_769_860_800_123_000),
        .string("00000000-0000-0000-0000-000000000002"), .array([.string("a"), .string("a")]),
        .map(keys: [.string("x"), .string("y")], values: [.double(1.5), .null]),
      ])
    #expect(batch.columns[1].literal(at: 1) == .null && batch.columns[2].literal(at: 0) == .null)
  }
}
