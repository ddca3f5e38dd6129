package import LakeDiagnostics
package import LakeFunctions
package import LakeSyntax
import LakeColumnar
package import LakeTypes

/// Resolves names, functions and types of one statement and yields logical plans.
///
/// One binder serves one statement; it is used on one thread.
package final class Binder {
  let resolver: any NameResolver
  let context: EvaluationContext
  let parameters: StatementParameters
  /// The common tables that are visible, innermost last.
  var commonTables: [[String: CommonTableBinding]] = []
  /// Views being defined or expanded, to notice one that contains itself.
  private var openViews: [[String]] = []

  /// - Parameter definedView: the view whose query this binder binds, which must not read it.
  package init(
    resolver: any NameResolver, context: EvaluationContext, parameters: StatementParameters = StatementParameters(),
    definedView: [String]? = nil
  ) {
    self.resolver = resolver
    self.context = context
    self.parameters = parameters
    openViews = definedView.map { [$0.map { $0.lowercased() }] } ?? []
  }

  /// Binds a query; the plan's columns are the query's, in order.
  package func bind(_ query: Query) throws(QueryError) -> LogicalPlan {
    try QueryBinder(self).bind(query, outer: nil)
  }

  /// Binds an expression over given columns, such as a DELETE's condition.
  package func bind(
    _ expression: Expression, over columns: [OutputColumn], qualifier: [String]
  ) throws(QueryError) -> BoundExpression {
    let scope = Scope(columns.map { .init(qualifier: qualifier, name: $0.name, output: $0) }, parent: nil)
    return try ExpressionBinder(self, scope, clause: .value).bind(expression)
  }

  /// Binds an expression that names no column and computes its value: a default, a partition's value, LIMIT.
  package func constant(_ expression: Expression) throws(QueryError) -> TypedLiteral {
    let bound = try ExpressionBinder(self, Scope(parent: nil), clause: .value).bind(expression)
    do {
      return TypedLiteral(try ConstantEvaluator.value(of: bound, context: context), bound.type)
    } catch {
      throw error.at(expression.span)
    }
  }

  /// The value of a constant expression at a type.
  package func constant(_ expression: Expression, as type: LogicalType) throws(QueryError) -> TypedLiteral {
    let literal = try constant(expression)
    let cast = Coercion.cast(.literal(literal.value, literal.type, span: expression.span), to: type)
    do {
      return TypedLiteral(try ConstantEvaluator.value(of: cast, context: context), type)
    } catch {
      throw error.at(expression.span)
    }
  }

  /// Whether a condition holds for one row of columns that are given as text.
  package func isTrue(
    _ condition: Expression, for row: [(name: String, text: String?, type: LogicalType)]
  ) throws(QueryError) -> Bool {
    let columns = row.map { OutputColumn(name: $0.name, type: $0.type) }
    let values = row.map { column in
      Coercion.cast(.literal(column.text.map { .string($0) } ?? .null, .string), to: column.type)
    }
    let bound = try bind(condition, over: columns, qualifier: [])
    let closed = bound.substituting(Dictionary(uniqueKeysWithValues: zip(columns.map(\.id), values)))
    do {
      return try ConstantEvaluator.value(of: closed, context: context) == .boolean(true)
    } catch {
      throw error.at(condition.span)
    }
  }

  /// The plan of a view; its text is parsed and bound in the database it was made in.
  func plan(of view: ViewReference, span: SourceSpan) throws(QueryError) -> LogicalPlan {
    let key = view.name.map { $0.lowercased() }
    if openViews.contains(key) {
      throw QueryError(
        .recursiveView, .bind, "the view \(view.name.joined(separator: ".")) contains itself", span: span)
    }
    openViews.append(key)
    defer { openViews.removeLast() }
    do {
      return try ViewBinder(self).bind(view)
    } catch {
      var moved = error
      moved.span = span
      moved.message = "in the view \(view.name.joined(separator: ".")): \(error.message)"
      throw moved
    }
  }

  func insideView<R>(_ body: () throws(QueryError) -> R) throws(QueryError) -> R {
    let saved = commonTables
    commonTables = []
    defer { commonTables = saved }
    return try body()
  }

  func commonTable(_ name: String) -> CommonTableBinding? {
    for level in commonTables.reversed() {
      if let found = level[name.lowercased()] { return found }
    }
    return nil
  }
}

/// The values of a statement's parameter markers.
package struct StatementParameters: Sendable {
  package var positional: [TypedLiteral]
  /// By lower-case name.
  package var named: [String: TypedLiteral]

  package init(positional: [TypedLiteral] = [], named: [String: TypedLiteral] = [:]) {
    self.positional = positional
    self.named = named
  }
}

/// What the name of a common table stands for.
enum CommonTableBinding {
  /// A table that has been bound; each place that names it reads the same shared plan.
  case shared(SharedPlan, columnNames: [String])
  /// A table that is being bound, within itself.
  case recursive(RecursiveReference)
}

/// Binds the text of a view.
private struct ViewBinder {
  let binder: Binder

  init(_ binder: Binder) { self.binder = binder }

  func bind(_ view: ViewReference) throws(QueryError) -> LogicalPlan {
    let statement = try Parser.parseStatement(view.sql)
    guard case .query(let query) = statement.kind else {
      throw QueryError(.internalError, .bind, "the view's text is not a query")
    }
    let inner = Binder(
      resolver: DatabaseResolver(base: binder.resolver, currentDatabase: view.database), context: binder.context)
    let plan = try binder.insideView { () throws(QueryError) in try inner.bindInside(query, of: binder) }
    let columns = try columns(of: view, among: plan.columns)
    let names = view.columnNames ?? columns.map(\.name)
    guard names.count == columns.count else {
      throw QueryError(
        .incompatibleView, .bind, "it has \(names.count) columns, but its query yields \(columns.count) now",
        hint: "CREATE OR REPLACE VIEW")
    }
    let renamed = zip(names, columns).map { name, column in
      NamedExpression(name: name, .column(column), isNullable: column.isNullable)
    }
    return .project(ProjectNode(input: plan, expressions: renamed))
  }

  /// The columns that the view was made of, by their names: the query's `*` may stand for others by now.
  private func columns(of view: ViewReference, among columns: [OutputColumn]) throws(QueryError) -> [OutputColumn] {
    guard let wanted = view.queryColumns?.map({ $0.lowercased() }), Set(wanted).count == wanted.count else {
      return columns
    }
    var found: [OutputColumn] = []
    for (index, name) in wanted.enumerated() {
      let matches = columns.filter { $0.name.lowercased() == name }
      guard matches.count == 1 else {
        throw QueryError(
          .incompatibleView, .bind,
          "its query yields \(matches.isEmpty ? "no column" : "several columns") \(view.queryColumns?[index] ?? name) now",
          hint: "CREATE OR REPLACE VIEW")
      }
      found.append(matches[0])
    }
    return found
  }
}

extension Binder {
  /// Binds a view's query with the views that are open around it.
  fileprivate func bindInside(_ query: Query, of outer: Binder) throws(QueryError) -> LogicalPlan {
    openViews = outer.openViews
    return try bind(query)
  }
}

/// A resolver whose unqualified names belong to another database.
private struct DatabaseResolver: NameResolver {
  let base: any NameResolver
  let currentDatabase: String

  func relation(_ name: [String], in database: String, version: TableVersion?) throws(QueryError) -> ResolvedRelation {
    try base.relation(name, in: database, version: version)
  }

  func files(_ request: FileRequest) throws(QueryError) -> any ScanSource { try base.files(request) }
}
