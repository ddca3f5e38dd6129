import LakeColumnar
package import LakeDiagnostics
import LakeFunctions
package import LakeSyntax
import LakeTypes

extension Binder {
  /// Binds a MERGE.
  package func bind(_ merge: Merge, of table: TargetTable) throws(QueryError) -> BoundRowChange {
    try withTables(merge.with) { () throws(QueryError) in try MergeBinder(self, merge, table).bind() }
  }
}

/// Binds MERGE as a join of target and source in which every row gets the number of the clause that acts on it.
///
/// - 0: a target row that stays as it is; -1: a source row that no clause inserts.
/// - otherwise the clause's position plus one.
private struct MergeBinder {
  /// Target joined with source.
  private struct Joined {
    var target: TargetScan
    var source: BoundSource
    /// True in rows that have a source row.
    var sourceMark: OutputColumn
    var condition: BoundExpression
    var scope: Scope
  }

  let binder: Binder
  let merge: Merge
  let table: TargetTable

  init(_ binder: Binder, _ merge: Merge, _ table: TargetTable) {
    self.binder = binder
    self.merge = merge
    self.table = table
  }

  private func has(_ kind: MergeClause.Kind) -> Bool { merge.clauses.contains { $0.kind == kind } }

  func bind() throws(QueryError) -> BoundRowChange {
    let rewritten = try rewrite()
    return BoundRowChange(
      affectedFiles: try affectedFiles(),
      refusesDuplicateMatches: has(.matched) && !onlyDeletesMatched, insertsRows: has(.notMatched),
      rewrite: rewritten.plan, fileColumn: rewritten.file)
  }

  /// Deleting a row twice is no contradiction.
  private var onlyDeletesMatched: Bool {
    merge.clauses.filter { $0.kind == .matched }.allSatisfy { $0.action == .delete && $0.condition == nil }
  }

  // MARK: The join

  private func joined() throws(QueryError) -> Joined {
    let target = try TargetScan(table, qualifier: merge.alias.map { [$0.name.name] } ?? table.name)
    var source = try TableReferenceBinder(binder, outer: nil).bind([merge.source])
    let mark = NamedExpression(name: "in_source", .true)
    let passed = source.plan.columns.map { NamedExpression.passing($0) }
    source.plan = .project(ProjectNode(input: source.plan, expressions: passed + [mark]))
    let scope = Scope(target.source.scope.columns + source.scope.columns, parent: nil)
    let condition = try ExpressionBinder(binder, scope, clause: .join).bindCondition(merge.condition)
    return Joined(target: target, source: source, sourceMark: mark.column, condition: condition, scope: scope)
  }

  /// Files with rows that match, how many of their rows match, and the most matches of one row; all files where
  /// rows without a match may change too.
  private func affectedFiles() throws(QueryError) -> LogicalPlan? {
    guard has(.matched) || has(.notMatchedBySource) else { return nil }
    let parts = try joined()
    let kind: JoinNode.Kind = has(.notMatchedBySource) ? .left : .inner
    let pairs = LogicalPlan.join(
      JoinNode(kind: kind, left: parts.target.source.plan, right: parts.source.plan, condition: parts.condition))
    let file = NamedExpression(name: "file", .column(parts.target.file))
    let row = NamedExpression(name: "row", .column(parts.target.position))
    let matches = try AggregateCall.call("count", [.column(parts.sourceMark)])
    let perRow = LogicalPlan.aggregate(AggregateNode(input: pairs, groups: [file, row], aggregates: [matches]))
    let expressions = ExpressionBinder(binder, Scope(parent: nil), clause: .value)
    let isMatched = try expressions.call("nullif", [.column(matches.column), .literal(.integer(0), .bigint)], nil)
    let rows = try AggregateCall.call("count", [isMatched])
    let most = try AggregateCall.call("max", [.column(matches.column)])
    return .aggregate(
      AggregateNode(
        input: perRow, groups: [NamedExpression(name: "file", .column(file.column))], aggregates: [rows, most]))
  }

  // MARK: The rewritten rows

  private func rewrite() throws(QueryError) -> (plan: LogicalPlan, file: ColumnID) {
    let parts = try joined()
    let changesTarget = has(.matched) || has(.notMatchedBySource)
    let kind: JoinNode.Kind = has(.notMatched) ? (changesTarget ? .full : .right) : .left
    let join = LogicalPlan.join(
      JoinNode(kind: kind, left: parts.target.source.plan, right: parts.source.plan, condition: parts.condition))
    let expressions = ExpressionBinder(binder, parts.scope, clause: .value)
    let action = NamedExpression(name: "action", try self.action(parts, expressions, keepsTarget: changesTarget))
    let passed = join.columns.map { NamedExpression.passing($0) }
    let numbered = LogicalPlan.project(ProjectNode(input: join, expressions: passed + [action]))
    let kept = LogicalPlan.filter(
      FilterNode(input: numbered, predicate: try keeps(action.column, expressions)))
    let values = try self.values(parts, expressions, action.column)
    return (.project(ProjectNode(input: kept, expressions: values)), parts.target.file.id)
  }

