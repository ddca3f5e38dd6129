import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Tells scans what the filters directly above them will reject, so that files, row groups and pages can be skipped.
enum ScanPredicates {
  static func apply(_ plan: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    try plan.rewritten { (node) throws(QueryError) in
      guard case .filter(var filter) = node, case .scan(var scan) = filter.input else { return node }
      let translation = PredicateTranslation(scan: scan, inversion: ComparisonInversion(context: context))
      scan.predicates = filter.predicate.conjuncts.flatMap(translation.predicates)
      filter.input = .scan(scan)
      return .filter(filter)
    }
  }
}

/// Turns conditions on the columns of a scan into tests that every row which passes the condition passes.
private struct PredicateTranslation {
  let scan: ScanNode
  let inversion: ComparisonInversion
  /// Longer lists are not handed on.
  private static let longestList = 1000
  /// Branches of an OR that are looked into.
  private static let mostBranches = 64

  /// A column, or a field of a struct column.
  private struct Place: Hashable {
    var column: Int
    var path: [Int]
  }
  private typealias Test = ScanPredicate.Test
  /// What a condition demands of one place, all of it at once.
  private typealias Demand = (place: Place, tests: [Test])

  func predicates(_ conjunct: BoundExpression) -> [ScanPredicate] {
    demands(conjunct).flatMap { demand in
      demand.tests.map { ScanPredicate(column: demand.place.column, path: demand.place.path, $0) }
    }
  }

  private func demands(_ condition: BoundExpression) -> [Demand] {
    switch condition.kind {
    case .and(let operands): operands.flatMap(demands)
    case .or(let branches): alternatives(branches)
    case .call(let call): demand(call).map { [$0] } ?? []
    case .column: demand(condition, .equal, .boolean(true)).map { [$0] } ?? []
    default: []
    }
  }

  /// What an OR demands of the places that each of its branches restricts.
  private func alternatives(_ branches: [BoundExpression]) -> [Demand] {
    guard branches.count <= Self.mostBranches else { return [] }
    var groups: [Place: [[Test]]] = [:]
    for (index, branch) in branches.enumerated() {
      var own: [Place: [Test]] = [:]
      for demand in demands(branch) { own[demand.place, default: []] += demand.tests }
      if index == 0 {
        groups = own.mapValues { [$0] }
      } else {
        groups = groups.filter { own[$0.key] != nil }
        for (place, tests) in own where groups[place] != nil { groups[place]?.append(tests) }
      }
    }
    return groups.sorted { ($0.key.column, $0.key.path.count) < ($1.key.column, $1.key.path.count) }
      .map { ($0.key, [.anyOf($0.value)]) }
  }

  private func demand(_ call: BoundCall) -> Demand? {
    let arguments = call.arguments
    switch call.function.name {
    case "isnull": return place(arguments[0]).map { ($0, [.isNull]) }
    case "isnotnull": return place(arguments[0]).map { ($0, [.isNotNull]) }
    case "in": return isIn(arguments)
    case "between": return isBetween(arguments)
    case "like", "startswith": return hasPrefix(call)
    case "<=>": return sameness(arguments)
    case "not": return negation(arguments[0])
    case ".": return demand(BoundExpression(.call(call), .boolean), .equal, .boolean(true))
    default: return comparison(call)
    }
  }

  /// The column or field that an expression is, if it is nothing more.
  private func place(_ expression: BoundExpression) -> Place? {
    switch expression.kind {
    case .column(let id):
      return scan.columns.first { $0.output.id == id }.map { Place(column: $0.sourceIndex, path: []) }
    case .call(let call) where call.function.name == ".":
      guard let index = call.fieldIndex, var base = place(call.arguments[0]) else { return nil }
      base.path.append(index)
      return base
    default: return nil
    }
  }

  private func comparison(_ call: BoundCall) -> Demand? {
    guard call.arguments.count == 2, let operation = ScanPredicate.Comparison(call.function.name) else { return nil }
    if let value = call.arguments[1].literalValue { return demand(call.arguments[0], operation, value) }
    if let value = call.arguments[0].literalValue { return demand(call.arguments[1], operation.flipped, value) }
    return nil
  }

  /// What a comparison of an expression with a value demands of the column in it.
  private func demand(
    _ expression: BoundExpression, _ operation: ScanPredicate.Comparison, _ value: Literal
  ) -> Demand? {
    if value.isNull { return nil }
    if let place = place(expression) { return (place, [.compare(operation, value)]) }
    guard let inner = inversion.operand(of: expression),
      let found = inversion.invert(expression, operation, value)
    else { return nil }
    var result: Demand?
    for (operation, value) in found {
      guard let next = demand(inner, operation, value) else { continue }
      result = (next.place, (result?.tests ?? []) + next.tests)
    }
    return result
  }

  private func isIn(_ arguments: [BoundExpression]) -> Demand? {
    let values = arguments.dropFirst().compactMap(\.literalValue)
    guard values.count == arguments.count - 1, values.count <= Self.longestList else { return nil }
    let wanted = values.filter { !$0.isNull }
    if let place = place(arguments[0]) { return (place, [.isIn(wanted)]) }
    guard !wanted.isEmpty, wanted.count <= Self.mostBranches else { return nil }
    var groups: [[Test]] = []
    var place: Place?
    for value in wanted {
      guard let one = demand(arguments[0], .equal, value) else { return nil }
      place = one.place
      groups.append(one.tests)
    }
    return place.map { ($0, [.anyOf(groups)]) }
  }

