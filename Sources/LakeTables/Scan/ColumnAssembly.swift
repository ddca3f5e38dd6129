import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Puts the batches of a scan together: columns read from a file, its row positions, and constants such as
/// partition values and the file's name.
struct ColumnAssembly: Sendable {
  enum Source: Sendable {
    /// A column of the inner reader.
    case read(Int)
    /// The row's position in the file, which the inner reader yields as its last column.
    case position
    case constant(Literal)
  }

  /// One a column of the result.
  var sources: [Source]
  var types: [LogicalType]

  /// Whether the inner reader must yield positions.
  var needsPosition: Bool { sources.contains { if case .position = $0 { true } else { false } } }

  func assemble(_ batch: Batch) -> Batch {
    let columns = zip(sources, types).map { source, type in
      switch source {
      case .read(let index): batch.columns[index]
      case .position: batch.columns[batch.columns.count - 1]
      case .constant(let value): Vector.constant(value, type, count: batch.physicalCount)
      }
    }
    return Batch(columns: columns, count: batch.physicalCount, selection: batch.selection)
  }
}

/// Applies an assembly to the batches of a reader.
final class AssembledReader: BatchReader {
  private let inner: any BatchReader
  private let assembly: ColumnAssembly

  init(_ inner: any BatchReader, _ assembly: ColumnAssembly) {
    self.inner = inner
    self.assembly = assembly
  }

  func next() throws(QueryError) -> Batch? { try inner.next().map(assembly.assemble) }

  func location(ofRow row: Int) -> FileLocation? { inner.location(ofRow: row) }
}

/// Yields nothing.
final class EmptyReader: BatchReader {
  func next() -> Batch? { nil }
}
