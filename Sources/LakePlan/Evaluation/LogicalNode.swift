import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// AND or OR of any number of operands, in three-valued logic, from left to right.
struct LogicalNode: EvaluationNode {
  enum Connective: Sendable { case and, or }

  let connective: Connective
  let operands: [any EvaluationNode]
  var type: LogicalType { .boolean }
  var isTrivial: Bool { false }
  var isTotal: Bool { operands.allSatisfy(\.isTotal) }

  func evaluate(_ rows: EvaluationRows) throws(QueryError) -> Vector {
    let state = TernaryColumn(try operands[0].evaluate(rows), connective)
    for operand in operands.dropFirst() {
      if operand.isTotal {
        state.combine(try operand.evaluate(rows))
        continue
      }
      let open = state.undecided()
      if open.count == 0 { break }
      if open.count == rows.count {
        state.combine(try operand.evaluate(rows))
      } else {
        let subset = rows.subset(open.positions, count: open.count, owner: open.owner)
        state.combine(try operand.evaluate(subset), at: open.positions)
      }
    }
    return state.vector()
  }
}

/// Some rows by position.
struct RowPositions {
  let owner: Buffer
  let count: Int
  var positions: UnsafePointer<UInt32> { UnsafePointer(owner.base.assumingMemoryBound(to: UInt32.self)) }
}

/// A column of truth values in the making: bit 0 = may be true, bit 1 = may be false, both = unknown.
private struct TernaryColumn {
  private let states: Buffer
  private let count: Int
  private let isAnd: Bool

  private var bytes: UnsafeMutablePointer<UInt8> { states.base.assumingMemoryBound(to: UInt8.self) }

  init(_ first: Vector, _ connective: LogicalNode.Connective) {
    count = first.count
    states = Buffer(byteCount: first.count)
    isAnd = connective == .and
    Self.encode(first, to: bytes)
  }

  /// Writes the states of a boolean vector.
  private static func encode(_ vector: Vector, to target: UnsafeMutablePointer<UInt8>) {
    if vector.isConstant {
      let state = vector.isConstantNull ? 3 : 2 &- vector.slots(UInt8.self)[0]
      target.initialize(repeating: state, count: vector.count)
      return
    }
    let flat = vector.flattened()
    let values = flat.slots(UInt8.self)
    if let words = flat.validity?.words {
      for row in 0..<flat.count {
        let isNull = UInt8(truncatingIfNeeded: ~(words[row >> 6] >> UInt64(row & 63)) & 1)
        target[row] = (2 &- (values[row] & 1)) | (isNull &* 3)
      }
    } else {
      for row in 0..<flat.count { target[row] = 2 &- (values[row] & 1) }
    }
  }

  func combine(_ operand: Vector) {
    let other = Buffer(byteCount: count)
    let source = other.base.assumingMemoryBound(to: UInt8.self)
    Self.encode(operand, to: source)
    let target = bytes
    if isAnd {
      for row in 0..<count { target[row] = Self.and(target[row], source[row]) }
    } else {
      for row in 0..<count { target[row] = Self.or(target[row], source[row]) }
    }
  }

  func combine(_ operand: Vector, at positions: UnsafePointer<UInt32>) {
    let other = Buffer(byteCount: operand.count)
    let source = other.base.assumingMemoryBound(to: UInt8.self)
    Self.encode(operand, to: source)
    let target = bytes
    for index in 0..<operand.count {
      let row = Int(positions[index])
      target[row] = isAnd ? Self.and(target[row], source[index]) : Self.or(target[row], source[index])
    }
  }

  @inline(__always)
  private static func and(_ a: UInt8, _ b: UInt8) -> UInt8 { (a & b & 1) | ((a | b) & 2) }

  @inline(__always)
  private static func or(_ a: UInt8, _ b: UInt8) -> UInt8 { ((a | b) & 1) | (a & b & 2) }

  /// Rows for which further operands matter.
  func undecided() -> RowPositions {
    let owner = SelectionVector.scratch(count)
    let target = owner.base.assumingMemoryBound(to: UInt32.self)
    let decided: UInt8 = isAnd ? 2 : 1
    let source = bytes
    var kept = 0
    for row in 0..<count {
      target[kept] = UInt32(truncatingIfNeeded: row)
      kept &+= bit(source[row] != decided)
    }
    return RowPositions(owner: owner, count: kept)
  }

  func vector() -> Vector {
    let source = bytes
    var unknown: UInt8 = 0
    for row in 0..<count { unknown |= source[row] & (source[row] >> 1) }
    var mask: ValidityMask?
    if unknown & 1 != 0 {
      let words = ValidityMask(count: count, allValid: true)
      for row in 0..<count where source[row] == 3 { words.setNull(row) }
      mask = words
    }
    for row in 0..<count { source[row] &= 1 }
    return Vector(type: .boolean, encoding: .flat, count: count, owner: states, validity: mask)
  }
}
