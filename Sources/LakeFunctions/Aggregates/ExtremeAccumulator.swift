import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// A value that `min` and `max` compare by itself.
protocol Extremal: BitwiseCopyable {
  /// No value sorts before or behind these.
  static var first: Self { get }
  static var last: Self { get }
  static func precedes(_ a: Self, _ b: Self) -> Bool
}

extension Extremal where Self: FixedWidthInteger {
  static var first: Self { .min }
  static var last: Self { .max }
  @inline(__always)
  static func precedes(_ a: Self, _ b: Self) -> Bool { a < b }
}

extension Extremal where Self: BinaryFloatingPoint {
  static var first: Self { -.infinity }
  static var last: Self { .nan }
  /// NaN is the greatest value, as in Spark.
  @inline(__always)
  static func precedes(_ a: Self, _ b: Self) -> Bool { a < b || (b != b && a == a) }
}

extension UInt8: Extremal {}
extension Int8: Extremal {}
extension Int16: Extremal {}
extension Int32: Extremal {}
extension Int64: Extremal {}
extension Int128: Extremal {}
extension Float: Extremal {}
extension Double: Extremal {}

/// Which end of the order an aggregate looks for.
enum Extreme: Sendable { case smallest, greatest }

/// `min` and `max` of fixed-width types.
final class ExtremeAccumulator: Accumulator {
  private let type: LogicalType
  private let extreme: Extreme
  private var storage: Buffer
  private var capacity = 16
  private var seen = StateColumn<UInt8>(0)

  init(_ type: LogicalType, _ extreme: Extreme) {
    self.type = type
    self.extreme = extreme
    storage = Buffer(byteCount: 16 * type.physical.width)
  }

  var byteCount: Int { storage.byteCount + seen.byteCount }

  func resize(groupCount: Int) {
    let old = seen.count
    if groupCount <= old { return }
    if groupCount > capacity {
      capacity = max(groupCount, capacity * 2)
      let larger = Buffer(byteCount: capacity * type.physical.width)
      larger.base.copyMemory(from: storage.base, byteCount: old * type.physical.width)
      storage = larger
    }
    seen.resize(groupCount)
    prepare(old..<groupCount)
  }

  private func prepare(_ groups: Range<Int>) {
    switch type.physical {
    case .bool: prepare(UInt8.self, groups)
    case .int8: prepare(Int8.self, groups)
    case .int16: prepare(Int16.self, groups)
    case .int32: prepare(Int32.self, groups)
    case .int64: prepare(Int64.self, groups)
    case .int128: prepare(Int128.self, groups)
    case .float32: prepare(Float.self, groups)
    default: prepare(Double.self, groups)
    }
  }

  @inline(__always)
  private func prepare<T: Extremal>(_ slot: T.Type, _ groups: Range<Int>) {
    let states = storage.base.assumingMemoryBound(to: T.self)
    let start = extreme == .smallest ? T.last : T.first
    for group in groups { states[group] = start }
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    switch type.physical {
    case .bool: add(UInt8.self, argument, groups, count)
    case .int8: add(Int8.self, argument, groups, count)
    case .int16: add(Int16.self, argument, groups, count)
    case .int32: add(Int32.self, argument, groups, count)
    case .int64: add(Int64.self, argument, groups, count)
    case .int128: add(Int128.self, argument, groups, count)
    case .float32: add(Float.self, argument, groups, count)
    default: add(Double.self, argument, groups, count)
    }
  }

  @inline(__always)
  private func add<T: Extremal>(
    _ slot: T.Type, _ argument: Vector, _ groups: UnsafePointer<UInt32>, _ count: Int
  ) {
    let values = UnsafePointer(argument.slotVector.slots(T.self))
    let states = storage.base.assumingMemoryBound(to: T.self)
    let seen = seen.base
    if extreme == .smallest {
      argument.forEachValid(count) { row, slot in
        let group = Int(groups[row])
        if T.precedes(values[slot], states[group]) { states[group] = values[slot] }
        seen[group] = 1
      }
    } else {
      argument.forEachValid(count) { row, slot in
        let group = Int(groups[row])
        if T.precedes(states[group], values[slot]) { states[group] = values[slot] }
        seen[group] = 1
      }
    }
  }

  func updateSingleGroup(arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    guard argument.validCount(count) > 0 else { return }
    seen.base[0] = 1
    let rows = argument.isConstant ? 1 : count
    switch type.physical {
    case .bool: addSingle(UInt8.self, argument, rows)
    case .int8: addSingle(Int8.self, argument, rows)
    case .int16: addSingle(Int16.self, argument, rows)
    case .int32: addSingle(Int32.self, argument, rows)
    case .int64: addSingle(Int64.self, argument, rows)
    case .int128: addSingle(Int128.self, argument, rows)
    case .float32: addSingle(Float.self, argument, rows)
    default: addSingle(Double.self, argument, rows)
    }
  }

  @inline(__always)
  private func addSingle<T: Extremal>(_ slot: T.Type, _ argument: Vector, _ count: Int) {
    let values = UnsafePointer(argument.slotVector.slots(T.self))
    let state = storage.base.assumingMemoryBound(to: T.self)
    var best = state[0]
    if extreme == .smallest {
      argument.forEachValid(count) { _, slot in best = T.precedes(values[slot], best) ? values[slot] : best }
    } else {
      argument.forEachValid(count) { _, slot in best = T.precedes(best, values[slot]) ? values[slot] : best }
    }
    state[0] = best
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let other = try peer(other)
    try update(groups: groups, arguments: other.states(from: 0, count: count), count: count)
  }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector { copies(from: start, count: count) }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] { [copies(from: start, count: count)] }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) {
    resize(groupCount: count)
    let numbers = Buffer(byteCount: count * 4)
    let groups = numbers.base.assumingMemoryBound(to: UInt32.self)
    for group in 0..<count { groups[group] = UInt32(truncatingIfNeeded: group) }
    try update(groups: groups, arguments: vectors, count: count)
    withExtendedLifetime(numbers) {}
  }

  /// A copy of the states; groups without rows are NULL.
  private func copies(from start: Int, count: Int) -> Vector {
    let width = type.physical.width
    let copy = Buffer(byteCount: count * width)
    copy.base.copyMemory(from: storage.base + start * width, byteCount: count * width)
    return Vector(
      type: type, encoding: .flat, count: count, owner: copy, validity: seen.mask(from: start, count: count))
  }
}

extension StateColumn where T == UInt8 {
  /// A mask of the states that are not 0; nil if none is 0.
  func mask(from start: Int, count: Int) -> ValidityMask? {
    var mask: ValidityMask?
    for index in 0..<count where base[start + index] == 0 {
      if mask == nil { mask = ValidityMask(count: count, allValid: true) }
      mask?.setNull(index)
    }
    return mask
  }
}
