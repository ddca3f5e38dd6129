package import LakeDiagnostics

/// All functions by name; the arrays it joins stand in one file a topic.
///
/// To add a function: write its record in the array of its topic, with its kernel beside it. Nothing else.
package enum FunctionRegistry {
  /// Every scalar function and operator (operators are named by their symbols: `+`, `=`, `||`, ...).
  package static let scalars: [ScalarFunction] =
    ComparisonFunctions.all + ArithmeticFunctions.all + ConditionalFunctions.all + MathFunctions.all
    + StringFunctions.all + RegexFunctions.all + HashFunctions.all + JSONFunctions.all + DateTimeFunctions.all
    + CollectionFunctions.all + HigherOrderFunctions.all + SessionFunctions.all
  package static let aggregates: [AggregateFunction] = AggregateFunctions.all
  package static let windows: [WindowFunction] = WindowFunctions.all
  package static let generators: [GeneratorFunction] = GeneratorFunctions.all

  private static let scalarsByName = index(scalars) { [$0.name] + $0.aliases }
  private static let aggregatesByName = index(aggregates) { [$0.name] + $0.aliases }
  private static let windowsByName = index(windows) { [$0.name] }
  private static let generatorsByName = index(generators) { [$0.name] }

  /// Look-ups ignore case.
  package static func scalar(_ name: String) -> ScalarFunction? { scalarsByName[name.lowercased()] }
  package static func aggregate(_ name: String) -> AggregateFunction? { aggregatesByName[name.lowercased()] }
  package static func window(_ name: String) -> WindowFunction? { windowsByName[name.lowercased()] }
  package static func generator(_ name: String) -> GeneratorFunction? { generatorsByName[name.lowercased()] }

  /// The error for a name that no function has, with the nearest one as a hint.
  package static func unknown(_ name: String) -> QueryError {
    let names = Array(scalarsByName.keys) + aggregatesByName.keys + windowsByName.keys + generatorsByName.keys
    let near = NearestName.of(name, among: names.filter { $0.first?.isLetter == true }.sorted())
    return QueryError(
      .unresolvedRoutine, .bind, "there is no function \(name)", hint: near.map { "did you mean \($0)?" })
  }

  private static func index<F>(_ functions: [F], _ names: (F) -> [String]) -> [String: F] {
    var byName: [String: F] = [:]
    for function in functions {
      for name in names(function) { byName[name] = function }
    }
    return byName
  }
}
