import LakeColumnar
import LakeDiagnostics

/// Skips rows, then passes a number of rows and ends the pipeline.
final class LimitOperator: PipelineTransform {
  let node: OperatorNode
  private let offset: Int
  private let end: Int
  private let seen = SharedCounter()

  init(count: Int?, offset: Int, node: OperatorNode) {
    self.offset = offset
    self.node = node
    end = count.map { $0.addingReportingOverflow(offset) }.map { $0.overflow ? .max : $0.partialValue } ?? .max
  }

  func makeConsumer(_ worker: Worker, next: any BatchConsumer) throws(QueryError) -> any BatchConsumer {
    Consumer(self, next)
  }

  private final class Consumer: BatchConsumer {
    private let limit: LimitOperator
    private let next: any BatchConsumer

    init(_ limit: LimitOperator, _ next: any BatchConsumer) {
      self.limit = limit
      self.next = next
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      let count = batch.count
      let start = limit.seen.value >= limit.end ? limit.end : limit.seen.add(count)
      let first = max(start, limit.offset)
      let last = min(start + count, limit.end)
      if first < last {
        let passed =
          first == start && last == start + count
          ? batch : batch.livingRows(from: first - start, count: last - first)
        if case .done = try next.consume(passed) { return .done }
      }
      return last >= limit.end ? .done : .more
    }

    func finish() throws(QueryError) { try next.finish() }
  }
}
