import LakeFunctions
import LakePlan
import LakeTypes

/// A join's condition taken apart: equalities between the sides, and the rest.
struct JoinCondition {
  struct Key {
    var left: BoundExpression
    var right: BoundExpression
    /// `<=>`: NULL equals NULL.
    var matchesNull: Bool
    /// The equality as it was written.
    var conjunct: BoundExpression
  }

  private(set) var keys: [Key] = []
  private(set) var residual: [BoundExpression] = []

  init(_ condition: BoundExpression?, left: [OutputColumn], right: [OutputColumn]) {
    let leftIDs = Set(left.map(\.id))
    let rightIDs = Set(right.map(\.id))
    for conjunct in condition?.conjuncts ?? [] {
      if conjunct.literalValue == .boolean(true) { continue }
      if let key = Self.key(conjunct, leftIDs, rightIDs) { keys.append(key) } else { residual.append(conjunct) }
    }
  }

  /// The same with everything left to be tested pair by pair.
  var withoutKeys: JoinCondition {
    var copy = self
    copy.residual = keys.map(\.conjunct) + residual
    copy.keys = []
    return copy
  }

  private static func key(_ conjunct: BoundExpression, _ left: Set<ColumnID>, _ right: Set<ColumnID>) -> Key? {
    guard case .call(let call) = conjunct.kind, call.arguments.count == 2,
      call.function.name == "=" || call.function.name == "<=>"
    else { return nil }
    let (a, b) = (call.arguments[0], call.arguments[1])
    guard a.type == b.type, conjunct.isDeterministic else { return nil }
    let (ofA, ofB) = (a.referencedColumns, b.referencedColumns)
    if ofA.isEmpty || ofB.isEmpty { return nil }
    let matchesNull = call.function.name == "<=>"
    if ofA.isSubset(of: left), ofB.isSubset(of: right) {
      return Key(left: a, right: b, matchesNull: matchesNull, conjunct: conjunct)
    }
    if ofB.isSubset(of: left), ofA.isSubset(of: right) {
      return Key(left: b, right: a, matchesNull: matchesNull, conjunct: conjunct)
    }
    return nil
  }
}
