import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Binds row-yielding functions, in a select list or in LATERAL VIEW.
struct GeneratorBinder {
  let binder: Binder

  init(_ binder: Binder) { self.binder = binder }

  func bind(
    _ name: String, _ arguments: [BoundExpression], isOuter: Bool, names: [String], over plan: LogicalPlan,
    span: SourceSpan
  ) throws(QueryError) -> GenerateNode {
    guard let function = FunctionRegistry.generator(name) else {
      throw QueryError(
        .unresolvedRoutine, .bind, "\(name) is no row-yielding function", span: span,
        hint: NearestName.of(name, among: FunctionRegistry.generators.map(\.name)).map { "did you mean \($0)?" })
    }
    let described = arguments.map { FunctionArgument($0.type, constant: Coercion.constant($0, binder.context)) }
    let overload: GeneratorOverload
    do {
      overload = try function.resolve(described)
    } catch {
      throw error.at(span)
    }
    let cast = zip(arguments, overload.argumentTypes).map { Coercion.cast($0, to: $1) }
    guard names.isEmpty || names.count == overload.columns.count else {
      throw QueryError(
        .columnCountMismatch, .bind, "\(name) yields \(overload.columns.count) column(s), not \(names.count)",
        span: span)
    }
    let columns = overload.columns.enumerated().map { index, field in
      OutputColumn(name: names.isEmpty ? field.name : names[index], type: field.type)
    }
    return GenerateNode(
      input: plan, function: function, overload: overload, arguments: cast,
      isOuter: isOuter || function.isOuter, columns: columns)
  }
}
