import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeSyntax
import LakeTypes

/// Binds expressions of one clause against a scope.
final class ExpressionBinder {
  /// Where an expression stands, which decides what it may contain.
  enum Clause: String {
    case select = "SELECT", filter = "WHERE", groupBy = "GROUP BY", having = "HAVING", qualify = "QUALIFY"
    case orderBy = "ORDER BY", join = "ON", value = "an expression", aggregate = "an aggregate's argument"
    case window = "a window"
  }

  let binder: Binder
  let scope: Scope
  var clause: Clause
  /// Where aggregates and window functions are collected; nil where they are not allowed.
  var collector: SelectCollector?
  /// Aliases of select items that may be named; `aliasesFirst` where they win over columns (ORDER BY).
  var aliases: [String: BoundExpression] = [:]
  var aliasesFirst = false
  private var lambdaScopes: [[String: OutputColumn]] = []

  init(_ binder: Binder, _ scope: Scope, clause: Clause, collector: SelectCollector? = nil) {
    self.binder = binder
    self.scope = scope
    self.clause = clause
    self.collector = collector
  }

  func bind(_ expression: Expression) throws(QueryError) -> BoundExpression {
    do {
      return try bindKind(expression)
    } catch {
      throw error.at(expression.span)
    }
  }

  func bind(_ expressions: [Expression]) throws(QueryError) -> [BoundExpression] {
    var bound: [BoundExpression] = []
    for expression in expressions { bound.append(try bind(expression)) }
    return bound
  }

  /// Binds a condition: boolean, or a string or NULL that is cast to it.
  func bindCondition(_ expression: Expression) throws(QueryError) -> BoundExpression {
    let bound = try bind(expression)
    if bound.type == .boolean { return bound }
    guard bound.type == .void || bound.type == .string else {
      throw QueryError(
        .datatypeMismatch, .bind, "\(clause.rawValue) needs a condition, not a value of type \(bound.type)",
        span: expression.span)
    }
    return Coercion.cast(bound, to: .boolean)
  }

  private func bindKind(_ expression: Expression) throws(QueryError) -> BoundExpression {
    let span = expression.span
    switch expression.kind {
    case .literal(let literal): return try LiteralBinder(context: binder.context).bind(literal, span)
    case .column(let parts): return try column(parts, span)
    case .star:
      throw QueryError(.syntaxError, .bind, "* stands only in a select list or in count(*)", span: span)
    case .parameter(let marker): return try parameter(marker, span)
    case .unary(let op, let operand): return try unary(op, try bind(operand), span)
    case .chain(let first, let rest): return try chain(first, rest, span)
    case .not(let operand): return try call("not", [try bindCondition(operand)], span)
    case .and(let operands): return BoundExpression(.and(try conditions(operands)), .boolean, span: span)
    case .or(let operands): return BoundExpression(.or(try conditions(operands)), .boolean, span: span)
    case .isNull(let operand, let isNegated):
      return try call(isNegated ? "isnotnull" : "isnull", [try bind(operand)], span)
    case .isBoolean(let operand, let value, let isNegated):
      return try isBoolean(try bindCondition(operand), value, isNegated, span)
    case .isDistinctFrom(let a, let b, let isNegated):
      return try negated(!isNegated, try call("<=>", [try bind(a), try bind(b)], span), span)
    case .between(let value, let low, let high, let isNegated):
      return try between(try bind(value), try bind(low), try bind(high), isNegated, span)
    case .inList(let value, let list, let isNegated): return try inList(value, list, isNegated, span)
    case .inSubquery(let value, let query, let isNegated): return try inSubquery(value, query, isNegated, span)
    case .like(let predicate): return try like(predicate, span)
    case .exists(let query):
      let plan = try subplan(query)
      return BoundExpression(
        .subquery(BoundSubquery(kind: .exists(isNegated: false), plan: plan)), .boolean, span: span)
    case .subquery(let query): return try scalarSubquery(query, span)
    case .case(let operand, let branches, let otherwise): return try caseOf(operand, branches, otherwise, span)
    case .cast(let operand, let type, let isTry): return try cast(operand, type, isTry, span)
    case .extract(let field, let source):
      return try call("extract", [.literal(.string(field.name), .string), try bind(source)], span)
    case .trim(let side, let characters, let source): return try trim(side, characters, source, span)
    case .function(let call): return try FunctionCallBinder(self).bind(call, span)
    case .lambda:
      throw QueryError(.syntaxError, .bind, "a lambda stands only as the argument of a function", span: span)
    case .row(let arguments): return try FunctionCallBinder(self).structure(arguments, span)
    case .subscripted(let base, let index): return try call("[]", [try bind(base), try bind(index)], span)
    case .field(let base, let name): return try field(try bind(base), name.name, span)
    }
  }

