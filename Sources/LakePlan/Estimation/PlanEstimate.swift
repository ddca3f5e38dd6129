import LakeColumnar
import LakeFunctions
import LakeTypes

/// How many rows a plan yields, and how their columns are spread: known where sources tell, guessed elsewhere.
///
/// The formulas are those of P. G. Selinger et al., "Access Path Selection in a Relational Database Management
/// System", SIGMOD 1979: values are spread evenly, columns are independent, and the keys of the side with fewer
/// distinct values all have partners.
package struct PlanEstimate: Sendable {
  package var rows: Double
  var columns: [ColumnID: ColumnEstimate]

  init(rows: Double, columns: [ColumnID: ColumnEstimate] = [:]) {
    self.rows = max(0, rows)
    self.columns = columns
  }

  /// What a filter lets through where nothing is known.
  static let unknownShare = 0.25
  private static let unknownSource = 1_000_000.0
  private static let groupShare = 0.1
  private static let generatedRows = 4.0
  /// How many levels a recursion has, about.
  private static let typicalLevels = 10.0

  package init(_ plan: LogicalPlan) {
    switch plan {
    case .scan(let node): self.init(node)
    case .values(let node): self.init(rows: Double(node.rows.count))
    case .project(let node):
      self.init(node.input)
      keep(node.expressions)
    case .filter(let node):
      self.init(node.input)
      apply(node.predicate.conjuncts)
    case .join(let node): self.init(node)
    case .aggregate(let node): self.init(node)
    case .window(let node): self.init(node.input)
    case .sort(let node): self.init(node.input)
    case .limit(let node):
      self.init(node.input)
      if let count = node.count { shrink(to: min(rows, Double(count))) }
    case .union(let node): self.init(rows: node.inputs.reduce(0) { $0 + PlanEstimate($1).rows })
    case .setOperation(let node): self.init(rows: PlanEstimate(node.left).rows)
    case .recursion(let node): self.init(rows: PlanEstimate(node.anchor).rows * Self.typicalLevels)
    case .generate(let node):
      self.init(node.input)
      rows *= Self.generatedRows
    case .shared(let node):
      self = node.plan.estimate
      let inner = columns
      columns = [:]
      for (column, origin) in zip(node.columns, node.plan.plan.columns) { columns[column.id] = inner[origin.id] }
    }
  }

  private init(_ node: ScanNode) {
    self.init(rows: node.source.rowCount.map(Double.init) ?? Self.unknownSource)
    for column in node.columns {
      columns[column.output.id] = ColumnEstimate(
        node.source.statistics(ofColumn: column.sourceIndex), type: column.output.type, rows: rows)
    }
  }

  private init(_ node: AggregateNode) {
    self.init(node.input)
    guard !node.groups.isEmpty else {
      self = PlanEstimate(rows: 1)
      return
    }
    keep(node.groups)
    let known = node.groups.map { columns[$0.column.id]?.distinct }
    let groups = known.contains { $0 == nil } ? rows * Self.groupShare : known.reduce(1) { $0 * ($1 ?? 1) }
    shrink(to: max(1, min(rows, groups)))
  }

  /// The columns that are passed on, under their new ids.
  private mutating func keep(_ expressions: [NamedExpression]) {
    let old = columns
    columns = [:]
    for item in expressions {
      if let id = item.expression.withoutCasts.columnID { columns[item.column.id] = old[id] }
    }
  }

  /// Fewer rows: columns lose the values that no row is left for.
  mutating func shrink(to newRows: Double) {
    let share = rows > 0 ? newRows / rows : 1
    rows = newRows
    if share >= 1 { return }
    for id in columns.keys { columns[id]?.thin(to: share, rows: newRows) }
  }

  // MARK: Joins

  private init(_ node: JoinNode) {
    let left = PlanEstimate(node.left)
    let right = PlanEstimate(node.right)
    switch node.kind {
    case .inner: self = left.joined(right, node.condition)
    case .left:
      self = left.joined(right, node.condition)
      rows = max(rows, left.rows)
    case .right:
      self = left.joined(right, node.condition)
      rows = max(rows, right.rows)
    case .full:
      self = left.joined(right, node.condition)
      rows = max(rows, left.rows + right.rows)
    case .single, .mark: self = left
    case .leftSemi, .leftAnti, .nullAwareAnti:
      self = left
      let share = left.matchingShare(right, node.condition)
      shrink(to: left.rows * (node.kind == .leftSemi ? share : max(0.1, 1 - share)))
    }
  }

  private func joined(_ other: PlanEstimate, _ condition: BoundExpression?) -> PlanEstimate {
    var result = PlanEstimate(
      rows: rows * other.rows, columns: columns.merging(other.columns) { first, _ in first })
    var keys: [(Double, Double)] = []
    var rest: [BoundExpression] = []
    for conjunct in condition?.conjuncts ?? [] {
      if let (a, b) = keyColumns(conjunct, other) {
        keys.append((a.keyCount, b.keyCount))
      } else {
        rest.append(conjunct)
      }
    }
    let share = JoinKeys.share(keys, leftRows: baseRows, rightRows: other.baseRows)
    result.rows *= share
    for id in result.columns.keys {
      if let distinct = result.columns[id]?.distinct {
        result.columns[id]?.distinct = min(distinct, max(1, result.rows))
      }
    }
    result.apply(rest)
    return result
  }

  /// Rows of the largest source below: what a column without statistics may have as many values as.
  var baseRows: Double { max(rows, columns.values.map(\.sourceRows).max() ?? 0) }

  /// The columns of an equality between the two sides.
  private func keyColumns(_ conjunct: BoundExpression, _ other: PlanEstimate) -> (ColumnEstimate, ColumnEstimate)? {
    guard let sides = conjunct.asCall("=") ?? conjunct.asCall("<=>") else { return nil }
    let ids = sides.map(\.withoutCasts.columnID)
    guard let first = ids[0], let second = ids[1] else { return nil }
    if let a = columns[first], let b = other.columns[second] { return (a, b) }
    if let a = columns[second], let b = other.columns[first] { return (a, b) }
    return nil
  }

  /// The share of rows that have a partner.
  private func matchingShare(_ other: PlanEstimate, _ condition: BoundExpression?) -> Double {
    var share = 0.5
    for conjunct in condition?.conjuncts ?? [] {
      guard let (a, b) = keyColumns(conjunct, other), let own = a.distinct, let theirs = b.distinct else { continue }
      share = min(share, min(1, theirs / max(1, own)))
    }
    return share
  }
}

/// How many pairs of two inputs have equal keys.
enum JoinKeys {
  /// The share of all pairs; `keys` has the numbers of distinct values on both sides, one entry a key.
  static func share(_ keys: [(Double, Double)], leftRows: Double, rightRows: Double) -> Double {
    guard let first = keys.first else { return 1 }
    if keys.count == 1 { return 1 / max(1, first.0, first.1) }
    // Together the keys have at most as many values as there are rows; the side with fewer is taken for the one that
    // the other refers to.
    let left = min(keys.reduce(1) { $0 * $1.0 }, max(1, leftRows))
    let right = min(keys.reduce(1) { $0 * $1.1 }, max(1, rightRows))
    return 1 / max(1, min(left, right))
  }
}
