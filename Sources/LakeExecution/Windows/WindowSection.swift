import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// Some whole partitions in sorted order, whose window functions one worker computes.
final class WindowSection {
  let plan: WindowPlan
  let count: Int
  private let columns: [Vector]
  private let order: RowOrder
  private let start: Int
  /// First rows of the partitions, and the end.
  let partitionBounds: [Int]
  /// For each row, relative to its partition: the first row of its peer group and the row behind the last.
  let peerStart: UnsafeMutablePointer<Int32>
  let peerEnd: UnsafeMutablePointer<Int32>
  private let peers: Buffer
  private var gatheredColumns: [Int: Vector] = [:]
  /// Of the peer groups and the columns in order.
  private let memory: MemoryReservation
  private let resultMemory: MemoryReservation
  private static let consumer: StaticString = "window partition"

  init(
    plan: WindowPlan, columns: [Vector], order: RowOrder, sort: NormalizedRows, rows: Range<Int>, run: QueryRun
  ) throws(QueryError) {
    self.plan = plan
    self.columns = columns
    self.order = order
    start = rows.lowerBound
    count = rows.count
    memory = MemoryReservation(run.budget, for: Self.consumer, allowance: run.spillPolicy.smallestSpill)
    resultMemory = MemoryReservation(run.budget, for: Self.consumer, allowance: run.spillPolicy.smallestSpill)
    try memory.resize(to: rows.count * 8)
    peers = try .allocated(byteCount: rows.count * 8, for: Self.consumer)
    peerStart = peers.base.assumingMemoryBound(to: Int32.self)
    peerEnd = peerStart + rows.count
    partitionBounds = Self.findPeers(order.positions + rows.lowerBound, rows.count, sort, peerStart, peerEnd)
  }

  /// Writes the peer groups of all rows; returns where partitions start, and the end.
  private static func findPeers(
    _ positions: UnsafeMutablePointer<UInt32>, _ count: Int, _ sort: NormalizedRows,
    _ peerStart: UnsafeMutablePointer<Int32>, _ peerEnd: UnsafeMutablePointer<Int32>
  ) -> [Int] {
    let boundary = sort.levelsBeforeBoundary
    var bounds = [0]
    var group = 0
    for row in 1..<max(1, count + 1) {
      var isNewPartition = row == count
      var isNewGroup = isNewPartition
      if row < count {
        let (before, this) = (Int(positions[row - 1]), Int(positions[row]))
        isNewPartition = !sort.areEqual(before, this, levels: 0..<boundary)
        isNewGroup = isNewPartition || !sort.areEqual(before, this, levels: boundary..<sort.levels.count)
      }
      if isNewGroup {
        let partition = bounds[bounds.count - 1]
        for peer in group..<row {
          peerStart[peer] = Int32(group - partition)
          peerEnd[peer] = Int32(row - partition)
        }
        group = row
      }
      if isNewPartition { bounds.append(row) }
    }
    return bounds
  }

  var partitions: [Range<Int>] { zip(partitionBounds, partitionBounds.dropFirst()).map { $0..<$1 } }

  /// A stored column in sorted order, flat or constant.
  func column(_ index: Int) throws(QueryError) -> Vector {
    if let known = gatheredColumns[index] { return known }
    try memory.grow(by: count * columns[index].physical.width)
    let gathered = columns[index].gathered(order.positions + start, count: count)
    let flat = gathered.encoding == .dictionary ? gathered.flattened() : gathered
    gatheredColumns[index] = flat
    return flat
  }

  /// The results of all functions, a vector of `count` rows each.
  func results(_ run: QueryRun) throws(QueryError) -> [Vector] {
    var results: [Vector] = []
    for call in plan.calls {
      try run.checkpoint()
      do throws(QueryError) {
        results.append(try result(call, run))
      } catch {
        throw error.at(call.span)
      }
      try resultMemory.resize(to: HeldBytes.of(results))
    }
    return results
  }

  private func result(_ call: WindowPlan.Call, _ run: QueryRun) throws(QueryError) -> Vector {
    switch call.function {
    case .window(let function, let overload):
      if let ranking = Ranking(rawValue: function.name) { return ranking.result(self, overload.returnType) }
      return try kernelResult(call, overload, run)
    case .aggregate(_, let overload):
      return try FramedAggregate(section: self, call: call, overload: overload, run: run).result()
    }
  }

  private func kernelResult(
    _ call: WindowPlan.Call, _ overload: WindowOverload, _ run: QueryRun
  ) throws(QueryError) -> Vector {
    let arguments = try call.arguments.map { (index) throws(QueryError) in try column(index) }
    let pieceMemory = MemoryReservation(run.budget, for: Self.consumer, allowance: run.spillPolicy.smallestSpill)
    try pieceMemory.resize(to: count * (8 + overload.returnType.physical.width))
    let frames = try frames(call.frame, run)
    var pieces: [Vector] = []
    for partition in partitions {
      let (first, size) = (partition.lowerBound, partition.count)
      let input = WindowPartition(
        count: size, arguments: arguments.map { $0.sliced(from: first, count: size) }, peerStart: peerStart + first,
        peerEnd: peerEnd + first, frameStart: frames.start + first, frameEnd: frames.end + first)
      pieces.append(try withExtendedLifetime((frames, peers)) { () throws(QueryError) in try overload.kernel(input) })
    }
    return VectorConcatenation.concatenated(pieces, type: overload.returnType)
  }

  /// The frames of all rows.
  func frames(_ frame: BoundFrame, _ run: QueryRun) throws(QueryError) -> FrameBounds {
    let bounds = try FrameBounds(count: count)
    let key = plan.orderKeys.count == 1 ? try column(plan.orderKeys[0]) : nil
    for partition in partitions {
      try run.checkpoint()
      let calculator = FrameCalculator(
        frame: frame, count: partition.count, peerStart: peerStart + partition.lowerBound,
        peerEnd: peerEnd + partition.lowerBound,
        key: key?.sliced(from: partition.lowerBound, count: partition.count),
        isDescending: plan.orderColumns.first?.isDescending ?? false)
      try calculator.write(to: bounds.start + partition.lowerBound, bounds.end + partition.lowerBound)
    }
    return bounds
  }

  /// Rows of the output.
  func batch(_ results: [Vector], from first: Int, count: Int) -> Batch {
    let rows = order.positions + start + first
    let passed = columns.prefix(plan.outputCount).map { $0.gathered(rows, count: count) }
    return Batch(columns: passed + results.map { $0.sliced(from: first, count: count) }, count: count)
  }
}

/// Functions of the order alone, computed for many partitions at once.
private enum Ranking: String {
  case rowNumber = "row_number"
  case rank
  case denseRank = "dense_rank"

  func result(_ section: WindowSection, _ type: LogicalType) -> Vector {
    let result = Vector.flat(type, count: section.count)
    for partition in section.partitions {
      var dense: Int64 = 0
      for row in partition {
        let position = Int32(row - partition.lowerBound)
        if section.peerStart[row] == position { dense += 1 }
        let value: Int64
        switch self {
        case .rowNumber: value = Int64(position) + 1
        case .rank: value = Int64(section.peerStart[row]) + 1
        case .denseRank: value = dense
        }
        if type.physical == .int32 {
          result.slots(Int32.self)[row] = Int32(truncatingIfNeeded: value)
        } else {
          result.slots(Int64.self)[row] = value
        }
      }
    }
    return result
  }
}
