import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

struct RegexSafetyTests {
  @Test func patternsThatWouldRunForeverAreRefused() {
    let text = String(repeating: "a", count: 5000) + "b"
    let pattern = Vector.constant(.string("(a+)+(a+)+(a+)+$"), .string, count: 1)
    let code = FunctionCall.code { _ = try FunctionCall.call("rlike", [FunctionCall.strings([text]), pattern]) }
    #expect(code == .limitExceeded)
  }

  @Test func deepRecursionDoesNotCrash() throws {
    let text = String(repeating: "(", count: 200_000)
    let pattern = Vector.constant(.string("(?:\\((?:x|))*"), .string, count: 1)
    _ = FunctionCall.code { _ = try FunctionCall.call("rlike", [FunctionCall.strings([text]), pattern]) }
  }

  @Test func patternsMayDifferFromRowToRow() throws {
    let texts = FunctionCall.strings(["a1", "b2", "c3", nil])
    let patterns = FunctionCall.strings(["a\\d", "x", "c", "["])
    #expect(
      try FunctionCall.call("rlike", [texts, patterns]) == [.boolean(true), .boolean(false), .boolean(true), .null])
  }

  @Test func malformedUtf8IsMatchedAround() throws {
    let bytes = FunctionCall.column([.binary([0x61, 0xFF, 0x62])], .binary).retyped(.string)
    let pattern = Vector.constant(.string("b$"), .string, count: 1)
    #expect(try FunctionCall.call("rlike", [bytes, pattern]) == [.boolean(true)])
  }

  @Test func likeAgreesWithANaiveMatcher() throws {
    let alphabet = ["a", "b", "é"]
    var texts: [String] = [""]
    for length in 1...4 {
      for index in 0..<20 { texts.append((0..<length).map { alphabet[(index * 7 + $0 * index) % 3] }.joined()) }
    }
    let patterns = ["%", "a%", "%b", "%a%", "a_b", "_", "%_%", "a%b%a", "_%é", "%é_%", "a%%b", "__%__"]
    for pattern in patterns {
      let constant = Vector.constant(.string(pattern), .string, count: texts.count)
      let result = try FunctionCall.call("like", [FunctionCall.strings(texts), constant])
      for (row, text) in texts.enumerated() {
        #expect(result[row] == .boolean(matches(Array(text)[...], Array(pattern)[...])), "\(text) LIKE \(pattern)")
      }
    }
  }

  private func matches(_ text: ArraySlice<Character>, _ pattern: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "%" {
      return matches(text, pattern.dropFirst()) || (!text.isEmpty && matches(text.dropFirst(), pattern))
    }
    guard let character = text.first, first == "_" || first == character else { return false }
    return matches(text.dropFirst(), pattern.dropFirst())
  }
}