  // MARK: Columns

  private func column(_ parts: [Identifier], _ span: SourceSpan) throws(QueryError) -> BoundExpression {
    let names = parts.map(\.name)
    if let bound = try lambdaParameter(names, span) { return bound }
    if aliasesFirst, let bound = alias(names, span) { return bound }
    if let file = try fileMetadata(names, span) { return file }
    var level: Scope? = scope
    while let current = level {
      if let (column, used) = try current.resolve(names) {
        return try fields(.column(column.output, span: span), names.dropFirst(used), span)
      }
      level = current.parent
    }
    if let bound = alias(names, span) { return bound }
    throw unresolved(names, span)
  }

  /// The fields that `name.*` stands for; nil if the name is that of no struct.
  func structFields(
    _ parts: [Identifier], _ span: SourceSpan
  ) throws(QueryError) -> [(name: String, value: BoundExpression)]? {
    var level: Scope? = scope
    while let current = level {
      if try current.resolve(parts.map(\.name)) != nil {
        let base = try column(parts, span)
        guard case .struct(let fields) = base.type else { return nil }
        var values: [(name: String, value: BoundExpression)] = []
        for field in fields { values.append((field.name, try self.field(base, field.name, span))) }
        return values
      }
      level = current.parent
    }
    return nil
  }

  private func fields(
    _ base: BoundExpression, _ names: ArraySlice<String>, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    var bound = base
    for name in names { bound = try field(bound, name, span) }
    return bound
  }

  private func field(_ base: BoundExpression, _ name: String, _ span: SourceSpan) throws(QueryError) -> BoundExpression
  {
    if case .map = base.type { return try call("[]", [base, .literal(.string(name), .string)], span) }
    return try call(".", [base, .literal(.string(name), .string)], span)
  }

  private func lambdaParameter(_ names: [String], _ span: SourceSpan) throws(QueryError) -> BoundExpression? {
    for level in lambdaScopes.reversed() {
      if let column = level[names[0].lowercased()] {
        return try fields(.column(column, span: span), names.dropFirst(), span)
      }
    }
    return nil
  }

  private func alias(_ names: [String], _ span: SourceSpan) -> BoundExpression? {
    guard names.count == 1, var bound = aliases[names[0].lowercased()] else { return nil }
    bound.span = span
    return bound
  }

  /// The fields of Spark's hidden column `_metadata`. A file is one block; tables of Iceberg know paths and rows only.
  private func fileMetadata(_ names: [String], _ span: SourceSpan) throws(QueryError) -> BoundExpression? {
    guard names.count >= 2, names[names.count - 2].lowercased() == "_metadata" else { return nil }
    let qualifier = names.dropLast(2).map { $0.lowercased() }
    func column(_ name: String) -> BoundExpression? {
      scope.metadataColumn(name, of: qualifier).map { .column($0, span: span) }
    }
    guard let path = qualifier.isEmpty ? scope.fileColumn(span) : column(MetadataColumn.file) else { return nil }
    switch names[names.count - 1].lowercased() {
    case "file_path": return path
    case "file_size", "file_block_length": return column(MetadataColumn.size)
    case "file_block_start":
      return column(MetadataColumn.size).map { _ in .literal(.integer(0), .bigint, span: span) }
    case "file_modification_time": return column(MetadataColumn.modified)
    case "row_index": return column(MetadataColumn.position)
    case "file_name":
      return try call("substring_index", [path, .literal(.string("/"), .string), .literal(.integer(-1), .int)], span)
    default: return nil
    }
  }

  func withLambdaParameters<R>(
    _ parameters: [OutputColumn], _ body: () throws(QueryError) -> R
  ) throws(QueryError) -> R {
    lambdaScopes.append(Dictionary(parameters.map { ($0.name.lowercased(), $0) }) { _, last in last })
    defer { lambdaScopes.removeLast() }
    return try body()
  }

  private func unresolved(_ names: [String], _ span: SourceSpan) -> QueryError {
    let name = names.joined(separator: ".")
    let known = scope.visibleNames + aliases.keys
    let near = NearestName.of(name, among: known) ?? NearestName.of(names[names.count - 1], among: known)
    return QueryError(
      .unresolvedColumn, .bind, "there is no column \(name) here", span: span,
      hint: near.map { "did you mean \($0)?" })
  }

