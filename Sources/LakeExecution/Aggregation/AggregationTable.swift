import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// The groups that one worker has seen and the states of their aggregates.
final class AggregationTable {
  let plan: AggregationPlan
  private let run: QueryRun
  /// nil without groups: then there is one group, whatever comes.
  private(set) var table: GroupTable?
  private var accumulators: [any Accumulator]
  private var deferred: [DeferredRows?]
  private let scratch: EvaluationScratch
  private let keys: KeyRows
  /// One a grouping set.
  private var dictionaryGroups: [DictionaryGroups]
  private var groupStorage = Buffer(byteCount: Batch.capacity * 4)
  private let reservation: MemoryReservation
  /// Where groups go for which there is no memory.
  private let spill: PartitionedRows?
  private let writer: SpillWriter?

  /// Of distinct rows that can be spilled by themselves.
  private let distinctMemory: MemoryReservation

  /// `distinct`: where the distinct rows of aggregates go if there are no groups.
  init(_ plan: AggregationPlan, _ run: QueryRun, spill: PartitionedRows?, distinct: [PartitionedRows?] = []) {
    self.plan = plan
    self.run = run
    self.spill = plan.isUngrouped ? nil : spill
    writer = self.spill.map { SpillWriter(for: $0.node) }
    table = plan.isUngrouped ? nil : GroupTable(plan.keyLayout)
    (accumulators, deferred) = plan.makeStates(run, distinct: distinct)
    distinctMemory = MemoryReservation(run.budget, for: "aggregation without groups", allowance: .max)
    scratch = plan.evaluator.makeScratch()
    keys = KeyRows(plan.keyLayout)
    dictionaryGroups = (plan.groupingSets ?? [[]]).map { _ in DictionaryGroups() }
    reservation = MemoryReservation(
      run.budget, for: plan.isUngrouped ? "aggregation without groups" : "aggregation",
      allowance: self.spill == nil ? 0 : .max)
    for accumulator in accumulators where table == nil { accumulator.resize(groupCount: 1) }
  }

  var groupCount: Int { table?.count ?? 1 }

  // MARK: Adding rows

  func add(_ batch: Batch) throws(QueryError) {
    try flushIfNeeded(adding: batch.count)
    let rows = EvaluationRows(batch, scratch: scratch)
    if table == nil {
      try updateSingleGroup(rows)
    } else if let sets = plan.groupingSets {
      for set in sets.indices {
        if set > 0 { try flushIfNeeded(adding: batch.count) }
        try update(rows, set: set, kept: sets[set])
      }
    } else {
      try update(rows, set: nil, kept: Array(0..<plan.groupCount))
    }
    try accountNow()
  }

  /// Bytes held by now, of which the reservation may not know yet.
  private var heldBytes: Int {
    let states = accumulators.reduce(0) { $0 + $1.byteCount }
    let kept = deferred.reduce(0) { $0 + ($1.map { $0.isSpillable ? 0 : $0.byteCount } ?? 0) }
    return (table?.byteCount ?? 0) + states + kept
  }

  private func accountNow() throws(QueryError) {
    try reservation.resize(to: heldBytes)
    try distinctMemory.resize(to: distinctBytes)
  }

  private var distinctBytes: Int { deferred.reduce(0) { $0 + ($1.map { $0.isSpillable ? $0.byteCount : 0 } ?? 0) } }

  private func update(_ rows: EvaluationRows, set: Int?, kept: [Int]) throws(QueryError) {
    guard let table else { return }
    let groups = try findGroups(rows, table, set: set, kept: kept)
    for index in accumulators.indices {
      accumulators[index].resize(groupCount: table.count)
      try update(index, rows, groups)
    }
  }

  private func findGroups(
    _ rows: EvaluationRows, _ table: GroupTable, set: Int?, kept: [Int]
  ) throws(QueryError) -> UnsafeMutablePointer<UInt32> {
    if groupStorage.byteCount < rows.count * 4 { groupStorage = Buffer(byteCount: rows.count * 4) }
    let groups = groupStorage.base.assumingMemoryBound(to: UInt32.self)
    var vectors: [Vector] = []
    for index in 0..<plan.groupCount {
      vectors.append(
        kept.contains(index)
          ? try plan.evaluator.evaluate(index, rows) : .allNull(plan.groupTypes[index], count: rows.count))
    }
    if let set { vectors.append(.constant(.integer(Int64(set)), .int, count: rows.count)) }
    try reserveGrowth(of: table, adding: rows.count)
    if try !dictionaryGroups[set ?? 0].find(vectors, count: rows.count, table, keys, into: groups) {
      keys.encode(vectors, count: rows.count)
      try table.findOrInsert(keys, vectors, into: groups)
    }
    return groups
  }

