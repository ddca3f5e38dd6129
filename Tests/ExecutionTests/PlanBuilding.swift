import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakeFunctions
@testable import LakePlan
import LakeTypes
import Testing

/// A plan in the making, with its columns by name.
struct Query {
  var plan: LogicalPlan

  init(_ plan: LogicalPlan) { self.plan = plan }

  init(_ source: any ScanSource) {
    let columns = source.schema.fields.enumerated().map { index, field in
      ScanNode.Column(output: OutputColumn(name: field.name, type: field.type), sourceIndex: index)
    }
    plan = .scan(ScanNode(source: source, columns: columns))
  }

  /// A column as an expression.
  subscript(name: String) -> BoundExpression { .column(column(name)) }

  func column(_ name: String) -> OutputColumn {
    guard let column = plan.columns.first(where: { $0.name == name }) else {
      Issue.record("no column \(name)")
      return plan.columns[0]
    }
    return column
  }

  func filter(_ predicate: BoundExpression) -> Query { Query(.filter(FilterNode(input: plan, predicate: predicate))) }

  func project(_ items: [(String, BoundExpression)]) -> Query {
    Query(.project(ProjectNode(input: plan, expressions: items.map { NamedExpression(name: $0.0, $0.1) })))
  }

  func limit(_ count: Int?, offset: Int = 0) -> Query {
    Query(.limit(LimitNode(input: plan, count: count, offset: offset)))
  }

  func sort(_ keys: [SortKey]) -> Query { Query(.sort(SortNode(input: plan, keys: keys))) }

  func join(_ kind: JoinNode.Kind, _ other: Query, on condition: BoundExpression?) -> Query {
    Query(.join(JoinNode(kind: kind, left: plan, right: other.plan, condition: condition)))
  }

  func aggregate(
    by groups: [String], _ calls: [AggregateCall], sets: [[Int]]? = nil, groupingID: OutputColumn? = nil
  ) -> Query {
    let named = groups.map { NamedExpression(name: $0, self[$0]) }
    return Query(
      .aggregate(
        AggregateNode(input: plan, groups: named, aggregates: calls, groupingSets: sets, groupingID: groupingID)))
  }
}

func key(_ expression: BoundExpression, descending: Bool = false, nullsFirst: Bool? = nil) -> SortKey {
  SortKey(expression: expression, isDescending: descending, nullsFirst: nullsFirst ?? !descending)
}

func int(_ value: Int) -> BoundExpression { .literal(.integer(Int64(value)), .int) }
func bigint(_ value: Int) -> BoundExpression { .literal(.integer(Int64(value)), .bigint) }
func text(_ value: String) -> BoundExpression { .literal(.string(value), .string) }

/// A call as the binder makes it: overload resolved, arguments cast.
func call(_ name: String, _ arguments: BoundExpression..., span: SourceSpan? = nil) -> BoundExpression {
  do throws(QueryError) {
    guard let function = FunctionRegistry.scalar(name) else { throw FunctionRegistry.unknown(name) }
    let overload = try function.resolve(
      arguments.map { argument in
        if case .lambda(_, let body) = argument.kind { return FunctionArgument(body.type, isLambda: true) }
        return FunctionArgument(argument.type, constant: argument.literalValue)
      })
    let cast = zip(arguments, overload.argumentTypes).map { argument, type -> BoundExpression in
      if case .lambda = argument.kind { return argument }
      return argument.type == type ? argument : BoundExpression(.cast(argument, .ansi), type)
    }
    return BoundExpression(
      .call(BoundCall(function: function, overload: overload, arguments: cast)), overload.returnType, span: span)
  } catch {
    Issue.record("\(error)")
    return .true
  }
}

func and(_ operands: BoundExpression...) -> BoundExpression { BoundExpression(.and(operands), .boolean) }
func or(_ operands: BoundExpression...) -> BoundExpression { BoundExpression(.or(operands), .boolean) }

