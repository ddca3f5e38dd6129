import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// The probe side of a join: pairs each batch's rows with the kept build rows.
final class JoinProbe: PipelineTransform {
  let node: OperatorNode
  fileprivate let build: JoinBuild

  init(_ build: JoinBuild, node: OperatorNode) {
    self.build = build
    self.node = node
  }

  func makeConsumer(_ worker: Worker, next: any BatchConsumer) throws(QueryError) -> any BatchConsumer {
    if build.isSpilled, let spill = build.spill {
      return SpillingProbeConsumer(ProbeSpiller(build.shape, spill.probe, worker.run), next)
    }
    return try JoinProbeConsumer(build, worker, next)
  }

  /// Puts the probe rows where the build rows are; they are joined when all are there.
  private final class SpillingProbeConsumer: BatchConsumer {
    private let spiller: ProbeSpiller
    private let next: any BatchConsumer

    init(_ spiller: ProbeSpiller, _ next: any BatchConsumer) {
      self.spiller = spiller
      self.next = next
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      try spiller.add(batch)
      return .more
    }

    func finish() throws(QueryError) {
      try spiller.flush()
      try next.finish()
    }
  }
}

/// One worker's probing.
final class JoinProbeConsumer: BatchConsumer {
  private let build: JoinBuild
  private let shape: JoinShape
  private let next: any BatchConsumer
  private let run: QueryRun
  private let keyScratch: EvaluationScratch?
  private let residualScratch: EvaluationScratch?
  private let truthScratch: EvaluationScratch?
  private let keys: KeyRows
  private var heads = Buffer(byteCount: Batch.capacity * 4)
  private var slots = Buffer(byteCount: Batch.capacity * 8)
  private var matchedBuild: [UInt8] = []
  private let marks: MemoryReservation?
  /// Where the build rows are one piece of several.
  private let memory: ProbeMemory?

  init(
    _ build: JoinBuild, _ worker: Worker, _ next: any BatchConsumer, _ memory: ProbeMemory? = nil
  ) throws(QueryError) {
    self.memory = memory
    self.build = build
    self.next = next
    shape = build.shape
    run = worker.run
    keyScratch = shape.probeKeys?.makeScratch()
    residualScratch = shape.residual?.makeScratch()
    truthScratch = shape.residualTruth?.makeScratch()
    keys = KeyRows(shape.keyLayout)
    marks = shape.kind.keepsBuildRows ? try build.reserveMarks(worker.run) : nil
    if shape.kind.keepsBuildRows { matchedBuild = Array(repeating: 0, count: build.count) }
  }

  func finish() throws(QueryError) {
    handOverMatches()
    try next.finish()
  }

  /// Tells the build side which of its rows have a match.
  func handOverMatches() { if shape.kind.keepsBuildRows { build.addMatched(matchedBuild) } }

  func consume(_ batch: Batch) throws(QueryError) -> Flow {
    if let flow = try joinWithOneRow(batch) { return flow }
    let probe = ProbeBatch(batch)
    memory?.recall(probe.count, matched: probe.isMatched, unknown: probe.isUnknown)
    if let evaluator = shape.probeKeys, let scratch = keyScratch, let table = build.table {
      let vectors = try evaluator.evaluate(batch, scratch)
      let first = find(vectors, table, batch.count)
      if case .done = try pairByKey(probe, table, first) { return .done }
      return try conclude(probe) { row in NullAwareness.isUnknown(row, vectors, self.build, table, self.run) }
    }
    if case .done = try pairWithAll(probe) { return .done }
    return try conclude(probe) { row in probe.isUnknown[row] != 0 }
  }

