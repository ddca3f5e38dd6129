import LakeDiagnostics
import LakeSyntax

/// Gathers the aggregates and window functions that the expressions of one SELECT contain.
final class SelectCollector {
  /// Functions that share partition and order.
  struct WindowGroup {
    var partitionBy: [BoundExpression]
    var orderBy: [SortKey]
    var functions: [WindowCall]
  }

  private(set) var aggregates: [AggregateCall] = []
  private(set) var windows: [WindowGroup] = []
  /// The WINDOW clause.
  let namedWindows: [NamedWindow]
  /// Columns for `grouping(x)` and `grouping_id(...)`, resolved when the groups are known.
  var groupingID: OutputColumn?
  /// The GROUP BY expressions, once they are bound.
  var groups: [BoundExpression] = []

  init(namedWindows: [NamedWindow]) { self.namedWindows = namedWindows }

  /// Adds an aggregate, or finds the same one, and returns its column.
  func add(_ call: AggregateCall) -> OutputColumn {
    if let existing = aggregates.first(where: { $0.isEquivalent(to: call) }) { return existing.column }
    aggregates.append(call)
    return call.column
  }

  func add(_ call: WindowCall, partitionBy: [BoundExpression], orderBy: [SortKey]) -> OutputColumn {
    for index in windows.indices where windows[index].partitionBy == partitionBy {
      if windows[index].orderBy == orderBy {
        windows[index].functions.append(call)
        return call.column
      }
    }
    windows.append(WindowGroup(partitionBy: partitionBy, orderBy: orderBy, functions: [call]))
    return call.column
  }

  /// Rebuilds the windows' expressions, such as to name group columns in place of group expressions.
  func mapWindows(_ change: (BoundExpression) throws(QueryError) -> BoundExpression) throws(QueryError) {
    for index in windows.indices {
      for item in windows[index].partitionBy.indices {
        windows[index].partitionBy[item] = try change(windows[index].partitionBy[item])
      }
      for item in windows[index].orderBy.indices {
        windows[index].orderBy[item].expression = try change(windows[index].orderBy[item].expression)
      }
      for item in windows[index].functions.indices {
        try windows[index].functions[item].mapExpressions(change)
      }
    }
  }
}

extension SortKey: Equatable {
  package static func == (a: SortKey, b: SortKey) -> Bool {
    a.expression == b.expression && a.isDescending == b.isDescending && a.nullsFirst == b.nullsFirst
  }
}
