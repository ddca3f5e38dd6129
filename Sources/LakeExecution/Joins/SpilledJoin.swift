import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// Joins the parts of a spilled join, each by itself, when the probe side has been split as the build side was.
///
/// A part that is still too large is split further. Where that does not help, because most rows have one key, the
/// build rows are taken a piece at a time, and the probe rows are read once for each piece.
final class SpilledJoin: PipelineTransform {
  let node: OperatorNode
  private let build: JoinBuild

  init(_ build: JoinBuild, node: OperatorNode) {
    self.build = build
    self.node = node
  }

  func makeConsumer(_ worker: Worker, next: any BatchConsumer) throws(QueryError) -> any BatchConsumer {
    Consumer(build, worker, next)
  }

  private struct Part {
    var build: SpilledRows
    var probe: SpilledRows
    var level: Int
  }

  /// Takes a batch for each part; the worker's morsel is its number.
  private final class Consumer: BatchConsumer {
    private let build: JoinBuild
    private let shape: JoinShape
    private let worker: Worker
    private let run: QueryRun
    private let next: any BatchConsumer

    init(_ build: JoinBuild, _ worker: Worker, _ next: any BatchConsumer) {
      self.build = build
      self.worker = worker
      self.next = next
      shape = build.shape
      run = worker.run
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      guard let spill = build.spill else { return .more }
      let number = worker.morsel
      return try join(Part(build: spill.build.rows(number), probe: spill.probe.rows(number), level: 0))
    }

    func finish() throws(QueryError) { try next.finish() }

    private func join(_ part: Part) throws(QueryError) -> Flow {
      try run.checkpoint()
      if part.build.blocks.isEmpty, shape.kind.dropsUnmatchedProbeRows { return .more }
      if part.probe.blocks.isEmpty, !shape.kind.keepsBuildRows { return .more }
      let rows = part.build.rowCount
      let isSmall =
        part.level == PartitionedRows.deepestLevel || fits(part.build)
        || SpillPolicy.isTooSmallToSplit(rows: rows, bytes: part.build.byteCount)
      if isSmall { return try joinPiecewise(part) }
      for smaller in try split(part) {
        let isSplit = smaller.build.rowCount < rows / 10 * 9
        if case .done = try isSplit ? join(smaller) : joinPiecewise(smaller) { return .done }
      }
      return .more
    }

    // MARK: Splitting

    private func split(_ part: Part) throws(QueryError) -> [Part] {
      guard let spill = build.spill else { return [] }
      let builds = PartitionedRows(level: part.level + 1, node: spill.build.node)
      let probes = PartitionedRows(level: part.level + 1, node: spill.probe.node)
      try spill.split(part.build, into: builds, run)
      let probeWriter = ProbeSpiller(shape, probes, run)
      for block in part.probe.blocks.indices { try probeWriter.add(try part.probe.read(block)) }
      try probeWriter.flush()
      return (0..<PartitionedRows.partCount).map {
        Part(build: builds.rows($0), probe: probes.rows($0), level: part.level + 1)
      }
    }

    // MARK: Pieces of the build side

    private func neededBytes(_ block: SpilledBlock) -> Int {
      2 * block.byteCount + block.rowCount * (build.spill?.workingBytes ?? 0)
    }

    private func fits(_ rows: SpilledRows) -> Bool {
      let needed = rows.blocks.reduce(0) { $0 + neededBytes($1.block) }
      return needed <= run.spillPolicy.smallestSpill || !run.spillPolicy.isBeyond(needed * run.threads)
    }

    /// Reserves memory for successive blocks, as many as fit, but for one at least; returns the end of them.
    private func claim(
      _ rows: SpilledRows, from start: Int, _ claim: MemoryReservation
    ) throws(QueryError) -> Int {
      guard start < rows.blocks.count else { return start }
      try claim.grow(by: neededBytes(rows.blocks[start].block))
      var end = start + 1
      while end < rows.blocks.count, try run.spillPolicy.claim(neededBytes(rows.blocks[end].block), claim) { end += 1 }
      return end
    }

    private func read(_ rows: SpilledRows, _ blocks: Range<Int>) throws(QueryError) -> Batch {
      var batches: [Batch] = []
      for block in blocks {
        try run.checkpoint()
        batches.append(try rows.read(block))
      }
      if batches.count == 1 { return batches[0] }
      let types = build.types
      let columns = types.indices.map { index in
        VectorConcatenation.concatenated(batches.map { $0.columns[index] }, type: types[index])
      }
      return Batch(columns: columns, count: batches.reduce(0) { $0 + $1.physicalCount })
    }

