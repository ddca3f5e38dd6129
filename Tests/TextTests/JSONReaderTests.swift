import LakeColumnar
import LakeDiagnostics
import LakeText
import LakeTypes
import Testing

@Suite struct JSONReaderTests {
  @Test func rowsByName() throws {
    let schema = columns(("a", .int), ("b", .string), ("C", .boolean))
    let text = """
      {"b": "x", "a": 1, "c": true, "unknown": {"a": [1, {"b": 2}]}}

      {"A": 2}
      {"a": null, "b": null}
      {"a": 1, "a": 2, "b": "first", "b": "last"}
      {}
      """
    #expect(
      try readJSON(text, schema) == [
        [.integer(1), .string("x"), .boolean(true)], [.integer(2), .null, .null], [.null, .null, .null],
        [.integer(2), .string("last"), .null], [.null, .null, .null],
      ])
  }

  @Test func stringsTakeEverything() throws {
    let text =
      #"{"s":"a\n\"\\\/\u00e9\ud83d\ude00\u0041"}"# + "\n" + #"{"s":1.50}"# + "\n"
      + #"{"s": { "k" : [1, 2] } }"# + "\n" + #"{"s":[ 1,"x"]}"# + "\n" + #"{"s":true}"# + "\n" + #"{"s":""}"# + "\n"
      + #"{"s":"\ud83dx"}"# + "\n"
    #expect(
      texts(try readJSON(text, strings("s"))) == [
        ["a\n\"\\/é😀A"], ["1.50"], [#"{ "k" : [1, 2] }"#], [#"[ 1,"x"]"#], ["true"], [""], ["\u{FFFD}x"],
      ])
  }

  @Test func nestedValues() throws {
    let schema = columns(
      ("c", .struct([Field("id", .string), Field("n", .bigint)])), ("l", .array(.struct([Field("x", .int)]))),
      ("m", .map(.string, .double)))
    let text = #"{"l":[{"x":1},{"x":null},null,{"y":1}],"c":{"N":5,"id":"k"},"m":{"p":1,"q":null,"p":2.5}}"#
    #expect(
      try readJSON(text, schema) == [
        [
          .struct([.string("k"), .integer(5)]),
          .array([.struct([.integer(1)]), .struct([.null]), .null, .struct([.null])]),
          .map(keys: [.string("p"), .string("q")], values: [.double(2.5), .null]),
        ]
      ])
    #expect(try readJSON("{\"l\":[]}", schema)[0][1] == .array([]))
  }

  @Test func scalars() throws {
    func value(_ json: String, _ type: LogicalType) throws -> Literal {
      try readJSON("{\"v\":\(json)}", columns(("v", type)))[0][0]
    }
    #expect(try value("127", .tinyint) == .integer(127) && value("128", .tinyint) == .null)
    #expect(try value("1.0", .int) == .null && value("\"1\"", .int) == .null && value("true", .int) == .null)
    #expect(try value("9223372036854775807", .bigint) == .integer(.max))
    #expect(try value("1e2", .double) == .double(100) && value("7", .float) == .float(7))
    #expect(try value("\"Infinity\"", .double) == .double(.infinity) && value("-INF", .double) == .double(-.infinity))
    #expect(try value("\"1.5\"", .double) == .null)
    let money = LogicalType.decimal(precision: 20, scale: 2)
    #expect(try value("12345678901234567.895", money) == .decimal(1_234_567_890_123_456_790))
    #expect(try value("\"1.5\"", money) == .decimal(150) && value("\"1,5\"", money) == .null)
    #expect(try value("\"2026-01-31\"", .date) == .date(20484) && value("20484", .date) == .null)
    #expect(try value("\"1970-01-01T00:00:01Z\"", .timestamp) == .timestamp(1_000_000))
    #expect(try value("5", .timestamp) == .timestamp(5_000_000) && value("\"\"", .timestamp) == .null)
    #expect(try value("\"1970-01-01 00:00:01\"", .timestampNTZ) == .timestamp(1_000_000))
    #expect(try value("\"QUJD\"", .binary) == .binary([0x41, 0x42, 0x43]) && value("\"?\"", .binary) == .null)
    #expect(try value("[1,2]", .array(.int)) == .array([.integer(1), .integer(2)]))
    #expect(try value("{\"a\":1}", .array(.int)) == .null && value("[]", .struct([Field("a", .int)])) == .null)
  }

  @Test(arguments: [
    "{\"a\":1", "{\"a\" 1}", "{\"a\":1,}", "{a:1}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":tru}", "{\"a\":\"x}",
    "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":[1,]}", "{\"a\":1}}", "{\"a\":1} x", "[1]", "5", "null", "\"s\"",
    "{\"a\":+1}", "{\"a\":\"\u{1}\"}", "{\"a\":nullx}", "]", "{", "{\"a\":-}",
  ])
  func malformedRecords(_ line: String) throws {
    let schema = columns(("a", .int), ("_corrupt_record", .string))
    #expect(try readJSON(line, schema) == [[.null, .string(line)]])
    #expect(
      try readJSON(line + "\n{\"a\":1}", schema, JSONOptions().with { $0.mode = .dropMalformed }) == [
        [.integer(1), .null]
      ])
    let error = failure { () throws(QueryError) in
      _ = try readJSON("{\"a\":1}\n" + line, schema, JSONOptions().with { $0.mode = .failFast })
    }
    #expect(error?.code == .badRecord && error?.file?.row == 2)
  }

  @Test func partialRecordsKeepWhatIsGood() throws {
    let schema = columns(
      ("a", .int), ("s", .struct([Field("x", .int), Field("y", .string)])), ("l", .array(.int)),
      ("t", .array(.struct([Field("z", .int)]))), ("_corrupt_record", .string))
    let line = #"{"a":"bad","s":{"x":"bad","y":"good"},"l":[1,"bad"],"t":[{"z":1},{"z":"bad"}]}"#
    #expect(
      try readJSON(line, schema) == [
        [
          .null, .struct([.null, .string("good")]), .null, .array([.struct([.integer(1)]), .struct([.null])]),
          .string(line),
        ]
      ])
    let options = JSONOptions().with { $0.mode = .dropMalformed }
    #expect(try read(.json(options), MemoryFile(line + "\n{\"a\":3}"), schema, [2]) == [[.null]])
    let error = failure { () throws(QueryError) in
      _ = try readJSON("{\"a\":\"bad\"}", columns(("a", .int)), JSONOptions().with { $0.mode = .failFast })
    }
    #expect(error?.message.contains("column a is int") == true && error?.message.hasSuffix("'bad'") == true)
  }

  @Test func arraysAreSeveralRows() throws {
    let schema = columns(("a", .int), ("_corrupt_record", .string))
    let text = "[{\"a\":1},{\"a\":2}]\n[]\n[{\"a\":3},7]\n"
    let rows = try readJSON(text, schema)
    #expect(rows.map { $0[0] } == [.integer(1), .integer(2), .integer(3), .null])
    #expect(rows[3][1] == .string("[{\"a\":3},7]") && rows[2][1] == .null)
    for size in 1...3 { #expect(try read(.json(JSONOptions()), MemoryFile(text), schema, batchSize: size) == rows) }
  }

  @Test func multipleLines() throws {
    let schema = columns(("a", .int), ("b", .string))
    let multi = JSONOptions().with { $0.isMultiLine = true }
    let expected: [[Literal]] = [[.integer(1), .string("x]}")], [.integer(2), .null]]
    #expect(try readJSON(" [\n {\"a\":1,\n\"b\":\"x]}\"} ,\n{\"a\": 2}\n]\n", schema, multi) == expected)
    #expect(try readJSON("{\"a\":1,\n\"b\":\"x]}\"}\n{\"a\":\n2}", schema, multi) == expected)
    #expect(try readJSON("[]", schema, multi) == [] && readJSON("", schema, multi) == [])
    #expect(try readJSON("[{\"a\":1},{\"a\":", schema, multi).count == 2, "the torn one is malformed, not lost")
    #expect(try readJSON("[{\"a\":1} {\"a\":2}]", schema, multi).count == 1)
    let many =
      "[" + (0..<70_000).map { "{\"a\": \($0),\n \"b\": \"text number \($0)\"}" }.joined(separator: ",\n") + "]"
    let rows = try readJSON(many, schema, multi)
    #expect(rows.count == 70_000 && rows.enumerated().allSatisfy { $1[0] == .integer(Int64($0)) })
  }

  @Test func leniency() throws {
    let schema = columns(("a", .int), ("b", .string))
    #expect(try readJSON("{'a':1,'b':'it\\'s'}", schema) == [[.integer(1), .string("it's")]])
    #expect(
      try readJSON("{a:1}", schema, JSONOptions().with { $0.allowsUnquotedFieldNames = true })[0][0] == .integer(1))
    #expect(
      try readJSON("{\"a\":/*c*/1}//x", schema, JSONOptions().with { $0.allowsComments = true })[0][0] == .integer(1))
    #expect(
      try readJSON("{\"a\":007}", schema, JSONOptions().with { $0.allowsLeadingZeros = true })[0][0] == .integer(7))
    #expect(
      try readJSON("{\"b\":\"a\tb\"}", schema, JSONOptions().with { $0.allowsUnquotedControlCharacters = true })[0][1]
        == .string("a\tb"))
  }

  @Test func depthIsLimited() throws {
    func nested(_ depth: Int) -> String {
      "{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
    }
    let schema = columns(("a", .string), ("_corrupt_record", .string))
    #expect(try readJSON(nested(499), schema)[0][1] == .null)
    #expect(try readJSON(nested(500), schema)[0][0] == .null)
    #expect(try readJSON(nested(100_000), schema)[0][1] != .null)
  }

  @Test func manyKeysAndEscapedKeys() throws {
    let names = (0..<40).map { "column\($0)" }
    let schema = Schema(names.map { Field($0, .int) })
    let forward = "{" + names.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}"
    let backward = "{" + names.enumerated().reversed().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}"
    let expected = (0..<40).map { Literal.integer(Int64($0)) }
    #expect(try readJSON(forward + "\n" + backward, schema) == [expected, expected])
    #expect(try readJSON(#"{"\u0061":5,"Ä":6}"#, columns(("a", .int), ("ä", .int))) == [[.integer(5), .integer(6)]])
  }
}
