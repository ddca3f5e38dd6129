import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Distinct keys, numbered from 0 in the order they were first seen.
///
/// Open addressing over 64-bit slots: 16 bits of the hash and the key's number plus one; the packed keys stand in
/// one array beside it. Used by one thread at a time.
final class GroupTable {
  let layout: KeyLayout
  private(set) var count = 0
  private var capacity: Int
  private var keys: Buffer
  private var hashStorage: Buffer
  private var slotStorage: Buffer
  private var mask: Int
  private var heap = StringHeap()
  /// Values of nested keys, one builder a `.written` column.
  private var nested: [Int: VectorBuilder] = [:]
  private static let numberBits: UInt64 = 0xFFFF_FFFF_FFFF

  init(_ layout: KeyLayout, capacity: Int = 1024) {
    self.layout = layout
    self.capacity = capacity
    keys = Buffer(byteCount: capacity * layout.stride * 8)
    hashStorage = Buffer(byteCount: capacity * 8)
    slotStorage = Buffer.zeroed(byteCount: capacity * 2 * 8)
    mask = capacity * 2 - 1
    for (index, column) in layout.columns.enumerated() {
      if case .written = column.form { nested[index] = VectorBuilder(column.type) }
    }
  }

  var byteCount: Int {
    keys.byteCount + hashStorage.byteCount + slotStorage.byteCount + heap.byteCount
      + nested.values.reduce(0) { $0 + $1.byteCount }
  }

  private var words: UnsafeMutablePointer<UInt64> { keys.base.assumingMemoryBound(to: UInt64.self) }
  /// The hash of each key.
  var hashes: UnsafeMutablePointer<UInt64> { hashStorage.base.assumingMemoryBound(to: UInt64.self) }
  private var slots: UnsafeMutablePointer<UInt64> { slotStorage.base.assumingMemoryBound(to: UInt64.self) }

  /// Packed keys to look up.
  private struct Wanted {
    let words: UnsafeMutablePointer<UInt64>
    let hashes: UnsafeMutablePointer<UInt64>
    let count: Int
    /// The keys unpacked.
    let vectors: [Vector]
  }

  /// Finds the numbers of a batch's keys, adding those that are new; `vectors` are the keys unpacked.
  func findOrInsert(
    _ rows: KeyRows, _ vectors: [Vector], into groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    try find(Wanted(words: rows.words, hashes: rows.hashes, count: rows.count, vectors: vectors), groups)
  }

  /// Adds the keys of another table of the same layout; returns the number here for each number there.
  func merge(_ other: GroupTable) throws(QueryError) -> Buffer {
    let groups = try Buffer.allocated(byteCount: other.count * 4, for: "aggregation")
    let vectors = other.layout.columns.indices.map { index in
      if case .written = layout.columns[index].form { return other.keyColumn(index, from: 0, count: other.count) }
      return Vector.allNull(.boolean, count: 0)
    }
    let wanted = Wanted(words: other.words, hashes: other.hashes, count: other.count, vectors: vectors)
    try find(wanted, groups.base.assumingMemoryBound(to: UInt32.self))
    return groups
  }

  private func find(_ wanted: Wanted, _ groups: UnsafeMutablePointer<UInt32>) throws(QueryError) {
    try reserve(wanted.count)
    switch (layout.stride, layout.hasText) {
    case (1, false): find(wanted, groups) { a, b in a[0] == b[0] }
    case (2, false): find(wanted, groups) { a, b in a[0] == b[0] && a[1] == b[1] }
    case (3, false): find(wanted, groups) { a, b in a[0] == b[0] && a[1] == b[1] && a[2] == b[2] }
    default:
      let layout = layout
      find(wanted, groups) { a, b in layout.areEqual(a, b) }
    }
  }

  /// Bytes that the table needs, besides those it has, while it makes room for that many further keys.
  func growth(adding more: Int) -> Int {
    let larger = capacity(adding: more)
    return larger == capacity ? 0 : larger * (layout.stride + 3) * 8
  }

  private func capacity(adding more: Int) -> Int {
    var larger = capacity
    while larger < count + more { larger *= 2 }
    return larger
  }

  /// Makes room for that many further keys.
  private func reserve(_ more: Int) throws(QueryError) {
    let larger = capacity(adding: more)
    if larger == capacity { return }
    let newKeys = try Self.copied(keys, bytes: count * layout.stride * 8, to: larger * layout.stride * 8)
    let newHashes = try Self.copied(hashStorage, bytes: count * 8, to: larger * 8)
    slotStorage = try .allocatedZeroed(byteCount: larger * 2 * 8, for: "aggregation")
    (keys, hashStorage, capacity) = (newKeys, newHashes, larger)
    mask = larger * 2 - 1
    let (slots, hashes) = (slots, hashes)
    for group in 0..<count { Self.place(group, hashes[group], slots, mask) }
  }

  private static func copied(_ buffer: Buffer, bytes: Int, to byteCount: Int) throws(QueryError) -> Buffer {
    let larger = try Buffer.allocated(byteCount: byteCount, for: "aggregation")
    memcpy(larger.base, buffer.base, bytes)
    return larger
  }

