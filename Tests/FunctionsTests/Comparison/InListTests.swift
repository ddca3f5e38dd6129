import LakeColumnar
import LakeFunctions
import LakeTypes
import Testing

struct InListTests {
  @Test func holdsAHundredThousandConstants() {
    let list = InList((0..<100_000).map { .integer(Int64($0) * 3) }, .bigint)
    let result = list.contains(FunctionCall.integers([0, 1, 299_997, 299_998, -3, nil]))
    #expect(
      (0..<6).map { result.literal(at: $0) } == [
        .boolean(true), .boolean(false), .boolean(true), .boolean(false), .boolean(false), .null,
      ])
  }

  @Test(arguments: [1, 5, 7, 50])
  func agreesWithALinearSearch(_ size: Int) {
    let words = (0..<size).map { "word number \($0 * 7 % size) with some length" }
    let list = InList(words.map { .string($0) }, .string)
    let probes = (0..<80).map { "word number \($0) with some length" }
    let result = list.contains(FunctionCall.strings(probes))
    for (row, probe) in probes.enumerated() { #expect(result.literal(at: row) == .boolean(words.contains(probe))) }
  }

  @Test func aNullInTheListMakesMissesNull() throws {
    let column = FunctionCall.integers([1, 5, nil])
    let constants = [Literal.integer(1), .null].map { Vector.constant($0, .bigint, count: 3) }
    #expect(try FunctionCall.call("in", [column] + constants) == [.boolean(true), .null, .null])
  }

  @Test func listsThatAreNotConstantAreCompared() throws {
    let result = try FunctionCall.call(
      "in", [FunctionCall.integers([1, 2, 3]), FunctionCall.integers([1, 1, nil]), FunctionCall.integers([9, 9, 9])])
    #expect(result == [.boolean(true), .boolean(false), .null])
  }

  @Test func oneKernelServesSeveralLists() throws {
    let function = try #require(FunctionRegistry.scalar("in"))
    let argument = FunctionArgument(.bigint)
    let overload = try function.resolve([argument, argument])
    for wanted in [Int64(1), 2] {
      let constant = Vector.constant(.integer(wanted), .bigint, count: 2)
      let call = KernelCall(
        arguments: [FunctionCall.integers([1, 2]), constant], count: 2, context: EvaluationContext())
      let result = try overload.kernel(call)
      #expect(result.literal(at: 0) == .boolean(wanted == 1))
      #expect(result.literal(at: 1) == .boolean(wanted == 2))
    }
  }
}
