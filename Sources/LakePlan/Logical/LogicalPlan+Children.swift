package import LakeTypes

extension LogicalPlan {
  /// The columns that the node yields, in order.
  package var columns: [OutputColumn] {
    switch self {
    case .scan(let node): return node.columns.map(\.output)
    case .values(let node): return node.columns
    case .project(let node): return node.expressions.map(\.column)
    case .filter(let node): return node.input.columns
    case .join(let node): return Self.columns(of: node)
    case .aggregate(let node):
      let groupingID = node.groupingID.map { [$0] } ?? []
      return node.groups.map(\.column) + node.aggregates.map(\.column) + groupingID
    case .window(let node): return node.input.columns + node.functions.map(\.column)
    case .sort(let node): return node.input.columns
    case .limit(let node): return node.input.columns
    case .union(let node): return node.columns
    case .setOperation(let node): return node.columns
    case .generate(let node): return node.input.columns + node.columns
    case .shared(let node): return node.columns
    case .recursion(let node): return node.columns
    }
  }

  private static func columns(of node: JoinNode) -> [OutputColumn] {
    switch node.kind {
    case .leftSemi, .leftAnti, .nullAwareAnti: node.left.columns
    case .mark(let column, _): node.left.columns + [column]
    case .inner: node.left.columns + node.right.columns
    case .left, .single: node.left.columns + node.right.columns.map(\.asNullable)
    case .right: node.left.columns.map(\.asNullable) + node.right.columns
    case .full: (node.left.columns + node.right.columns).map(\.asNullable)
    }
  }

  /// The columns as a schema.
  package var schema: Schema { Schema(columns.map(\.field)) }

  package var children: [LogicalPlan] {
    switch self {
    case .scan, .values, .shared: []
    case .project(let node): [node.input]
    case .filter(let node): [node.input]
    case .join(let node): [node.left, node.right]
    case .aggregate(let node): [node.input]
    case .window(let node): [node.input]
    case .sort(let node): [node.input]
    case .limit(let node): [node.input]
    case .union(let node): node.inputs
    case .setOperation(let node): [node.left, node.right]
    case .recursion(let node): [node.anchor, node.step]
    case .generate(let node): [node.input]
    }
  }

  /// The same node over other children, in the order of `children`.
  package func replacingChildren(_ new: [LogicalPlan]) -> LogicalPlan {
    switch self {
    case .scan, .values, .shared: return self
    case .project(var node): node.input = new[0]; return .project(node)
    case .filter(var node): node.input = new[0]; return .filter(node)
    case .join(var node): node.left = new[0]; node.right = new[1]; return .join(node)
    case .aggregate(var node): node.input = new[0]; return .aggregate(node)
    case .window(var node): node.input = new[0]; return .window(node)
    case .sort(var node): node.input = new[0]; return .sort(node)
    case .limit(var node): node.input = new[0]; return .limit(node)
    case .union(var node): node.inputs = new; return .union(node)
    case .setOperation(var node): node.left = new[0]; node.right = new[1]; return .setOperation(node)
    case .recursion(var node): node.anchor = new[0]; node.step = new[1]; return .recursion(node)
    case .generate(var node): node.input = new[0]; return .generate(node)
    }
  }
}

extension OutputColumn {
  /// The column as the unmatched side of an outer join yields it.
  package var asNullable: OutputColumn {
    var copy = self
    copy.isNullable = true
    return copy
  }
}
