import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// `bool_and`, `bool_or`, `bit_and`, `bit_or` and `bit_xor`, on values widened to 64 bits.
final class BitwiseAccumulator: Accumulator {
  enum Operation: Sendable { case and, or, xor }
  private let type: LogicalType
  private let operation: Operation
  private var states: StateColumn<Int64>
  private var seen = StateColumn<UInt8>(0)

  init(_ type: LogicalType, _ operation: Operation) {
    self.type = type
    self.operation = operation
    states = StateColumn(operation == .and ? -1 : 0)
  }

  var byteCount: Int { states.byteCount + seen.byteCount }

  func resize(groupCount: Int) {
    states.resize(groupCount)
    seen.resize(groupCount)
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    switch argument.physical {
    case .bool: add(UInt8.self, argument, groups, count)
    case .int8: add(Int8.self, argument, groups, count)
    case .int16: add(Int16.self, argument, groups, count)
    case .int32: add(Int32.self, argument, groups, count)
    default: add(Int64.self, argument, groups, count)
    }
  }

  @inline(__always)
  private func add<T: FixedWidthInteger & BitwiseCopyable>(
    _ slot: T.Type, _ argument: Vector, _ groups: UnsafePointer<UInt32>, _ count: Int
  ) {
    let values = UnsafePointer(argument.slotVector.slots(T.self))
    let states = states.base
    let seen = seen.base
    let operation = operation
    argument.forEachValid(count) { row, slot in
      let group = Int(groups[row])
      let value = Int64(truncatingIfNeeded: values[slot])
      switch operation {
      case .and: states[group] &= value
      case .or: states[group] |= value
      case .xor: states[group] ^= value
      }
      seen[group] = 1
    }
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let theirs = try peer(other)
    let column = try theirs.wide(from: 0, count: count)
    add(Int64.self, column, groups, count)
  }

  private func wide(from start: Int, count: Int) throws(QueryError) -> Vector {
    try Vector.filled(.bigint, Int64.self, count: count) {
      seen.base[start + $0] == 0 ? nil : states.base[start + $0]
    }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] {
    states.words(from: start, count: count) + [seen.bytes(from: start, count: count)]
  }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) {
    states.load(words: vectors.prefix(1), count: count)
    seen.load(bytes: vectors[1], count: count)
  }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    let states = states.base + start
    let seen = seen.base + start
    switch type.physical {
    case .bool, .int8:
      return try Vector.filled(type, Int8.self, count: count) {
        seen[$0] == 0 ? nil : Int8(truncatingIfNeeded: states[$0])
      }
    case .int16:
      return try Vector.filled(type, Int16.self, count: count) {
        seen[$0] == 0 ? nil : Int16(truncatingIfNeeded: states[$0])
      }
    case .int32:
      return try Vector.filled(type, Int32.self, count: count) {
        seen[$0] == 0 ? nil : Int32(truncatingIfNeeded: states[$0])
      }
    default: return try wide(from: start, count: count)
    }
  }
}
