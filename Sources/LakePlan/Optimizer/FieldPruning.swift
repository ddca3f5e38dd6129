import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Tells scans which fields of struct columns anything above looks at.
enum FieldPruning {
  static func apply(_ plan: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    guard hasStructs(plan) else { return plan }
    var uses = FieldUses()
    uses.addWhole(plan.columns)
    uses.add(plan)
    return try plan.rewritten { (node) throws(QueryError) in
      guard case .scan(var scan) = node else { return node }
      for index in scan.columns.indices {
        scan.columns[index].selection = uses.selection(of: scan.columns[index].output)
      }
      return .scan(scan)
    }
  }

  private static func hasStructs(_ plan: LogicalPlan) -> Bool {
    if case .scan(let scan) = plan { return scan.columns.contains { $0.output.type.isStruct } }
    return plan.children.contains(where: hasStructs)
  }
}

/// What a plan looks at of its columns.
private struct FieldUses {
  private var found: [ColumnID: FieldSelection] = [:]

  func selection(of column: OutputColumn) -> FieldSelection {
    column.type.isStruct ? found[column.id] ?? .presence : .whole
  }

  mutating func addWhole(_ columns: [OutputColumn]) {
    for column in columns { found[column.id] = .whole }
  }

  /// Adds what a node and all below it look at. Nodes not named here hand columns on under their ids, and look at none
  /// but in their expressions.
  mutating func add(_ plan: LogicalPlan) {
    switch plan {
    case .project(let node):
      for item in node.expressions where item.expression.columnID != item.column.id { add(item.expression) }
    case .union, .setOperation, .recursion:
      for child in plan.children { addWhole(child.columns) }
    default:
      for expression in plan.expressions { add(expression) }
    }
    for child in plan.children { add(child) }
  }

  private mutating func add(_ expression: BoundExpression) {
    switch expression.kind {
    case .column(let id): found[id] = .whole
    case .call(let call):
      let isPresence = call.function.name == "isnull" || call.function.name == "isnotnull"
      if isPresence, let (id, path) = place(call.arguments[0]) { return add(id, path, .presence) }
      if let (id, path) = place(expression) { return add(id, path, .whole) }
      for operand in call.arguments { add(operand) }
    case .subquery(let subquery):
      addWhole(subquery.plan.columns)
      add(subquery.plan)
      for operand in expression.operands { add(operand) }
    default:
      for operand in expression.operands { add(operand) }
    }
  }

  private mutating func add(_ id: ColumnID, _ path: [Int], _ leaf: FieldSelection) {
    let selection = FieldSelection(path: path[...], leaf: leaf)
    found[id] = found[id]?.union(selection) ?? selection
  }

  /// The column, and the fields of structs in it on the way, that an expression is.
  private func place(_ expression: BoundExpression) -> (id: ColumnID, path: [Int])? {
    switch expression.kind {
    case .column(let id): return (id, [])
    case .call(let call) where call.function.name == ".":
      guard let index = call.fieldIndex, let (id, path) = place(call.arguments[0]) else { return nil }
      return (id, path + [index])
    default: return nil
    }
  }
}

extension LogicalType {
  fileprivate var isStruct: Bool { if case .struct = self { true } else { false } }
}
