import LakeDiagnostics
import LakeFunctions
import LakeSyntax
import LakeTypes

/// Binds calls: scalar functions, the lazy forms, aggregates; windows go to `WindowBinder`.
struct FunctionCallBinder {
  let expressions: ExpressionBinder
  var binder: Binder { expressions.binder }

  init(_ expressions: ExpressionBinder) { self.expressions = expressions }

  func bind(_ call: FunctionCall, _ span: SourceSpan) throws(QueryError) -> BoundExpression {
    let name = try functionName(call)
    if let over = call.over { return try WindowBinder(self).bind(call, name, over, span) }
    if let lazy = try lazyForm(call, name, span) { return lazy }
    if FunctionRegistry.aggregate(name) != nil, FunctionRegistry.scalar(name) == nil || call.isAggregateOnly {
      return try aggregate(call, name, span)
    }
    if FunctionRegistry.generator(name) != nil, FunctionRegistry.scalar(name) == nil {
      throw QueryError(
        .misplacedGenerator, .bind, "\(name) yields rows: it stands alone as a select item or in LATERAL VIEW",
        span: span)
    }
    if FunctionRegistry.window(name) != nil {
      throw QueryError(
        .windowWithoutOver, .bind, "\(name) is a window function: it needs OVER (...)", span: span,
        hint: "\(name)(...) OVER (PARTITION BY ... ORDER BY ...)")
    }
    return try scalar(call, name, span)
  }

  private func functionName(_ call: FunctionCall) throws(QueryError) -> String {
    let parts = call.name.parts.map { $0.name.lowercased() }
    let isBuiltIn = parts.count == 1 || parts.dropLast().allSatisfy { ["system", "builtin"].contains($0) }
    guard isBuiltIn else { throw FunctionRegistry.unknown(call.name.text).at(call.name.span) }
    return parts[parts.count - 1]
  }

  // MARK: Scalar calls

  private func scalar(_ call: FunctionCall, _ name: String, _ span: SourceSpan) throws(QueryError) -> BoundExpression {
    guard let function = FunctionRegistry.scalar(name) else { throw FunctionRegistry.unknown(name).at(call.name.span) }
    if call.isDistinct || call.filter != nil {
      throw QueryError(.syntaxError, .bind, "DISTINCT and FILTER belong to aggregates, not to \(name)", span: span)
    }
    if name == "struct" { return try structure(call.arguments, span) }
    var arguments: [BoundExpression?] = []
    for (index, argument) in call.arguments.enumerated() {
      if case .lambda = argument.value.kind {
        arguments.append(nil)
      } else if index == 0, call.arguments.count == 3, let unit = Self.unit(argument.value, for: name) {
        arguments.append(.literal(.string(unit), .string))
      } else {
        arguments.append(try expressions.bind(argument.value))
      }
    }
    let complete = try bindLambdas(call.arguments, arguments, of: function)
    let names = call.arguments.map { Self.columnName(of: $0.value) }
    return try Coercion.call(function, complete, names: names, context: binder.context, span: span)
  }

  /// The unit that the calendar functions take as a bare word: `timestampadd(MONTH, 1, ts)`.
  private static func unit(_ expression: Expression, for function: String) -> String? {
    let functions = ["timestampadd", "timestampdiff", "date_add", "dateadd", "datediff", "date_diff"]
    guard functions.contains(function), case .column(let parts) = expression.kind, parts.count == 1 else { return nil }
    return parts[0].name
  }

  private func bindLambdas(
    _ syntax: [LakeSyntax.FunctionArgument], _ bound: [BoundExpression?], of function: ScalarFunction
  ) throws(QueryError) -> [BoundExpression] {
    var complete = bound
    for (index, argument) in syntax.enumerated() {
      guard case .lambda(let parameters, let body) = argument.value.kind else { continue }
      guard let signature = function.lambdaParameters else {
        throw QueryError(.datatypeMismatch, .bind, "\(function.name) takes no lambda", span: argument.value.span)
      }
      let types = try signature(complete.map { $0?.type ?? .void }, index, parameters.count)
      let columns = zip(parameters, types).map { OutputColumn(name: $0.name, type: $1) }
      let value = try expressions.withLambdaParameters(columns) { () throws(QueryError) in
        try expressions.bind(body)
      }
      complete[index] = BoundExpression(
        .lambda(parameters: columns, body: value), value.type, span: argument.value.span)
    }
    return complete.compactMap { $0 }
  }

