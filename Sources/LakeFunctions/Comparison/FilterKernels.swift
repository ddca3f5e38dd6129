package import LakeColumnar
import LakeTypes

/// Filters that go straight from a column and a constant to a selection.
package enum FilterKernels {
  /// The rows of `selection` (nil = all `count` rows) for which the comparison holds; NULLs drop.
  ///
  /// nil where there is no fast path (nested types, a column that is constant). The constant is a constant vector
  /// of the column's type.
  package static func select(
    _ comparison: ComparisonOperator, column: Vector, constant: Vector, selection: SelectionVector?, count: Int
  ) -> SelectionVector? {
    guard column.encoding != .constant, constant.isConstant, column.physical == constant.physical else { return nil }
    if constant.isConstantNull { return SelectionVector(SelectionVector.scratch(0), count: 0) }
    let rows = FilterRows(column: column, constant: constant, selection: selection, count: count)
    switch comparison {
    case .equal: return rows.select(EqualTest.self)
    case .notEqual: return rows.select(NotEqualTest.self)
    case .less: return rows.select(LessTest.self)
    case .lessOrEqual: return rows.select(LessOrEqualTest.self)
    case .greater: return rows.select(GreaterTest.self)
    case .greaterOrEqual: return rows.select(GreaterOrEqualTest.self)
    }
  }
}

/// One filter step over one batch.
private struct FilterRows {
  let column: Vector
  let constant: Vector
  let selection: SelectionVector?
  let count: Int

  func select<Test: ComparisonTest>(_ test: Test.Type) -> SelectionVector? {
    switch column.physical {
    case .bool: select(test, UInt8.self)
    case .int8: select(test, Int8.self)
    case .int16: select(test, Int16.self)
    case .int32: select(test, Int32.self)
    case .int64: select(test, Int64.self)
    case .int128: select(test, Int128.self)
    case .float32: select(test, OrderedFloat.self)
    case .float64: select(test, OrderedDouble.self)
    case .view: select(test, StringView.self)
    case .list, .structure: nil
    }
  }

  @inline(never)
  private func select<Test: ComparisonTest, T: Comparable & BitwiseCopyable>(
    _ test: Test.Type, _ slot: T.Type
  ) -> SelectionVector {
    let wanted = constant.slots(T.self)[0]
    let slots = column.slotVector.slots(T.self)
    guard let dictionary = column.dictionary else {
      return keep { Test.holds(slots[$0], wanted) }
    }
    let codes = column.codes
    let alive = selection?.count ?? count
    if dictionary.count > alive { return keep { Test.holds(slots[Int(codes[$0])], wanted) } }
    return withUnsafeTemporaryAllocation(of: Bool.self, capacity: max(1, dictionary.count)) { table in
      for entry in 0..<dictionary.count { table[entry] = Test.holds(slots[entry], wanted) }
      guard let verdicts = table.baseAddress else { return SelectionVector(SelectionVector.scratch(0), count: 0) }
      return keep { verdicts[Int(codes[$0])] }
    }
  }

  /// The alive rows that pass; branch-free, so that a selectivity near one half costs no more.
  @inline(__always)
  private func keep(_ passes: (Int) -> Bool) -> SelectionVector {
    let buffer = SelectionVector.scratch(selection?.count ?? count)
    let target = buffer.base.assumingMemoryBound(to: UInt32.self)
    var kept = 0
    switch (selection?.positions, column.validity?.words) {
    case (nil, nil):
      for row in 0..<count {
        target[kept] = UInt32(truncatingIfNeeded: row)
        kept &+= bit(passes(row))
      }
    case (nil, let words?):
      for row in 0..<count {
        target[kept] = UInt32(truncatingIfNeeded: row)
        kept &+= bit(passes(row)) & bit(words.isValid(row))
      }
    case (let positions?, nil):
      for index in 0..<(selection?.count ?? 0) {
        let row = positions[index]
        target[kept] = row
        kept &+= bit(passes(Int(row)))
      }
    case (let positions?, let words?):
      for index in 0..<(selection?.count ?? 0) {
        let row = positions[index]
        target[kept] = row
        kept &+= bit(passes(Int(row))) & bit(words.isValid(Int(row)))
      }
    }
    return SelectionVector(buffer, count: kept)
  }
}
