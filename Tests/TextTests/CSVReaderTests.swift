import LakeColumnar
import LakeDiagnostics
import LakeText
import LakeTypes
import Testing

@Suite struct CSVFieldTests {
  let two = strings("a", "b")

  private func fields(_ text: String, _ options: CSVOptions = CSVOptions()) throws -> [[String?]] {
    texts(try readCSV(text, two, options))
  }

  @Test func plainFields() throws {
    #expect(try fields("x,y\n1,2\n") == [["x", "y"], ["1", "2"]])
    #expect(try fields("x,y") == [["x", "y"]], "no newline at the end")
    #expect(try fields("x,y\r\n1,2\r\n") == [["x", "y"], ["1", "2"]])
    #expect(try fields("\u{FEFF}x,y\n") == [["x", "y"]])
    #expect(try fields("\n\nx,y\n   \n\r\n1,2\n\n") == [["x", "y"], ["1", "2"]])
    #expect(try fields("") == [])
    #expect(try fields(",\n") == [[nil, nil]])
    #expect(try fields(" x , y \n") == [[" x ", " y "]])
    #expect(try fields("long text beyond twelve bytes,ä€😀\n") == [["long text beyond twelve bytes", "ä€😀"]])
  }

  @Test func quotedFields() throws {
    #expect(try fields("\"x,1\",\"say \"\"hi\"\"\"\n") == [["x,1", "say \"hi\""]])
    #expect(try fields(#""back \" slash","a\\b\n""# + "\n") == [["back \" slash", #"a\b\n"#]])
    #expect(try fields("\"\",x\n") == [[nil, "x"]], "an empty quoted field equals the empty nullValue, as in Spark")
    #expect(try fields("a\"b\",x\n") == [["a\"b\"", "x"]])
    #expect(try fields("\"a\"b,x\n") == [["\"a\"b", "x"]])
    #expect(try fields("\"a\" ,x\n") == [["a", "x"]])
    #expect(try fields("\"a,x\nb,c\n") == [["a,x", nil], ["b", "c"]], "a quote without an end takes its line")
    #expect(try fields("x,\"y\"") == [["x", "y"]])
    #expect(try fields("x,\"\"\"\"") == [["x", "\""]])
  }

  @Test func otherSyntax() throws {
    #expect(try fields("x;y,z\n", CSVOptions().with { $0.delimiter = [0x3B] }) == [["x", "y,z"]])
    #expect(try fields("x||y|z\n", CSVOptions().with { $0.delimiter = Array("||".utf8) }) == [["x", "y|z"]])
    #expect(try fields("'x,''1',y\n", CSVOptions().with { $0.quote = UInt8(ascii: "'") }) == [["x,'1", "y"]])
    #expect(try fields("\"x\",y\n", CSVOptions().with { $0.quote = nil }) == [["\"x\"", "y"]])
    #expect(try fields("#c\nx,y\n", CSVOptions().with { $0.comment = UInt8(ascii: "#") }) == [["x", "y"]])
    let trimming = CSVOptions().with {
      $0.ignoresLeadingWhiteSpace = true
      $0.ignoresTrailingWhiteSpace = true
    }
    #expect(try fields("  x ,  \" y \" \n", trimming) == [["x", " y "]])
    #expect(try fields("x,y;1,2;", CSVOptions().with { $0.lineDelimiter = [0x3B] }) == [["x", "y"], ["1", "2"]])
    #expect(try fields("x,y<>1,2<>", CSVOptions().with { $0.lineDelimiter = Array("<>".utf8) }).count == 2)
  }

  @Test func nulls() throws {
    let dash = CSVOptions().with { $0.nullText = "-" }
    #expect(try fields("-,\"\"\n,\"-\"\n", dash) == [[nil, ""], [nil, nil]])
    let empty = dash.with { $0.emptyValue = "EMPTY" }
    #expect(try fields("x,\"\"\n", empty) == [["x", "EMPTY"]])
  }

