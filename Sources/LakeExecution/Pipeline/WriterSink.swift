import LakeColumnar
import LakeDiagnostics

/// Writes the rows of a query into a `BatchSink`, with a writer a worker.
final class WriterSink: PipelineSink {
  let node: OperatorNode
  private let slots: [Int]
  private let target: any BatchSink

  init(node: OperatorNode, slots: [Int], target: any BatchSink) {
    self.node = node
    self.slots = slots
    self.target = target
  }

  func makeConsumer(_ worker: Worker) throws(QueryError) -> any BatchConsumer {
    Consumer(try target.makeWriter(), slots)
  }

  func complete(_ run: QueryRun) throws(QueryError) {}

  private final class Consumer: BatchConsumer {
    private let writer: any BatchWriter
    private let slots: [Int]

    init(_ writer: any BatchWriter, _ slots: [Int]) {
      self.writer = writer
      self.slots = slots
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      try writer.write(batch.result(slots))
      return .more
    }

    func finish() throws(QueryError) { try writer.finish() }
  }
}
