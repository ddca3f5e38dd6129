import LakeFunctions
package import LakeDiagnostics
import LakeTypes

extension BoundExpression {
  /// The direct operands; a subquery's plan is not among them, but the left side of its IN is.
  package var operands: [BoundExpression] {
    switch kind {
    case .column, .literal: []
    case .call(let call): call.arguments
    case .cast(let operand, _): [operand]
    case .and(let operands), .or(let operands), .coalesce(let operands): operands
    case .conditional(let branches, let otherwise):
      branches.flatMap { [$0.condition, $0.result] } + (otherwise.map { [$0] } ?? [])
    case .lambda(_, let body): [body]
    case .subquery(let subquery): if case .isIn(let values, _) = subquery.kind { values } else { [] }
    }
  }

  /// The same expression over other operands, in the order of `operands`.
  package func replacingOperands(_ new: [BoundExpression]) -> BoundExpression {
    var copy = self
    switch kind {
    case .column, .literal: break
    case .call(var call):
      call.arguments = new
      copy.kind = .call(call)
    case .cast(_, let mode): copy.kind = .cast(new[0], mode)
    case .and: copy.kind = .and(new)
    case .or: copy.kind = .or(new)
    case .coalesce: copy.kind = .coalesce(new)
    case .conditional(let branches, let otherwise):
      let pairs = branches.indices.map { ConditionalBranch(condition: new[2 * $0], result: new[2 * $0 + 1]) }
      copy.kind = .conditional(pairs, otherwise: otherwise == nil ? nil : new[new.count - 1])
    case .lambda(let parameters, _): copy.kind = .lambda(parameters: parameters, body: new[0])
    case .subquery(var subquery):
      if case .isIn(_, let isNegated) = subquery.kind { subquery.kind = .isIn(new, isNegated: isNegated) }
      copy.kind = .subquery(subquery)
    }
    return copy
  }

  /// Rebuilds the tree from the leaves up.
  package func rewritten<Failure>(
    _ change: (BoundExpression) throws(Failure) -> BoundExpression
  ) throws(Failure) -> BoundExpression {
    let old = operands
    if old.isEmpty { return try change(self) }
    var new: [BoundExpression] = []
    new.reserveCapacity(old.count)
    for operand in old { new.append(try operand.rewritten(change)) }
    return try change(replacingOperands(new))
  }

  /// Rebuilds the tree from the root down: where `change` returns an expression, it stands as it is.
  package func rewrittenFromTop(
    _ change: (BoundExpression) throws(QueryError) -> BoundExpression?
  ) throws(QueryError) -> BoundExpression {
    if let replacement = try change(self) { return replacement }
    let old = operands
    if old.isEmpty { return self }
    var new: [BoundExpression] = []
    new.reserveCapacity(old.count)
    for operand in old { new.append(try operand.rewrittenFromTop(change)) }
    return replacingOperands(new)
  }

  /// Calls `visit` for this expression and everything below.
  package func forEach(_ visit: (BoundExpression) -> Void) {
    visit(self)
    for operand in operands { operand.forEach(visit) }
  }

  /// Whether the expression or something below satisfies a test.
  package func contains(_ test: (BoundExpression) -> Bool) -> Bool {
    test(self) || operands.contains { $0.contains(test) }
  }

  /// The columns that the expression needs from outside: not its lambdas' parameters, but the free columns of its
  /// subqueries.
  package var referencedColumns: Set<ColumnID> {
    var result: Set<ColumnID> = []
    collectColumns(into: &result)
    return result
  }

  private func collectColumns(into result: inout Set<ColumnID>) {
    switch kind {
    case .column(let id): result.insert(id)
    case .lambda(let parameters, let body):
      result.formUnion(body.referencedColumns.subtracting(parameters.map(\.id)))
    case .subquery(let subquery):
      result.formUnion(subquery.plan.freeColumns)
      for operand in operands { operand.collectColumns(into: &result) }
    default: for operand in operands { operand.collectColumns(into: &result) }
    }
  }

  package var containsSubquery: Bool { contains { if case .subquery = $0.kind { true } else { false } } }

