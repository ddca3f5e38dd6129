import LakeColumnar
import LakeTypes

/// Kernels that take a value from another row of the partition.
enum ValueKernels {
  /// Which row of the frame.
  enum Pick: Sendable {
    case first, last
    /// Counted from 1.
    case nth(Int)
  }

  /// `lag` (negative distance) and `lead`; the third argument, if there is one, stands in for missing rows.
  static func shifted(_ partition: WindowPartition, by distance: Int, ignoresNulls: Bool) -> Vector {
    let values = partition.arguments[0]
    let rows = Buffer(byteCount: partition.count * 4)
    let picks = rows.base.assumingMemoryBound(to: UInt32.self)
    if ignoresNulls, distance != 0, values.validity != nil {
      let valid = ValidRows(values, count: partition.count)
      for row in 0..<partition.count {
        let before = valid.countBefore(row)
        let index = distance < 0 ? before + distance : valid.countBefore(row + 1) + distance - 1
        picks[row] = valid.row(at: index)
      }
    } else {
      for row in 0..<partition.count {
        let source = row + distance
        picks[row] = source >= 0 && source < partition.count ? UInt32(truncatingIfNeeded: source) : .max
      }
    }
    return withExtendedLifetime(rows) { taken(partition, picks) }
  }

  private static func taken(_ partition: WindowPartition, _ picks: UnsafeMutablePointer<UInt32>) -> Vector {
    let shifted = partition.arguments[0].gatheredOrNull(UnsafePointer(picks), count: partition.count)
    guard partition.arguments.count > 2 else { return shifted }
    return RowChoice.choose(shifted.type, from: [shifted, partition.arguments[2]], count: partition.count) {
      picks[$0] == .max ? 1 : 0
    }
  }

  /// `first_value`, `last_value` and `nth_value` over each row's frame.
  static func framed(_ partition: WindowPartition, _ pick: Pick, ignoresNulls: Bool) -> Vector {
    let values = partition.arguments[0]
    let rows = Buffer(byteCount: partition.count * 4)
    let picks = rows.base.assumingMemoryBound(to: UInt32.self)
    let valid = ignoresNulls && values.validity != nil ? ValidRows(values, count: partition.count) : nil
    for row in 0..<partition.count {
      let start = Int(partition.frameStart[row])
      let end = Int(partition.frameEnd[row])
      picks[row] = start >= end ? .max : picked(pick, start, end, valid)
    }
    return withExtendedLifetime(rows) { values.gatheredOrNull(UnsafePointer(picks), count: partition.count) }
  }

  @inline(__always)
  private static func picked(_ pick: Pick, _ start: Int, _ end: Int, _ valid: ValidRows?) -> UInt32 {
    let row: Int
    switch pick {
    case .first: row = valid.map { Int($0.row(at: $0.countBefore(start))) } ?? start
    case .last: row = valid.map { Int($0.row(at: $0.countBefore(end) - 1)) } ?? end - 1
    case .nth(let n): row = valid.map { Int($0.row(at: $0.countBefore(start) + n - 1)) } ?? start + n - 1
    }
    return row >= start && row < end ? UInt32(truncatingIfNeeded: row) : .max
  }
}

/// The rows of a partition that are not NULL, by number and by position.
private struct ValidRows {
  private var rows: [UInt32] = []
  /// For each row the valid rows before it; one entry more than rows.
  private var before: [UInt32] = []

  init(_ vector: Vector, count: Int) {
    before.reserveCapacity(count + 1)
    for row in 0..<count {
      before.append(UInt32(truncatingIfNeeded: rows.count))
      if vector.isValid(row) { rows.append(UInt32(truncatingIfNeeded: row)) }
    }
    before.append(UInt32(truncatingIfNeeded: rows.count))
  }

  func countBefore(_ row: Int) -> Int { Int(before[row]) }

  /// The n-th valid row, from 0; `UInt32.max` if there is none.
  func row(at index: Int) -> UInt32 { index >= 0 && index < rows.count ? rows[index] : .max }
}
