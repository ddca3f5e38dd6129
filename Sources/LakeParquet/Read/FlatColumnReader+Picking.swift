import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Wanted rows of one page, by ascending positions counted from `base`.
private struct PickedRows {
  let rows: UnsafePointer<UInt32>
  let count: Int
  let base: Int
  /// Where the first of them stands among the rows of the result.
  let offset: Int
  /// Rows of the result.
  let total: Int

  var end: Int { base + Int(rows[count - 1]) + 1 }
}

/// Reading of few rows among many: what lies between them is stepped over, not decoded.
extension FlatColumnReader {
  /// The rows at ascending positions counted from `base`.
  func picked(_ rows: UnsafePointer<UInt32>, _ count: Int, _ base: Int) throws(QueryError) -> Vector {
    let pages = try chunk.pages(holding: RowRanges(rows, count: count, base: base))
    return areCoded(pages, upTo: base + Int(rows[count - 1]))
      ? try pickCodes(pages, rows, count, base) : try pickSlots(pages, rows, count, base)
  }

  /// Whether the pages from the open one up to that of a row hold dictionary codes only.
  private func areCoded(_ pages: ColumnChunkPages, upTo last: Int) -> Bool {
    var index = pageIndex
    while index < pages.count, pages[index].firstEntry <= last {
      if !pages[index].isDictionaryCoded { return false }
      index += 1
    }
    return true
  }

  private func pickCodes(
    _ pages: ColumnChunkPages, _ rows: UnsafePointer<UInt32>, _ count: Int, _ base: Int
  ) throws(QueryError) -> Vector {
    let owner = codeBuffer.take(count * 4)
    let codes = owner.base.assumingMemoryBound(to: UInt32.self)
    var mask: ValidityMask?
    var valid = 0
    try forEachPage(pages, rows, count, base) { (picked) throws(QueryError) in
      valid += try pickCodes(picked, codes + picked.offset, &mask)
    }
    if valid == 0 { return .allNull(chunk.converter.type, count: count) }
    return .dictionary(try chunk.dictionary(), codes: owner, count: count, validity: valid == count ? nil : mask)
  }

  private func pickSlots(
    _ pages: ColumnChunkPages, _ rows: UnsafePointer<UInt32>, _ count: Int, _ base: Int
  ) throws(QueryError) -> Vector {
    let owner = slotBuffer.take(count * width)
    var mask: ValidityMask?
    var heaps: [Buffer] = []
    var valid = 0
    try forEachPage(pages, rows, count, base) { (picked) throws(QueryError) in
      valid += try pickSlots(picked, owner.base + picked.offset * width, &mask, &heaps)
    }
    if valid == 0 { return .allNull(chunk.converter.type, count: count) }
    return Vector(
      type: chunk.converter.type, encoding: .flat, count: count, owner: owner,
      validity: valid == count ? nil : mask, heaps: heaps)
  }

  /// Opens page after page at the first row wanted of it.
  @inline(__always)
  private func forEachPage(
    _ pages: ColumnChunkPages, _ rows: UnsafePointer<UInt32>, _ count: Int, _ base: Int,
    _ body: (PickedRows) throws(QueryError) -> Void
  ) throws(QueryError) {
    var done = 0
    while done < count {
      _ = try enter(base + Int(rows[done]), limit: 1, pages)
      let pageEnd = pages[pageIndex].endEntry - base
      var last = done + 1
      while last < count, Int(rows[last]) < pageEnd { last += 1 }
      try body(PickedRows(rows: rows + done, count: last - done, base: base, offset: done, total: count))
      done = last
    }
  }

  /// Picks codes of the open page, at the first row of which the reader stands; returns how many are not NULL.
  private func pickCodes(
    _ picked: PickedRows, _ codes: UnsafeMutablePointer<UInt32>, _ mask: inout ValidityMask?
  ) throws(QueryError) -> Int {
    let span = picked.end - position
    guard try hasNoNulls(span) else {
      let start = position
      let all = spanBuffer.take(span * 4).base
      var spanMask: ValidityMask?
      _ = try decodeCodes(span, all.assumingMemoryBound(to: UInt32.self), &spanMask, at: 0, total: span)
      SlotSpreading.pick(all, width: 4, picked.rows, count: picked.count, base: start - picked.base, into: codes)
      return pickValidity(picked, of: spanMask, from: start, into: &mask)
    }
    do throws(FormatFault) {
      if isOptional { try page?.definition.skip(span) }
      try page?.values.hybrid.pick(picked.rows, count: picked.count, base: position - picked.base, into: codes)
    } catch { throw chunk.located(error) }
    position += span
    try check(codes, picked.count)
    return picked.count
  }

  /// Picks slots of the open page, at the first row of which the reader stands; returns how many are not NULL.
  private func pickSlots(
    _ picked: PickedRows, _ slots: UnsafeMutableRawPointer, _ mask: inout ValidityMask?, _ heaps: inout [Buffer]
  ) throws(QueryError) -> Int {
    let span = picked.end - position
    guard let form = page?.values.form, form != .bits, try hasNoNulls(span) else {
      return try pickDecoded(span, picked, slots, &mask, &heaps)
    }
    if form == .codes {
      let codes = codeBuffer.take(picked.count * 4).base.assumingMemoryBound(to: UInt32.self)
      let valid = try pickCodes(picked, codes, &mask)
      try copyEntries(codes, picked.count, to: slots, &heaps)
      return valid
    }
    do throws(FormatFault) {
      if isOptional { try page?.definition.skip(span) }
      let heap = try page?.values.pick(
        picked.rows, count: picked.count, base: position - picked.base, with: chunk.converter, into: slots)
      if chunk.converter.type.physical == .view { keep(heap, &heaps) }
    } catch { throw chunk.located(error) }
    position += span
    return picked.count
  }

  /// Decodes the whole span and takes the wanted rows from it.
  private func pickDecoded(
    _ span: Int, _ picked: PickedRows, _ slots: UnsafeMutableRawPointer, _ mask: inout ValidityMask?,
    _ heaps: inout [Buffer]
  ) throws(QueryError) -> Int {
    let start = position
    let all = spanBuffer.take(span * width).base
    var spanMask: ValidityMask?
    _ = try decodeSlots(span, all, &spanMask, at: 0, total: span, &heaps)
    SlotSpreading.pick(all, width: width, picked.rows, count: picked.count, base: start - picked.base, into: slots)
    return pickValidity(picked, of: spanMask, from: start, into: &mask)
  }

  /// Whether the levels say in one run that the next rows are not NULL.
  private func hasNoNulls(_ count: Int) throws(QueryError) -> Bool {
    guard isOptional else { return true }
    do throws(FormatFault) {
      return try page?.definition.isRun(of: 1, count: count) ?? true
    } catch { throw chunk.located(error) }
  }

  /// Takes over which rows of a span that begins at `start` are NULL; returns how many of the wanted are not.
  private func pickValidity(
    _ picked: PickedRows, of span: ValidityMask?, from start: Int, into mask: inout ValidityMask?
  ) -> Int {
    guard let span else { return picked.count }
    let target = mask ?? ValidityMask(count: picked.total, allValid: true)
    mask = target
    var valid = 0
    for index in 0..<picked.count {
      let isValid = span.isValid(picked.base + Int(picked.rows[index]) - start)
      if isValid { valid += 1 } else { target.setNull(picked.offset + index) }
    }
    return valid
  }
}