  @Test func headerAndSkippedLines() throws {
    let header = CSVOptions().with { $0.hasHeader = true }
    #expect(try fields("a,b\nx,y\n", header) == [["x", "y"]])
    #expect(try fields("a,b\n", header) == [])
    #expect(try fields("", header) == [])
    #expect(try fields("one\ntwo\n\na,b\nx,y\n", header.with { $0.skipLines = 2 }) == [["x", "y"]])
    let checked = header.with { $0.enforcesSchema = false }
    #expect(try fields("A,b\nx,y\n", checked) == [["x", "y"]])
    let error = failure { () throws(QueryError) in _ = try readCSV("b,a\nx,y\n", two, checked) }
    #expect(error?.code == .badRecord && error?.file?.row == 1)
  }

  @Test func multipleLines() throws {
    let multi = CSVOptions().with { $0.isMultiLine = true }
    #expect(try fields("\"x\ny\",\"1\r\n2\"\nz,w\r\n", multi) == [["x\ny", "1\r\n2"], ["z", "w"]])
    #expect(try fields("\"x\n\"\"y\",1\n", multi) == [["x\n\"y", "1"]])
    #expect(try fields("\"x\\\"\ny\",1\n", multi) == [["x\"\ny", "1"]])
    #expect(try fields("\"x\"y\nz,1\n", multi.with { $0.mode = .permissive }) == [["\"x\"y", nil], ["z", "1"]])
    #expect(try fields("\"open\nto the end", multi) == [["open\nto the end", nil]])
  }

  @Test func invalidUTF8IsRepaired() throws {
    let file = MemoryFile([0x61, 0xFF, 0x2C, 0xC3, 0x28, 0x0A])
    #expect(texts(try read(.csv(CSVOptions()), file, two)) == [["a\u{FFFD}", "\u{FFFD}("]])
  }
}

@Suite struct CSVTypeTests {
  private func value(_ text: String, _ type: LogicalType, _ options: CSVOptions = CSVOptions()) throws -> Literal {
    let rows = try readCSV(text + ",x\n", columns(("v", type), ("x", .string)), options)
    return rows[0][0]
  }

