import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// One wanted column of a row group, however it comes about.
final class ColumnSource {
  private enum Origin {
    case missing(LogicalType, Literal)
    case flat(FlatColumnReader)
    case nested(NestedColumnReader)
  }

  private let origin: Origin
  /// Rows that were decoded for a predicate and are handed out again.
  private var decoded: Vector?
  private var decodedStart = 0

  init(
    _ plan: ReadPlan, _ makeChunk: (Int, LogicalType) throws(QueryError) -> ColumnChunkReader,
    fileTypes: (Int) -> LogicalType
  ) throws(QueryError) {
    switch plan {
    case .missing(let type, let value): origin = .missing(type, value)
    case .leaf(_, let index, let type) where plan.isFlat:
      origin = .flat(FlatColumnReader(try makeChunk(index, type)))
    default:
      var readers: [Int: NestedLeafReader] = [:]
      for (index, type) in plan.leaves where readers[index] == nil {
        readers[index] = NestedLeafReader(try makeChunk(index, type))
      }
      for node in plan.hollowNodes where readers[node.firstLeaf] == nil {
        readers[node.firstLeaf] = NestedLeafReader(try makeChunk(node.firstLeaf, fileTypes(node.firstLeaf)))
      }
      origin = .nested(NestedColumnReader(plan, readers: readers))
    }
  }

  /// The chunks that are read.
  var chunks: [ColumnChunkReader] {
    switch origin {
    case .missing: []
    case .flat(let reader): [reader.chunk]
    case .nested(let reader): reader.chunks
    }
  }

  /// The value of every row, if the file lacks the column.
  var constant: (value: Literal, type: LogicalType)? {
    if case .missing(let type, let value) = origin { (value, type) } else { nil }
  }

  /// Compressed bytes, as a measure of what reading costs.
  var byteCount: Int { chunks.reduce(0) { $0 + $1.byteCount } }

  /// The chunk of a column if every page that may be read holds dictionary codes.
  func dictionaryOnlyChunk() throws(QueryError) -> ColumnChunkReader? {
    guard case .flat(let reader) = origin, try reader.chunk.isDictionaryOnly() else { return nil }
    return reader.chunk
  }

  /// Decodes rows and keeps them to be handed out again.
  func decode(from start: Int, count: Int) throws(QueryError) -> Vector {
    if let decoded, holds(decoded, start, count) { return decoded.sliced(from: start - decodedStart, count: count) }
    decoded = nil
    let vector = try fresh(from: start, count: count)
    decoded = vector
    decodedStart = start
    return vector
  }

  /// Rows `start ..< start + count`.
  func read(from start: Int, count: Int) throws(QueryError) -> Vector {
    if let decoded, holds(decoded, start, count) { return decoded.sliced(from: start - decodedStart, count: count) }
    return try fresh(from: start, count: count)
  }

  /// The rows at ascending positions, counted from `base`.
  func read(_ rows: UnsafePointer<UInt32>, count: Int, base: Int) throws(QueryError) -> Vector {
    let first = base + Int(rows[0])
    let hull = base + Int(rows[count - 1]) + 1 - first
    if let decoded, holds(decoded, first, hull) { return gather(decoded, rows, count, shift: decodedStart - base) }
    switch origin {
    case .missing(let type, let value): return .constant(value, type, count: count)
    case .flat(let reader): return try reader.read(rows, count: count, base: base)
    case .nested(let reader):
      return gather(try reader.read(from: first, count: hull), rows, count, shift: first - base)
    }
  }

  private func fresh(from start: Int, count: Int) throws(QueryError) -> Vector {
    switch origin {
    case .missing(let type, let value): .constant(value, type, count: count)
    case .flat(let reader): try reader.read(from: start, count: count)
    case .nested(let reader): try reader.read(from: start, count: count)
    }
  }

  private func holds(_ vector: Vector, _ start: Int, _ count: Int) -> Bool {
    start >= decodedStart && start + count <= decodedStart + vector.count
  }

  private func gather(_ vector: Vector, _ rows: UnsafePointer<UInt32>, _ count: Int, shift: Int) -> Vector {
    if shift == 0 { return vector.gathered(rows, count: count) }
    let shifted = Buffer(byteCount: count * 4)
    let target = shifted.base.assumingMemoryBound(to: UInt32.self)
    for index in 0..<count { target[index] = UInt32(truncatingIfNeeded: Int(rows[index]) &- shift) }
    return withExtendedLifetime(shifted) { vector.gathered(target, count: count) }
  }

  /// Counts what was never needed.
  func finish() { if case .flat(let reader) = origin { reader.finish() } }
}
