import LakeDiagnostics
import LakeFunctions
import LakeSyntax
import LakeTypes

/// Binds one SELECT: FROM, WHERE, GROUP BY, HAVING, windows, QUALIFY, the select list, DISTINCT and ORDER BY.
///
/// Expressions are bound over FROM's columns first; once the groups are known, group expressions in them are
/// replaced by group columns, and what then still names a column of FROM is an error.
struct SelectBinder {
  private struct Item {
    var name: String
    var expression: BoundExpression
    /// As it was written; nil for a column that a star or a generator stands for.
    var syntax: Expression?
  }

  private let binder: Binder
  private let select: Select
  private let outer: Scope?
  private let collector: SelectCollector

  init(_ binder: Binder, _ select: Select, outer: Scope?) {
    self.binder = binder
    self.select = select
    self.outer = outer
    collector = SelectCollector(namedWindows: select.windows)
  }

  func bind(orderBy: [SortItem]) throws(QueryError) -> LogicalPlan {
    let source = try TableReferenceBinder(binder, outer: outer).bind(select.from, lateralViews: select.lateralViews)
    return try bind(over: source, orderBy: orderBy)
  }

  /// Binds the SELECT over a source that is bound already (multi-insert shares one).
  func bind(over source: BoundSource, orderBy: [SortItem]) throws(QueryError) -> LogicalPlan {
    var plan = source.plan
    let scope = source.scope
    if let condition = select.filter {
      let filter = ExpressionBinder(binder, scope, clause: .filter)
      plan = .filter(FilterNode(input: plan, predicate: try filter.bindCondition(condition)))
    }
    let expressions = ExpressionBinder(binder, scope, clause: .select, collector: collector)
    // grouping_id() in the select list needs the groups first.
    let early = hasGroupingSets ? try bindGroups(expressions, []) : nil
    var drawn = DrawnValues()
    var items = try bindItems(expressions, &plan, &drawn)
    let aliases = Dictionary(items.map { ($0.name.lowercased(), $0.expression) }) { first, _ in first }
    expressions.aliases = aliases
    let groups = hasGroupingSets ? early : try bindGroups(expressions, items)
    expressions.clause = .having
    var having = try select.having.map { (condition) throws(QueryError) in try expressions.bindCondition(condition) }
    expressions.clause = .qualify
    var qualify = try select.qualify.map { (condition) throws(QueryError) in try expressions.bindCondition(condition) }
    var keys = try bindOrder(orderBy, expressions, items)

    if groups != nil || !collector.aggregates.isEmpty || having != nil {
      if drawn.areUsed(by: (groups?.expressions ?? []) + collector.aggregates.flatMap(\.expressions)) {
        plan = drawn.add(to: plan)
      }
      let node = aggregateNode(plan, groups)
      let replace = groupReplacement(node, input: plan)
      for index in items.indices { items[index].expression = try replace(items[index].expression) }
      if let old = having { having = try replace(old) }
      if let old = qualify { qualify = try replace(old) }
      for index in keys.indices { keys[index].expression = try replace(keys[index].expression) }
      try collector.mapWindows(replace)
      try drawn.mapExpressions(replace)
      plan = .aggregate(node)
    }
    let windowColumns = collector.windows.flatMap { $0.functions.map(\.column.id) }
    if !drawn.refer(to: windowColumns) { plan = drawn.add(to: plan) }
    if let having { plan = .filter(FilterNode(input: plan, predicate: having)) }
    for group in collector.windows {
      plan = .window(
        WindowNode(
          input: plan, partitionBy: group.partitionBy, orderBy: group.orderBy, functions: group.functions))
    }
    plan = drawn.add(to: plan)
    if let qualify { plan = .filter(FilterNode(input: plan, predicate: qualify)) }
    return try projected(plan, items, keys)
  }

  // MARK: Select list

