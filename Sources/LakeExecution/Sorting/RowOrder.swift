import LakeColumnar
import LakeDiagnostics

/// The positions of rows in the order of their keys.
final class RowOrder {
  private let storage: Buffer
  let count: Int

  /// Bytes a row.
  static let stride = MemoryLayout<UInt32>.stride

  init(_ storage: Buffer, count: Int) {
    self.storage = storage
    self.count = count
  }

  var positions: UnsafeMutablePointer<UInt32> { storage.base.assumingMemoryBound(to: UInt32.self) }
}

extension NormalizedRows {
  /// Sorts all rows, on all threads unless a number is given; rows with equal keys keep their order.
  func sorted(_ run: QueryRun, onThreads threads: Int? = nil) throws(QueryError) -> RowOrder {
    try RowSort(rows: self, query: run).order(onThreads: threads ?? run.threads)
  }
}

/// Sorts rows by their keys; rows with equal keys keep their order.
private struct RowSort: Sendable {
  let rows: NormalizedRows
  let query: QueryRun

  /// Rows from which on a sort is shared between threads.
  private static let parallelThreshold = 1 << 16

  func order(onThreads threads: Int) throws(QueryError) -> RowOrder {
    let count = rows.count
    let parts = count >= Self.parallelThreshold ? threads : 1
    let bounds = (0...parts).map { count * $0 / parts }
    let entries = try Buffer.allocated(byteCount: count * MemoryLayout<SortEntry>.stride, for: "sort")
    if parts == 1 {
      try sort(entries, 0..<count)
    } else {
      try query.inParallel(parts) { (part) throws(QueryError) in
        try self.sort(entries, bounds[part]..<bounds[part + 1])
      }
    }
    return try merged(entries, bounds)
  }

  private func sort(_ storage: Buffer, _ range: Range<Int>) throws(QueryError) {
    let entries = storage.base.assumingMemoryBound(to: SortEntry.self)
    for row in range { entries[row] = SortEntry(word: 0, row: UInt32(truncatingIfNeeded: row)) }
    let spare = try Buffer.allocated(byteCount: range.count * MemoryLayout<SortEntry>.stride, for: "sort")
    let run = SortRun(entries: entries + range.lowerBound, count: range.count)
    try sort(run, spare.base.assumingMemoryBound(to: SortEntry.self), level: 0)
  }

  private func sort(
    _ run: SortRun, _ spare: UnsafeMutablePointer<SortEntry>, level: Int
  ) throws(QueryError) {
    var (run, level) = (run, level)
    while level < rows.levels.count, run.count > 1 {
      let current = rows.levels[level]
      if case .word(let word) = current {
        loadWords(run, word)
        try run.sortByWord(spare, query)
      } else {
        try sortByValue(run, spare, current)
      }
      level += 1
      if level == rows.levels.count { return }
      guard let only = try sortTies(run, spare, current, level) else { return }
      run = only
    }
  }

  @inline(__always)
  private func isBefore(_ a: SortEntry, _ b: SortEntry, _ level: NormalizedRows.Level) -> Bool {
    let order = rows.compare(Int(a.row), Int(b.row), level)
    return order != 0 ? order < 0 : a.row < b.row
  }

  /// Rows that are sorted at once; between such pieces a query can be cancelled.
  private static let pieceSize = 1 << 13

  /// Sorts pieces, and merges them two by two.
  private func sortByValue(
    _ run: SortRun, _ spare: UnsafeMutablePointer<SortEntry>, _ level: NormalizedRows.Level
  ) throws(QueryError) {
    for start in stride(from: 0, to: run.count, by: Self.pieceSize) {
      if run.count > Self.pieceSize { try query.checkpoint() }
      let size = min(Self.pieceSize, run.count - start)
      var piece = UnsafeMutableBufferPointer(start: run.entries + start, count: size)
      piece.sort { isBefore($0, $1, level) }
    }
    var (source, target) = (run.entries, spare)
    var size = Self.pieceSize
    while size < run.count {
      for start in stride(from: 0, to: run.count, by: 2 * size) {
        let middle = min(start + size, run.count)
        try merge(source, start..<middle, middle..<min(middle + size, run.count), into: target, level)
      }
      swap(&source, &target)
      size *= 2
    }
    if source != run.entries { run.entries.update(from: source, count: run.count) }
  }

  /// Merges two neighbouring ranges to the same place in the target.
  private func merge(
    _ source: UnsafeMutablePointer<SortEntry>, _ first: Range<Int>, _ second: Range<Int>,
    into target: UnsafeMutablePointer<SortEntry>, _ level: NormalizedRows.Level
  ) throws(QueryError) {
    var (a, b) = (first.lowerBound, second.lowerBound)
    for position in first.lowerBound..<second.upperBound {
      if position & 0x3FFF == 0 { try query.checkpoint() }
      let takesSecond = a == first.upperBound || (b < second.upperBound && isBefore(source[b], source[a], level))
      target[position] = source[takesSecond ? b : a]
      if takesSecond { b += 1 } else { a += 1 }
    }
  }

