import LakeColumnar
import LakeDiagnostics

/// Whether a consumer wants more batches.
enum Flow {
  case more
  /// Nobody behind this point needs another row, from any worker.
  case done
}

/// One worker's stage of a pipeline; takes batches and pushes what comes of them to the next stage.
///
/// A stage never keeps rows back for a later batch, except sinks.
protocol BatchConsumer: AnyObject {
  /// Takes a batch with at least one living row.
  func consume(_ batch: Batch) throws(QueryError) -> Flow
  /// The worker has no more batches.
  func finish() throws(QueryError)
}

/// Where a pipeline starts: a number of morsels, each read by one worker.
protocol MorselSource: AnyObject, Sendable {
  /// Called once, after the pipelines that the source depends on; returns the number of morsels.
  func start(_ run: QueryRun) throws(QueryError) -> Int
  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader
}

/// A stage between source and sink; an immutable plan value but for state that its workers share.
protocol PipelineTransform: AnyObject, Sendable {
  var node: OperatorNode { get }
  /// Called once before the pipeline runs.
  func prepare(_ run: QueryRun) throws(QueryError)
  func makeConsumer(_ worker: Worker, next: any BatchConsumer) throws(QueryError) -> any BatchConsumer
}

extension PipelineTransform {
  func prepare(_ run: QueryRun) throws(QueryError) {}
}

/// Where rows end up: a hash table, a sort, the result. Several pipelines may end in one sink.
protocol PipelineSink: AnyObject, Sendable {
  var node: OperatorNode { get }
  /// Whether its consumers keep all to themselves until they finish, so that one may be tried out and dropped.
  var isPrivateUntilFinish: Bool { get }
  func makeConsumer(_ worker: Worker) throws(QueryError) -> any BatchConsumer
  /// A worker has pushed all rows of a morsel.
  func finishedMorsel(_ worker: Worker)
  /// All pipelines into the sink have ended.
  func complete(_ run: QueryRun) throws(QueryError)
}

extension PipelineSink {
  var isPrivateUntilFinish: Bool { false }
  func finishedMorsel(_ worker: Worker) {}
}

/// One worker's place in a running pipeline.
final class Worker {
  let run: QueryRun
  /// 0 is the calling thread.
  let index: Int
  /// Whether it is alone: then the order of its batches is the order of the source.
  let isAlone: Bool
  /// The morsel that it works on.
  var morsel = 0

  init(run: QueryRun, index: Int, isAlone: Bool) {
    self.run = run
    self.index = index
    self.isAlone = isAlone
  }
}

/// A source, the stages that its batches pass, and the sink they end in.
struct Pipeline: Sendable {
  var source: any MorselSource
  var sourceNode: OperatorNode
  var transforms: [any PipelineTransform]
  var sink: any PipelineSink
  /// Whether one worker must do it all, for the order of rows.
  var isSequential: Bool
  /// Whether this is the last pipeline into its sink.
  var completesSink: Bool
}
