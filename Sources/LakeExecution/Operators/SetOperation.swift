import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// INTERSECT and EXCEPT as a grouping: both sides in one union with a tag, rows counted by side, and each group
/// repeated as often as the operation says.
struct SideCounting {
  let union: LogicalPlan
  private let columns: [OutputColumn]
  private let tag: OutputColumn
  private let operation: SetOperationNode.Operation
  private let isAll: Bool

  init(_ node: SetOperationNode) {
    operation = node.operation
    isAll = node.isAll
    tag = OutputColumn(name: "side", type: .int, isNullable: false)
    columns = node.columns.map { OutputColumn(name: $0.name, type: $0.type, isNullable: $0.isNullable) }
    let sides = [node.left, node.right].enumerated().map { index, plan in
      let side = NamedExpression(name: "side", .literal(.integer(Int64(index)), .int))
      return LogicalPlan.project(
        ProjectNode(input: plan, expressions: plan.columns.map { .passing($0) } + [side]))
    }
    union = .union(UnionNode(inputs: sides, columns: columns + [tag]))
  }

  /// The grouping over the union's rows.
  func aggregation(_ layout: ColumnLayout, _ context: EvaluationContext) throws(QueryError) -> AggregationPlan {
    let (operation, isAll) = (operation, isAll)
    let overload = AggregateOverload([.int], .bigint, isNeverNull: true) { _ in
      SideCounts(operation: operation, isAll: isAll)
    }
    let count = AggregationPlan.Aggregate(
      overload: overload, arguments: [columns.count], argumentTypes: [.int], filter: nil, order: [], orderKeys: [],
      isDistinct: false, span: nil)
    return try AggregationPlan(
      groups: columns.map { .column($0) }, further: [.column(tag)], aggregates: [count], layout: layout,
      context: context)
  }
}

/// Counts the rows of a group on each side; the result is how many copies of the row the operation yields.
private final class SideCounts: Accumulator {
  private let operation: SetOperationNode.Operation
  private let isAll: Bool
  private var counts: [(left: Int64, right: Int64)] = []

  init(operation: SetOperationNode.Operation, isAll: Bool) {
    self.operation = operation
    self.isAll = isAll
  }

  var byteCount: Int { counts.count * 16 }

  func resize(groupCount: Int) {
    if groupCount > counts.count {
      counts.append(contentsOf: repeatElement((left: 0, right: 0), count: groupCount - counts.count))
    }
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let side = arguments[0].flattened()
    let sides = side.slots(Int32.self)
    for row in 0..<count {
      if sides[row] == 0 { counts[Int(groups[row])].left += 1 } else { counts[Int(groups[row])].right += 1 }
    }
  }

  func updateSingleGroup(arguments: [Vector], count: Int) throws(QueryError) {
    let zeros = Buffer.zeroed(byteCount: count * 4)
    try update(groups: zeros.base.assumingMemoryBound(to: UInt32.self), arguments: arguments, count: count)
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    guard let other = other as? SideCounts else { throw .internal("side counts merged with another aggregate") }
    for group in 0..<count {
      counts[Int(groups[group])].left += other.counts[group].left
      counts[Int(groups[group])].right += other.counts[group].right
    }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] {
    let sides = [Vector.flat(.bigint, count: count), Vector.flat(.bigint, count: count)]
    let (left, right) = (sides[0].slots(Int64.self), sides[1].slots(Int64.self))
    for row in 0..<count { (left[row], right[row]) = counts[start + row] }
    return sides
  }

  func load(_ states: [Vector], count: Int) throws(QueryError) {
    let (left, right) = (states[0].slots(Int64.self), states[1].slots(Int64.self))
    counts = (0..<count).map { (left: left[$0], right: right[$0]) }
  }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    let result = Vector.flat(.bigint, count: count)
    for row in 0..<count { result.slots(Int64.self)[row] = copies(counts[start + row]) }
    return result
  }

  private func copies(_ counts: (left: Int64, right: Int64)) -> Int64 {
    switch (operation, isAll) {
    case (.intersect, true): min(counts.left, counts.right)
    case (.intersect, false): counts.left > 0 && counts.right > 0 ? 1 : 0
    case (.except, true): max(0, counts.left - counts.right)
    case (.except, false): counts.left > 0 && counts.right == 0 ? 1 : 0
    }
  }
}

/// Yields each row as often as its last column, a count, says.
final class RepeatOperator: PipelineTransform {
  let node: OperatorNode

  init(node: OperatorNode) { self.node = node }

  func makeConsumer(_ worker: Worker, next: any BatchConsumer) throws(QueryError) -> any BatchConsumer {
    Consumer(worker, next)
  }

  private final class Consumer: BatchConsumer {
    private let worker: Worker
    private let next: any BatchConsumer

    init(_ worker: Worker, _ next: any BatchConsumer) {
      self.worker = worker
      self.next = next
    }

    func consume(_ batch: Batch) throws(QueryError) -> Flow {
      let dense = batch.compacted()
      let columns = dense.columns.dropLast()
      let multiplicity = dense.columns[columns.count].flattened()
      let copies = multiplicity.slots(Int64.self)
      let size = worker.run.settings.batchSize
      var positions = SelectionVector.scratch(size)
      var filled = 0
      for row in 0..<dense.count {
        for _ in 0..<copies[row] {
          positions.base.assumingMemoryBound(to: UInt32.self)[filled] = UInt32(row)
          filled += 1
          if filled < size { continue }
          if case .done = try pass(columns, positions, filled) { return .done }
          positions = SelectionVector.scratch(size)
          filled = 0
        }
      }
      return try pass(columns, positions, filled)
    }

    private func pass(_ columns: ArraySlice<Vector>, _ positions: Buffer, _ count: Int) throws(QueryError) -> Flow {
      if count == 0 { return .more }
      try worker.run.checkpoint()
      let rows = positions.base.assumingMemoryBound(to: UInt32.self)
      return try next.consume(Batch(columns: columns.map { $0.gathered(rows, count: count) }, count: count))
    }

    func finish() throws(QueryError) { try next.finish() }
  }
}