func aggregate(
  _ name: String, _ arguments: BoundExpression..., distinct: Bool = false, filter: BoundExpression? = nil,
  order: [SortKey] = [], as column: String = "agg"
) -> AggregateCall {
  do throws(QueryError) {
    guard let function = FunctionRegistry.aggregate(name) else { throw FunctionRegistry.unknown(name) }
    let overload = try function.resolve(arguments.map { FunctionArgument($0.type, constant: $0.literalValue) })
    let cast = zip(arguments, overload.argumentTypes).map { argument, type in
      argument.type == type ? argument : BoundExpression(.cast(argument, .ansi), type)
    }
    return AggregateCall(
      column: OutputColumn(name: column, type: overload.returnType), function: function, overload: overload,
      arguments: cast, isDistinct: distinct, filter: filter, order: order)
  } catch {
    Issue.record("\(error)")
    fatalError("no aggregate \(name)")
  }
}

/// How a plan is run.
struct Variant: CustomStringConvertible, Sendable {
  var batchSize: Int
  var threads: Int
  var encoding: ExecutionSettings.ForcedEncoding

  var description: String { "batch \(batchSize), \(threads) threads, \(encoding)" }

  var settings: ExecutionSettings {
    ExecutionSettings(
      threads: threads, memoryLimit: 1 << 30, batchSize: batchSize, forcedEncoding: encoding)
  }

  static let all: [Variant] = [
    Variant(batchSize: 2048, threads: 1, encoding: .none), Variant(batchSize: 3, threads: 2, encoding: .none),
    Variant(batchSize: 1, threads: 4, encoding: .constant), Variant(batchSize: 2048, threads: 2, encoding: .dictionary),
    Variant(batchSize: 3, threads: 1, encoding: .dictionary), Variant(batchSize: 3, threads: 4, encoding: .constant),
  ]
}

extension Query {
  /// The rows of the result, in the order they came.
  func rows(_ settings: ExecutionSettings) throws(QueryError) -> [[Literal]] { try measured(settings).rows }

  /// The rows of the result, and what the operators did.
  func measured(
    _ settings: ExecutionSettings
  ) throws(QueryError) -> (rows: [[Literal]], metrics: ExecutionMetrics) {
    var rows: [[Literal]] = []
    let execution = QueryExecution(
      plan: plan, settings: settings, pool: WorkerPool(threads: settings.threads),
      cancellation: CancellationToken())
    try execution.stream { (batch) throws(QueryError) in
      for row in 0..<batch.count { rows.append(batch.columns.map { $0.literal(at: row) }) }
      return batch.count <= settings.batchSize || settings.batchSize == 0
    }
    return (rows, execution.metrics)
  }

  /// Runs the plan in all variants and compares the rows, in any order unless `ordered`.
  func expect(
    _ expected: [[Literal]], ordered: Bool = false, location: Testing.SourceLocation = #_sourceLocation
  ) throws {
    for variant in Variant.all {
      let found = try rows(variant.settings)
      if ordered {
        #expect(found == expected, "\(variant)", sourceLocation: location)
      } else {
        #expect(sorted(found) == sorted(expected), "\(variant)", sourceLocation: location)
      }
    }
  }
}

/// Rows in an order that does not depend on how they came.
func sorted(_ rows: [[Literal]]) -> [String] {
  rows.map { row in row.map(\.text).joined(separator: ", ") }.sorted()
}

extension Literal {
  /// The value as text; different values have different texts.
  var text: String {
    switch self {
    case .null: "NULL"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .string(let value): "'\(value)'"
    case .double(let value): "\(value)d"
    case .array(let items): "[" + items.map(\.text).joined(separator: ", ") + "]"
    case .struct(let items): "{" + items.map(\.text).joined(separator: ", ") + "}"
    default: "\(self)"
    }
  }

  var number: Int? {
    switch self {
    case .integer(let value): Int(value)
    case .decimal(let value): Int(value)
    case .double(let value): Int(value)
    default: nil
    }
  }

  var string: String? { if case .string(let value) = self { value } else { nil } }
}

func i(_ value: Int?) -> Literal { value.map { .integer(Int64($0)) } ?? .null }
func s(_ value: String?) -> Literal { value.map { .string($0) } ?? .null }
