package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// A function that only makes sense with OVER (`row_number`, `lag`, ...); aggregates join it through the executor.
package struct WindowFunction: Sendable {
  package var name: String
  package var signature: String
  package var summary: String
  package var example: String
  /// Whether the frame matters (`first_value`, `nth_value`) or only the partition's order (`rank`).
  package var usesFrame: Bool
  package var resolve: @Sendable ([FunctionArgument], _ ignoresNulls: Bool) throws(QueryError) -> WindowOverload
}

/// A window function bound to argument types.
package struct WindowOverload: Sendable {
  package var argumentTypes: [LogicalType]
  package var returnType: LogicalType
  private let body: @Sendable (WindowPartition) throws(QueryError) -> Vector

  package init(
    _ argumentTypes: [LogicalType], _ returnType: LogicalType,
    kernel: @escaping @Sendable (WindowPartition) throws(QueryError) -> Vector
  ) {
    self.argumentTypes = argumentTypes
    self.returnType = returnType
    body = kernel
  }

  /// The function's values for the rows of a partition.
  package func kernel(_ partition: WindowPartition) throws(QueryError) -> Vector { try body(partition) }
}

/// One partition, sorted; the kernel returns a vector of `count` rows.
package struct WindowPartition {
  package var count: Int
  /// Flat or constant vectors of `count` rows.
  package var arguments: [Vector]
  /// For each row, the first row of its peer group (rows equal in ORDER BY) and the row behind the last.
  package var peerStart: UnsafePointer<Int32>
  package var peerEnd: UnsafePointer<Int32>
  /// For each row, its frame as a half-open range of rows; empty where start >= end.
  package var frameStart: UnsafePointer<Int32>
  package var frameEnd: UnsafePointer<Int32>

  package init(
    count: Int, arguments: [Vector], peerStart: UnsafePointer<Int32>, peerEnd: UnsafePointer<Int32>,
    frameStart: UnsafePointer<Int32>, frameEnd: UnsafePointer<Int32>
  ) {
    self.count = count
    self.arguments = arguments
    self.peerStart = peerStart
    self.peerEnd = peerEnd
    self.frameStart = frameStart
    self.frameEnd = frameEnd
  }
}
