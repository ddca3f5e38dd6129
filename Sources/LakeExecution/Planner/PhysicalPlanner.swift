import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// Turns a logical plan into pipelines, in the order in which they are to run.
///
/// To add an operator: a source, transform or sink under `Operators`, and a `lower` for its node here or in an
/// extension.
struct PhysicalPlanner {
  let settings: ExecutionSettings
  /// In the order in which they are to run.
  var pipelines: [Pipeline] = []
  private(set) var scans: [TableScan] = []
  private var sharedUses: [ObjectIdentifier: Int] = [:]
  private var sharedRows: [ObjectIdentifier: (rows: SharedRows, layout: ColumnLayout)] = [:]

  /// What stands for the working tables of recursions that are being run.
  var workingRows: [ObjectIdentifier: KeptRows] = [:]
  /// How many rows are wanted of recursions at most.
  private var wantedRows: [ObjectIdentifier: Int] = [:]

  init(settings: ExecutionSettings) { self.settings = settings }

  /// Lowers a whole plan but for its last sink.
  mutating func lowerRoot(_ plan: LogicalPlan) throws(QueryError) -> PlanStream {
    countSharedUses([plan])
    return try lower(plan, [])
  }

  /// Counts how often each shared subplan is read by plans that run together.
  mutating func countSharedUses(_ plans: [LogicalPlan]) {
    for plan in plans { countSharedUses(plan) }
  }

  private mutating func countSharedUses(_ plan: LogicalPlan) {
    if case .shared(let node) = plan {
      let id = ObjectIdentifier(node.plan)
      sharedUses[id, default: 0] += 1
      if sharedUses[id] == 1 { countSharedUses(node.plan.plan) }
    }
    for child in plan.children { countSharedUses(child) }
  }

  /// Ends a stream in a sink.
  mutating func end(_ stream: PlanStream, in sink: any PipelineSink, keepsOrder: Bool = false) {
    for (index, branch) in stream.branches.enumerated() {
      pipelines.append(
        Pipeline(
          source: branch.source, sourceNode: branch.sourceNode, transforms: branch.transforms, sink: sink,
          isSequential: stream.isSequential || (stream.isOrdered && !keepsOrder),
          completesSink: index == stream.branches.count - 1))
    }
  }

  mutating func lower(_ plan: LogicalPlan, _ targets: [FilterTarget]) throws(QueryError) -> PlanStream {
    switch plan {
    case .scan(let node): return lower(node, plan, targets)
    case .values(let node):
      return PlanStream(
        source: ValuesSource(node), layout: ColumnLayout(node.columns), node: operatorNode(plan, []))
    case .project(let node): return try lower(node, plan, targets)
    case .filter(let node): return try lower(node, plan, targets)
    case .join(let node): return try lower(node, plan, targets, yielding: plan.columns)
    case .aggregate(let node): return try lower(node, plan, targets)
    case .window(let node): return try lower(node, plan)
    case .sort(let node): return try lower(node, plan, targets)
    case .limit(let node): return try lower(node, plan)
    case .union(let node): return try lower(node, plan, targets)
    case .setOperation(let node): return try lower(node, plan)
    case .generate(let node): return try lower(node, plan, targets)
    case .shared(let node): return try lower(node, plan)
    case .recursion(let node): return try lower(node, plan)
    }
  }

  /// The description of an operator, from the logical node's line.
  func operatorNode(_ plan: LogicalPlan, _ children: [OperatorNode], name: String? = nil) -> OperatorNode {
    let line = PlanPrinter.line(plan)
    let (head, rest) = line.split(atFirstSpace: ())
    return OperatorNode(name ?? head, rest, children)
  }

  // MARK: Scan, filter, project, limit

  private mutating func lower(_ node: ScanNode, _ plan: LogicalPlan, _ targets: [FilterTarget]) -> PlanStream {
    if let working = node.source as? WorkingTable {
      let source = KeptRowsSource(
        workingRows[ObjectIdentifier(working)] ?? KeptRows(), slots: node.columns.map(\.sourceIndex))
      return PlanStream(
        source: source, layout: ColumnLayout(node.columns.map(\.output)), node: operatorNode(plan, []))
    }
    var filters: [RuntimeFilter] = []
    for target in targets {
      guard let column = node.columns.first(where: { $0.output.id == target.column }) else { continue }
      let filter = RuntimeFilter(column: column.sourceIndex)
      target.build.feed(filter, withKey: target.key)
      filters.append(filter)
    }
    let described = operatorNode(plan, [], name: "TableScan")
    if !filters.isEmpty {
      let names = filters.map { node.source.schema[$0.column].name }.joined(separator: ", ")
      described.describe("runtime filter on \(names)")
    }
    let scan = TableScan(node, columns: node.columns, runtimeFilters: filters, node: described)
    scans.append(scan)
    return PlanStream(source: scan, layout: ColumnLayout(node.columns.map(\.output)), node: described)
  }

