package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// A recursive common table: the anchor's rows, then what the step makes of them, then what it makes of those, until
/// it yields none.
package struct RecursionNode: Sendable {
  /// Yields the first level.
  package var anchor: LogicalPlan
  /// Yields a level from the one before, which it reads by scans of `working`; columns and types as the anchor's.
  package var step: LogicalPlan
  package var working: WorkingTable
  /// Whether rows that were there before are dropped.
  package var isDistinct: Bool
  /// Levels with rows at most, the anchor's included; more are an error.
  package var maximumLevel: Int
  package var columns: [OutputColumn]

  /// Levels unless the query says otherwise.
  package static let defaultMaximumLevel = 100

  package init(
    anchor: LogicalPlan, step: LogicalPlan, working: WorkingTable, isDistinct: Bool, maximumLevel: Int,
    columns: [OutputColumn]
  ) {
    self.anchor = anchor
    self.step = step
    self.working = working
    self.isDistinct = isDistinct
    self.maximumLevel = maximumLevel
    self.columns = columns
  }
}

/// What the step of a recursion sees of it: the rows of the level before, which the engine puts in its place.
package final class WorkingTable: ScanSource {
  /// The common table's name.
  package let name: String
  package let schema: Schema

  package init(name: String, schema: Schema) {
    self.name = name
    self.schema = schema
  }

  package var metadataColumnCount: Int { 0 }
  package var rowCount: Int? { nil }
  package var summary: String { "\(name) [level before]" }

  package func tasks(for request: ScanRequest) throws(QueryError) -> [any ScanTask] {
    throw .internal("the working table of a recursion has no rows of its own")
  }
}
