import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// `count`: rows in which no argument is NULL; all rows if there are no arguments.
final class CountAccumulator: Accumulator {
  /// What makes a row count.
  enum Condition {
    case allValid
    /// The boolean argument is true (`count_if`).
    case isTrue
  }
  private let condition: Condition
  private var counts = StateColumn<Int64>(0)

  init(_ condition: Condition = .allValid) { self.condition = condition }

  var byteCount: Int { counts.byteCount }
  func resize(groupCount: Int) { counts.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let counts = counts.base
    if condition == .isTrue, let argument = arguments.first {
      let values = argument.slotVector.slots(UInt8.self)
      argument.forEachValid(count) { row, slot in counts[Int(groups[row])] &+= Int64(values[slot]) }
    } else if arguments.contains(where: \.isConstantNull) {
      return
    } else if let mask = Self.jointMask(arguments, count) {
      mask.words.forEachSet(count) { counts[Int(groups[$0])] &+= 1 }
    } else {
      for row in 0..<count { counts[Int(groups[row])] &+= 1 }
    }
  }

  func updateSingleGroup(arguments: [Vector], count: Int) throws(QueryError) {
    if condition == .isTrue, let argument = arguments.first {
      let values = argument.slotVector.slots(UInt8.self)
      var total: Int64 = 0
      argument.forEachValid(count) { _, slot in total &+= Int64(values[slot]) }
      counts.base[0] &+= total
    } else if !arguments.contains(where: \.isConstantNull) {
      counts.base[0] &+= Int64(Self.jointMask(arguments, count)?.validCount(count) ?? count)
    }
  }

  private static func jointMask(_ arguments: [Vector], _ count: Int) -> ValidityMask? {
    var mask: ValidityMask?
    for argument in arguments where !argument.isConstant {
      mask = ValidityMask.and(mask, argument.validity, count: count)
    }
    return mask
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let theirs = try peer(other).counts.base
    for group in 0..<count { counts.base[Int(groups[group])] &+= theirs[group] }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] { counts.words(from: start, count: count) }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) { counts.load(words: vectors[...], count: count) }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    let counts = counts.base + start
    return try Vector.filled(.bigint, Int64.self, count: count) { counts[$0] }
  }
}
