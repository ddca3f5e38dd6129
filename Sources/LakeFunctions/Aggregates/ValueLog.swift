import LakeColumnar
import LakeTypes

/// A growing list of values of one type, none of them NULL, read back by entry number.
struct ValueLog {
  let type: LogicalType
  private(set) var count = 0
  /// Fixed-width values and views, 16 bytes each for the wide ones and 8 for the others.
  private var narrow = StateColumn<UInt64>(0)
  private var wide = StateColumn(StringView.empty)
  private var heap = StringHeap()
  private let builder: VectorBuilder
  /// Nested values taken off the builder to be read.
  private var sealed: Vector?

  init(_ type: LogicalType) {
    self.type = type
    builder = VectorBuilder(type, capacity: 1)
  }

  var byteCount: Int { narrow.byteCount + wide.byteCount + heap.byteCount + (type.isNested ? builder.byteCount : 0) }

  /// Adds a row that is not NULL.
  mutating func append(_ vector: Vector, row: Int) { append(slot: vector.slotIndex(row), of: vector.slotVector) }

  /// Adds what stands in a slot of a flat or constant vector.
  @inline(__always)
  mutating func append(slot: Int, of source: Vector) {
    switch type.physical {
    case .bool, .int8: narrow.append(UInt64(source.slots(UInt8.self)[slot]))
    case .int16: narrow.append(UInt64(source.slots(UInt16.self)[slot]))
    case .int32, .float32: narrow.append(UInt64(source.slots(UInt32.self)[slot]))
    case .int64, .float64: narrow.append(source.slots(UInt64.self)[slot])
    case .int128: wide.append(source.slots(StringView.self)[slot])
    case .view: wide.append(heap.copy(source.slots(StringView.self)[slot]))
    case .list, .structure: builder.append(source, row: slot)
    }
    count &+= 1
  }

  /// The bits of a fixed-width value of up to 8 bytes.
  @inline(__always)
  func bits(_ entry: Int) -> UInt64 { narrow.base[entry] }

  /// The 16 bytes of a wide decimal or string.
  @inline(__always)
  func slot(_ entry: Int) -> StringView { wide.base[entry] }

  /// The values of entries as a flat vector; strings stay in this log's memory, which the vector keeps alive.
  mutating func gather(_ entries: UnsafePointer<UInt32>, count: Int) -> Vector {
    if type.isNested { return sealedRows().gathered(entries, count: count) }
    let result = Vector.flat(type, count: count, heaps: heap.buffers)
    switch type.physical {
    case .bool, .int8:
      let target = result.slots(UInt8.self)
      for row in 0..<count { target[row] = UInt8(truncatingIfNeeded: narrow.base[Int(entries[row])]) }
    case .int16:
      let target = result.slots(UInt16.self)
      for row in 0..<count { target[row] = UInt16(truncatingIfNeeded: narrow.base[Int(entries[row])]) }
    case .int32, .float32:
      let target = result.slots(UInt32.self)
      for row in 0..<count { target[row] = UInt32(truncatingIfNeeded: narrow.base[Int(entries[row])]) }
    case .int64, .float64:
      let target = result.slots(UInt64.self)
      for row in 0..<count { target[row] = narrow.base[Int(entries[row])] }
    default:
      let target = result.slots(StringView.self)
      for row in 0..<count { target[row] = wide.base[Int(entries[row])] }
    }
    return result
  }

  /// All nested values so far.
  private mutating func sealedRows() -> Vector {
    if builder.count > 0 || sealed == nil {
      let fresh = builder.finish()
      if let old = sealed {
        for row in 0..<old.count { builder.append(old, row: row) }
        for row in 0..<fresh.count { builder.append(fresh, row: row) }
        sealed = builder.finish()
      } else {
        sealed = fresh
      }
    }
    return sealed ?? builder.finish()
  }

  /// All values in order, to be added to another log.
  mutating func allValues() -> Vector {
    let numbers = Buffer(byteCount: count * 4)
    let entries = numbers.base.assumingMemoryBound(to: UInt32.self)
    for entry in 0..<count { entries[entry] = UInt32(truncatingIfNeeded: entry) }
    return withExtendedLifetime(numbers) { gather(UnsafePointer(entries), count: count) }
  }
}

/// For each group a chain of entry numbers, in the order they were added.
struct EntryChains {
  struct Chain: BitwiseCopyable {
    var head = EntryChains.end
    var tail = EntryChains.end
    var count: UInt32 = 0
  }
  static let end = UInt32.max
  private(set) var chains = StateColumn(Chain())
  private var next = StateColumn<UInt32>(EntryChains.end)

  var byteCount: Int { chains.byteCount + next.byteCount }

  mutating func resize(_ groups: Int) { chains.resize(groups) }

  /// Adds the next entry (numbers count up from 0) to a group.
  @inline(__always)
  mutating func append(to group: Int) {
    let entry = UInt32(truncatingIfNeeded: next.count)
    next.append(Self.end)
    let chains = chains.base
    if chains[group].count == 0 {
      chains[group].head = entry
    } else {
      next.base[Int(chains[group].tail)] = entry
    }
    chains[group].tail = entry
    chains[group].count &+= 1
  }

  func count(_ group: Int) -> Int { Int(chains.base[group].count) }

  /// How many entries some groups have together.
  func total(from start: Int, count: Int) -> Int {
    (start..<start + count).reduce(0) { $0 + self.count($1) }
  }

  /// The values of groups as lists.
  func lists(of log: inout ValueLog, from start: Int, count: Int) -> Vector {
    let (entries, lists, total) = entries(from: start, count: count)
    let elements = log.gather(entries.base.assumingMemoryBound(to: UInt32.self), count: total)
    withExtendedLifetime(entries) {}
    return Vector(
      type: .array(element: log.type, containsNull: false), encoding: .flat, count: count, owner: lists,
      children: [elements])
  }

  /// Adds what `lists` returned to an empty log, as the values of the first groups.
  mutating func load(_ lists: Vector, into log: inout ValueLog) {
    resize(lists.count)
    let source = lists.children[0].slotVector
    lists.forEachElement { group, element in
      log.append(slot: lists.children[0].slotIndex(element), of: source)
      append(to: group)
    }
  }

  /// Calls `body` with each entry of a group, in order.
  @inline(__always)
  func forEach(_ group: Int, _ body: (Int) -> Void) {
    var entry = chains.base[group].head
    while entry != Self.end {
      body(Int(entry))
      entry = next.base[Int(entry)]
    }
  }

  /// The entries of some groups one group behind the other, and where each group's lie.
  func entries(from start: Int, count: Int) -> (entries: Buffer, lists: Buffer, total: Int) {
    let total = total(from: start, count: count)
    let entries = Buffer(byteCount: total * 4)
    let lists = Buffer(byteCount: count * MemoryLayout<ListEntry>.stride)
    let target = entries.base.assumingMemoryBound(to: UInt32.self)
    let list = lists.base.assumingMemoryBound(to: ListEntry.self)
    var filled = 0
    for index in 0..<count {
      let first = filled
      forEach(start + index) { entry in
        target[filled] = UInt32(truncatingIfNeeded: entry)
        filled &+= 1
      }
      list[index] = ListEntry(
        offset: UInt32(truncatingIfNeeded: first), count: UInt32(truncatingIfNeeded: filled &- first))
    }
    return (entries, lists, total)
  }
}
