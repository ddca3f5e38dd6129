import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// The general way to make a subquery independent: it is computed for all combinations of outer values at once.
///
/// The distinct values of the outer columns that the subquery needs (the domain) are joined to its leaves; every
/// operator above carries them along, groups and partitions by them; the outer query joins on them in the end. After
/// Neumann and Kemper, "Unnesting Arbitrary Queries" (BTW 2015).
struct DependentPlan {
  /// The outer plan under its own column ids; it is read twice.
  let outer: LogicalPlan
  let inner: LogicalPlan
  /// The outer values equal those that an inner row was computed for.
  private(set) var conditions: [BoundExpression] = []

  init(
    _ plan: LogicalPlan, on outer: LogicalPlan, _ free: Set<ColumnID>, _ context: EvaluationContext
  ) throws(QueryError) {
    let needed = outer.columns.filter { free.contains($0.id) }
    if let column = needed.first(where: { !$0.type.isGroupable }) {
      throw QueryError(
        .unsupported, .plan, "a subquery cannot refer to \(column.name) of type \(column.type) in this way",
        hint: "write it as a join")
    }
    let source: LogicalPlan
    if outer.isCheapToRepeat {
      self.outer = outer
      source = outer
    } else {
      let shared = SharedPlan(name: "outer", plan: outer)
      self.outer = .shared(SharedNode(plan: shared, columns: outer.columns))
      source = .shared(SharedNode(plan: shared, columns: outer.columns))
    }
    let groups = needed.map { NamedExpression(name: $0.name, .column($0), isNullable: $0.isNullable) }
    let domain = SharedPlan(
      name: "domain", plan: .aggregate(AggregateNode(input: source, groups: groups, aggregates: [])))
    let pusher = DomainPusher(domain: domain, outer: needed.map(\.id), context: context)
    let pushed = try pusher.push(plan)
    inner = pushed.plan
    for (column, key) in zip(needed, pushed.keys) {
      conditions.append(try pusher.same(.column(column), .column(key)))
    }
  }
}

extension LogicalPlan {
  /// Whether reading the plan's rows twice costs little and yields the same.
  fileprivate var isCheapToRepeat: Bool {
    switch self {
    case .scan, .values: return expressions.allSatisfy(\.isDeterministic)
    case .filter, .project: return expressions.allSatisfy(\.isDeterministic) && children[0].isCheapToRepeat
    default: return false
    }
  }
}

extension LogicalType {
  /// Whether values can be told apart, as GROUP BY does.
  fileprivate var isGroupable: Bool {
    switch self {
    case .map: false
    case .array(let element, _): element.isGroupable
    case .struct(let fields): fields.allSatisfy { $0.type.isGroupable }
    default: true
    }
  }
}

/// Joins the domain to the leaves of a subquery and carries its columns up.
private struct DomainPusher {
  /// A plan with the columns that it had, and those of the domain.
  struct Pushed {
    var plan: LogicalPlan
    /// The domain's columns in the plan, in the order of `outer`.
    var keys: [OutputColumn]
  }

  let domain: SharedPlan
  let outer: [ColumnID]
  let context: EvaluationContext

  func push(_ plan: LogicalPlan) throws(QueryError) -> Pushed {
    if plan.freeColumns.isDisjoint(with: outer) { return crossed(plan) }
    switch plan {
    case .filter(var node):
      let input = try push(node.input)
      node.input = input.plan
      node.predicate = node.predicate.substituting(renaming(input))
      return Pushed(plan: .filter(node), keys: input.keys)
    case .project(var node):
      let input = try push(node.input)
      for index in node.expressions.indices {
        node.expressions[index].expression = node.expressions[index].expression.substituting(renaming(input))
      }
      node.input = input.plan
      node.expressions += input.keys.map { .passing($0) }
      return Pushed(plan: .project(node), keys: input.keys)
    case .generate, .window: return try overInput(plan)
    case .aggregate(let node): return node.groups.isEmpty ? try total(node) : try grouped(node)
    case .sort(let node): return try push(node.input)
    case .limit(let node): return try limited(node)
    case .join(let node): return try joined(node)
    case .union(let node): return try union(node)
    case .setOperation(let node): return try setOperation(node)
    case .values(let node): return try rows(node)
    case .shared(let node):
      let renamed = zip(node.columns, node.plan.plan.columns).map { NamedExpression($0, .column($1)) }
      return try push(.project(ProjectNode(input: node.plan.plan, expressions: renamed)))
    case .recursion(let node):
      throw QueryError(
        .unsupported, .plan, "the recursive common table \(node.working.name) refers to a query around it")
    case .scan: throw .internal("a scan refers to an outer query")
    }
  }

  /// `a <=> b`
  func same(_ a: BoundExpression, _ b: BoundExpression) throws(QueryError) -> BoundExpression {
    guard let function = FunctionRegistry.scalar("<=>") else { throw FunctionRegistry.unknown("<=>") }
    return try Coercion.call(function, [a, b], context: context, span: nil)
  }

