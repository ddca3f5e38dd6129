import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// CASE: each result is evaluated only for the rows that it is for.
struct ConditionalNode: EvaluationNode {
  let type: LogicalType
  let conditions: [any EvaluationNode]
  let results: [any EvaluationNode]
  let otherwise: (any EvaluationNode)?
  var isTrivial: Bool { false }
  var isTotal: Bool { (conditions + results + (otherwise.map { [$0] } ?? [])).allSatisfy(\.isTotal) }

  func evaluate(_ rows: EvaluationRows) throws(QueryError) -> Vector {
    var assembly = VectorAssembly(type: type, count: rows.count)
    var open = OpenRows(rows)
    for (condition, result) in zip(conditions, results) where open.count > 0 {
      let chosen = open.split(by: try condition.evaluate(open.rows))
      if chosen.count == rows.count { return try result.evaluate(rows) }
      if chosen.count == 0 { continue }
      let subset = rows.subset(chosen.positions, count: chosen.count, owner: chosen.owner)
      assembly.add(try result.evaluate(subset), at: chosen.positions, owner: chosen.owner)
    }
    if let otherwise, open.count > 0 {
      if open.count == rows.count { return try otherwise.evaluate(rows) }
      assembly.add(try otherwise.evaluate(open.rows), at: open.positions.positions, owner: open.positions.owner)
    }
    return assembly.finished()
  }
}

/// COALESCE: later operands are evaluated only for the rows that are NULL so far.
struct CoalesceNode: EvaluationNode {
  let type: LogicalType
  let operands: [any EvaluationNode]
  var isTrivial: Bool { false }
  var isTotal: Bool { operands.allSatisfy(\.isTotal) }

  func evaluate(_ rows: EvaluationRows) throws(QueryError) -> Vector {
    let first = try operands[0].evaluate(rows)
    if first.validity == nil { return first }
    var assembly = VectorAssembly(type: type, count: rows.count)
    var open = OpenRows(rows)
    for (index, operand) in operands.enumerated() where open.count > 0 {
      let value = index == 0 ? first : try operand.evaluate(open.rows)
      if value.validity == nil {
        if open.count == rows.count { return value }
        assembly.add(value, at: open.positions.positions, owner: open.positions.owner)
        return assembly.finished()
      }
      if value.isConstantNull { continue }
      let chosen = open.split(byValidityOf: value)
      assembly.add(chosen.values, at: chosen.rows.positions, owner: chosen.rows.owner)
    }
    return assembly.finished()
  }
}

/// The rows of an expression that no branch has taken yet.
private struct OpenRows {
  private let all: EvaluationRows
  /// In terms of all rows.
  private(set) var positions: RowPositions
  /// The same rows to evaluate over.
  private(set) var rows: EvaluationRows

  var count: Int { positions.count }

  init(_ rows: EvaluationRows) {
    all = rows
    self.rows = rows
    let owner = SelectionVector.scratch(rows.count)
    let target = owner.base.assumingMemoryBound(to: UInt32.self)
    for row in 0..<rows.count { target[row] = UInt32(truncatingIfNeeded: row) }
    positions = RowPositions(owner: owner, count: rows.count)
  }

  /// Takes out the rows for which a condition is true, and returns them.
  mutating func split(by condition: Vector) -> RowPositions {
    if condition.isConstant {
      let isTrue = !condition.isConstantNull && condition.slots(UInt8.self)[0] != 0
      return isTrue ? takeAll() : RowPositions(owner: positions.owner, count: 0)
    }
    let flat = condition.flattened()
    let values = flat.slots(UInt8.self)
    let words = flat.validity?.words
    return partition { row in
      Int(values[row] & 1) & (words.map { Int(truncatingIfNeeded: $0[row >> 6] >> UInt64(row & 63)) } ?? 1)
    }.rows
  }

  /// Takes out the rows that are not NULL, and returns them with their values.
  mutating func split(byValidityOf value: Vector) -> (rows: RowPositions, values: Vector) {
    guard let words = value.validity?.words else { return (takeAll(), value) }
    let taken = partition { row in Int(truncatingIfNeeded: words[row >> 6] >> UInt64(row & 63)) & 1 }
    let local = UnsafePointer(taken.local.base.assumingMemoryBound(to: UInt32.self))
    return (taken.rows, value.gathered(local, count: taken.rows.count))
  }

  private mutating func takeAll() -> RowPositions {
    let taken = positions
    replace(with: RowPositions(owner: positions.owner, count: 0))
    return taken
  }

  /// Splits by a 0/1 test; returns the rows with 1, in terms of all rows and of the rows open until now.
  @inline(__always)
  private mutating func partition(_ test: (Int) -> Int) -> (rows: RowPositions, local: Buffer) {
    let taken = SelectionVector.scratch(count)
    let local = SelectionVector.scratch(count)
    let rest = SelectionVector.scratch(count)
    let takenRows = taken.base.assumingMemoryBound(to: UInt32.self)
    let localRows = local.base.assumingMemoryBound(to: UInt32.self)
    let restRows = rest.base.assumingMemoryBound(to: UInt32.self)
    let source = positions.positions
    var kept = 0
    for row in 0..<count {
      let isTaken = test(row)
      takenRows[kept] = source[row]
      localRows[kept] = UInt32(truncatingIfNeeded: row)
      restRows[row &- kept] = source[row]
      kept &+= isTaken
    }
    replace(with: RowPositions(owner: rest, count: count - kept))
    return (RowPositions(owner: taken, count: kept), local)
  }

  private mutating func replace(with rest: RowPositions) {
    positions = rest
    rows = rest.count == 0 ? rows : all.subset(rest.positions, count: rest.count, owner: rest.owner)
  }
}