  @Test func integers() throws {
    #expect(try value("127", .tinyint) == .integer(127) && value("128", .tinyint) == .null)
    #expect(try value("-32768", .smallint) == .integer(-32768))
    #expect(try value("+5", .int) == .integer(5) && value("2147483648", .int) == .null)
    #expect(try value("-9223372036854775808", .bigint) == .integer(.min))
    #expect(try value("9223372036854775807", .bigint) == .integer(.max))
    #expect(try value("9223372036854775808", .bigint) == .null)
    for bad in [" 1", "1 ", "1.0", "", "-", "+", "1e3", "x", "１"] { #expect(try value(bad, .int) == .null, "\(bad)") }
  }

  @Test func floats() throws {
    #expect(try value("1.5", .double) == .double(1.5) && value("-.5e-3", .double) == .double(-0.0005))
    #expect(try value("1.7976931348623157e308", .double) == .double(.greatestFiniteMagnitude))
    #expect(try value("5e-324", .double) == .double(.leastNonzeroMagnitude))
    #expect(try value("0.1234567890123456789", .double) == .double(0.1234567890123456789))
    #expect(try value("3.4028235e38", .float) == .float(.greatestFiniteMagnitude))
    #expect(try value("16777217", .float) == .float(16777216))
    #expect(try value("Inf", .double) == .double(.infinity) && value("-Infinity", .float) == .float(-.infinity))
    if case .double(let number) = try value("NaN", .double) { #expect(number.isNaN) } else { Issue.record("no NaN") }
    for bad in ["1,5", "0x10", "e5", "1e", ".", "--1", "1.2.3"] {
      #expect(try readCSV("\"\(bad)\",x\n", columns(("v", .double), ("x", .string)))[0][0] == .null, "\(bad)")
    }
  }

  @Test func decimals() throws {
    let money = LogicalType.decimal(precision: 10, scale: 2)
    #expect(try value("12.345", money) == .decimal(1235) && value("-12.345", money) == .decimal(-1235))
    #expect(try value("1e3", money) == .decimal(100_000) && value("99999999.994", money) == .decimal(9_999_999_999))
    #expect(try value("99999999.995", money) == .null && value("100000000", money) == .null)
    #expect(try value(".5", money) == .decimal(50) && value("-0", money) == .decimal(0))
    let wide = LogicalType.decimal(precision: 38, scale: 10)
    #expect(
      try value("1234567890123456789012345678.0123456789", wide)
        == .decimal(Int128("12345678901234567890123456780123456789")!))
    #expect(try value("1 ", money) == .null && value("1.", money) == .decimal(100))
  }

  @Test func booleansAndBinary() throws {
    #expect(try value("TRUE", .boolean) == .boolean(true) && value("false", .boolean) == .boolean(false))
    #expect(try value("1", .boolean) == .null && value("yes", .boolean) == .null)
    #expect(try value("ab", .binary) == .binary([0x61, 0x62]))
  }

  @Test func dates() throws {
    #expect(try value("2026-01-31", .date) == .date(20484) && value("1969-12-31", .date) == .date(-1))
    #expect(try value("2024-02-29", .date) == .date(19782) && value("2023-02-29", .date) == .null)
    #expect(try value("2026-13-01", .date) == .null && value("2026-1-5", .date) == .date(20458))
    let format = CSVOptions().with { $0.dateFormat = "dd/MM/yyyy" }
    #expect(try value("31/01/2026", .date, format) == .date(20484))
    #expect(try value("1/1/2026", .date, format) == .null && value("2026-01-31", .date, format) == .null)
  }

  @Test func timestamps() throws {
    let noon: Int64 = 1_769_860_800_000_000
    #expect(try value("2026-01-31 12:00:00", .timestamp) == .timestamp(noon))
    #expect(try value("2026-01-31T12:00:00.123456Z", .timestamp) == .timestamp(noon + 123_456))
    #expect(try value("2026-01-31 12:00:00+02:00", .timestamp) == .timestamp(noon - 7_200_000_000))
    #expect(try value("2026-01-31 12:00:00+02:00", .timestampNTZ) == .timestamp(noon))
    #expect(try value("2026-01-31", .timestamp) == .timestamp(noon - 43_200_000_000))
    #expect(try value("2026-01-31 24:00:00", .timestamp) == .null)
    #expect(try value("2026-01-31 12:00:00 Nowhere/Else", .timestamp) == .null)
    let format = CSVOptions().with { $0.timestampFormat = "yyyyMMddHHmmss[.SSS]" }
    #expect(try value("20260131120000", .timestamp, format) == .timestamp(noon))
    #expect(try value("20260131120000.5", .timestamp, format) == .timestamp(noon + 500_000))
  }

  @Test func zoneOfTheSession() throws {
    let zone = TextTimeZone(
      instant: { micros, region in
        region == nil ? micros - 3_600_000_000 : region == "Test/Two" ? micros - 7_200_000_000 : nil
      },
      wallClock: { $0 + 3_600_000_000 })
    let schema = columns(("t", .timestamp))
    let file = MemoryFile("1970-01-01 01:00:00\n1970-01-01 00:00:00Z\n1970-01-01 02:00:00 Test/Two\n")
    #expect(
      try read(.csv(CSVOptions()), file, schema, zone: zone) == [[.timestamp(0)], [.timestamp(0)], [.timestamp(0)]])
  }

  @Test func unsupportedTypesAreRefused() {
    let array = columns(("a", .array(.int)))
    #expect(code { () throws(QueryError) in _ = try readCSV("1\n", array) } == .unsupported)
    let interval = columns(("a", .intervalDayTime))
    #expect(code { () throws(QueryError) in _ = try readCSV("1\n", interval) } == .unsupported)
  }

  @Test func numbersAgreeWithTheStandardLibrary() throws {
    var random = Randomness(7)
    var text = ""
    var expected: [Literal] = []
    for _ in 0..<3000 {
      let exponent = Int.random(in: -30...30, using: &random)
      let digits = UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0...60, using: &random)
      let number = "\(digits).\(digits % 977)e\(exponent)"
      text += number + "\n"
      expected.append(.double(Double(number) ?? .nan))
    }
    #expect(try readCSV(text, columns(("d", .double))).map { $0[0] } == expected)
  }
}

@Suite struct CSVBadRecordTests {
  let schema = columns(("id", .int), ("name", .string), ("_corrupt_record", .string))
  let text = "1,a\n2,b,extra\nx,c\n4\n\"5\",e\n"

