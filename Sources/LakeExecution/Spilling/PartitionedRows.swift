import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Synchronization

/// Rows in temporary files, split by some bits of a hash of their keys: rows with equal keys are in one part.
///
/// Any thread may add rows; they are read when all have been added.
final class PartitionedRows: Sendable {
  /// How often parts have been split before; each time by other bits.
  let level: Int
  let node: OperatorNode
  private let state = Mutex(State())

  private struct State {
    var file: SpillFile?
    var parts: [SpilledRows] = []
  }

  static let partCount = 1 << partBits
  private static let partBits = 5
  /// The lower bits find slots in hash tables.
  private static let firstBit = 32
  /// Rows that are not told apart by then have equal keys, but for chance.
  static let deepestLevel = 5

  init(level: Int, node: OperatorNode) {
    self.level = level
    self.node = node
  }

  /// Whether rows have been added.
  var isUsed: Bool { state.withLock { $0.file != nil } }

  /// The rows of a part.
  func rows(_ part: Int) -> SpilledRows { state.withLock { $0.parts.isEmpty ? SpilledRows([]) : $0.parts[part] } }

  /// The parts that hold rows.
  var parts: [SpilledRows] { state.withLock { $0.parts.filter { !$0.blocks.isEmpty } } }

  private func part(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash >> UInt64(Self.firstBit + level * Self.partBits)) & (Self.partCount - 1)
  }

  /// Adds rows with their hashes; many at a time make large blocks.
  func add(
    _ columns: [Vector], hashes: UnsafePointer<UInt64>, count: Int, _ writer: SpillWriter, _ run: QueryRun
  ) throws(QueryError) {
    let file = try file(columns.map(\.type), run)
    let positions = Buffer(byteCount: count * 4)
    let rows = positions.base.assumingMemoryBound(to: UInt32.self)
    let bounds = scatter(hashes, count, to: rows)
    defer { withExtendedLifetime(positions) {} }
    for part in 0..<Self.partCount where bounds[part] < bounds[part + 1] {
      try run.checkpoint()
      for start in stride(from: bounds[part], to: bounds[part + 1], by: Batch.capacity) {
        let size = min(Batch.capacity, bounds[part + 1] - start)
        let block = try writer.write(columns.map { $0.gathered(rows + start, count: size) }, count: size, to: file)
        state.withLock { $0.parts[part].append(block, in: file) }
      }
    }
  }

  /// Writes the positions of the rows part by part, each in the order they stand in; returns where the parts begin.
  private func scatter(
    _ hashes: UnsafePointer<UInt64>, _ count: Int, to rows: UnsafeMutablePointer<UInt32>
  ) -> [Int] {
    var bounds = [Int](repeating: 0, count: Self.partCount + 1)
    for row in 0..<count { bounds[part(hashes[row]) + 1] += 1 }
    for part in 0..<Self.partCount { bounds[part + 1] += bounds[part] }
    var next = bounds
    for row in 0..<count {
      let part = part(hashes[row])
      rows[next[part]] = UInt32(truncatingIfNeeded: row)
      next[part] += 1
    }
    return bounds
  }

  private func file(_ types: [LogicalType], _ run: QueryRun) throws(QueryError) -> SpillFile {
    if let file = state.withLock({ $0.file }) { return file }
    let fresh = try SpillFile(in: run.settings.temporaryDirectory)
    return state.withLock { state in
      if let file = state.file { return file }
      state.file = fresh
      state.parts = (0..<Self.partCount).map { _ in SpilledRows(types) }
      return fresh
    }
  }
}
