import LakeColumnar
import LakeDiagnostics

/// Rows in memory and in temporary files, to be read any number of times.
struct KeptRows: Sendable {
  var batches: [Batch] = []
  var spilled = SpilledRows([])

  /// Batches or blocks that make a morsel.
  private static let morselSize = 32

  var rowCount: Int { batches.reduce(0) { $0 + $1.count } + spilled.rowCount }

  /// Parts that may be read at once.
  var morsels: Int { Self.morsels(batches.count) + Self.morsels(spilled.blocks.count) }

  private static func morsels(_ count: Int) -> Int { (count + morselSize - 1) / morselSize }

  mutating func append(_ other: KeptRows) {
    batches += other.batches
    if spilled.blocks.isEmpty { spilled = other.spilled } else { spilled.append(other.spilled) }
  }

  /// Reads a part.
  func open(_ morsel: Int) -> any BatchReader {
    let start = morsel * Self.morselSize
    if start < batches.count { return BatchListReader(batches[start..<min(start + Self.morselSize, batches.count)]) }
    let spilled = spilled
    var next = (morsel - Self.morsels(batches.count)) * Self.morselSize
    let end = min(next + Self.morselSize, spilled.blocks.count)
    return ComputedReader { () throws(QueryError) -> Batch? in
      guard next < end else { return nil }
      next += 1
      return try spilled.read(next - 1)
    }
  }
}

/// Reads some columns of rows that are kept.
final class KeptRowsSource: MorselSource {
  private let rows: KeptRows
  private let slots: [Int]

  init(_ rows: KeptRows, slots: [Int]) {
    self.rows = rows
    self.slots = slots
  }

  func start(_ run: QueryRun) throws(QueryError) -> Int { rows.morsels }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader {
    let reader = rows.open(morsel)
    let (slots, size) = (slots, run.settings.batchSize)
    var waiting: [Batch] = []
    return ComputedReader { () throws(QueryError) -> Batch? in
      if waiting.isEmpty {
        guard let batch = try reader.next() else { return nil }
        let chosen = Batch(
          columns: slots.map { batch.columns[$0] }, count: batch.physicalCount, selection: batch.selection)
        waiting = chosen.pieces(of: size).reversed()
      }
      return waiting.popLast()
    }
  }
}
