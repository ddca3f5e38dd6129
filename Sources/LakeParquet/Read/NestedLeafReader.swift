import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The entries of some rows of a leaf below lists or structs: levels, and the values that are there, packed.
struct LeafEntries {
  var count = 0
  /// Empty in columns without lists: every entry is a row then.
  var repetition: [UInt8] = []
  var definition: [UInt8] = []
  var values: Vector

  @inline(__always) func repetition(at index: Int) -> UInt8 { repetition.isEmpty ? 0 : repetition[index] }
}

/// Reads a leaf below lists or structs from front to back, by rows.
final class NestedLeafReader {
  let chunk: ColumnChunkReader
  private let maxDefinition: UInt8
  private let isRepeated: Bool
  private var pageIndex = 0
  private var page: OpenPage?
  private var pageEntries = 0
  private var pageRepetition: Buffer?
  private var pageDefinition: Buffer?
  private var codeBuffer = RecycledBuffer()
  /// The next entry of the open page.
  private var cursor = 0
  /// The next row.
  private var position = 0
  /// A page of more entries would need more memory for its levels than any real one.
  private static let largestPage = 1 << 27

  init(_ chunk: ColumnChunkReader) {
    self.chunk = chunk
    maxDefinition = UInt8(truncatingIfNeeded: chunk.column.maxDefinition)
    isRepeated = chunk.column.maxRepetition > 0
  }

  /// Reads rows `start ..< start + count`; rows in between are skipped.
  func read(from start: Int, count: Int) throws(QueryError) -> LeafEntries {
    if start > position {
      var ignored: EntryBuilder?
      try take(start - position, into: &ignored)
    }
    var builder: EntryBuilder? = EntryBuilder(chunk.converter.type)
    try take(count, into: &builder)
    guard let builder else { throw QueryError.internal("a builder is missing") }
    return builder.finish(isRepeated: isRepeated)
  }

  /// Takes the entries of rows, into the builder or away.
  private func take(_ rows: Int, into builder: inout EntryBuilder?) throws(QueryError) {
    var seen = 0
    while true {
      if cursor == pageEntries {
        if builder == nil { try skipPages(rows, &seen) }
        guard try openNext() else { break }
      }
      let end = try rowEnd(rows, &seen)
      try takeEntries(end, into: &builder)
      if cursor < pageEntries { break }
      if seen == rows, try nextPageStartsRow() { break }
    }
    guard seen == rows else { throw chunk.located(.corrupt("the column ends early")) }
    position += rows
  }

  private func nextPageStartsRow() throws(QueryError) -> Bool {
    if !isRepeated { return true }
    let pages = try chunk.pages()
    return pageIndex < pages.count && pages[pageIndex].startsRow
  }

  /// Passes over pages that hold only rows to be skipped, where their number of rows is known.
  private func skipPages(_ rows: Int, _ seen: inout Int) throws(QueryError) {
    let pages = try chunk.pages()
    while pageIndex < pages.count {
      let header = pages[pageIndex].header
      guard let inPage = isRepeated ? header.rowCount : header.valueCount, inPage <= rows - seen else { return }
      seen += inPage
      pageIndex += 1
      chunk.counters.add(1, to: .pagesPruned)
    }
  }

  /// The entry of the open page behind the last wanted row.
  private func rowEnd(_ rows: Int, _ seen: inout Int) throws(QueryError) -> Int {
    guard let repetition = pageRepetition?.base.assumingMemoryBound(to: UInt8.self) else {
      let end = min(pageEntries, cursor + rows - seen)
      seen += end - cursor
      return end
    }
    var index = cursor
    if seen == 0, position == 0, index < pageEntries, repetition[index] != 0 {
      throw chunk.located(.corrupt("the first entry continues a row"))
    }
    while index < pageEntries {
      if repetition[index] == 0 {
        if seen == rows { break }
        seen += 1
      }
      index += 1
    }
    return index
  }

  private func takeEntries(_ end: Int, into builder: inout EntryBuilder?) throws(QueryError) {
    let definition = pageDefinition?.base.assumingMemoryBound(to: UInt8.self)
    var valid = end - cursor
    if let definition {
      valid = 0
      for index in cursor..<end { valid &+= bit(definition[index] == maxDefinition) }
    }
    if builder == nil {
      try chunk.locating { () throws(FormatFault) in try page?.values.skip(valid) }
    } else {
      builder?.append(pageRepetition, definition, cursor..<end)
      try chunk.holdEntries(builder?.count ?? 0)
      try appendValues(valid, to: &builder)
    }
    cursor = end
  }

