import LakeColumnar
import LakeDiagnostics
import LakePlan
import LakeTypes
import Synchronization

/// Where a row store puts rows for which there is no memory.
protocol RowSpill: AnyObject, Sendable {
  /// Bytes a row that are needed besides the rows while they are spilled or worked on.
  var workingBytes: Int { get }
  /// Takes rows, which stand in the order in which they came, with numbers that say what that order is among all rows.
  func take(_ columns: [Vector], places: Vector, count: Int, _ run: QueryRun) throws(QueryError)
}

/// Keeps all rows of its input as whole columns: what sorts, windows and hash joins work on.
///
/// Once rows have been spilled because there was no memory for all, all of them are.
///
/// `@unchecked Sendable`: workers hand over their batches under the monitor; the columns are written once, when
/// the sink is complete.
final class RowStore: @unchecked Sendable {
  private let evaluator: ExpressionEvaluator
  let types: [LogicalType]
  private let monitor = Monitor()
  private var shares: [Share] = []
  private let consumer: StaticString
  private let reservation: SharedReservation
  private let spill: (any RowSpill)?
  private let isSpilling = SharedFlag()
  /// One vector an expression, once complete.
  private(set) var columns: [Vector] = []
  /// Rows in memory.
  private(set) var count = 0

  /// Rows that came together.
  fileprivate struct Piece {
    var columns: [Vector]
    var count: Int
  }

  /// Successive rows of a morsel.
  fileprivate struct Part {
    var morsel: Int
    /// The number of the first row within the morsel.
    var first: Int
    var pieces: [Piece]
    var count: Int

    /// Each of its pieces as a part.
    var singly: [Part] {
      var first = first
      return pieces.map { piece in
        defer { first += piece.count }
        return Part(morsel: morsel, first: first, pieces: [piece], count: piece.count)
      }
    }
  }

  /// What one worker holds.
  fileprivate struct Share {
    var parts: [Part] = []
    var count = 0
    /// Held now.
    var bytes = 0
    /// Held once the pieces of each column are one vector.
    var joinedBytes = 0
  }

  /// Keeps the values of some expressions; without `spill` all of them must fit into memory.
  init(
    _ expressions: [BoundExpression], layout: ColumnLayout, run context: ExecutionSettings, for consumer: StaticString,
    spill: (any RowSpill)? = nil
  ) throws(QueryError) {
    evaluator = try ExpressionEvaluator(expressions, layout: layout, context: context.evaluation)
    types = expressions.map(\.type)
    self.consumer = consumer
    self.spill = spill
    reservation = SharedReservation(for: consumer, isSpillable: spill != nil)
  }

  func makeConsumer(_ worker: Worker) -> any BatchConsumer { Consumer(self, worker) }

  /// Whether the rows are not here but where they were spilled to; once complete.
  var isSpilled: Bool { isSpilling.isSet }

  /// Rows that one part may have; positions are 32-bit numbers.
  private static let maximumRows = Int(UInt32.max) - 1

  func complete(_ run: QueryRun) throws(QueryError) {
    let (shares, spill) = (shares, spill)
    self.shares = []
    let total = shares.reduce(0) { $0 + $1.count }
    let joinedBytes = shares.reduce(0) { $0 + $1.joinedBytes }
    if let spill, isSpilled || (total > 0 && run.spillPolicy.isBeyond(joinedBytes + total * spill.workingBytes)) {
      for share in shares where share.count > 0 { try self.spill(share, run) }
      return
    }
    if total > Self.maximumRows {
      throw QueryError(.limitExceeded, .execute, "more than 2^32 rows in one sort, window or join side")
    }
    count = total
    let pieces = shares.flatMap(\.parts).sorted { $0.morsel < $1.morsel }.flatMap(\.pieces)
    columns = try joined(types.indices.map { index in pieces.map { $0.columns[index] } }, run)
    reservation.release()
    try reservation.grow(HeldBytes.of(columns), run)
  }

  /// Makes one vector of the pieces of each column; the pieces of a column are freed as soon as it is done.
  private func joined(_ pieces: [[Vector]], _ run: QueryRun) throws(QueryError) -> [Vector] {
    let (types, consumer) = (types, consumer)
    let pieces = Mutex(pieces)
    let results = Mutex<[Vector?]>(types.map { _ in nil })
    try run.inParallel(types.count) { (index) throws(QueryError) in
      let taken = pieces.withLock { pieces in
        defer { pieces[index] = [] }
        return pieces[index]
      }
      // The reservation of the pieces stands for the column once they are gone.
      let copy = MemoryReservation(run.budget, for: consumer)
      try copy.resize(to: HeldBytes.of(taken))
      let column = VectorConcatenation.concatenated(taken, type: types[index])
      results.withLock { $0[index] = column }
    }
    return results.withLock { $0.compactMap { $0 } }
  }

  // MARK: Spilling