  /// Whether equal inputs give equal results.
  package var isDeterministic: Bool {
    !contains { if case .call(let call) = $0.kind { !call.function.isDeterministic } else { false } }
  }

  /// Replaces columns by expressions.
  package func substituting(_ replacements: [ColumnID: BoundExpression]) -> BoundExpression {
    rewritten { expression in
      if case .column(let id) = expression.kind, let replacement = replacements[id] { return replacement }
      if case .subquery(var subquery) = expression.kind {
        subquery.plan = subquery.plan.substituting(replacements)
        return BoundExpression(.subquery(subquery), expression.type, span: expression.span)
      }
      return expression
    }
  }

  /// The operands of a tree of ANDs; the expression itself if it is none.
  package var conjuncts: [BoundExpression] {
    if case .and(let operands) = kind { return operands.flatMap(\.conjuncts) }
    return [self]
  }

  /// Joins predicates by AND; nil for none.
  package static func conjunction(_ predicates: [BoundExpression]) -> BoundExpression? {
    guard let first = predicates.first else { return nil }
    return predicates.count == 1 ? first : BoundExpression(.and(predicates), .boolean)
  }

  /// The operator or function of a call and its arguments.
  package func asCall(_ name: String) -> [BoundExpression]? {
    if case .call(let call) = kind, call.function.name == name { return call.arguments }
    return nil
  }
}

extension BoundExpression: Equatable {
  /// Whether two expressions mean the same: equal trees, wherever they stood. A subquery equals its own
  /// copies only.
  package static func == (a: BoundExpression, b: BoundExpression) -> Bool {
    guard a.type == b.type else { return false }
    switch (a.kind, b.kind) {
    case (.column(let x), .column(let y)): return x == y
    case (.literal(let x), .literal(let y)): return x == y
    case (.call(let x), .call(let y)): return x.function.name == y.function.name && x.arguments == y.arguments
    case (.cast(let x, let xMode), .cast(let y, let yMode)): return xMode == yMode && x == y
    case (.and(let x), .and(let y)), (.or(let x), .or(let y)), (.coalesce(let x), .coalesce(let y)): return x == y
    case (.conditional(let x, let xElse), .conditional(let y, let yElse)):
      return xElse == yElse && x.count == y.count
        && zip(x, y).allSatisfy { $0.condition == $1.condition && $0.result == $1.result }
    case (.subquery(let x), .subquery(let y)): return x.identity == y.identity
    case (.lambda(let x, let xBody), .lambda(let y, let yBody)): return isEqualLambda(x, xBody, y, yBody)
    default: return false
    }
  }

  private static func isEqualLambda(
    _ x: [OutputColumn], _ xBody: BoundExpression, _ y: [OutputColumn], _ yBody: BoundExpression
  ) -> Bool {
    guard x.count == y.count else { return false }
    let renaming = Dictionary(uniqueKeysWithValues: zip(y, x).map { ($0.id, BoundExpression.column($1)) })
    return xBody == yBody.substituting(renaming)
  }
}

extension LogicalPlan {
  /// The expressions of the node itself, not of its children.
  package var expressions: [BoundExpression] {
    switch self {
    case .scan, .limit, .union, .setOperation, .shared, .recursion: []
    case .values(let node): node.rows.flatMap { $0 }
    case .project(let node): node.expressions.map(\.expression)
    case .filter(let node): [node.predicate]
    case .join(let node): node.condition.map { [$0] } ?? []
    case .aggregate(let node): node.groups.map(\.expression) + node.aggregates.flatMap(\.expressions)
    case .window(let node):
      node.partitionBy + node.orderBy.map(\.expression)
        + node.functions.flatMap { $0.arguments + ($0.filter.map { [$0] } ?? []) }
    case .sort(let node): node.keys.map(\.expression)
    case .generate(let node): node.arguments
    }
  }

