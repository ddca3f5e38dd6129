import LakeColumnar
import LakeDiagnostics
import LakeSyntax
import LakeTypes

/// The name of a recursive common table within its own query.
final class RecursiveReference {
  private let name: Identifier
  /// What the name stands for; nil outside the step.
  var working: WorkingTable?
  private(set) var isRead = false

  init(_ name: Identifier) { self.name = name }

  /// The table to be scanned where the name stands.
  func read() throws(QueryError) -> WorkingTable {
    guard let working else {
      throw QueryError(
        .invalidRecursion, .bind, "\(name.name) reads itself outside the last part of a UNION",
        hint: "write WITH RECURSIVE \(name.name) AS (SELECT ... UNION ALL SELECT ... FROM \(name.name) ...)")
    }
    isRead = true
    return working
  }
}

/// Binds a common table that may read itself: the anchor, UNION, and the step.
struct RecursionBinder {
  private let queries: QueryBinder
  private let table: CommonTable
  private let outer: Scope?

  init(_ queries: QueryBinder, _ table: CommonTable, outer: Scope?) {
    self.queries = queries
    self.table = table
    self.outer = outer
  }

  func bind() throws(QueryError) -> LogicalPlan {
    let binder = queries.binder
    let reference = RecursiveReference(table.name)
    let level = binder.commonTables.count - 1
    let name = table.name.name.lowercased()
    binder.commonTables[level][name] = .recursive(reference)
    defer { binder.commonTables[level][name] = nil }
    guard case .setOperation(let first, let rest) = table.query.body, let last = rest.last, last.operation == .union
    else { return try queries.bind(table.query, outer: outer) }
    if let with = table.query.with {
      binder.commonTables.append([:])
      try queries.bind(with, outer)
    }
    defer { if table.query.with != nil { binder.commonTables.removeLast() } }
    let parts = rest.dropLast()
    let anchor = try queries.bind(parts.isEmpty ? first : .setOperation(first: first, rest: Array(parts)), outer)
    let working = try workingTable(anchor)
    reference.working = working
    let step = try queries.bind(last.body, outer)
    reference.working = nil
    if !reference.isRead { return try queries.organized(try queries.combine(anchor, step, last), table.query, outer) }
    try checkOrganization()
    try RecursionPlacement(working, table.name.span).check(step)
    return try recursion(anchor, step, working, last)
  }

  private func workingTable(_ anchor: LogicalPlan) throws(QueryError) -> WorkingTable {
    let names = try QueryBinder.columnNames(of: table, anchor)
    let fields = zip(names, anchor.columns).map { Field($0, $1.type.withNullableParts) }
    return WorkingTable(name: table.name.name, schema: Schema(fields))
  }

  private func checkOrganization() throws(QueryError) {
    let query = table.query
    let isPlain =
      query.orderBy.isEmpty && query.sortBy.isEmpty && query.clusterBy.isEmpty && query.distributeBy.isEmpty
      && query.limit == nil && query.offset == nil
    if isPlain { return }
    throw QueryError(
      .invalidRecursion, .bind, "ORDER BY and LIMIT do not stand in the query of a recursive common table",
      span: table.name.span, hint: "put them where \(table.name.name) is read")
  }

  private func recursion(
    _ anchor: LogicalPlan, _ step: LogicalPlan, _ working: WorkingTable, _ term: SetOperationTerm
  ) throws(QueryError) -> LogicalPlan {
    let types = working.schema.fields.map(\.type)
    guard step.columns.count == types.count else {
      throw QueryError(
        .setOperationMismatch, .bind,
        "the parts of \(table.name.name) have \(types.count) and \(step.columns.count) columns", span: term.span)
    }
    for (index, (type, column)) in zip(types, step.columns).enumerated()
    where TypeCoercion.commonType(type, column.type)?.withNullableParts != type {
      throw QueryError(
        .datatypeMismatch, .bind,
        "column \(index + 1) of \(table.name.name) begins as \(type), but its later rows are \(column.type)",
        span: term.span, hint: "CAST it in the first part")
    }
    let level = try table.maximumLevel.map { (level) throws(QueryError) in
      try queries.rowCount(level, "MAX RECURSION LEVEL")
    }
    let columns = zip(working.schema.fields, anchor.columns).map { field, column in
      OutputColumn(name: column.name, type: field.type)
    }
    return .recursion(
      RecursionNode(
        anchor: Coercion.casting(anchor, to: types), step: Coercion.casting(step, to: types), working: working,
        isDistinct: !term.isAll, maximumLevel: level ?? RecursionNode.defaultMaximumLevel, columns: columns))
  }
}

