import LakeDiagnostics
import LakeSyntax
import LakeTypes

/// Binds explicit joins.
struct JoinBinder {
  let binder: Binder
  let outer: Scope?

  init(_ binder: Binder, outer: Scope?) {
    self.binder = binder
    self.outer = outer
  }

  func bind(_ left: BoundSource, _ join: Join, _ right: BoundSource) throws(QueryError) -> BoundSource {
    if join.table.isLateral, ![.inner, .cross, .left].contains(join.kind) {
      throw QueryError(
        .invalidLateralJoin, .bind, "\(join.kind.rawValue) JOIN cannot take a LATERAL reference", span: join.span,
        hint: "use JOIN, LEFT JOIN or CROSS JOIN")
    }
    let both = Scope(left.scope.columns + right.scope.columns, parent: outer)
    switch join.condition {
    case .none:
      if join.kind != .cross, join.kind != .inner, join.kind != .leftSemi, join.kind != .leftAnti {
        throw QueryError(
          .syntaxError, .bind, "\(join.kind.rawValue) JOIN needs ON or USING", span: join.span)
      }
      return joined(left, right, join, condition: nil, scope: both)
    case .on(let expression):
      let condition = try ExpressionBinder(binder, both, clause: .join).bindCondition(expression)
      return joined(left, right, join, condition: condition, scope: both)
    case .using(let names): return try using(names.map { ($0.name, $0.span) }, left, join, right)
    case .natural:
      let names = left.scope.starColumns([]).map(\.name)
      let shared = names.filter { name in
        right.scope.starColumns([]).contains { $0.name.lowercased() == name.lowercased() }
      }
      return try using(shared.map { ($0, join.span) }, left, join, right)
    }
  }

  private static func kind(_ kind: Join.Kind) -> JoinNode.Kind {
    switch kind {
    case .inner, .cross: .inner
    case .left: .left
    case .right: .right
    case .full: .full
    case .leftSemi: .leftSemi
    case .leftAnti: .leftAnti
    }
  }

  private func joined(
    _ left: BoundSource, _ right: BoundSource, _ join: Join, condition: BoundExpression?, scope: Scope
  ) -> BoundSource {
    let kind = Self.kind(join.kind)
    let plan = LogicalPlan.join(
      JoinNode(kind: kind, left: left.plan, right: right.plan, condition: condition))
    let keepsRight = kind != .leftSemi && kind != .leftAnti
    return BoundSource(plan: plan, scope: keepsRight ? scope : Scope(left.scope.columns, parent: outer))
  }

  /// The shared columns come first, once; both sides' own can still be named with their table.
  private func using(
    _ names: [(String, SourceSpan)], _ left: BoundSource, _ join: Join, _ right: BoundSource
  ) throws(QueryError) -> BoundSource {
    var equalities: [BoundExpression] = []
    var merged: [Scope.Column] = []
    var plan: [NamedExpression] = []
    let expressions = ExpressionBinder(binder, Scope(parent: nil), clause: .join)
    for (name, span) in names {
      let a = try column(name, left.scope, span)
      let b = try column(name, right.scope, span)
      equalities.append(
        try expressions.call("=", [.column(a.output, span: span), .column(b.output, span: span)], span))
      let value = try mergedValue(a.output, b.output, join.kind, span)
      if let id = value.columnID, id == a.output.id || id == b.output.id {
        merged.append(Scope.Column(qualifier: [], name: name, output: id == a.output.id ? a.output : b.output))
      } else {
        let named = NamedExpression(name: name, value)
        plan.append(named)
        merged.append(Scope.Column(qualifier: [], name: name, output: named.column))
      }
    }
    let lowered = Set(names.map { $0.0.lowercased() })
    let rest = (left.scope.columns + right.scope.columns).map { column -> Scope.Column in
      var copy = column
      if lowered.contains(column.name.lowercased()) { copy.isHidden = true }
      return copy
    }
    var result = joined(
      left, right, join, condition: .conjunction(equalities), scope: Scope(merged + rest, parent: outer))
    if result.scope.columns.count == left.scope.columns.count, join.kind == .leftSemi || join.kind == .leftAnti {
      return result
    }
    if !plan.isEmpty {
      let passed = result.plan.columns.map { NamedExpression.passing($0) }
      result.plan = .project(ProjectNode(input: result.plan, expressions: passed + plan))
    }
    return result
  }

  private func mergedValue(
    _ a: OutputColumn, _ b: OutputColumn, _ kind: Join.Kind, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    switch kind {
    case .right: return .column(b)
    case .full: return try Coercion.coalesce([.column(a), .column(b)], span: span)
    default: return .column(a)
    }
  }

  private func column(_ name: String, _ scope: Scope, _ span: SourceSpan) throws(QueryError) -> Scope.Column {
    if let (column, _) = try scope.resolve([name]) { return column }
    throw QueryError(
      .unresolvedColumn, .bind, "USING names a column that one side lacks: \(name)", span: span,
      hint: NearestName.of(name, among: scope.starColumns([]).map(\.name)).map { "did you mean \($0)?" })
  }
}

extension TableReference {
  fileprivate var isLateral: Bool {
    switch kind {
    case .subquery(_, let isLateral): isLateral
    case .function(let function): function.isLateral
    case .named, .values, .joined: false
    }
  }
}
