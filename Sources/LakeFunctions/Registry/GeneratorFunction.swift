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
  private let body: @Sendable (KernelCall) throws(QueryError) -> GeneratedRows

  package init(
    _ argumentTypes: [LogicalType], columns: [Field],
    kernel: @escaping @Sendable (KernelCall) throws(QueryError) -> GeneratedRows
  ) {
    self.argumentTypes = argumentTypes
    self.columns = columns
    body = kernel
  }

  /// The rows that come of a batch's rows.
  package func kernel(_ call: KernelCall) throws(QueryError) -> GeneratedRows { try body(call) }
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
