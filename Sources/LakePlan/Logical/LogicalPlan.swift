import Synchronization
package import LakeColumnar
package import LakeFunctions
package import LakeTypes

/// What a query computes: a tree of relational nodes over columns named by id.
///
/// To add a node: a case and a struct here, its columns and children in `LogicalPlan+Children.swift`, its line in
/// `PlanPrinter.swift`, and its lowering in LakeExecution's physical planner.
package indirect enum LogicalPlan: Sendable {
  case scan(ScanNode)
  case values(ValuesNode)
  case project(ProjectNode)
  case filter(FilterNode)
  case join(JoinNode)
  case aggregate(AggregateNode)
  case window(WindowNode)
  case sort(SortNode)
  case limit(LimitNode)
  case union(UnionNode)
  case setOperation(SetOperationNode)
  case generate(GenerateNode)
  case shared(SharedNode)
  case recursion(RecursionNode)
}

/// Reads columns of a source. `predicates` and runtime filters only help it skip; a filter above stays.
package struct ScanNode: Sendable {
  package struct Column: Sendable {
    package var output: OutputColumn
    /// Position in the source's schema.
    package var sourceIndex: Int
    /// What of it is looked at.
    package var selection = FieldSelection.whole
  }
  package var source: any ScanSource
  package var columns: [Column]
  package var predicates: [ScanPredicate]

  package init(source: any ScanSource, columns: [Column], predicates: [ScanPredicate] = []) {
    self.source = source
    self.columns = columns
    self.predicates = predicates
  }
}

/// Literal rows; expressions have no columns. No columns and one row: SELECT without FROM.
package struct ValuesNode: Sendable {
  package var columns: [OutputColumn]
  package var rows: [[BoundExpression]]

  package init(columns: [OutputColumn], rows: [[BoundExpression]]) {
    self.columns = columns
    self.rows = rows
  }
}

package struct ProjectNode: Sendable {
  package var input: LogicalPlan
  package var expressions: [NamedExpression]

  package init(input: LogicalPlan, expressions: [NamedExpression]) {
    self.input = input
    self.expressions = expressions
  }
}

/// Keeps the rows for which the predicate is true (not false, not NULL).
package struct FilterNode: Sendable {
  package var input: LogicalPlan
  package var predicate: BoundExpression

  package init(input: LogicalPlan, predicate: BoundExpression) {
    self.input = input
    self.predicate = predicate
  }
}

/// Pairs rows of two inputs. Yields the columns of left and right, but semi, anti and mark only left's.
package struct JoinNode: Sendable {
  package enum Kind: Hashable, Sendable {
    case inner, left, right, full
    /// Left rows with a match; left rows without one.
    case leftSemi, leftAnti
    /// NOT IN: like anti, but a NULL on either side of the IN comparison leaves the row out, as three-valued logic
    /// demands. The condition is an AND of the IN comparisons (`=`) alone.
    case nullAwareAnti
    /// A scalar subquery: like left, but a second match is an error (`.scalarSubqueryRows`).
    case single
    /// Adds a boolean column that says whether the row has a match: true, false, or NULL where `nullAware` and the
    /// three-valued IN is unknown.
    case mark(OutputColumn, nullAware: Bool)
  }
  package var kind: Kind
  package var left: LogicalPlan
  package var right: LogicalPlan
  /// nil: every pair. The physical planner finds the equalities in it.
  package var condition: BoundExpression?

  package init(kind: Kind, left: LogicalPlan, right: LogicalPlan, condition: BoundExpression?) {
    self.kind = kind
    self.left = left
    self.right = right
    self.condition = condition
  }
}

/// Groups rows. Yields the group columns, then the aggregates, then (with grouping sets) the grouping id.
package struct AggregateNode: Sendable {
  package var input: LogicalPlan
  package var groups: [NamedExpression]
  package var aggregates: [AggregateCall]
  /// GROUPING SETS, ROLLUP, CUBE: which of `groups` (by position) each set keeps; the others are NULL in its rows.
  package var groupingSets: [[Int]]?
  /// With grouping sets: a bigint column, bit i (from the most significant of `groups.count`) set where group i is
  /// not in the row's set.
  package var groupingID: OutputColumn?

  package init(
    input: LogicalPlan, groups: [NamedExpression], aggregates: [AggregateCall], groupingSets: [[Int]]? = nil,
    groupingID: OutputColumn? = nil
  ) {
    self.input = input
    self.groups = groups
    self.aggregates = aggregates
    self.groupingSets = groupingSets
    self.groupingID = groupingID
  }
}

/// One aggregate of a node. Without groups there is one result row, even for no input.
package struct AggregateCall: Sendable {
  package var column: OutputColumn
  package var function: AggregateFunction
  package var overload: AggregateOverload
  package var arguments: [BoundExpression]
  package var isDistinct: Bool
  /// FILTER (WHERE ...)
  package var filter: BoundExpression?
  /// WITHIN GROUP (ORDER BY ...): the order in which rows reach the accumulator.
  package var order: [SortKey]

  package init(
    column: OutputColumn, function: AggregateFunction, overload: AggregateOverload, arguments: [BoundExpression],
    isDistinct: Bool = false, filter: BoundExpression? = nil, order: [SortKey] = []
  ) {
    self.column = column
    self.function = function
    self.overload = overload
    self.arguments = arguments
    self.isDistinct = isDistinct
    self.filter = filter
    self.order = order
  }
}

/// Adds a column per window function; functions of one node share partition and order.
package struct WindowNode: Sendable {
  package var input: LogicalPlan
  package var partitionBy: [BoundExpression]
  package var orderBy: [SortKey]
  package var functions: [WindowCall]

  package init(input: LogicalPlan, partitionBy: [BoundExpression], orderBy: [SortKey], functions: [WindowCall]) {
    self.input = input
    self.partitionBy = partitionBy
    self.orderBy = orderBy
    self.functions = functions
  }
}