  /// Reserves what the table and the states of further groups may take, before they grow.
  private func reserveGrowth(of table: GroupTable, adding more: Int) throws(QueryError) {
    let growth = table.growth(adding: more)
    if growth == 0 { return }
    try accountNow()
    let states = accumulators.reduce(0) { $0 + $1.byteCount }
    try reservation.grow(by: growth + states)
  }

  private func update(
    _ index: Int, _ rows: EvaluationRows, _ groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    let aggregate = plan.aggregates[index]
    guard let chosen = try passing(aggregate, rows) else {
      return try add(index, try arguments(aggregate, rows), groups, rows.count)
    }
    if chosen.count == 0 { return }
    let positions = UnsafePointer(chosen.positions)
    let chosenGroups = Buffer(byteCount: chosen.count * 4)
    let target = chosenGroups.base.assumingMemoryBound(to: UInt32.self)
    for row in 0..<chosen.count { target[row] = groups[Int(positions[row])] }
    try add(index, try arguments(aggregate, rows.subset(chosen)), target, chosen.count)
  }

  private func updateSingleGroup(_ rows: EvaluationRows) throws(QueryError) {
    for (index, aggregate) in plan.aggregates.enumerated() {
      let chosen = try passing(aggregate, rows)
      let open = chosen.map { rows.subset($0) } ?? rows
      if open.count == 0 { continue }
      let vectors = try arguments(aggregate, open)
      do throws(QueryError) {
        if let deferred = deferred[index] {
          let zeros = Buffer.zeroed(byteCount: open.count * 4)
          try deferred.add(zeros.base.assumingMemoryBound(to: UInt32.self), vectors, open.count)
        } else {
          try accumulators[index].updateSingleGroup(arguments: vectors, count: open.count)
        }
      } catch {
        throw error.at(aggregate.span)
      }
    }
  }

  private func add(
    _ index: Int, _ vectors: [Vector], _ groups: UnsafeMutablePointer<UInt32>, _ count: Int
  ) throws(QueryError) {
    do throws(QueryError) {
      if let deferred = deferred[index] {
        try deferred.add(groups, vectors, count)
      } else {
        try accumulators[index].update(groups: groups, arguments: vectors, count: count)
      }
    } catch {
      throw error.at(plan.aggregates[index].span)
    }
  }

  /// The rows that an aggregate's FILTER lets through; nil = all.
  private func passing(
    _ aggregate: AggregationPlan.Aggregate, _ rows: EvaluationRows
  ) throws(QueryError) -> SelectionVector? {
    guard let filter = aggregate.filter else { return nil }
    return .whereTrue(try plan.evaluator.evaluate(filter, rows))
  }

  /// Arguments and order keys.
  private func arguments(
    _ aggregate: AggregationPlan.Aggregate, _ rows: EvaluationRows
  ) throws(QueryError) -> [Vector] {
    var vectors: [Vector] = []
    for index in aggregate.arguments + aggregate.order { vectors.append(try plan.evaluator.evaluate(index, rows)) }
    return vectors
  }

  // MARK: Spilling

  /// Bytes that further groups may need at once besides those held.
  private func needed(adding more: Int) -> Int {
    let growth = table?.growth(adding: more) ?? 0
    let states = growth == 0 ? 0 : accumulators.reduce(0) { $0 + $1.byteCount }
    // While they are spilled, rows that are kept back are there twice.
    return growth + states + deferred.reduce(0) { $0 + ($1?.byteCount ?? 0) }
  }

  /// Whether another table can be merged in memory.
  func hasRoom(for other: AggregationTable) throws(QueryError) -> Bool {
    try accountNow()
    return spill == nil || !run.spillPolicy.isBeyond(needed(adding: other.groupCount))
  }

  private func flushIfNeeded(adding more: Int) throws(QueryError) {
    if table == nil { return try flushDistinctRows(adding: more) }
    guard spill != nil, groupCount > 0 else { return }
    let held = heldBytes
    let unaccounted = max(0, held - reservation.bytes)
    if run.spillPolicy.mustSpill(own: held, needing: needed(adding: more) + unaccounted) { try flush() }
  }

  private func flushDistinctRows(adding more: Int) throws(QueryError) {
    for case .some(let rows) in deferred where rows.isSpillable {
      let unaccounted = max(0, distinctBytes - distinctMemory.bytes)
      let needed = rows.growth(adding: more) + unaccounted
      guard run.spillPolicy.mustSpill(own: rows.byteCount, needing: needed) else { continue }
      try rows.flush(run)
      try accountNow()
    }
  }

  /// Bytes of groups that are turned into vectors at once, about.
  private static let flushedByteCount = 4 << 20

