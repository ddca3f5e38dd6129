package import LakeTypes

/// What was written, for a table's metadata.
package struct ParquetFileMetrics: Sendable {
  package var rowCount: Int
  /// Bytes.
  package var fileSize: Int
  /// Where the row groups start.
  package var splitOffsets: [Int]
  /// One for each leaf of the schema.
  package var columns: [ParquetColumnMetrics]
}

/// What was written of one leaf column.
package struct ParquetColumnMetrics: Sendable {
  /// Names from the top-level column down to the leaf, as in the file (`tags`, `list`, `element`).
  package var path: [String]
  package var fieldID: Int?
  package var type: LogicalType
  package var compressedSize: Int
  /// Values, NULLs and NaNs included; empty lists not.
  package var valueCount: Int
  package var nullCount: Int
  /// nil for types that have no NaN.
  package var nanCount: Int?
  /// The smallest value, NaN left aside; not truncated. nil if there is none.
  package var lower: Literal?
  package var upper: Literal?
}
