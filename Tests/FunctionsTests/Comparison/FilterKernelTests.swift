import LakeColumnar
import LakeFunctions
import LakeTypes
import Testing

struct FilterKernelTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var type: LogicalType
    var values: [Literal]
    var testDescription: String { type.description }
  }

  static let samples: [Sample] = [
    Sample(type: .boolean, values: [.boolean(true), .boolean(false)]),
    Sample(type: .tinyint, values: [-128, -1, 0, 5, 127].map { .integer($0) }),
    Sample(type: .smallint, values: [-300, 0, 5, 300].map { .integer($0) }),
    Sample(type: .int, values: [-70000, 0, 5, 70000].map { .integer($0) }),
    Sample(type: .bigint, values: [.min, -1, 0, 5, .max].map { .integer($0) }),
    Sample(type: .decimal(precision: 38, scale: 2), values: [-(1 << 100), 0, 5, 1 << 100].map { .decimal($0) }),
    Sample(type: .float, values: [-1.5, 0, 2, .infinity].map { .float($0) }),
    Sample(type: .double, values: [-1.5, -0.0, 0, 2, .infinity, .nan].map { .double($0) }),
    Sample(
      type: .string,
      values: ["", "a", "abc", "abcdefghijkl", "abcdefghijklm", "abcdefghijklmnopqrstuvwxyz", "é"].map { .string($0) }),
  ]

  @Test(arguments: samples, ComparisonOperator.allCases)
  func agreesWithRowByRow(_ sample: Sample, _ comparison: ComparisonOperator) throws {
    var rows: [Literal] = []
    for index in 0..<200 { rows.append(index % 7 == 3 ? .null : sample.values[index * 31 % sample.values.count]) }
    for hasNulls in [true, false] {
      let flat = FunctionCall.column(hasNulls ? rows : rows.map { $0.isNull ? sample.values[0] : $0 }, sample.type)
      for column in [flat, FunctionCall.dictionary(flat)] {
        for value in sample.values { try check(comparison, column, value) }
      }
    }
  }

  private func check(_ comparison: ComparisonOperator, _ column: Vector, _ value: Literal) throws {
    let constant = Vector.constant(value, column.type, count: column.count)
    let expected = (0..<column.count).filter { row in
      column.isValid(row) && Self.holds(comparison, RowComparison.compare(column, row, constant, 0))
    }
    let all = try #require(
      FilterKernels.select(comparison, column: column, constant: constant, selection: nil, count: column.count))
    #expect(Self.positions(all) == expected)
    let scratch = SelectionVector.scratch(column.count)
    let odd = scratch.base.assumingMemoryBound(to: UInt32.self)
    for index in 0..<(column.count / 2) { odd[index] = UInt32(index * 2 + 1) }
    let half = SelectionVector(scratch, count: column.count / 2)
    let some = try #require(
      FilterKernels.select(comparison, column: column, constant: constant, selection: half, count: column.count))
    #expect(Self.positions(some) == expected.filter { $0 % 2 == 1 })
    let flat = column.flattened()
    let literals = try FunctionCall.call(comparison.rawValue, [flat, constant])
    #expect(literals.enumerated().filter { $0.element == .boolean(true) }.map(\.offset) == expected)
  }

  private static func positions(_ selection: SelectionVector) -> [Int] {
    (0..<selection.count).map { Int(selection.positions[$0]) }
  }

  private static func holds(_ comparison: ComparisonOperator, _ order: Int) -> Bool {
    switch comparison {
    case .equal: order == 0
    case .notEqual: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }

  @Test func nullConstantSelectsNothing() throws {
    let column = FunctionCall.integers([1, 2, 3])
    let none = try #require(
      FilterKernels.select(.equal, column: column, constant: .allNull(.bigint, count: 3), selection: nil, count: 3))
    #expect(none.count == 0)
  }

  @Test func nestedColumnsHaveNoFastPath() {
    let type = LogicalType.array(.int)
    let column = FunctionCall.column([.array([.integer(1)])], type)
    let constant = Vector.constant(.array([.integer(1)]), type, count: 1)
    #expect(FilterKernels.select(.equal, column: column, constant: constant, selection: nil, count: 1) == nil)
  }
}
