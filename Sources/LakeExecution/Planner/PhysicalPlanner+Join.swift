import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

extension PhysicalPlanner {
  /// Lowers a join: the build side ends in a pipeline of its own, the probe side streams on. Of its columns only those
  /// to be yielded are carried on.
  mutating func lower(
    _ node: JoinNode, _ plan: LogicalPlan, _ targets: [FilterTarget], yielding columns: [OutputColumn]
  ) throws(QueryError) -> PlanStream {
    let sides = JoinSides(node, yielding: Set(columns.map(\.id)))
    let build = try lower(sides.build, sides.buildTargets(targets))
    let condition = sides.condition
    var stored = StoredExpressions(sides.buildOutput)
    let keyIndexes = condition.keys.map { stored.index(of: $0.right) }
    for id in sides.residualColumns { stored.addColumn(id, of: sides.build.columns) }
    // The probe side is lowered twice over: its layout must be known to compile keys, and its scans take filters
    // from the build side, which needs the keys.
    let probeColumns = sides.probe.columns
    let probeLayout = ColumnLayout(probeColumns)
    let shape = try makeShape(sides, stored, keyIndexes, probeLayout)
    let name = condition.keys.isEmpty ? "NestedLoopJoin" : "HashJoin"
    let buildNode = OperatorNode("JoinBuild", "", [build.node])
    let spill = JoinSpill.isPossible(shape) ? JoinSpill(shape, build: buildNode, probe: buildNode) : nil
    let rows = try RowStore(stored.expressions, layout: build.layout, run: settings, for: "hash join", spill: spill)
    let sink = JoinBuild(shape: shape, rows: rows, spill: spill, node: buildNode)
    end(build, in: sink)

    var below = sides.probeTargets(targets)
    if shape.kind.dropsUnmatchedProbeRows { below += Self.filterTargets(condition, sink) }
    let input = try lower(sides.probe, below)
    let probe = try aligned(input, to: probeColumns)
    let described = operatorNode(plan, [input.node, sink.node], name: name)
    var result = probe.appending(
      JoinProbe(sink, node: described), layout: ColumnLayout(sides.outputColumns))
    result.isOrdered = false
    if spill != nil {
      result.branches.append(
        PlanStream.Branch(
          source: SpilledJoinSource(sink), sourceNode: OperatorNode("SpilledParts", "", [sink.node]),
          transforms: [SpilledJoin(sink, node: described)]))
    }
    if shape.kind.keepsBuildRows {
      let unmatched = OperatorNode("RemainingRows", "", [sink.node])
      result.branches.append(PlanStream.Branch(source: RemainingBuildSource(sink), sourceNode: unmatched))
    }
    return result
  }

  /// The stream with its batches' columns in a given order.
  private func aligned(_ stream: PlanStream, to columns: [OutputColumn]) throws(QueryError) -> PlanStream {
    if stream.layout.ids == columns.map(\.id) { return stream }
    var copy = try projecting(stream, columns.map { .passing($0) }, OperatorNode("Project"))
    copy.node = stream.node
    return copy
  }

  private func makeShape(
    _ sides: JoinSides, _ stored: StoredExpressions, _ keyIndexes: [Int], _ probeLayout: ColumnLayout
  ) throws(QueryError) -> JoinShape {
    let keys = sides.condition.keys
    let residual = sides.condition.residual
    let pairLayout = ColumnLayout(probeLayout.ids + stored.expressions.map { $0.columnID ?? .fresh() })
    let context = settings.evaluation
    let isNullAware = sides.kind.isNullAware
    let truth = BoundExpression.conjunction(residual)
    return JoinShape(
      kind: sides.kind, probeSlots: sides.probeOutput.compactMap { probeLayout.position(of: $0.id) },
      probeTypes: sides.probeOutput.map(\.type), buildColumnCount: sides.buildOutput.count,
      probeKeys: keys.isEmpty
        ? nil : try ExpressionEvaluator(keys.map(\.left), layout: probeLayout, context: context),
      keyLayout: KeyLayout(keys.map(\.left.type), nullable: keys.map(\.matchesNull)), buildKeyIndexes: keyIndexes,
      residual: residual.isEmpty || isNullAware
        ? nil : try PredicateEvaluator(conjuncts: residual, layout: pairLayout, context: context),
      residualTruth: isNullAware
        ? try truth.map { (truth) throws(QueryError) in
          try ExpressionEvaluator([truth], layout: pairLayout, context: context)
        } : nil, probeColumnCount: probeLayout.ids.count)
  }

