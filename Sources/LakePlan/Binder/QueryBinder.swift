import LakeDiagnostics
import LakeFunctions
import LakeSyntax
import LakeTypes

/// Binds queries: common tables, bodies, set operations, ORDER BY and LIMIT around them.
struct QueryBinder {
  let binder: Binder

  init(_ binder: Binder) { self.binder = binder }

  /// `outer` is the scope of the query around a subquery.
  func bind(_ query: Query, outer: Scope?) throws(QueryError) -> LogicalPlan {
    guard let with = query.with else { return try bindWithoutTables(query, outer) }
    binder.commonTables.append([:])
    defer { binder.commonTables.removeLast() }
    try bind(with, outer)
    return try bindWithoutTables(query, outer)
  }

  /// Makes the tables of a WITH visible, until the caller removes the level it has pushed.
  func bind(_ with: With, _ outer: Scope?) throws(QueryError) {
    for table in with.tables {
      let name = table.name.name.lowercased()
      if binder.commonTables[binder.commonTables.count - 1][name] != nil {
        throw QueryError(
          .duplicatedCommonTable, .bind, "the common table \(table.name.name) is defined twice", span: table.name.span)
      }
      let plan =
        with.isRecursive
        ? try RecursionBinder(self, table, outer: outer).bind() : try bind(table.query, outer: outer)
      let names = try Self.columnNames(of: table, plan)
      let shared = SharedPlan(name: table.name.name, plan: plan)
      binder.commonTables[binder.commonTables.count - 1][name] = .shared(shared, columnNames: names)
    }
  }

  /// The names of a common table's columns.
  static func columnNames(of table: CommonTable, _ plan: LogicalPlan) throws(QueryError) -> [String] {
    let names = table.columns.isEmpty ? plan.columns.map(\.name) : table.columns.map(\.name)
    if names.count == plan.columns.count { return names }
    throw QueryError(
      .aliasCountMismatch, .bind,
      "\(table.name.name) names \(names.count) columns, but its query yields \(plan.columns.count)",
      span: table.name.span)
  }

  private func bindWithoutTables(_ query: Query, _ outer: Scope?) throws(QueryError) -> LogicalPlan {
    guard case .select(let select) = query.body else {
      return try organized(try bind(query.body, outer), query, outer)
    }
    return try limited(try SelectBinder(binder, select, outer: outer).bind(orderBy: Self.order(of: query)), query)
  }

  private static func order(of query: Query) -> [SortItem] {
    query.orderBy + query.sortBy + query.clusterBy.map { SortItem($0) }
  }

  /// The plan of a query's body in the order and within the limits of the query.
  func organized(_ plan: LogicalPlan, _ query: Query, _ outer: Scope?) throws(QueryError) -> LogicalPlan {
    try limited(try sorted(plan, Self.order(of: query), outer), query)
  }

  /// The plan with a query's LIMIT and OFFSET.
  func limited(_ plan: LogicalPlan, _ query: Query) throws(QueryError) -> LogicalPlan {
    if query.limit == nil, query.offset == nil { return plan }
    let count = try query.limit.map { (limit) throws(QueryError) in try rowCount(limit, "LIMIT") }
    let offset = try query.offset.map { (offset) throws(QueryError) in try rowCount(offset, "OFFSET") }
    // Directly above the sort it makes a Top-N.
    if case .project(var node) = plan, case .sort = node.input {
      node.input = .limit(LimitNode(input: node.input, count: count, offset: offset ?? 0))
      return .project(node)
    }
    return .limit(LimitNode(input: plan, count: count, offset: offset ?? 0))
  }

  func rowCount(_ expression: Expression, _ clause: String) throws(QueryError) -> Int {
    let value = try binder.constant(expression)
    if case .integer(let count) = value.value, count >= 0 { return Int(count) }
    throw QueryError(
      .invalidLimit, .bind, "\(clause) needs a whole number that is not negative", span: expression.span)
  }

  func bind(_ body: QueryBody, _ outer: Scope?) throws(QueryError) -> LogicalPlan {
    switch body {
    case .select(let select): return try SelectBinder(binder, select, outer: outer).bind(orderBy: [])
    case .query(let query): return try bind(query, outer: outer)
    case .values(let values): return try ValuesBinder(binder).bind(values, outer)
    case .table(let name):
      let scope = try TableReferenceBinder(binder, outer: outer).bind(
        [TableReference(.named(name, version: nil), span: name.span)])
      let columns = scope.scope.starColumns([])
      return .project(
        ProjectNode(input: scope.plan, expressions: columns.map { NamedExpression.passing($0.output) }))
    case .setOperation(let first, let rest):
      var plan = try bind(first, outer)
      for term in rest { plan = try combine(plan, term, outer) }
      return plan
    }
  }

  // MARK: Set operations

  private func combine(
    _ left: LogicalPlan, _ term: SetOperationTerm, _ outer: Scope?
  ) throws(QueryError) -> LogicalPlan {
    try combine(left, try bind(term.body, outer), term)
  }