  private func bindItems(
    _ expressions: ExpressionBinder, _ plan: inout LogicalPlan, _ drawn: inout DrawnValues
  ) throws(QueryError) -> [Item] {
    var items: [Item] = []
    for item in select.items {
      if case .star(let star) = item.expression.kind {
        items += try expand(star, expressions, item.expression.span)
      } else if let call = Self.generatorCall(item.expression) {
        items += try generate(call, item, expressions, &plan)
      } else {
        var bound = try expressions.bind(item.expression)
        let name = item.aliases.first?.name ?? Self.name(of: item.expression)
        if !item.aliases.isEmpty, !bound.isDeterministic { bound = drawn.column(name, bound) }
        items.append(Item(name: name, expression: bound, syntax: item.expression))
        if let alias = item.aliases.first, expressions.aliases[alias.name.lowercased()] == nil {
          expressions.aliases[alias.name.lowercased()] = bound
        }
      }
    }
    return items
  }

  /// The name of a column without an alias: a column's own name, else the expression's text.
  private static func name(of expression: Expression) -> String {
    if case .literal(.string(let text)) = expression.kind, !text.isEmpty { return text }
    return FunctionCallBinder.columnName(of: expression) ?? SQLPrinter.print(expression)
  }

  private func expand(
    _ star: StarExpression, _ expressions: ExpressionBinder, _ span: SourceSpan
  ) throws(QueryError) -> [Item] {
    var all = expressions.scope.starColumns(star.qualifier.map(\.name)).map { column in
      Item(name: column.name, expression: .column(column.output, span: span))
    }
    if all.isEmpty, !star.qualifier.isEmpty, let fields = try expressions.structFields(star.qualifier, span) {
      all = fields.map { Item(name: $0.name, expression: $0.value) }
    }
    if all.isEmpty {
      let what = star.qualifier.isEmpty ? "*" : star.qualifier.map(\.name).joined(separator: ".") + ".*"
      throw QueryError(
        .unresolvedColumn, .bind, "\(what) stands for no column here", span: span,
        hint: star.qualifier.isEmpty ? "SELECT * needs a FROM clause" : nil)
    }
    let left = Set(star.except.map { $0.last.name.lowercased() })
    for name in star.except where !all.contains(where: { $0.name.lowercased() == name.last.name.lowercased() }) {
      throw QueryError(
        .unresolvedColumn, .bind, "EXCEPT names a column that is not there: \(name.text)", span: name.span,
        hint: NearestName.of(name.last.name, among: all.map(\.name)).map { "did you mean \($0)?" })
    }
    return all.filter { !left.contains($0.name.lowercased()) }
  }

  private static func generatorCall(_ expression: Expression) -> FunctionCall? {
    guard case .function(let call) = expression.kind, call.over == nil, call.name.parts.count == 1,
      FunctionRegistry.generator(call.name.last.name) != nil, FunctionRegistry.scalar(call.name.last.name) == nil
    else { return nil }
    return call
  }

  private func generate(
    _ call: FunctionCall, _ item: SelectItem, _ expressions: ExpressionBinder, _ plan: inout LogicalPlan
  ) throws(QueryError) -> [Item] {
    if select.groupBy != nil {
      throw QueryError(
        .unsupported, .bind, "a row-yielding function together with GROUP BY", span: item.expression.span,
        hint: "move it into LATERAL VIEW or a subquery")
    }
    let arguments = try expressions.bind(call.arguments.map(\.value))
    let node = try GeneratorBinder(binder).bind(
      call.name.last.name, arguments, isOuter: false, names: item.aliases.map(\.name), over: plan,
      span: item.expression.span)
    plan = .generate(node)
    return node.columns.map { Item(name: $0.name, expression: .column($0)) }
  }

  // MARK: Groups

  private struct BoundGroups {
    var expressions: [BoundExpression]
    var sets: [[Int]]?
  }

  private var hasGroupingSets: Bool {
    guard case .elements(let elements) = select.groupBy else { return false }
    return elements.contains { if case .expression = $0 { false } else { true } }
  }

  private func bindGroups(_ expressions: ExpressionBinder, _ items: [Item]) throws(QueryError) -> BoundGroups? {
    guard let groupBy = select.groupBy else { return nil }
    let saved = (expressions.clause, expressions.collector)
    expressions.clause = .groupBy
    expressions.collector = nil
    defer { (expressions.clause, expressions.collector) = saved }
    switch groupBy {
    case .all:
      let own = items.map(\.expression).filter { !containsAggregate($0) }
      let distinct = own.reduce(into: [BoundExpression]()) { if !$0.contains($1) { $0.append($1) } }
      return BoundGroups(expressions: distinct)
    case .elements(let elements):
      var sets = GroupingSetExpansion { (expression) throws(QueryError) in
        try self.groupExpression(expression, expressions, items)
      }
      let result = try sets.expand(elements)
      collector.groups = result.expressions
      return BoundGroups(expressions: result.expressions, sets: result.sets)
    }
  }

