import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// `percentile`, `median` and `percentile_approx`: all keep every value, so that the results are exact.
final class PercentileAccumulator: Accumulator {
  enum Method: Sendable {
    /// Between the two nearest values, as a double.
    case interpolated
    /// The smallest value that at least that fraction of the values does not exceed.
    case discrete
  }
  struct Request: Sendable {
    var method: Method
    /// From 0 to 1.
    var fractions: [Double]
    /// One result a fraction rather than a single value.
    var isArray: Bool
    /// The type of the values, and of each result where the method is discrete.
    var type: LogicalType
    /// Whether a second argument says how often each value counts.
    var hasFrequency = false
  }
  private let request: Request
  private var log: ValueLog
  private var chains = EntryChains()
  private var weights = StateColumn<Int64>(1)

  init(_ request: Request) {
    self.request = request
    log = ValueLog(request.type)
  }

  var byteCount: Int { log.byteCount + chains.byteCount + weights.byteCount }
  func resize(groupCount: Int) { chains.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let source = arguments[0].slotVector
    if request.hasFrequency { return try addWeighted(groups, arguments, count) }
    arguments[0].forEachValid(count) { row, slot in
      log.append(slot: slot, of: source)
      chains.append(to: Int(groups[row]))
    }
  }

  private func addWeighted(
    _ groups: UnsafePointer<UInt32>, _ arguments: [Vector], _ count: Int
  ) throws(QueryError) {
    let frequencies = arguments[arguments.count - 1]
    for row in 0..<count where arguments[0].isValid(row) && frequencies.isValid(row) {
      let weight = frequencies.slotVector.slots(Int64.self)[frequencies.slotIndex(row)]
      if weight < 0 {
        throw QueryError(.invalidParameter, .execute, "the frequency of a percentile must not be negative: \(weight)")
      }
      if weight == 0 { continue }
      log.append(arguments[0], row: row)
      weights.append(weight)
      chains.append(to: Int(groups[row]))
    }
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let other = try peer(other)
    let theirs = other.log.allValues()
    for index in 0..<count {
      other.chains.forEach(index) { entry in
        log.append(slot: entry, of: theirs)
        if request.hasFrequency { weights.append(other.weights.base[entry]) }
        chains.append(to: Int(groups[index]))
      }
    }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] {
    let values = chains.lists(of: &log, from: start, count: count)
    guard request.hasFrequency else { return [values] }
    let (entries, lists, total) = chains.entries(from: start, count: count)
    let numbers = entries.base.assumingMemoryBound(to: UInt32.self)
    let elements = try Vector.filled(.bigint, Int64.self, count: total) { weights.base[Int(numbers[$0])] }
    withExtendedLifetime(entries) {}
    let type = LogicalType.array(element: .bigint, containsNull: false)
    return [values, Vector(type: type, encoding: .flat, count: count, owner: lists, children: [elements])]
  }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) {
    chains.load(vectors[0], into: &log)
    guard request.hasFrequency else { return }
    let elements = vectors[1].children[0].flattened()
    vectors[1].forEachElement { _, element in weights.append(elements.slots(Int64.self)[element]) }
  }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    let element: LogicalType = request.method == .interpolated ? .double : request.type
    let builder = VectorBuilder(request.isArray ? .array(element: element, containsNull: false) : element)
    for group in start..<start + count {
      if chains.count(group) == 0 {
        builder.appendNull()
      } else if request.type.physical == .int128 {
        try appendWide(group, builder)
      } else {
        try append(group, builder)
      }
    }
    return builder.finish()
  }

  private func append(_ group: Int, _ builder: VectorBuilder) throws(QueryError) {
    var keys: [Int64] = []
    keys.reserveCapacity(chains.count(group))
    let physical = request.type.physical
    chains.forEach(group) { keys.append(OrderKey.key(log.bits($0), physical)) }
    let values = try OrderedValues(&keys, weights: groupWeights(group))
    let target = request.isArray ? builder.children[0] : builder
    for fraction in request.fractions {
      if request.method == .interpolated {
        let (low, high, share) = values.around(fraction)
        target.append(double: Self.blend(OrderKey.double(low), OrderKey.double(high), share))
      } else {
        OrderKey.append(values.discrete(fraction), physical, to: target)
      }
    }
    if request.isArray { builder.appendList(count: request.fractions.count) }
  }

  private func appendWide(_ group: Int, _ builder: VectorBuilder) throws(QueryError) {
    var keys: [Int128] = []
    chains.forEach(group) { entry in
      let slot = log.slot(entry)
      keys.append(Int128(Int64(bitPattern: slot.tail)) << 64 | Int128(slot.head))
    }
    let values = try OrderedValues(&keys, weights: groupWeights(group))
    let target = request.isArray ? builder.children[0] : builder
    for fraction in request.fractions { target.append(int128: values.discrete(fraction)) }
    if request.isArray { builder.appendList(count: request.fractions.count) }
  }

  private func groupWeights(_ group: Int) -> [Int64]? {
    guard request.hasFrequency else { return nil }
    var result: [Int64] = []
    chains.forEach(group) { result.append(weights.base[$0]) }
    return result
  }

  private static func blend(_ low: Double, _ high: Double, _ share: Double) -> Double {
    share == 0 || low == high ? low : (1 - share) * low + share * high
  }
}

