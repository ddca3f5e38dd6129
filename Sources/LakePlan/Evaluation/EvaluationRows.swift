package import LakeColumnar
import LakeFunctions

/// The rows that an expression is evaluated for: every column dense, computed when first asked for and kept.
///
/// Made anew for each batch; used by one thread.
package final class EvaluationRows {
  /// Rows; every vector that an expression yields has as many.
  package let count: Int
  let scratch: EvaluationScratch
  private let origin: Origin
  private var columns: [Vector?]
  private var results: [Vector?] = []

  private enum Origin {
    case batch(Batch)
    case subset(EvaluationRows, UnsafePointer<UInt32>, Buffer)
    case lambda(EvaluationRows, UnsafePointer<UInt32>, firstParameter: Int, [Vector])
    case computed((Int) -> Vector)
  }

  private init(_ origin: Origin, count: Int, columns: Int, scratch: EvaluationScratch) {
    self.origin = origin
    self.count = count
    self.scratch = scratch
    self.columns = Array(repeating: nil, count: columns)
  }

  /// The living rows of a batch.
  package convenience init(_ batch: Batch, scratch: EvaluationScratch) {
    self.init(.batch(batch), count: batch.count, columns: batch.columns.count, scratch: scratch)
  }

  /// Rows whose columns are made on demand, such as the candidate pairs of a join.
  package convenience init(
    count: Int, columnCount: Int, scratch: EvaluationScratch, column: @escaping (Int) -> Vector
  ) {
    self.init(.computed(column), count: count, columns: columnCount, scratch: scratch)
  }

  /// Some of these rows.
  func subset(_ positions: UnsafePointer<UInt32>, count: Int, owner: Buffer) -> EvaluationRows {
    EvaluationRows(.subset(self, positions, owner), count: count, columns: columns.count, scratch: scratch)
  }

  /// The elements that a lambda is called for; its parameters take the slots from `firstParameter` on.
  func elements(
    of outerRows: UnsafePointer<UInt32>, count: Int, firstParameter: Int, parameters: [Vector]
  ) -> EvaluationRows {
    EvaluationRows(
      .lambda(self, outerRows, firstParameter: firstParameter, parameters), count: count,
      columns: firstParameter + parameters.count, scratch: scratch)
  }

  /// The column (or lambda parameter) in a slot of the layout.
  package func column(_ slot: Int) -> Vector {
    if let known = columns[slot] { return known }
    let vector = makeColumn(slot)
    columns[slot] = vector
    return vector
  }

  private func makeColumn(_ slot: Int) -> Vector {
    switch origin {
    case .batch(let batch): return batch.compactedColumn(slot)
    case .subset(let outer, let positions, _): return outer.column(slot).gathered(positions, count: count)
    case .lambda(let outer, let outerRows, let first, let parameters):
      if slot >= first { return parameters[slot - first] }
      return outer.column(slot).gathered(outerRows, count: count)
    case .computed(let make): return make(slot)
    }
  }

  /// The result of a subexpression that occurs several times, if it is known for these rows.
  func result(_ index: Int) -> Vector? {
    if index < results.count, let known = results[index] { return known }
    guard case .subset(let outer, let positions, _) = origin, let known = outer.result(index) else { return nil }
    return known.gathered(positions, count: count)
  }

  func keep(_ result: Vector, at index: Int) {
    while results.count <= index { results.append(nil) }
    results[index] = result
  }
}

/// What one thread keeps between batches while it evaluates: results over dictionaries that come back.
package final class EvaluationScratch {
  let context: EvaluationContext
  private var dictionaries: [DictionaryResult?]

  /// A result for the entries of one dictionary.
  struct DictionaryResult {
    var dictionary: Vector
    /// Rows seen with this dictionary.
    var rows: Int
    var state: State
  }

  enum State {
    /// Not evaluated yet: the dictionary is larger than the rows seen so far.
    case pending
    case known(Vector)
    /// An entry (used or not) raises an error: rows are evaluated one by one.
    case failed
  }

  init(context: EvaluationContext, dictionaryNodes: Int) {
    self.context = context
    dictionaries = Array(repeating: nil, count: dictionaryNodes)
  }

  func dictionaryResult(_ node: Int, _ dictionary: Vector) -> DictionaryResult {
    if let known = dictionaries[node], known.dictionary === dictionary { return known }
    return DictionaryResult(dictionary: dictionary, rows: 0, state: .pending)
  }

  func keep(_ result: DictionaryResult, at node: Int) { dictionaries[node] = result }
}
