import LakeColumnar
import LakeFunctions
import LakeTypes
import Testing

struct BooleanLogicTests {
  private let values: [Literal] = [.boolean(true), .boolean(false), .null]

  private func and(_ a: Literal, _ b: Literal) -> Literal {
    if a == .boolean(false) || b == .boolean(false) { return .boolean(false) }
    return a.isNull || b.isNull ? .null : .boolean(true)
  }

  private func or(_ a: Literal, _ b: Literal) -> Literal {
    if a == .boolean(true) || b == .boolean(true) { return .boolean(true) }
    return a.isNull || b.isNull ? .null : .boolean(false)
  }

  @Test func followsTheTruthTablesInEveryEncoding() {
    let pairs = values.flatMap { a in values.map { (a, $0) } }
    let left = FunctionCall.column(pairs.map(\.0), .boolean)
    let right = FunctionCall.column(pairs.map(\.1), .boolean)
    let both = BooleanLogic.and(left, right, count: 9)
    let either = BooleanLogic.or(left, right, count: 9)
    for (row, pair) in pairs.enumerated() {
      #expect(both.literal(at: row) == and(pair.0, pair.1))
      #expect(either.literal(at: row) == or(pair.0, pair.1))
    }
    for value in values {
      let constant = Vector.constant(value, .boolean, count: 9)
      let mixed = BooleanLogic.and(left, constant, count: 9)
      let constants = BooleanLogic.or(constant, constant, count: 9)
      for (row, pair) in pairs.enumerated() {
        #expect(mixed.literal(at: row) == and(pair.0, value))
        #expect(constants.literal(at: row) == value)
      }
    }
  }

  @Test func comparesNullsAsValuesWhereAsked() throws {
    let a = FunctionCall.integers([1, nil, nil, 2])
    let b = FunctionCall.integers([1, nil, 3, 4])
    #expect(try FunctionCall.call("<=>", [a, b]) == [true, true, false, false].map { .boolean($0) })
    #expect(try FunctionCall.call("is_distinct_from", [a, b]) == [false, false, true, true].map { .boolean($0) })
  }

  @Test func betweenFollowsThreeValuedLogic() throws {
    let value = FunctionCall.integers([5, 5, 5, nil, 0])
    let low = FunctionCall.integers([1, nil, nil, 1, 1])
    let high = FunctionCall.integers([9, 9, 1, 9, nil])
    #expect(
      try FunctionCall.call("between", [value, low, high]) == [
        .boolean(true), .null, .boolean(false), .null, .boolean(false),
      ])
  }
}