  /// A scalar subquery's row (or none) beside every probe row: nothing has to be copied.
  private func joinWithOneRow(_ batch: Batch) throws(QueryError) -> Flow? {
    guard shape.probeKeys == nil, !shape.hasResidual, !shape.kind.keepsBuildRows, memory == nil else { return nil }
    let isScalar: Bool
    switch shape.kind {
    case .single, .probeOuter: isScalar = build.count <= 1
    case .inner: isScalar = build.count == 1
    default: isScalar = false
    }
    guard isScalar else { return nil }
    let zero = Buffer.zeroed(byteCount: 4)
    let columns = build.columns.prefix(shape.buildColumnCount).map { column in
      build.count == 0
        ? Vector.allNull(column.type, count: batch.physicalCount)
        : column.gathered(zero.base.assumingMemoryBound(to: UInt32.self), count: 1).asConstant(
          count: batch.physicalCount)
    }
    let passed = shape.probeSlots.map { batch.columns[$0] }
    return try next.consume(
      Batch(columns: passed + columns, count: batch.physicalCount, selection: batch.selection))
  }

  // MARK: Pairs

  private func find(_ vectors: [Vector], _ table: JoinTable, _ count: Int) -> UnsafeMutablePointer<UInt32> {
    if heads.byteCount < count * 4 {
      heads = Buffer(byteCount: count * 4)
      slots = Buffer(byteCount: count * 8)
    }
    let first = heads.base.assumingMemoryBound(to: UInt32.self)
    keys.encode(vectors, count: count)
    table.find(keys, into: first, scratch: slots.base.assumingMemoryBound(to: UInt64.self))
    return first
  }

  private func pairByKey(
    _ probe: ProbeBatch, _ table: JoinTable, _ first: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) -> Flow {
    if !shape.kind.yieldsPairs, !shape.hasResidual {
      if shape.kind.yieldsBuildRowsOnly {
        markBuildRows(first, count: probe.count, table)
      } else {
        for row in 0..<probe.count {
          probe.isMatched[row] |= UInt8(truncatingIfNeeded: bit(first[row] != JoinTable.none))
        }
      }
      return .more
    }
    if table.isUnique, probe.count <= run.settings.batchSize { return try pairUnique(probe, first) }
    var pairs = PairList(capacity: run.settings.batchSize)
    for row in 0..<probe.count {
      var partner = first[row]
      while partner != JoinTable.none {
        pairs.append(UInt32(truncatingIfNeeded: row), partner)
        if pairs.isFull, case .done = try flush(&pairs, probe) { return .done }
        partner = table.following(partner)
      }
    }
    return try flush(&pairs, probe)
  }

  /// Notes the build rows that have the probe rows' keys; of rows with equal keys all are marked or none.
  private func markBuildRows(_ first: UnsafeMutablePointer<UInt32>, count: Int, _ table: JoinTable) {
    for row in 0..<count {
      var partner = first[row]
      while partner != JoinTable.none, matchedBuild[Int(partner)] == 0 {
        matchedBuild[Int(partner)] = 1
        partner = table.following(partner)
      }
    }
  }

  private func pairUnique(
    _ probe: ProbeBatch, _ first: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) -> Flow {
    var pairs = PairList(capacity: probe.count + 1)
    pairs.appendMatches(first, count: probe.count)
    return try flush(&pairs, probe)
  }

  private func pairWithAll(_ probe: ProbeBatch) throws(QueryError) -> Flow {
    if !shape.kind.yieldsPairs, !shape.hasResidual {
      if build.count > 0 { for row in 0..<probe.count { probe.isMatched[row] = 1 } }
      if shape.kind.yieldsBuildRowsOnly { matchedBuild = Array(repeating: 1, count: build.count) }
      return .more
    }
    var pairs = PairList(capacity: run.settings.batchSize)
    for row in 0..<probe.count {
      var partner = 0
      while partner < build.count {
        partner += pairs.append(UInt32(row), from: partner, to: build.count)
        if pairs.isFull, case .done = try flush(&pairs, probe) { return .done }
      }
    }
    return try flush(&pairs, probe)
  }