  private func isBetween(_ arguments: [BoundExpression]) -> Demand? {
    let low = arguments[1].literalValue.flatMap { demand(arguments[0], .greaterOrEqual, $0) }
    let high = arguments[2].literalValue.flatMap { demand(arguments[0], .lessOrEqual, $0) }
    guard let place = low?.place ?? high?.place else { return nil }
    return (place, (low?.tests ?? []) + (high?.tests ?? []))
  }

  private func sameness(_ arguments: [BoundExpression]) -> Demand? {
    for (side, other) in [(0, 1), (1, 0)] {
      guard let value = arguments[other].literalValue else { continue }
      if value.isNull { return place(arguments[side]).map { ($0, [.isNull]) } }
      return demand(arguments[side], .equal, value)
    }
    return nil
  }

  private func negation(_ condition: BoundExpression) -> Demand? {
    if let place = place(condition) { return (place, [.compare(.equal, .boolean(false))]) }
    guard case .call(let call) = condition.kind, call.arguments.count == 2 else { return nil }
    guard let operation = ScanPredicate.Comparison(call.function.name)?.opposite else { return nil }
    if let value = call.arguments[1].literalValue { return demand(call.arguments[0], operation, value) }
    if let value = call.arguments[0].literalValue { return demand(call.arguments[1], operation.flipped, value) }
    return nil
  }

  /// Texts that begin alike lie between the beginning and the first text behind all that begin so.
  private func hasPrefix(_ call: BoundCall) -> Demand? {
    let arguments = call.arguments
    guard case .string(let text)? = arguments[1].literalValue, let place = place(arguments[0]) else { return nil }
    var prefix = text
    if call.function.name == "like" {
      var escape: Character = "\\"
      if arguments.count > 2 {
        guard case .string(let given)? = arguments[2].literalValue, let first = given.first else { return nil }
        escape = first
      }
      guard let parsed = LikePrefix(text, escape: escape) else { return nil }
      if parsed.isWhole { return (place, [.compare(.equal, .string(parsed.prefix))]) }
      prefix = parsed.prefix
    }
    if prefix.isEmpty { return (place, [.isNotNull]) }
    let low = Test.compare(.greaterOrEqual, .string(prefix))
    guard let end = LikePrefix.successor(of: prefix) else { return (place, [low]) }
    return (place, [low, .compare(.less, .string(end))])
  }
}

/// What a LIKE pattern says of the beginning of the texts that match it.
private struct LikePrefix {
  private(set) var prefix = ""
  /// Whether the pattern matches nothing but its prefix.
  private(set) var isWhole = true

  /// nil for a pattern that can't be right.
  init?(_ pattern: String, escape: Character) {
    var rest = pattern.unicodeScalars[...]
    guard let mark = escape.unicodeScalars.first, escape.unicodeScalars.count == 1 else { return nil }
    var scalars = String.UnicodeScalarView()
    while let next = rest.popFirst() {
      if next == mark {
        guard let escaped = rest.popFirst() else { return nil }
        scalars.append(escaped)
      } else if next == "%" || next == "_" {
        isWhole = false
        break
      } else {
        scalars.append(next)
      }
    }
    prefix = String(scalars)
  }

  /// The first text behind all that begin with the prefix; nil if there is none. The order of UTF-8's bytes is that of
  /// the code points.
  static func successor(of prefix: String) -> String? {
    var scalars = Array(prefix.unicodeScalars)
    while let last = scalars.popLast() {
      // Between the two lie the surrogates, which are no characters.
      let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
      guard let scalar = Unicode.Scalar(next) else { continue }
      var result = String.UnicodeScalarView(scalars)
      result.append(scalar)
      return String(result)
    }
    return nil
  }
}

extension BoundCall {
  /// Of a call that takes a field out of a struct: the field's position.
  var fieldIndex: Int? {
    guard case .struct(let fields) = arguments[0].type, case .string(let name)? = arguments[1].literalValue else {
      return nil
    }
    return fields.firstIndex { $0.name.lowercased() == name.lowercased() }
  }
}

extension ScanPredicate.Comparison {
  /// The comparison that an operator is.
  init?(_ name: String) {
    switch name {
    case "=": self = .equal
    case "<": self = .less
    case "<=": self = .lessOrEqual
    case ">": self = .greater
    case ">=": self = .greaterOrEqual
    default: return nil
    }
  }

  /// The comparison with both sides exchanged.
  var flipped: ScanPredicate.Comparison {
    switch self {
    case .equal: .equal
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }

  /// The comparison that is true where this one is false; nil if that is none of these.
  var opposite: ScanPredicate.Comparison? {
    switch self {
    case .equal: nil
    case .less: .greaterOrEqual
    case .lessOrEqual: .greater
    case .greater: .lessOrEqual
    case .greaterOrEqual: .less
    }
  }
}