  @inline(__always)
  private static func place(_ group: Int, _ hash: UInt64, _ slots: UnsafeMutablePointer<UInt64>, _ mask: Int) {
    var position = Int(truncatingIfNeeded: hash) & mask
    while slots[position] != 0 { position = (position &+ 1) & mask }
    slots[position] = (hash & ~numberBits) | UInt64(group &+ 1)
  }

  @inline(__always)
  private func find(
    _ wanted: Wanted, _ groups: UnsafeMutablePointer<UInt32>,
    _ areEqual: (UnsafePointer<UInt64>, UnsafePointer<UInt64>) -> Bool
  ) {
    let (slots, mask, words, stride) = (slots, mask, words, layout.stride)
    let (batchWords, batchHashes) = (wanted.words, wanted.hashes)
    for row in 0..<wanted.count {
      let hash = batchHashes[row]
      let key = batchWords + row &* stride
      let salt = hash & ~Self.numberBits
      var position = Int(truncatingIfNeeded: hash) & mask
      while true {
        let slot = slots[position]
        if slot == 0 {
          let group = insert(key, hash, wanted.vectors, row)
          slots[position] = salt | UInt64(group &+ 1)
          groups[row] = UInt32(truncatingIfNeeded: group)
          break
        }
        if slot & ~Self.numberBits == salt {
          let group = Int(truncatingIfNeeded: slot & Self.numberBits) &- 1
          if areEqual(words + group &* stride, key) {
            groups[row] = UInt32(truncatingIfNeeded: group)
            break
          }
        }
        position = (position &+ 1) & mask
      }
    }
  }

  private func insert(_ key: UnsafeMutablePointer<UInt64>, _ hash: UInt64, _ vectors: [Vector], _ row: Int) -> Int {
    let group = count
    let target = words + group * layout.stride
    target.update(from: key, count: layout.stride)
    for word in Swift.stride(from: 0, to: 2 * layout.textCount, by: 2) {
      let view = heap.copy(StringView(head: target[word], tail: target[word + 1]))
      target[word] = view.head
      target[word + 1] = view.tail
    }
    for (column, builder) in nested { builder.append(vectors[column], row: row) }
    hashes[group] = hash
    count += 1
    return group
  }

  // MARK: Reading keys

  private var finishedNested: [Int: Vector] = [:]

  /// One key column of groups `start ..< start + count`.
  func keyColumn(_ index: Int, from start: Int, count: Int) -> Vector {
    let column = layout.columns[index]
    let mask = validity(column, start, count)
    switch column.form {
    case .bits(let shift): return unpacked(column, shift, start, count, mask)
    case .wide, .text: return unpackedWide(column, start, count, mask)
    case .written:
      if let builder = nested.removeValue(forKey: index) { finishedNested[index] = builder.finish() }
      return finishedNested[index].map { $0.sliced(from: start, count: count) } ?? .allNull(column.type, count: count)
    }
  }

  private func validity(_ column: KeyLayout.Column, _ start: Int, _ count: Int) -> ValidityMask? {
    guard let null = column.null else { return nil }
    var source = words + start * layout.stride + null.word
    var mask: ValidityMask?
    for row in 0..<count {
      if source.pointee >> null.shift & 1 != 0 {
        let current = mask ?? ValidityMask(count: count, allValid: true)
        current.setNull(row)
        mask = current
      }
      source += layout.stride
    }
    return mask
  }

  private func unpacked(
    _ column: KeyLayout.Column, _ shift: UInt64, _ start: Int, _ count: Int, _ mask: ValidityMask?
  ) -> Vector {
    let result = Vector.flat(column.type, count: count, validity: mask)
    let source = words + start * layout.stride + column.word
    switch column.type.physical {
    case .bool:
      let target = result.slots(UInt8.self)
      for row in 0..<count { target[row] = UInt8(truncatingIfNeeded: source[row &* layout.stride] >> shift) & 1 }
    case .int8: unpack(UInt8.self, source, shift, result)
    case .int16: unpack(UInt16.self, source, shift, result)
    case .int32, .float32: unpack(UInt32.self, source, shift, result)
    default: unpack(UInt64.self, source, shift, result)
    }
    return result
  }

  @inline(__always)
  private func unpack<T: FixedWidthInteger & BitwiseCopyable>(
    _ slot: T.Type, _ source: UnsafeMutablePointer<UInt64>, _ shift: UInt64, _ result: Vector
  ) {
    let target = result.slots(T.self)
    let stride = layout.stride
    for row in 0..<result.count { target[row] = T(truncatingIfNeeded: source[row &* stride] >> shift) }
  }

  private func unpackedWide(
    _ column: KeyLayout.Column, _ start: Int, _ count: Int, _ mask: ValidityMask?
  ) -> Vector {
    let owner = Buffer(byteCount: count * 16)
    let target = owner.base.assumingMemoryBound(to: StringView.self)
    var source = words + start * layout.stride + column.word
    for row in 0..<count {
      target[row] = StringView(head: source[0], tail: source[1])
      source += layout.stride
    }
    return Vector(
      type: column.type, encoding: .flat, count: count, owner: owner, validity: mask,
      heaps: column.isText ? heap.buffers : [])
  }
}