  /// Tests the pairs, notes what matched, and passes them on where they are part of the result.
  private func flush(_ pairs: inout PairList, _ probe: ProbeBatch) throws(QueryError) -> Flow {
    if pairs.count == 0 { return .more }
    defer { pairs = PairList(capacity: pairs.capacity) }
    try run.checkpoint()
    try filter(&pairs, probe)
    if pairs.count == 0 { return .more }
    try note(pairs, probe)
    guard shape.kind.yieldsPairs else { return .more }
    let passed = probe.columns(shape.probeSlots, at: pairs)
    let partners = build.gathered(pairs.build, count: pairs.count)
    return try next.consume(Batch(columns: passed + partners, count: pairs.count))
  }

  private func filter(_ pairs: inout PairList, _ probe: ProbeBatch) throws(QueryError) {
    if shape.kind.isNullAware, let evaluator = shape.residualTruth, let scratch = truthScratch {
      let truth = try evaluator.evaluate(0, candidates(pairs, probe, scratch))
      for index in 0..<pairs.count where !truth.isValid(index) {
        probe.isUnknown[Int(pairs.probeRows[index])] = 1
      }
      pairs.keep(.whereTrue(truth))
    } else if let residual = shape.residual, let scratch = residualScratch {
      pairs.keep(try residual.selection(candidates(pairs, probe, scratch)))
    }
  }

  /// The pairs as rows of both sides' columns.
  private func candidates(_ pairs: PairList, _ probe: ProbeBatch, _ scratch: EvaluationScratch) -> EvaluationRows {
    let (shape, build) = (shape, build)
    return EvaluationRows(
      count: pairs.count, columnCount: shape.probeColumnCount + build.columns.count, scratch: scratch
    ) { slot in
      if slot < shape.probeColumnCount { return probe.column(slot, at: pairs) }
      return JoinBuild.gathered(build.columns[slot - shape.probeColumnCount], pairs.build, pairs.count)
    }
  }

  private func note(_ pairs: PairList, _ probe: ProbeBatch) throws(QueryError) {
    let rows = pairs.probeRows
    if case .single = shape.kind {
      for index in 0..<pairs.count {
        if probe.isMatched[Int(rows[index])] != 0 {
          throw QueryError(
            .scalarSubqueryRows, .execute, "a subquery used as a value returned more than one row",
            hint: "aggregate it, or add LIMIT 1")
        }
        probe.isMatched[Int(rows[index])] = 1
      }
    } else {
      for index in 0..<pairs.count { probe.isMatched[Int(rows[index])] = 1 }
    }
    if shape.kind.keepsBuildRows {
      for index in 0..<pairs.count { matchedBuild[Int(pairs.buildRows[index])] = 1 }
    }
  }

  // MARK: Rows without pairs

  /// Passes on what the batch's rows yield besides pairs.
  private func conclude(_ probe: ProbeBatch, isUnknown: (Int) -> Bool) throws(QueryError) -> Flow {
    if let memory {
      memory.keep(probe.count, matched: probe.isMatched, unknown: probe.isUnknown)
      if !memory.isLast { return .more }
    }
    switch shape.kind {
    case .inner, .buildOuter, .buildSemi, .buildAnti: return .more
    case .probeOuter, .fullOuter, .single: return try passUnmatched(probe)
    case .semi: return try pass(probe, probe.selection { probe.isMatched[$0] != 0 })
    case .anti: return try pass(probe, probe.selection { probe.isMatched[$0] == 0 })
    case .nullAwareAnti: return try pass(probe, probe.selection { probe.isMatched[$0] == 0 && !isUnknown($0) })
    case .mark(let isNullAware):
      let mark = Self.mark(probe, isNullAware ? isUnknown : { _ in false })
      let dense = probe.batch.compacted()
      return try next.consume(Batch(columns: shape.probeSlots.map { dense.columns[$0] } + [mark], count: dense.count))
    }
  }

  private func pass(_ probe: ProbeBatch, _ selection: SelectionVector) throws(QueryError) -> Flow {
    if selection.count == 0 { return .more }
    let columns = shape.probeSlots.map { probe.batch.columns[$0] }
    if selection.count == probe.batch.physicalCount {
      return try next.consume(Batch(columns: columns, count: probe.batch.physicalCount))
    }
    return try next.consume(Batch(columns: columns, count: probe.batch.physicalCount, selection: selection))
  }

