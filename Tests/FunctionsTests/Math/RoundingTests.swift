import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

struct RoundingTests {
  @Test func roundingGoesByDecimalDigits() throws {
    // Binary fractions that lie just below a tie round up, because their decimal digits are at the tie.
    let values = [1.005, 2.675, 1.115, 0.285, 1e15 + 0.5, -2.5, 123_456_789.125]
    let places = Vector.constant(.integer(2), .int, count: values.count)
    let result = try FunctionCall.call("round", [FunctionCall.doubles(values), places])
    #expect(result == [1.01, 2.68, 1.12, 0.29, 1e15 + 0.5, -2.5, 123_456_789.13].map { .double($0) })
  }

  @Test func halvesGoToTheEvenDigitInBround() throws {
    let values = [0.5, 1.5, 2.5, -0.5, -1.5]
    let result = try FunctionCall.call("bround", [FunctionCall.doubles(values)])
    #expect(result == [0, 2, 2, -0.0, -2].map { .double($0) })
  }

  @Test func seedsRepeatAndStreamsGoOn() throws {
    let seed = Vector.constant(.integer(7), .bigint, count: 100)
    let first = try FunctionCall.call("rand", [seed])
    #expect(try FunctionCall.call("rand", [seed]) == first)
    #expect(Set(first).count == 100)
    for case .double(let value) in first { #expect(value >= 0 && value < 1) }
    let normal = try FunctionCall.call("randn", [Vector.constant(.integer(7), .bigint, count: 2000)])
    let sum = normal.reduce(0.0) { total, value in if case .double(let number) = value { total + number } else { total }
    }
    #expect(abs(sum / 2000) < 0.1)
  }

  @Test func scalesMustBeConstant() {
    let columns = [FunctionCall.doubles([1.5]), FunctionCall.integers([1], .int)]
    #expect(FunctionCall.code { _ = try FunctionCall.call("round", columns) } == .datatypeMismatch)
  }
}
