import LakeColumnar
package import LakeFunctions

/// What one run of a query may use and how it behaves.
package struct ExecutionSettings: Sendable {
  /// A form that tests turn every scanned vector into, where that is possible.
  package enum ForcedEncoding: Sendable { case none, dictionary, constant }

  /// Threads that may work at once, the calling one included.
  package var threads: Int
  /// Bytes that large structures may hold at once; what does not fit goes to temporary files.
  package var memoryLimit: Int
  /// The folder of temporary files.
  package var temporaryDirectory: String
  /// Rows a batch holds at most.
  package var batchSize: Int
  package var evaluation: EvaluationContext
  package var forcedEncoding: ForcedEncoding

  package init(
    threads: Int, memoryLimit: Int, temporaryDirectory: String = SpillFile.systemDirectory,
    batchSize: Int = Batch.capacity,
    evaluation: EvaluationContext = EvaluationContext(), forcedEncoding: ForcedEncoding = .none
  ) {
    self.threads = max(1, threads)
    self.memoryLimit = memoryLimit
    self.temporaryDirectory = temporaryDirectory
    self.batchSize = max(1, batchSize)
    self.evaluation = evaluation
    self.forcedEncoding = forcedEncoding
  }
}
