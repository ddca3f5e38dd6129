import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// `approx_count_distinct`: HyperLogLog with the estimator of O. Ertl, "New cardinality estimation algorithms for
/// HyperLogLog sketches" (2017), which needs no bias tables.
final class DistinctSketchAccumulator: Accumulator {
  /// Index bits; a group has 2^precision registers of a byte.
  private let precision: Int
  private var registers = StateColumn<UInt8>(0)
  private var groupCount = 0
  private var hashes = StateColumn<UInt64>(0)

  /// Takes the precision that keeps the relative standard error below `relativeError`.
  init(relativeError: Double) {
    precision = min(16, max(4, Int((2 * log2(1.106 / relativeError)).rounded(.up))))
  }

  private var registerCount: Int { 1 << precision }
  var byteCount: Int { registers.byteCount + hashes.byteCount }

  func resize(groupCount: Int) {
    if groupCount <= self.groupCount { return }
    self.groupCount = groupCount
    registers.resize(groupCount * registerCount)
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    if argument.isConstantNull { return }
    hashes.resize(count)
    VectorHash.hash(argument, into: hashes.base, count: count, isFirst: true)
    let base = registers.base
    let hashes = hashes.base
    let precision = precision
    let words = argument.isConstant ? nil : argument.validity?.words
    for row in 0..<count {
      if let words, !words.isValid(row) { continue }
      let hash = Self.finalized(hashes[row])
      let register = Int(groups[row]) << precision | Int(truncatingIfNeeded: hash >> UInt64(64 - precision))
      let rank = UInt8(min((hash << UInt64(precision)).leadingZeroBitCount, 64 - precision) + 1)
      if base[register] < rank { base[register] = rank }
    }
  }

  /// The last mixing steps of MurmurHash3, so that every bit of the hash counts.
  @inline(__always)
  private static func finalized(_ hash: UInt64) -> UInt64 {
    var value = hash
    value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return value ^ value >> 33
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let theirs = try peer(other).registers.base
    for index in 0..<count {
      let source = theirs + index << precision
      let target = registers.base + Int(groups[index]) << precision
      for register in 0..<registerCount { target[register] = max(target[register], source[register]) }
    }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] {
    let builder = VectorBuilder(.binary, capacity: count)
    for group in start..<start + count {
      let first = registers.base + group << precision
      builder.append(bytes: UnsafeBufferPointer(start: first, count: registerCount))
    }
    return [builder.finish()]
  }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) {
    resize(groupCount: count)
    let views = vectors[0].slots(StringView.self)
    for group in 0..<count {
      let target = registers.base + group << precision
      views[group].withBytes { bytes in if let base = bytes.baseAddress { memcpy(target, base, bytes.count) } }
    }
  }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    try Vector.filled(.bigint, Int64.self, count: count) { estimate(start + $0) }
  }

  private func estimate(_ group: Int) -> Int64 {
    let limit = 64 - precision
    var histogram = [Double](repeating: 0, count: limit + 2)
    let base = registers.base + group << precision
    for register in 0..<registerCount { histogram[Int(base[register])] += 1 }
    let m = Double(registerCount)
    if histogram[0] == m { return 0 }
    var z = m * Self.tau(1 - histogram[limit + 1] / m)
    for rank in stride(from: limit, through: 1, by: -1) { z = 0.5 * (z + histogram[rank]) }
    z += m * Self.sigma(histogram[0] / m)
    return Int64((m * m / (2 * log(2.0)) / z).rounded())
  }

  private static func sigma(_ start: Double) -> Double {
    if start == 1 { return .infinity }
    var (x, y, z) = (start, 1.0, start)
    while true {
      x *= x
      let before = z
      z += x * y
      y += y
      if z == before { return z }
    }
  }

  private static func tau(_ start: Double) -> Double {
    if start == 0 || start == 1 { return 0 }
    var (x, y, z) = (start, 1.0, 1 - start)
    while true {
      x = x.squareRoot()
      let before = z
      y *= 0.5
      z -= (1 - x) * (1 - x) * y
      if z == before { return z / 3 }
    }
  }
}
