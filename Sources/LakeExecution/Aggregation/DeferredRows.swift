import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// Rows of an aggregate that reach its accumulator only at the end: distinct ones, or in an order.
final class DeferredRows {
  private let types: [LogicalType]
  private let argumentCount: Int
  private let orderKeys: [SortColumn]
  /// For DISTINCT: group, arguments and order keys that occurred.
  private var seen: GroupTable?
  private let keys: KeyRows?
  /// Where distinct rows go for which there is no memory; only where there is one group.
  private let spill: PartitionedRows?
  /// Otherwise: groups and vectors as they came.
  private var batches: [Rows] = []
  private var batchBytes = 0
  private var held = HeldBytes()

  /// Some rows with their groups.
  private struct Rows {
    var groups: Buffer
    var vectors: [Vector]
    var count: Int

    func forEachGroup(_ body: (Int) -> Void) {
      let numbers = groups.base.assumingMemoryBound(to: UInt32.self)
      for row in 0..<count { body(Int(numbers[row])) }
    }
  }

  init(_ aggregate: AggregationPlan.Aggregate, spill: PartitionedRows? = nil) {
    self.spill = spill
    argumentCount = aggregate.arguments.count
    orderKeys = aggregate.orderKeys
    types = aggregate.argumentTypes + aggregate.orderKeys.map(\.type)
    if aggregate.isDistinct {
      let layout = KeyLayout([.int] + types, nullable: [false] + types.map { _ in true })
      seen = GroupTable(layout)
      keys = KeyRows(layout)
    } else {
      seen = nil
      keys = nil
    }
  }

  var byteCount: Int { (seen?.byteCount ?? 0) + batchBytes }

  /// Whether the rows can be spilled by themselves.
  var isSpillable: Bool { spill != nil }

  /// Bytes by which further rows may make the rows grow at once.
  func growth(adding more: Int) -> Int { seen?.growth(adding: more) ?? 0 }

  func add(_ groups: UnsafePointer<UInt32>, _ vectors: [Vector], _ count: Int) throws(QueryError) {
    let copy = Buffer(byteCount: count * 4)
    copy.base.assumingMemoryBound(to: UInt32.self).update(from: groups, count: count)
    if seen == nil {
      let owned = vectors.map { VectorConcatenation.concatenated([$0], type: $0.type) }
      batches.append(Rows(groups: copy, vectors: owned, count: count))
      batchBytes += count * 4 + held.adding(owned)
    } else {
      try insert(copy, vectors, count)
    }
  }

  private func insert(_ groups: Buffer, _ vectors: [Vector], _ count: Int) throws(QueryError) {
    guard let seen, let keys else { return }
    let all = [Vector(type: .int, encoding: .flat, count: count, owner: groups)] + vectors
    let numbers = Buffer(byteCount: count * 4)
    keys.encode(all, count: count)
    try seen.findOrInsert(keys, all, into: numbers.base.assumingMemoryBound(to: UInt32.self))
  }

  /// Adds another worker's rows; `map`: the group here for each group there.
  func merge(_ other: DeferredRows, _ map: UnsafePointer<UInt32>, _ run: QueryRun) throws(QueryError) {
    if let spill, spill.isUsed || run.spillPolicy.isBeyond(byteCount + other.byteCount) {
      try other.flush(run)
      return try flush(run)
    }
    try other.forEach { (rows) throws(QueryError) in
      let groups = Buffer(byteCount: rows.count * 4)
      let target = groups.base.assumingMemoryBound(to: UInt32.self)
      let source = rows.groups.base.assumingMemoryBound(to: UInt32.self)
      for row in 0..<rows.count { target[row] = map[Int(source[row])] }
      try withExtendedLifetime(groups) { () throws(QueryError) in try add(target, rows.vectors, rows.count) }
    }
  }

  // MARK: Spilling the rows of the only group

  /// Moves the distinct rows so far to temporary files.
  func flush(_ run: QueryRun) throws(QueryError) {
    guard let spill, let seen else { return }
    try flush(seen, to: spill, SpillWriter(for: spill.node), run)
    self.seen = GroupTable(seen.layout)
    LargeBlocks.trim(to: run.settings.memoryLimit / 8)
  }