  @Test func permissive() throws {
    let rows = try readCSV(text, schema)
    #expect(
      rows == [
        [.integer(1), .string("a"), .null], [.integer(2), .string("b"), .string("2,b,extra")],
        [.null, .string("c"), .string("x,c")], [.integer(4), .null, .string("4")],
        [.integer(5), .string("e"), .null],
      ])
  }

  @Test func corruptColumnIsFilledWithoutTheOthers() throws {
    let rows = try read(.csv(CSVOptions()), MemoryFile(text), schema, [2])
    #expect(rows.map { $0[0].isNull } == [true, false, false, false, true])
    let first = Schema([schema[2], schema[0], schema[1]])
    #expect(
      try readCSV("1,a\nx,b\n", first) == [[.null, .integer(1), .string("a")], [.string("x,b"), .null, .string("b")]])
  }

  @Test func dropMalformed() throws {
    let options = CSVOptions().with { $0.mode = .dropMalformed }
    let plain = Schema(Array(schema.fields.prefix(2)))
    #expect(try readCSV(text, plain, options).map { $0[0] } == [.integer(1), .integer(5)])
    // Which columns are read makes no difference.
    #expect(try read(.csv(options), MemoryFile(text), plain, [1]) == [[.string("a")], [.string("e")]])
    #expect(try read(.csv(options), MemoryFile(text), plain, []).count == 2)
  }

  @Test func failFast() throws {
    let options = CSVOptions().with {
      $0.mode = .failFast; $0.hasHeader = true
    }
    let plain = Schema(Array(schema.fields.prefix(2)))
    let error = try #require(
      failure { () throws(QueryError) in _ = try readCSV("id,name\n1,a\n\nx7,b\n", plain, options) })
    #expect(error.code == .badRecord && error.file?.row == 4 && error.file?.path == "/memory/file.txt")
    #expect(error.message.contains("id") && error.message.contains("int") && error.message.hasSuffix("'x7'"))
    let count = try #require(failure { () throws(QueryError) in _ = try readCSV("id,name\n1,a\n2\n", plain, options) })
    #expect(count.file?.row == 3 && count.message.hasSuffix("'2'"))
  }

  @Test func corruptColumnMustBeAString() {
    let bad = columns(("id", .int), ("_corrupt_record", .int))
    #expect(code { () throws(QueryError) in _ = try readCSV("1\n", bad) } == .invalidParameter)
  }

  @Test func projectionsAndEmptyProjection() throws {
    let wide = strings("a", "b", "c")
    let file = MemoryFile("1,2,3\n4,5,6\n")
    #expect(texts(try read(.csv(CSVOptions()), file, wide, [2, 0, 2])) == [["3", "1", "3"], ["6", "4", "6"]])
    #expect(try read(.csv(CSVOptions()), file, wide, []).count == 2)
  }
}

