import LakeColumnar
import LakeTypes

/// The distinct values of many groups with their numbers of occurrences, found through one hash table.
///
/// Floats are normalised (one zero, one NaN); nested values are compared by an encoding of theirs.
struct DistinctValues {
  private let type: LogicalType
  /// The value of each entry in 16 bytes: bits, a view, or a view of the encoding.
  private var keys = StateColumn(StringView.empty)
  private var owners = StateColumn<UInt32>(0)
  private var hashes = StateColumn<UInt64>(0)
  private var counts = StateColumn<Int64>(0)
  /// Entry number + 1, or 0.
  private var table = StateColumn<UInt32>(0)
  private var heap = StringHeap()
  /// The values themselves where they are nested.
  private var nested: ValueLog?
  private(set) var chains = EntryChains()

  init(_ type: LogicalType) {
    self.type = type
    nested = type.isNested ? ValueLog(type) : nil
    table.resize(64)
  }

  var byteCount: Int {
    keys.byteCount + owners.byteCount + hashes.byteCount + counts.byteCount + table.byteCount + heap.byteCount
      + chains.byteCount + (nested?.byteCount ?? 0)
  }

  mutating func resize(_ groups: Int) { chains.resize(groups) }

  func occurrences(_ entry: Int) -> Int64 { counts.base[entry] }

  /// Adds the rows that are not NULL.
  mutating func add(_ vector: Vector, _ groups: UnsafePointer<UInt32>, _ count: Int) {
    let source = vector.slotVector
    if let words = vector.validity?.words, !vector.isConstant {
      words.forEachSet(count) { add(slot: vector.slotIndex($0), of: source, to: groups[$0], occurrences: 1) }
    } else if !vector.isConstantNull {
      for row in 0..<count { add(slot: vector.slotIndex(row), of: source, to: groups[row], occurrences: 1) }
    }
  }

  mutating func merge(_ other: DistinctValues, _ groups: UnsafePointer<UInt32>, _ count: Int) {
    var other = other
    let all = other.allValues()
    for entry in 0..<other.keys.count where Int(other.owners.base[entry]) < count {
      let group = groups[Int(other.owners.base[entry])]
      add(slot: entry, of: all, to: group, occurrences: other.counts.base[entry])
    }
  }

  private mutating func add(slot: Int, of source: Vector, to group: UInt32, occurrences: Int64) {
    if type.isNested {
      var encoding: [UInt8] = []
      RowEncoding.append(source, slot, to: &encoding)
      encoding.withUnsafeBufferPointer { bytes in
        guard let start = bytes.baseAddress else { return }
        insert(StringView(start, count: bytes.count), slot, source, group, occurrences)
      }
    } else {
      insert(Self.key(slot, source), slot, source, group, occurrences)
    }
  }

  private mutating func insert(
    _ key: StringView, _ slot: Int, _ source: Vector, _ group: UInt32, _ occurrences: Int64
  ) {
    let isText = type.physical == .view || type.isNested
    let content = isText ? key.contentHash : HashMix.mix(key.head ^ HashMix.seed0, key.tail ^ HashMix.seed1)
    let hash = HashMix.combine(content, UInt64(group))
    let mask = table.count - 1
    var position = Int(truncatingIfNeeded: hash) & mask
    while table.base[position] != 0 {
      let entry = Int(table.base[position]) - 1
      if hashes.base[entry] == hash, owners.base[entry] == group, isEqual(keys.base[entry], key, isText) {
        counts.base[entry] += occurrences
        return
      }
      position = (position + 1) & mask
    }
    keys.append(isText ? heap.copy(key) : key)
    owners.append(group)
    hashes.append(hash)
    counts.append(occurrences)
    nested?.append(slot: slot, of: source)
    chains.append(to: Int(group))
    table.base[position] = UInt32(truncatingIfNeeded: keys.count)
    if keys.count * 2 > table.count { rehash() }
  }

  @inline(__always)
  private func isEqual(_ a: StringView, _ b: StringView, _ isText: Bool) -> Bool {
    isText ? a == b : a.head == b.head && a.tail == b.tail
  }

  private mutating func rehash() {
    var larger = StateColumn<UInt32>(0)
    larger.resize(table.count * 4)
    for entry in 0..<keys.count {
      var position = Int(truncatingIfNeeded: hashes.base[entry]) & (larger.count - 1)
      while larger.base[position] != 0 { position = (position + 1) & (larger.count - 1) }
      larger.base[position] = UInt32(truncatingIfNeeded: entry + 1)
    }
    table = larger
  }