  private func flush(
    _ table: GroupTable, to parts: PartitionedRows, _ writer: SpillWriter, _ run: QueryRun
  ) throws(QueryError) {
    let size = PartitionedRows.partCount * Batch.capacity / 4
    for start in stride(from: 0, to: table.count, by: size) {
      let count = min(size, table.count - start)
      let columns = types.indices.map { table.keyColumn($0 + 1, from: start, count: count) }
      try parts.add(columns, hashes: table.hashes + start, count: count, writer, run)
    }
  }

  /// Puts the distinct rows together that were spilled piecemeal, part by part; a part that is too large is split.
  private func forEachSpilled(
    _ spill: PartitionedRows, _ run: QueryRun, _ body: (Rows) throws(QueryError) -> Void
  ) throws(QueryError) {
    try flush(run)
    var pending = spill.parts.map { (rows: $0, level: spill.level) }
    while let part = pending.popLast() {
      let (bytes, count) = (part.rows.byteCount, part.rows.rowCount)
      let needed = 2 * (bytes + count * Self.tableBytes)
      let isFitting =
        part.level == PartitionedRows.deepestLevel || !run.spillPolicy.isBeyond(needed)
        || SpillPolicy.isTooSmallToSplit(rows: count, bytes: bytes)
      if isFitting {
        let memory = MemoryReservation(run.budget, for: "aggregation without groups", allowance: needed)
        let fresh = DeferredRows(copying: self)
        for block in part.rows.blocks.indices {
          try fresh.insert(try part.rows.read(block))
          try memory.resize(to: fresh.byteCount)
        }
        try fresh.forEach(body)
      } else {
        let further = PartitionedRows(level: part.level + 1, node: spill.node)
        let writer = PartitionWriter(further, run)
        for block in part.rows.blocks.indices {
          let batch = try part.rows.read(block)
          encode(batch)
          guard let keys else { continue }
          try writer.add(batch.columns, hashes: keys.hashes, count: batch.physicalCount)
        }
        try writer.flush()
        pending += further.parts.map { ($0, part.level + 1) }
      }
    }
  }

  /// Bytes that a row takes in a table besides its values, about.
  private static let tableBytes = 48

  /// No rows, to be told apart as those of `other` are.
  private init(copying other: DeferredRows) {
    types = other.types
    argumentCount = other.argumentCount
    orderKeys = []
    seen = other.seen.map { GroupTable($0.layout) }
    keys = other.seen.map { KeyRows($0.layout) }
    spill = nil
  }

  /// Adds rows of the only group.
  private func insert(_ batch: Batch) throws(QueryError) {
    try insert(Buffer.zeroed(byteCount: batch.physicalCount * 4), batch.columns, batch.physicalCount)
  }

  private func encode(_ batch: Batch) {
    let groups = Vector(
      type: .int, encoding: .flat, count: batch.physicalCount,
      owner: Buffer.zeroed(byteCount: batch.physicalCount * 4))
    keys?.encode([groups] + batch.columns, count: batch.physicalCount)
  }

  // MARK: Spilling groups

  /// All rows, sorted by group, for `states`.
  private var sealed: (columns: [Vector], order: Buffer, bounds: [Int])?

  /// Vectors that `states` returns.
  var stateCount: Int { types.count }

  /// The rows of some of all groups as lists, one a column; no rows are added from the first call on.
  func states(from start: Int, count: Int, of groupCount: Int) throws(QueryError) -> [Vector] {
    if sealed == nil { try seal(groupCount) }
    guard let (columns, order, bounds) = sealed else { return [] }
    let lists = Buffer(byteCount: count * MemoryLayout<ListEntry>.stride)
    let entries = lists.base.assumingMemoryBound(to: ListEntry.self)
    let first = bounds[start]
    for index in 0..<count {
      entries[index] = ListEntry(
        offset: UInt32(bounds[start + index] - first), count: UInt32(bounds[start + index + 1] - bounds[start + index]))
    }
    let rows = order.base.assumingMemoryBound(to: UInt32.self) + first
    return columns.map { column in
      Vector(
        type: .array(element: column.type, containsNull: true), encoding: .flat, count: count, owner: lists,
        children: [column.gathered(rows, count: bounds[start + count] - first)])
    }
  }