  private func parameter(_ marker: ParameterMarker, _ span: SourceSpan) throws(QueryError) -> BoundExpression {
    switch marker {
    case .positional(let index):
      if index < binder.parameters.positional.count {
        let typed = binder.parameters.positional[index]
        return .literal(typed.value, typed.type, span: span)
      }
      throw QueryError(.invalidParameter, .bind, "parameter \(index + 1) has no value", span: span)
    case .named(let name):
      if let typed = binder.parameters.named[name.lowercased()] {
        return .literal(typed.value, typed.type, span: span)
      }
      throw QueryError(.invalidParameter, .bind, "the parameter :\(name) has no value", span: span)
    }
  }

  // MARK: Operators

  /// Calls a scalar function by name with bound arguments, which are cast to its overload's types.
  func call(
    _ name: String, _ arguments: [BoundExpression], _ span: SourceSpan?
  ) throws(QueryError) -> BoundExpression {
    guard let function = FunctionRegistry.scalar(name) else { throw FunctionRegistry.unknown(name).at(span) }
    return try Coercion.call(function, arguments, context: binder.context, span: span)
  }

  private func unary(
    _ op: UnaryOperator, _ operand: BoundExpression, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    switch op {
    case .minus: return try call("negative", [operand], span)
    case .plus: return try call("positive", [operand], span)
    case .bitNot: return try call("~", [operand], span)
    }
  }

  private func chain(_ first: Expression, _ rest: [ChainTerm], _ span: SourceSpan) throws(QueryError) -> BoundExpression
  {
    guard rest.count <= Self.longestChain else {
      throw QueryError(
        .nestingTooDeep, .bind,
        "an expression chains at most \(Self.longestChain) operators, and here are \(rest.count)", span: span)
    }
    var left = try bind(first)
    for term in rest {
      let right = try bind(term.operand)
      let whole = SourceSpan(start: span.start, end: term.operand.span.end)
      left = try call(Self.functionName(of: term.op), [left, right], whole)
    }
    return left
  }

  /// Each operator of a chain nests one level deeper.
  private static let longestChain = 1000

  private static func functionName(of op: BinaryOperator) -> String {
    switch op {
    case .integerDivide: "div"
    case .shiftLeft: "shiftleft"
    case .shiftRight: "shiftright"
    case .shiftRightUnsigned: "shiftrightunsigned"
    default: op.rawValue
    }
  }

  private func conditions(_ operands: [Expression]) throws(QueryError) -> [BoundExpression] {
    var bound: [BoundExpression] = []
    for operand in operands { bound.append(try bindCondition(operand)) }
    return bound
  }

  private func negated(
    _ isNegated: Bool, _ operand: BoundExpression, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    isNegated ? try call("not", [operand], span) : operand
  }

  private func isBoolean(
    _ operand: BoundExpression, _ value: Bool?, _ isNegated: Bool, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    guard let value else { return try call(isNegated ? "isnotnull" : "isnull", [operand], span) }
    let same = try call("<=>", [operand, .literal(.boolean(value), .boolean)], span)
    return try negated(isNegated, same, span)
  }

  private func between(
    _ value: BoundExpression, _ low: BoundExpression, _ high: BoundExpression, _ isNegated: Bool, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    let inside = BoundExpression(
      .and([try call(">=", [value, low], span), try call("<=", [value, high], span)]), .boolean, span: span)
    return try negated(isNegated, inside, span)
  }

  private func inList(
    _ value: Expression, _ list: [Expression], _ isNegated: Bool, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    let bound = try bind(value)
    let candidates = try bind(list)
    let isConstant = candidates.allSatisfy { $0.referencedColumns.isEmpty && !$0.containsSubquery }
    if isConstant { return try negated(isNegated, try call("in", [bound] + candidates, span), span) }
    var tests: [BoundExpression] = []
    for candidate in candidates { tests.append(try call("=", [bound, candidate], span)) }
    let any = tests.count == 1 ? tests[0] : BoundExpression(.or(tests), .boolean, span: span)
    return try negated(isNegated, any, span)
  }

  private func like(_ predicate: LikePredicate, _ span: SourceSpan) throws(QueryError) -> BoundExpression {
    let value = try bind(predicate.value)
    let name = predicate.matching.rawValue.lowercased()
    var tests: [BoundExpression] = []
    for pattern in predicate.patterns {
      var arguments = [value, try bind(pattern)]
      if let escape = predicate.escape { arguments.append(.literal(.string(escape), .string)) }
      tests.append(try negated(predicate.isNegated, try call(name, arguments, span), span))
    }
    if tests.count == 1 { return tests[0] }
    return BoundExpression(predicate.quantifier == .all ? .and(tests) : .or(tests), .boolean, span: span)
  }

