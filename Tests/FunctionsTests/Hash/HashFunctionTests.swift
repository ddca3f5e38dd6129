import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

struct HashFunctionTests {
  @Test func digestsOfTheStandardsExamples() throws {
    let column = FunctionCall.strings(["abc", nil])
    #expect(try FunctionCall.call("md5", [column])[0] == .string("900150983cd24fb0d6963f7d28e17f72"))
    #expect(try FunctionCall.call("sha1", [column])[0] == .string("a9993e364706816aba3e25717850c26c9cd0d89d"))
    let bits = FunctionCall.integers([224, 224], .int)
    #expect(
      try FunctionCall.call("sha2", [column, bits]) == [
        .string("23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"), .null,
      ])
    #expect(try FunctionCall.call("crc32", [FunctionCall.strings(["123456789"])]) == [.integer(0xCBF4_3926)])
  }

  @Test func identifiersAreRandomAndOfVersionFour() throws {
    let function = try #require(FunctionRegistry.scalar("uuid"))
    #expect(!function.isDeterministic)
    let vector = try function.resolve([]).kernel(KernelCall(arguments: [], count: 100, context: EvaluationContext()))
    var seen = Set<String>()
    for row in 0..<100 {
      guard case .string(let text) = vector.literal(at: row) else { continue }
      let parts = text.split(separator: "-")
      #expect(parts.map(\.count) == [8, 4, 4, 4, 12])
      #expect(parts[2].first == "4" && "89ab".contains(parts[3].first ?? " "))
      seen.insert(text)
    }
    #expect(seen.count == 100)
  }
}
