import LakeDiagnostics
import LakeFunctions
import LakeSyntax
import LakeTypes

/// Binds calls with OVER.
struct WindowBinder {
  let calls: FunctionCallBinder
  var expressions: ExpressionBinder { calls.expressions }

  init(_ calls: FunctionCallBinder) { self.calls = calls }

  func bind(
    _ call: FunctionCall, _ name: String, _ over: WindowReference, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    guard let collector = expressions.collector, expressions.clause != .aggregate, expressions.clause != .window else {
      throw QueryError(
        .misplacedWindow, .bind, "window functions are not allowed in \(expressions.clause.rawValue)", span: span,
        hint: "filter on them with QUALIFY, or in a query around this one")
    }
    let saved = expressions.clause
    expressions.clause = .window
    defer { expressions.clause = saved }
    let specification = try resolve(over, collector)
    let partitionBy = try expressions.bind(specification.partitionBy)
    var orderBy: [SortKey] = []
    for item in specification.orderBy { orderBy.append(try calls.sortKey(item)) }
    let frame = try bind(specification.frame, orderBy)
    let bound = try function(call, name, frame, span)
    return .column(collector.add(bound, partitionBy: partitionBy, orderBy: orderBy), span: span)
  }

  private func function(
    _ call: FunctionCall, _ name: String, _ frame: BoundFrame, _ span: SourceSpan
  ) throws(QueryError) -> WindowCall {
    let filter = try call.filter.map { (condition) throws(QueryError) in try expressions.bindCondition(condition) }
    if let function = FunctionRegistry.window(name) {
      let arguments = try expressions.bind(call.arguments.map(\.value))
      let described = arguments.map {
        LakeFunctions.FunctionArgument($0.type, constant: Coercion.constant($0, expressions.binder.context))
      }
      let overload = try function.resolve(described, call.nulls == .ignore)
      let cast = zip(arguments, overload.argumentTypes).map { Coercion.cast($0, to: $1) }
      return WindowCall(
        column: OutputColumn(name: name, type: overload.returnType), function: .window(function, overload),
        arguments: cast, filter: filter, frame: frame)
    }
    let (function, overload, arguments) = try calls.resolveAggregate(call, name, span)
    let column = OutputColumn(name: name, type: overload.returnType, isNullable: !overload.isNeverNull)
    return WindowCall(
      column: column, function: .aggregate(function, overload), arguments: arguments, filter: filter,
      isDistinct: call.isDistinct && function.isAffectedByDuplicates, frame: frame)
  }

  private func resolve(
    _ reference: WindowReference, _ collector: SelectCollector
  ) throws(QueryError) -> WindowSpecification {
    switch reference {
    case .named(let name):
      guard let found = collector.namedWindows.first(where: { $0.name.name.lowercased() == name.name.lowercased() })
      else {
        throw QueryError(
          .windowNotFound, .bind, "there is no window \(name.name)", span: name.span,
          hint: NearestName.of(name.name, among: collector.namedWindows.map(\.name.name)).map { "did you mean \($0)?" })
      }
      return try resolve(found.window, collector)
    case .specification(var specification):
      guard let base = specification.base else { return specification }
      let inherited = try resolve(.named(base), collector)
      if specification.partitionBy.isEmpty { specification.partitionBy = inherited.partitionBy }
      if specification.orderBy.isEmpty { specification.orderBy = inherited.orderBy }
      if specification.frame == nil { specification.frame = inherited.frame }
      specification.base = nil
      return specification
    }
  }

  private func bind(_ frame: WindowFrame?, _ orderBy: [SortKey]) throws(QueryError) -> BoundFrame {
    guard let frame else { return orderBy.isEmpty ? .wholePartition : .upToPeers }
    let unit: BoundFrame.Unit =
      switch frame.unit {
      case .rows: .rows
      case .range: .range
      case .groups: .groups
      }
    return BoundFrame(
      unit: unit, start: try bind(frame.start, unit, orderBy, frame.span),
      end: try bind(frame.end, unit, orderBy, frame.span))
  }

  private func bind(
    _ bound: WindowFrame.Bound, _ unit: BoundFrame.Unit, _ orderBy: [SortKey], _ span: SourceSpan
  ) throws(QueryError) -> BoundFrame.Bound {
    switch bound {
    case .unboundedPreceding: return .unboundedPreceding
    case .currentRow: return .currentRow
    case .unboundedFollowing: return .unboundedFollowing
    case .preceding(let offset): return .preceding(try self.offset(offset, unit, orderBy, span))
    case .following(let offset): return .following(try self.offset(offset, unit, orderBy, span))
    }
  }

  private func offset(
    _ expression: Expression, _ unit: BoundFrame.Unit, _ orderBy: [SortKey], _ span: SourceSpan
  ) throws(QueryError) -> TypedLiteral {
    let literal = try expressions.binder.constant(expression)
    if unit == .range {
      guard orderBy.count == 1 else {
        throw QueryError(.invalidWindow, .bind, "a RANGE offset needs exactly one ORDER BY expression", span: span)
      }
      let target = orderBy[0].expression.type
      if literal.type.isInterval || target.isDateTime { return literal }
      return try cast(literal, to: target, span)
    }
    let rows = try cast(literal, to: .bigint, span)
    if case .integer(let count) = rows.value, count < 0 {
      throw QueryError(.invalidWindow, .bind, "a frame's offset is not negative: \(count)", span: span)
    }
    return rows
  }

  private func cast(_ literal: TypedLiteral, to type: LogicalType, _ span: SourceSpan) throws(QueryError)
    -> TypedLiteral
  {
    let expression = Coercion.cast(.literal(literal.value, literal.type, span: span), to: type)
    return TypedLiteral(try ConstantEvaluator.value(of: expression, context: expressions.binder.context), type)
  }
}
