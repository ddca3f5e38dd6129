import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

struct DecimalArithmeticTests {
  private func decimals(_ values: [Int128?], _ precision: Int, _ scale: Int) -> Vector {
    FunctionCall.column(
      values.map { $0.map { .decimal($0) } ?? .null }, .decimal(precision: precision, scale: scale))
  }

  @Test(arguments: ["+", "-", "*"])
  func everyWidthGivesTheSameDigits(_ name: String) throws {
    let (a, b): (Int128, Int128) = (1_234_567, -98_765)
    let expected: Int128 = name == "+" ? a + b : name == "-" ? a - b : a * b
    for left in [10, 18, 19, 25] {
      for right in [9, 18, 20] where name != "*" || left + right <= 37 {
        let result = try FunctionCall.call(name, [decimals([a, nil], left, 2), decimals([b, b], right, 2)])
        #expect(result == [.decimal(expected), .null], "\(left) \(right)")
      }
    }
  }

  @Test func productsBeyondThirtyEightDigitsRoundOnce() throws {
    // 123456789012.3456789012 * 98765.4321098765 keeps six of its twenty fraction digits.
    let a = decimals([1_234_567_890_123_456_789_012], 38, 10)
    let b = decimals([987_654_321_098_765], 38, 10)
    #expect(try FunctionCall.call("*", [a, b]) == [.decimal(12193263113702174187925)])
  }

  @Test func overflowIsAnErrorAndTryGivesNull() throws {
    let top = DecimalText.powersOfTen[38] - 1
    let columns = [decimals([top, 1], 38, 0), decimals([top, 1], 38, 0)]
    #expect(FunctionCall.code { _ = try FunctionCall.call("+", columns) } == .numericOutOfRange)
    #expect(FunctionCall.code { _ = try FunctionCall.call("*", columns) } == .numericOutOfRange)
    #expect(try FunctionCall.call("try_add", columns) == [.null, .decimal(2)])
  }

  @Test func zeroDivisorsAreErrors() {
    let columns = [decimals([100], 10, 2), decimals([0], 10, 2)]
    for name in ["/", "%", "pmod", "div"] {
      #expect(FunctionCall.code { _ = try FunctionCall.call(name, columns) } == .divideByZero)
    }
  }

  @Test func slotsOfNullRowsMayHoldAnything() throws {
    // The smallest Int128 can't be negated; a kernel that trapped on it would crash here.
    let vector = Vector.flat(.decimal(precision: 38, scale: 4), count: 1)
    vector.slots(Int128.self)[0] = .min
    let hidden = vector.masked(ValidityMask(count: 1, allValid: false))
    for name in ["+", "-", "*", "/", "%", "pmod", "div", "round", "ceil", "abs", "negative"] {
      let isUnary = ["round", "ceil", "abs", "negative"].contains(name)
      #expect(try FunctionCall.call(name, isUnary ? [hidden] : [hidden, decimals([-1], 38, 0)]) == [.null])
      if !isUnary { #expect(try FunctionCall.call(name, [decimals([-1], 38, 0), hidden]) == [.null]) }
    }
  }
}
