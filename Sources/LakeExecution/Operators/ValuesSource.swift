import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// Yields rows of expressions without columns.
final class ValuesSource: MorselSource {
  private let values: ValuesNode

  init(_ values: ValuesNode) { self.values = values }

  func start(_ run: QueryRun) throws(QueryError) -> Int { values.rows.isEmpty ? 0 : 1 }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader {
    let size = run.settings.batchSize
    var position = 0
    let (values, context) = (values, run.settings.evaluation)
    return ComputedReader { () throws(QueryError) -> Batch? in
      guard position < values.rows.count else { return nil }
      let rows = values.rows[position..<min(position + size, values.rows.count)]
      position += rows.count
      return try Self.batch(rows, values.columns, context)
    }
  }

  private static func batch(
    _ rows: ArraySlice<[BoundExpression]>, _ columns: [OutputColumn], _ context: EvaluationContext
  ) throws(QueryError) -> Batch {
    var vectors: [Vector] = []
    for (index, column) in columns.enumerated() {
      let builder = VectorBuilder(column.type, capacity: rows.count)
      for row in rows {
        let expression = row[index]
        if let value = expression.literalValue {
          builder.append(value)
        } else {
          builder.append(try ConstantEvaluator.value(of: expression, context: context))
        }
      }
      vectors.append(builder.finish())
    }
    return Batch(columns: vectors, count: rows.count)
  }
}
