package import LakeColumnar
package import LakeTypes

/// What to read of a Parquet file.
package struct ParquetReadRequest: Sendable {
  /// How wanted fields, and the fields of wanted structs, are found in the file.
  package enum Matching: Sendable {
    case fieldID
    /// Ignoring case; an exact match goes first.
    case name
    case position
  }

  /// The columns of the batches, in order. A column that the file lacks reads as NULL; values are widened to the
  /// type given here where that loses nothing.
  package var fields: [Field]
  package var matching: Matching
  /// What is looked at of columns of structs, by position in `fields`: other fields read as NULL.
  package var selections: [Int: FieldSelection]
  /// Tests on columns by their position in `fields`; rows that fail are mostly left out.
  package var predicates: [ScanPredicate]
  /// Looked at when a row group and when a window of its rows starts; columns by their position in `fields`.
  package var runtimeFilters: [RuntimeFilter]
  /// Adds a last column of type bigint: the row's position in the file, from 0.
  package var includesPosition: Bool
  package var batchSize: Int
  package var counters: ScanCounters
  /// The query's memory, which pays for what a reader holds beyond `ReaderMemory.allowance`; nil: no limit.
  package var memory: MemoryBudget?

  package init(
    fields: [Field], matching: Matching = .name, selections: [Int: FieldSelection] = [:],
    predicates: [ScanPredicate] = [],
    runtimeFilters: [RuntimeFilter] = [], includesPosition: Bool = false, batchSize: Int = Batch.capacity,
    counters: ScanCounters = ScanCounters(), memory: MemoryBudget? = nil
  ) {
    self.fields = fields
    self.matching = matching
    self.selections = selections
    self.predicates = predicates
    self.runtimeFilters = runtimeFilters
    self.includesPosition = includesPosition
    self.batchSize = batchSize
    self.counters = counters
    self.memory = memory
  }
}
