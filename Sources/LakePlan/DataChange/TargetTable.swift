package import LakeColumnar
import LakeDiagnostics
import LakeSyntax
package import LakeTypes

/// A table that a statement changes.
package struct TargetTable: Sendable {
  /// Database and table.
  package var name: [String]
  /// All columns in the table's order, partition columns included.
  package var schema: Schema
  /// Names of the columns that `PARTITION (...)` may name.
  package var partitionColumns: [String]
  /// The rows as they are now; for copy-on-write its metadata columns `_file` and `_pos` are needed.
  package var source: any ScanSource

  package init(name: [String], schema: Schema, partitionColumns: [String], source: any ScanSource) {
    self.name = name
    self.schema = schema
    self.partitionColumns = partitionColumns
    self.source = source
  }

  var text: String { name.joined(separator: ".") }

  /// The position of a column that a statement names.
  func column(_ name: QualifiedName) throws(QueryError) -> Int {
    if let index = schema.index(of: name.last.name) { return index }
    throw QueryError(
      .unresolvedColumn, .bind, "\(text) has no column \(name.text)", span: name.span,
      hint: NearestName.of(name.last.name, among: schema.names).map { "did you mean \($0)?" })
  }
}

/// The rows of an INSERT and what they replace.
package struct BoundInsert: Sendable {
  package enum Replacement: Hashable, Sendable {
    /// INTO: nothing.
    case none
    /// OVERWRITE of the whole table.
    case all
    /// OVERWRITE of the partitions with these values; of those only the ones that get rows if `isDynamic`.
    case partitions([String: LakeTypes.Literal], isDynamic: Bool)
  }
  /// Yields the table's columns in order, at the table's types.
  package var plan: LogicalPlan
  package var replacement: Replacement
}

/// A copy-on-write change: which files hold rows to change, and the rows that take the place of those files.
package struct BoundRowChange: Sendable {
  /// Yields (`_file`, rows to change: bigint, most source rows for one target row: bigint), a row a file;
  /// nil where no file changes (a MERGE that only inserts).
  package var affectedFiles: LogicalPlan?
  /// Whether a target row with two source rows is an error.
  package var refusesDuplicateMatches: Bool
  /// Whether the rewrite may yield rows that the table did not have.
  package var insertsRows: Bool
  /// Yields the table's columns in order: all rows of the affected files after the change, and new rows.
  package var rewrite: LogicalPlan
  /// The `_file` column of the target's scan in `rewrite`.
  private let fileColumn: ColumnID

  init(
    affectedFiles: LogicalPlan?, refusesDuplicateMatches: Bool = false,
    insertsRows: Bool = false, rewrite: LogicalPlan, fileColumn: ColumnID
  ) {
    self.affectedFiles = affectedFiles
    self.refusesDuplicateMatches = refusesDuplicateMatches
    self.insertsRows = insertsRows
    self.rewrite = rewrite
    self.fileColumn = fileColumn
  }

  /// The rewrite with the target's scan reading from another source, restricted to the affected files.
  package func rewrite(over source: any ScanSource) -> LogicalPlan { Self.replace(rewrite, fileColumn, source) }

  private static func replace(_ plan: LogicalPlan, _ id: ColumnID, _ source: any ScanSource) -> LogicalPlan {
    if case .scan(var node) = plan, node.columns.contains(where: { $0.output.id == id }) {
      node.source = source
      return .scan(node)
    }
    return plan.replacingChildren(plan.children.map { replace($0, id, source) })
  }
}
