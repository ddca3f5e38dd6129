import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Answers count, min and max over all rows of a source from its metadata, where they tell it for certain.
enum MetadataAggregation {
  static func apply(_ plan: LogicalPlan, _ context: EvaluationContext) throws(QueryError) -> LogicalPlan {
    try plan.rewritten { (node) throws(QueryError) in
      guard case .aggregate(let aggregate) = node, let row = try row(aggregate) else { return node }
      return .values(ValuesNode(columns: node.columns, rows: [row]))
    }
  }

  /// The only row of an aggregation, if metadata know all of it.
  private static func row(_ node: AggregateNode) throws(QueryError) -> [BoundExpression]? {
    guard node.groups.isEmpty, node.groupingSets == nil, !node.aggregates.isEmpty,
      let (scan, columns) = scanned(node.input), node.aggregates.allSatisfy(isCandidate),
      let rowCount = try scan.source.exactRowCount()
    else { return nil }
    var row: [BoundExpression] = []
    for call in node.aggregates {
      guard let value = value(call, scan, columns, rowCount) else { return nil }
      row.append(.literal(value, call.column.type))
    }
    return row
  }

  /// A scan of all rows, and which of its columns stands behind each column of the plan.
  private static func scanned(_ plan: LogicalPlan) -> (ScanNode, [ColumnID: Int])? {
    switch plan {
    case .scan(let scan):
      let positions = scan.columns.map { ($0.output.id, $0.sourceIndex) }
      return (scan, Dictionary(positions) { first, _ in first })
    case .project(let node):
      guard let (scan, inner) = scanned(node.input) else { return nil }
      var columns: [ColumnID: Int] = [:]
      for item in node.expressions {
        if let id = item.expression.columnID { columns[item.column.id] = inner[id] }
      }
      return (scan, columns)
    default: return nil
    }
  }

  private static func isCandidate(_ call: AggregateCall) -> Bool {
    guard call.filter == nil else { return false }
    switch call.function.name {
    case "min", "max": return true
    case "count": return !call.isDistinct
    default: return false
    }
  }

  private static func value(
    _ call: AggregateCall, _ scan: ScanNode, _ columns: [ColumnID: Int], _ rowCount: Int
  ) -> Literal? {
    if call.function.name == "count" {
      let countsAllRows = call.arguments.allSatisfy { $0.literalValue.map { !$0.isNull } ?? false }
      return countsAllRows ? .integer(Int64(rowCount)) : nil
    }
    guard let column = call.arguments.first?.columnID.flatMap({ columns[$0] }) else { return nil }
    if rowCount == 0 { return .null }
    guard let range = scan.source.statistics(ofColumn: column), range.isExact else { return nil }
    return call.function.name == "min" ? range.minimum : range.maximum
  }
}