  /// The same node with each of its own expressions changed.
  package func mappingExpressions<Failure>(
    _ change: (BoundExpression) throws(Failure) -> BoundExpression
  ) throws(Failure) -> LogicalPlan {
    switch self {
    case .scan, .limit, .union, .setOperation, .shared, .recursion: return self
    case .values(var node):
      for row in node.rows.indices {
        for index in node.rows[row].indices { node.rows[row][index] = try change(node.rows[row][index]) }
      }
      return .values(node)
    case .project(var node):
      for index in node.expressions.indices {
        node.expressions[index].expression = try change(node.expressions[index].expression)
      }
      return .project(node)
    case .filter(var node):
      node.predicate = try change(node.predicate)
      return .filter(node)
    case .join(var node):
      if let condition = node.condition { node.condition = try change(condition) }
      return .join(node)
    case .aggregate(var node):
      for index in node.groups.indices { node.groups[index].expression = try change(node.groups[index].expression) }
      for index in node.aggregates.indices { try node.aggregates[index].mapExpressions(change) }
      return .aggregate(node)
    case .window(var node):
      for index in node.partitionBy.indices { node.partitionBy[index] = try change(node.partitionBy[index]) }
      try mapKeys(&node.orderBy, change)
      for index in node.functions.indices { try node.functions[index].mapExpressions(change) }
      return .window(node)
    case .sort(var node):
      try mapKeys(&node.keys, change)
      return .sort(node)
    case .generate(var node):
      for index in node.arguments.indices { node.arguments[index] = try change(node.arguments[index]) }
      return .generate(node)
    }
  }

  private func mapKeys<Failure>(
    _ keys: inout [SortKey], _ change: (BoundExpression) throws(Failure) -> BoundExpression
  ) throws(Failure) {
    for index in keys.indices { keys[index].expression = try change(keys[index].expression) }
  }

  /// Columns that the plan refers to but does not produce: those of outer queries.
  package var freeColumns: Set<ColumnID> {
    var produced: Set<ColumnID> = []
    var referenced: Set<ColumnID> = []
    collect(&produced, &referenced)
    return referenced.subtracting(produced)
  }

  private func collect(_ produced: inout Set<ColumnID>, _ referenced: inout Set<ColumnID>) {
    for column in columns { produced.insert(column.id) }
    for expression in expressions { referenced.formUnion(expression.referencedColumns) }
    for child in children { child.collect(&produced, &referenced) }
    if case .shared(let node) = self { referenced.formUnion(node.plan.freeColumns) }
  }

  /// Replaces columns by expressions in every node's expressions.
  package func substituting(_ replacements: [ColumnID: BoundExpression]) -> LogicalPlan {
    replacingChildren(children.map { $0.substituting(replacements) })
      .mappingExpressions { $0.substituting(replacements) }
  }

  /// Rebuilds the tree from the leaves up.
  package func rewritten(
    _ change: (LogicalPlan) throws(QueryError) -> LogicalPlan
  ) throws(QueryError) -> LogicalPlan {
    var new: [LogicalPlan] = []
    for child in children { new.append(try child.rewritten(change)) }
    return try change(new.isEmpty ? self : replacingChildren(new))
  }
}

extension AggregateCall {
  package var expressions: [BoundExpression] {
    arguments + (filter.map { [$0] } ?? []) + order.map(\.expression)
  }

  mutating func mapExpressions<Failure>(
    _ change: (BoundExpression) throws(Failure) -> BoundExpression
  ) throws(Failure) {
    for index in arguments.indices { arguments[index] = try change(arguments[index]) }
    if let old = filter { filter = try change(old) }
    for index in order.indices { order[index].expression = try change(order[index].expression) }
  }

  /// Whether two calls compute the same.
  func isEquivalent(to other: AggregateCall) -> Bool {
    function.name == other.function.name && arguments == other.arguments && isDistinct == other.isDistinct
      && filter == other.filter && order.isEmpty && other.order.isEmpty
  }
}

extension WindowCall {
  mutating func mapExpressions<Failure>(
    _ change: (BoundExpression) throws(Failure) -> BoundExpression
  ) throws(Failure) {
    for index in arguments.indices { arguments[index] = try change(arguments[index]) }
    if let old = filter { filter = try change(old) }
  }
}
