import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

struct JSONTextTests {
  private let document = #"{"a":[1,{"b":"x\u00e9\n","c":null}],"d":-1.5e3,"e":true,"f":{"g":{}}}"#

  @Test func truncatedTextsNeverCrash() throws {
    let bytes = Array(document.utf8)
    for length in 0..<bytes.count {
      let text = String(decoding: bytes.prefix(length), as: UTF8.self)
      let column = FunctionCall.strings([text])
      let path = Vector.constant(.string("$.a[*].b"), .string, count: 1)
      #expect(try FunctionCall.call("get_json_object", [column, path]) == [.null])
      let schema = Vector.constant(.string("a array<string>, d double"), .string, count: 1)
      _ = try FunctionCall.call("from_json", [column, schema])
    }
  }

  @Test func deepNestingIsMalformedNotACrash() throws {
    let text = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    let path = Vector.constant(.string("$"), .string, count: 1)
    #expect(try FunctionCall.call("get_json_object", [FunctionCall.strings([text]), path]) == [.null])
  }

  @Test func valuesRoundTrip() throws {
    let type = LogicalType.struct([
      Field("i", .bigint), Field("s", .string), Field("l", .array(.double)), Field("m", .map(.string, .int)),
    ])
    let value = Literal.struct([
      .integer(-5), .string("a \"quoted\"\n\u{1} é"), .array([.double(1.5), .null]),
      .map(keys: [.string("k")], values: [.integer(1)]),
    ])
    let text = try FunctionCall.call("to_json", [FunctionCall.column([value, .null], type)])
    let schema = Vector.constant(.string("i bigint, s string, l array<double>, m map<string,int>"), .string, count: 2)
    #expect(try FunctionCall.call("from_json", [FunctionCall.column(text, .string), schema]) == [value, .null])
  }

  @Test func membersAreFoundByName() {
    var evaluator = JSONPathEvaluator()
    let names = ["d", "a", "nope", "e"].map { Array($0.utf8) }
    var text = document
    let values = text.withUTF8 { evaluator.members(names, of: $0) }
    #expect(
      values.map { $0.map { String(decoding: $0, as: UTF8.self) } } == [
        "-1500.0", "[1,{\"b\":\"xé\\n\",\"c\":null}]", nil, "true",
      ])
  }

  @Test func failFastThrows() throws {
    let options = Vector.constant(
      .map(keys: [.string("mode")], values: [.string("FAILFAST")]), .map(.string, .string), count: 1)
    let schema = Vector.constant(.string("a int"), .string, count: 1)
    let code = FunctionCall.code {
      _ = try FunctionCall.call("from_json", [FunctionCall.strings(["{"]), schema, options])
    }
    #expect(code == .badRecord)
  }
}

struct DDLTypeTests {
  @Test func readsColumnsAndTypes() throws {
    let fields = try DDLType.fields(
      "a INT NOT NULL COMMENT 'it''s', `b c` struct<x:decimal(10,2), y: array<map<string,date>>>")
    #expect(fields.count == 2)
    #expect(fields[0].isNullable == false && fields[0].comment == "it's")
    #expect(fields[1].name == "b c")
    #expect(fields[1].type.description == "struct<x:decimal(10,2),y:array<map<string,date>>>")
    #expect(try DDLType.parse("interval day to second") == .intervalDayTime)
    #expect(try DDLType.parse("timestamp_ntz") == .timestampNTZ)
  }

  @Test(arguments: ["", "a", "a foo", "a int,", "array<int", "decimal(40,2)", "a int b int", "map<int>", "a int not"])
  func refusesOtherText(_ text: String) {
    #expect(FunctionCall.code { _ = try DDLType.parse(text) } == .syntaxError)
  }
}
