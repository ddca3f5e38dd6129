import LakeColumnar
import LakeDiagnostics
import LakePlan

/// Keeps the rows for which a predicate is true, as a selection.
final class FilterOperator: PipelineTransform {
  let node: OperatorNode
  private let predicate: PredicateEvaluator

  init(_ predicate: PredicateEvaluator, node: OperatorNode) {
    self.predicate = predicate
    self.node = node
  }

  func makeConsumer(_ worker: Worker, next: any BatchConsumer) throws(QueryError) -> any BatchConsumer {
    Consumer(predicate, next)
  }

  private final class Consumer: BatchConsumer {
    private let predicate: PredicateEvaluator
    private let scratch: EvaluationScratch
    private let next: any BatchConsumer

    init(_ predicate: PredicateEvaluator, _ next: any BatchConsumer) {
      self.predicate = predicate
      self.next = next
      scratch = predicate.makeScratch()
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      guard let kept = try predicate.filtered(batch, scratch) else { return .more }
      return try next.consume(kept)
    }

    func finish() throws(QueryError) { try next.finish() }
  }
}
