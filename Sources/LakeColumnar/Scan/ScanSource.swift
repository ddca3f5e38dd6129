package import LakeDiagnostics
package import LakeTypes

/// A table, file set or other source of rows as execution sees it: a schema and tasks that yield batches.
///
/// This is the contract between storage and execution; neither names the other.
package protocol ScanSource: Sendable {
  /// The columns that a request's `projection` and predicates count in. Sources that can tell the file and position
  /// of a row list `MetadataColumn`s at the end.
  var schema: Schema { get }
  /// How many trailing columns of `schema` are metadata, not part of `SELECT *`.
  var metadataColumnCount: Int { get }
  /// An estimate of the rows before any filter, where one can be had without reading data.
  var rowCount: Int? { get }
  /// The number of rows, where metadata tell it for certain.
  func exactRowCount() throws(QueryError) -> Int?
  /// What metadata say of a column's values, without reading data; nil where they say nothing.
  func statistics(ofColumn column: Int) -> ColumnStatistics?
  /// One line for EXPLAIN, such as `gold.profit [iceberg, snapshot 42]`.
  var summary: String { get }

  /// Plans the work for one scan; predicates prune files and row groups here.
  func tasks(for request: ScanRequest) throws(QueryError) -> [any ScanTask]
}

extension ScanSource {
  package func statistics(ofColumn column: Int) -> ColumnStatistics? { nil }
  package func exactRowCount() throws(QueryError) -> Int? { nil }
}

/// The range of a column's values over all rows of a source. It is an estimate unless `isExact`: rows deleted since may
/// be in it.
package struct ColumnStatistics: Hashable, Sendable {
  /// No value is less (NaN left aside).
  package var minimum: Literal
  /// No value is greater (NaN left aside).
  package var maximum: Literal
  /// Whether both bounds are values of the column, and no value, NaN included, lies outside.
  package var isExact: Bool

  package init(minimum: Literal, maximum: Literal, isExact: Bool = false) {
    self.minimum = minimum
    self.maximum = maximum
    self.isExact = isExact
  }

  /// The range of both.
  package func union(_ other: ColumnStatistics) -> ColumnStatistics? {
    guard let low = LiteralOrder.compare(minimum, other.minimum),
      let high = LiteralOrder.compare(maximum, other.maximum)
    else { return nil }
    return ColumnStatistics(
      minimum: low <= 0 ? minimum : other.minimum, maximum: high >= 0 ? maximum : other.maximum,
      isExact: isExact && other.isExact)
  }
}

/// Columns that describe where a row came from.
package enum MetadataColumn {
  /// The file's path (string).
  package static let file = "_file"
  /// The row's position in its file, from 0 (bigint).
  package static let position = "_pos"
  /// The file's size in bytes (bigint).
  package static let size = "_file_size"
  /// When the file was last changed (timestamp).
  package static let modified = "_file_modification_time"
}

/// What one scan needs.
package struct ScanRequest: Sendable {
  /// Columns to yield, as positions in the source's schema, in the order of the batches' columns.
  package var projection: [Int]
  /// What is looked at of columns of structs, by position in the source's schema; all of what is not listed. A source
  /// may yield the other fields all the same.
  package var selections: [Int: FieldSelection]
  /// Conjuncts that every wanted row satisfies. A source may drop rows that fail them and need not: the
  /// engine filters again.
  package var predicates: [ScanPredicate]
  /// Filters that a hash join may fill while the scan runs; same promise as `predicates`.
  package var runtimeFilters: [RuntimeFilter]
  /// Rows a batch holds at most.
  package var batchSize: Int
  /// Where the scan counts its work.
  package var counters: ScanCounters
  /// The query's memory; nil: no limit.
  package var memory: MemoryBudget?

  package init(
    projection: [Int], selections: [Int: FieldSelection] = [:], predicates: [ScanPredicate] = [],
    runtimeFilters: [RuntimeFilter] = [], batchSize: Int = Batch.capacity,
    counters: ScanCounters = ScanCounters(), memory: MemoryBudget? = nil
  ) {
    self.projection = projection
    self.selections = selections
    self.predicates = predicates
    self.runtimeFilters = runtimeFilters
    self.batchSize = batchSize
    self.counters = counters
    self.memory = memory
  }
}

/// A part of a scan that one worker does by itself: some row groups of a file, a text file, ...
package protocol ScanTask: Sendable {
  /// Rows to expect, for balancing; 0 if unknown.
  var estimatedRows: Int { get }
  func open() throws(QueryError) -> any BatchReader
}

/// Yields the batches of one task, on one thread.
package protocol BatchReader: AnyObject {
  /// The next batch (columns in the order of the projection, possibly with a selection), or nil at the end.
  func next() throws(QueryError) -> Batch?
  /// The file and row (from 1; of text, the line) of a stored row of the batch that `next()` yielded last; nil where
  /// rows come from no file. For errors only: it may read the file again.
  func location(ofRow row: Int) -> FileLocation?
}

extension BatchReader {
  package func location(ofRow row: Int) -> FileLocation? { nil }
}

/// Receives the rows of a query: a table's staged files, an export, ...
package protocol BatchSink: AnyObject, Sendable {
  /// A writer for one worker thread.
  func makeWriter() throws(QueryError) -> any BatchWriter
}

/// One worker's way into a sink.
package protocol BatchWriter: AnyObject {
  func write(_ batch: Batch) throws(QueryError)
  /// Completes what was written; nothing is visible to readers before the sink's owner commits.
  func finish() throws(QueryError)
}
