import LakeColumnar
import LakeFunctions
import LakePlan

/// Guesses how many rows a plan yields, to choose the build side of joins.
enum RowEstimate {
  /// What a filter lets through where nothing is known.
  private static let filterShare = 0.25
  private static let groupShare = 0.1
  private static let unknownSource = 1_000_000.0

  static func rows(_ plan: LogicalPlan) -> Double {
    switch plan {
    case .scan(let node): return node.source.rowCount.map(Double.init) ?? unknownSource
    case .values(let node): return Double(node.rows.count)
    case .project(let node): return rows(node.input)
    case .filter(let node): return rows(node.input) * share(node.predicate)
    case .join(let node): return join(node)
    case .aggregate(let node): return node.groups.isEmpty ? 1 : max(1, rows(node.input) * groupShare)
    case .window(let node): return rows(node.input)
    case .sort(let node): return rows(node.input)
    case .limit(let node): return min(node.count.map(Double.init) ?? .infinity, rows(node.input))
    case .union(let node): return node.inputs.reduce(0) { $0 + rows($1) }
    case .setOperation(let node): return rows(node.left)
    case .generate(let node): return rows(node.input) * 4
    case .shared(let node): return rows(node.plan.plan)
    }
  }

  private static func share(_ predicate: BoundExpression) -> Double {
    predicate.conjuncts.reduce(1) { share, conjunct in
      if conjunct.asCall("=") != nil { return share * 0.1 }
      if conjunct.asCall("isnotnull") != nil { return share }
      return share * filterShare
    }
  }

  private static func join(_ node: JoinNode) -> Double {
    let (left, right) = (rows(node.left), rows(node.right))
    switch node.kind {
    case .leftSemi, .leftAnti, .nullAwareAnti: return left * 0.5
    case .single, .mark: return left
    case .inner, .left, .right, .full: return node.condition == nil ? left * right : max(left, right)
    }
  }
}
