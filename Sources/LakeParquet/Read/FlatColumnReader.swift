import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Reads a column without nesting from front to back, in ranges or at picked rows; what is not asked for is skipped,
/// and pages without a wanted row are not even decompressed.
final class FlatColumnReader {
  let chunk: ColumnChunkReader
  let width: Int
  let isOptional: Bool
  private(set) var pageIndex = 0
  var page: OpenPage?
  /// The next row to be decoded.
  var position = 0
  var codeBuffer = RecycledBuffer()
  var slotBuffer = RecycledBuffer()
  var scratch = RecycledBuffer()
  var spanBuffer = RecycledBuffer()

  init(_ chunk: ColumnChunkReader) {
    self.chunk = chunk
    width = chunk.converter.type.physical.width
    isOptional = chunk.column.maxDefinition > 0
  }

  /// Rows `start ..< start + count`, which must not lie before rows that were read already.
  func read(from start: Int, count: Int) throws(QueryError) -> Vector {
    let pages = try chunk.pages(holding: RowRanges([start..<start + count]))
    try close(before: start, pages)
    var isCoded = true
    var index = pageIndex
    while index < pages.count, pages[index].firstEntry < start + count {
      isCoded = isCoded && pages[index].isDictionaryCoded
      index += 1
    }
    return isCoded ? try readCodes(pages, start, count) : try readSlots(pages, start, count)
  }

  /// The rows at ascending positions counted from `base`.
  func read(_ rows: UnsafePointer<UInt32>, count: Int, base: Int) throws(QueryError) -> Vector {
    let pages = try chunk.pages()
    let first = base + Int(rows[0])
    try close(before: first, pages)
    let hull = base + Int(rows[count - 1]) + 1 - first
    if count * Self.sparseLimit > hull { return try gathered(rows, count, base, first, hull) }
    return try picked(rows, count, base)
  }

  /// From one row in so many on, unpacking all and gathering is as fast as picking.
  private static let sparseLimit = 4

  private func gathered(
    _ rows: UnsafePointer<UInt32>, _ count: Int, _ base: Int, _ first: Int, _ hull: Int
  ) throws(QueryError) -> Vector {
    let dense = try read(from: first, count: hull)
    if hull == count { return dense }
    let shift = UInt32(truncatingIfNeeded: first - base)
    let shifted = scratch.take(count * 4)
    let positions = shifted.base.assumingMemoryBound(to: UInt32.self)
    for index in 0..<count { positions[index] = rows[index] &- shift }
    return dense.gathered(positions, count: count)
  }

  /// Moves on to the page of a row and counts pages that were never opened.
  private func close(before row: Int, _ pages: ColumnChunkPages) throws(QueryError) {
    while pageIndex < pages.count, pages[pageIndex].endEntry <= row {
      if page == nil { chunk.counters.add(1, to: .pagesPruned) }
      page = nil
      pageIndex += 1
      if pageIndex < pages.count { position = pages[pageIndex].firstEntry }
    }
  }

  /// Counts the pages behind the last row that was wanted.
  func finish() {
    guard let pages = chunk.loadedPages else { return }
    let opened = page == nil ? 0 : 1
    chunk.counters.add(max(0, pages.count - pageIndex - opened), to: .pagesPruned)
  }

  /// Opens the page of a row, goes there, and returns how many of the wanted rows the page holds.
  func enter(_ row: Int, limit: Int, _ pages: ColumnChunkPages) throws(QueryError) -> Int {
    try close(before: row, pages)
    guard pageIndex < pages.count else { throw chunk.located(.corrupt("the column ends early")) }
    if page == nil { page = try chunk.open(pages[pageIndex]) }
    if position < row { try skip(row - position) }
    return min(limit, pages[pageIndex].endEntry - row)
  }

  private func skip(_ count: Int) throws(QueryError) {
    do throws(FormatFault) {
      let valid = try skipDefinitions(count)
      try page?.values.skip(valid)
    } catch { throw chunk.located(error) }
    position += count
  }

  /// Skips levels and returns how many of the rows have a value.
  private func skipDefinitions(_ count: Int) throws(FormatFault) -> Int {
    guard isOptional else { return count }
    if try page?.definition.isRun(of: 1, count: count) ?? true {
      try page?.definition.skip(count)
      return count
    }
    var valid = 0
    var rest = count
    let words = scratch.take(512).base.assumingMemoryBound(to: UInt64.self)
    while rest > 0 {
      let step = min(rest, 4096)
      valid += try page?.definition.decodeBits(into: words, at: 0, count: step) ?? 0
      rest -= step
    }
    return valid
  }

  /// Decodes levels of rows into the mask, which is made when the first NULL may come; returns the values there are.
  private func definitions(
    _ count: Int, into mask: inout ValidityMask?, at offset: Int, total: Int
  ) throws(FormatFault) -> Int {
    guard isOptional else { return count }
    if try page?.definition.isRun(of: 1, count: count) ?? true {
      try page?.definition.skip(count)
      return count
    }
    let target = mask ?? ValidityMask(count: total, allValid: true)
    mask = target
    return try page?.definition.decodeBits(into: target.words, at: offset, count: count) ?? 0
  }

