import LakeColumnar

/// A small hash set of elements of vectors of one type, reused from row to row; NULLs equal each other.
struct ElementIndex {
  private var entries: [(hash: UInt64, vector: Vector, row: Int)] = []
  private var table: [Int32] = []
  /// Below this many elements a linear search is faster.
  private static let linearLimit = 8

  /// Empties the set and makes room for up to `count` elements.
  mutating func reset(_ count: Int) {
    entries.removeAll(keepingCapacity: true)
    var size = 0
    if count > Self.linearLimit {
      size = 16
      while size < count * 2 { size *= 2 }
    }
    table.removeAll(keepingCapacity: true)
    for _ in 0..<size { table.append(-1) }
  }

  func contains(_ vector: Vector, _ row: Int) -> Bool {
    find(VectorHash.hashRow(vector, row), vector, row).isFound
  }

  /// Adds an element; false if it was there. Growing beyond the room of `reset` is allowed.
  mutating func insert(_ vector: Vector, _ row: Int) -> Bool {
    let hash = VectorHash.hashRow(vector, row)
    let found = find(hash, vector, row)
    if found.isFound { return false }
    entries.append((hash, vector, row))
    if !table.isEmpty {
      table[found.slot] = Int32(truncatingIfNeeded: entries.count - 1)
      if entries.count * 2 > table.count { rehash(table.count * 2) }
    } else if entries.count > Self.linearLimit {
      rehash(32)
    }
    return true
  }

  private mutating func rehash(_ size: Int) {
    table = [Int32](repeating: -1, count: size)
    for (index, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.hash) & (size - 1)
      while table[slot] >= 0 { slot = (slot + 1) & (size - 1) }
      table[slot] = Int32(truncatingIfNeeded: index)
    }
  }

  private func find(_ hash: UInt64, _ vector: Vector, _ row: Int) -> (isFound: Bool, slot: Int) {
    if table.isEmpty {
      return (entries.contains { isSame($0, hash, vector, row) }, 0)
    }
    var slot = Int(truncatingIfNeeded: hash) & (table.count - 1)
    while table[slot] >= 0 {
      if isSame(entries[Int(table[slot])], hash, vector, row) { return (true, slot) }
      slot = (slot + 1) & (table.count - 1)
    }
    return (false, slot)
  }

  @inline(__always)
  private func isSame(
    _ entry: (hash: UInt64, vector: Vector, row: Int), _ hash: UInt64, _ vector: Vector, _ row: Int
  ) -> Bool {
    entry.hash == hash && RowComparison.equalRows(entry.vector, entry.row, vector, row)
  }
}
