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
  private let seen: GroupTable?
  private let keys: KeyRows?
  /// Otherwise: groups and vectors as they came.
  private var batches: [(groups: Buffer, vectors: [Vector], count: Int)] = []
  private var batchBytes = 0

  init(_ aggregate: AggregationPlan.Aggregate) {
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

  func add(_ groups: UnsafePointer<UInt32>, _ vectors: [Vector], _ count: Int) {
    let copy = Buffer(byteCount: count * 4)
    copy.base.assumingMemoryBound(to: UInt32.self).update(from: groups, count: count)
    if seen == nil {
      let owned = vectors.map { VectorConcatenation.concatenated([$0], type: $0.type) }
      batches.append((copy, owned, count))
      batchBytes += owned.reduce(count * 4) { $0 + $1.byteCount }
    } else {
      insert(copy, vectors, count)
    }
  }

  private func insert(_ groups: Buffer, _ vectors: [Vector], _ count: Int) {
    guard let seen, let keys else { return }
    let all = [Vector(type: .int, encoding: .flat, count: count, owner: groups)] + vectors
    let numbers = Buffer(byteCount: count * 4)
    keys.encode(all, count: count)
    seen.findOrInsert(keys, all, into: numbers.base.assumingMemoryBound(to: UInt32.self))
  }

  /// Adds another worker's rows; `map`: the group here for each group there.
  func merge(_ other: DeferredRows, _ map: UnsafePointer<UInt32>) {
    for batch in other.collected() {
      let groups = Buffer(byteCount: batch.count * 4)
      let target = groups.base.assumingMemoryBound(to: UInt32.self)
      let source = batch.groups.base.assumingMemoryBound(to: UInt32.self)
      for row in 0..<batch.count { target[row] = map[Int(source[row])] }
      add(target, batch.vectors, batch.count)
    }
  }

  /// All rows kept, in batches.
  private func collected() -> [(groups: Buffer, vectors: [Vector], count: Int)] {
    guard let seen else { return batches }
    return stride(from: 0, to: seen.count, by: Batch.capacity).map { start in
      let count = min(Batch.capacity, seen.count - start)
      let groups = seen.keyColumn(0, from: start, count: count)
      let vectors = types.indices.map { seen.keyColumn($0 + 1, from: start, count: count) }
      return (groups.owner, vectors, count)
    }
  }

  /// Gives all rows to the accumulator.
  func feed(
    _ accumulator: any Accumulator, _ aggregate: AggregationPlan.Aggregate, _ run: QueryRun
  ) throws(QueryError) {
    let rows = orderKeys.isEmpty ? collected() : try sorted(run)
    for batch in rows {
      try run.checkpoint()
      let groups = batch.groups.base.assumingMemoryBound(to: UInt32.self)
      do throws(QueryError) {
        try accumulator.update(
          groups: groups, arguments: Array(batch.vectors.prefix(argumentCount)), count: batch.count)
      } catch {
        throw error.at(aggregate.span)
      }
    }
  }

  private func sorted(_ run: QueryRun) throws(QueryError) -> [(groups: Buffer, vectors: [Vector], count: Int)] {
    let all = collected()
    let total = all.reduce(0) { $0 + $1.count }
    if total == 0 { return [] }
    let groups = VectorConcatenation.concatenated(
      all.map { Vector(type: .int, encoding: .flat, count: $0.count, owner: $0.groups) }, type: .int)
    let vectors = types.indices.map { index in
      VectorConcatenation.concatenated(all.map { $0.vectors[index] }, type: types[index])
    }
    let keys = SortedRows(orderKeys, Array(vectors.dropFirst(argumentCount)), count: total)
    let order = try keys.sorted(run)
    return stride(from: 0, to: total, by: Batch.capacity).map { start in
      let count = min(Batch.capacity, total - start)
      let rows = order.positions + start
      return (
        groups.gathered(rows, count: count).flattened().owner,
        vectors.prefix(argumentCount).map { $0.gathered(rows, count: count) }, count
      )
    }
  }
}