  // MARK: Dictionary codes

  private func readCodes(_ pages: ColumnChunkPages, _ start: Int, _ count: Int) throws(QueryError) -> Vector {
    let owner = codeBuffer.take(count * 4)
    let codes = owner.base.assumingMemoryBound(to: UInt32.self)
    var mask: ValidityMask?
    var done = 0
    var valid = 0
    while done < count {
      let step = try enter(start + done, limit: count - done, pages)
      valid += try decodeCodes(step, codes + done, &mask, at: done, total: count)
      done += step
    }
    if valid == 0 { return .allNull(chunk.converter.type, count: count) }
    return .dictionary(try chunk.dictionary(), codes: owner, count: count, validity: valid == count ? nil : mask)
  }

  /// Decodes and checks the codes of rows of the open page; returns how many are not NULL.
  func decodeCodes(
    _ count: Int, _ codes: UnsafeMutablePointer<UInt32>, _ mask: inout ValidityMask?, at offset: Int, total: Int
  ) throws(QueryError) -> Int {
    let valid: Int
    do throws(FormatFault) {
      valid = try definitions(count, into: &mask, at: offset, total: total)
      try page?.values.hybrid.decode(into: codes, count: valid)
    } catch { throw chunk.located(error) }
    if valid > 0 { try check(codes, valid) }
    if let mask, valid < count {
      SlotSpreading.spread(codes, width: 4, packed: valid, count: count, mask, offset: offset)
    }
    position += count
    return valid
  }

  func check(_ codes: UnsafePointer<UInt32>, _ count: Int) throws(QueryError) {
    let limit = try chunk.dictionary().count
    guard SlotSpreading.areCodesValid(codes, count: count, below: limit) else {
      throw chunk.located(.corrupt("a dictionary code is out of range"))
    }
  }

  // MARK: Slots

  private func readSlots(_ pages: ColumnChunkPages, _ start: Int, _ count: Int) throws(QueryError) -> Vector {
    let owner = slotBuffer.take(count * width)
    var mask: ValidityMask?
    var heaps: [Buffer] = []
    var done = 0
    var valid = 0
    while done < count {
      let step = try enter(start + done, limit: count - done, pages)
      valid += try decodeSlots(step, owner.base + done * width, &mask, at: done, total: count, &heaps)
      done += step
    }
    if valid == 0 { return .allNull(chunk.converter.type, count: count) }
    return Vector(
      type: chunk.converter.type, encoding: .flat, count: count, owner: owner,
      validity: valid == count ? nil : mask, heaps: heaps)
  }

  func decodeSlots(
    _ count: Int, _ slots: UnsafeMutableRawPointer, _ mask: inout ValidityMask?, at offset: Int, total: Int,
    _ heaps: inout [Buffer]
  ) throws(QueryError) -> Int {
    if page?.values.form == .codes {
      return try decodeThroughDictionary(count, slots, &mask, at: offset, total: total, &heaps)
    }
    let valid: Int
    do throws(FormatFault) {
      valid = try definitions(count, into: &mask, at: offset, total: total)
      let heap = try page?.values.decode(valid, with: chunk.converter, into: slots)
      if chunk.converter.type.physical == .view { keep(heap, &heaps) }
    } catch { throw chunk.located(error) }
    if let mask, valid < count {
      SlotSpreading.spread(slots, width: width, packed: valid, count: count, mask, offset: offset)
    }
    position += count
    return valid
  }

  /// Keeps what views of the open page point to.
  func keep(_ heap: Buffer?, _ heaps: inout [Buffer]) {
    for owner in page?.values.owners ?? [] where !heaps.contains(where: { $0 === owner }) { heaps.append(owner) }
    if let heap { heaps.append(heap) }
  }

  private func decodeThroughDictionary(
    _ count: Int, _ slots: UnsafeMutableRawPointer, _ mask: inout ValidityMask?, at offset: Int, total: Int,
    _ heaps: inout [Buffer]
  ) throws(QueryError) -> Int {
    let codes = scratch.take(count * 4).base.assumingMemoryBound(to: UInt32.self)
    let valid = try decodeCodes(count, codes, &mask, at: offset, total: total)
    if valid == 0 {
      slots.initializeMemory(as: UInt8.self, repeating: 0, count: count * width)
      return 0
    }
    try copyEntries(codes, count, to: slots, &heaps)
    return valid
  }

  /// Copies entries of the dictionary and keeps what their views point to.
  func copyEntries(
    _ codes: UnsafePointer<UInt32>, _ count: Int, to slots: UnsafeMutableRawPointer, _ heaps: inout [Buffer]
  ) throws(QueryError) {
    let dictionary = try chunk.dictionary()
    SlotSpreading.gather(dictionary, codes, count: count, into: slots)
    for heap in dictionary.heaps where !heaps.contains(where: { $0 === heap }) { heaps.append(heap) }
  }
}