  private mutating func lower(
    _ node: ProjectNode, _ plan: LogicalPlan, _ targets: [FilterTarget]
  ) throws(QueryError) -> PlanStream {
    let below = targets.compactMap { $0.renamed(by: node.expressions) }
    // Columns under their own names: later operators find them where they are.
    if node.expressions.allSatisfy({ $0.expression.columnID == $0.column.id }) {
      guard case .join(let join) = node.input else { return try lower(node.input, below) }
      return try lower(join, node.input, below, yielding: node.expressions.map(\.column))
    }
    let input = try lower(node.input, below)
    return try projecting(input, node.expressions, operatorNode(plan, [input.node]))
  }

  func projecting(
    _ input: PlanStream, _ expressions: [NamedExpression], _ node: OperatorNode
  ) throws(QueryError) -> PlanStream {
    let bound = expressions.map(\.expression)
    let evaluator = try ExpressionEvaluator(bound, layout: input.layout, context: settings.evaluation)
    let project = ProjectOperator(bound, evaluator: evaluator, layout: input.layout, node: node)
    return input.appending(project, layout: ColumnLayout(expressions.map(\.column)))
  }

  private mutating func lower(
    _ node: FilterNode, _ plan: LogicalPlan, _ targets: [FilterTarget]
  ) throws(QueryError) -> PlanStream {
    let input = try lower(node.input, targets)
    let predicate = try PredicateEvaluator(node.predicate, layout: input.layout, context: settings.evaluation)
    return input.appending(
      FilterOperator(predicate, node: operatorNode(plan, [input.node])), layout: input.layout)
  }

  /// The recursion of which a plan passes on every row, one for one.
  private func recursion(below plan: LogicalPlan) -> RecursionNode? {
    switch plan {
    case .recursion(let node): node
    case .project(let node): recursion(below: node.input)
    case .shared(let node) where sharedUses[ObjectIdentifier(node.plan), default: 0] <= 1:
      recursion(below: node.plan.plan)
    default: nil
    }
  }

  /// Rows of a Top-N at most; beyond, all rows are sorted.
  private static let topLimit = 1 << 18

  private mutating func lower(_ node: LimitNode, _ plan: LogicalPlan) throws(QueryError) -> PlanStream {
    if case .sort(let sort) = node.input, let count = node.count, isTopN(count, node.offset, of: sort) {
      return try lowerTopN(sort, node.input, count: count, offset: node.offset)
    }
    if let count = node.count, let recursion = recursion(below: node.input) {
      let (wanted, isTooMany) = count.addingReportingOverflow(node.offset)
      if !isTooMany { wantedRows[ObjectIdentifier(recursion.working)] = wanted }
    }
    var input = try lower(node.input, [])
    if input.isOrdered { input.isSequential = true }
    let limit = LimitOperator(count: node.count, offset: node.offset, node: operatorNode(plan, [input.node]))
    return input.appending(limit, layout: input.layout)
  }

  /// Whether few enough rows are wanted that they are kept in memory; more are sorted, which may be spilled.
  private func isTopN(_ count: Int, _ offset: Int, of sort: SortNode) -> Bool {
    guard count <= Self.topLimit, offset <= Self.topLimit, !sort.keys.isEmpty else { return false }
    if count + offset <= Batch.capacity { return true }
    let values = sort.keys.count + sort.input.columns.count
    return (count + offset) * values * Self.typicalValueSize <= settings.memoryLimit / 8
  }

  /// Bytes of a value, strings and copies included, about.
  private static let typicalValueSize = 64

  // MARK: Sort

  private mutating func lower(
    _ node: SortNode, _ plan: LogicalPlan, _ targets: [FilterTarget]
  ) throws(QueryError) -> PlanStream {
    let input = try lower(node.input, targets)
    if node.keys.isEmpty { return input }
    let columns = node.input.columns
    var stored = StoredExpressions(columns)
    let keyIndexes = node.keys.map { stored.index(of: $0.expression) }
    let described = operatorNode(plan, [input.node])
    let keys = node.keys.map(SortColumn.init)
    let runs = SortedRuns(stored.expressions.map(\.type), keys: keys, keyIndexes: keyIndexes, node: described)
    let rows = try RowStore(stored.expressions, layout: input.layout, run: settings, for: "sort", spill: runs)
    let sort = SortOperator(
      rows: rows, runs: runs, keys: keys, keyIndexes: keyIndexes, outputCount: columns.count, node: described)
    end(input, in: sort)
    return PlanStream(
      source: SortSource(sort), layout: ColumnLayout(columns), isOrdered: true, node: sort.node)
  }