@Suite struct HiveTextTests {
  @Test func fieldsAndNulls() throws {
    let schema = columns(("a", .string), ("b", .int), ("c", .string))
    let text = "x\u{1}1\u{1}\\N\n\u{1}bad\u{1}\"q\"\nshort\n\n1\u{1}2\u{1}3\u{1}4\n"
    let rows = try readCSV(text, schema, .hiveText())
    #expect(
      rows == [
        [.string("x"), .integer(1), .null], [.string(""), .null, .string("\"q\"")], [.string("short"), .null, .null],
        [.string(""), .null, .null], [.string("1"), .integer(2), .string("3")],
      ])
  }

  @Test func everyLineEndEndsALine() throws {
    let text = "a,1\rb,2\r\nc,3\n\rd,4\r"
    let expected: [[String?]] = [["a", "1"], ["b", "2"], ["c", "3"], ["d", "4"]]
    #expect(texts(try readCSV(text, strings("x", "y"))) == expected)
    // Wherever the file is cut into two parts, each line is read once.
    for cut in 0...text.utf8.count {
      var parts: [[String?]] = []
      for range in [0..<cut, cut..<text.utf8.count] {
        parts += texts(try read(.csv(CSVOptions()), MemoryFile(text), strings("x", "y"), range: range))
      }
      #expect(parts == expected, "cut at \(cut)")
    }
    let numbered = failure { () throws(QueryError) in
      _ = try readCSV(text + "e,5,6", strings("x", "y"), CSVOptions().with { $0.mode = .failFast })
    }
    #expect(numbered?.file?.row == 6)
  }

  @Test func linesMayEndBetweenTwoBlocks() throws {
    // The carriage return is the last byte of the first block.
    let long = String(repeating: "x", count: (1 << 20) - 1)
    #expect(texts(try readCSV(long + "\r\nb\rc", strings("x"))) == [[long], ["b"], ["c"]])
  }

  @Test func nestedValues() throws {
    let schema = columns(
      ("list", .array(.int)), ("map", .map(.string, .int)),
      ("row", .struct([Field("x", .int), Field("y", .array(.string))])))
    let text = "1\u{2}2\u{2}\\N\u{1}a\u{3}1\u{2}b\u{3}2\u{1}7\u{2}p\u{3}q\n\u{1}\u{1}\n\\N\u{1}\\N\u{1}\\N\n"
    let rows = try readCSV(text, schema, .hiveText())
    #expect(
      rows[0] == [
        .array([.integer(1), .integer(2), .null]),
        .map(keys: [.string("a"), .string("b")], values: [.integer(1), .integer(2)]),
        .struct([.integer(7), .array([.string("p"), .string("q")])]),
      ])
    #expect(rows[1][0] == .array([]) && rows[1][1] == .map(keys: [], values: []))
    #expect(rows[2] == [.null, .null, .null])
  }

  @Test func escapedDelimiters() throws {
    let options = CSVOptions.hiveText(fieldDelimiter: [0x2C], escape: UInt8(ascii: "\\"))
    let rows = try readCSV(#"a\,b,c\\d"# + "\n" + #"\N,x\ny"# + "\n", strings("p", "q"), options)
    #expect(texts(rows) == [["a,b", #"c\d"#], [nil, "x\ny"]])
  }
}

@Suite struct CSVSplitTests {
  /// Reads in all pairs of parts, and in parts of every size.
  private func expectSameRows(_ format: TextFormat, _ text: [UInt8], _ schema: Schema) throws {
    let whole = try read(format, MemoryFile(text), schema)
    for split in 0...text.count {
      let parts =
        try read(format, MemoryFile(text), schema, range: 0..<split)
        + read(format, MemoryFile(text), schema, range: split..<text.count)
      #expect(parts == whole, "split at \(split)")
    }
    for size in 1...7 {
      var parts: [[Literal]] = []
      for start in stride(from: 0, to: text.count, by: size) {
        parts += try read(format, MemoryFile(text), schema, range: start..<min(text.count, start + size))
      }
      #expect(parts == whole, "parts of \(size) bytes")
    }
  }

  @Test func csvSplitsAnywhere() throws {
    let text = Array("id,name\n1,\"a,b\"\r\n\n2,c\n3,\n#no\n44444444,dddddddddddddddddddddd\n5,e".utf8)
    let options = CSVOptions().with {
      $0.hasHeader = true
      $0.comment = UInt8(ascii: "#")
    }
    try expectSameRows(.csv(options), text, columns(("id", .int), ("name", .string)))
    try expectSameRows(.csv(options.with { $0.skipLines = 2 }), text, columns(("id", .int), ("name", .string)))
    let separated = CSVOptions().with { $0.lineDelimiter = Array("<>".utf8) }
    try expectSameRows(.csv(separated), Array("1,a<>2,<b<><>3,c>".utf8), columns(("id", .int), ("name", .string)))
  }

  @Test func jsonAndTextSplitAnywhere() throws {
    let json = Array("{\"a\":1}\n\n{\"a\":2,\"b\":\"x\"}\r\n{bad\n[{\"a\":3},{\"a\":4}]\n{\"a\":5}".utf8)
    try expectSameRows(.json(JSONOptions()), json, columns(("a", .int), ("b", .string)))
    try expectSameRows(.text, Array("one\n\ntwo\r\nthree".utf8), strings("value"))
  }

