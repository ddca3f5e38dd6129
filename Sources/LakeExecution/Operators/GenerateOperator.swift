import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// Yields several rows for each input row: `explode` and its kind.
final class GenerateOperator: PipelineTransform {
  let node: OperatorNode
  private let arguments: ExpressionEvaluator
  private let overload: GeneratorOverload
  private let isOuter: Bool
  /// The input's columns that are passed on.
  private let slots: [Int]
  private let types: [LogicalType]

  init(
    arguments: ExpressionEvaluator, overload: GeneratorOverload, isOuter: Bool, slots: [Int], types: [LogicalType],
    node: OperatorNode
  ) {
    self.arguments = arguments
    self.overload = overload
    self.isOuter = isOuter
    self.slots = slots
    self.types = types
    self.node = node
  }

  func makeConsumer(_ worker: Worker, next: any BatchConsumer) throws(QueryError) -> any BatchConsumer {
    Consumer(self, worker, next)
  }

  private final class Consumer: BatchConsumer {
    private let generate: GenerateOperator
    private let worker: Worker
    private let scratch: EvaluationScratch
    private let next: any BatchConsumer

    init(_ generate: GenerateOperator, _ worker: Worker, _ next: any BatchConsumer) {
      self.generate = generate
      self.worker = worker
      self.next = next
      scratch = generate.arguments.makeScratch()
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      let dense = batch.compacted()
      var vectors = try generate.arguments.evaluate(dense, scratch)
      for index in vectors.indices where vectors[index].encoding == .dictionary {
        vectors[index] = vectors[index].flattened()
      }
      let context = worker.run.settings.evaluation
      let whole = KernelCall(arguments: vectors, count: dense.count, context: context)
      for piece in generate.overload.pieces(of: whole, limit: Self.pieceRows) {
        let arguments = vectors.map { $0.sliced(from: piece.lowerBound, count: piece.count) }
        var rows = try generate.overload.kernel(
          KernelCall(arguments: arguments, count: piece.count, context: context))
        if generate.isOuter { rows = rows.withMissingRows(of: piece.count, generate.types) }
        let passed = generate.slots.map { dense.columns[$0].sliced(from: piece.lowerBound, count: piece.count) }
        if case .done = try emit(rows, passed) { return .done }
      }
      return .more
    }

    /// Rows that are made at once, unless one row yields more.
    private static let pieceRows = 16 * Batch.capacity

    /// Hands on what comes of some rows, of which `passed` are the columns that are passed on.
    private func emit(_ rows: GeneratedRows, _ passed: [Vector]) throws(QueryError) -> Flow {
      let size = worker.run.settings.batchSize
      let inputRows = rows.inputRows.base.assumingMemoryBound(to: UInt32.self)
      for start in stride(from: 0, to: rows.count, by: size) {
        try worker.run.checkpoint()
        let count = min(size, rows.count - start)
        let repeated = passed.map { $0.gathered(inputRows + start, count: count) }
        let made = rows.columns.map { $0.sliced(from: start, count: count) }
        if case .done = try next.consume(Batch(columns: repeated + made, count: count)) { return .done }
      }
      return .more
    }

    func finish() throws(QueryError) { try next.finish() }
  }
}

extension GeneratedRows {
  /// The rows, and a row of NULLs for each input row that has none.
  fileprivate func withMissingRows(of inputCount: Int, _ types: [LogicalType]) -> GeneratedRows {
    let old = inputRows.base.assumingMemoryBound(to: UInt32.self)
    let buffer = Buffer(byteCount: (count + inputCount) * 4)
    let positions = Buffer(byteCount: (count + inputCount) * 4)
    let target = buffer.base.assumingMemoryBound(to: UInt32.self)
    let sources = positions.base.assumingMemoryBound(to: UInt32.self)
    var filled = 0
    var next = 0
    for row in 0..<inputCount {
      let first = next
      while next < count, Int(old[next]) == row {
        target[filled] = UInt32(row)
        sources[filled] = UInt32(next)
        filled += 1
        next += 1
      }
      if next == first {
        target[filled] = UInt32(row)
        sources[filled] = .max
        filled += 1
      }
    }
    if filled == count { return self }
    let padded = zip(columns, types).map { column, type in
      column.count == 0 ? Vector.allNull(type, count: filled) : column.gatheredOrNull(sources, count: filled)
    }
    return GeneratedRows(inputRows: buffer, count: filled, columns: padded)
  }
}
