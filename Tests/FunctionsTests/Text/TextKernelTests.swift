import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

struct TextKernelTests {
  private func constant(_ value: Literal, _ type: LogicalType, _ count: Int) -> Vector {
    .constant(value, type, count: count)
  }

  @Test func substringsAgreeWithCharacters() throws {
    let texts = ["", "a", "short", "a text of more than twelve bytes", "ünïcödé tëxt with wïde chäracters", "日本語テキスト"]
    for position in [-40, -7, -3, -1, 0, 1, 2, 5, 13, 40] {
      for length in [-1, 0, 1, 4, 100] {
        let result = try FunctionCall.call(
          "substring",
          [
            FunctionCall.strings(texts), constant(.integer(Int64(position)), .int, texts.count),
            constant(.integer(Int64(length)), .int, texts.count),
          ])
        for (row, text) in texts.enumerated() { #expect(result[row] == .string(naive(text, position, length))) }
      }
    }
  }

  @Test func joinedTextsHaveALargestLength() throws {
    // The same 64 MiB again and again.
    let part = constant(.string(String(repeating: "x", count: 64 << 20)), .string, 1)
    let error = #expect(throws: QueryError.self) {
      try FunctionCall.call("concat", Array(repeating: part, count: 17))
    }
    #expect(error?.code == .limitExceeded)
  }

  private func naive(_ text: String, _ position: Int, _ length: Int) -> String {
    let scalars = Array(text.unicodeScalars)
    let start = position > 0 ? position - 1 : position < 0 ? scalars.count + position : 0
    let end = start + length
    var result = String.UnicodeScalarView()
    for index in scalars.indices where index >= start && index < end { result.append(scalars[index]) }
    return String(result)
  }

  @Test func searchAgreesWithANaiveSearch() throws {
    let text = String(repeating: "abcabdabe", count: 9) + "needle" + String(repeating: "xyz", count: 7)
    for wanted in ["a", "abe", "needle", "needlex", "nothing here", "xyzxyzxyzxyzxyzxyzxyz", text, text + "!", "zz"] {
      let expected = (0...text.count).first { text.dropFirst($0).hasPrefix(wanted) }.map { $0 + 1 } ?? 0
      let columns = [FunctionCall.strings([text]), FunctionCall.strings([wanted])]
      #expect(try FunctionCall.call("instr", columns) == [.integer(Int64(expected))])
      #expect(try FunctionCall.call("contains", columns) == [.boolean(expected > 0)])
    }
  }

  @Test func partsOutliveTheTextsTheyComeFrom() throws {
    let function = try #require(FunctionRegistry.scalar("substring"))
    let overload = try function.resolve([FunctionArgument(.string), FunctionArgument(.int)])
    func parts() throws -> Vector {
      let texts = FunctionCall.strings((0..<50).map { "a long enough text, number \($0), to stand in a heap" })
      let call = KernelCall(
        arguments: [texts, constant(.integer(3), .int, 50)], count: 50, context: EvaluationContext())
      return try overload.kernel(call)
    }
    let result = try parts()
    #expect(result.literal(at: 49) == .string("long enough text, number 49, to stand in a heap"))
  }

  @Test func resultsThatWouldFillTheMemoryAreRefused() {
    let columns = [FunctionCall.strings(["0123456789"]), FunctionCall.integers([2_000_000_000], .int)]
    #expect(FunctionCall.code { _ = try FunctionCall.call("repeat", columns) } == .limitExceeded)
    #expect(FunctionCall.code { _ = try FunctionCall.call("lpad", columns) } == .limitExceeded)
  }

  @Test func argumentsAreChecked() {
    #expect(
      FunctionCall.code { _ = try FunctionCall.call("substring", [FunctionCall.strings(["a"])]) } == .wrongArgumentCount
    )
    let array = FunctionCall.column([.array([])], .array(.int))
    #expect(FunctionCall.code { _ = try FunctionCall.call("upper", [array]) } == .datatypeMismatch)
    #expect(FunctionCall.code { _ = try FunctionCall.call("no_such_function", []) } == .unresolvedRoutine)
  }

  @Test func everyRecordIsDocumented() {
    for function in FunctionRegistry.scalars {
      #expect(!function.summary.isEmpty && !function.signature.isEmpty, "\(function.name)")
      #expect(function.example.contains("SELECT") && function.example.contains("-- "), "\(function.name)")
      #expect(function.name == function.name.lowercased())
    }
  }

  @Test func namesAreUnique() {
    var seen = Set<String>()
    for function in FunctionRegistry.scalars {
      for name in [function.name] + function.aliases { #expect(seen.insert(name).inserted, "\(name)") }
    }
  }
}