  /// Moves all groups with their states to temporary files.
  func flush() throws(QueryError) {
    guard let spill, let writer, let table, table.count > 0 else { return }
    let rowBytes = max(1, heldBytes / table.count)
    let size = min(max(Self.flushedByteCount / rowBytes, 64), PartitionedRows.partCount * Batch.capacity)
    for start in stride(from: 0, to: table.count, by: size) {
      let count = min(size, table.count - start)
      var columns = table.layout.columns.indices.map { table.keyColumn($0, from: start, count: count) }
      for index in accumulators.indices { columns += try states(index, from: start, count: count) }
      try spill.add(columns, hashes: table.hashes + start, count: count, writer, run)
    }
    self.table = GroupTable(plan.keyLayout)
    (accumulators, deferred) = plan.makeStates(run)
    dictionaryGroups = dictionaryGroups.map { _ in DictionaryGroups() }
    try accountNow()
    LargeBlocks.trim(to: run.settings.memoryLimit / 8)
  }

  private func states(_ index: Int, from start: Int, count: Int) throws(QueryError) -> [Vector] {
    if let rows = deferred[index] { return try rows.states(from: start, count: count, of: groupCount) }
    accumulators[index].resize(groupCount: groupCount)
    return try accumulators[index].states(from: start, count: count)
  }

  /// Adds groups with states that `flush` wrote.
  func restore(_ batch: Batch) throws(QueryError) {
    guard let table else { return }
    if !SpillPolicy.isTooSmallToSplit(rows: groupCount, bytes: reservation.bytes) {
      try flushIfNeeded(adding: batch.count)
    }
    try add(states: batch, to: self.table ?? table)
    try accountNow()
  }

  private func add(states batch: Batch, to table: GroupTable) throws(QueryError) {
    let keyCount = plan.keyLayout.columns.count
    let vectors = Array(batch.columns.prefix(keyCount))
    try reserveGrowth(of: table, adding: batch.count)
    let numbers = Buffer(byteCount: batch.count * 4)
    defer { withExtendedLifetime(numbers) {} }
    let groups = numbers.base.assumingMemoryBound(to: UInt32.self)
    keys.encode(vectors, count: batch.count)
    try table.findOrInsert(keys, vectors, into: groups)
    let (fresh, freshRows) = plan.makeStates(run)
    var next = keyCount
    for index in accumulators.indices {
      accumulators[index].resize(groupCount: table.count)
      var width = freshRows[index]?.stateCount ?? 0
      if freshRows[index] == nil { width = try fresh[index].states(from: 0, count: 0).count }
      let states = Array(batch.columns[next..<next + width])
      next += width
      if let mine = deferred[index], let theirs = freshRows[index] {
        try theirs.load(states, count: batch.count)
        try mine.merge(theirs, groups, run)
      } else {
        try fresh[index].load(states, count: batch.count)
        try accumulators[index].merge(fresh[index], groups: groups, count: batch.count)
      }
    }
  }

  // MARK: Merging and results

  /// Adds the groups of another worker's table.
  func merge(_ other: AggregationTable) throws(QueryError) {
    let groups: Buffer
    if let table, let theirs = other.table {
      try reserveGrowth(of: table, adding: theirs.count)
      groups = try table.merge(theirs)
    } else {
      groups = Buffer.zeroed(byteCount: 4)
    }
    defer { withExtendedLifetime(groups) {} }
    let map = UnsafePointer(groups.base.assumingMemoryBound(to: UInt32.self))
    for index in accumulators.indices {
      accumulators[index].resize(groupCount: groupCount)
      if let mine = deferred[index], let theirs = other.deferred[index] {
        try mine.merge(theirs, map, run)
      } else {
        try accumulators[index].merge(other.accumulators[index], groups: map, count: other.groupCount)
      }
    }
    try accountNow()
  }

  /// To be called once when all rows are there: feeds the rows that were kept back.
  func complete(_ run: QueryRun) throws(QueryError) {
    for (index, rows) in deferred.enumerated() {
      accumulators[index].resize(groupCount: groupCount)
      guard let rows else { continue }
      try rows.feed(accumulators[index], plan.aggregates[index], run)
    }
    try accountNow()
  }

  /// Groups `start ..< start + count`: group columns, aggregates, grouping id.
  func output(from start: Int, count: Int) throws(QueryError) -> Batch {
    var vectors: [Vector] = []
    if let table {
      for index in 0..<plan.groupCount { vectors.append(table.keyColumn(index, from: start, count: count)) }
    }
    for accumulator in accumulators { vectors.append(try accumulator.results(from: start, count: count)) }
    if plan.hasGroupingID { vectors.append(groupingIDs(start, count)) }
    return Batch(columns: vectors, count: count)
  }

  private func groupingIDs(_ start: Int, _ count: Int) -> Vector {
    guard let sets = plan.groupingSets, let table else { return .constant(.integer(0), .bigint, count: count) }
    let ids = sets.indices.map { plan.groupingID(ofSet: $0) }
    let set = table.keyColumn(plan.groupCount, from: start, count: count)
    let source = set.slots(Int32.self)
    let result = Vector.flat(.bigint, count: count)
    let target = result.slots(Int64.self)
    for row in 0..<count { target[row] = ids[Int(source[row])] }
    return result
  }
}