  /// `struct(a, b AS c, ...)`: names come from aliases and columns, else `col1`, `col2`, ...
  func structure(
    _ arguments: [LakeSyntax.FunctionArgument], _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    var parts: [BoundExpression] = []
    for (index, argument) in arguments.enumerated() {
      let name = argument.alias?.name ?? Self.columnName(of: argument.value) ?? "col\(index + 1)"
      parts.append(.literal(.string(name), .string))
      parts.append(try expressions.bind(argument.value))
    }
    return try expressions.call("named_struct", parts, span)
  }

  static func columnName(of expression: Expression) -> String? {
    switch expression.kind {
    case .column(let parts): parts[parts.count - 1].name
    case .field(_, let name): name.name
    default: nil
    }
  }

  // MARK: Forms that evaluate only what they need, or that belong to the query rather than to a row

  private func lazyForm(
    _ call: FunctionCall, _ name: String, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression? {
    let count = call.arguments.count
    switch (name, count) {
    case ("coalesce", 1...): return try Coercion.coalesce(try arguments(call), span: span)
    case ("nvl", 2), ("ifnull", 2): return try Coercion.coalesce(try arguments(call), span: span)
    case ("nvl2", 3):
      let bound = try arguments(call)
      let test = try expressions.call("isnotnull", [bound[0]], span)
      return try Coercion.conditional(
        [ConditionalBranch(condition: test, result: bound[1])], otherwise: bound[2], span: span)
    case ("if", 3), ("iff", 3):
      let test = try expressions.bindCondition(call.arguments[0].value)
      let rest = try expressions.bind(call.arguments.dropFirst().map(\.value))
      return try Coercion.conditional(
        [ConditionalBranch(condition: test, result: rest[0])], otherwise: rest[1], span: span)
    case ("nullif", 2):
      let bound = try arguments(call)
      let test = try expressions.call("=", bound, span)
      let null = BoundExpression.literal(.null, bound[0].type)
      return try Coercion.conditional(
        [ConditionalBranch(condition: test, result: null)], otherwise: bound[0], span: span)
    case ("input_file_name", 0): return expressions.scope.fileColumn(span)
    case ("grouping_id", _): return try grouping(call, isID: true, span)
    case ("grouping", 1): return try grouping(call, isID: false, span)
    default: return nil
    }
  }

  private func arguments(_ call: FunctionCall) throws(QueryError) -> [BoundExpression] {
    try expressions.bind(call.arguments.map(\.value))
  }

  /// `grouping_id()`: the node's grouping id; with arguments, its bits for those groups.
  private func grouping(_ call: FunctionCall, isID: Bool, _ span: SourceSpan) throws(QueryError) -> BoundExpression {
    guard let collector = expressions.collector, !collector.groups.isEmpty else {
      throw QueryError(
        .invalidGrouping, .bind, "grouping functions need GROUP BY with GROUPING SETS, ROLLUP or CUBE", span: span)
    }
    let column = collector.groupingID ?? OutputColumn(name: "grouping_id", type: .bigint, isNullable: false)
    collector.groupingID = column
    let all = BoundExpression.column(column, span: span)
    if call.arguments.isEmpty { return all }
    let total = collector.groups.count
    var result: BoundExpression?
    for argument in try arguments(call) {
      guard let index = collector.groups.firstIndex(of: argument) else {
        throw QueryError(.invalidGrouping, .bind, "the argument is not among the GROUP BY expressions", span: span)
      }
      let shifted = try expressions.call(
        "shiftright", [all, .literal(.integer(Int64(total - 1 - index)), .int)], span)
      let bit = try expressions.call("&", [shifted, .literal(.integer(1), .bigint)], span)
      guard let sum = result else {
        result = bit
        continue
      }
      let doubled = try expressions.call("shiftleft", [sum, .literal(.integer(1), .int)], span)
      result = try expressions.call("|", [doubled, bit], span)
    }
    guard let result else { return all }
    return isID ? result : Coercion.cast(result, to: .tinyint)
  }

  // MARK: Aggregates

  private func aggregate(_ call: FunctionCall, _ name: String, _ span: SourceSpan) throws(QueryError) -> BoundExpression
  {
    guard let collector = expressions.collector, expressions.clause != .aggregate else {
      throw QueryError(
        expressions.clause == .aggregate ? .nestedAggregate : .invalidAggregate, .bind,
        "an aggregate such as \(name) is not allowed in \(expressions.clause.rawValue)", span: span,
        hint: expressions.clause == .filter ? "conditions on aggregates belong into HAVING" : nil)
    }
    let bound = try bindAggregate(call, name, span)
    return .column(collector.add(bound), span: span)
  }

  /// Binds an aggregate's own parts; aggregates inside it are refused.
  private func bindAggregate(_ call: FunctionCall, _ name: String, _ span: SourceSpan) throws(QueryError)
    -> AggregateCall
  {
    let saved = expressions.clause
    expressions.clause = .aggregate
    defer { expressions.clause = saved }
    var order: [SortKey] = []
    for item in call.withinGroup { order.append(try sortKey(item)) }
    let parts: (AggregateFunction, AggregateOverload, [BoundExpression])
    if let first = order.first, name.hasPrefix("percentile") || name == "mode" {
      parts = try withinGroupForm(call, name, first, span)
      order = []
    } else {
      parts = try resolveAggregate(call, name, span)
    }
    let (function, overload, arguments) = parts
    let filter = try call.filter.map { (condition) throws(QueryError) in try expressions.bindCondition(condition) }
    let column = OutputColumn(name: name, type: overload.returnType, isNullable: !overload.isNeverNull)
    return AggregateCall(
      column: column, function: function, overload: overload, arguments: arguments,
      isDistinct: call.isDistinct && function.isAffectedByDuplicates, filter: filter, order: order)
  }

  /// The function, its overload and its cast arguments; also for aggregates used with OVER.
  func resolveAggregate(
    _ call: FunctionCall, _ name: String, _ span: SourceSpan
  ) throws(QueryError) -> (AggregateFunction, AggregateOverload, [BoundExpression]) {
    guard let function = FunctionRegistry.aggregate(name) else { throw FunctionRegistry.unknown(name).at(span) }
    var arguments: [BoundExpression] = []
    for argument in call.arguments {
      if case .star = argument.value.kind, name == "count" { continue }
      arguments.append(try expressions.bind(argument.value))
    }
    if call.nulls == .ignore { arguments.append(.true) }
    return try resolved(function, arguments, span)
  }

  /// `percentile_cont(0.5) WITHIN GROUP (ORDER BY x)`: the sorted value is the first argument.
  private func withinGroupForm(
    _ call: FunctionCall, _ name: String, _ key: SortKey, _ span: SourceSpan
  ) throws(QueryError) -> (AggregateFunction, AggregateOverload, [BoundExpression]) {
    guard let function = FunctionRegistry.aggregate(name) else { throw FunctionRegistry.unknown(name).at(span) }
    var rest = try arguments(call)
    if key.isDescending {
      guard name == "percentile_cont", rest.count == 1 else {
        throw QueryError(.unsupported, .bind, "\(name) over a descending order", span: span)
      }
      rest[0] = try expressions.call("-", [.literal(.integer(1), .int), rest[0]], span)
    }
    return try resolved(function, [key.expression] + rest, span)
  }

  private func resolved(
    _ function: AggregateFunction, _ arguments: [BoundExpression], _ span: SourceSpan
  ) throws(QueryError) -> (AggregateFunction, AggregateOverload, [BoundExpression]) {
    let described = arguments.map {
      LakeFunctions.FunctionArgument($0.type, constant: Coercion.constant($0, binder.context))
    }
    let overload: AggregateOverload
    do {
      overload = try Coercion.resolve(described) { (arguments) throws(QueryError) in
        try function.resolve(arguments)
      }
    } catch {
      throw error.at(span)
    }
    let cast = zip(arguments, overload.argumentTypes).map { Coercion.cast($0, to: $1) }
    return (function, overload, cast)
  }

  func sortKey(_ item: SortItem) throws(QueryError) -> SortKey {
    let bound = try expressions.bind(item.expression)
    return try SortKey.of(bound, item)
  }
}

extension FunctionCall {
  /// Whether something in the call only makes sense for an aggregate.
  fileprivate var isAggregateOnly: Bool { isDistinct || filter != nil || !withinGroup.isEmpty }
}

extension SortKey {
  /// The key of an ORDER BY item; NULLs come first ascending and last descending unless it says otherwise.
  static func of(_ expression: BoundExpression, _ item: SortItem) throws(QueryError) -> SortKey {
    guard expression.type.isOrderable else {
      throw QueryError(
        .datatypeMismatch, .bind, "values of type \(expression.type) cannot be sorted", span: item.expression.span)
    }
    let nullsFirst = item.nulls.map { $0 == .first } ?? !item.isDescending
    return SortKey(expression: expression, isDescending: item.isDescending, nullsFirst: nullsFirst)
  }
}
