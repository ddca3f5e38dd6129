import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// An aggregate over the frames of all rows of a section.
///
/// Whole partitions are grouped once. Short frames are spelt out as (row, frame row) pairs. Long frames are put
/// together from blocks of rows aggregated beforehand: running ones from a state carried along, sliding ones from
/// a tree of blocks.
struct FramedAggregate {
  private let section: WindowSection
  private let call: WindowPlan.Call
  private let overload: AggregateOverload
  private let run: QueryRun
  private let arguments: [Vector]
  /// Rows that FILTER lets through; nil = all.
  private let passes: UnsafeMutablePointer<UInt8>?
  private let passesOwner: Buffer?
  private let memory: StateMemory
  private static let block = 16
  /// Rows in a frame, on average, up to which frames are spelt out.
  private static let spelledOutLimit = 48

  init(
    section: WindowSection, call: WindowPlan.Call, overload: AggregateOverload, run: QueryRun
  ) throws(QueryError) {
    self.section = section
    self.call = call
    self.overload = overload
    self.run = run
    memory = StateMemory(run)
    arguments = try call.arguments.map { (index) throws(QueryError) in try section.column(index) }
    var truth: SelectionVector?
    if let filter = call.filter { truth = .whereTrue(try section.column(filter)) }
    passesOwner = truth == nil ? nil : try .allocatedZeroed(byteCount: section.count, for: "window")
    passes = passesOwner?.base.assumingMemoryBound(to: UInt8.self)
    if let truth, let passes {
      for index in 0..<truth.count { passes[Int(truth.positions[index])] = 1 }
    }
  }

  func result() throws(QueryError) -> Vector {
    if coversPartition { return try wholePartitions() }
    let frames = try section.frames(call.frame, run)
    memory.fixed = section.count * 8
    let states = makeAccumulator()
    states.resize(groupCount: section.count)
    var pairs = PairUpdates(states: states, arguments: arguments, passes: passes, memory: memory, run: run)
    for partition in section.partitions {
      try memory.count(states)
      try add(partition, frames, states, &pairs)
    }
    try pairs.flush()
    memory.fixed = 0
    try memory.count(states)
    return try states.results(from: 0, count: section.count)
  }

  private func makeAccumulator() -> any Accumulator { overload.makeAccumulator(run.settings.evaluation) }

  /// Whether every frame is the whole partition.
  private var coversPartition: Bool {
    let isPeers = call.frame.unit != .rows && section.plan.orderKeys.isEmpty
    switch (call.frame.start, call.frame.end) {
    case (.unboundedPreceding, .unboundedFollowing): return true
    case (.currentRow, .unboundedFollowing), (.unboundedPreceding, .currentRow), (.currentRow, .currentRow):
      return isPeers
    default: return false
    }
  }

  private func wholePartitions() throws(QueryError) -> Vector {
    let states = makeAccumulator()
    let partitions = section.partitions
    states.resize(groupCount: partitions.count)
    memory.fixed = section.count * 4
    try memory.count(states)
    let numbers = try Buffer.allocated(byteCount: section.count * 4, for: "window")
    let groups = numbers.base.assumingMemoryBound(to: UInt32.self)
    for (index, partition) in partitions.enumerated() {
      (groups + partition.lowerBound).initialize(repeating: UInt32(index), count: partition.count)
    }
    var pairs = PairUpdates(states: states, arguments: arguments, passes: passes, memory: memory, run: run)
    for row in 0..<section.count { try pairs.add(group: groups[row], row: row) }
    try pairs.flush()
    let results = try states.results(from: 0, count: partitions.count)
    return withExtendedLifetime(numbers) { results.gathered(groups, count: section.count) }
  }

  // MARK: One partition

  private func add(
    _ partition: Range<Int>, _ frames: FrameBounds, _ states: any Accumulator, _ pairs: inout PairUpdates
  ) throws(QueryError) {
    let first = partition.lowerBound
    var total = 0
    var isRunning = true
    for row in partition {
      total += Int(frames.end[row] - frames.start[row])
      let isEmpty = frames.end[row] == frames.start[row]
      let hasMovedBack = row > first && frames.end[row] < frames.end[row - 1]
      isRunning = isRunning && (isEmpty || frames.start[row] == 0) && !hasMovedBack
    }
    if total <= Self.spelledOutLimit * partition.count {
      for row in partition {
        try pairs.add(group: UInt32(row), rows: Int(frames.start[row])..<Int(frames.end[row]), first: first)
      }
    } else if isRunning {
      try addRunning(partition, frames, states, &pairs)
    } else {
      try addSliding(partition, frames, states, &pairs)
    }
  }