/// Refuses steps for which a level's rows alone do not tell the next level's: where a further row before could take
/// away a row behind.
private final class RecursionPlacement {
  private let working: WorkingTable
  private let span: SourceSpan
  /// Shared plans are looked at once, however often they stand in the step: whether they read the table ...
  private var known: [ObjectIdentifier: Bool] = [:]
  /// ... and those that were checked.
  private var checked: Set<ObjectIdentifier> = []

  init(_ working: WorkingTable, _ span: SourceSpan) {
    self.working = working
    self.span = span
  }

  func check(_ plan: LogicalPlan) throws(QueryError) {
    for expression in plan.expressions where expression.containsSubquery {
      var isRead = false
      expression.forEach { if case .subquery(let subquery) = $0.kind { isRead = isRead || reads(subquery.plan) } }
      if isRead { throw failure("a subquery") }
    }
    guard reads(plan) else { return }
    switch plan {
    case .aggregate(let node) where !node.aggregates.isEmpty: throw failure("an aggregate")
    case .window: throw failure("a window function")
    case .sort: throw failure("ORDER BY")
    case .join(let node): try check(node)
    case .setOperation(let node) where reads(node.right): throw failure("the right side of EXCEPT or INTERSECT")
    case .recursion: throw failure("a recursive common table within it")
    default: break
    }
    for child in plan.children { try check(child) }
    if case .shared(let node) = plan, checked.insert(ObjectIdentifier(node.plan)).inserted {
      try check(node.plan.plan)
    }
  }

  private func check(_ join: JoinNode) throws(QueryError) {
    switch join.kind {
    case .inner: return
    case .right:
      if reads(join.left) { throw failure("the left side of a right join") }
    case .full: throw failure("a full join")
    case .left, .leftSemi, .leftAnti, .nullAwareAnti, .single, .mark:
      if reads(join.right) { throw failure("the right side of an outer, semi or anti join") }
    }
  }

  private func reads(_ plan: LogicalPlan) -> Bool {
    switch plan {
    case .scan(let node): return node.source as? WorkingTable === working
    case .shared(let node):
      let id = ObjectIdentifier(node.plan)
      if let isRead = known[id] { return isRead }
      let isRead = reads(node.plan.plan)
      known[id] = isRead
      return isRead
    default: break
    }
    if plan.children.contains(where: reads) { return true }
    var isRead = false
    for expression in plan.expressions where expression.containsSubquery {
      expression.forEach { if case .subquery(let subquery) = $0.kind { isRead = isRead || reads(subquery.plan) } }
    }
    return isRead
  }

  private func failure(_ place: String) -> QueryError {
    QueryError(
      .invalidRecursiveReference, .bind, "\(working.name) must not read itself in \(place)", span: span)
  }
}

extension LogicalType {
  /// The type with NULL allowed wherever a part of it may be.
  fileprivate var withNullableParts: LogicalType {
    switch self {
    case .array(let element, _): .array(element: element.withNullableParts, containsNull: true)
    case .map(let key, let value, _):
      .map(key: key.withNullableParts, value: value.withNullableParts, valueContainsNull: true)
    case .struct(let fields): .struct(fields.map { Field($0.name, $0.type.withNullableParts) })
    default: self
    }
  }
}