  @Test func batchesOfEverySizeAreTheSame() throws {
    let text = MemoryFile((0..<50).map { "\($0),n\($0)\n" }.joined())
    let schema = columns(("id", .int), ("name", .string))
    let whole = try read(.csv(CSVOptions()), text, schema)
    #expect(whole.count == 50)
    for size in [1, 3, 49, 50, 51] {
      #expect(try read(.csv(CSVOptions()), text, schema, batchSize: size) == whole)
    }
  }

  @Test func filesOfManyBlocks() throws {
    var text = ""
    for row in 0..<60_000 { text += "\(row),\"name, \(row)\",some longer text to fill the block \(row)\n" }
    let file = MemoryFile(text)
    let schema = columns(("id", .bigint), ("name", .string), ("more", .string))
    let rows = try read(.csv(CSVOptions()), file, schema)
    #expect(rows.count == 60_000)
    #expect(rows.enumerated().allSatisfy { $1[0] == .integer(Int64($0)) && $1[1] == .string("name, \($0)") })
    let half = file.size / 2
    let parts =
      try read(.csv(CSVOptions()), file, schema, [0], range: 0..<half)
      + read(.csv(CSVOptions()), file, schema, [0], range: half..<file.size)
    #expect(parts.map { $0[0] } == rows.map { $0[0] })
  }

  @Test func longRecordsGrowTheBlockUpToALimit() throws {
    let long = String(repeating: "x", count: 3_000_000)
    #expect(texts(try readCSV("\(long),1\n2,3\n", strings("a", "b"))) == [[long, "1"], ["2", "3"]])
    let tooLong = MemoryFile([UInt8](repeating: 0x61, count: (64 << 20) + (3 << 20)))
    #expect(
      code { () throws(QueryError) in _ = try read(.csv(CSVOptions()), tooLong, strings("a")) } == .limitExceeded)
  }

  @Test func countersTellWhatWasRead() throws {
    let counters = ScanCounters()
    let file = MemoryFile("1\n2\n3\n")
    let request = TextReadRequest(file: file, schema: columns(("a", .int)), projection: [0], counters: counters)
    _ = try rows(of: TextReader.open(.csv(CSVOptions()), request))
    #expect(counters.value(.filesRead) == 1 && counters.value(.rowsRead) == 3 && counters.value(.bytesRead) == 6)
  }
}

@Suite struct CSVOptionTests {
  @Test func sparkNames() throws {
    let options = try CSVOptions(sparkOptions: [
      "SEP": "\\t", "header": "TRUE", "quote": "", "nullValue": "NULL", "mode": "FailFast", "dateFormat": "dd.MM.yyyy",
      "columnNameOfCorruptRecord": "bad", "multiline": "true", "escape": "\"",
    ])
    #expect(options.delimiter == [9] && options.hasHeader && options.quote == nil && options.nullText == "NULL")
    #expect(options.mode == .failFast && options.corruptRecordColumn == "bad" && options.isMultiLine)
    #expect(options.escape == UInt8(ascii: "\""))
  }

  @Test func errorsHelp() {
    let unknown = failure { () throws(QueryError) in _ = try CSVOptions(sparkOptions: ["delimter": ";"]) }
    #expect(unknown?.code == .invalidParameter && unknown?.hint == "did you mean delimiter?")
    #expect(code { () throws(QueryError) in _ = try CSVOptions(sparkOptions: ["mode": "odd"]) } == .invalidParameter)
    #expect(code { () throws(QueryError) in _ = try CSVOptions(sparkOptions: ["header": "1"]) } == .invalidParameter)
    #expect(code { () throws(QueryError) in _ = try CSVOptions(sparkOptions: ["encoding": "latin1"]) } == .unsupported)
    #expect(
      code { () throws(QueryError) in _ = try CSVOptions(sparkOptions: ["dateFormat": "yyyy-QQ"]) } == .invalidParameter
    )
    #expect(
      code { () throws(QueryError) in _ = try JSONOptions(sparkOptions: ["allowComment": "true"]) } == .invalidParameter
    )
  }

  @Test func jsonNames() throws {
    let options = try JSONOptions(sparkOptions: [
      "multiLine": "true", "mode": "DROPMALFORMED", "primitivesAsString": "true",
    ])
    #expect(options.isMultiLine && options.mode == .dropMalformed && options.primitivesAsString)
  }
}
