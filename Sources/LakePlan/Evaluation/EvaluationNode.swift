import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// A compiled expression.
protocol EvaluationNode: Sendable {
  var type: LogicalType { get }
  /// Costs nothing: a column or a constant.
  var isTrivial: Bool { get }
  /// Raises no error whatever the values, and is cheap: it may be evaluated for rows that do not need it.
  var isTotal: Bool { get }
  /// A vector with a row for each of `rows`, of which there is at least one.
  func evaluate(_ rows: EvaluationRows) throws(QueryError) -> Vector
}

struct ColumnNode: EvaluationNode {
  let type: LogicalType
  let slot: Int
  var isTrivial: Bool { true }
  var isTotal: Bool { true }

  func evaluate(_ rows: EvaluationRows) throws(QueryError) -> Vector { rows.column(slot) }
}

struct LiteralNode: EvaluationNode {
  let value: Vector
  var type: LogicalType { value.type }
  var isTrivial: Bool { true }
  var isTotal: Bool { true }

  func evaluate(_ rows: EvaluationRows) throws(QueryError) -> Vector { value.repeated(count: rows.count) }
}

/// A subexpression that occurs several times; its result is kept with the rows.
struct RepeatedNode: EvaluationNode {
  let node: any EvaluationNode
  let index: Int
  var type: LogicalType { node.type }
  var isTrivial: Bool { node.isTrivial }
  var isTotal: Bool { node.isTotal }

  func evaluate(_ rows: EvaluationRows) throws(QueryError) -> Vector {
    if let known = rows.result(index) { return known }
    let result = try node.evaluate(rows)
    rows.keep(result, at: index)
    return result
  }
}
