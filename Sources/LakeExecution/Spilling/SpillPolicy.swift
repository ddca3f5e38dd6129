import LakeColumnar
import LakeDiagnostics
import Synchronization

/// Decides when an operator of a query moves rows to temporary files.
///
/// Nobody waits for memory: an operator that finds too little left spills what it holds itself. Of the limit,
/// `usable` is for rows that can be spilled, the rest for what happens to be on its way. Half of the usable part goes
/// to whoever comes first; the other half is shared out evenly among the pipelines that are still to run, so that none
/// finds everything taken.
///
/// Nor does a query fail because two workers wanted memory at one moment. Rows that can be spilled are counted when
/// they come, even beyond the limit, and spilled before more are taken; the work of spilling is cut into pieces that
/// fit into what is left, or into `smallestSpill`. So each worker exceeds its part by a batch and one such piece at
/// most.
final class SpillPolicy: Sendable {
  /// What any query may hold, whatever its limit.
  static let smallestLimit = 16 << 20
  private static let usable = 0.8

  private let budget: MemoryBudget
  private let limit: Int
  private let threads: Int
  private let ceiling: Atomic<Int>

  init(_ budget: MemoryBudget, limit: Int, threads: Int) {
    self.budget = budget
    self.limit = limit
    self.threads = max(1, threads)
    ceiling = Atomic(Int(Double(limit) * Self.usable))
  }

  /// A pipeline begins, and that many will follow it.
  func begin(pipelinesLeft: Int, of total: Int) {
    let share = 1 - Double(pipelinesLeft) / Double(2 * max(1, total))
    ceiling.store(Int(Double(limit) * Self.usable * share), ordering: .relaxed)
  }

  /// Bytes of rows that one worker keeps however little is left, so that what it spills makes large blocks.
  var smallestSpill: Int { limit / (32 * threads) }

  /// Whether rows that were split already are so few that they are not split again, whatever the limit.
  static func isTooSmallToSplit(rows: Int, bytes: Int) -> Bool { rows <= 64 && bytes <= 256 << 10 }

  /// Bytes of a block of rows in a temporary file, about.
  var blockByteCount: Int { min(max(limit / 1024, 1 << 10), 1 << 20) }

  /// Whether a worker that holds `own` bytes and will need `more` has to spill; every worker may need as much.
  func mustSpill(own: Int, needing more: Int) -> Bool {
    own > smallestSpill && budget.reserved + more * threads > ceiling.load(ordering: .relaxed)
  }

  /// Bytes that a worker may take for the work of spilling, if all do so at once.
  var spillingRoom: Int { max(smallestSpill, (limit - budget.reserved) / threads) }

  /// Reserves what one worker needs for rows it reads back, where every worker may need as much; always if it is
  /// little. The check and the reservation are one step, so that workers who ask at one moment don't both get the rest.
  func claim(_ more: Int, _ reservation: MemoryReservation) throws(QueryError) -> Bool {
    if reservation.bytes + more <= smallestSpill {
      try reservation.grow(by: more)
      return true
    }
    let top = ceiling.load(ordering: .relaxed)
    return reservation.grow(by: more, upTo: top - (threads - 1) * (reservation.bytes + more))
  }

  /// Whether bytes that one worker needs, beside those reserved, are too many.
  func isBeyond(_ more: Int) -> Bool { budget.reserved + more > ceiling.load(ordering: .relaxed) }

  /// Rows of a block, where `count` rows take some bytes.
  func rowsOfBlock(byteCount: Int, count: Int) -> Int {
    min(Batch.capacity, max(1, blockByteCount / max(1, byteCount / max(1, count))))
  }
}
