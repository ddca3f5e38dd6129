package import LakeColumnar
package import LakeDiagnostics
package import LakePlan
import LakeTypes
import Synchronization

/// One run of a query, or of several that share subplans.
///
/// Either `run(into:)` or `stream` may be called, once.
package final class QueryExecution: Sendable {
  private let plans: [LogicalPlan]
  private let run: QueryRun
  private let lowered: Mutex<PhysicalPlan?> = Mutex(nil)
  private let started = SharedFlag()
  private let elapsed = SharedCounter()

  /// Prepares to run a plan; nothing happens yet.
  package init(
    plans: [LogicalPlan], settings: ExecutionSettings, pool: WorkerPool, cancellation: CancellationToken
  ) {
    self.plans = plans
    run = QueryRun(settings: settings, pool: pool, cancellation: cancellation)
  }

  /// Prepares to run one plan; nothing happens yet.
  package convenience init(
    plan: LogicalPlan, settings: ExecutionSettings, pool: WorkerPool, cancellation: CancellationToken
  ) {
    self.init(plans: [plan], settings: settings, pool: pool, cancellation: cancellation)
  }

  /// Writes all rows into a sink, with a writer a worker; if the rows have an order, one writer gets them in order.
  package func run(into sink: any BatchSink) throws(QueryError) { try run(into: [sink]) }

  /// Writes the rows of each plan into the sink of its number.
  package func run(into sinks: [any BatchSink]) throws(QueryError) {
    try begin()
    var planner = PhysicalPlanner(settings: run.settings)
    planner.countSharedUses(plans)
    var nodes: [OperatorNode] = []
    var orderedWriters: [any BatchWriter] = []
    for (plan, sink) in zip(plans, sinks) {
      let stream = try planner.lower(plan, [])
      let node = OperatorNode("Write", "", [stream.node])
      nodes.append(node)
      let slots = stream.slots(of: plan.columns)
      guard stream.isOrdered else {
        planner.end(stream, in: WriterSink(node: node, slots: slots, target: sink))
        continue
      }
      let writer = try sink.makeWriter()
      orderedWriters.append(writer)
      let inOrder = ResultSink(node: node, slots: slots, run: run) { (batch) throws(QueryError) in
        try writer.write(batch)
        return true
      }
      planner.end(stream, in: inOrder, keepsOrder: true)
    }
    try execute(&planner, nodes.count == 1 ? nodes[0] : OperatorNode("MultiInsert", "", nodes))
    for writer in orderedWriters { try writer.finish() }
  }

  /// Hands the batches of the result to a closure on the calling thread, in the result's order; it returns whether
  /// it wants more. Columns stand in the order of the plan's, without selections.
  package func stream(_ body: @escaping (Batch) throws(QueryError) -> Bool) throws(QueryError) {
    try begin()
    guard let plan = plans.first, plans.count == 1 else { throw .internal("one plan yields one stream of rows") }
    var planner = PhysicalPlanner(settings: run.settings)
    let stream = try planner.lowerRoot(plan)
    let node = OperatorNode("Result", "", [stream.node])
    let sink = ResultSink(node: node, slots: stream.slots(of: plan.columns), run: run, reader: body)
    planner.end(stream, in: sink, keepsOrder: true)
    try execute(&planner, node)
  }

  private func begin() throws(QueryError) {
    if started.isSet { throw .internal("a query was started twice") }
    started.set()
  }

  private func execute(_ planner: inout PhysicalPlanner, _ root: OperatorNode) throws(QueryError) {
    let physical = PhysicalPlan(root: root, scans: planner.scans)
    lowered.withLock { $0 = physical }
    let begun = monotonicNanoseconds()
    defer { elapsed.add(monotonicNanoseconds() - begun) }
    var pipelines = planner.pipelines
    planner.pipelines = []
    var driver = Driver(run: run)
    try driver.execute(&pipelines)
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
