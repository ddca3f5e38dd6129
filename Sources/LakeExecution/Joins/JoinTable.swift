import Glibc
import LakeColumnar
import LakeDiagnostics

/// Finds the build rows of a key: a slot for each distinct key, and chains through rows with equal keys.
///
/// Slots are split into regions by hash bits, so that each region is filled by one thread.
///
/// `@unchecked Sendable`: read only once it is built.
final class JoinTable: @unchecked Sendable {
  let layout: KeyLayout
  /// Build rows.
  let count: Int
  /// Whether no two build rows have equal keys.
  private(set) var isUnique = true
  /// Distinct keys without those that can't match.
  private(set) var distinctCount = 0
  /// Build rows in which a key is NULL that then matches nothing.
  private(set) var nullRows: [UInt32] = []
  private let words: Buffer
  private let next: Buffer
  private var slots = Buffer(byteCount: 0)
  private var regionSize = 0
  private let regions: Int
  private var heaps: [Buffer] = []
  private let reservation: MemoryReservation?

  /// No row.
  static let none = UInt32.max
  private static let numberBits: UInt64 = 0xFFFF_FFFF_FFFF
  /// Rows from which on several threads build.
  private static let parallelThreshold = 1 << 16
  private static let chunk = 1 << 14

  /// Builds the table over the key columns of all build rows; without a reservation, its memory is reserved already.
  init(
    _ layout: KeyLayout, _ keys: [Vector], count: Int, reservation: MemoryReservation?, run: QueryRun
  ) throws(QueryError) {
    self.layout = layout
    self.count = count
    self.reservation = reservation
    try reservation?.resize(to: count * (layout.stride * 8 + 4 + 8 + 1))
    words = try .allocated(byteCount: max(1, count * layout.stride) * 8, for: Self.consumer)
    next = try .allocated(byteCount: max(1, count) * 4, for: Self.consumer)
    var regions = 1
    while count >= Self.parallelThreshold, regions < run.threads { regions *= 2 }
    self.regions = regions
    let hashes = try Buffer.allocated(byteCount: max(1, count) * 8, for: Self.consumer)
    let isNull = try pack(keys, hashes, run)
    try reservation?.grow(by: heaps.reduce(0) { $0 + $1.byteCount })
    try fill(hashes, isNull, run)
    try reservation?.grow(by: -count * (8 + 1))
  }

  private static let consumer: StaticString = "hash join"

  private var keyWords: UnsafeMutablePointer<UInt64> { words.base.assumingMemoryBound(to: UInt64.self) }
  private var chain: UnsafeMutablePointer<UInt32> { next.base.assumingMemoryBound(to: UInt32.self) }
  private var slotBase: UnsafeMutablePointer<UInt64> { slots.base.assumingMemoryBound(to: UInt64.self) }

  // MARK: Building

  /// Packs all keys; returns a byte a row that says whether it can't match.
  private func pack(_ keys: [Vector], _ hashes: Buffer, _ run: QueryRun) throws(QueryError) -> Buffer {
    let isNull = try Buffer.allocatedZeroed(byteCount: max(1, count), for: Self.consumer)
    let monitor = Monitor()
    let chunks = (count + Self.chunk - 1) / Self.chunk
    try run.inParallel(chunks) { (index) throws(QueryError) in
      let start = index * Self.chunk
      let rows = min(Self.chunk, self.count - start)
      let packed = KeyRows(self.layout)
      packed.encode(keys.map { $0.sliced(from: start, count: rows) }, count: rows)
      let stride = self.layout.stride
      (self.keyWords + start * stride).update(from: packed.words, count: rows * stride)
      memcpy(hashes.base + start * 8, packed.hashes, rows * 8)
      if packed.hasNulls { memcpy(isNull.base + start, packed.isNull, rows) }
      let written = packed.takeWrittenBuffers()
      if !written.isEmpty { monitor.locked { self.heaps += written } }
    }
    return isNull
  }

  private func fill(_ hashes: Buffer, _ isNull: Buffer, _ run: QueryRun) throws(QueryError) {
    let hash = UnsafePointer(hashes.base.assumingMemoryBound(to: UInt64.self))
    let nulls = UnsafePointer(isNull.base.assumingMemoryBound(to: UInt8.self))
    for row in 0..<count where nulls[row] != 0 { nullRows.append(UInt32(row)) }
    var sizes = [Int](repeating: 0, count: regions)
    if regions == 1 { sizes[0] = count } else { for row in 0..<count { sizes[region(hash[row])] += 1 } }
    regionSize = 16
    while regionSize < 2 * (sizes.max() ?? 0) { regionSize *= 2 }
    try reservation?.grow(by: regions * regionSize * 8)
    slots = try .allocatedZeroed(byteCount: regions * regionSize * 8, for: Self.consumer)
    let results = SharedResults(count: regions)
    try run.inParallel(regions) { (region) throws(QueryError) in
      results.set(region, self.fill(region, hashes, isNull))
    }
    distinctCount = results.values.reduce(0, +)
    isUnique = distinctCount == count - nullRows.count
  }

