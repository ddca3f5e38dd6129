import LakeColumnar
import LakeDiagnostics
import LakePlan
import LakeTypes

/// For each row its frame, as a half-open range of rows of its partition.
final class FrameBounds {
  private let storage: Buffer
  let start: UnsafeMutablePointer<Int32>
  let end: UnsafeMutablePointer<Int32>

  init(count: Int) throws(QueryError) {
    storage = try .allocated(byteCount: count * 8, for: "window")
    start = storage.base.assumingMemoryBound(to: Int32.self)
    end = start + count
  }
}

/// Finds the frames of the rows of one partition.
struct FrameCalculator {
  let frame: BoundFrame
  let count: Int
  let peerStart: UnsafeMutablePointer<Int32>
  let peerEnd: UnsafeMutablePointer<Int32>
  /// The values that the partition is ordered by, if that is one key.
  let key: Vector?
  let isDescending: Bool

  /// Writes the frames; an empty one has start == end.
  func write(
    to start: UnsafeMutablePointer<Int32>, _ end: UnsafeMutablePointer<Int32>
  ) throws(QueryError) {
    switch frame.unit {
    case .rows:
      try writeRows(frame.start, isStart: true, to: start)
      try writeRows(frame.end, isStart: false, to: end)
    case .range:
      try writeRange(frame.start, isStart: true, to: start)
      try writeRange(frame.end, isStart: false, to: end)
    case .groups:
      let groups = PeerGroups(count: count, peerStart: peerStart, peerEnd: peerEnd)
      try writeGroups(frame.start, isStart: true, groups, to: start)
      try writeGroups(frame.end, isStart: false, groups, to: end)
    }
    for row in 0..<count where end[row] < start[row] { end[row] = start[row] }
  }

  private func fill(_ value: Int, _ target: UnsafeMutablePointer<Int32>) {
    target.initialize(repeating: Int32(value), count: count)
  }

  // MARK: ROWS

  private func writeRows(
    _ bound: BoundFrame.Bound, isStart: Bool, to target: UnsafeMutablePointer<Int32>
  ) throws(QueryError) {
    let behind = isStart ? 0 : 1
    switch bound {
    case .unboundedPreceding: fill(0, target)
    case .unboundedFollowing: fill(count, target)
    case .currentRow: for row in 0..<count { target[row] = Int32(row + behind) }
    case .preceding(let offset):
      let distance = min(try Self.distance(offset), count + 1)
      for row in 0..<count { target[row] = Int32(max(0, row + behind - distance)) }
    case .following(let offset):
      let distance = min(try Self.distance(offset), count + 1)
      for row in 0..<count { target[row] = Int32(min(count, row + behind + distance)) }
    }
  }

  private static func distance(_ offset: TypedLiteral) throws(QueryError) -> Int {
    guard case .integer(let value) = offset.value, value >= 0 else {
      throw .internal("a frame of rows has an offset that is no number of rows")
    }
    return Int(value)
  }

  // MARK: GROUPS

  private func writeGroups(
    _ bound: BoundFrame.Bound, isStart: Bool, _ groups: PeerGroups, to target: UnsafeMutablePointer<Int32>
  ) throws(QueryError) {
    let distance: Int
    switch bound {
    case .unboundedPreceding: return fill(0, target)
    case .unboundedFollowing: return fill(count, target)
    case .currentRow: distance = 0
    case .preceding(let offset): distance = -min(try Self.distance(offset), count + 1)
    case .following(let offset): distance = min(try Self.distance(offset), count + 1)
    }
    for row in 0..<count {
      let group = groups.number[row] + distance
      target[row] = isStart ? groups.start(of: group) : groups.end(of: group)
    }
  }

  // MARK: RANGE

  private func writeRange(
    _ bound: BoundFrame.Bound, isStart: Bool, to target: UnsafeMutablePointer<Int32>
  ) throws(QueryError) {
    switch bound {
    case .unboundedPreceding: fill(0, target)
    case .unboundedFollowing: fill(count, target)
    case .currentRow: target.update(from: isStart ? peerStart : peerEnd, count: count)
    case .preceding(let offset): try writeRange(offset, isBackwards: true, isStart: isStart, to: target)
    case .following(let offset): try writeRange(offset, isBackwards: false, isStart: isStart, to: target)
    }
  }

  private func writeRange(
    _ offset: TypedLiteral, isBackwards: Bool, isStart: Bool, to target: UnsafeMutablePointer<Int32>
  ) throws(QueryError) {
    guard let key else {
      throw QueryError(.invalidParameter, .execute, "a RANGE frame with an offset needs exactly one ORDER BY key")
    }
    // In the order of the partition: keys of a descending order count backwards.
    let scale = try RangeScale(key: key.type, offset: offset, isBackwards: isBackwards != isDescending)
    let sign: Double = isDescending ? -1 : 1
    let known = (0..<count).filter { key.isValid($0) }
    let values = known.map { scale.value(key, $0) * RangeNumber(sign) }
    for row in 0..<count { target[row] = isStart ? peerStart[row] : peerEnd[row] }
    guard let first = known.first else { return }
    for row in known {
      let wanted = scale.shifted(key, row) * RangeNumber(sign)
      let found = isStart ? Self.firstNotLess(values, wanted) : Self.firstGreater(values, wanted)
      target[row] = Int32(first + found)
    }
  }

  private static func firstNotLess(_ values: [RangeNumber], _ wanted: RangeNumber) -> Int {
    partitionPoint(values) { $0 < wanted }
  }