  private func seal(_ groupCount: Int) throws(QueryError) {
    var all: [Rows] = []
    try forEach { (rows) throws(QueryError) in all.append(rows) }
    let total = all.reduce(0) { $0 + $1.count }
    var bounds = [Int](repeating: 0, count: groupCount + 1)
    for rows in all { rows.forEachGroup { bounds[$0 + 1] += 1 } }
    for group in 0..<groupCount { bounds[group + 1] += bounds[group] }
    let order = try Buffer.allocated(byteCount: total * 4, for: "aggregation")
    let positions = order.base.assumingMemoryBound(to: UInt32.self)
    var next = bounds
    var position: UInt32 = 0
    for rows in all {
      rows.forEachGroup { group in
        positions[next[group]] = position
        next[group] += 1
        position += 1
      }
    }
    let columns = types.indices.map { index in
      VectorConcatenation.concatenated(all.map { $0.vectors[index] }, type: types[index])
    }
    sealed = (columns, order, bounds)
  }

  /// Adds what `states` returned as the rows of the first groups.
  func load(_ states: [Vector], count: Int) throws(QueryError) {
    guard let lists = states.first else { return }
    let entries = lists.slots(ListEntry.self)
    let total = (0..<count).reduce(0) { $0 + Int(entries[$1].count) }
    let numbers = Buffer(byteCount: total * 4)
    defer { withExtendedLifetime(numbers) {} }
    let groups = numbers.base.assumingMemoryBound(to: UInt32.self)
    var filled = 0
    for group in 0..<count {
      for _ in 0..<entries[group].count {
        groups[filled] = UInt32(truncatingIfNeeded: group)
        filled += 1
      }
    }
    if total > 0 { try add(groups, states.map { $0.children[0] }, total) }
  }

  /// Calls `body` with all rows kept, a batch at a time.
  private func forEach(_ body: (Rows) throws(QueryError) -> Void) throws(QueryError) {
    guard let seen else {
      for rows in batches { try body(rows) }
      return
    }
    for start in stride(from: 0, to: seen.count, by: Batch.capacity) {
      let count = min(Batch.capacity, seen.count - start)
      let groups = seen.keyColumn(0, from: start, count: count)
      let vectors = types.indices.map { seen.keyColumn($0 + 1, from: start, count: count) }
      try body(Rows(groups: groups.owner, vectors: vectors, count: count))
    }
  }

  /// Gives all rows to the accumulator.
  func feed(
    _ accumulator: any Accumulator, _ aggregate: AggregationPlan.Aggregate, _ run: QueryRun
  ) throws(QueryError) {
    let pass = { (rows: Rows) throws(QueryError) in
      try run.checkpoint()
      let groups = rows.groups.base.assumingMemoryBound(to: UInt32.self)
      do throws(QueryError) {
        try accumulator.update(
          groups: groups, arguments: Array(rows.vectors.prefix(self.argumentCount)), count: rows.count)
      } catch {
        throw error.at(aggregate.span)
      }
    }
    if let spill, spill.isUsed { return try forEachSpilled(spill, run, pass) }
    if orderKeys.isEmpty { try forEach(pass) } else { try forEachSorted(run, pass) }
  }

  private func forEachSorted(_ run: QueryRun, _ body: (Rows) throws(QueryError) -> Void) throws(QueryError) {
    var all: [Rows] = []
    try forEach { (rows) throws(QueryError) in all.append(rows) }
    let total = all.reduce(0) { $0 + $1.count }
    if total == 0 { return }
    let copy = MemoryReservation(run.budget, for: "ordered aggregate")
    var copied = HeldBytes()
    try copy.resize(to: all.reduce(total * 4) { $0 + copied.adding($1.vectors) })
    let groups = VectorConcatenation.concatenated(
      all.map { Vector(type: .int, encoding: .flat, count: $0.count, owner: $0.groups) }, type: .int)
    let vectors = types.indices.map { index in
      VectorConcatenation.concatenated(all.map { $0.vectors[index] }, type: types[index])
    }
    let keys = Array(vectors.dropFirst(argumentCount))
    try copy.grow(by: NormalizedRows.byteCount(sorting: keys, count: total))
    let order = try NormalizedRows(orderKeys, keys, count: total).sorted(run)
    defer { withExtendedLifetime(order) {} }
    for start in stride(from: 0, to: total, by: Batch.capacity) {
      let count = min(Batch.capacity, total - start)
      let rows = order.positions + start
      try body(
        Rows(
          groups: groups.gathered(rows, count: count).flattened().owner,
          vectors: vectors.prefix(argumentCount).map { $0.gathered(rows, count: count) }, count: count))
    }
  }
}
