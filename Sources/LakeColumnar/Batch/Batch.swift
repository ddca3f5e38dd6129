/// Up to `Batch.capacity` rows of several columns, of which a selection may keep only some.
package struct Batch: Sendable {
  /// The most rows that an operator puts into a batch.
  package static let capacity = 2048

  /// Every column holds `physicalCount` rows.
  package var columns: [Vector]
  /// Rows stored, selected or not.
  package var physicalCount: Int
  /// nil where all rows are alive.
  package var selection: SelectionVector?

  package init(columns: [Vector], count: Int, selection: SelectionVector? = nil) {
    self.columns = columns
    self.physicalCount = count
    self.selection = selection
  }

  /// Rows alive.
  package var count: Int { selection?.count ?? physicalCount }

  /// The batch with only its living rows stored.
  package func compacted() -> Batch {
    guard let selection else { return self }
    return Batch(
      columns: columns.map { $0.gathered(selection.positions, count: selection.count) }, count: selection.count)
  }

  /// One column's living rows.
  package func compactedColumn(_ index: Int) -> Vector {
    guard let selection else { return columns[index] }
    return columns[index].gathered(selection.positions, count: selection.count)
  }

  /// Rows `start ..< start + count` of a batch without a selection.
  package func sliced(from start: Int, count: Int) -> Batch {
    Batch(columns: columns.map { $0.sliced(from: start, count: count) }, count: count)
  }
}
