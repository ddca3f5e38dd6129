import LakeDiagnostics
import LakeFunctions

/// The inputs of a tree of inner joins, what connects them, and the search for the cheapest order.
///
/// Up to `exhaustiveLimit` inputs all bushy trees without needless cross products are compared, by dynamic programming
/// over subsets (G. Moerkotte, T. Neumann, "Analysis of Two Existing and One New Dynamic Programming Algorithm", VLDB
/// 2006, algorithm DPsub); beyond that the pair with the fewest rows is joined first, again and again.
struct JoinGraph {
  /// Columns that equalities make equal; any of them can stand for the others.
  private struct EqualColumns {
    /// The inputs that have such a column, and the column of each.
    var columns: [(input: Int, column: BoundExpression)]

    var inputs: UInt64 { columns.reduce(0) { $0 | 1 << UInt64($1.input & 63) } }
  }

  /// A condition other than an equality of two columns.
  private struct Condition {
    let expression: BoundExpression
    /// The inputs that it needs.
    let inputs: UInt64
    let share: Double
  }

  /// The cheapest tree found for a set of inputs.
  private struct Tree {
    let left: UInt64
    let right: UInt64
    let rows: Double
    let cost: Double
  }

  private static let exhaustiveLimit = 10
  /// Inputs that a graph can have.
  static let maximumInputs = 64
  /// A row that is put into a hash table costs as much as some that look up or come out.
  private static let buildWeight = 3.0

  private let inputs: [LogicalPlan]
  private let estimates: [PlanEstimate]
  private var equalities: [EqualColumns] = []
  private var conditions: [Condition] = []
  /// Pairs of inputs that several keys connect, and what the estimate of the keys one by one is to be multiplied by.
  private var corrections: [(pair: UInt64, factor: Double)] = []
  /// The sets of inputs that an equality or a condition ties together.
  private var links: [UInt64] = []
  private let context: EvaluationContext

  init(
    _ inputs: [LogicalPlan], _ conjuncts: [BoundExpression], _ context: EvaluationContext
  ) throws(QueryError) {
    self.inputs = inputs
    self.context = context
    estimates = inputs.map { PlanEstimate($0) }
    let all = PlanEstimate(
      rows: 1, columns: estimates.reduce(into: [:]) { $0.merge($1.columns) { first, _ in first } })
    var inputOf: [ColumnID: Int] = [:]
    for (index, input) in inputs.enumerated() {
      for column in input.columns { inputOf[column.id] = index }
    }
    for conjunct in conjuncts where !addEquality(conjunct, inputOf) {
      var needed: UInt64 = 0
      for id in conjunct.referencedColumns { if let input = inputOf[id] { needed |= 1 << UInt64(input & 63) } }
      conditions.append(Condition(expression: conjunct, inputs: needed, share: all.share(of: conjunct)))
    }
    corrections = pairCorrections()
    links = equalities.map(\.inputs) + conditions.map(\.inputs)
  }

  /// Takes `a = b` between columns of two inputs into the sets of equal columns.
  private mutating func addEquality(_ conjunct: BoundExpression, _ inputOf: [ColumnID: Int]) -> Bool {
    guard let sides = conjunct.asCall("="), let a = sides[0].columnID, let b = sides[1].columnID,
      sides[0].type == sides[1].type, let inputA = inputOf[a], let inputB = inputOf[b], inputA != inputB
    else { return false }
    let first = equalities.firstIndex { $0.columns.contains { $0.column.columnID == a } }
    let second = equalities.firstIndex { $0.columns.contains { $0.column.columnID == b } }
    // One input with two columns of a set: their equality is a condition of its own.
    let merged =
      (first.map { equalities[$0].columns } ?? [(inputA, sides[0])])
      + (second.map { equalities[$0].columns } ?? [(inputB, sides[1])])
    if first != nil, first == second { return true }
    guard Set(merged.map(\.input)).count == merged.count else { return false }
    for index in [first, second].compactMap({ $0 }).sorted(by: >) { equalities.remove(at: index) }
    equalities.append(EqualColumns(columns: merged))
    return true
  }

  // MARK: Estimates

