package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// A function that yields several rows for one (`explode`, `stack`, ...), in SELECT or LATERAL VIEW.
package struct GeneratorFunction: Sendable {
  package var name: String
  package var signature: String
  package var summary: String
  package var example: String
  /// Whether an input without output rows yields one row of NULLs (`explode_outer`).
  package var isOuter = false
  package var resolve: @Sendable ([FunctionArgument]) throws(QueryError) -> GeneratorOverload
}

/// A generator bound to argument types.
package struct GeneratorOverload: Sendable {
  package var argumentTypes: [LogicalType]
  /// The columns it yields, with their default names (`col`, `pos`, `key`, `value`, ...).
  package var columns: [Field]
  private let rowCounts: @Sendable (KernelCall) -> [Int]
  private let body: @Sendable (KernelCall) throws(QueryError) -> GeneratedRows

  /// - Parameter rowCounts: how many rows come of each of a batch's rows.
  package init(
    _ argumentTypes: [LogicalType], columns: [Field], rowCounts: @escaping @Sendable (KernelCall) -> [Int],
    kernel: @escaping @Sendable (KernelCall) throws(QueryError) -> GeneratedRows
  ) {
    self.argumentTypes = argumentTypes
    self.columns = columns
    self.rowCounts = rowCounts
    body = kernel
  }

  /// The rows that come of a batch's rows.
  package func kernel(_ call: KernelCall) throws(QueryError) -> GeneratedRows { try body(call) }

  /// Cuts a batch's rows into pieces of which no more than `limit` rows come, or which are one row.
  package func pieces(of call: KernelCall, limit: Int) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var start = 0
    var total = 0
    for (row, count) in rowCounts(call).enumerated() {
      if total + count > limit, row > start {
        pieces.append(start..<row)
        start = row
        total = 0
      }
      total += count
    }
    if start < call.count { pieces.append(start..<call.count) }
    return pieces
  }
}

/// What a generator yields for one batch.
package struct GeneratedRows {
  /// For each output row the input row it comes from; ascending.
  package var inputRows: Buffer
  package var count: Int
  /// One vector of `count` rows a column.
  package var columns: [Vector]

  package init(inputRows: Buffer, count: Int, columns: [Vector]) {
    self.inputRows = inputRows
    self.count = count
    self.columns = columns
  }
}
