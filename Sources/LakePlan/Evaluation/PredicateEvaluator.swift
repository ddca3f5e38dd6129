package import LakeColumnar
package import LakeDiagnostics
package import LakeFunctions
import LakeTypes

/// Finds the rows of a batch for which a predicate is true, conjunct by conjunct.
///
/// A later conjunct sees only the rows that the earlier ones left over; conjuncts that cannot raise errors go first.
package struct PredicateEvaluator: Sendable {
  private let conjuncts: ExpressionEvaluator
  private let comparisons: [ColumnComparison?]
  private let order: [Int]

  package init(
    _ predicate: BoundExpression, layout: ColumnLayout, context: EvaluationContext
  ) throws(QueryError) {
    try self.init(conjuncts: predicate.conjuncts, layout: layout, context: context)
  }

  package init(
    conjuncts: [BoundExpression], layout: ColumnLayout, context: EvaluationContext
  ) throws(QueryError) {
    let evaluator = try ExpressionEvaluator(conjuncts, layout: layout, context: context)
    self.conjuncts = evaluator
    comparisons = conjuncts.map { ColumnComparison($0, layout) }
    let all = 0..<conjuncts.count
    order = all.filter { evaluator.isTotal($0) } + all.filter { !evaluator.isTotal($0) }
  }

  package func makeScratch() -> EvaluationScratch { conjuncts.makeScratch() }

  /// The batch with only the rows that satisfy the predicate alive; nil if there are none.
  package func filtered(_ batch: Batch, _ scratch: EvaluationScratch) throws(QueryError) -> Batch? {
    var current = batch
    for index in order {
      guard let next = try refined(current, by: index, scratch) else { return nil }
      current = next
    }
    return current
  }

  private func refined(
    _ batch: Batch, by conjunct: Int, _ scratch: EvaluationScratch
  ) throws(QueryError) -> Batch? {
    if let kept = comparisons[conjunct]?.selection(batch) { return Self.narrowed(batch, to: kept) }
    let rows = EvaluationRows(batch, scratch: scratch)
    let truth = try conjuncts.evaluate(conjunct, rows)
    if truth.isConstant {
      return !truth.isConstantNull && truth.slots(UInt8.self)[0] != 0 && batch.count > 0 ? batch : nil
    }
    let selection = SelectionVector.whereTrue(truth)
    return Self.narrowed(batch, to: batch.selection.map { selection.composed(over: $0) } ?? selection)
  }

  /// The batch with another selection; nil if that is empty.
  private static func narrowed(_ batch: Batch, to selection: SelectionVector) -> Batch? {
    if selection.count == 0 { return nil }
    if selection.count == batch.count { return batch }
    var result = batch
    result.selection = selection
    return result
  }

  /// The rows that satisfy the predicate, as positions among `rows`.
  package func selection(_ rows: EvaluationRows) throws(QueryError) -> SelectionVector {
    let positions = Buffer(byteCount: rows.count * 4)
    let target = positions.base.assumingMemoryBound(to: UInt32.self)
    for row in 0..<rows.count { target[row] = UInt32(truncatingIfNeeded: row) }
    var current = SelectionVector(positions, count: rows.count)
    var open = rows
    for index in order where current.count > 0 {
      let refined = SelectionVector.whereTrue(try conjuncts.evaluate(index, open))
      if refined.count == current.count { continue }
      let composed = refined.composed(over: current)
      current = composed
      open = rows.subset(composed)
    }
    return current
  }
}

extension EvaluationRows {
  /// The rows of a selection, whose positions count among these rows.
  package func subset(_ selection: SelectionVector) -> EvaluationRows {
    let owner = Buffer(wrapping: selection.positions, byteCount: selection.count * 4, owner: selection)
    return subset(selection.positions, count: selection.count, owner: owner)
  }
}

/// A conjunct that compares a column with a constant, for which there are kernels that need no gathering.
private struct ColumnComparison: Sendable {
  let slot: Int
  let comparison: ComparisonOperator
  let constant: Vector

  init?(_ conjunct: BoundExpression, _ layout: ColumnLayout) {
    guard case .call(let call) = conjunct.kind, call.arguments.count == 2,
      let comparison = ComparisonOperator(rawValue: call.function.name)
    else { return nil }
    let (left, right) = (call.arguments[0], call.arguments[1])
    guard left.type == right.type, !left.type.isNested else { return nil }
    if let id = left.columnID, let slot = layout.position(of: id), let value = right.literalValue {
      self.init(slot: slot, comparison: comparison, constant: .constant(value, right.type, count: 1))
    } else if let id = right.columnID, let slot = layout.position(of: id), let value = left.literalValue {
      self.init(slot: slot, comparison: comparison.flipped, constant: .constant(value, left.type, count: 1))
    } else {
      return nil
    }
  }

  private init(slot: Int, comparison: ComparisonOperator, constant: Vector) {
    self.slot = slot
    self.comparison = comparison
    self.constant = constant
  }

  /// The living rows that pass, as positions in the batch's storage; nil where the column's form has no kernel.
  func selection(_ batch: Batch) -> SelectionVector? {
    let column = batch.columns[slot]
    guard column.type == constant.type else { return nil }
    return FilterKernels.select(
      comparison, column: column, constant: constant, selection: batch.selection, count: batch.physicalCount)
  }
}