  /// Frames that start with the partition and never get shorter: full blocks are carried along in one state.
  private func addRunning(
    _ partition: Range<Int>, _ frames: FrameBounds, _ states: any Accumulator, _ pairs: inout PairUpdates
  ) throws(QueryError) {
    let first = partition.lowerBound
    let carry = makeAccumulator()
    carry.resize(groupCount: 1)
    var carried = 0
    var rests: [(row: Int, rows: Range<Int>)] = []
    for row in partition where frames.end[row] > frames.start[row] {
      if row & 0xFFF == 0 { try run.checkpoint() }
      let end = Int(frames.end[row])
      let full = end / Self.block * Self.block
      if full > carried {
        try update(carry, rows: first + carried..<first + full)
        carried = full
      }
      try merge(carry, into: row, states)
      try memory.countAtTimes(states)
      rests.append((row, full..<end))
    }
    for rest in rests { try pairs.add(group: UInt32(rest.row), rows: rest.rows, first: first) }
  }

  /// Any frames: rows at both ends are added one by one, blocks in between from a tree of states.
  private func addSliding(
    _ partition: Range<Int>, _ frames: FrameBounds, _ states: any Accumulator, _ pairs: inout PairUpdates
  ) throws(QueryError) {
    let first = partition.lowerBound
    let fixed = memory.fixed
    defer { memory.fixed = fixed }
    let tree = try blockTree(partition, states)
    // Earlier rows reach a state before later ones, for aggregates that look at the order.
    for row in partition {
      let frame = Int(frames.start[row])..<Int(frames.end[row])
      try pairs.add(group: UInt32(row), rows: Self.head(of: frame), first: first)
    }
    try pairs.flush()
    for row in partition {
      if row & 0xFFF == 0 { try run.checkpoint() }
      let frame = Int(frames.start[row])..<Int(frames.end[row])
      guard let blocks = Self.blocks(of: frame) else { continue }
      for (level, index) in Self.nodes(of: blocks, height: tree.count) {
        try merge(tree[level][index], into: row, states)
      }
      try memory.countAtTimes(states)
    }
    for row in partition {
      let frame = Int(frames.start[row])..<Int(frames.end[row])
      try pairs.add(group: UInt32(row), rows: Self.tail(of: frame), first: first)
    }
  }

  /// The full blocks of a frame; nil if it has none.
  private static func blocks(of frame: Range<Int>) -> Range<Int>? {
    let start = (frame.lowerBound + block - 1) / block
    let end = frame.upperBound / block
    return start < end ? start..<end : nil
  }

  private static func head(of frame: Range<Int>) -> Range<Int> {
    guard let blocks = blocks(of: frame) else { return frame }
    return frame.lowerBound..<blocks.lowerBound * block
  }

  private static func tail(of frame: Range<Int>) -> Range<Int> {
    guard let blocks = blocks(of: frame) else { return frame.upperBound..<frame.upperBound }
    return blocks.upperBound * block..<frame.upperBound
  }

  /// The nodes that make up a range of blocks, in order.
  private static func nodes(of blocks: Range<Int>, height: Int) -> [(level: Int, index: Int)] {
    var (start, end) = (blocks.lowerBound, blocks.upperBound)
    var front: [(Int, Int)] = []
    var back: [(Int, Int)] = []
    for level in 0..<height {
      let isTop = level == height - 1
      while start < end, isTop || start % block != 0 {
        front.append((level, start))
        start += 1
      }
      while start < end, end % block != 0 {
        end -= 1
        back.append((level, end))
      }
      if start >= end { break }
      start /= block
      end /= block
    }
    return front + back.reversed()
  }