  private func containsAggregate(_ expression: BoundExpression) -> Bool {
    let ids = Set(collector.aggregates.map(\.column.id))
    return expression.contains { $0.columnID.map(ids.contains) ?? false }
  }

  private func groupExpression(
    _ expression: Expression, _ expressions: ExpressionBinder, _ items: [Item]
  ) throws(QueryError) -> BoundExpression {
    if hasGroupingSets { return try expressions.bind(selected(expression, expressions.scope)) }
    if let index = try QueryBinder.ordinal(expression, count: items.count, .groupByPosition) {
      if containsAggregate(items[index].expression) {
        throw QueryError(
          .invalidAggregate, .bind, "position \(index + 1) is an aggregate: it cannot be grouped by",
          span: expression.span)
      }
      return items[index].expression
    }
    let bound = try expressions.bind(expression)
    guard bound.containsSubquery else { return bound }
    // Two bindings of one subquery are not known to be equal: the select item's own is taken.
    return items.first { $0.syntax == expression }?.expression ?? bound
  }

  /// The select item that a group of ROLLUP, CUBE or GROUPING SETS means by its position or alias; else the expression
  /// itself. Columns of the source come before aliases.
  private func selected(_ expression: Expression, _ scope: Scope) throws(QueryError) -> Expression {
    if let index = try QueryBinder.ordinal(expression, count: select.items.count, .groupByPosition) {
      let isStar = select.items[...index].contains { if case .star = $0.expression.kind { true } else { false } }
      guard !isStar else {
        throw QueryError(
          .unsupported, .bind, "a position behind * in ROLLUP, CUBE or GROUPING SETS", span: expression.span,
          hint: "name the column")
      }
      return select.items[index].expression
    }
    guard case .column(let parts) = expression.kind, parts.count == 1 else { return expression }
    let name = parts[0].name.lowercased()
    if scope.starColumns([]).contains(where: { $0.name.lowercased() == name }) { return expression }
    return select.items.first { $0.aliases.first?.name.lowercased() == name }?.expression ?? expression
  }

  private func aggregateNode(_ plan: LogicalPlan, _ groups: BoundGroups?) -> AggregateNode {
    let named = (groups?.expressions ?? []).map { NamedExpression(name: Self.groupName($0, plan), $0) }
    let needsID = groups?.sets != nil
    let groupingID =
      collector.groupingID
      ?? (needsID ? OutputColumn(name: "grouping_id", type: .bigint, isNullable: false) : nil)
    return AggregateNode(
      input: plan, groups: named, aggregates: collector.aggregates,
      groupingSets: groups?.sets ?? (groupingID == nil ? nil : [Array(named.indices)]), groupingID: groupingID)
  }

  private static func groupName(_ expression: BoundExpression, _ plan: LogicalPlan) -> String {
    plan.columns.first { $0.id == expression.columnID }?.name ?? "group"
  }

  /// Replaces group expressions by group columns and refuses what is neither grouped nor aggregated.
  private func groupReplacement(
    _ node: AggregateNode, input: LogicalPlan
  ) -> (BoundExpression) throws(QueryError) -> BoundExpression {
    let names = Dictionary(input.columns.map { ($0.id, $0.name) }) { first, _ in first }
    return { (expression) throws(QueryError) in
      try expression.rewrittenFromTop { (part) throws(QueryError) in
        if let group = node.groups.first(where: { $0.expression == part }) {
          return .column(group.column, span: part.span)
        }
        if case .subquery(var subquery) = part.kind {
          let map = node.groups.compactMap { group in
            group.expression.columnID.map { ($0, BoundExpression.column(group.column)) }
          }
          subquery.plan = subquery.plan.substituting(Dictionary(map) { first, _ in first })
          if let name = subquery.plan.freeColumns.compactMap({ names[$0] }).min() {
            throw Self.notGrouped(name, part.span)
          }
          return BoundExpression(.subquery(subquery), part.type, span: part.span)
        }
        if let id = part.columnID, let name = names[id] {
          throw Self.notGrouped(name, part.span)
        }
        return nil
      }
    }
  }