  private func same(_ a: [OutputColumn], _ b: [OutputColumn]) throws(QueryError) -> [BoundExpression] {
    var result: [BoundExpression] = []
    for (left, right) in zip(a, b) { result.append(try same(.column(left), .column(right))) }
    return result
  }

  private func renaming(_ pushed: Pushed) -> [ColumnID: BoundExpression] {
    Dictionary(uniqueKeysWithValues: zip(outer, pushed.keys.map { .column($0) }))
  }

  /// Every row of a plan for every value of the domain.
  private func crossed(_ plan: LogicalPlan) -> Pushed {
    let reading = SharedReading(domain)
    let join = JoinNode(kind: .inner, left: plan, right: reading.plan, condition: nil)
    return Pushed(plan: .join(join), keys: reading.columns)
  }

  // MARK: Operators with one input

  /// Operators that pass their input's columns on; windows do not reach beyond one value of the domain.
  private func overInput(_ plan: LogicalPlan) throws(QueryError) -> Pushed {
    let input = try push(plan.children[0])
    let renaming = renaming(input)
    var changed = plan.mappingExpressions { $0.substituting(renaming) }
    if case .window(var node) = changed {
      node.partitionBy += input.keys.map { .column($0) }
      changed = .window(node)
    }
    return Pushed(plan: changed.replacingChildren([input.plan]), keys: input.keys)
  }

  /// The domain's columns become the first groups, in every grouping set: the bits of `grouping_id` stay.
  private func grouped(_ node: AggregateNode) throws(QueryError) -> Pushed {
    let input = try push(node.input)
    let renaming = renaming(input)
    let keys = input.keys.map { NamedExpression(name: $0.name, .column($0), isNullable: $0.isNullable) }
    let changed = LogicalPlan.aggregate(node).mappingExpressions { $0.substituting(renaming) }
    guard case .aggregate(var copy) = changed else { throw .internal("an aggregate has changed its kind") }
    copy.input = input.plan
    copy.groups = keys + copy.groups
    copy.groupingSets = node.groupingSets?.map { Array(keys.indices) + $0.map { $0 + keys.count } }
    return Pushed(plan: .aggregate(copy), keys: keys.map(\.column))
  }

  /// An aggregate without groups has a row for each value of the domain, also where no input row belongs to it: such a
  /// value gets a row that no aggregate takes in.
  private func total(_ node: AggregateNode) throws(QueryError) -> Pushed {
    let input = try push(node.input)
    let found = NamedExpression(name: "found", .true, isNullable: false)
    let marked = LogicalPlan.project(
      ProjectNode(input: input.plan, expressions: input.plan.columns.map { .passing($0) } + [found]))
    let reading = SharedReading(domain)
    let padded = LogicalPlan.join(
      JoinNode(
        kind: .left, left: reading.plan, right: marked,
        condition: .conjunction(try same(reading.columns, input.keys))))
    guard let isNotNull = FunctionRegistry.scalar("isnotnull") else { throw FunctionRegistry.unknown("isnotnull") }
    let isFound = try Coercion.call(isNotNull, [.column(found.column.asNullable)], context: context, span: nil)
    let renaming = Dictionary(
      uniqueKeysWithValues: zip(outer, reading.columns.map { BoundExpression.column($0) }))
    var copy = node
    copy.input = padded
    for index in copy.aggregates.indices {
      copy.aggregates[index].mapExpressions { $0.substituting(renaming) }
      let own = copy.aggregates[index].filter
      copy.aggregates[index].filter = own.map { BoundExpression(.and([isFound, $0]), .boolean) } ?? isFound
    }
    let keys = reading.columns.map { NamedExpression(name: $0.name, .column($0), isNullable: $0.isNullable) }
    copy.groups = keys
    copy.groupingSets = node.groupingSets?.map { _ in Array(keys.indices) }
    return Pushed(plan: .aggregate(copy), keys: keys.map(\.column))
  }

  /// LIMIT holds for each value of the domain: rows are numbered in the order of the sort below.
  private func limited(_ node: LimitNode) throws(QueryError) -> Pushed {
    var order: [SortKey] = []
    var input = node.input
    if case .sort(let sort) = node.input { (input, order) = (sort.input, sort.keys) }
    let pushed = try push(input)
    for index in order.indices { order[index].expression = order[index].expression.substituting(renaming(pushed)) }
    guard let function = FunctionRegistry.window("row_number") else { throw FunctionRegistry.unknown("row_number") }
    let overload = try function.resolve([], false)
    let number = OutputColumn(name: "row_number", type: overload.returnType, isNullable: false)
    let call = WindowCall(
      column: number, function: .window(function, overload), arguments: [],
      frame: order.isEmpty ? .wholePartition : .upToPeers)
    let numbered = LogicalPlan.window(
      WindowNode(
        input: pushed.plan, partitionBy: pushed.keys.map { .column($0) }, orderBy: order, functions: [call]))
    var tests: [BoundExpression] = []
    if node.offset > 0 { tests.append(try compare(number, ">", node.offset)) }
    if let count = node.count {
      let (last, overflow) = node.offset.addingReportingOverflow(count)
      if !overflow { tests.append(try compare(number, "<=", last)) }
    }
    let kept = BoundExpression.conjunction(tests).map { LogicalPlan.filter(FilterNode(input: numbered, predicate: $0)) }
    return Pushed(plan: kept ?? numbered, keys: pushed.keys)
  }

