import LakeColumnar
import LakeDiagnostics
import LakePlan
import LakeTypes

/// The build side of a join: its rows, and a hash table over their keys if there are equalities.
///
/// `@unchecked Sendable`: written when the sink is complete, and read only afterwards; marks of matched rows are
/// merged under the monitor.
final class JoinBuild: PipelineSink, @unchecked Sendable {
  let node: OperatorNode
  let shape: JoinShape
  /// Of the stored columns.
  let types: [LogicalType]
  /// Where rows go that are too many for memory; nil where they must fit.
  let spill: JoinSpill?
  private let rows: RowStore?
  private(set) var columns: [Vector] = []
  private(set) var count = 0
  private let monitor = Monitor()
  private(set) var table: JoinTable?
  private var matched: [UInt8] = []
  /// Filters in scans of the probe side, by key.
  private var filters: [(key: Int, filter: RuntimeFilter)] = []
  private var marks: MemoryReservation?
  private var bitmapMemory: [MemoryReservation] = []

  init(shape: JoinShape, rows: RowStore, spill: JoinSpill?, node: OperatorNode) {
    self.shape = shape
    self.rows = rows
    self.spill = spill
    self.node = node
    types = rows.types
  }

  /// Some rows of a spilled build side, to be probed by themselves; who makes it reserves the memory.
  init(piece: Batch, of whole: JoinBuild, _ run: QueryRun) throws(QueryError) {
    shape = whole.shape
    types = whole.types
    spill = whole.spill
    node = whole.node
    rows = nil
    columns = piece.columns
    count = piece.physicalCount
    try prepare(run)
  }

  /// Whether the rows are in temporary files, split by key; once complete.
  var isSpilled: Bool { rows?.isSpilled ?? false }

  /// Whether there is no build row at all, in whatever piece.
  var isEmpty: Bool { count == 0 && !(spill?.build.isUsed ?? false) }

  /// Whether a build row, in whatever piece, has a NULL in a key.
  var hasNullKeys: Bool { spill?.hasNullKeys ?? false || !(table?.nullRows.isEmpty ?? true) }

  var isPrivateUntilFinish: Bool { true }

  func makeConsumer(_ worker: Worker) throws(QueryError) -> any BatchConsumer {
    guard let rows else { throw .internal("rows for a piece of a build side") }
    return rows.makeConsumer(worker)
  }

  /// Adds a filter that is to be filled with the values of a key; before the pipelines run.
  func feed(_ filter: RuntimeFilter, withKey key: Int) { filters.append((key, filter)) }

  func complete(_ run: QueryRun) throws(QueryError) {
    guard let rows else { return }
    try rows.complete(run)
    if rows.isSpilled { return }
    (columns, count) = (rows.columns, rows.count)
    try prepare(run)
    guard let table else { return }
    for (key, filter) in filters { try publish(columns[shape.buildKeyIndexes[key]], table, to: filter, run) }
  }

  private func prepare(_ run: QueryRun) throws(QueryError) {
    if shape.kind.keepsBuildRows {
      marks = try reserveMarks(run)
      matched = Array(repeating: 0, count: count)
    }
    guard shape.probeKeys != nil else { return }
    let keys = shape.buildKeyIndexes.map { columns[$0] }
    let reservation = rows.map { _ in MemoryReservation(run.budget, for: "hash join") }
    table = try JoinTable(shape.keyLayout, keys, count: count, reservation: reservation, run: run)
  }

  // MARK: Runtime filters

  /// Keys that are listed one by one at most.
  private static let listLimit = 256
  /// Rows whose keys are looked at to find their range.
  private static let rangeLimit = 1 << 22

  private func publish(
    _ key: Vector, _ table: JoinTable, to filter: RuntimeFilter, _ run: QueryRun
  ) throws(QueryError) {
    if table.distinctCount == 0 {
      filter.publish(RuntimeFilter.Keys(minimum: .null, maximum: .null, values: []))
    } else if table.distinctCount <= 4 * Self.listLimit {
      try publish(listed: key, table.firstRows, to: filter, run)
    } else if table.count <= Self.rangeLimit {
      try publish(range: key, to: filter, run)
    }
  }

  private func publish(
    listed key: Vector, _ rows: [UInt32], to filter: RuntimeFilter, _ run: QueryRun
  ) throws(QueryError) {
    let smallest = rows.min { KeyRange.isOrdered(key, $0, $1) }
    let largest = rows.max { KeyRange.isOrdered(key, $0, $1) }
    guard let smallest, let largest else { return }
    let values = Set(rows.map { key.literal(at: Int($0)) })
    if values.count > Self.listLimit { return try publish(range: key, to: filter, run) }
    filter.publish(
      RuntimeFilter.Keys(
        minimum: key.literal(at: Int(smallest)), maximum: key.literal(at: Int(largest)), values: Array(values)))
  }

