import LakeColumnar
import LakeDiagnostics
import LakeText
import LakeTypes
import Testing

/// Rows of literals as a batch.
func batch(_ schema: Schema, _ rows: [[Literal]]) -> Batch {
  let builders = schema.types.map { VectorBuilder($0) }
  for row in rows { for (builder, value) in zip(builders, row) { builder.append(value) } }
  return Batch(columns: builders.map { $0.finish() }, count: rows.count)
}

/// What a writer makes of rows.
private final class Sink {
  var bytes: [UInt8] = []
  var text: String { String(decoding: bytes, as: UTF8.self) }

  func take(_ piece: UnsafeRawBufferPointer) { bytes += piece }
}

private func write(_ schema: Schema, _ rows: [[Literal]], _ open: (@escaping TextSink) throws -> any BatchWriter) throws
  -> String
{
  let sink = Sink()
  let writer = try open(sink.take)
  try writer.write(batch(schema, rows))
  try writer.finish()
  return sink.text
}

private func csv(_ schema: Schema, _ rows: [[Literal]], _ options: CSVOptions = .rfc4180) throws -> String {
  try write(schema, rows) { try CSVWriter(schema: schema, options: options, sink: $0) }
}

private func json(
  _ schema: Schema, _ rows: [[Literal]], _ options: JSONOptions = JSONOptions(), _ layout: JSONWriter.Layout = .lines
) throws -> String {
  try write(schema, rows) { try JSONWriter(schema: schema, options: options, layout: layout, sink: $0) }
}

private let everything = columns(
  ("flag", .boolean), ("tiny", .tinyint), ("big", .bigint), ("real", .float), ("double", .double),
  ("money", .decimal(precision: 10, scale: 2)), ("wide", .decimal(precision: 38, scale: 6)), ("text", .string),
  ("day", .date), ("at", .timestamp))

private let someRows: [[Literal]] = [
  [
    .boolean(true), .integer(-128), .integer(.min), .float(0.1), .double(1e21), .decimal(-5),
    .decimal(123_456_789_012_345_678_901_234_567), .string("a,\"b\"\n"), .date(20484),
    .timestamp(1_769_860_800_123_000),
  ],
  [.null, .null, .null, .null, .null, .null, .null, .null, .null, .null],
  [
    .boolean(false), .integer(0), .integer(.max), .float(1), .double(-0.001), .decimal(100), .decimal(0), .string(""),
    .date(-719_528), .timestamp(-1),
  ],
]

