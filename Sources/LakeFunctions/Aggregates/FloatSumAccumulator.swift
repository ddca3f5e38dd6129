import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// `sum` and `avg` of floats and doubles, in double precision.
///
/// Without groups, doubles are added in 16 lanes (row i in lane i % 16, lanes then pairwise), so last digits may
/// differ from a sum in row order.
final class FloatSumAccumulator: Accumulator {
  private struct State: BitwiseCopyable {
    var sum: Double = 0
    var rows: Int64 = 0
  }
  private let isAverage: Bool
  private var states = StateColumn(State())

  init(isAverage: Bool) { self.isAverage = isAverage }

  var byteCount: Int { states.byteCount }
  func resize(groupCount: Int) { states.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    if argument.physical == .float32 {
      add(Float.self, argument, groups, count)
    } else {
      add(Double.self, argument, groups, count)
    }
  }

  @inline(__always)
  private func add<T: BinaryFloatingPoint & BitwiseCopyable>(
    _ slot: T.Type, _ argument: Vector, _ groups: UnsafePointer<UInt32>, _ count: Int
  ) {
    let values = UnsafePointer(argument.slotVector.slots(T.self))
    let states = states.base
    argument.forEachValid(count) { row, slot in
      let group = Int(groups[row])
      states[group].sum += Double(values[slot])
      states[group].rows &+= 1
    }
  }

  func updateSingleGroup(arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    if argument.physical == .float64, argument.isFlat, argument.validity == nil {
      states.base[0].sum += LaneSum.total(UnsafePointer(argument.slots(Double.self)), count) { $0 }
      states.base[0].rows &+= Int64(count)
    } else if argument.physical == .float64, argument.isFlat, let words = argument.validity?.words {
      states.base[0].sum += LaneSum.total(UnsafePointer(argument.slots(Double.self)), words, count)
      states.base[0].rows &+= Int64(argument.validCount(count))
    } else {
      try ZeroGroups.withZeros(count) { (groups) throws(QueryError) in
        try update(groups: groups, arguments: arguments, count: count)
      }
    }
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let theirs = try peer(other).states.base
    for index in 0..<count {
      states.base[Int(groups[index])].sum += theirs[index].sum
      states.base[Int(groups[index])].rows &+= theirs[index].rows
    }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] { states.words(from: start, count: count) }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) { states.load(words: vectors[...], count: count) }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    let states = states.base + start
    return try Vector.filled(.double, Double.self, count: count) { index in
      if states[index].rows == 0 { return nil }
      return isAverage ? states[index].sum / Double(states[index].rows) : states[index].sum
    }
  }
}
