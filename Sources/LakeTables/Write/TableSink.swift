package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// Takes the rows that a statement writes to a table.
///
/// Workers write through their own writers and finish them; then `complete()` makes the rows part of the transaction,
/// or `abandon()` removes the files.
package protocol TableSink: BatchSink {
  /// The columns that batches must have, in this order: all columns of the table.
  var schema: Schema { get }
  /// Adds what was written to the transaction and returns how many rows that is.
  func complete() throws(QueryError) -> Int
  /// Removes the files that were written.
  func abandon()
}