@Suite struct CSVWriterTests {
  @Test func quotesWhatItMust() throws {
    let schema = strings("a", "b c")
    let rows: [[Literal]] = [
      [.string("plain"), .string("with,comma")], [.string("say \"hi\""), .string("line\nend")], [.null, .string("")],
      [.string(" lead"), .string("trail ")],
    ]
    #expect(
      try csv(schema, rows, .rfc4180.with { $0.hasHeader = true })
        == "a,b c\nplain,\"with,comma\"\n\"say \"\"hi\"\"\",\"line\nend\"\n,\"\"\n\" lead\",\"trail \"\n")
    #expect(try csv(schema, [], .rfc4180.with { $0.hasHeader = true }) == "a,b c\n", "an empty result has a header too")
    #expect(try csv(schema, rows, CSVOptions()).contains(#""say \"hi\"""#))
    #expect(
      try csv(schema, [[.null, .string("NULL")]], .rfc4180.with { $0.nullText = "NULL" }) == "NULL,\"NULL\"\n")
  }

  @Test func values() throws {
    #expect(
      try csv(everything, someRows)
        == "true,-128,-9223372036854775808,0.1,1.0E21,-0.05,123456789012345678901.234567,\"a,\"\"b\"\"\n\",2026-01-31,"
        + "2026-01-31 12:00:00.123\n,,,,,,,,,\n"
        + "false,0,9223372036854775807,1.0,-0.001,1.00,0.000000,\"\",0000-01-01,1969-12-31 23:59:59.999999\n")
  }

  @Test func formatsAndZones() throws {
    let schema = columns(("d", .date), ("t", .timestamp))
    let options = CSVOptions.rfc4180.with {
      $0.dateFormat = "d MMM yy"
      $0.timestampFormat = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"
    }
    let zone = TextTimeZone(instant: { micros, _ in micros - 3_600_000_000 }, wallClock: { $0 + 3_600_000_000 })
    let text = try write(schema, [[.date(20484), .timestamp(0)]]) {
      try CSVWriter(schema: schema, options: options, zone: zone, sink: $0)
    }
    #expect(text == "31 Jan 26,1970-01-01T01:00:00.000+01:00\n")
  }

  @Test func isReadBack() throws {
    let options = CSVOptions.rfc4180.with {
      $0.hasHeader = true
      $0.isMultiLine = true
      $0.nullText = "\\N"
    }
    let text = try csv(everything, someRows, options)
    #expect(try readCSV(text, everything, options) == someRows)
    let hive = CSVOptions.hiveText(escape: UInt8(ascii: "\\"))
    #expect(try readCSV(try csv(everything, someRows, hive), everything, hive) == someRows)
  }

  @Test func nestedValuesAreJSON() throws {
    let schema = columns(("l", .array(.string)), ("s", .struct([Field("x", .int)])))
    let rows: [[Literal]] = [[.array([.string("a"), .null]), .struct([.null])]]
    #expect(try csv(schema, rows) == "\"[\"\"a\"\",null]\",\"{\"\"x\"\":null}\"\n")
  }

  @Test func nestedValuesOfHiveComeBack() throws {
    let schema = columns(
      ("l", .array(.int)), ("m", .map(.string, .array(.date))),
      ("s", .struct([Field("x", .int), Field("y", .array(.string))])))
    let rows: [[Literal]] = [
      [
        .array([.integer(1), .null, .integer(-3)]),
        .map(keys: [.string("a"), .string("b")], values: [.array([.date(0), .date(1)]), .null]),
        .struct([.integer(7), .array([.string("p,\"q"), .string("r")])]),
      ],
      [.array([]), .map(keys: [], values: []), .struct([.null, .null])], [.null, .null, .null],
    ]
    for options in [CSVOptions.hiveText(), .hiveText(fieldDelimiter: [0x7C], escape: UInt8(ascii: "\\"))] {
      #expect(try readCSV(try csv(schema, rows, options), schema, options) == rows)
    }
    #expect(try csv(columns(("l", .array(.int))), [[.array([.integer(1), .integer(2)])]], .hiveText()) == "1\u{2}2\n")
  }

  @Test func typesThatCouldNotBeReadBackAreRefused() {
    let list = columns(("l", .array(.int)))
    let refused = failure { () throws(QueryError) in
      _ = try TextWriter.open(.csv(CSVOptions()), schema: list) { (_) throws(QueryError) in }
    }
    #expect(refused?.code == .unsupported)
    let deep = (0..<8).reduce(LogicalType.int) { type, _ in .array(type) }
    let tooDeep = failure { () throws(QueryError) in
      _ = try TextWriter.open(.csv(.hiveText()), schema: columns(("d", deep))) { (_) throws(QueryError) in }
    }
    #expect(tooDeep?.code == .unsupported)
  }

  @Test func intervalsAreTextAsInCasts() throws {
    let schema = columns(
      ("m", .intervalYearMonth), ("d", .intervalDayTime), ("k", .map(.intervalYearMonth, .intervalDayTime)))
    let rows: [[Literal]] = [
      [.integer(-14), .integer(90_061_500_000), .map(keys: [.integer(1)], values: [.integer(-1)])]
    ]
    #expect(
      try json(schema, rows) == """
        {"m":"INTERVAL '-1-2' YEAR TO MONTH","d":"INTERVAL '1 01:01:01.5' DAY TO SECOND",\
        "k":{"INTERVAL '0-1' YEAR TO MONTH":"INTERVAL '-0 00:00:00.000001' DAY TO SECOND"}}

        """)
    let flat = Schema(Array(schema.fields.prefix(2)))
    #expect(
      try csv(flat, rows) == "INTERVAL '-1-2' YEAR TO MONTH,INTERVAL '1 01:01:01.5' DAY TO SECOND\n")
  }

  @Test func manyRowsComeInPieces() throws {
    let schema = columns(("id", .bigint), ("name", .string))
    let sink = Sink()
    let writer = try CSVWriter(schema: schema, sink: sink.take)
    for part in 0..<20 {
      try writer.write(batch(schema, (0..<2000).map { [.integer(Int64(part * 2000 + $0)), .string("name \($0)")] }))
    }
    try writer.finish()
    #expect(try readCSV(sink.text, schema).map { $0[0] } == (0..<40_000).map { .integer(Int64($0)) })
  }

  @Test func encodedVectorsAndSelections() throws {
    let schema = columns(("c", .string), ("k", .int))
    let dictionary = batch(columns(("c", .string)), [[.string("x")], [.string("y")]]).columns[0]
    let codes = Buffer(byteCount: 12)
    for (index, code) in [UInt32(1), 0, 1].enumerated() {
      codes.base.assumingMemoryBound(to: UInt32.self)[index] = code
    }
    let positions = SelectionVector.scratch(2)
    for (index, row) in [UInt32(0), 2].enumerated() { positions.base.assumingMemoryBound(to: UInt32.self)[index] = row }
    let encoded = Batch(
      columns: [.dictionary(dictionary, codes: codes, count: 3), .constant(.integer(7), .int, count: 3)], count: 3,
      selection: SelectionVector(positions, count: 2))
    let sink = Sink()
    let writer = try CSVWriter(schema: schema, sink: sink.take)
    try writer.write(encoded)
    try writer.finish()
    #expect(sink.text == "y,7\ny,7\n")
  }
}

