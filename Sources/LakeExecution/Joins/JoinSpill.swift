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
    try add(columns, count: count, to: build, SpillWriter(for: build.node), run)
  }

  /// Splits build rows.
  func add(
    _ columns: [Vector], count: Int, to parts: PartitionedRows, _ writer: SpillWriter, _ run: QueryRun
  ) throws(QueryError) {
    let keys = KeyRows(shape.keyLayout)
    keys.encode(shape.buildKeyIndexes.map { columns[$0] }, count: count)
    if keys.hasNulls { nullKeys.set() }
    try parts.add(columns, hashes: keys.hashes, count: count, writer, run)
  }
}