/// Sorted values, each counting once or by its weight.
private struct OrderedValues<Key: Comparable> {
  private let keys: [Key]
  /// Values up to and including each, if weighted.
  private let cumulated: [Int64]?

  init(_ values: inout [Key], weights: [Int64]?) throws(QueryError) {
    guard let weights else {
      values.sort()
      keys = values
      cumulated = nil
      return
    }
    let order = values.indices.sorted { values[$0] < values[$1] }
    keys = order.map { values[$0] }
    var sums: [Int64] = []
    for index in order {
      let (sum, overflow) = (sums.last ?? 0).addingReportingOverflow(weights[index])
      if overflow {
        throw QueryError(
          .numericOverflow, .execute, "the frequencies of a percentile have a sum of more than 64 bits")
      }
      sums.append(sum)
    }
    cumulated = sums
  }

  private var total: Int64 { cumulated?.last ?? Int64(keys.count) }

  /// The value at a position counted from 0.
  private func value(at position: Int64) -> Key {
    guard let cumulated else { return keys[Int(position)] }
    var low = 0
    var high = keys.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulated[middle] > position { high = middle } else { low = middle + 1 }
    }
    return keys[low]
  }

  /// The values on both sides of a fraction's position, and how far it lies from the first.
  func around(_ fraction: Double) -> (low: Key, high: Key, share: Double) {
    let position = Double(total - 1) * fraction
    let low = position.rounded(.down)
    return (value(at: bounded(low)), value(at: bounded(position.rounded(.up))), position - low)
  }

  func discrete(_ fraction: Double) -> Key {
    value(at: max(0, bounded((fraction * Double(total)).rounded(.up)) - 1))
  }

  /// A whole number as a position; beyond 2^53 it may have been rounded behind the last.
  private func bounded(_ position: Double) -> Int64 { min(total, Int64(exactly: position) ?? .max) }
}

/// Maps values of up to 64 bits to integers that sort in the same order.
enum OrderKey {
  @inline(__always)
  static func key(_ bits: UInt64, _ physical: PhysicalType) -> Int64 {
    switch physical {
    case .bool: Int64(bits)
    case .int8: Int64(Int8(truncatingIfNeeded: bits))
    case .int16: Int64(Int16(truncatingIfNeeded: bits))
    case .int32: Int64(Int32(truncatingIfNeeded: bits))
    case .float32: key(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case .float64: key(Double(bitPattern: bits))
    default: Int64(bitPattern: bits)
    }
  }

  @inline(__always)
  private static func key(_ value: Double) -> Int64 {
    let bits = Int64(bitPattern: OrderedDouble(value: value).normalizedBits)
    return bits < 0 ? bits ^ .max : bits
  }

  /// The double that a key was made of.
  static func double(_ key: Int64) -> Double { Double(bitPattern: UInt64(bitPattern: key < 0 ? key ^ .max : key)) }

  static func append(_ key: Int64, _ physical: PhysicalType, to builder: VectorBuilder) {
    switch physical {
    case .float32: builder.append(float: Float(double(key)))
    case .float64: builder.append(double: double(key))
    default: builder.append(integer: key)
    }
  }
}