  private func rows(_ set: UInt64) -> Double {
    var rows = 1.0
    for index in inputs.indices where set & bit(index) != 0 { rows *= max(1, estimates[index].rows) }
    for equality in equalities { rows *= share(equality, set) }
    for correction in corrections where correction.pair & ~set == 0 { rows *= correction.factor }
    for condition in conditions where condition.inputs & ~set == 0 && condition.inputs.nonzeroBitCount > 1 {
      rows *= condition.share
    }
    return rows
  }

  /// Every further member of a set of equal columns leaves one in as many rows as there are values.
  private func share(_ equality: EqualColumns, _ set: UInt64) -> Double {
    var share = 1.0
    var smallest = Double.infinity
    for member in equality.columns where set & bit(member.input) != 0 {
      let count = keyCount(member)
      share /= count
      smallest = min(smallest, count)
    }
    return smallest.isFinite ? min(1, share * smallest) : 1
  }

  private func keyCount(_ member: (input: Int, column: BoundExpression)) -> Double {
    let estimate = estimates[member.input]
    guard let id = member.column.columnID, let column = estimate.columns[id] else { return max(1, estimate.rows) }
    return max(1, column.keyCount)
  }

  /// The keys of two inputs together have no more values than an input has rows.
  private func pairCorrections() -> [(UInt64, Double)] {
    var result: [(UInt64, Double)] = []
    for a in inputs.indices {
      for b in inputs.indices.dropFirst(a + 1) {
        let keys = sharedKeys(a, b)
        if keys.count < 2 { continue }
        let independent = keys.reduce(1) { $0 / max(1, $1.0, $1.1) }
        let share = JoinKeys.share(keys, leftRows: estimates[a].baseRows, rightRows: estimates[b].baseRows)
        result.append((bit(a) | bit(b), share / independent))
      }
    }
    return result
  }

  private func sharedKeys(_ a: Int, _ b: Int) -> [(Double, Double)] {
    equalities.compactMap { equality in
      guard let first = equality.columns.first(where: { $0.input == a }),
        let second = equality.columns.first(where: { $0.input == b })
      else { return nil }
      return (keyCount(first), keyCount(second))
    }
  }

  private func bit(_ input: Int) -> UInt64 { 1 << UInt64(input & 63) }

  private func cost(_ a: Tree, _ b: Tree, rows: Double) -> Double {
    a.cost + b.cost + rows + Self.buildWeight * min(a.rows, b.rows) + max(a.rows, b.rows)
  }

  // MARK: Search

  /// The plan in the order found; the columns come in an order of their own.
  func ordered() throws(QueryError) -> LogicalPlan {
    var trees: [UInt64: Tree] = [:]
    for index in inputs.indices {
      trees[bit(index)] = Tree(left: 0, right: 0, rows: max(1, estimates[index].rows), cost: 0)
    }
    let parts = components()
    for part in parts {
      if part.nonzeroBitCount <= Self.exhaustiveLimit { searchAll(part, &trees) } else { searchGreedily(part, &trees) }
    }
    // What nothing connects is paired at the end, the smallest first.
    let sorted = parts.sorted { (trees[$0]?.rows ?? 0, $0) < (trees[$1]?.rows ?? 0, $1) }
    var whole = sorted[0]
    for part in sorted.dropFirst() { whole = combine(whole, part, &trees) }
    var used: Set<Int> = []
    return filtered(try build(whole, trees, &used), used)
  }

  /// Joins two sets without looking for an alternative.
  private func combine(_ a: UInt64, _ b: UInt64, _ trees: inout [UInt64: Tree]) -> UInt64 {
    if let left = trees[a], let right = trees[b] {
      let count = rows(a | b)
      trees[a | b] = Tree(left: a, right: b, rows: count, cost: cost(left, right, rows: count))
    }
    return a | b
  }

  private func isConnected(_ a: UInt64, _ b: UInt64) -> Bool {
    links.contains { $0 & a != 0 && $0 & b != 0 }
  }

  /// The inputs in groups that conditions connect.
  private func components() -> [UInt64] {
    var parts = inputs.indices.map { bit($0) }
    for link in links where link.nonzeroBitCount > 1 {
      let touched = parts.filter { $0 & link != 0 }
      parts.removeAll { $0 & link != 0 }
      parts.append(touched.reduce(0, |))
    }
    return parts.sorted()
  }