  /// States of blocks of rows, of blocks of blocks, and so on.
  private func blockTree(
    _ partition: Range<Int>, _ states: any Accumulator
  ) throws(QueryError) -> [[any Accumulator]] {
    var level: [any Accumulator] = []
    for start in stride(from: partition.lowerBound, to: partition.upperBound, by: Self.block) {
      let state = makeAccumulator()
      state.resize(groupCount: 1)
      try update(state, rows: start..<min(start + Self.block, partition.upperBound))
      memory.fixed += state.byteCount
      try memory.countAtTimes(states)
      level.append(state)
    }
    var tree = [level]
    while level.count > Self.block {
      try run.checkpoint()
      var higher: [any Accumulator] = []
      for start in stride(from: 0, to: level.count, by: Self.block) {
        let state = makeAccumulator()
        state.resize(groupCount: 1)
        for child in level[start..<min(start + Self.block, level.count)] { try merge(child, into: 0, state) }
        memory.fixed += state.byteCount
        try memory.countAtTimes(states)
        higher.append(state)
      }
      tree.append(higher)
      level = higher
    }
    return tree
  }

  private func merge(_ state: any Accumulator, into group: Int, _ states: any Accumulator) throws(QueryError) {
    var number = UInt32(group)
    try withUnsafePointer(to: &number) { (pointer) throws(QueryError) in
      try states.merge(state, groups: pointer, count: 1)
    }
  }

  /// Adds rows to a state of one group.
  private func update(_ state: any Accumulator, rows: Range<Int>) throws(QueryError) {
    guard let passes else {
      let slices = arguments.map { $0.sliced(from: rows.lowerBound, count: rows.count) }
      return try state.updateSingleGroup(arguments: slices, count: rows.count)
    }
    let kept = rows.filter { passes[$0] != 0 }.map { UInt32($0) }
    if kept.isEmpty { return }
    let gathered = kept.withUnsafeBufferPointer { buffer in
      arguments.map { vector in
        buffer.baseAddress.map { vector.gathered($0, count: kept.count) } ?? vector
      }
    }
    try state.updateSingleGroup(arguments: gathered, count: kept.count)
  }
}

/// Counts what the states of frames hold while they grow: lists grow with each frame by as much as it is long.
private final class StateMemory {
  private let reservation: MemoryReservation
  /// Bytes held beside the states of the rows.
  var fixed = 0
  private var changes = 0
  /// Changes from one look to the next.
  private static let interval = 64

  init(_ run: QueryRun) {
    reservation = MemoryReservation(
      run.budget, for: "window partition", allowance: run.spillPolicy.smallestSpill)
  }

  func count(_ states: any Accumulator) throws(QueryError) { try reservation.resize(to: fixed + states.byteCount) }

  /// Counts after every so many changes.
  func countAtTimes(_ states: any Accumulator) throws(QueryError) {
    changes += 1
    if changes % Self.interval == 0 { try count(states) }
  }
}

/// Collects (group, row) pairs and adds them to the states in batches.
private struct PairUpdates {
  private let states: any Accumulator
  private let arguments: [Vector]
  private let passes: UnsafeMutablePointer<UInt8>?
  private let memory: StateMemory
  private let run: QueryRun
  private let groupBuffer = Buffer(byteCount: Batch.capacity * 4)
  private let rowBuffer = Buffer(byteCount: Batch.capacity * 4)
  private var count = 0

  init(
    states: any Accumulator, arguments: [Vector], passes: UnsafeMutablePointer<UInt8>?, memory: StateMemory,
    run: QueryRun
  ) {
    self.memory = memory
    self.run = run
    self.states = states
    self.arguments = arguments
    self.passes = passes
  }

  @inline(__always)
  mutating func add(group: UInt32, row: Int) throws(QueryError) {
    if let passes, passes[row] == 0 { return }
    groupBuffer.base.assumingMemoryBound(to: UInt32.self)[count] = group
    rowBuffer.base.assumingMemoryBound(to: UInt32.self)[count] = UInt32(truncatingIfNeeded: row)
    count &+= 1
    if count == Batch.capacity { try flush() }
  }

  /// Adds the rows of a frame, which count from `first`.
  mutating func add(group: UInt32, rows: Range<Int>, first: Int) throws(QueryError) {
    for row in rows { try add(group: group, row: first &+ row) }
  }

  mutating func flush() throws(QueryError) {
    if count == 0 { return }
    try run.checkpoint()
    let rows = rowBuffer.base.assumingMemoryBound(to: UInt32.self)
    let gathered = arguments.map { $0.gathered(rows, count: count) }
    try states.update(
      groups: groupBuffer.base.assumingMemoryBound(to: UInt32.self), arguments: gathered, count: count)
    try memory.count(states)
    count = 0
  }
}
