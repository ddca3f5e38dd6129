import LakeColumnar
import LakeDiagnostics

/// Runs pipelines one after the other, each on as many workers as it has morsels for.
struct Driver {
  let run: QueryRun
  /// Sinks that pipelines have run into.
  private var reached: Set<ObjectIdentifier> = []

  /// Whether the pipelines are part of one that runs already.
  private let isNested: Bool

  init(run: QueryRun, isNested: Bool = false) {
    self.run = run
    self.isNested = isNested
  }

  /// Takes the pipelines out of the array one by one, so that what later ones don't need is freed.
  mutating func execute(_ pipelines: inout [Pipeline]) throws(QueryError) {
    let total = pipelines.count
    pipelines.reverse()
    while let pipeline = pipelines.popLast() {
      if run.isStopped { return try run.rethrow() }
      if !isNested { run.spillPolicy.begin(pipelinesLeft: pipelines.count, of: total) }
      try execute(pipeline)
    }
  }

  private mutating func execute(_ pipeline: Pipeline) throws(QueryError) {
    for transform in pipeline.transforms { try transform.prepare(run) }
    let started = monotonicNanoseconds()
    let morsels = try pipeline.source.start(run)
    pipeline.sourceNode.add(nanoseconds: monotonicNanoseconds() - started)
    let isFirst = reached.insert(ObjectIdentifier(pipeline.sink)).inserted
    // The branches of joins that were not spilled have nothing to do.
    if morsels > 0 || isFirst { try work(pipeline, morsels) }
    if pipeline.completesSink, !run.isStopped { try complete(pipeline) }
  }

  private func work(_ pipeline: Pipeline, _ morsels: Int) throws(QueryError) {
    let workers = pipeline.isSequential ? 1 : max(1, min(run.threads, morsels))
    let shared = PipelineProgress(pipeline: pipeline, morsels: morsels)
    let run = run
    run.pool.run(workers: workers) { index in
      do throws(QueryError) {
        try Self.work(Worker(run: run, index: index, isAlone: workers == 1), shared)
      } catch {
        run.fail(error)
      }
    }
    try run.rethrow()
  }

  private func complete(_ pipeline: Pipeline) throws(QueryError) {
    let started = monotonicNanoseconds()
    try pipeline.sink.complete(run)
    pipeline.sink.node.add(nanoseconds: monotonicNanoseconds() - started)
  }

  private static func work(_ worker: Worker, _ shared: PipelineProgress) throws(QueryError) {
    let pipeline = shared.pipeline
    var meters: [Meter] = []
    var consumer: any BatchConsumer = Meter(try pipeline.sink.makeConsumer(worker), pipeline.sink.node, &meters)
    for transform in pipeline.transforms.reversed() {
      consumer = Meter(try transform.makeConsumer(worker, next: consumer), transform.node, &meters)
    }
    let source = SourceMeter(pipeline.sourceNode)
    while !shared.isDone.isSet, !worker.run.isStopped {
      let morsel = shared.next.next()
      if morsel >= shared.morsels { break }
      worker.morsel = morsel
      try read(morsel, worker, shared, source, consumer)
      pipeline.sink.finishedMorsel(worker)
    }
    if !worker.run.isStopped { try consumer.finish() }
    source.report()
    Meter.report(meters, pipeline)
  }

  private static func read(
    _ morsel: Int, _ worker: Worker, _ shared: PipelineProgress, _ source: SourceMeter, _ consumer: any BatchConsumer
  ) throws(QueryError) {
    let reader = try shared.pipeline.source.open(morsel, worker.run)
    while let batch = try source.next(reader) {
      if worker.run.isStopped || shared.isDone.isSet { return }
      if batch.count == 0 { continue }
      let flow: Flow
      do throws(QueryError) {
        flow = try consumer.consume(batch)
      } catch {
        throw FailingRow.locate(error, batch, reader, shared.pipeline, worker)
      }
      if case .done = flow {
        shared.isDone.set()
        return
      }
    }
  }
}

/// What the workers of one pipeline share.
private final class PipelineProgress: Sendable {
  let pipeline: Pipeline
  let morsels: Int
  let next = SharedCounter()
  let isDone = SharedFlag()

  init(pipeline: Pipeline, morsels: Int) {
    self.pipeline = pipeline
    self.morsels = morsels
  }
}

/// Counts what a worker reads from a source.
private final class SourceMeter {
  private let node: OperatorNode
  private var rows = 0
  private var batches = 0
  private var nanoseconds = 0

  init(_ node: OperatorNode) { self.node = node }

  func next(_ reader: any BatchReader) throws(QueryError) -> Batch? {
    let started = monotonicNanoseconds()
    let batch = try reader.next()
    nanoseconds &+= monotonicNanoseconds() &- started
    if let batch {
      rows &+= batch.count
      batches &+= 1
    }
    return batch
  }

  func report() { node.add(rows: rows, batches: batches, nanoseconds: nanoseconds) }
}

/// Counts what goes into a stage and how long the stage and all behind it take.
private final class Meter: BatchConsumer {
  private let next: any BatchConsumer
  private let node: OperatorNode
  private var rows = 0
  private var batches = 0
  private var nanoseconds = 0

  init(_ next: any BatchConsumer, _ node: OperatorNode, _ all: inout [Meter]) {
    self.next = next
    self.node = node
    all.append(self)
  }

  func consume(_ batch: Batch) throws(QueryError) -> Flow {
    let started = monotonicNanoseconds()
    let flow = try next.consume(batch)
    nanoseconds &+= monotonicNanoseconds() &- started
    rows &+= batch.count
    batches &+= 1
    return flow
  }

  func finish() throws(QueryError) {
    let started = monotonicNanoseconds()
    try next.finish()
    nanoseconds &+= monotonicNanoseconds() &- started
  }

  /// Adds a worker's numbers to the operators: meters stand from the sink towards the source, and what goes into
  /// one stage came out of the one before it.
  static func report(_ meters: [Meter], _ pipeline: Pipeline) {
    for (index, meter) in meters.enumerated() {
      let behind = index == 0 ? 0 : meters[index - 1].nanoseconds
      meter.node.add(nanoseconds: meter.nanoseconds - behind)
      let isFirst = index == meters.count - 1
      if !isFirst { meters[index + 1].node.add(rows: meter.rows, batches: meter.batches, nanoseconds: 0) }
    }
  }
}
