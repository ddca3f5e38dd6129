/// Positions of the rows of a batch that are still alive, ascending and without repetition.
///
/// `@unchecked Sendable`: not changed once it is built.
package final class SelectionVector: @unchecked Sendable {
  package let positions: UnsafeMutablePointer<UInt32>
  package let count: Int
  private let owner: Buffer

  /// Wraps the first `count` entries of a buffer of `UInt32`.
  package init(_ owner: Buffer, count: Int) {
    self.owner = owner
    self.count = count
    positions = owner.base.assumingMemoryBound(to: UInt32.self)
  }

  /// A buffer for the positions of up to `count` rows; branch-free kernels may write one entry too many.
  package static func scratch(_ count: Int) -> Buffer { Buffer(byteCount: (count + 16) * 4) }

  /// The rows of a boolean vector that are true (not false, not NULL).
  package static func whereTrue(_ vector: Vector) -> SelectionVector {
    let flat = vector.flattened()
    let buffer = scratch(flat.count)
    let target = buffer.base.assumingMemoryBound(to: UInt32.self)
    let values = flat.slots(UInt8.self)
    var kept = 0
    if let words = flat.validity?.words {
      for row in 0..<flat.count {
        target[kept] = UInt32(truncatingIfNeeded: row)
        kept &+= Int(values[row]) & Int(truncatingIfNeeded: words[row >> 6] >> UInt64(row & 63))
      }
    } else {
      for row in 0..<flat.count {
        target[kept] = UInt32(truncatingIfNeeded: row)
        kept &+= Int(values[row])
      }
    }
    return SelectionVector(buffer, count: kept)
  }

  /// These positions seen through another selection: `self[i]` of the other's rows.
  package func composed(over other: SelectionVector) -> SelectionVector {
    let buffer = Self.scratch(count)
    let target = buffer.base.assumingMemoryBound(to: UInt32.self)
    for index in 0..<count { target[index] = other.positions[Int(positions[index])] }
    return SelectionVector(buffer, count: count)
  }
}