package struct WindowCall: Sendable {
  package enum Function: Sendable {
    case window(WindowFunction, WindowOverload)
    case aggregate(AggregateFunction, AggregateOverload)
  }
  package var column: OutputColumn
  package var function: Function
  package var arguments: [BoundExpression]
  package var filter: BoundExpression?
  package var isDistinct: Bool
  package var frame: BoundFrame

  package init(
    column: OutputColumn, function: Function, arguments: [BoundExpression], filter: BoundExpression? = nil,
    isDistinct: Bool = false, frame: BoundFrame
  ) {
    self.column = column
    self.function = function
    self.arguments = arguments
    self.filter = filter
    self.isDistinct = isDistinct
    self.frame = frame
  }
}

/// The rows around the current one that a window function sees.
package struct BoundFrame: Sendable {
  package enum Unit: Hashable, Sendable { case rows, range, groups }
  package enum Bound: Sendable {
    case unboundedPreceding
    /// A constant, not negative: rows or groups as bigint; for RANGE of the ORDER BY column's type or an interval.
    case preceding(TypedLiteral)
    case currentRow
    case following(TypedLiteral)
    case unboundedFollowing
  }
  package var unit: Unit
  package var start: Bound
  package var end: Bound

  package init(unit: Unit, start: Bound, end: Bound) {
    self.unit = unit
    self.start = start
    self.end = end
  }

  /// The default without ORDER BY.
  package static let wholePartition = BoundFrame(unit: .rows, start: .unboundedPreceding, end: .unboundedFollowing)
  /// The default with ORDER BY.
  package static let upToPeers = BoundFrame(unit: .range, start: .unboundedPreceding, end: .currentRow)
}

package struct SortKey: Sendable {
  package var expression: BoundExpression
  package var isDescending: Bool
  package var nullsFirst: Bool

  package init(expression: BoundExpression, isDescending: Bool, nullsFirst: Bool) {
    self.expression = expression
    self.isDescending = isDescending
    self.nullsFirst = nullsFirst
  }
}

package struct SortNode: Sendable {
  package var input: LogicalPlan
  package var keys: [SortKey]

  package init(input: LogicalPlan, keys: [SortKey]) {
    self.input = input
    self.keys = keys
  }
}

/// Skips `offset` rows, then passes at most `count`. Directly above a sort it means Top-N.
package struct LimitNode: Sendable {
  package var input: LogicalPlan
  package var count: Int?
  package var offset: Int

  package init(input: LogicalPlan, count: Int?, offset: Int = 0) {
    self.input = input
    self.count = count
    self.offset = offset
  }
}

/// UNION ALL: the inputs' columns by position; the types are equal already.
package struct UnionNode: Sendable {
  package var inputs: [LogicalPlan]
  package var columns: [OutputColumn]

  package init(inputs: [LogicalPlan], columns: [OutputColumn]) {
    self.inputs = inputs
    self.columns = columns
  }
}

/// INTERSECT and EXCEPT, with or without ALL; NULLs are equal. Yields left's columns under new ids.
package struct SetOperationNode: Sendable {
  package enum Operation: Hashable, Sendable { case intersect, except }
  package var operation: Operation
  package var isAll: Bool
  package var left: LogicalPlan
  package var right: LogicalPlan
  package var columns: [OutputColumn]

  package init(
    operation: Operation, isAll: Bool, left: LogicalPlan, right: LogicalPlan, columns: [OutputColumn]
  ) {
    self.operation = operation
    self.isAll = isAll
    self.left = left
    self.right = right
    self.columns = columns
  }
}

/// Yields the input's columns and, for each row that the generator yields, its columns.
package struct GenerateNode: Sendable {
  package var input: LogicalPlan
  package var function: GeneratorFunction
  package var overload: GeneratorOverload
  package var arguments: [BoundExpression]
  /// Whether an input row without output rows yields one row of NULLs.
  package var isOuter: Bool
  package var columns: [OutputColumn]

  package init(
    input: LogicalPlan, function: GeneratorFunction, overload: GeneratorOverload, arguments: [BoundExpression],
    isOuter: Bool, columns: [OutputColumn]
  ) {
    self.input = input
    self.function = function
    self.overload = overload
    self.arguments = arguments
    self.isOuter = isOuter
    self.columns = columns
  }
}

/// A subplan that several places read: it runs once and its rows are kept. Each place has column ids of its own.
package struct SharedNode: Sendable {
  package var plan: SharedPlan
  /// New ids for the plan's columns, by position.
  package var columns: [OutputColumn]

  package init(plan: SharedPlan, columns: [OutputColumn]) {
    self.plan = plan
    self.columns = columns
  }
}

/// The identity of a shared subplan.
package final class SharedPlan: Sendable {
  package let name: String
  package let plan: LogicalPlan
  /// The free columns of `plan`, computed once: of shared plans that read shared plans twice each, every level
  /// would double the work.
  let freeColumns: Set<ColumnID>
  /// Whether a second run of `plan` certainly yields the same rows.
  let isRepeatable: Bool
  private let knownEstimate = Mutex<PlanEstimate?>(nil)

  package init(name: String, plan: LogicalPlan) {
    self.name = name
    self.plan = plan
    freeColumns = plan.freeColumns
    isRepeatable = plan.isRepeatable
  }

  /// The estimate of `plan`, made when it is first asked for: it reads the sources' statistics.
  var estimate: PlanEstimate {
    if let known = knownEstimate.withLock({ $0 }) { return known }
    let made = PlanEstimate(plan)
    knownEstimate.withLock { $0 = made }
    return made
  }
}