  private func publish(range key: Vector, to filter: RuntimeFilter, _ run: QueryRun) throws(QueryError) {
    guard let range = KeyRange(key) else { return }
    filter.publish(
      RuntimeFilter.Keys(
        minimum: key.literal(at: range.smallest), maximum: key.literal(at: range.largest), values: nil,
        bitmap: try bitmap(key, range, run)))
  }

  /// The keys as bits where looking them up is worth it: at most one in so many numbers of the range is a key.
  private static let bitmapSparsity = 4

  private func bitmap(_ key: Vector, _ range: KeyRange, _ run: QueryRun) throws(QueryError) -> KeyBitmap? {
    guard key.type.isInteger || key.type == .date else { return nil }
    switch key.physical {
    case .int32: return try bitmap(key.flattened(), Int32.self, range, run)
    case .int64: return try bitmap(key.flattened(), Int64.self, range, run)
    default: return nil
    }
  }

  private func bitmap<T: FixedWidthInteger & BitwiseCopyable>(
    _ key: Vector, _ slot: T.Type, _ range: KeyRange, _ run: QueryRun
  ) throws(QueryError) -> KeyBitmap? {
    let slots = key.slots(T.self)
    let (least, greatest) = (Int64(slots[range.smallest]), Int64(slots[range.largest]))
    guard let byteCount = KeyBitmap.byteCount(from: least, through: greatest), !run.spillPolicy.isBeyond(byteCount)
    else { return nil }
    let held = MemoryReservation(run.budget, for: "hash join", allowance: .max)
    try held.resize(to: byteCount)
    let bitmap = KeyBitmap(from: least, through: greatest) { add in
      for row in 0..<key.count where key.isValid(row) { add(Int64(slots[row])) }
    }
    guard bitmap.keyCount <= bitmap.span / Self.bitmapSparsity else { return nil }
    bitmapMemory.append(held)
    return bitmap
  }

  // MARK: Matched build rows

  /// Memory for a byte a build row, which says whether it has a match.
  func reserveMarks(_ run: QueryRun) throws(QueryError) -> MemoryReservation {
    let held = MemoryReservation(run.budget, for: "hash join", allowance: .max)
    try held.resize(to: count)
    return held
  }

  /// Adds the build rows for which one worker found a match.
  func addMatched(_ rows: [UInt8]) {
    monitor.locked { for index in rows.indices { matched[index] |= rows[index] } }
  }

  /// The build rows that are passed on by themselves: those without a match, or (of a semi join) those with one.
  var remainingRows: [UInt32] {
    let wanted: UInt8
    if case .buildSemi = shape.kind { wanted = 1 } else { wanted = 0 }
    return monitor.locked {
      var rows: [UInt32] = []
      for row in matched.indices where matched[row] == wanted { rows.append(UInt32(truncatingIfNeeded: row)) }
      return rows
    }
  }

  /// The columns that are passed on, for some build rows.
  func gathered(_ positions: Buffer, count: Int) -> [Vector] {
    columns.prefix(shape.buildColumnCount).map { Self.gathered($0, positions, count) }
  }

  /// The rows of a build column; large flat columns are only referred to.
  static func gathered(_ column: Vector, _ positions: Buffer, _ count: Int) -> Vector {
    if column.isFlat, column.validity == nil, !column.type.isNested {
      return .dictionary(column, codes: positions, count: count)
    }
    return column.gathered(positions.base.assumingMemoryBound(to: UInt32.self), count: count)
  }
}

extension JoinBuild {
  /// Reads the build rows that are passed on by themselves, with NULLs for the probe side if its columns are part of
  /// the result.
  func remainingBatches(_ run: QueryRun) throws(QueryError) -> any BatchReader {
    let held = MemoryReservation(run.budget, for: "hash join")
    try held.resize(to: count * MemoryLayout<UInt32>.stride)
    let rows = remainingRows
    var position = 0
    let size = run.settings.batchSize
    return ComputedReader { () throws(QueryError) -> Batch? in
      guard position < rows.count else { return nil }
      defer { withExtendedLifetime(held) {} }
      let count = min(size, rows.count - position)
      let positions = Buffer(byteCount: count * 4)
      let target = positions.base.assumingMemoryBound(to: UInt32.self)
      for index in 0..<count { target[index] = rows[position + index] }
      position += count
      let types = self.shape.kind.yieldsBuildRowsOnly ? [] : self.shape.probeTypes
      let missing = types.map { Vector.allNull($0, count: count) }
      return Batch(columns: missing + self.gathered(positions, count: count), count: count)
    }
  }
}

/// Yields the build rows that are left over when all probe rows have been seen; those of spilled parts are yielded with
/// the parts.
final class RemainingBuildSource: MorselSource {
  private let build: JoinBuild

  init(_ build: JoinBuild) { self.build = build }

  func start(_ run: QueryRun) throws(QueryError) -> Int { build.isSpilled ? 0 : 1 }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader { try build.remainingBatches(run) }
}