  private static func firstGreater(_ values: [RangeNumber], _ wanted: RangeNumber) -> Int {
    partitionPoint(values) { !(wanted < $0) }
  }

  private static func partitionPoint(_ values: [RangeNumber], _ isBefore: (RangeNumber) -> Bool) -> Int {
    var (low, high) = (0, values.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(values[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// The peer groups of a partition by number.
private struct PeerGroups {
  /// The group of each row.
  private(set) var number: [Int] = []
  private var bounds: [Int32] = []

  init(count: Int, peerStart: UnsafeMutablePointer<Int32>, peerEnd: UnsafeMutablePointer<Int32>) {
    for row in 0..<count {
      if Int(peerStart[row]) == row { bounds.append(Int32(row)) }
      number.append(bounds.count - 1)
    }
    bounds.append(Int32(count))
  }

  /// Groups before the first start at 0, groups behind the last at the end.
  func start(of group: Int) -> Int32 { bounds[min(max(group, 0), bounds.count - 1)] }
  func end(of group: Int) -> Int32 { bounds[min(max(group + 1, 0), bounds.count - 1)] }
}

/// A key of a RANGE frame as a number: exact, or floating.
private enum RangeNumber {
  case exact(Int128)
  case floating(Double)

  init(_ sign: Double) { self = .floating(sign) }

  static func * (value: RangeNumber, sign: RangeNumber) -> RangeNumber {
    guard case .floating(let factor) = sign else { return value }
    switch value {
    case .exact(let number): return .exact(factor < 0 ? -number : number)
    case .floating(let number): return .floating(number * factor)
    }
  }

  static func < (a: RangeNumber, b: RangeNumber) -> Bool {
    switch (a, b) {
    case (.exact(let x), .exact(let y)): x < y
    case (.floating(let x), .floating(let y)): x < y
    default: false
    }
  }
}

/// How keys and offsets of a RANGE frame become numbers.
private struct RangeScale {
  private enum Offset {
    case exact(Int128)
    case floating(Double)
    case months(Int)
  }

  private let offset: Offset
  private let isDate: Bool
  private let countsMicroseconds: Bool
  private static let microsecondsPerDay: Int128 = 86_400_000_000

  init(key: LogicalType, offset: TypedLiteral, isBackwards: Bool) throws(QueryError) {
    isDate = key == .date
    countsMicroseconds = isDate && offset.type == .intervalDayTime
    let sign: Int128 = isBackwards ? -1 : 1
    switch (offset.value, offset.type) {
    case (.integer(let months), .intervalYearMonth): self.offset = .months(Int(months) * Int(sign))
    case (.integer(let value), _): self.offset = .exact(Int128(value) * sign)
    case (.decimal(let value), _): self.offset = .exact(value * sign)
    case (.float(let value), _): self.offset = .floating(Double(value) * Double(sign))
    case (.double(let value), _): self.offset = .floating(value * Double(sign))
    default: throw QueryError(.datatypeMismatch, .execute, "a RANGE frame can't be offset by \(offset.type)")
    }
  }

  /// The key of a row.
  func value(_ key: Vector, _ row: Int) -> RangeNumber {
    let slot = key.slotIndex(row)
    switch key.physical {
    case .int8: return .exact(Int128(key.slots(Int8.self)[slot]))
    case .int16: return .exact(Int128(key.slots(Int16.self)[slot]))
    case .int32:
      let number = Int128(key.slots(Int32.self)[slot])
      return .exact(countsMicroseconds ? number * Self.microsecondsPerDay : number)
    case .int64: return .exact(Int128(key.slots(Int64.self)[slot]))
    case .int128: return .exact(key.slots(Int128.self)[slot])
    case .float32: return .floating(Self.ordered(Double(key.slots(Float.self)[slot])))
    case .float64: return .floating(Self.ordered(key.slots(Double.self)[slot]))
    case .bool, .view, .list, .structure: return .exact(0)
    }
  }

  /// NaN sorts behind all numbers.
  private static func ordered(_ value: Double) -> Double { value.isNaN ? .infinity : value }

  /// The key of a row moved by the offset.
  func shifted(_ key: Vector, _ row: Int) -> RangeNumber {
    switch (value(key, row), offset) {
    case (.exact(let number), .exact(let distance)): return .exact(Self.sum(number, distance))
    case (.exact(let number), .months(let months)): return .exact(Self.adding(months, to: number, isDate: isDate))
    case (.floating(let number), .floating(let distance)): return .floating(number + distance)
    case (let number, _): return number
    }
  }

  /// The sum, or the end of the range that it lies behind, where no key is.
  private static func sum(_ a: Int128, _ b: Int128) -> Int128 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? (a < 0 ? -.max : .max) : sum
  }

  /// Adds months to a date or timestamp; the day is cut to the length of the month.
  private static func adding(_ months: Int, to number: Int128, isDate: Bool) -> Int128 {
    let day = isDate ? number : (number - remainder(number)) / microsecondsPerDay
    let date = CivilDate(daysSinceEpoch: Int(day))
    let total = date.year * 12 + date.month - 1 + months
    let year = total >= 0 ? total / 12 : (total - 11) / 12
    let month = total - year * 12 + 1
    let length = CivilDate.daysIn(month: month, year: year)
    let moved = Int128(CivilDate(year: year, month: month, day: min(date.day, length)).daysSinceEpoch)
    return isDate ? moved : moved * microsecondsPerDay + remainder(number)
  }

  /// The time within the day.
  private static func remainder(_ microseconds: Int128) -> Int128 {
    let rest = microseconds % microsecondsPerDay
    return rest < 0 ? rest + microsecondsPerDay : rest
  }
}
