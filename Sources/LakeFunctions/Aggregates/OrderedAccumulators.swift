import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// `min` and `max` of strings, binary and nested types.
final class VariableExtremeAccumulator: Accumulator {
  private let extreme: Extreme
  private var states: ValueStates

  init(_ type: LogicalType, _ extreme: Extreme) {
    self.extreme = extreme
    states = ValueStates(type)
  }

  var byteCount: Int { states.byteCount }
  func resize(groupCount: Int) { states.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    if argument.physical == .view {
      addViews(groups, argument, count)
    } else {
      argument.forEachValid(count) { row, _ in
        let group = Int(groups[row])
        if states.content(group) == .nothing || isBetter(-states.compare(group, argument, row: row)) {
          states.set(group, argument, row: row)
        }
      }
    }
  }

  private func addViews(_ groups: UnsafePointer<UInt32>, _ argument: Vector, _ count: Int) {
    let views = UnsafePointer(argument.slotVector.slots(StringView.self))
    argument.forEachValid(count) { row, slot in
      let group = Int(groups[row])
      if states.content(group) == .nothing || isBetter(views[slot].compare(states.view(group))) {
        states.setView(group, views[slot])
      }
    }
  }

  /// Whether a value that compares so with the state replaces it.
  @inline(__always)
  private func isBetter(_ order: Int) -> Bool { extreme == .smallest ? order < 0 : order > 0 }

  func updateSingleGroup(arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    var best: (row: Int, slot: Int)?
    let slots = argument.slotVector
    let rows = argument.isConstant ? min(1, count) : count
    if argument.physical == .view {
      best = bestView(argument, rows)
    } else {
      argument.forEachValid(rows) { row, slot in
        if let old = best, !isBetter(RowComparison.compare(slots, slot, slots, old.slot)) { return }
        best = (row, slot)
      }
    }
    guard let best else { return }
    if states.content(0) == .nothing || isBetter(-states.compare(0, argument, row: best.row)) {
      states.set(0, argument, row: best.row)
    }
  }

  private func bestView(_ argument: Vector, _ count: Int) -> (row: Int, slot: Int)? {
    let views = UnsafePointer(argument.slotVector.slots(StringView.self))
    var best = (row: -1, slot: 0)
    argument.forEachValid(count) { row, slot in
      if best.row < 0 || isBetter(views[slot].compare(views[best.slot])) { best = (row, slot) }
    }
    return best.row < 0 ? nil : best
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let theirs = try peer(other).states.vector(from: 0, count: count)
    try update(groups: groups, arguments: [theirs], count: count)
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] {
    states.states(from: start, count: count)
  }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) { states.load(vectors[...], count: count) }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector { states.vector(from: start, count: count) }
}

/// `min_by` and `max_by`: the value of the row with the smallest or greatest key; rows without a key are skipped.
final class ExtremeByAccumulator: Accumulator {
  private let extreme: Extreme
  private var values: ValueStates
  private var keys: ValueStates

  init(value: LogicalType, key: LogicalType, _ extreme: Extreme) {
    self.extreme = extreme
    values = ValueStates(value)
    keys = ValueStates(key)
  }

  var byteCount: Int { values.byteCount + keys.byteCount }

  func resize(groupCount: Int) {
    values.resize(groupCount)
    keys.resize(groupCount)
  }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    arguments[1].forEachValid(count) { row, _ in
      let group = Int(groups[row])
      if keys.content(group) == .value {
        let order = keys.compare(group, arguments[1], row: row)
        // The last of equal keys wins, as in Spark.
        if extreme == .smallest ? order < 0 : order > 0 { return }
      }
      keys.set(group, arguments[1], row: row)
      values.set(group, arguments[0], row: row)
    }
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let other = try peer(other)
    let columns = [other.values.vector(from: 0, count: count), other.keys.vector(from: 0, count: count)]
    try update(groups: groups, arguments: columns, count: count)
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] {
    values.states(from: start, count: count) + keys.states(from: start, count: count)
  }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) {
    values.load(vectors.prefix(2), count: count)
    keys.load(vectors.suffix(2), count: count)
  }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector { values.vector(from: start, count: count) }
}

/// `first`, `last` and `any_value`.
final class EdgeAccumulator: Accumulator {
  enum Edge { case first, last }
  private let edge: Edge
  private let ignoresNulls: Bool
  private var states: ValueStates

  init(_ type: LogicalType, _ edge: Edge, ignoresNulls: Bool) {
    self.edge = edge
    self.ignoresNulls = ignoresNulls
    states = ValueStates(type)
  }

  var byteCount: Int { states.byteCount }
  func resize(groupCount: Int) { states.resize(groupCount) }

  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError) {
    let argument = arguments[0]
    for row in 0..<count {
      if ignoresNulls, !argument.isValid(row) { continue }
      let group = Int(groups[row])
      if edge == .last || states.content(group) == .nothing { states.set(group, argument, row: row) }
    }
  }

  func updateSingleGroup(arguments: [Vector], count: Int) throws(QueryError) {
    if edge == .first, states.content(0) != .nothing { return }
    let argument = arguments[0]
    var row = edge == .first ? 0 : count - 1
    while row >= 0, row < count, ignoresNulls, !argument.isValid(row) { row += edge == .first ? 1 : -1 }
    if row >= 0, row < count { states.set(0, argument, row: row) }
  }

  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError) {
    let other = try peer(other)
    let theirs = other.states.vector(from: 0, count: count)
    for index in 0..<count where other.states.content(index) != .nothing {
      let group = Int(groups[index])
      if edge == .first, states.content(group) != .nothing { continue }
      states.set(group, theirs, row: index)
    }
  }

  func states(from start: Int, count: Int) throws(QueryError) -> [Vector] {
    states.states(from: start, count: count)
  }

  func load(_ vectors: [Vector], count: Int) throws(QueryError) { states.load(vectors[...], count: count) }

  func results(from start: Int, count: Int) throws(QueryError) -> Vector { states.vector(from: start, count: count) }
}
