import LakeDiagnostics
import LakeFileSystem
import LakeText
import LakeTypes
import Testing

@Suite struct CSVInferenceTests {
  private func infer(_ texts: String..., options change: (inout CSVOptions) -> Void = { _ in }) throws -> String {
    let options = CSVOptions().with {
      $0.hasHeader = true
      $0.infersTypes = true
      change(&$0)
    }
    let schema = try TextSchemaInference.infer(.csv(options), files: texts.map { MemoryFile($0) })
    return schema.fields.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
  }

  @Test func types() throws {
    let text = """
      i,l,d,f,b,day,at,s,n,mixed
      1,1,12345678901234567890,1,true,2026-01-31,2026-01-31 10:00:00,x,,1
      -7,3000000000,1,2.5,FALSE,2026-2-1,2026-01-31,,,x
      """
    #expect(
      try infer(text)
        == "i int, l bigint, d decimal(20,0), f double, b boolean, day date, at timestamp, s string, n string, mixed string"
    )
  }

  @Test func mixturesWiden() throws {
    #expect(try infer("a\n1\ntrue\n") == "a string")
    #expect(try infer("a\ntrue\n1\n") == "a string")
    #expect(try infer("a\n2026-01-31\n5\n") == "a string")
    #expect(try infer("a\n1\n\"\"\n2\n") == "a int")
    #expect(try infer("a\n1\n2.5\n99999999999999999999\n") == "a double")
    #expect(try infer("a\n2026\n") == "a int")
    #expect(try infer("a,b\n1,2\n", "a,b\n3,x\n") == "a int, b string")
    #expect(try infer("a\nNA\n1\n", options: { $0.nullText = "NA" }) == "a int")
    #expect(try infer("a\n31/01/2026\n", options: { $0.dateFormat = "dd/MM/yyyy" }) == "a date")
  }

  @Test func names() throws {
    #expect(try infer("a,,a,B\n1,2,3,4\n") == "a0 int, _c1 int, a2 int, B int")
    #expect(try infer("1,x\n", options: { $0.hasHeader = false }) == "_c0 int, _c1 string")
    #expect(try infer("a,b\n1,2\n", options: { $0.infersTypes = false }) == "a string, b string")
    #expect(try infer("\"a b\";c\n1;2\n", options: { $0.delimiter = [0x3B] }) == "a b int, c int")
  }

  @Test func nothingToInfer() {
    #expect(throws: QueryError.self) { try infer("") }
    #expect(throws: QueryError.self) { try TextSchemaInference.infer(.json(JSONOptions()), files: []) }
  }

  @Test func samples() throws {
    let options = CSVOptions().with { $0.infersTypes = true }
    let file = MemoryFile("1\n2\nx\n")
    #expect(try TextSchemaInference.infer(.csv(options), files: [file], sampleRows: 2).types == [.int])
    #expect(try TextSchemaInference.infer(.csv(options), files: [file]).types == [.string])
  }
}

@Suite struct JSONInferenceTests {
  private func infer(_ text: String, _ options: JSONOptions = JSONOptions()) throws -> String {
    let schema = try TextSchemaInference.infer(.json(options), files: [MemoryFile(text)])
    return schema.fields.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
  }

  @Test func mergesAndSorts() throws {
    let text = """
      {"z": 1, "b": true, "a": {"y": 1, "x": "s"}, "l": [1, 2.5], "n": null, "e": {}, "el": []}
      {"z": 2.5, "a": {"x": null, "w": [{"k": 1}]}, "s": "t", "l": null}
      [{"big": 99999999999999999999}, {"big": 1}]
      """
    #expect(
      try infer(text)
        == "a struct<w:array<struct<k:bigint>>,x:string,y:bigint>, b boolean, big decimal(20,0), el array<string>, "
        + "l array<double>, n string, s string, z double")
  }

  @Test func conflictsAreStrings() throws {
    #expect(try infer("{\"a\":1}\n{\"a\":\"x\"}\n") == "a string")
    #expect(try infer("{\"a\":[1]}\n{\"a\":{\"b\":1}}\n") == "a string")
    #expect(try infer("{\"a\":true}\n{\"a\":1}\n") == "a string")
  }

  @Test func options() throws {
    let text = "{\"a\":1.25,\"t\":\"2026-01-31T00:00:00Z\",\"n\":null}"
    #expect(try infer(text) == "a double, n string, t string")
    #expect(try infer(text, JSONOptions().with { $0.primitivesAsString = true }) == "a string, n string, t string")
    #expect(try infer(text, JSONOptions().with { $0.prefersDecimal = true }).hasPrefix("a decimal(3,2)"))
    #expect(try infer(text, JSONOptions().with { $0.dropsFieldIfAllNull = true }) == "a double, t string")
    #expect(try infer(text, JSONOptions().with { $0.infersTimestamp = true }).hasSuffix("t timestamp"))
  }

  @Test func malformedRecords() throws {
    let text = "{\"B\":1}\n{bad\n"
    #expect(try infer(text) == "B bigint, _corrupt_record string")
    #expect(try infer(text, JSONOptions().with { $0.mode = .dropMalformed }) == "B bigint")
    #expect(throws: QueryError.self) { try infer(text, JSONOptions().with { $0.mode = .failFast }) }
  }
}