  /// Enters the rows of a region, last row first, so that chains ascend; returns its distinct keys.
  private func fill(
    _ region: Int, _ hashes: Buffer, _ isNull: Buffer
  ) -> Int {
    let hash = UnsafePointer(hashes.base.assumingMemoryBound(to: UInt64.self))
    let nulls = UnsafePointer(isNull.base.assumingMemoryBound(to: UInt8.self))
    return switch (layout.stride, layout.hasText) {
    case (1, false): fill(region, hash, nulls) { a, b in a[0] == b[0] }
    case (2, false): fill(region, hash, nulls) { a, b in a[0] == b[0] && a[1] == b[1] }
    default: fill(region, hash, nulls) { a, b in self.layout.areEqual(a, b) }
    }
  }

  @inline(__always)
  private func fill(
    _ region: Int, _ hash: UnsafePointer<UInt64>, _ nulls: UnsafePointer<UInt8>,
    _ areEqual: (UnsafePointer<UInt64>, UnsafePointer<UInt64>) -> Bool
  ) -> Int {
    let (slots, chain, words, stride, mask) = (
      slotBase + region * regionSize, chain, keyWords, layout.stride, regionSize - 1
    )
    var distinct = 0
    for row in Swift.stride(from: count - 1, through: 0, by: -1) {
      if nulls[row] != 0 || self.region(hash[row]) != region { continue }
      let salt = hash[row] & ~Self.numberBits
      var position = Int(truncatingIfNeeded: hash[row]) & mask
      while true {
        let slot = slots[position]
        if slot == 0 {
          chain[row] = Self.none
          slots[position] = salt | UInt64(row &+ 1)
          distinct += 1
          break
        }
        let head = Int(truncatingIfNeeded: slot & Self.numberBits) &- 1
        if slot & ~Self.numberBits == salt, areEqual(words + head &* stride, words + row &* stride) {
          chain[row] = UInt32(truncatingIfNeeded: head)
          slots[position] = salt | UInt64(row &+ 1)
          break
        }
        position = (position &+ 1) & mask
      }
    }
    return distinct
  }

  @inline(__always)
  private func region(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 36) & (regions &- 1) }

  // MARK: Probing

  /// The next build row with the same key, or `none`.
  @inline(__always)
  func following(_ row: UInt32) -> UInt32 { chain[Int(row)] }

  /// The first row of each distinct key.
  var firstRows: [UInt32] {
    (0..<regions * regionSize).compactMap { position in
      let slot = slotBase[position]
      return slot == 0 ? nil : UInt32(truncatingIfNeeded: (slot & Self.numberBits) &- 1)
    }
  }

  /// Writes the first build row of each probe row's key, or `none`.
  func find(_ rows: KeyRows, into heads: UnsafeMutablePointer<UInt32>, scratch: UnsafeMutablePointer<UInt64>) {
    switch (layout.stride, layout.hasText) {
    case (1, false): find(rows, heads, scratch) { a, b in a[0] == b[0] }
    case (2, false): find(rows, heads, scratch) { a, b in a[0] == b[0] && a[1] == b[1] }
    default:
      let layout = layout
      find(rows, heads, scratch) { a, b in layout.areEqual(a, b) }
    }
    if rows.hasNulls {
      for row in 0..<rows.count where rows.isNull[row] != 0 { heads[row] = Self.none }
    }
  }

  /// Loads all slots first: the loads of many rows overlap, which a loop with comparisons would prevent.
  @inline(__always)
  private func find(
    _ rows: KeyRows, _ heads: UnsafeMutablePointer<UInt32>, _ scratch: UnsafeMutablePointer<UInt64>,
    _ areEqual: (UnsafePointer<UInt64>, UnsafePointer<UInt64>) -> Bool
  ) {
    let (slots, words, stride, mask) = (slotBase, keyWords, layout.stride, regionSize - 1)
    let (hashes, keys, count) = (rows.hashes, rows.words, rows.count)
    for row in 0..<count {
      let hash = hashes[row]
      scratch[row] = slots[region(hash) &* regionSize &+ Int(truncatingIfNeeded: hash) & mask]
    }
    for row in 0..<count {
      let hash = hashes[row]
      let salt = hash & ~Self.numberBits
      var slot = scratch[row]
      var position = Int(truncatingIfNeeded: hash) & mask
      let base = slots + region(hash) &* regionSize
      var found = Self.none
      while slot != 0 {
        if slot & ~Self.numberBits == salt {
          let head = Int(truncatingIfNeeded: slot & Self.numberBits) &- 1
          if areEqual(words + head &* stride, keys + row &* stride) {
            found = UInt32(truncatingIfNeeded: head)
            break
          }
        }
        position = (position &+ 1) & mask
        slot = base[position]
      }
      heads[row] = found
    }
  }
}

/// A number from each of several tasks.
private final class SharedResults: @unchecked Sendable {
  private let monitor = Monitor()
  private(set) var values: [Int]

  init(count: Int) { values = Array(repeating: 0, count: count) }

  func set(_ index: Int, _ value: Int) { monitor.locked { values[index] = value } }
}