  private func compare(_ column: OutputColumn, _ name: String, _ value: Int) throws(QueryError) -> BoundExpression {
    guard let function = FunctionRegistry.scalar(name) else { throw FunctionRegistry.unknown(name) }
    return try Coercion.call(
      function, [.column(column), .literal(.integer(Int64(value)), .bigint)], context: context, span: nil)
  }

  // MARK: Operators with several inputs

  private func joined(_ node: JoinNode) throws(QueryError) -> Pushed {
    var copy = node
    let dependsRight = !node.right.freeColumns.isDisjoint(with: outer)
    let dependsLeft = !node.left.freeColumns.isDisjoint(with: outer)
    switch node.kind {
    case .inner where dependsRight && !dependsLeft, .right where !dependsLeft:
      let right = try push(node.right)
      copy.right = right.plan
      copy.condition = node.condition?.substituting(renaming(right))
      return Pushed(plan: .join(copy), keys: right.keys)
    case .inner, .left, .leftSemi, .leftAnti, .nullAwareAnti, .single, .mark:
      let left = try push(node.left)
      copy.left = left.plan
      copy.condition = node.condition?.substituting(renaming(left))
      if dependsRight { try addRight(node.right, to: &copy, left.keys) }
      return Pushed(plan: .join(copy), keys: left.keys)
    case .right, .full:
      let left = try push(node.left)
      copy.left = left.plan
      let right = try push(node.right)
      copy.right = right.plan
      let own = node.condition?.substituting(renaming(left))
      copy.condition = .conjunction(try same(left.keys, right.keys) + (own.map { [$0] } ?? []))
      return try merged(copy, left.keys, right.keys)
    }
  }

  /// Joins a right side that depends on the domain as well: rows of the same value meet.
  private func addRight(_ plan: LogicalPlan, to node: inout JoinNode, _ keys: [OutputColumn]) throws(QueryError) {
    switch node.kind {
    case .nullAwareAnti, .mark(_, nullAware: true):
      throw .internal("a null-aware join depends on an outer query")
    default: break
    }
    let right = try push(plan)
    node.right = right.plan
    node.condition = .conjunction(try same(keys, right.keys) + (node.condition.map { [$0] } ?? []))
  }

  /// An outer join that keeps right rows: the domain's value is that of the side that is there.
  private func merged(
    _ node: JoinNode, _ left: [OutputColumn], _ right: [OutputColumn]
  ) throws(QueryError) -> Pushed {
    let join = LogicalPlan.join(node)
    var keys: [NamedExpression] = []
    for (a, b) in zip(left, right) {
      keys.append(
        NamedExpression(name: a.name, try Coercion.coalesce([.column(a.asNullable), .column(b.asNullable)], span: nil)))
    }
    let passed = join.columns.map { NamedExpression.passing($0) }
    return Pushed(
      plan: .project(ProjectNode(input: join, expressions: passed + keys)), keys: keys.map(\.column))
  }

  private func union(_ node: UnionNode) throws(QueryError) -> Pushed {
    var inputs: [LogicalPlan] = []
    for input in node.inputs { inputs.append(try aligned(input)) }
    let keys = freshKeys()
    return Pushed(plan: .union(UnionNode(inputs: inputs, columns: node.columns + keys)), keys: keys)
  }

  private func setOperation(_ node: SetOperationNode) throws(QueryError) -> Pushed {
    let keys = freshKeys()
    return Pushed(
      plan: .setOperation(
        SetOperationNode(
          operation: node.operation, isAll: node.isAll, left: try aligned(node.left), right: try aligned(node.right),
          columns: node.columns + keys)), keys: keys)
  }

  /// A plan with its columns in order and the domain's behind them.
  private func aligned(_ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
    let pushed = try push(plan)
    return pushed.plan.narrowed(to: plan.columns + pushed.keys)
  }

  private func freshKeys() -> [OutputColumn] {
    domain.plan.columns.map { OutputColumn(name: $0.name, type: $0.type, isNullable: $0.isNullable) }
  }

  /// Inline rows that name outer columns: a projection of the domain for each row.
  private func rows(_ node: ValuesNode) throws(QueryError) -> Pushed {
    var inputs: [LogicalPlan] = []
    for row in node.rows {
      let reading = SharedReading(domain)
      let renaming = Dictionary(
        uniqueKeysWithValues: zip(outer, reading.columns.map { BoundExpression.column($0) }))
      let values = zip(node.columns, row).map { NamedExpression(name: $0.name, $1.substituting(renaming)) }
      inputs.append(
        .project(ProjectNode(input: reading.plan, expressions: values + reading.columns.map { .passing($0) })))
    }
    let keys = freshKeys()
    return Pushed(plan: .union(UnionNode(inputs: inputs, columns: node.columns + keys)), keys: keys)
  }
}
