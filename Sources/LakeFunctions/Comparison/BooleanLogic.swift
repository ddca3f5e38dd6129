package import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// AND, OR and NOT of three-valued logic over boolean vectors (flat or constant).
package enum BooleanLogic {
  /// FALSE where either is false, else NULL where either is NULL.
  package static func and(_ a: Vector, _ b: Vector, count: Int) -> Vector {
    combine(a, b, count: count, decisive: 0) { $0 & $1 }
  }

  /// TRUE where either is true, else NULL where either is NULL.
  package static func or(_ a: Vector, _ b: Vector, count: Int) -> Vector {
    combine(a, b, count: count, decisive: 1) { $0 | $1 }
  }

  @inline(__always)
  private static func combine(
    _ a: Vector, _ b: Vector, count: Int, decisive: UInt8, _ body: (UInt8, UInt8) -> UInt8
  ) -> Vector {
    let isConstant = a.isConstant && b.isConstant
    let rows = isConstant ? 1 : count
    let result = Vector.flat(.boolean, count: rows)
    let target = result.slots(UInt8.self)
    let x = ColumnReader<UInt8>(a)
    let y = ColumnReader<UInt8>(b)
    for row in 0..<rows { target[row] = body(x[row], y[row]) }
    guard a.hasNulls || b.hasNulls else { return isConstant ? result.spread(over: count) : result }
    let masked = result.masked(decide(a, b, x, y, rows, decisive, target))
    return isConstant ? masked.spread(over: count) : masked
  }

  /// Marks the undecided rows NULL, and writes the decisive value where one side has it.
  private static func decide(
    _ a: Vector, _ b: Vector, _ x: ColumnReader<UInt8>, _ y: ColumnReader<UInt8>, _ count: Int,
    _ decisive: UInt8, _ target: UnsafeMutablePointer<UInt8>
  ) -> ValidityMask {
    let mask = ValidityMask(count: count, allValid: true)
    let (xMask, yMask) = (RowMask(a), RowMask(b))
    for row in 0..<count {
      let (isThere, isOtherThere) = (xMask.isValid(row), yMask.isValid(row))
      if isThere && isOtherThere { continue }
      if (isThere && x[row] == decisive) || (isOtherThere && y[row] == decisive) {
        target[row] = decisive
      } else {
        mask.setNull(row)
      }
    }
    return mask
  }

  /// The opposite; NULLs are the evaluator's.
  package static func not(_ a: Vector, count: Int) -> Vector {
    let rows = a.isConstant ? 1 : count
    let result = Vector.flat(.boolean, count: rows)
    let target = result.slots(UInt8.self)
    let source = a.slots(UInt8.self)
    for row in 0..<rows { target[row] = source[row] ^ 1 }
    return a.isConstant ? result.spread(over: count) : result
  }

  /// TRUE where the row is NULL (`isNull`) or is not, as asked; never NULL itself.
  package static func nullTest(_ vector: Vector, count: Int, isNull: Bool) -> Vector {
    guard !vector.isConstant, let words = vector.validity?.words else {
      let answer = vector.isConstantNull == isNull
      return Vector.constant(.boolean(answer), .boolean, count: count)
    }
    let result = Vector.flat(.boolean, count: count)
    let target = result.slots(UInt8.self)
    let flip = UInt8(isNull ? 1 : 0)
    for row in 0..<count { target[row] = UInt8(truncatingIfNeeded: bit(words.isValid(row))) ^ flip }
    return result
  }
}
