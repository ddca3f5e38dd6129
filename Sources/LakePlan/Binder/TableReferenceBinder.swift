import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeSyntax
import LakeTypes

/// A plan and the names by which its columns are seen.
struct BoundSource {
  var plan: LogicalPlan
  var scope: Scope
}

/// Binds FROM: tables, views, common tables, files, functions, subqueries, joins and lateral views.
struct TableReferenceBinder {
  let binder: Binder
  let outer: Scope?

  init(_ binder: Binder, outer: Scope?) {
    self.binder = binder
    self.outer = outer
  }

  /// Tables between commas make a cross join; no table at all is one row without columns.
  func bind(_ tables: [TableReference], lateralViews: [LateralView] = []) throws(QueryError) -> BoundSource {
    var source: BoundSource?
    for table in tables {
      guard let left = source else {
        source = try bind(table)
        continue
      }
      let right = try bind(table, besides: left)
      let join = JoinNode(kind: .inner, left: left.plan, right: right.plan, condition: nil)
      source = BoundSource(
        plan: .join(join), scope: Scope(left.scope.columns + right.scope.columns, parent: outer))
    }
    var result = source ?? BoundSource(plan: .values(ValuesNode(columns: [], rows: [[]])), scope: Scope(parent: outer))
    for view in lateralViews { result = try bind(view, over: result) }
    return result
  }

  /// Binds a table; `left` is what stands before it, which LATERAL may refer to.
  private func bind(_ reference: TableReference, besides left: BoundSource? = nil) throws(QueryError) -> BoundSource {
    var source: BoundSource
    do {
      source = try unaliased(reference, besides: left)
      if let sample = reference.sample { source.plan = try SampleBinder(binder).bind(sample, over: source.plan) }
    } catch {
      throw error.at(reference.span)
    }
    if let alias = reference.alias { source = try aliased(source, alias) }
    return source
  }

  private func unaliased(_ reference: TableReference, besides left: BoundSource?) throws(QueryError) -> BoundSource {
    switch reference.kind {
    case .named(let name, let version): return try named(name, version)
    case .function(let function):
      let visible = function.isLateral ? lateralScope(left) : outer
      return try TableFunctionBinder(binder, outer: visible).bind(function, reference.span)
    case .subquery(let query, let isLateral):
      let plan = try QueryBinder(binder).bind(query, outer: isLateral ? lateralScope(left) : outer)
      return BoundSource(plan: plan, scope: Scope(plan: plan, qualifier: [], parent: outer))
    case .values(let values):
      let plan = try ValuesBinder(binder).bind(values, outer)
      return BoundSource(plan: plan, scope: Scope(plan: plan, qualifier: [], parent: outer))
    case .joined(let first, let rest):
      var source = try bind(first, besides: left)
      for join in rest {
        let right = try bind(join.table, besides: Self.besides(left, source))
        source = try JoinBinder(binder, outer: outer).bind(source, join, right)
      }
      return source
    }
  }

  /// The names that a LATERAL reference sees: the tables before it, then the outer query's.
  private func lateralScope(_ left: BoundSource?) -> Scope? {
    left.map { Scope($0.scope.columns, parent: outer) } ?? outer
  }

  /// The names of two sources; the plan of the second stands for both.
  private static func besides(_ left: BoundSource?, _ right: BoundSource) -> BoundSource {
    guard let left else { return right }
    return BoundSource(plan: right.plan, scope: Scope(left.scope.columns + right.scope.columns, parent: nil))
  }

  private func aliased(_ source: BoundSource, _ alias: TableAlias) throws(QueryError) -> BoundSource {
    let visible = source.scope.columns.filter { !$0.isMetadata && !$0.isHidden }
    if !alias.columns.isEmpty, alias.columns.count != visible.count {
      throw QueryError(
        .aliasCountMismatch, .bind,
        "\(alias.name.name) names \(alias.columns.count) columns, but there are \(visible.count)", span: alias.name.span
      )
    }
    var position = 0
    let columns = source.scope.columns.filter { !$0.isHidden }.map { column -> Scope.Column in
      var copy = column
      copy.qualifier = [alias.name.name]
      if !alias.columns.isEmpty, !column.isMetadata {
        copy.name = alias.columns[position].name
        position += 1
      }
      return copy
    }
    return BoundSource(plan: source.plan, scope: Scope(columns, parent: outer))
  }

  // MARK: Names