  private mutating func lowerTopN(
    _ node: SortNode, _ plan: LogicalPlan, count: Int, offset: Int
  ) throws(QueryError) -> PlanStream {
    let input = try lower(node.input, [])
    let columns = node.input.columns
    var stored = StoredExpressions(columns)
    let keyIndexes = node.keys.map { stored.index(of: $0.expression) }
    let evaluator = try ExpressionEvaluator(
      stored.expressions, layout: input.layout, context: settings.evaluation)
    let line = PlanPrinter.line(plan).split(atFirstSpace: ()).rest
    let description = OperatorNode(
      "TopN", "\(count)\(offset > 0 ? " offset \(offset)" : "") by \(line)", [input.node])
    let top = TopNOperator(
      evaluator: evaluator, types: stored.expressions.map(\.type), keys: node.keys.map(SortColumn.init),
      keyIndexes: keyIndexes, outputCount: columns.count, limit: count, offset: offset, node: description)
    end(input, in: top)
    return PlanStream(
      source: TopNSource(top), layout: ColumnLayout(columns), isOrdered: true, node: description)
  }

  // MARK: Aggregate and window

  private mutating func lower(
    _ node: AggregateNode, _ plan: LogicalPlan, _ targets: [FilterTarget]
  ) throws(QueryError) -> PlanStream {
    if let staged = node.overDistinctValues { return try lower(staged, plan, []) }
    let below = node.groupingSets == nil ? targets.compactMap { $0.renamed(by: node.groups) } : []
    let input = try lower(node.input, below)
    let aggregation = try AggregationPlan(node, layout: input.layout, context: settings.evaluation)
    let aggregate = HashAggregate(aggregation, node: operatorNode(plan, [input.node], name: "HashAggregate"))
    end(input, in: aggregate)
    return PlanStream(
      source: AggregateSource(aggregate), layout: ColumnLayout(plan.columns), node: aggregate.node)
  }

  private mutating func lower(_ node: WindowNode, _ plan: LogicalPlan) throws(QueryError) -> PlanStream {
    let input = try lower(node.input, [])
    let columns = node.input.columns
    var stored = StoredExpressions(columns)
    var calls: [WindowPlan.Call] = []
    for call in node.functions {
      if call.isDistinct {
        throw QueryError(
          .unsupported, .plan, "DISTINCT in a window function is not supported", span: call.arguments.first?.span)
      }
      calls.append(
        WindowPlan.Call(
          function: call.function, arguments: call.arguments.map { stored.index(of: $0) },
          filter: call.filter.map { stored.index(of: $0) }, frame: call.frame, type: call.column.type,
          span: call.arguments.first?.span))
    }
    let window = WindowPlan(
      outputCount: columns.count, partitionKeys: node.partitionBy.map { stored.index(of: $0) },
      orderKeys: node.orderBy.map { stored.index(of: $0.expression) },
      orderColumns: node.orderBy.map(SortColumn.init), partitionTypes: node.partitionBy.map(\.type), calls: calls)
    let described = operatorNode(plan, [input.node])
    let runs = SortedRuns(
      stored.expressions.map(\.type), keys: window.sortColumns, keyIndexes: window.keyIndexes, node: described)
    let rows = try RowStore(stored.expressions, layout: input.layout, run: settings, for: "window", spill: runs)
    let sink = WindowOperator(plan: window, rows: rows, runs: runs, node: described)
    end(input, in: sink)
    return PlanStream(source: WindowSource(sink), layout: ColumnLayout(plan.columns), node: sink.node)
  }

  // MARK: Union, set operations, generators, shared subplans

  private mutating func lower(
    _ node: UnionNode, _ plan: LogicalPlan, _ targets: [FilterTarget]
  ) throws(QueryError) -> PlanStream {
    var branches: [PlanStream.Branch] = []
    var nodes: [OperatorNode] = []
    var isSequential = false
    let layout = ColumnLayout(node.columns)
    for input in node.inputs {
      let below = targets.compactMap { $0.renamed(from: node.columns, to: input.columns) }
      let stream = try lower(input, below)
      let renaming = zip(node.columns, input.columns).map { NamedExpression($0, .column($1)) }
      let renamed = try projecting(stream, renaming, OperatorNode("Project"))
      branches += renamed.branches
      nodes.append(stream.node)
      isSequential = isSequential || stream.isSequential || stream.isOrdered
    }
    let described = operatorNode(plan, nodes)
    guard let first = branches.first else { throw .internal("a union without inputs") }
    var result = PlanStream(source: first.source, layout: layout, node: described)
    result.branches = branches
    result.isSequential = isSequential
    return result
  }