@Suite struct JSONWriterTests {
  @Test func values() throws {
    let all = JSONOptions().with { $0.ignoresNullFields = false }
    let schema = columns(("s", .string), ("d", .decimal(precision: 20, scale: 2)), ("x", .double), ("b", .binary))
    let rows: [[Literal]] = [
      [.string("q\"\\\n\u{1}é"), .decimal(1_234_567_890_123_456_789), .double(.nan), .binary([1, 2, 3, 4])],
      [.null, .null, .double(1e7), .null],
    ]
    #expect(
      try json(schema, rows, all)
        == #"{"s":"q\"\\\n\u0001é","d":12345678901234567.89,"x":"NaN","b":"AQIDBA=="}"# + "\n"
        + #"{"s":null,"d":null,"x":1.0E7,"b":null}"# + "\n")
    #expect(try json(schema, rows).hasSuffix("\n{\"x\":1.0E7}\n"))
  }

  @Test func arrays() throws {
    let schema = columns(("a", .int))
    #expect(try json(schema, [[.integer(1)], [.null]], JSONOptions(), .array) == "[\n{\"a\":1},\n{}\n]\n")
    #expect(try json(schema, [], JSONOptions(), .array) == "[]\n")
  }

  @Test func isReadBack() throws {
    let nested = Schema(
      everything.fields + [
        Field("list", .array(.struct([Field("x", .int), Field("y", .string)]))), Field("map", .map(.string, .date)),
      ])
    let rows = [
      someRows[0] + [
        .array([.struct([.integer(1), .null]), .null]), .map(keys: [.string("k\"")], values: [.date(1)]),
      ],
      someRows[1] + [.null, .null], someRows[2] + [.array([]), .map(keys: [], values: [])],
    ]
    #expect(try readJSON(try json(nested, rows), nested) == rows)
  }
}

@Suite struct CopyTextWriterTests {
  @Test func escapes() throws {
    let schema = columns(("a", .string), ("b", .int), ("c", .binary), ("l", .array(.string)))
    let text = try write(
      schema,
      [
        [.string("x\ty\n\\N"), .null, .binary([0xAB]), .array([.string("\t")])],
        [.string(""), .integer(5), .null, .null],
      ]
    ) { try CopyTextWriter(schema: schema, header: true, sink: $0) }
    #expect(text == "a\tb\tc\tl\nx\\ty\\n\\\\N\t\\N\t\\\\xab\t[\"\\\\t\"]\n\t5\t\\N\t\\N\n")
  }
}

@Suite struct TextLineTests {
  @Test func linesAreRows() throws {
    let schema = strings("value")
    #expect(texts(try read(.text, MemoryFile("a\n\n b ,c\r\nlast"), schema)) == [["a"], [""], [" b ,c"], ["last"]])
    #expect(try read(.text, MemoryFile(""), schema) == [])
    #expect(
      code { () throws(QueryError) in _ = try read(.text, MemoryFile("x"), strings("a", "b")) } == .invalidParameter)
    let text = try write(schema, [[.string("a,b \"c\"")], [.string("")], [.null]]) {
      try TextWriter.open(.text, schema: schema, sink: $0)
    }
    #expect(text == "a,b \"c\"\n\n\n")
  }
}
