import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// What a statistic of one column computes from its central moments.
enum MomentStatistic: Sendable {
  case varianceSample, variancePopulation, deviationSample, deviationPopulation, skewness, kurtosis
}

/// Variance, standard deviation, skewness and kurtosis of doubles.
///
/// Central moments are updated and merged as in P. Pébay, "Formulas for Robust, One-Pass Parallel Computation of
/// Covariances and Arbitrary-Order Statistical Moments" (Sandia, 2008).
final class MomentAccumulator: Accumulator {
  private struct State: BitwiseCopyable {
    var count = 0.0
    var mean = 0.0
    var m2 = 0.0
    var m3 = 0.0
    var m4 = 0.0
  }
  private let statistic: MomentStatistic
  private var states = StateColumn(State())

  init(_ statistic: MomentStatistic) { self.statistic = statistic }

  var byteCount: Int { states.byteCount }
  func resize(groupCount: Int) { states.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let values = UnsafePointer(arguments[0].slotVector.slots(Double.self))
    let states = states.base
    if statistic == .skewness || statistic == .kurtosis {
      arguments[0].forEachValid(count) { row, slot in Self.addHigher(&states[Int(groups[row])], values[slot]) }
    } else {
      arguments[0].forEachValid(count) { row, slot in Self.add(&states[Int(groups[row])], values[slot]) }
    }
  }

  /// Two passes over a batch without NULLs, then one merge, because a division a row is slow.
  func updateSingleGroup(arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    guard argument.isFlat, argument.validity == nil, count > 0, statistic != .skewness, statistic != .kurtosis else {
      return try ZeroGroups.withZeros(count) { (groups) throws(QueryError) in
        try update(groups: groups, arguments: arguments, count: count)
      }
    }
    let values = UnsafePointer(argument.slots(Double.self))
    let mean = LaneSum.total(values, count) { $0 } / Double(count)
    let squares = LaneSum.total(values, count) { ($0 - mean) * ($0 - mean) }
    Self.merge(&states.base[0], State(count: Double(count), mean: mean, m2: squares))
  }

  @inline(__always)
  private static func add(_ state: inout State, _ value: Double) {
    state.count += 1
    let delta = value - state.mean
    state.mean += delta / state.count
    state.m2 += delta * (value - state.mean)
  }

  @inline(__always)
  private static func addHigher(_ state: inout State, _ value: Double) {
    merge(&state, State(count: 1, mean: value))
  }

  @inline(__always)
  private static func merge(_ a: inout State, _ b: State) {
    if b.count == 0 { return }
    let n = a.count + b.count
    let delta = b.mean - a.mean
    let step = delta / n
    let product = a.count * b.count
    let m4 = a.m4 + b.m4 + delta * step * step * step * product * (a.count * a.count - product + b.count * b.count)
    let m3 = a.m3 + b.m3 + delta * step * step * product * (a.count - b.count)
    a.m4 =
      m4 + 6 * step * step * (a.count * a.count * b.m2 + b.count * b.count * a.m2)
      + 4 * step * (a.count * b.m3 - b.count * a.m3)
    a.m3 = m3 + 3 * step * (a.count * b.m2 - b.count * a.m2)
    a.m2 += b.m2 + delta * step * product
    a.mean += step * b.count
    a.count = n
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let theirs = try peer(other).states.base
    for index in 0..<count { Self.merge(&states.base[Int(groups[index])], theirs[index]) }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] { states.words(from: start, count: count) }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) { states.load(words: vectors[...], count: count) }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    let states = states.base + start
    return try Vector.filled(.double, Double.self, count: count) { value(states[$0]) }
  }

  private func value(_ state: State) -> Double? {
    let n = state.count
    if n == 0 { return nil }
    switch statistic {
    case .variancePopulation: return state.m2 / n
    case .deviationPopulation: return (state.m2 / n).squareRoot()
    case .varianceSample: return n == 1 ? nil : state.m2 / (n - 1)
    case .deviationSample: return n == 1 ? nil : (state.m2 / (n - 1)).squareRoot()
    case .skewness:
      return state.m2 == 0 ? nil : n.squareRoot() * state.m3 / (state.m2 * state.m2 * state.m2).squareRoot()
    case .kurtosis: return state.m2 == 0 ? nil : n * state.m4 / (state.m2 * state.m2) - 3
    }
  }
}

/// What a statistic of two columns computes.
enum PairStatistic: Sendable {
  case covarianceSample, covariancePopulation, correlation
  case regressionCount, averageX, averageY, sumXX, sumYY, sumXY, slope, intercept, determination
}

/// Covariance, correlation and linear regression of (y, x) pairs; pairs with a NULL are skipped.
final class PairMomentAccumulator: Accumulator {
  private struct State: BitwiseCopyable {
    var count = 0.0
    var meanX = 0.0
    var meanY = 0.0
    var xx = 0.0
    var yy = 0.0
    var xy = 0.0
  }
  private let statistic: PairStatistic
  private var states = StateColumn(State())

  init(_ statistic: PairStatistic) { self.statistic = statistic }

  var byteCount: Int { states.byteCount }
  func resize(groupCount: Int) { states.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let other = arguments[1]
    let y = UnsafePointer(arguments[0].slotVector.slots(Double.self))
    let x = UnsafePointer(other.slotVector.slots(Double.self))
    let states = states.base
    arguments[0].forEachValid(count) { row, slot in
      guard other.isValid(row) else { return }
      let pair = State(count: 1, meanX: x[other.slotIndex(row)], meanY: y[slot])
      Self.merge(&states[Int(groups[row])], pair)
    }
  }

  @inline(__always)
  private static func merge(_ a: inout State, _ b: State) {
    if b.count == 0 { return }
    let n = a.count + b.count
    let dx = b.meanX - a.meanX
    let dy = b.meanY - a.meanY
    let weight = a.count * b.count / n
    a.xx += b.xx + dx * dx * weight
    a.yy += b.yy + dy * dy * weight
    a.xy += b.xy + dx * dy * weight
    a.meanX += dx * b.count / n
    a.meanY += dy * b.count / n
    a.count = n
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let theirs = try peer(other).states.base
    for index in 0..<count { Self.merge(&states.base[Int(groups[index])], theirs[index]) }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] { states.words(from: start, count: count) }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) { states.load(words: vectors[...], count: count) }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    let states = states.base + start
    if statistic == .regressionCount {
      return try Vector.filled(.bigint, Int64.self, count: count) { Int64(states[$0].count) }
    }
    return try Vector.filled(.double, Double.self, count: count) { value(states[$0]) }
  }

  private func value(_ state: State) -> Double? {
    let n = state.count
    if n == 0 { return nil }
    switch statistic {
    case .covariancePopulation: return state.xy / n
    case .covarianceSample: return n == 1 ? nil : state.xy / (n - 1)
    case .correlation:
      let spread = (state.xx * state.yy).squareRoot()
      return n == 1 || spread == 0 ? nil : state.xy / spread
    case .regressionCount: return n
    case .averageX: return state.meanX
    case .averageY: return state.meanY
    case .sumXX: return state.xx
    case .sumYY: return state.yy
    case .sumXY: return state.xy
    case .slope: return n < 2 || state.xx == 0 ? nil : state.xy / state.xx
    case .intercept: return n < 2 || state.xx == 0 ? nil : state.meanY - state.xy / state.xx * state.meanX
    case .determination:
      if n < 2 || state.xx == 0 { return nil }
      return state.yy == 0 ? 1 : state.xy * state.xy / (state.xx * state.yy)
    }
  }
}
