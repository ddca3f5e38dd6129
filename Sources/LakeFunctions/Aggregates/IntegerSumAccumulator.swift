import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// `sum` and `avg` of what is stored in up to 64 bits: integers, decimals to 18 digits, intervals.
///
/// Totals are exact: 64 bits a group, plus a column of carries that exists once one has wrapped.
final class IntegerSumAccumulator: Accumulator {
  private struct State: BitwiseCopyable {
    var sum: Int64 = 0
    var rows: Int64 = 0
  }
  private let result: SumResult
  private var states = StateColumn(State())
  private var carries: StateColumn<Int64>?

  init(_ result: SumResult) { self.result = result }

  var byteCount: Int { states.byteCount + (carries?.byteCount ?? 0) }

  func resize(groupCount: Int) {
    states.resize(groupCount)
    carries?.resize(groupCount)
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    switch argument.physical {
    case .int8: add(Int8.self, argument, groups, count)
    case .int16: add(Int16.self, argument, groups, count)
    case .int32: add(Int32.self, argument, groups, count)
    case .int64: add(Int64.self, argument, groups, count)
    default: throw .internal("sum of \(argument.type) as an integer")
    }
  }

  @inline(__always)
  private func add<T: FixedWidthInteger & BitwiseCopyable>(
    _ slot: T.Type, _ argument: Vector, _ groups: UnsafePointer<UInt32>, _ count: Int
  ) {
    let values = UnsafePointer(argument.slotVector.slots(T.self))
    let states = states.base
    argument.forEachValid(count) { row, slot in
      let group = Int(groups[row])
      let value = Int64(truncatingIfNeeded: values[slot])
      let (sum, overflow) = states[group].sum.addingReportingOverflow(value)
      states[group].sum = sum
      states[group].rows &+= 1
      if overflow { carry(group, value < 0 ? -1 : 1) }
    }
  }

  @inline(never)
  private func carry(_ group: Int, _ change: Int64) {
    if carries == nil {
      carries = StateColumn(0)
      carries?.resize(states.count)
    }
    carries?.base[group] &+= change
  }

  func updateSingleGroup(arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    let total: Int128
    switch argument.physical {
    case .int8: total = Self.total(Int8.self, argument, count)
    case .int16: total = Self.total(Int16.self, argument, count)
    case .int32: total = Self.total(Int32.self, argument, count)
    case .int64: total = Self.total(Int64.self, argument, count)
    default: throw .internal("sum of \(argument.type) as an integer")
    }
    add(total, rows: Int64(argument.validCount(count)), to: 0)
  }

  /// Sums the halves apart, which can't overflow within 2^31 rows and vectorises.
  @inline(__always)
  private static func total<T: FixedWidthInteger & BitwiseCopyable>(
    _ slot: T.Type, _ argument: Vector, _ count: Int
  ) -> Int128 {
    let values = UnsafePointer(argument.slotVector.slots(T.self))
    if argument.isConstant {
      return argument.isConstantNull ? 0 : Int128(truncatingIfNeeded: values[0]) &* Int128(count)
    }
    var low: UInt64 = 0
    var high: Int64 = 0
    argument.forEachValid(count) { _, slot in
      let value = Int64(truncatingIfNeeded: values[slot])
      low &+= UInt64(UInt32(truncatingIfNeeded: value))
      high &+= value >> 32
    }
    return Int128(high) << 32 &+ Int128(low)
  }

  private func total(_ group: Int) -> Int128 {
    let sum = Int128(states.base[group].sum)
    guard let carries else { return sum }
    return sum &+ Int128(carries.base[group]) << 64
  }

  private func add(_ change: Int128, rows: Int64, to group: Int) {
    let new = total(group) &+ change
    let low = Int64(truncatingIfNeeded: new)
    let high = Int64(truncatingIfNeeded: (new &- Int128(low)) >> 64)
    let old = carries?.base[group] ?? 0
    states.base[group].sum = low
    states.base[group].rows &+= rows
    if high != old { carry(group, high &- old) }
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let other = try peer(other)
    for group in 0..<count {
      add(other.total(group), rows: other.states.base[group].rows, to: Int(groups[group]))
    }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] {
    let high = try Vector.filled(.bigint, Int64.self, count: count) { carries?.base[start + $0] ?? 0 }
    return states.words(from: start, count: count) + [high]
  }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) {
    states.load(words: vectors.dropLast(), count: count)
    let high = vectors[vectors.count - 1].slots(Int64.self)
    for group in 0..<count where high[group] != 0 { carry(group, high[group]) }
  }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    try result.vector(count: count, { total(start + $0) }, { states.base[start + $0].rows })
  }
}

/// `sum` and `avg` of decimals beyond 18 digits.
final class WideSumAccumulator: Accumulator {
  private struct State: BitwiseCopyable {
    var sum: Int128 = 0
    var rows: Int64 = 0
    /// Not 0 once the sum has left 128 bits.
    var overflowed: UInt64 = 0
  }
  private let result: SumResult
  private var states = StateColumn(State())

  init(_ result: SumResult) { self.result = result }

  var byteCount: Int { states.byteCount }
  func resize(groupCount: Int) { states.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let values = UnsafePointer(arguments[0].slotVector.slots(Int128.self))
    let states = states.base
    arguments[0].forEachValid(count) { row, slot in
      let group = Int(groups[row])
      let (sum, overflow) = states[group].sum.addingReportingOverflow(values[slot])
      states[group].sum = sum
      states[group].rows &+= 1
      states[group].overflowed |= UInt64(truncatingIfNeeded: bit(overflow))
    }
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let theirs = try peer(other).states.base
    let mine = states.base
    for index in 0..<count {
      let group = Int(groups[index])
      let (sum, overflow) = mine[group].sum.addingReportingOverflow(theirs[index].sum)
      mine[group].sum = sum
      mine[group].rows &+= theirs[index].rows
      mine[group].overflowed |= theirs[index].overflowed | UInt64(truncatingIfNeeded: bit(overflow))
    }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] { states.words(from: start, count: count) }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) { states.load(words: vectors[...], count: count) }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    let states = states.base + start
    return try result.vector(
      count: count, { states[$0].overflowed == 0 ? states[$0].sum : nil }, { states[$0].rows })
  }
}