  private func appendValues(_ count: Int, to builder: inout EntryBuilder?) throws(QueryError) {
    guard count > 0, let target = builder?.reserve(count) else { return }
    if page?.values.form == .codes {
      let dictionary = try chunk.dictionary()
      let codes = codeBuffer.take(count * 4).base
      try gather(dictionary, codes.assumingMemoryBound(to: UInt32.self), count, target)
      builder?.keep(dictionary.heaps)
    } else {
      try chunk.locating { () throws(FormatFault) in
        let heap = try page?.values.decode(count, with: chunk.converter, into: target)
        builder?.keep((page?.values.owners ?? []) + (heap.map { [$0] } ?? []))
      }
    }
  }

  private func gather(
    _ dictionary: Vector, _ codes: UnsafeMutablePointer<UInt32>, _ count: Int, _ target: UnsafeMutableRawPointer
  ) throws(QueryError) {
    try chunk.locating { () throws(FormatFault) in
      try page?.values.hybrid.decode(into: codes, count: count)
      guard SlotSpreading.areCodesValid(codes, count: count, below: dictionary.count) else {
        throw .corrupt("a dictionary code is out of range")
      }
    }
    SlotSpreading.gather(dictionary, codes, count: count, into: target)
  }

  /// Opens the next page and decodes its levels; false at the end.
  private func openNext() throws(QueryError) -> Bool {
    let pages = try chunk.pages()
    while pageIndex < pages.count, pages[pageIndex].isAbsent, pages[pageIndex].header.valueCount == 0 { pageIndex += 1 }
    guard pageIndex < pages.count else { return false }
    let slot = try chunk.page(pageIndex)
    pageIndex += 1
    page = try chunk.open(slot)
    pageEntries = slot.header.valueCount
    cursor = 0
    try chunk.locating { () throws(FormatFault) in
      guard pageEntries <= Self.largestPage else { throw .unsupported("a page holds too many values") }
      pageRepetition = nil
      if isRepeated { pageRepetition = try Self.levels(&page!.repetition, pageEntries, chunk.column.maxRepetition) }
      pageDefinition = nil
      if maxDefinition > 0 {
        pageDefinition = try Self.levels(&page!.definition, pageEntries, chunk.column.maxDefinition)
      }
    }
    return true
  }

  private static func levels(
    _ decoder: inout HybridDecoder, _ count: Int, _ maximum: Int
  ) throws(FormatFault) -> Buffer {
    let buffer = Buffer(byteCount: count)
    let target = buffer.base.assumingMemoryBound(to: UInt8.self)
    try decoder.decode(into: target, count: count)
    var largest: UInt8 = 0
    for index in 0..<count { largest = max(largest, target[index]) }
    guard Int(largest) <= maximum else { throw .corrupt("a level is above its maximum") }
    return buffer
  }
}

/// Collects entries of a leaf.
private struct EntryBuilder {
  private let type: LogicalType
  private let width: Int
  private(set) var count = 0
  private var repetition: [UInt8] = []
  private var definition: [UInt8] = []
  private var slots: Buffer
  private var slotCount = 0
  private var heaps: [Buffer] = []

  init(_ type: LogicalType) {
    self.type = type
    width = type.physical.width
    slots = Buffer(byteCount: 1024 * width)
  }

  mutating func append(
    _ repetitions: Buffer?, _ definitions: UnsafeMutablePointer<UInt8>?, _ range: Range<Int>
  ) {
    if let source = repetitions?.base.assumingMemoryBound(to: UInt8.self) {
      repetition.append(contentsOf: UnsafeBufferPointer(start: source + range.lowerBound, count: range.count))
    }
    if let definitions {
      definition.append(contentsOf: UnsafeBufferPointer(start: definitions + range.lowerBound, count: range.count))
    } else {
      definition.append(contentsOf: repeatElement(0, count: range.count))
    }
    count += range.count
  }

  /// Room for more values, which counts as filled.
  mutating func reserve(_ more: Int) -> UnsafeMutableRawPointer {
    let needed = (slotCount + more) * width
    if needed > slots.byteCount {
      let larger = Buffer(byteCount: max(needed, slots.byteCount * 2))
      memcpy(larger.base, slots.base, slotCount * width)
      slots = larger
    }
    defer { slotCount += more }
    return slots.base + slotCount * width
  }

  mutating func keep(_ buffers: [Buffer]) {
    guard type.physical == .view else { return }
    for buffer in buffers where !heaps.contains(where: { $0 === buffer }) { heaps.append(buffer) }
  }

  func finish(isRepeated: Bool) -> LeafEntries {
    let values = Vector(type: type, encoding: .flat, count: slotCount, owner: slots, heaps: heaps)
    return LeafEntries(count: count, repetition: repetition, definition: definition, values: values)
  }
}
