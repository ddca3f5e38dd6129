import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

struct ConditionalTests {
  @Test func choosesRowByRow() throws {
    let a = FunctionCall.strings([nil, "a value longer than inline", nil])
    let b = FunctionCall.strings(["b", "b", nil])
    let c = Vector.constant(.string("the constant that is left over"), .string, count: 3)
    #expect(
      try FunctionCall.call("coalesce", [a, b, c]) == [
        .string("b"), .string("a value longer than inline"), .string("the constant that is left over"),
      ])
    #expect(try FunctionCall.call("nvl2", [a, b, c])[1] == .string("b"))
  }

  @Test func branchesWithoutElseAreNull() throws {
    let condition = FunctionCall.column([.boolean(true), .boolean(false), .null], .boolean)
    let value = FunctionCall.integers([1, 2, 3], .int)
    #expect(try FunctionCall.call("case", [condition, value]) == [.integer(1), .null, .null])
    let other = FunctionCall.integers([7, 8, 9], .bigint)
    #expect(try FunctionCall.call("if", [condition, value, other]) == [.integer(1), .integer(8), .integer(9)])
  }

  @Test func nestedValuesCanBeChosen() throws {
    let type = LogicalType.struct([Field("a", .int)])
    let a = FunctionCall.column([.null, .struct([.integer(1)])], type)
    let b = FunctionCall.column([.struct([.integer(2)]), .null], type)
    #expect(try FunctionCall.call("coalesce", [a, b]) == [.struct([.integer(2)]), .struct([.integer(1)])])
  }

  @Test func extremesSkipNulls() throws {
    let a = FunctionCall.doubles([1, nil, nil, .nan])
    let b = FunctionCall.doubles([2, 5, nil, 1])
    let greatest = try FunctionCall.call("greatest", [a, b])
    #expect(greatest[0] == .double(2) && greatest[1] == .double(5) && greatest[2] == .null)
    #expect(try FunctionCall.call("least", [a, b])[3] == .double(1))
  }

  @Test func typesWithoutACommonOneAreRefused() {
    let columns = [FunctionCall.integers([1]), FunctionCall.column([.date(1)], .date)]
    #expect(FunctionCall.code { _ = try FunctionCall.call("coalesce", columns) } == .datatypeMismatch)
  }
}