  private static func notGrouped(_ name: String, _ span: SourceSpan?) -> QueryError {
    QueryError(
      .missingAggregation, .bind, "the column \(name) is neither grouped nor inside an aggregate", span: span,
      hint: "add it to GROUP BY, or take any_value(\(name))")
  }

  // MARK: Order and output

  private func bindOrder(
    _ order: [SortItem], _ expressions: ExpressionBinder, _ items: [Item]
  ) throws(QueryError) -> [SortKey] {
    expressions.clause = .orderBy
    expressions.aliasesFirst = true
    expressions.aliases = Dictionary(items.map { ($0.name.lowercased(), $0.expression) }) { first, _ in first }
    var keys: [SortKey] = []
    if let all = QueryBinder.orderByAll(order, among: items.map(\.name) + expressions.scope.columns.map(\.name)) {
      for item in items { keys.append(try SortKey.of(item.expression, all)) }
      return keys
    }
    for item in order {
      if let index = try QueryBinder.ordinal(item.expression, count: items.count, .orderByPosition) {
        keys.append(try SortKey.of(items[index].expression, item))
      } else {
        keys.append(try SortKey.of(try expressions.bind(item.expression), item))
      }
    }
    return keys
  }

  private func projected(_ plan: LogicalPlan, _ items: [Item], _ keys: [SortKey]) throws(QueryError) -> LogicalPlan {
    let nullability = Dictionary(plan.columns.map { ($0.id, $0.isNullable) }) { first, _ in first }
    let output = items.map { item in
      NamedExpression(
        name: item.name, item.expression, isNullable: item.expression.columnID.flatMap { nullability[$0] } ?? true)
    }
    var hidden: [NamedExpression] = []
    var sortKeys: [SortKey] = []
    for key in keys {
      if let index = items.firstIndex(where: { $0.expression == key.expression }) {
        sortKeys.append(key.over(output[index].column))
        continue
      }
      if select.isDistinct {
        throw QueryError(
          .unresolvedColumn, .bind, "with DISTINCT, ORDER BY takes only expressions of the select list",
          span: key.expression.span)
      }
      let extra = NamedExpression(name: "sort_key", key.expression)
      hidden.append(extra)
      sortKeys.append(key.over(extra.column))
    }
    var result = LogicalPlan.project(ProjectNode(input: plan, expressions: output + hidden))
    if select.isDistinct { result = QueryBinder.distinct(result) }
    if !sortKeys.isEmpty { result = .sort(SortNode(input: result, keys: sortKeys)) }
    if hidden.isEmpty { return result }
    return .project(ProjectNode(input: result, expressions: output.map { .passing($0.column) }))
  }
}

/// Values with an alias that differ each time they are computed, such as `uuid() AS id`: they are computed once, and
/// whatever names the alias reads that column.
private struct DrawnValues {
  private var expressions: [NamedExpression] = []

  mutating func column(_ name: String, _ expression: BoundExpression) -> BoundExpression {
    let named = NamedExpression(name: name, expression)
    expressions.append(named)
    return .column(named.column, span: expression.span)
  }

  func areUsed(by others: [BoundExpression]) -> Bool {
    let ids = Set(expressions.map(\.column.id))
    return others.contains { !$0.referencedColumns.isDisjoint(with: ids) }
  }

  func refer(to columns: [ColumnID]) -> Bool {
    expressions.contains { !$0.expression.referencedColumns.isDisjoint(with: columns) }
  }

  mutating func mapExpressions(
    _ change: (BoundExpression) throws(QueryError) -> BoundExpression
  ) throws(QueryError) {
    for index in expressions.indices { expressions[index].expression = try change(expressions[index].expression) }
  }

  /// The plan with the columns, one behind the other, as they may name each other; they are added once.
  mutating func add(to plan: LogicalPlan) -> LogicalPlan {
    var result = plan
    for expression in expressions {
      let passed = result.columns.map { NamedExpression.passing($0) }
      result = .project(ProjectNode(input: result, expressions: passed + [expression]))
    }
    expressions = []
    return result
  }
}

extension SortKey {
  fileprivate func over(_ column: OutputColumn) -> SortKey {
    SortKey(expression: .column(column), isDescending: isDescending, nullsFirst: nullsFirst)
  }
}
