import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

/// A generator of test data; the same seed gives the same data.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}

/// Random columns of one type in a given encoding.
struct ColumnMaker {
  enum Encoding: CaseIterable { case dense, nullable, constant, constantNull, dictionary, nullableDictionary }
  var type: LogicalType
  var random: SplitMix

  mutating func literal() -> Literal {
    let small = Int64.random(in: -20...20, using: &random)
    switch type {
    case .boolean: return .boolean(small > 0)
    case .float: return .float(Float(small) / 4)
    case .double: return .double(Double(small) / 8)
    case .decimal(let precision, _):
      return .decimal(Int128(small) * (precision > 18 ? 1_000_000_000_000_000_000_000 : precision > 9 ? 1_000_003 : 37))
    case .string: return .string(small > 5 ? "a longer text, number \(small)" : "t\(small)")
    case .binary: return .binary([UInt8(truncatingIfNeeded: small), 1])
    case .date: return .date(Int32(small * 100))
    case .timestamp, .timestampNTZ: return .timestamp(small * 3_600_000_000)
    case .array: return .array((0..<abs(small) % 4).map { .integer($0 * small % 5) })
    case .struct: return .struct([.integer(small % 3), .string("s\(small % 4)")])
    default: return .integer(small)
    }
  }

  mutating func column(_ encoding: Encoding, count: Int) -> Vector {
    switch encoding {
    case .constant: return .constant(literal(), type, count: count)
    case .constantNull: return .allNull(type, count: count)
    case .dictionary, .nullableDictionary:
      if type.isNested { return flat(count, nulls: encoding == .nullableDictionary) }
      return dictionary(count, nulls: encoding == .nullableDictionary)
    default: return flat(count, nulls: encoding == .nullable)
    }
  }

  private mutating func flat(_ count: Int, nulls: Bool) -> Vector {
    let builder = VectorBuilder(type, capacity: count)
    for _ in 0..<count { builder.append(nulls && Bool.random(using: &random) ? .null : literal()) }
    return builder.finish()
  }

  private mutating func dictionary(_ count: Int, nulls: Bool) -> Vector {
    let values = flat(9, nulls: false)
    let codes = Buffer(byteCount: count * 4)
    for row in 0..<count {
      codes.base.assumingMemoryBound(to: UInt32.self)[row] = UInt32.random(in: 0..<9, using: &random)
    }
    guard nulls else { return .dictionary(values, codes: codes, count: count) }
    let mask = ValidityMask(count: count, allValid: true)
    for row in 0..<count where UInt8.random(in: 0..<3, using: &random) == 0 { mask.setNull(row) }
    return .dictionary(values, codes: codes, count: count, validity: mask)
  }
}

/// Runs an aggregate in all the ways an executor may, and compares with a naive computation over literals.
struct AggregateRun {
  var name: String
  var types: [LogicalType]
  /// Constant arguments behind the columns.
  var constants: [Argument] = []
  /// The result for the rows of a group, each a list of arguments.
  var naive: ([[Literal]]) -> Literal

  private static let groupCount = 7
  private static let rowCount = 130

  func check() throws {
    var random = SplitMix(state: 42)
    for encoding in ColumnMaker.Encoding.allCases {
      var batches: [[Vector]] = []
      var groups: [[UInt32]] = []
      for _ in 0..<3 {
        batches.append(
          types.map { type in
            var maker = ColumnMaker(type: type, random: SplitMix(state: random.next()))
            return maker.column(encoding, count: Self.rowCount)
          })
        groups.append((0..<Self.rowCount).map { _ in UInt32.random(in: 0..<UInt32(Self.groupCount), using: &random) })
      }
      try checkGrouped(batches, groups, "\(name) of \(types), \(encoding)")
      try checkSingle(batches, "\(name) of \(types), \(encoding)")
    }
  }

  private func overload() throws(QueryError) -> AggregateOverload {
    guard let function = FunctionRegistry.aggregate(name) else { throw FunctionRegistry.unknown(name) }
    let arguments =
      types.map { FunctionArgument($0) } + constants.map { FunctionArgument($0.type, constant: $0.literal) }
    return try function.resolve(arguments)
  }

  private func arguments(_ batch: [Vector], _ overload: AggregateOverload) throws(QueryError) -> [Vector] {
    var result: [Vector] = []
    for (index, column) in batch.enumerated() {
      result.append(try cast(column, to: overload.argumentTypes[index], Session.context))
    }
    for (index, constant) in constants.enumerated() {
      let vector = Vector.constant(constant.literal, constant.type, count: batch.first?.count ?? 0)
      result.append(try cast(vector, to: overload.argumentTypes[batch.count + index], Session.context))
    }
    return result
  }