  /// Moves what a worker holds out of memory, in pieces for which there is room.
  private func spill(_ share: consuming Share, _ run: QueryRun) throws(QueryError) {
    guard let spill else { return }
    isSpilling.set()
    let (bytes, count) = (share.bytes, share.count)
    let rowBytes = (share.joinedBytes + count * spill.workingBytes) / max(1, count)
    let room = run.spillPolicy.spillingRoom / max(1, rowBytes)
    var parts = share.parts.sorted { ($0.morsel, $0.first) < ($1.morsel, $1.first) }.flatMap(\.singly)
    share.parts = []
    var start = 0
    while start < parts.count {
      var (end, size) = (start, 0)
      while end < parts.count, size == 0 || size + parts[end].count <= room {
        size += parts[end].count
        end += 1
      }
      let working = MemoryReservation(run.budget, for: consumer, allowance: .max)
      try working.resize(to: size * spill.workingBytes)
      let columns = try joined(parts[start..<end], run)
      try working.grow(by: HeldBytes.of(columns))
      let places = Self.places(of: parts[start..<end], size)
      for index in start..<end { parts[index].pieces = [] }
      if end == parts.count { try reservation.grow(-bytes, run) }
      try spill.take(columns, places: places, count: size, run)
      start = end
    }
    LargeBlocks.trim(to: run.settings.memoryLimit / 8)
  }

  private func joined(_ parts: ArraySlice<Part>, _ run: QueryRun) throws(QueryError) -> [Vector] {
    var columns: [Vector] = []
    for index in types.indices {
      try run.checkpoint()
      let pieces = parts.flatMap { part in part.pieces.map { $0.columns[index] } }
      columns.append(VectorConcatenation.concatenated(pieces, type: types[index]))
    }
    return columns
  }

  /// The place of each row among all: its morsel, and its number in there.
  private static func places(of parts: ArraySlice<Part>, _ count: Int) -> Vector {
    let result = Vector.flat(.bigint, count: count)
    var target = result.slots(Int64.self)
    for part in parts {
      let first = Int64(part.morsel) << 36 + Int64(part.first)
      for row in 0..<part.count { target[row] = first + Int64(row) }
      target += part.count
    }
    return result
  }

  private final class Consumer: BatchConsumer {
    private let store: RowStore
    private let worker: Worker
    private let scratch: EvaluationScratch
    private var share = Share()
    private var part = Part(morsel: -1, first: 0, pieces: [], count: 0)
    private var small: [[Vector]] = []
    private var smallCount = 0
    private var smallBytes = 0
    private var held = HeldBytes()

    init(_ store: RowStore, _ worker: Worker) {
      self.store = store
      self.worker = worker
      scratch = store.evaluator.makeScratch()
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      if worker.morsel != part.morsel {
        try closePart()
        part = Part(morsel: worker.morsel, first: 0, pieces: [], count: 0)
      }
      let vectors = try store.evaluator.evaluate(batch, scratch)
      part.count += batch.count
      share.count += batch.count
      if batch.count >= Batch.capacity / 4 {
        try closeSmall()
        try keep(vectors, count: batch.count)
      } else {
        let bytes = HeldBytes.of(vectors)
        try reserve(bytes)
        smallBytes += bytes
        small.append(vectors)
        smallCount += batch.count
        if smallCount >= Batch.capacity { try closeSmall() }
      }
      try spillIfNeeded()
      return .more
    }

    private func reserve(_ bytes: Int) throws(QueryError) {
      try store.reservation.grow(bytes, worker.run)
      share.bytes += bytes
    }

    private func spillIfNeeded() throws(QueryError) {
      guard let spill = store.spill else { return }
      let needed = share.joinedBytes + share.count * spill.workingBytes
      guard worker.run.spillPolicy.mustSpill(own: share.bytes, needing: needed) else { return }
      try closePart()
      let full = share
      share = Share()
      held = HeldBytes()
      try store.spill(full, worker.run)
    }

    private func keep(_ vectors: [Vector], count: Int) throws(QueryError) {
      let bytes = held.adding(vectors)
      try reserve(bytes)
      share.joinedBytes += bytes + HeldBytes.growth(flattening: vectors)
      part.pieces.append(Piece(columns: vectors, count: count))
    }

    /// Joins small batches, so that not each keeps vectors of its own.
    private func closeSmall() throws(QueryError) {
      if small.isEmpty { return }
      let columns = store.types.indices.map { index in
        VectorConcatenation.concatenated(small.map { $0[index] }, type: store.types[index])
      }
      try keep(columns, count: smallCount)
      (small, smallCount) = ([], 0)
      try reserve(-smallBytes)
      smallBytes = 0
    }

    /// Puts the rows of the morsel so far aside; further ones make another part.
    private func closePart() throws(QueryError) {
      try closeSmall()
      if part.count > 0 { share.parts.append(part) }
      part = Part(morsel: part.morsel, first: part.first + part.count, pieces: [], count: 0)
    }

    func finish() throws(QueryError) {
      try closePart()
      store.monitor.locked { store.shares.append(share) }
    }
  }
}
