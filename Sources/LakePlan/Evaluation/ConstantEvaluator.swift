import LakeColumnar
package import LakeDiagnostics
package import LakeFunctions
package import LakeTypes

/// Evaluates expressions without columns.
package enum ConstantEvaluator {
  /// The value of an expression that refers to no column.
  package static func value(
    of expression: BoundExpression, context: EvaluationContext
  ) throws(QueryError) -> Literal {
    let evaluator = try ExpressionEvaluator([expression], layout: ColumnLayout([ColumnID]()), context: context)
    let rows = EvaluationRows(Batch(columns: [], count: 1), scratch: evaluator.makeScratch())
    return try evaluator.evaluate(0, rows).literal(at: 0)
  }
}