  private func checkGrouped(_ batches: [[Vector]], _ groups: [[UInt32]], _ title: String) throws {
    let overload = try overload()
    let whole = overload.makeAccumulator(Session.context)
    let first = overload.makeAccumulator(Session.context)
    let second = overload.makeAccumulator(Session.context)
    // One group more than rows use, which stays empty.
    for accumulator in [whole, first, second] { accumulator.resize(groupCount: Self.groupCount + 1) }
    for (index, batch) in batches.enumerated() {
      let columns = try arguments(batch, overload)
      try whole.update(groups: groups[index], arguments: columns, count: Self.rowCount)
      let reversed = groups[index].map { UInt32(Self.groupCount) - 1 - $0 }
      if index == 0 {
        try first.update(groups: groups[index], arguments: columns, count: Self.rowCount)
      } else {
        try second.update(groups: reversed, arguments: columns, count: Self.rowCount)
      }
    }
    let mapping = (0..<Self.groupCount).map { UInt32(Self.groupCount - 1 - $0) } + [UInt32(Self.groupCount)]
    try first.merge(second, groups: mapping, count: Self.groupCount + 1)
    let results = [
      try whole.results(from: 0, count: Self.groupCount + 1), try first.results(from: 0, count: Self.groupCount + 1),
    ]
    let part = try whole.results(from: 3, count: 2)
    for group in 0...Self.groupCount {
      let expected = naive(rows(batches, groups, of: group))
      for result in results { expect(result.literal(at: group), expected, title, overload) }
      if group == 3 || group == 4 { expect(part.literal(at: group - 3), expected, title, overload) }
    }
  }

  private func checkSingle(_ batches: [[Vector]], _ title: String) throws {
    let overload = try overload()
    let accumulator = overload.makeAccumulator(Session.context)
    accumulator.resize(groupCount: 1)
    for batch in batches {
      try accumulator.updateSingleGroup(arguments: arguments(batch, overload), count: Self.rowCount)
    }
    let all = batches.map { _ in [UInt32](repeating: 0, count: Self.rowCount) }
    expect(try accumulator.results(from: 0, count: 1).literal(at: 0), naive(rows(batches, all, of: 0)), title, overload)
  }

  private func rows(_ batches: [[Vector]], _ groups: [[UInt32]], of group: Int) -> [[Literal]] {
    var rows: [[Literal]] = []
    for (batch, numbers) in zip(batches, groups) {
      for row in 0..<Self.rowCount where Int(numbers[row]) == group { rows.append(batch.map { $0.literal(at: row) }) }
    }
    return rows
  }

  private func expect(_ actual: Literal, _ expected: Literal, _ title: String, _ overload: AggregateOverload) {
    if case .double(let a) = actual, case .double(let b) = expected {
      #expect(a == b || abs(a - b) <= 1e-9 * max(1, abs(b)), "\(title): \(a) is not \(b)")
    } else {
      #expect(actual == expected, "\(title)")
    }
  }
}

/// The result of an aggregate over some rows of one argument (and constants), as text.
func aggregate(
  _ name: String, _ rows: [Argument], _ constants: Argument..., context: EvaluationContext = Session.context
) throws(QueryError) -> String {
  guard let function = FunctionRegistry.aggregate(name) else { throw FunctionRegistry.unknown(name) }
  let type = TypeCoercion.commonType(rows.map(\.type)) ?? .void
  let builder = VectorBuilder(type, capacity: rows.count)
  for row in rows { builder.append(row.literal) }
  let arguments = [FunctionArgument(type)] + constants.map { FunctionArgument($0.type, constant: $0.literal) }
  let overload = try function.resolve(arguments)
  var columns = [try cast(builder.finish(), to: overload.argumentTypes[0], context)]
  for (index, constant) in constants.enumerated() {
    let vector = Vector.constant(constant.literal, constant.type, count: rows.count)
    columns.append(try cast(vector, to: overload.argumentTypes[index + 1], context))
  }
  let accumulator = overload.makeAccumulator(context)
  accumulator.resize(groupCount: 1)
  try accumulator.updateSingleGroup(arguments: columns, count: rows.count)
  let result = try accumulator.results(from: 0, count: 1)
  guard case .string(let text) = try cast(result, to: .string, context).literal(at: 0) else { return "NULL" }
  return text
}