  private func loadWords(_ run: SortRun, _ word: Int) {
    let (words, stride, entries) = (rows.words, rows.stride, run.entries)
    for index in 0..<run.count { entries[index].word = words[Int(entries[index].row) &* stride &+ word] }
  }

  /// Sorts the rows that are equal so far by the next level; a single tie of all rows is returned instead.
  private func sortTies(
    _ run: SortRun, _ spare: UnsafeMutablePointer<SortEntry>, _ current: NormalizedRows.Level, _ next: Int
  ) throws(QueryError) -> SortRun? {
    var start = 0
    let entries = run.entries
    while start < run.count {
      var end = start + 1
      while end < run.count, isTie(entries[end - 1], entries[end], current) { end += 1 }
      if end - start == run.count { return run }
      if end - start > 1 {
        try sort(SortRun(entries: entries + start, count: end - start), spare, level: next)
      }
      start = end
    }
    return nil
  }

  @inline(__always)
  private func isTie(_ a: SortEntry, _ b: SortEntry, _ level: NormalizedRows.Level) -> Bool {
    if case .word = level { return a.word == b.word }
    return rows.compare(Int(a.row), Int(b.row), level) == 0
  }

  // MARK: Merging

  private func merged(_ entries: Buffer, _ bounds: [Int]) throws(QueryError) -> RowOrder {
    let source = entries.base.assumingMemoryBound(to: SortEntry.self)
    let order = try Buffer.allocated(byteCount: rows.count * RowOrder.stride, for: "sort")
    let target = order.base.assumingMemoryBound(to: UInt32.self)
    if bounds.count == 2 {
      for index in 0..<rows.count { target[index] = source[index].row }
      return RowOrder(order, count: rows.count)
    }
    var cursors = Array(bounds.dropLast())
    let ends = Array(bounds.dropFirst())
    for index in 0..<rows.count {
      if index & 0xFFFF == 0 { try query.checkpoint() }
      var best = -1
      for part in cursors.indices where cursors[part] < ends[part] {
        if best < 0 || rows.compare(Int(source[cursors[part]].row), Int(source[cursors[best]].row)) < 0 { best = part }
      }
      target[index] = source[cursors[best]].row
      cursors[best] += 1
    }
    return RowOrder(order, count: rows.count)
  }
}

/// A row and the word that it is sorted by now.
struct SortEntry: BitwiseCopyable {
  var word: UInt64
  var row: UInt32
}

/// Entries next to each other that are to be sorted.
private struct SortRun {
  let entries: UnsafeMutablePointer<SortEntry>
  let count: Int

  private static let radixThreshold = 512

  func sortByWord(_ spare: UnsafeMutablePointer<SortEntry>, _ query: QueryRun) throws(QueryError) {
    if count < 24 { return insertionSort() }
    if count < Self.radixThreshold {
      var buffer = UnsafeMutableBufferPointer(start: entries, count: count)
      return buffer.sort { a, b in a.word != b.word ? a.word < b.word : a.row < b.row }
    }
    try radixSort(spare, query)
  }

  private func insertionSort() {
    for index in 1..<max(1, count) {
      let entry = entries[index]
      var position = index
      while position > 0, entries[position &- 1].word > entry.word {
        entries[position] = entries[position &- 1]
        position &-= 1
      }
      entries[position] = entry
    }
  }

  /// Least significant digit first, 8 bits a pass; digits in which all words agree are left out.
  private func radixSort(_ spare: UnsafeMutablePointer<SortEntry>, _ query: QueryRun) throws(QueryError) {
    var differing: UInt64 = 0
    let first = entries[0].word
    for index in 0..<count { differing |= entries[index].word ^ first }
    var (source, target) = (entries, spare)
    for shift in stride(from: UInt64(0), to: 64, by: 8) where (differing >> shift) & 0xFF != 0 {
      try query.checkpoint()
      Self.pass(source, target, count, shift)
      swap(&source, &target)
    }
    if source != entries { entries.update(from: source, count: count) }
  }

  private static func pass(
    _ source: UnsafeMutablePointer<SortEntry>, _ target: UnsafeMutablePointer<SortEntry>, _ count: Int,
    _ shift: UInt64
  ) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { buffer in
      guard let positions = buffer.baseAddress else { return }
      positions.initialize(repeating: 0, count: 256)
      for index in 0..<count { positions[Int((source[index].word >> shift) & 0xFF)] &+= 1 }
      var total = 0
      for digit in 0..<256 {
        let amount = positions[digit]
        positions[digit] = total
        total &+= amount
      }
      for index in 0..<count {
        let digit = Int((source[index].word >> shift) & 0xFF)
        target[positions[digit]] = source[index]
        positions[digit] &+= 1
      }
    }
  }
}