  private func number(_ value: Int) -> BoundExpression { .literal(.integer(Int64(value)), .int) }

  /// The number of the clause that acts on a row.
  private func action(
    _ parts: Joined, _ expressions: ExpressionBinder, keepsTarget: Bool
  ) throws(QueryError) -> BoundExpression {
    let inTarget = try expressions.call("isnotnull", [.column(parts.target.file)], nil)
    let inSource = try expressions.call("isnotnull", [.column(parts.sourceMark)], nil)
    let notInTarget = try expressions.call("isnull", [.column(parts.target.file)], nil)
    let notInSource = try expressions.call("isnull", [.column(parts.sourceMark)], nil)
    var branches: [ConditionalBranch] = []
    for (index, clause) in merge.clauses.enumerated() {
      var tests: [BoundExpression]
      switch clause.kind {
      case .matched: tests = [inTarget, inSource]
      case .notMatched: tests = [notInTarget]
      case .notMatchedBySource: tests = [inTarget, notInSource]
      }
      if let condition = clause.condition { tests.append(try expressions.bindCondition(condition)) }
      branches.append(
        ConditionalBranch(condition: BoundExpression(.and(tests), .boolean), result: number(index + 1)))
    }
    if keepsTarget { branches.append(ConditionalBranch(condition: inTarget, result: number(0))) }
    return try Coercion.conditional(branches, otherwise: number(-1), span: nil)
  }

  private func keeps(_ action: OutputColumn, _ expressions: ExpressionBinder) throws(QueryError) -> BoundExpression {
    let dropped = merge.clauses.indices.filter { merge.clauses[$0].action == .delete }.map { number($0 + 1) }
    let isDropped = try expressions.call("in", [.column(action), number(-1)] + dropped, nil)
    return try expressions.call("not", [isDropped], nil)
  }

  /// For each column of the table: by clause, its new value; else its old one.
  private func values(
    _ parts: Joined, _ expressions: ExpressionBinder, _ action: OutputColumn
  ) throws(QueryError) -> [NamedExpression] {
    var byColumn = [[ConditionalBranch]](repeating: [], count: table.schema.count)
    for (index, clause) in merge.clauses.enumerated() where clause.action != .delete {
      let test = try expressions.call("=", [.column(action), number(index + 1)], nil)
      for (column, value) in try assignments(clause, parts, expressions) {
        let stored = try StoreAssignment.value(value, to: table.schema[column], of: table.text)
        byColumn[column].append(ConditionalBranch(condition: test, result: stored))
      }
    }
    var result: [NamedExpression] = []
    for (index, field) in table.schema.fields.enumerated() {
      let old = BoundExpression.column(parts.target.columns[index])
      let value =
        byColumn[index].isEmpty ? old : try Coercion.conditional(byColumn[index], otherwise: old, span: nil)
      result.append(NamedExpression(name: field.name, value, isNullable: field.isNullable))
    }
    return result
  }

  /// The columns that a clause writes, with their values.
  private func assignments(
    _ clause: MergeClause, _ parts: Joined, _ expressions: ExpressionBinder
  ) throws(QueryError) -> [(Int, BoundExpression)] {
    switch clause.action {
    case .delete: return []
    case .updateAll, .insertAll: return try byName(parts, clause.span)
    case .update(let assignments):
      var result: [(Int, BoundExpression)] = []
      for assignment in assignments {
        let column = try table.column(assignment.column)
        result.append((column, try expressions.bind(assignment.value, writtenTo: table.schema[column])))
      }
      return result
    case .insert(let columns, let values):
      let targets = columns.isEmpty ? Array(table.schema.fields.indices) : try columns.mapColumns(table.column)
      guard targets.count == values.count else {
        throw QueryError(
          .columnCountMismatch, .bind, "INSERT names \(targets.count) columns, but gives \(values.count) values",
          span: clause.span)
      }
      var result: [(Int, BoundExpression)] = []
      for (column, value) in zip(targets, values) {
        result.append((column, try expressions.bind(value, writtenTo: table.schema[column])))
      }
      for (column, field) in table.schema.fields.enumerated()
      where field.writeDefault != nil && !targets.contains(column) {
        result.append((column, field.defaultExpression))
      }
      return result
    }
  }

  /// `*`: every column of the table from the source's column of that name.
  private func byName(_ parts: Joined, _ span: SourceSpan) throws(QueryError) -> [(Int, BoundExpression)] {
    var result: [(Int, BoundExpression)] = []
    for (index, field) in table.schema.fields.enumerated() {
      guard let (column, _) = try parts.source.scope.resolve([field.name]) else {
        throw QueryError(
          .unresolvedColumn, .bind, "the source of MERGE has no column \(field.name), which * needs", span: span)
      }
      result.append((index, .column(column.output, span: span)))
    }
    return result
  }
}

extension [QualifiedName] {
  fileprivate func mapColumns(_ find: (QualifiedName) throws(QueryError) -> Int) throws(QueryError) -> [Int] {
    var result: [Int] = []
    for name in self { result.append(try find(name)) }
    return result
  }
}