  private func named(_ name: QualifiedName, _ version: TimeTravel?) throws(QueryError) -> BoundSource {
    let parts = name.parts.map(\.name)
    if parts.count == 1, version == nil, let table = binder.commonTable(parts[0]) {
      switch table {
      case .shared(let plan, let names): return shared(plan, names, parts[0])
      case .recursive(let reference): return scan(try reference.read(), qualifier: [parts[0]])
      }
    }
    let request = FileRequest(format: parts[0].lowercased(), path: parts.count == 2 ? parts[1] : "")
    if parts.count == 2, name.parts[1].isQuoted, Self.fileFormats.contains(request.format) {
      return scan(try binder.resolver.files(request), qualifier: [])
    }
    let travel = try version.map { (travel) throws(QueryError) in try tableVersion(travel) }
    switch try binder.resolver.relation(parts, in: binder.resolver.currentDatabase, version: travel) {
    case .table(let source, let full): return scan(source, qualifier: full)
    case .view(let view):
      let plan = try binder.plan(of: view, span: name.span)
      return BoundSource(plan: plan, scope: Scope(plan: plan, qualifier: view.name, parent: outer))
    }
  }

  static let fileFormats: Set<String> = ["csv", "json", "parquet", "text", "avro", "orc"]

  private func shared(_ table: SharedPlan, _ names: [String], _ name: String) -> BoundSource {
    let columns = zip(table.plan.columns, names).map { column, name in
      OutputColumn(name: name, type: column.type, isNullable: column.isNullable)
    }
    let plan = LogicalPlan.shared(SharedNode(plan: table, columns: columns))
    return BoundSource(plan: plan, scope: Scope(plan: plan, qualifier: [name], parent: outer))
  }

  /// A scan of all columns; the optimizer drops those that nobody needs.
  private func scan(_ source: any ScanSource, qualifier: [String]) -> BoundSource {
    BoundSource.scan(source, qualifier: qualifier, parent: outer)
  }

  private func tableVersion(_ travel: TimeTravel) throws(QueryError) -> TableVersion {
    switch travel {
    case .version(let expression):
      let literal = try binder.constant(expression)
      switch literal.value {
      case .integer(let id): return .snapshot(id)
      case .string(let name): return Int64(name).map { .snapshot($0) } ?? .reference(name)
      default: throw QueryError(.invalidParameter, .bind, "VERSION AS OF takes a snapshot id", span: expression.span)
      }
    case .timestamp(let expression):
      let literal = try binder.constant(expression)
      let cast = Coercion.cast(.literal(literal.value, literal.type, span: expression.span), to: .timestamp)
      if case .timestamp(let micros) = try ConstantEvaluator.value(of: cast, context: binder.context) {
        return .timestamp(micros)
      }
      throw QueryError(.invalidParameter, .bind, "TIMESTAMP AS OF takes a timestamp", span: expression.span)
    }
  }

  // MARK: Lateral views

  private func bind(_ view: LateralView, over source: BoundSource) throws(QueryError) -> BoundSource {
    let expressions = ExpressionBinder(binder, source.scope, clause: .select)
    let arguments = try expressions.bind(view.arguments.map(\.value))
    let node = try GeneratorBinder(binder).bind(
      view.function.last.name, arguments, isOuter: view.isOuter, names: view.columns.map(\.name), over: source.plan,
      span: view.span)
    let added = node.columns.map { Scope.Column(qualifier: [view.table.name], name: $0.name, output: $0) }
    return BoundSource(plan: .generate(node), scope: Scope(source.scope.columns + added, parent: outer))
  }
}

extension BoundSource {
  /// A scan of every column of a source, metadata columns last.
  static func scan(_ source: any ScanSource, qualifier: [String], parent: Scope?) -> BoundSource {
    let columns = source.schema.fields.enumerated().map { index, field in
      ScanNode.Column(
        output: OutputColumn(name: field.name, type: field.type, isNullable: field.isNullable), sourceIndex: index)
    }
    let plan = LogicalPlan.scan(ScanNode(source: source, columns: columns))
    let firstMetadata = columns.count - source.metadataColumnCount
    let scope = Scope(
      columns.map {
        Scope.Column(
          qualifier: qualifier, name: $0.output.name, output: $0.output, isMetadata: $0.sourceIndex >= firstMetadata)
      }, parent: parent)
    return BoundSource(plan: plan, scope: scope)
  }
}
