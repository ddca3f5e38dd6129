import LakeColumnar
import LakeDiagnostics
import LakePlan

/// Computes expressions; where all of them are columns, the selection stays and nothing is copied.
final class ProjectOperator: PipelineTransform {
  let node: OperatorNode
  private let evaluator: ExpressionEvaluator
  /// The input column of each output column, if no expression is more than that.
  private let slots: [Int]?

  init(
    _ expressions: [BoundExpression], evaluator: ExpressionEvaluator, layout: ColumnLayout, node: OperatorNode
  ) {
    self.evaluator = evaluator
    self.node = node
    let slots = expressions.compactMap { $0.columnID.flatMap(layout.position) }
    self.slots = slots.count == expressions.count ? slots : nil
  }

  func makeConsumer(_ worker: Worker, next: any BatchConsumer) throws(QueryError) -> any BatchConsumer {
    Consumer(evaluator, slots, next)
  }

  private final class Consumer: BatchConsumer {
    private let evaluator: ExpressionEvaluator
    private let slots: [Int]?
    private let scratch: EvaluationScratch
    private let next: any BatchConsumer

    init(_ evaluator: ExpressionEvaluator, _ slots: [Int]?, _ next: any BatchConsumer) {
      self.evaluator = evaluator
      self.slots = slots
      self.next = next
      scratch = evaluator.makeScratch()
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      if let slots {
        let columns = slots.map { batch.columns[$0] }
        return try next.consume(
          Batch(columns: columns, count: batch.physicalCount, selection: batch.selection))
      }
      return try next.consume(Batch(columns: try evaluator.evaluate(batch, scratch), count: batch.count))
    }

    func finish() throws(QueryError) { try next.finish() }
  }
}
