import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

struct IntegerArithmeticTests {
  static let bounds: [LogicalType: ClosedRange<Int64>] = [
    .tinyint: -128...127, .smallint: -32768...32767, .int: Int64(Int32.min)...Int64(Int32.max),
    .bigint: Int64.min...Int64.max,
  ]

  private func exact(_ name: String, _ a: Int64, _ b: Int64) -> Int128? {
    let (x, y) = (Int128(a), Int128(b))
    switch name {
    case "+": return x + y
    case "-": return x - y
    case "*": return x * y
    case "%": return y == 0 ? nil : x % y
    default:
      if y == 0 { return nil }
      let rest = x % y
      return rest < 0 ? (rest + y) % y : rest
    }
  }

  @Test(arguments: ["+", "-", "*", "%", "pmod"], [LogicalType.tinyint, .smallint, .int, .bigint])
  func agreesWithWideArithmetic(_ name: String, _ type: LogicalType) throws {
    let range = try #require(Self.bounds[type])
    let values = [range.lowerBound, range.lowerBound + 1, -7, -1, 0, 1, 3, range.upperBound - 1, range.upperBound]
    for a in values {
      for b in values {
        let columns = [FunctionCall.integers([a, nil, a], type), FunctionCall.integers([b, b, nil], type)]
        let expected = exact(name, a, b).flatMap { Int64(exactly: $0) }.flatMap { range.contains($0) ? $0 : nil }
        if let expected {
          #expect(try FunctionCall.call(name, columns) == [.integer(expected), .null, .null])
          let constant = Vector.constant(.integer(b), type, count: 3)
          #expect(try FunctionCall.call(name, [columns[0], constant])[0] == .integer(expected))
        } else {
          let wanted: ErrorCode = b == 0 ? .divideByZero : .numericOverflow
          #expect(FunctionCall.code { _ = try FunctionCall.call(name, columns) } == wanted)
        }
      }
    }
  }

  @Test func faultsInRowsWithNullsAreForgiven() throws {
    let a = FunctionCall.integers([nil, 1], .int)
    let b = FunctionCall.integers([0, 1], .int)
    #expect(try FunctionCall.call("%", [a, b]) == [.null, .integer(0)])
  }

  @Test func withoutAnsiModeIntegersWrapAndZeroDivisorsGiveNull() throws {
    let context = EvaluationContext(isANSI: false)
    let top = FunctionCall.integers([Int64(Int32.max), 5], .int)
    let other = FunctionCall.integers([1, 0], .int)
    #expect(try FunctionCall.call("+", [top, other], context: context) == [.integer(Int64(Int32.min)), .integer(5)])
    #expect(try FunctionCall.call("%", [top, other], context: context) == [.integer(0), .null])
    #expect(try FunctionCall.call("/", [top, other], context: context) == [.double(Double(Int32.max)), .null])
  }

  @Test func tryFunctionsGiveNullOnlyInFaultyRows() throws {
    let a = FunctionCall.integers([Int64.max, 1, nil])
    let b = FunctionCall.integers([1, 1, 1])
    #expect(try FunctionCall.call("try_add", [a, b]) == [.null, .integer(2), .null])
    #expect(
      try FunctionCall.call("try_divide", [a, FunctionCall.integers([0, 2, 0])]) == [.null, .double(0.5), .null])
  }

  @Test func messagesEndWithTheValuesAndNameTheTryFunction() throws {
    do {
      _ = try FunctionCall.call("+", [FunctionCall.integers([2, Int64.max]), FunctionCall.integers([1, 1])])
      Issue.record("no overflow was noticed")
    } catch {
      #expect(error.message.hasSuffix("9223372036854775807 + 1"))
      #expect(error.hint?.contains("try_add") == true)
    }
  }
}