  private func searchAll(_ part: UInt64, _ trees: inout [UInt64: Tree]) {
    // All subsets of the part in rising order: a subset's own subsets come before it.
    var set: UInt64 = 0
    while true {
      set = (set &- part) & part
      if set == 0 { return }
      if set.nonzeroBitCount < 2 { continue }
      searchSplits(set, &trees)
    }
  }

  private func searchSplits(_ set: UInt64, _ trees: inout [UInt64: Tree]) {
    let lowest = set & (~set &+ 1)
    var count: Double?
    var best: Tree?
    var subset: UInt64 = 0
    while true {
      subset = (subset &- set) & set
      if subset == set { break }
      // Each pair of halves once: the one with the lowest input is the left one.
      guard subset & lowest != 0, let left = trees[subset], let right = trees[set ^ subset],
        isConnected(subset, set ^ subset)
      else { continue }
      let rowCount = count ?? rows(set)
      count = rowCount
      let cost = cost(left, right, rows: rowCount)
      if best.map({ cost < $0.cost }) ?? true {
        best = Tree(left: subset, right: set ^ subset, rows: rowCount, cost: cost)
      }
    }
    if let best { trees[set] = best }
  }

  private func searchGreedily(_ part: UInt64, _ trees: inout [UInt64: Tree]) {
    var open = inputs.indices.map { bit($0) }.filter { $0 & part != 0 }
    var known: [UInt64: Double] = [:]
    while open.count > 1 {
      var best: (a: UInt64, b: UInt64, rows: Double)?
      for (index, a) in open.enumerated() {
        for b in open.dropFirst(index + 1) where isConnected(a, b) {
          let count = known[a | b] ?? rows(a | b)
          known[a | b] = count
          if best.map({ count < $0.rows }) ?? true { best = (a, b, count) }
        }
      }
      let (a, b) = best.map { ($0.a, $0.b) } ?? (open[0], open[1])
      open.removeAll { $0 == a || $0 == b }
      open.append(combine(a, b, &trees))
    }
  }

  // MARK: Building

  /// The tree of a set as a plan; `used` collects the conditions that stand in it.
  private func build(
    _ set: UInt64, _ trees: [UInt64: Tree], _ used: inout Set<Int>
  ) throws(QueryError) -> LogicalPlan {
    guard let tree = trees[set] else { throw .internal("no join order was found") }
    if tree.left == 0 { return inputs[set.trailingZeroBitCount] }
    let left = try build(tree.left, trees, &used)
    let right = try build(tree.right, trees, &used)
    return try join(left, right, tree.left, tree.right, &used)
  }

  private func join(
    _ left: LogicalPlan, _ right: LogicalPlan, _ leftSet: UInt64, _ rightSet: UInt64, _ used: inout Set<Int>
  ) throws(QueryError) -> LogicalPlan {
    var parts: [BoundExpression] = []
    for equality in equalities {
      guard let a = equality.columns.first(where: { leftSet & bit($0.input) != 0 }),
        let b = equality.columns.first(where: { rightSet & bit($0.input) != 0 })
      else { continue }
      guard let function = FunctionRegistry.scalar("=") else { throw FunctionRegistry.unknown("=") }
      parts.append(try Coercion.call(function, [a.column, b.column], context: context, span: a.column.span))
    }
    let both = leftSet | rightSet
    for (index, condition) in conditions.enumerated() where !used.contains(index) {
      guard condition.inputs & ~both == 0, condition.inputs != 0 else { continue }
      used.insert(index)
      parts.append(condition.expression)
    }
    return .join(JoinNode(kind: .inner, left: left, right: right, condition: .conjunction(parts)))
  }

  /// Conditions that need no input stand above all.
  private func filtered(_ plan: LogicalPlan, _ used: Set<Int>) -> LogicalPlan {
    let rest = conditions.indices.filter { !used.contains($0) }.map { conditions[$0].expression }
    guard let predicate = BoundExpression.conjunction(rest) else { return plan }
    return .filter(FilterNode(input: plan, predicate: predicate))
  }
}
