import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Tells scans what the filters directly above them will reject, so that files and row groups can be skipped.
enum ScanPredicates {
  static func apply(_ plan: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    try plan.rewritten { (node) throws(QueryError) in
      guard case .filter(var filter) = node, case .scan(var scan) = filter.input else { return node }
      scan.predicates = filter.predicate.conjuncts.compactMap { predicate($0, scan) }
      filter.input = .scan(scan)
      return .filter(filter)
    }
  }

  private static func predicate(_ conjunct: BoundExpression, _ scan: ScanNode) -> ScanPredicate? {
    guard case .call(let call) = conjunct.kind else { return nil }
    switch call.function.name {
    case "isnull": return column(call.arguments[0], scan).map { ScanPredicate(column: $0, .isNull) }
    case "isnotnull": return column(call.arguments[0], scan).map { ScanPredicate(column: $0, .isNotNull) }
    case "in": return isIn(call.arguments, scan)
    default: return comparison(call, scan)
    }
  }

  private static func column(_ expression: BoundExpression, _ scan: ScanNode) -> Int? {
    guard let id = expression.columnID else { return nil }
    return scan.columns.first { $0.output.id == id }?.sourceIndex
  }

  private static func isIn(_ arguments: [BoundExpression], _ scan: ScanNode) -> ScanPredicate? {
    guard let index = column(arguments[0], scan) else { return nil }
    let values = arguments.dropFirst().compactMap(\.literalValue)
    guard values.count == arguments.count - 1, values.count <= 1000 else { return nil }
    return ScanPredicate(column: index, .isIn(values.filter { !$0.isNull }))
  }

  private static func comparison(_ call: BoundCall, _ scan: ScanNode) -> ScanPredicate? {
    guard call.arguments.count == 2, let operation = operation(call.function.name) else { return nil }
    if let index = column(call.arguments[0], scan), let value = call.arguments[1].literalValue, !value.isNull {
      return ScanPredicate(column: index, .compare(operation, value))
    }
    if let index = column(call.arguments[1], scan), let value = call.arguments[0].literalValue, !value.isNull {
      return ScanPredicate(column: index, .compare(flipped(operation), value))
    }
    return nil
  }

  private static func operation(_ name: String) -> ScanPredicate.Comparison? {
    switch name {
    case "=": .equal
    case "<": .less
    case "<=": .lessOrEqual
    case ">": .greater
    case ">=": .greaterOrEqual
    default: nil
    }
  }

  private static func flipped(_ operation: ScanPredicate.Comparison) -> ScanPredicate.Comparison {
    switch operation {
    case .equal: .equal
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }
}
