import LakePlan
import LakeTypes

extension AggregateNode {
  /// An aggregation without groups whose aggregates all take the same distinct values, as two: the first groups by the
  /// values, which several workers do and which may be spilled. nil for other aggregations.
  var overDistinctValues: AggregateNode? {
    guard groups.isEmpty, groupingSets == nil, groupingID == nil, let first = aggregates.first else { return nil }
    let isSuited =
      aggregates.allSatisfy { $0.isDistinct && $0.filter == nil && $0.order.isEmpty }
      && aggregates.dropFirst().allSatisfy { Self.areSame($0.arguments, first.arguments) }
    guard isSuited, !first.arguments.isEmpty else { return nil }
    let values = first.arguments.map { NamedExpression(name: "value", $0) }
    let distinct = AggregateNode(input: input, groups: values, aggregates: [])
    var outer = AggregateNode(input: .aggregate(distinct), groups: [], aggregates: aggregates)
    for index in outer.aggregates.indices {
      outer.aggregates[index].arguments = zip(values, aggregates[index].arguments).map { value, argument in
        var column = BoundExpression.column(value.column)
        column.span = argument.span
        return column
      }
      outer.aggregates[index].isDistinct = false
    }
    return outer
  }

  /// Whether two lists of arguments name the same columns.
  private static func areSame(_ a: [BoundExpression], _ b: [BoundExpression]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { x, y in x.columnID != nil && x.columnID == y.columnID }
  }
}
