import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The most bytes that a single text may grow to.
enum TextLimit {
  static let bytes = 1 << 30

  static func check(_ count: Int, _ name: String) throws(QueryError) {
    if count <= bytes { return }
    throw QueryError(.limitExceeded, .execute, "the result of \(name) is too long: \(count) bytes")
  }
}

extension EvaluationContext {
  /// Throws where the result of a function for one batch takes more than it may.
  func checkResult(byteCount: Int) throws(QueryError) {
    if byteCount <= resultLimit { return }
    throw QueryError(
      .outOfMemory, .execute,
      "the result of a function for one batch of rows is larger than \(resultLimit >> 20) MiB",
      hint: "set a smaller lakesql.batch_size, or raise lakesql.memory_limit")
  }

  /// Throws where that many elements of arrays are too large a result.
  func checkResult(elements: Int, of type: LogicalType) throws(QueryError) {
    try checkResult(byteCount: elements &* (4 + max(type.physical.width, 1)))
  }
}
