import LakeColumnar
import LakeDiagnostics

/// Yields batches that exist already.
final class BatchListReader: BatchReader {
  private let batches: ArraySlice<Batch>
  private var position: Int

  init(_ batches: ArraySlice<Batch>) {
    self.batches = batches
    position = batches.startIndex
  }

  convenience init(_ batches: [Batch]) { self.init(batches[...]) }

  func next() throws(QueryError) -> Batch? {
    guard position < batches.endIndex else { return nil }
    position += 1
    return batches[position - 1]
  }
}

/// Yields batches that a closure makes until it returns nil.
final class ComputedReader: BatchReader {
  private let make: () throws(QueryError) -> Batch?

  init(_ make: @escaping () throws(QueryError) -> Batch?) { self.make = make }

  func next() throws(QueryError) -> Batch? { try make() }
}

extension Batch {
  /// The batch in pieces of at most `size` rows.
  func pieces(of size: Int) -> [Batch] {
    if count <= size { return [self] }
    let dense = compacted()
    return stride(from: 0, to: dense.physicalCount, by: size).map {
      dense.sliced(from: $0, count: min(size, dense.physicalCount - $0))
    }
  }

  /// The living rows `start ..< start + count`.
  func livingRows(from start: Int, count: Int) -> Batch {
    guard let selection else { return sliced(from: start, count: count) }
    let buffer = SelectionVector.scratch(count)
    let target = buffer.base.assumingMemoryBound(to: UInt32.self)
    for index in 0..<count { target[index] = selection.positions[start + index] }
    return Batch(columns: columns, count: physicalCount, selection: SelectionVector(buffer, count: count))
  }
}