  private func caseOf(
    _ operand: Expression?, _ branches: [CaseBranch], _ otherwise: Expression?, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    let subject = try operand.map { (expression) throws(QueryError) in try bind(expression) }
    var pairs: [ConditionalBranch] = []
    for branch in branches {
      let condition: BoundExpression
      if let subject {
        condition = try call("=", [subject, try bind(branch.condition)], branch.condition.span)
      } else {
        condition = try bindCondition(branch.condition)
      }
      pairs.append(ConditionalBranch(condition: condition, result: try bind(branch.result)))
    }
    let rest = try otherwise.map { (expression) throws(QueryError) in try bind(expression) }
    return try Coercion.conditional(pairs, otherwise: rest, span: span)
  }

  private func cast(
    _ operand: Expression, _ type: TypeName, _ isTry: Bool, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    let bound = try bind(operand)
    let target = try TypeBinder.bind(type)
    guard TypeCoercion.canCast(bound.type, to: target) else {
      throw QueryError(
        .datatypeMismatch, .bind, "a value of type \(bound.type) cannot be cast to \(target)", span: span)
    }
    if bound.type == target { return bound }
    let mode: CastMode = isTry ? .try : binder.context.isANSI ? .ansi : .legacy
    return BoundExpression(.cast(bound, mode), target, span: span)
  }

  private func trim(
    _ side: TrimSide, _ characters: Expression?, _ source: Expression, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    let name =
      switch side {
      case .both: "trim"
      case .leading: "ltrim"
      case .trailing: "rtrim"
      }
    let text = try bind(source)
    guard let characters else { return try call(name, [text], span) }
    let set = try bind(characters)
    return side == .both ? try call("btrim", [text, set], span) : try call(name, [set, text], span)
  }

  // MARK: Subqueries

  private func subplan(_ query: Query) throws(QueryError) -> LogicalPlan {
    try QueryBinder(binder).bind(query, outer: scope)
  }

  private func scalarSubquery(_ query: Query, _ span: SourceSpan) throws(QueryError) -> BoundExpression {
    let plan = try subplan(query)
    guard plan.columns.count == 1 else {
      throw QueryError(
        .subqueryColumns, .bind, "a subquery used as a value yields one column, not \(plan.columns.count)", span: span)
    }
    return BoundExpression(.subquery(BoundSubquery(kind: .scalar, plan: plan)), plan.columns[0].type, span: span)
  }

  private func inSubquery(
    _ value: Expression, _ query: Query, _ isNegated: Bool, _ span: SourceSpan
  ) throws(QueryError) -> BoundExpression {
    var values: [BoundExpression]
    if case .row(let arguments) = value.kind {
      values = try bind(arguments.map(\.value))
    } else {
      values = [try bind(value)]
    }
    var plan = try subplan(query)
    guard plan.columns.count == values.count else {
      throw QueryError(
        .datatypeMismatch, .bind, "IN compares \(values.count) value(s) with \(plan.columns.count) column(s)",
        span: span)
    }
    var targets: [LogicalType] = []
    for (index, column) in plan.columns.enumerated() {
      guard let common = TypeCoercion.commonType(values[index].type, column.type) else {
        throw QueryError(
          .datatypeMismatch, .bind, "\(values[index].type) cannot be compared with \(column.type)", span: span)
      }
      values[index] = Coercion.cast(values[index], to: common)
      targets.append(common)
    }
    plan = Coercion.casting(plan, to: targets)
    return BoundExpression(
      .subquery(BoundSubquery(kind: .isIn(values, isNegated: isNegated), plan: plan)), .boolean, span: span)
  }
}

extension Scope {
  /// The path of the file that a row comes from; the empty string where the rows come from no file.
  func fileColumn(_ span: SourceSpan) -> BoundExpression {
    if let column = metadataColumn(MetadataColumn.file, of: []) { return .column(column, span: span) }
    return .literal(.string(""), .string, span: span)
  }

  /// A column that describes where the rows of a table came from, in lower case; of any table without a qualifier.
  func metadataColumn(_ name: String, of qualifier: [String]) -> OutputColumn? {
    columns.first { column in
      column.isMetadata && column.name == name
        && column.qualifier.map { $0.lowercased() }.suffix(qualifier.count).elementsEqual(qualifier)
    }?.output
  }
}
