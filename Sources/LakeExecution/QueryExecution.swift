package import LakeColumnar
package import LakeDiagnostics
package import LakePlan
import LakeTypes
import Synchronization

/// One run of a query.
///
/// Either `run(into:)` or `stream` may be called, once.
package final class QueryExecution: Sendable {
  private let plan: LogicalPlan
  private let run: QueryRun
  private let lowered: Mutex<PhysicalPlan?> = Mutex(nil)
  private let started = SharedFlag()
  private let elapsed = SharedCounter()

  /// Prepares to run a plan; nothing happens yet.
  package init(
    plan: LogicalPlan, settings: ExecutionSettings, pool: WorkerPool, cancellation: CancellationToken
  ) {
    self.plan = plan
    run = QueryRun(settings: settings, pool: pool, cancellation: cancellation)
  }

  /// Writes all rows into a sink, with a writer a worker; if the rows have an order, one writer gets them in order.
  package func run(into sink: any BatchSink) throws(QueryError) {
    try begin()
    var planner = PhysicalPlanner(settings: run.settings)
    let stream = try planner.lowerRoot(plan)
    if stream.isOrdered {
      let writer = try sink.makeWriter()
      try deliver(stream, &planner) { (batch) throws(QueryError) in
        try writer.write(batch)
        return true
      }
      return try writer.finish()
    }
    let node = OperatorNode("Write", "", [stream.node])
    planner.end(stream, in: WriterSink(node: node, slots: stream.slots(of: plan.columns), target: sink))
    try execute(&planner, node)
  }

  /// Hands the batches of the result to a closure on the calling thread, in the result's order; it returns whether
  /// it wants more. Columns stand in the order of the plan's, without selections.
  package func stream(_ body: @escaping (Batch) throws(QueryError) -> Bool) throws(QueryError) {
    try begin()
    var planner = PhysicalPlanner(settings: run.settings)
    let stream = try planner.lowerRoot(plan)
    try deliver(stream, &planner, body)
  }

  private func begin() throws(QueryError) {
    if started.isSet { throw .internal("a query was started twice") }
    started.set()
  }

  private func deliver(
    _ stream: PlanStream, _ planner: inout PhysicalPlanner, _ body: @escaping ResultSink.Reader
  ) throws(QueryError) {
    let node = OperatorNode("Result", "", [stream.node])
    let sink = ResultSink(node: node, slots: stream.slots(of: plan.columns), run: run, reader: body)
    planner.end(stream, in: sink, keepsOrder: true)
    try execute(&planner, node)
  }

  private func execute(_ planner: inout PhysicalPlanner, _ root: OperatorNode) throws(QueryError) {
    let physical = PhysicalPlan(root: root, scans: planner.scans)
    lowered.withLock { $0 = physical }
    let begun = monotonicNanoseconds()
    defer { elapsed.add(monotonicNanoseconds() - begun) }
    var pipelines = planner.pipelines
    planner.pipelines = []
    try Driver(run: run).execute(&pipelines)
  }

  /// What the run has done so far.
  package var metrics: ExecutionMetrics {
    ExecutionMetrics(
      root: lowered.withLock { $0?.root }, scans: lowered.withLock { $0?.scans ?? [] },
      nanoseconds: elapsed.value, peakMemory: run.budget.peak)
  }
}

/// What is kept of a lowered plan: its operators' counters.
struct PhysicalPlan: Sendable {
  let root: OperatorNode
  let scans: [TableScan]
}
