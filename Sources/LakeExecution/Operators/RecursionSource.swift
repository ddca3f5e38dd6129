import LakeColumnar
import LakeDiagnostics
import LakePlan
import LakeTypes
import Synchronization

/// Computes a recursive common table level by level, each by a run of the step over the level before, and yields the
/// rows of all.
final class RecursionSource: MorselSource {
  private let recursion: RecursionNode
  private let node: OperatorNode
  /// Of the step, with the counters of all its runs.
  private let stepNode: OperatorNode
  private let anchor: SharedRows
  /// Rows after which nobody wants more.
  private let wanted: Int?
  private let reservation: SharedReservation
  private let all = Mutex(KeptRows())

  init(
    _ recursion: RecursionNode, anchor: SharedRows, wanted: Int?, reservation: SharedReservation, node: OperatorNode,
    stepNode: OperatorNode
  ) {
    self.recursion = recursion
    self.anchor = anchor
    self.wanted = wanted
    self.reservation = reservation
    self.node = node
    self.stepNode = stepNode
  }

  /// Rows of all levels together at most, unless fewer are wanted.
  private static let maximumRows = 1_000_000

  /// A part of the recursion that yields no more rows than may be used, where each of them counts.
  static func limited(_ part: LogicalPlan, of recursion: RecursionNode, wanted: Int?, total: Int) -> LogicalPlan {
    if recursion.isDistinct { return part }
    return .limit(LimitNode(input: part, count: min(wanted ?? .max, maximumRows + 1) - total))
  }

  func start(_ run: QueryRun) throws(QueryError) -> Int {
    let seen = try recursion.isDistinct ? SeenRows(recursion.columns.map(\.type), run) : nil
    var level = try fresh(anchor.take(), bytes: reservation.bytes, seen, run)
    var number = 0
    var total = 0
    while level.rowCount > 0 {
      total += level.rowCount
      let isEnough = wanted.map { total >= $0 } ?? false
      if !isEnough { try check(level: number, rows: total) }
      all.withLock { $0.append(level) }
      number += 1
      if isEnough { break }
      let before = reservation.bytes
      let rows = try next(level, total: total, run)
      level = try fresh(rows, bytes: reservation.bytes - before, seen, run)
      try spillIfNeeded(before, run)
    }
    node.remark("\(number) levels")
    return all.withLock { $0.morsels }
  }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader {
    all.withLock { $0 }.open(morsel)
  }

  private func check(level: Int, rows: Int) throws(QueryError) {
    let name = recursion.working.name
    if level >= recursion.maximumLevel {
      throw QueryError(
        .recursionLevelLimit, .execute,
        "the recursive common table \(name) has not ended after \(recursion.maximumLevel) levels",
        hint: "write WITH RECURSIVE \(name) MAX RECURSION LEVEL n AS (...) if it should go on")
    }
    if rows > Self.maximumRows {
      throw QueryError(
        .recursionRowLimit, .execute,
        "the recursive common table \(name) has more than \(Self.maximumRows) rows",
        hint: "a LIMIT where \(name) is read ends it without an error")
    }
  }

  /// The rows that the step makes of a level, behind which there are `total` rows.
  private func next(_ level: KeptRows, total: Int, _ run: QueryRun) throws(QueryError) -> KeptRows {
    try run.checkpoint()
    var planner = PhysicalPlanner(settings: run.settings)
    planner.workingRows[ObjectIdentifier(recursion.working)] = level
    let stream = try planner.lowerRoot(Self.limited(recursion.step, of: recursion, wanted: wanted, total: total))
    let rows = SharedRows(
      slots: stream.slots(of: recursion.step.columns), node: node, reservation: reservation)
    planner.end(stream, in: rows)
    var driver = Driver(run: run, isNested: true)
    try driver.execute(&planner.pipelines)
    try run.checkpoint()
    if let step = recursion.isDistinct ? stream.node : stream.node.children.first { stepNode.absorb(step) }
    return rows.take()
  }

  /// The rows that were not there before, of all levels; all rows if duplicates count. `held` bytes are reserved for
  /// the rows given.
  private func fresh(
    _ rows: KeptRows, bytes held: Int, _ seen: SeenRows?, _ run: QueryRun
  ) throws(QueryError) -> KeptRows {
    guard let seen else { return rows }
    var kept = KeptRows()
    var bytes = 0
    for morsel in 0..<rows.morsels {
      let reader = rows.open(morsel)
      while let batch = try reader.next() {
        try run.checkpoint()
        guard let fresh = try seen.fresh(batch.compacted()) else { continue }
        let added = HeldBytes.of(fresh.columns)
        try reservation.grow(added, run)
        bytes += added
        kept.batches.append(fresh)
        guard run.spillPolicy.mustSpill(own: bytes, needing: 0) else { continue }
        try spill(&kept, run)
        try reservation.grow(-bytes, run)
        bytes = 0
      }
    }
    try reservation.grow(-held, run)
    return kept
  }

  /// Moves the rows of the levels so far, which take `bytes`, out of memory where there is little left.
  private func spillIfNeeded(_ bytes: Int, _ run: QueryRun) throws(QueryError) {
    guard run.spillPolicy.mustSpill(own: bytes, needing: 0) else { return }
    var rows = all.withLock { $0 }
    try spill(&rows, run)
    let spilled = rows
    all.withLock { $0 = spilled }
    try reservation.grow(-bytes, run)
  }

  /// Moves rows in memory to a temporary file.
  private func spill(_ rows: inout KeptRows, _ run: QueryRun) throws(QueryError) {
    guard let first = rows.batches.first else { return }
    let file = try SpillFile(in: run.settings.temporaryDirectory)
    let writer = SpillWriter(for: node)
    var written = SpilledRows(first.columns.map(\.type))
    for batch in rows.batches {
      try run.checkpoint()
      let dense = batch.compacted()
      written.append(try writer.write(dense.columns, count: dense.physicalCount, to: file), in: file)
    }
    rows.batches = []
    rows.append(KeptRows(spilled: written))
  }
}

/// The distinct rows of a recursion so far.
private final class SeenRows {
  private let table: GroupTable
  private let keys: KeyRows
  private let reservation: MemoryReservation

  init(_ types: [LogicalType], _ run: QueryRun) throws(QueryError) {
    let layout = KeyLayout(types, nullable: types.map { _ in true })
    table = GroupTable(layout)
    keys = KeyRows(layout)
    reservation = MemoryReservation(run.budget, for: "recursive UNION")
  }

  /// The rows of a dense batch that are new; nil if there is none.
  func fresh(_ batch: Batch) throws(QueryError) -> Batch? {
    try reservation.resize(to: table.byteCount + table.growth(adding: batch.count))
    let numbers = Buffer(byteCount: batch.count * 4)
    defer { withExtendedLifetime(numbers) {} }
    let groups = numbers.base.assumingMemoryBound(to: UInt32.self)
    var known = table.count
    keys.encode(batch.columns, count: batch.count)
    try table.findOrInsert(keys, batch.columns, into: groups)
    let chosen = SelectionVector.scratch(batch.count)
    let positions = chosen.base.assumingMemoryBound(to: UInt32.self)
    var filled = 0
    for row in 0..<batch.count where Int(groups[row]) == known {
      positions[filled] = UInt32(truncatingIfNeeded: row)
      filled += 1
      known += 1
    }
    if filled == 0 { return nil }
    return Batch(columns: batch.columns.map { $0.gathered(positions, count: filled) }, count: filled)
  }
}
