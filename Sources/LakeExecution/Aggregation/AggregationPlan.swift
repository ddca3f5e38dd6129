import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// What a grouping computes: its expressions compiled once, shared by all workers.
final class AggregationPlan: Sendable {
  /// One aggregate and where its expressions stand in the evaluator.
  struct Aggregate: Sendable {
    let overload: AggregateOverload
    let arguments: [Int]
    let argumentTypes: [LogicalType]
    let filter: Int?
    let order: [Int]
    let orderKeys: [SortColumn]
    let isDistinct: Bool
    let span: SourceSpan?

    /// Whether rows are kept until the end: duplicates to be dropped or an order to be kept.
    var isDeferred: Bool { isDistinct || !order.isEmpty }
  }

  let evaluator: ExpressionEvaluator
  let groupTypes: [LogicalType]
  let aggregates: [Aggregate]
  /// nil: one set of all groups.
  let groupingSets: [[Int]]?
  let hasGroupingID: Bool
  /// Layout of the group columns, and the number of the grouping set behind them where there are sets.
  let keyLayout: KeyLayout

  var groupCount: Int { groupTypes.count }
  /// Whether there is one result row, whatever the input.
  var isUngrouped: Bool { groupTypes.isEmpty && groupingSets?.count ?? 1 == 1 }

  convenience init(_ node: AggregateNode, layout: ColumnLayout, context: EvaluationContext) throws(QueryError) {
    var expressions = node.groups.map(\.expression)
    var aggregates: [Aggregate] = []
    for call in node.aggregates {
      let first = expressions.count
      expressions += call.arguments
      let filter = call.filter.map { _ in expressions.count }
      if let condition = call.filter { expressions.append(condition) }
      let order = call.order.indices.map { expressions.count + $0 }
      expressions += call.order.map(\.expression)
      aggregates.append(
        Aggregate(
          overload: call.overload, arguments: call.arguments.indices.map { first + $0 },
          argumentTypes: call.arguments.map(\.type), filter: filter, order: order,
          orderKeys: call.order.map(SortColumn.init),
          isDistinct: call.isDistinct && call.function.isAffectedByDuplicates,
          span: call.arguments.first?.span))
    }
    try self.init(
      groups: node.groups.map(\.expression), further: Array(expressions.dropFirst(node.groups.count)),
      aggregates: aggregates, groupingSets: node.groupingSets, hasGroupingID: node.groupingID != nil, layout: layout,
      context: context)
  }

  /// A plan over the groups' expressions and, behind them, those that the aggregates count on.
  init(
    groups: [BoundExpression], further: [BoundExpression], aggregates: [Aggregate], groupingSets: [[Int]]? = nil,
    hasGroupingID: Bool = false, layout: ColumnLayout, context: EvaluationContext
  ) throws(QueryError) {
    evaluator = try ExpressionEvaluator(groups + further, layout: layout, context: context)
    groupTypes = groups.map(\.type)
    self.aggregates = aggregates
    self.groupingSets = groupingSets
    self.hasGroupingID = hasGroupingID
    let keyTypes = groupTypes + (groupingSets == nil ? [] : [LogicalType.int])
    keyLayout = KeyLayout(keyTypes, nullable: keyTypes.map { _ in true })
  }

  /// Empty states of all aggregates, and the rows of those that keep them to the end; `distinct`: where those go for
  /// which there is no memory.
  func makeStates(
    _ run: QueryRun, distinct: [PartitionedRows?] = []
  ) -> (accumulators: [any Accumulator], deferred: [DeferredRows?]) {
    let context = run.settings.evaluation
    let deferred = aggregates.indices.map { index -> DeferredRows? in
      let spill = distinct.isEmpty ? nil : distinct[index]
      return aggregates[index].isDeferred ? DeferredRows(aggregates[index], spill: spill) : nil
    }
    return (aggregates.map { $0.overload.makeAccumulator(context) }, deferred)
  }

  /// Where the distinct rows of aggregates without groups go, for all workers.
  func makeDistinctSpills(_ node: OperatorNode) -> [PartitionedRows?] {
    if !isUngrouped { return [] }
    return aggregates.map { $0.isDistinct && $0.order.isEmpty ? PartitionedRows(level: 0, node: node) : nil }
  }

  /// The grouping id of a set: bit i, from the most significant of all groups, says that group i is left out.
  func groupingID(ofSet set: Int) -> Int64 {
    guard let groupingSets else { return 0 }
    var id: Int64 = 0
    for group in 0..<groupCount where !groupingSets[set].contains(group) {
      id |= 1 << Int64(groupCount - 1 - group)
    }
    return id
  }
}