  /// The set operation of a term over what its sides have been bound to.
  func combine(
    _ left: LogicalPlan, _ right: LogicalPlan, _ term: SetOperationTerm
  ) throws(QueryError) -> LogicalPlan {
    guard left.columns.count == right.columns.count else {
      throw QueryError(
        .setOperationMismatch, .bind,
        "\(term.operation.rawValue) combines \(left.columns.count) columns with \(right.columns.count)", span: term.span
      )
    }
    var types: [LogicalType] = []
    for (index, (a, b)) in zip(left.columns, right.columns).enumerated() {
      guard let common = TypeCoercion.commonType(a.type, b.type) else {
        throw QueryError(
          .datatypeMismatch, .bind,
          "column \(index + 1) of \(term.operation.rawValue) has no common type: \(a.type) and \(b.type)",
          span: term.span)
      }
      types.append(common)
    }
    return combined(Coercion.casting(left, to: types), Coercion.casting(right, to: types), term)
  }

  private func combined(_ left: LogicalPlan, _ right: LogicalPlan, _ term: SetOperationTerm) -> LogicalPlan {
    let columns = zip(left.columns, right.columns).map { a, b in
      OutputColumn(name: a.name, type: a.type, isNullable: a.isNullable || b.isNullable)
    }
    switch term.operation {
    case .union:
      // A chain becomes one node, however long it is.
      var inputs = [left]
      if case .union(let chain) = left { inputs = chain.inputs }
      let all = LogicalPlan.union(UnionNode(inputs: inputs + [right], columns: columns))
      return term.isAll ? all : Self.distinct(all)
    case .intersect, .except:
      return .setOperation(
        SetOperationNode(
          operation: term.operation == .intersect ? .intersect : .except, isAll: term.isAll, left: left, right: right,
          columns: columns))
    }
  }

  /// The plan's rows without duplicates, under the same column ids.
  static func distinct(_ plan: LogicalPlan) -> LogicalPlan {
    let groups = plan.columns.map { NamedExpression(name: $0.name, .column($0), isNullable: $0.isNullable) }
    let node = AggregateNode(input: plan, groups: groups, aggregates: [])
    let renamed = zip(plan.columns, groups).map { NamedExpression($0, .column($1.column)) }
    return .project(ProjectNode(input: .aggregate(node), expressions: renamed))
  }

  /// ORDER BY over a body that is not a single SELECT: it sees the output columns only.
  private func sorted(_ plan: LogicalPlan, _ order: [SortItem], _ outer: Scope?) throws(QueryError) -> LogicalPlan {
    if order.isEmpty { return plan }
    let expressions = ExpressionBinder(
      binder, Scope(plan: plan, qualifier: [], parent: outer), clause: .orderBy)
    var keys: [SortKey] = []
    if let all = Self.orderByAll(order, among: plan.columns.map(\.name)) {
      for column in plan.columns { keys.append(try SortKey.of(.column(column, span: all.expression.span), all)) }
      return .sort(SortNode(input: plan, keys: keys))
    }
    for item in order {
      if let index = try Self.ordinal(item.expression, count: plan.columns.count, .orderByPosition) {
        keys.append(try SortKey.of(.column(plan.columns[index], span: item.expression.span), item))
      } else {
        keys.append(try SortKey.of(try expressions.bind(item.expression), item))
      }
    }
    return .sort(SortNode(input: plan, keys: keys))
  }

  /// The item of `ORDER BY ALL`, which stands for every column of the select list; nil where ALL is a column's name,
  /// and for other items.
  static func orderByAll(_ order: [SortItem], among names: [String]) -> SortItem? {
    guard order.count == 1, case .column(let parts) = order[0].expression.kind, parts.count == 1,
      !parts[0].isQuoted, parts[0].name.lowercased() == "all", !names.contains(where: { $0.lowercased() == "all" })
    else { return nil }
    return order[0]
  }

  /// The position that an integer literal in ORDER BY or GROUP BY stands for; nil for other expressions.
  static func ordinal(_ expression: Expression, count: Int, _ code: ErrorCode) throws(QueryError) -> Int? {
    guard case .literal(.integer(let digits, .none)) = expression.kind, let position = Int(digits) else { return nil }
    guard position >= 1, position <= count else {
      throw QueryError(
        code, .bind, "position \(position) is not in the select list of \(count) columns",
        span: expression.span)
    }
    return position - 1
  }
}

/// Binds inline rows.
struct ValuesBinder {
  let binder: Binder

  init(_ binder: Binder) { self.binder = binder }

  func bind(_ values: Values, _ outer: Scope?) throws(QueryError) -> LogicalPlan {
    let expressions = ExpressionBinder(binder, Scope(parent: outer), clause: .value)
    var rows: [[BoundExpression]] = []
    for row in values.rows {
      rows.append(try expressions.bind(Self.cells(row)))
      guard rows[rows.count - 1].count == rows[0].count else {
        throw QueryError(
          .columnCountMismatch, .bind, "the rows of VALUES differ in length: \(rows[0].count) and \(row.count)",
          span: values.span)
      }
    }
    let width = rows.first?.count ?? 0
    var columns: [OutputColumn] = []
    for index in 0..<width {
      guard let type = TypeCoercion.commonType(rows.map { $0[index].type }) else {
        throw QueryError(
          .datatypeMismatch, .bind, "the values of column \(index + 1) have no common type", span: values.span)
      }
      columns.append(OutputColumn(name: "col\(index + 1)", type: type))
    }
    let cast = rows.map { row in zip(row, columns).map { Coercion.cast($0, to: $1.type) } }
    return .values(ValuesNode(columns: columns, rows: cast))
  }

  /// A row of one parenthesised tuple is that tuple.
  private static func cells(_ row: [Expression]) -> [Expression] {
    if row.count == 1, case .row(let parts) = row[0].kind { return parts.map(\.value) }
    return row
  }
}
