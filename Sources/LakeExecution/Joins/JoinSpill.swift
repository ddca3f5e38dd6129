import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Both sides of a join whose build side is too large for memory, split by the hashes of their keys.
final class JoinSpill: RowSpill {
  let build: PartitionedRows
  let probe: PartitionedRows
  private let shape: JoinShape
  private let nullKeys = SharedFlag()

  init(_ shape: JoinShape, build: OperatorNode, probe: OperatorNode) {
    self.shape = shape
    self.build = PartitionedRows(level: 0, node: build)
    self.probe = PartitionedRows(level: 0, node: probe)
  }

  /// Whether the parts of a join can be joined by themselves. NOT IN over several keys must see all rows at once.
  static func isPossible(_ shape: JoinShape) -> Bool {
    !shape.kind.isNullAware || shape.buildKeyIndexes.count <= 1
  }

  /// Whether a build row has a NULL in a key.
  var hasNullKeys: Bool { nullKeys.isSet }

  /// Packed keys, hashes, chains and slots.
  var workingBytes: Int { shape.keyLayout.stride * 8 + 8 + 4 + 32 }

  func take(_ columns: [Vector], places: Vector, count: Int, _ run: QueryRun) throws(QueryError) {
    let keys = hashed(columns, count: count)
    try build.add(columns, hashes: keys.hashes, count: count, SpillWriter(for: build.node), run)
  }

  /// Splits build rows further.
  func split(_ rows: SpilledRows, into parts: PartitionedRows, _ run: QueryRun) throws(QueryError) {
    let writer = PartitionWriter(parts, run)
    for block in rows.blocks.indices {
      try run.checkpoint()
      let batch = try rows.read(block)
      let keys = hashed(batch.columns, count: batch.physicalCount)
      try writer.add(batch.columns, hashes: keys.hashes, count: batch.physicalCount)
    }
    try writer.flush()
  }

  private func hashed(_ columns: [Vector], count: Int) -> KeyRows {
    let keys = KeyRows(shape.keyLayout)
    keys.encode(shape.buildKeyIndexes.map { columns[$0] }, count: count)
    if keys.hasNulls { nullKeys.set() }
    return keys
  }
}
