import Glibc
import LakeColumnar
import LakeDiagnostics
import LakePlan

/// Collects the batches of one worker until they are worth being split into parts.
final class PartitionWriter {
  private let parts: PartitionedRows
  private let run: QueryRun
  private let writer: SpillWriter
  private var columns: [[Vector]] = []
  private var hashes: [Buffer] = []
  private var counts: [Int] = []
  private var held = HeldBytes()
  private let reservation: MemoryReservation

  init(_ parts: PartitionedRows, _ run: QueryRun) {
    self.parts = parts
    self.run = run
    writer = SpillWriter(for: parts.node)
    reservation = MemoryReservation(run.budget, for: "temporary file", allowance: .max)
  }

  /// Adds rows with the hashes of their keys.
  func add(_ vectors: [Vector], hashes source: UnsafePointer<UInt64>, count: Int) throws(QueryError) {
    let copy = Buffer(byteCount: count * 8)
    memcpy(copy.base, source, count * 8)
    columns.append(vectors)
    hashes.append(copy)
    counts.append(count)
    try reservation.grow(by: held.adding(vectors) + copy.byteCount)
    if reservation.bytes > run.spillPolicy.smallestSpill { try flush() }
  }

  /// Writes what is left; to be called when all rows have been added.
  func flush() throws(QueryError) {
    let total = counts.reduce(0, +)
    guard total > 0 else { return }
    let all = Buffer(byteCount: total * 8)
    var target = all.base
    for (buffer, count) in zip(hashes, counts) {
      memcpy(target, buffer.base, count * 8)
      target += count * 8
    }
    let joined = columns[0].indices.map { index in
      VectorConcatenation.concatenated(columns.map { $0[index] }, type: columns[0][index].type)
    }
    (columns, hashes, counts, held) = ([], [], [], HeldBytes())
    try parts.add(joined, hashes: all.base.assumingMemoryBound(to: UInt64.self), count: total, writer, run)
    withExtendedLifetime(all) {}
    try reservation.resize(to: 0)
  }
}
