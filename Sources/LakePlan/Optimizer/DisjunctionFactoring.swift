import LakeTypes

extension BoundExpression {
  /// The conjuncts that an OR is equal to: what all its branches demand, and an OR of the rest. Anything else is
  /// itself.
  var factored: [BoundExpression] {
    guard case .or(let branches) = kind, isDeterministic else { return [self] }
    let parts = branches.map(\.conjuncts)
    let common = parts[0].filter { part in parts.dropFirst().allSatisfy { $0.contains(part) } }
    if common.isEmpty { return [self] }
    var rest: [BoundExpression] = []
    for part in parts {
      // A branch that demands no more makes the others needless.
      guard let left = BoundExpression.conjunction(part.filter { !common.contains($0) }) else { return common }
      rest.append(left)
    }
    return common + [BoundExpression(.or(rest), type, span: span)]
  }

  /// Branches of an OR that are looked into for what they say of some columns.
  private static let maximumBranches = 64

  /// What an OR demands of some columns alone: at least one of its branches' demands on them. nil where a branch
  /// demands nothing of them.
  func implied(on columns: Set<ColumnID>) -> BoundExpression? {
    guard case .or(let branches) = kind, branches.count <= Self.maximumBranches, isDeterministic else { return nil }
    var parts: [BoundExpression] = []
    for branch in branches {
      let own = branch.conjuncts.filter {
        let referenced = $0.referencedColumns
        return !referenced.isEmpty && referenced.isSubset(of: columns)
      }
      guard let part = BoundExpression.conjunction(own) else { return nil }
      parts.append(part)
    }
    return BoundExpression(.or(parts), .boolean, span: span)
  }
}