  /// A value's normalised bits, or its view.
  @inline(__always)
  static func key(_ slot: Int, _ source: Vector) -> StringView {
    switch source.physical {
    case .bool, .int8: StringView(head: UInt64(source.slots(UInt8.self)[slot]), tail: 0)
    case .int16: StringView(head: UInt64(source.slots(UInt16.self)[slot]), tail: 0)
    case .int32: StringView(head: UInt64(source.slots(UInt32.self)[slot]), tail: 0)
    case .float32: StringView(head: UInt64(source.slots(OrderedFloat.self)[slot].normalizedBits), tail: 0)
    case .float64: StringView(head: source.slots(OrderedDouble.self)[slot].normalizedBits, tail: 0)
    case .int64: StringView(head: source.slots(UInt64.self)[slot], tail: 0)
    default: source.slots(StringView.self)[slot]
    }
  }

  /// The values of entries as a flat vector.
  mutating func gather(_ entries: UnsafePointer<UInt32>, count: Int) -> Vector {
    if nested != nil, let values = nested?.gather(entries, count: count) { return values }
    let result = Vector.flat(type, count: count, heaps: heap.buffers)
    switch type.physical {
    case .bool, .int8: gather(UInt8.self, entries, result)
    case .int16: gather(UInt16.self, entries, result)
    case .int32, .float32: gather(UInt32.self, entries, result)
    case .int64, .float64: gather(UInt64.self, entries, result)
    default:
      let target = result.slots(StringView.self)
      for row in 0..<count { target[row] = keys.base[Int(entries[row])] }
    }
    return result
  }

  @inline(__always)
  private func gather<T: FixedWidthInteger & BitwiseCopyable>(
    _ slot: T.Type, _ entries: UnsafePointer<UInt32>, _ result: Vector
  ) {
    let target = result.slots(T.self)
    for row in 0..<result.count { target[row] = T(truncatingIfNeeded: keys.base[Int(entries[row])].head) }
  }

  /// The values of groups and their numbers of occurrences, as lists.
  mutating func lists(from start: Int, count: Int) -> (values: Vector, occurrences: Vector) {
    let (entries, lists, total) = chains.entries(from: start, count: count)
    let numbers = entries.base.assumingMemoryBound(to: UInt32.self)
    let elements = gather(numbers, count: total)
    let occurrences = Vector.flat(.bigint, count: total)
    let target = occurrences.slots(Int64.self)
    for index in 0..<total { target[index] = counts.base[Int(numbers[index])] }
    withExtendedLifetime(entries) {}
    func list(_ elements: Vector) -> Vector {
      Vector(
        type: .array(element: elements.type, containsNull: false), encoding: .flat, count: count, owner: lists,
        children: [elements])
    }
    return (list(elements), list(occurrences))
  }

  mutating func states(from start: Int, count: Int) -> [Vector] {
    let (values, occurrences) = lists(from: start, count: count)
    return [values, occurrences]
  }

  /// Adds what `states` returned to the first groups.
  mutating func load(_ vectors: [Vector]) {
    resize(vectors[0].count)
    let (values, counts) = (vectors[0].children[0], vectors[1].children[0].flattened())
    let source = values.slotVector
    vectors[0].forEachElement { group, element in
      add(
        slot: values.slotIndex(element), of: source, to: UInt32(truncatingIfNeeded: group),
        occurrences: counts.slots(Int64.self)[element])
    }
  }

  /// All values by entry number.
  mutating func allValues() -> Vector {
    let numbers = Buffer(byteCount: keys.count * 4)
    let entries = numbers.base.assumingMemoryBound(to: UInt32.self)
    for entry in 0..<keys.count { entries[entry] = UInt32(truncatingIfNeeded: entry) }
    return withExtendedLifetime(numbers) { gather(UnsafePointer(entries), count: keys.count) }
  }
}

/// Bytes that are equal exactly where values of one type are.
enum RowEncoding {
  /// Appends one row of a vector of any type; a NULL is a zero byte.
  static func append(_ vector: Vector, _ row: Int, to bytes: inout [UInt8]) {
    guard vector.isValid(row) else { return bytes.append(0) }
    bytes.append(1)
    let source = vector.slotVector
    let slot = vector.slotIndex(row)
    switch source.physical {
    case .list: appendList(source, slot, to: &bytes)
    case .structure: for child in source.children { append(child, slot, to: &bytes) }
    case .view:
      let view = source.slots(StringView.self)[slot]
      append(UInt32(truncatingIfNeeded: view.count), to: &bytes)
      view.withBytes { bytes.append(contentsOf: $0) }
    default:
      let key = DistinctValues.key(slot, source)
      append(key.head, to: &bytes)
      if source.physical == .int128 { append(key.tail, to: &bytes) }
    }
  }

  private static func appendList(_ source: Vector, _ slot: Int, to bytes: inout [UInt8]) {
    let entry = source.slots(ListEntry.self)[slot]
    append(entry.count, to: &bytes)
    for child in source.children {
      for index in 0..<Int(entry.count) { append(child, Int(entry.offset) + index, to: &bytes) }
    }
  }

  private static func append<T: FixedWidthInteger>(_ value: T, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