  private func passUnmatched(_ probe: ProbeBatch) throws(QueryError) -> Flow {
    let selection = probe.selection { probe.isMatched[$0] == 0 }
    if selection.count == 0 { return .more }
    let passed = shape.probeSlots.map {
      probe.batch.columns[$0].gathered(selection.positions, count: selection.count)
    }
    let missing = build.columns.prefix(shape.buildColumnCount).map { Vector.allNull($0.type, count: selection.count) }
    return try next.consume(Batch(columns: passed + missing, count: selection.count))
  }

  private static func mark(_ probe: ProbeBatch, _ isUnknown: (Int) -> Bool) -> Vector {
    let owner = Buffer(byteCount: probe.count)
    let target = owner.base.assumingMemoryBound(to: UInt8.self)
    var mask: ValidityMask?
    for row in 0..<probe.count {
      target[row] = probe.isMatched[row]
      if target[row] == 0, isUnknown(row) {
        let current = mask ?? ValidityMask(count: probe.count, allValid: true)
        current.setNull(row)
        mask = current
      }
    }
    return Vector(type: .boolean, encoding: .flat, count: probe.count, owner: owner, validity: mask)
  }
}

/// A batch that is being probed, with what was found out about its living rows.
private final class ProbeBatch {
  let batch: Batch
  let count: Int
  private let matchedStorage: Buffer
  private let unknownStorage: Buffer

  init(_ batch: Batch) {
    self.batch = batch
    count = batch.count
    matchedStorage = Buffer.zeroed(byteCount: count)
    unknownStorage = Buffer.zeroed(byteCount: count)
  }

  /// A byte a living row: has a match.
  var isMatched: UnsafeMutablePointer<UInt8> { matchedStorage.base.assumingMemoryBound(to: UInt8.self) }
  /// A byte a living row: a comparison was NULL.
  var isUnknown: UnsafeMutablePointer<UInt8> { unknownStorage.base.assumingMemoryBound(to: UInt8.self) }

  /// The living rows that pass a test, as positions in the batch's storage.
  func selection(_ test: (Int) -> Bool) -> SelectionVector {
    let buffer = SelectionVector.scratch(count)
    let target = buffer.base.assumingMemoryBound(to: UInt32.self)
    let positions = batch.selection?.positions
    var kept = 0
    for row in 0..<count {
      target[kept] = positions?[row] ?? UInt32(truncatingIfNeeded: row)
      kept &+= bit(test(row))
    }
    return SelectionVector(buffer, count: kept)
  }

  func column(_ slot: Int, at pairs: PairList) -> Vector {
    if pairs.count == batch.physicalCount, pairs.isIdentity { return batch.columns[slot] }
    return batch.columns[slot].gathered(storagePositions(pairs), count: pairs.count)
  }

  func columns(_ slots: [Int], at pairs: PairList) -> [Vector] {
    if pairs.count == batch.physicalCount, pairs.isIdentity { return slots.map { batch.columns[$0] } }
    let positions = storagePositions(pairs)
    return slots.map { batch.columns[$0].gathered(positions, count: pairs.count) }
  }

  private var translated: (pairs: Buffer, count: Int, positions: Buffer)?

  /// The pairs' probe rows as positions in the batch's storage.
  private func storagePositions(_ pairs: PairList) -> UnsafePointer<UInt32> {
    guard let selection = batch.selection else { return UnsafePointer(pairs.probeRows) }
    if let known = translated, known.pairs === pairs.probe, known.count == pairs.count {
      return UnsafePointer(known.positions.base.assumingMemoryBound(to: UInt32.self))
    }
    let buffer = Buffer(byteCount: pairs.count * 4)
    let target = buffer.base.assumingMemoryBound(to: UInt32.self)
    for index in 0..<pairs.count { target[index] = selection.positions[Int(pairs.probeRows[index])] }
    translated = (pairs.probe, pairs.count, buffer)
    return UnsafePointer(target)
  }
}