  /// Asks the scans below the probe side to skip rows whose keys the build side does not have.
  private static func filterTargets(_ condition: JoinCondition, _ build: JoinBuild) -> [FilterTarget] {
    condition.keys.enumerated().compactMap { index, key in
      guard let column = key.left.columnID, !key.matchesNull, FilterTarget.isSupported(key.left.type) else {
        return nil
      }
      return FilterTarget(column: column, build: build, key: index)
    }
  }
}

/// A join with its sides put in place: which one is kept and which one streams by.
private struct JoinSides {
  let kind: JoinShape.Kind
  let probe: LogicalPlan
  let build: LogicalPlan
  /// Keys with the probe side on the left.
  let condition: JoinCondition
  private let mark: OutputColumn?
  private let yielded: Set<ColumnID>

  init(_ node: JoinNode, yielding yielded: Set<ColumnID>) {
    self.yielded = yielded
    let isSwapped = Self.isSwapped(node)
    probe = isSwapped ? node.right : node.left
    build = isSwapped ? node.left : node.right
    kind = Self.kind(node.kind, isSwapped: isSwapped)
    var parts = JoinCondition(node.condition, left: probe.columns, right: build.columns)
    // NULLs in a condition beyond equalities: every pair is tested.
    if kind.isNullAware, !parts.residual.isEmpty || parts.keys.contains(where: \.matchesNull) {
      parts = parts.withoutKeys
    }
    condition = parts
    if case .mark(let column, _) = node.kind { mark = column } else { mark = nil }
  }

  /// The right side is kept, unless the left one is clearly smaller and the kind allows it.
  private static func isSwapped(_ node: JoinNode) -> Bool {
    switch node.kind {
    case .inner, .left, .right, .full: PlanEstimate(node.left).rows * 1.5 < PlanEstimate(node.right).rows
    // Marks on kept rows cost more than a look-up.
    case .leftSemi, .leftAnti: PlanEstimate(node.left).rows * 3 < PlanEstimate(node.right).rows
    case .nullAwareAnti, .single, .mark: false
    }
  }

  private static func kind(_ kind: JoinNode.Kind, isSwapped: Bool) -> JoinShape.Kind {
    switch kind {
    case .inner: .inner
    case .left: isSwapped ? .buildOuter : .probeOuter
    case .right: isSwapped ? .probeOuter : .buildOuter
    case .full: .fullOuter
    case .leftSemi: isSwapped ? .buildSemi : .semi
    case .leftAnti: isSwapped ? .buildAnti : .anti
    case .nullAwareAnti: .nullAwareAnti
    case .single: .single
    case .mark(_, let isNullAware): .mark(isNullAware: isNullAware)
    }
  }

  /// The probe side's columns that are carried on.
  var probeOutput: [OutputColumn] {
    kind.yieldsBuildRowsOnly ? [] : probe.columns.filter { yielded.contains($0.id) }
  }

  /// The build side's columns that are carried on.
  var buildOutput: [OutputColumn] {
    kind.yieldsPairs || kind.yieldsBuildRowsOnly ? build.columns.filter { yielded.contains($0.id) } : []
  }

  var outputColumns: [OutputColumn] { probeOutput + buildOutput + (mark.map { [$0] } ?? []) }

  /// Columns of the build side that pairs are tested with.
  var residualColumns: [ColumnID] {
    let used = condition.residual.reduce(into: Set<ColumnID>()) { $0.formUnion($1.referencedColumns) }
    return build.columns.map(\.id).filter { used.contains($0) }
  }

  /// Wishes of joins above for columns of the probe side; rows left out there must not change what others yield.
  func probeTargets(_ targets: [FilterTarget]) -> [FilterTarget] {
    if kind.keepsBuildRows { return [] }
    return Self.targets(targets, of: probe)
  }

  func buildTargets(_ targets: [FilterTarget]) -> [FilterTarget] {
    switch kind {
    case .inner, .buildSemi, .buildAnti: return Self.targets(targets, of: build)
    default: return []
    }
  }

  private static func targets(_ targets: [FilterTarget], of plan: LogicalPlan) -> [FilterTarget] {
    let ids = Set(plan.columns.map(\.id))
    return targets.filter { ids.contains($0.column) }
  }
}

extension StoredExpressions {
  mutating func addColumn(_ id: ColumnID, of columns: [OutputColumn]) {
    if let column = columns.first(where: { $0.id == id }) { _ = index(of: .column(column)) }
  }
}
