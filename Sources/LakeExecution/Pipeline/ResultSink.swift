import LakeColumnar
import LakeDiagnostics
import Synchronization

/// Hands the rows of a query to a closure on the calling thread, in the order of the morsels.
///
/// `@unchecked Sendable`: the closure is only called on the calling thread, the queue is made for sharing.
final class ResultSink: PipelineSink, @unchecked Sendable {
  typealias Reader = (Batch) throws(QueryError) -> Bool

  let node: OperatorNode
  private let slots: [Int]
  private let run: QueryRun
  private let reader: Reader
  /// Of the pipeline that runs; the next pipeline into the sink starts anew.
  private let currentQueue: Mutex<ResultQueue>

  init(node: OperatorNode, slots: [Int], run: QueryRun, reader: @escaping Reader) {
    self.node = node
    self.slots = slots
    self.run = run
    self.reader = reader
    currentQueue = Mutex(ResultQueue(run: run))
  }

  private var queue: ResultQueue { currentQueue.withLock { $0 } }

  func makeConsumer(_ worker: Worker) throws(QueryError) -> any BatchConsumer {
    if worker.isAlone { return DirectResultConsumer(self) }
    let queue = queue
    if worker.index == 0 { return CallerResultConsumer(self, queue, worker) }
    queue.helperArrived()
    return HelperResultConsumer(self, queue, worker)
  }

  func finishedMorsel(_ worker: Worker) { if !worker.isAlone { queue.finish(worker.morsel) } }

  func complete(_ run: QueryRun) throws(QueryError) {}

  /// The result's columns of a batch.
  func shaped(_ batch: Batch) -> Batch { batch.result(slots) }

  /// Gives a batch to the reader; `.done` when it wants no more.
  func deliver(_ batch: Batch) throws(QueryError) -> Flow {
    if try reader(batch) { return .more }
    run.endEarly()
    return .done
  }

  /// To be called by the calling thread when all morsels of a pipeline are through.
  func startOver() {
    let fresh = ResultQueue(run: run)
    currentQueue.withLock { $0 = fresh }
  }
}

extension Batch {
  /// The columns at the given positions, dense, none with a dictionary that is larger than the batch.
  func result(_ slots: [Int]) -> Batch {
    let columns = slots.map { slot in
      let column = compactedColumn(slot)
      if let dictionary = column.dictionary, dictionary.count > column.count { return column.flattened() }
      return column
    }
    return Batch(columns: columns, count: count)
  }
}

/// The only worker: rows go straight to the reader.
private final class DirectResultConsumer: BatchConsumer {
  private let sink: ResultSink

  init(_ sink: ResultSink) { self.sink = sink }

  func consume(_ batch: Batch) throws(QueryError) -> Flow { try sink.deliver(sink.shaped(batch)) }
  func finish() throws(QueryError) {}
}

/// The calling thread among several workers.
private final class CallerResultConsumer: BatchConsumer {
  private let sink: ResultSink
  private let queue: ResultQueue
  private let worker: Worker

  init(_ sink: ResultSink, _ queue: ResultQueue, _ worker: Worker) {
    self.sink = sink
    self.queue = queue
    self.worker = worker
  }

  func consume(_ batch: Batch) throws(QueryError) -> Flow {
    let shaped = sink.shaped(batch)
    if case .done = try deliverWaiting() { return .done }
    while !queue.isNext(worker.morsel) {
      if queue.pushIfRoom(shaped, morsel: worker.morsel) { return .more }
      queue.waitForChange()
      try worker.run.checkpoint()
      if case .done = try deliverWaiting() { return .done }
    }
    // Rows of this morsel that had to wait come first.
    if case .done = try deliverWaiting() { return .done }
    return try sink.deliver(shaped)
  }

  private func deliverWaiting() throws(QueryError) -> Flow {
    for batch in queue.take() {
      if case .done = try sink.deliver(batch) { return .done }
    }
    return .more
  }

  func finish() throws(QueryError) {
    while !worker.run.isStopped {
      let isDeserted = queue.isDeserted
      if case .done = try deliverWaiting() { return }
      if isDeserted { break }
      queue.waitForChange()
    }
    for batch in queue.takeRest() where !worker.run.isStopped {
      if case .done = try sink.deliver(batch) { return }
    }
    sink.startOver()
  }
}

/// Another worker: its rows wait in the queue.
private final class HelperResultConsumer: BatchConsumer {
  private let sink: ResultSink
  private let queue: ResultQueue
  private let worker: Worker
  private var hasLeft = false

  init(_ sink: ResultSink, _ queue: ResultQueue, _ worker: Worker) {
    self.sink = sink
    self.queue = queue
    self.worker = worker
  }

  /// Also leaves when the worker fails.
  deinit { leave() }

  private func leave() {
    if !hasLeft { queue.helperLeft() }
    hasLeft = true
  }

  func consume(_ batch: Batch) throws(QueryError) -> Flow {
    queue.push(sink.shaped(batch), morsel: worker.morsel)
    return .more
  }

  func finish() throws(QueryError) { leave() }
}