/// Pairs of a living probe row and a build row.
private struct PairList {
  let capacity: Int
  private(set) var probe: Buffer
  private(set) var build: Buffer
  private(set) var count = 0
  /// Whether pair i is of probe row i.
  private(set) var isIdentity = false

  init(capacity: Int) {
    self.capacity = capacity
    probe = Buffer(byteCount: (capacity + 1) * 4)
    build = Buffer(byteCount: (capacity + 1) * 4)
  }

  var probeRows: UnsafeMutablePointer<UInt32> { probe.base.assumingMemoryBound(to: UInt32.self) }
  var buildRows: UnsafeMutablePointer<UInt32> { build.base.assumingMemoryBound(to: UInt32.self) }
  var isFull: Bool { count >= capacity }

  @inline(__always)
  mutating func append(_ row: UInt32, _ partner: UInt32) {
    probeRows[count] = row
    buildRows[count] = partner
    count &+= 1
  }

  /// Pairs a row with as many of the build rows `start ..< end` as there is room for; returns how many.
  mutating func append(_ row: UInt32, from start: Int, to end: Int) -> Int {
    let amount = min(end - start, capacity - count)
    for index in 0..<amount {
      probeRows[count &+ index] = row
      buildRows[count &+ index] = UInt32(truncatingIfNeeded: start &+ index)
    }
    count += amount
    return amount
  }

  /// Pairs each row with its first partner, where it has one.
  mutating func appendMatches(_ first: UnsafeMutablePointer<UInt32>, count rows: Int) {
    let (probe, build) = (probeRows, buildRows)
    var kept = 0
    for row in 0..<rows {
      probe[kept] = UInt32(truncatingIfNeeded: row)
      build[kept] = first[row]
      kept &+= bit(first[row] != JoinTable.none)
    }
    count = kept
    isIdentity = kept == rows
  }

  /// Keeps the pairs at some positions.
  mutating func keep(_ selection: SelectionVector) {
    if selection.count == count { return }
    let (oldProbe, oldBuild) = (probeRows, buildRows)
    let (keptProbe, keptBuild) = (Buffer(byteCount: (capacity + 1) * 4), Buffer(byteCount: (capacity + 1) * 4))
    let newProbe = keptProbe.base.assumingMemoryBound(to: UInt32.self)
    let newBuild = keptBuild.base.assumingMemoryBound(to: UInt32.self)
    for index in 0..<selection.count {
      newProbe[index] = oldProbe[Int(selection.positions[index])]
      newBuild[index] = oldBuild[Int(selection.positions[index])]
    }
    (probe, build) = (keptProbe, keptBuild)
    count = selection.count
    isIdentity = false
  }
}

/// NOT IN over equality keys: whether a probe row without a match might match if NULLs were known.
private enum NullAwareness {
  static func isUnknown(
    _ row: Int, _ keys: [Vector], _ build: JoinBuild, _ table: JoinTable, _ run: QueryRun
  ) -> Bool {
    if build.isEmpty { return false }
    let hasNull = keys.contains { !$0.isValid(row) }
    if keys.count == 1 { return hasNull || build.hasNullKeys }
    // Many rows against many: whether the run is over is looked at on the way, and the answer then means nothing.
    if !hasNull {
      return table.nullRows.contains { $0 & 0xFFF == 0 && run.isStopped || couldMatch(row, keys, build, Int($0)) }
    }
    return (0..<build.count).contains { $0 & 0xFFF == 0 && run.isStopped || couldMatch(row, keys, build, $0) }
  }

  /// Whether all keys are equal or unknown.
  private static func couldMatch(_ row: Int, _ keys: [Vector], _ build: JoinBuild, _ partner: Int) -> Bool {
    for (key, index) in zip(keys, build.shape.buildKeyIndexes) {
      let other = build.columns[index]
      if key.isValid(row), other.isValid(partner), !RowComparison.equalRows(key, row, other, partner) { return false }
    }
    return true
  }
}