  private mutating func lower(_ node: SetOperationNode, _ plan: LogicalPlan) throws(QueryError) -> PlanStream {
    let counting = SideCounting(node)
    let input = try lower(counting.union, [])
    let aggregation = try counting.aggregation(input.layout, settings.evaluation)
    let aggregate = HashAggregate(aggregation, node: operatorNode(plan, [input.node]))
    end(input, in: aggregate)
    let counted = PlanStream(
      source: AggregateSource(aggregate), layout: ColumnLayout(node.columns), node: aggregate.node)
    return counted.appending(RepeatOperator(node: aggregate.node), layout: ColumnLayout(node.columns))
  }

  private mutating func lower(
    _ node: GenerateNode, _ plan: LogicalPlan, _ targets: [FilterTarget]
  ) throws(QueryError) -> PlanStream {
    let input = try lower(node.input, targets)
    let arguments = try ExpressionEvaluator(
      node.arguments, layout: input.layout, context: settings.evaluation)
    let passed = node.input.columns
    let generate = GenerateOperator(
      arguments: arguments, overload: node.overload, isOuter: node.isOuter, slots: input.slots(of: passed),
      types: node.columns.map(\.type), node: operatorNode(plan, [input.node]))
    return input.appending(generate, layout: ColumnLayout(passed + node.columns))
  }

  private mutating func lower(_ node: RecursionNode, _ plan: LogicalPlan) throws(QueryError) -> PlanStream {
    let wanted = wantedRows[ObjectIdentifier(node.working)]
    let anchor = try lower(RecursionSource.limited(node.anchor, of: node, wanted: wanted, total: 0), [])
    var planner = PhysicalPlanner(settings: settings)
    let step = try planner.lowerRoot(node.step)
    let described = operatorNode(plan, [anchor.node, step.node])
    let reservation = SharedReservation(for: "recursive common table", isSpillable: true)
    let rows = SharedRows(slots: anchor.slots(of: node.anchor.columns), node: described, reservation: reservation)
    end(anchor, in: rows)
    let source = RecursionSource(
      node, anchor: rows, wanted: wanted, reservation: reservation, node: described, stepNode: step.node)
    return PlanStream(source: source, layout: ColumnLayout(node.columns), node: described)
  }

  private mutating func lower(_ node: SharedNode, _ plan: LogicalPlan) throws(QueryError) -> PlanStream {
    let id = ObjectIdentifier(node.plan)
    let inner = node.plan.plan.columns
    if sharedUses[id, default: 0] <= 1 {
      let stream = try lower(node.plan.plan, [])
      return try projecting(
        stream, zip(node.columns, inner).map { NamedExpression($0, .column($1)) }, operatorNode(plan, [stream.node]))
    }
    let rows: SharedRows
    let described: OperatorNode
    if let known = sharedRows[id]?.rows {
      rows = known
      described = operatorNode(plan, [], name: "SharedScan")
    } else {
      let stream = try lower(node.plan.plan, [])
      described = operatorNode(plan, [stream.node], name: "SharedScan")
      rows = SharedRows(
        slots: stream.slots(of: inner), node: described,
        reservation: SharedReservation(for: "shared subquery", isSpillable: true))
      end(stream, in: rows)
      sharedRows[id] = (rows, ColumnLayout(inner))
    }
    return PlanStream(source: SharedRowsSource(rows), layout: ColumnLayout(node.columns), node: described)
  }
}

/// Columns and further expressions that an operator stores; equal expressions are stored once.
struct StoredExpressions {
  private(set) var expressions: [BoundExpression]

  init(_ columns: [OutputColumn]) { expressions = columns.map { .column($0) } }

  mutating func index(of expression: BoundExpression) -> Int {
    if let id = expression.columnID, let known = expressions.firstIndex(where: { $0.columnID == id }) { return known }
    expressions.append(expression)
    return expressions.count - 1
  }
}

extension String {
  /// The text before and behind the first space.
  func split(atFirstSpace: Void) -> (head: String, rest: String) {
    guard let space = firstIndex(of: " ") else { return (self, "") }
    return (String(self[..<space]), String(self[index(after: space)...]))
  }
}