    private func joinPiecewise(_ part: Part) throws(QueryError) -> Flow {
      var memory: ProbeMemory?
      var start = 0
      repeat {
        let held = MemoryReservation(run.budget, for: "hash join", allowance: .max)
        let end = try claim(part.build, from: start, held)
        let isLast = end == part.build.blocks.count
        if !isLast, memory == nil, shape.kind.concludesProbeRows {
          memory = try ProbeMemory(count: part.probe.rowCount, run)
        }
        memory?.begin(isLast: isLast)
        let piece = try JoinBuild(piece: try read(part.build, start..<end), of: build, run)
        if case .done = try join(piece, part.probe, memory) { return .done }
        withExtendedLifetime(held) {}
        start = end
      } while start < part.build.blocks.count
      return .more
    }

    private func join(_ piece: JoinBuild, _ probe: SpilledRows, _ memory: ProbeMemory?) throws(QueryError) -> Flow {
      let consumer = try JoinProbeConsumer(piece, worker, next, memory)
      for block in probe.blocks.indices {
        try run.checkpoint()
        for batch in try probe.read(block).pieces(of: run.settings.batchSize) {
          if case .done = try consumer.consume(batch) { return .done }
        }
      }
      guard shape.kind.keepsBuildRows else { return .more }
      consumer.handOverMatches()
      let remaining = try piece.remainingBatches(run)
      while let batch = try remaining.next() {
        if case .done = try next.consume(batch) { return .done }
      }
      return .more
    }
  }
}

/// Asks for the parts of a spilled join, one a morsel.
final class SpilledJoinSource: MorselSource {
  private let build: JoinBuild

  init(_ build: JoinBuild) { self.build = build }

  func start(_ run: QueryRun) throws(QueryError) -> Int { build.isSpilled ? PartitionedRows.partCount : 0 }

  func open(_ morsel: Int, _ run: QueryRun) throws(QueryError) -> any BatchReader {
    BatchListReader([Batch(columns: [], count: 1)])
  }
}

/// What is known of the probe rows of a part from the pieces of the build side that they have been joined with.
final class ProbeMemory {
  /// A byte a row: whether it has a match, and whether it may have one for all that is known.
  private var flags: [UInt8]
  private var position = 0
  private let reservation: MemoryReservation
  /// Whether the last piece is being joined.
  private(set) var isLast = false

  init(count: Int, _ run: QueryRun) throws(QueryError) {
    reservation = MemoryReservation(run.budget, for: "hash join", allowance: run.spillPolicy.smallestSpill)
    try reservation.resize(to: count)
    flags = Array(repeating: 0, count: count)
  }

  /// Starts over with the first probe row.
  func begin(isLast: Bool) {
    self.isLast = isLast
    position = 0
  }

  /// Writes what is known of the next rows.
  func recall(_ count: Int, matched: UnsafeMutablePointer<UInt8>, unknown: UnsafeMutablePointer<UInt8>) {
    for row in 0..<count {
      matched[row] = flags[position + row] & 1
      unknown[row] = flags[position + row] >> 1
    }
  }

  /// Keeps what is known now of the rows that `recall` was called for, and goes on behind them.
  func keep(_ count: Int, matched: UnsafeMutablePointer<UInt8>, unknown: UnsafeMutablePointer<UInt8>) {
    for row in 0..<count { flags[position + row] = matched[row] | unknown[row] << 1 }
    position += count
  }
}

/// Splits the probe rows of one worker by the hashes of their keys.
final class ProbeSpiller {
  private let shape: JoinShape
  private let keys: KeyRows
  private let scratch: EvaluationScratch?
  private let writer: PartitionWriter

  init(_ shape: JoinShape, _ parts: PartitionedRows, _ run: QueryRun) {
    self.shape = shape
    keys = KeyRows(shape.keyLayout)
    scratch = shape.probeKeys?.makeScratch()
    writer = PartitionWriter(parts, run)
  }

  func add(_ batch: Batch) throws(QueryError) {
    let dense = batch.compacted()
    var vectors: [Vector] = []
    if let evaluator = shape.probeKeys, let scratch { vectors = try evaluator.evaluate(dense, scratch) }
    keys.encode(vectors, count: dense.physicalCount)
    try writer.add(dense.columns, hashes: keys.hashes, count: dense.physicalCount)
  }

  func flush() throws(QueryError) { try writer.flush() }
}
