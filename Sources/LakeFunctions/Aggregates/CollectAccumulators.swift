import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// `collect_list`: the values of a group in the order they came, without NULLs.
final class ListAccumulator: Accumulator {
  private var log: ValueLog
  private var chains = EntryChains()

  init(element: LogicalType) {
    log = ValueLog(element)
  }

  var byteCount: Int { log.byteCount + chains.byteCount }
  func resize(groupCount: Int) { chains.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let source = arguments[0].slotVector
    arguments[0].forEachValid(count) { row, slot in
      log.append(slot: slot, of: source)
      chains.append(to: Int(groups[row]))
    }
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let other = try peer(other)
    let theirs = other.log.allValues()
    for index in 0..<count {
      other.chains.forEach(index) { entry in
        log.append(slot: entry, of: theirs)
        chains.append(to: Int(groups[index]))
      }
    }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] {
    [chains.lists(of: &log, from: start, count: count)]
  }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) { chains.load(vectors[0], into: &log) }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    chains.lists(of: &log, from: start, count: count)
  }
}

/// `string_agg`: the values of a group joined by a delimiter, in the order they came; NULLs are left out.
final class JoinAccumulator: Accumulator {
  private let type: LogicalType
  private let delimiter: [UInt8]
  private var log: ValueLog
  private var chains = EntryChains()

  init(_ type: LogicalType, delimiter: [UInt8]) {
    self.type = type
    self.delimiter = delimiter
    log = ValueLog(type)
  }

  var byteCount: Int { log.byteCount + chains.byteCount }
  func resize(groupCount: Int) { chains.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let source = arguments[0].slotVector
    arguments[0].forEachValid(count) { row, slot in
      log.append(slot: slot, of: source)
      chains.append(to: Int(groups[row]))
    }
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let other = try peer(other)
    let theirs = other.log.allValues()
    for index in 0..<count {
      other.chains.forEach(index) { entry in
        log.append(slot: entry, of: theirs)
        chains.append(to: Int(groups[index]))
      }
    }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] {
    [chains.lists(of: &log, from: start, count: count)]
  }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) { chains.load(vectors[0], into: &log) }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    let builder = VectorBuilder(type, capacity: count)
    var joined: [UInt8] = []
    for group in start..<start + count {
      if chains.count(group) == 0 {
        builder.appendNull()
        continue
      }
      joined.removeAll(keepingCapacity: true)
      var isFirst = true
      chains.forEach(group) { entry in
        if !isFirst { joined.append(contentsOf: delimiter) }
        isFirst = false
        log.slot(entry).withBytes { joined.append(contentsOf: $0) }
      }
      joined.withUnsafeBufferPointer { builder.append(bytes: $0) }
    }
    return builder.finish()
  }
}

/// `collect_set`: the distinct values of a group, in the order they first came.
final class SetAccumulator: Accumulator {
  private var values: DistinctValues

  init(element: LogicalType) {
    values = DistinctValues(element)
  }

  var byteCount: Int { values.byteCount }
  func resize(groupCount: Int) { values.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    values.add(arguments[0], groups, count)
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    try values.merge(peer(other).values, groups, count)
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] { values.states(from: start, count: count) }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) { values.load(vectors) }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    values.lists(from: start, count: count).values
  }
}

/// `mode`: the most frequent value of a group; of several, the smallest.
final class ModeAccumulator: Accumulator {
  private let type: LogicalType
  private var values: DistinctValues

  init(_ type: LogicalType) {
    self.type = type
    values = DistinctValues(type)
  }

  var byteCount: Int { values.byteCount }
  func resize(groupCount: Int) { values.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    values.add(arguments[0], groups, count)
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    try values.merge(peer(other).values, groups, count)
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] { values.states(from: start, count: count) }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) { values.load(vectors) }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector {
    let all = values.allValues()
    let rows = Buffer(byteCount: count * 4)
    let picks = rows.base.assumingMemoryBound(to: UInt32.self)
    for index in 0..<count {
      var best: Int?
      values.chains.forEach(start + index) { entry in
        if let old = best, !isMoreFrequent(entry, old, all) { return }
        best = entry
      }
      picks[index] = best.map { UInt32(truncatingIfNeeded: $0) } ?? .max
    }
    return withExtendedLifetime(rows) { all.gatheredOrNull(UnsafePointer(picks), count: count) }
  }

  private func isMoreFrequent(_ entry: Int, _ old: Int, _ all: Vector) -> Bool {
    let (count, oldCount) = (values.occurrences(entry), values.occurrences(old))
    if count != oldCount { return count > oldCount }
    return RowComparison.compare(all, entry, all, old) < 0
  }
}
