import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The writer of a leaf whose values are buffered as `Value`.
///
/// A chunk starts with a dictionary, and keeps the codes of its first pages. If the dictionary does not pay, they become
/// PLAIN pages, and so does the rest; if it pays, they are written, and the codes of a page are from then on written
/// when it is full. A dictionary that grows too large or stops to pay is given up for the rest of the chunk.
final class TypedChunkWriter<Value: StoredValue>: ColumnChunkWriter {
  private let leaf: WriteLeaf
  private let options: ParquetWriteOptions
  private let pageWriter: PageWriter
  private var chunk = EncodedChunk()
  private var chunkBounds = ValueBounds<Value>()
  private var rowOrder = RowOrder<Value>()
  private var table: DictionaryTable<Value>
  private var translation = CodeTranslation()
  private var marks = PageMarks()
  private var isCoding: Bool
  /// Whether the dictionary has paid for long enough that its pages are written as they come.
  private var isDictionaryKept = false
  private var codes = ByteOutput()
  private var drafts: [PageDraft<Value>] = []
  private var draftLevelByteCount = 0
  private var plain = ByteOutput()
  private var encoded = ByteOutput()
  private var scratch = RecycledBuffer()
  private var page = PageDraft<Value>()
  private var repetition: LevelBuffer
  private var definition: LevelBuffer
  private var rowsInChunk = 0
  /// Values that have codes, buffered or written, and the bytes they would take in PLAIN form.
  private var codedCount = 0
  private var plainByteCount = 0
  /// What values without codes may be encoded as, and what the chunk's first page showed to be smallest.
  private let candidates: [PageEncoding]
  private var encoding: PageEncoding?
  private var bloom: BloomFilterBuilder?
  private var last: (lower: Bound, upper: Bound, bounds: ValueBounds<Value>)?
  /// Codes that are kept until it is clear whether the dictionary pays.
  private static var undecidedCount: Int { 1 << 17 }

  init(_ leaf: WriteLeaf, _ options: ParquetWriteOptions, _ pageWriter: PageWriter) {
    self.leaf = leaf
    self.options = options
    self.pageWriter = pageWriter
    candidates = ValueEncoding.candidates(leaf.storage, options)
    bloom = leaf.bloomFilter(options)
    table = DictionaryTable(leaf.storage)
    isCoding = options.usesDictionaries && leaf.storage != .boolean
    repetition = LevelBuffer(maximum: leaf.maxRepetition)
    definition = LevelBuffer(maximum: leaf.maxDefinition)
  }

  var estimatedByteCount: Int {
    let levels = draftLevelByteCount + (repetition.count + definition.count) / 8
    return chunk.compressedSize + plain.count + levels + bufferedCodeByteCount
  }

  /// Bytes that the dictionary and the codes that are not written yet will take.
  private var bufferedCodeByteCount: Int {
    guard isCoding else { return 0 }
    if isDictionaryKept { return table.byteCount + codeCount * codeWidth / 8 }
    return min(table.byteCount + codedByteCount, plainByteCount)
  }

  private var codeCount: Int { codes.count / 4 }
  private var codeWidth: Int { max(1, PageLevels.width(max(table.count - 1, 1))) }
  private var codedByteCount: Int { codedCount * codeWidth / 8 }

  var takesCodes: Bool { isCoding }

  func append(_ rows: LeafRows, codes source: UnsafePointer<UInt32>, of dictionary: StoredDictionary)
    throws(QueryError)
  {
    let values = dictionary.values.assumingMemoryBound(to: Value.self)
    translation.start(dictionary)
    let size: (Range<Int>) -> Int = { [leaf] range in
      PlainEncoder.size(values, codes: source + range.lowerBound, range.count, leaf.storage)
    }
    try appendParts(rows, size: size) { part in
      let codes = source + part.values.lowerBound
      if isCoding {
        appendCodes(codes, part.values.count, of: values)
      } else {
        let target = scratch.take(part.values.count * MemoryLayout<Value>.stride)
        let gathered = target.base.assumingMemoryBound(to: Value.self)
        DictionaryTable.gather(values, codes, count: part.values.count, into: gathered)
        appendValues(gathered, part.values.count)
      }
    }
  }

  func append(_ rows: LeafRows, values: UnsafeRawPointer) throws(QueryError) {
    let values = values.assumingMemoryBound(to: Value.self)
    let size: (Range<Int>) -> Int = { [leaf] range in
      PlainEncoder.size(values + range.lowerBound, count: range.count, leaf.storage)
    }
    try appendParts(rows, size: size) { part in
      appendValues(values + part.values.lowerBound, part.values.count)
    }
  }

  /// Spreads rows over pages: appends the levels of each part, lets `body` append its values, and closes full pages.
  private func appendParts(
    _ rows: LeafRows, size: (Range<Int>) -> Int, _ body: (LeafPart) -> Void
  ) throws(QueryError) {
    chunk.nullCount += rows.nullCount
    chunk.valueCount += rows.valueCount + rows.nullCount
    var parts = LeafParts(rows, maxDefinition: leaf.maxDefinition)
    while let part = parts.next(
      rowRoom: options.pageRowCount - page.rowCount, byteRoom: options.pageByteCount - page.byteCount, size: size)
    {
      appendLevels(rows, part)
      page.byteCount += part.byteCount
      if isCoding {
        codedCount += part.values.count
        plainByteCount += part.byteCount
      }
      if part.values.count > 0 { body(part) }
      try closeIfFull()
    }
  }

  private func appendLevels(_ rows: LeafRows, _ part: LeafPart) {
    page.rowCount += part.rowCount
    page.entryCount += part.entries.count
    page.missingCount += part.missingCount
    if let levels = rows.repetition { repetition.append(levels[part.entries]) }
    let definitions = rows.definition.map { $0[part.entries] }
    if let definitions { definition.append(definitions) } else { definition.append(full: part.entries.count) }
    if rowOrder.isOpen, leaf.maxRepetition == 0 {
      rowOrder.note(levels: definitions, valueLevel: leaf.maxDefinition, rowCount: part.rowCount)
    }
  }

  private func appendCodes(_ source: UnsafePointer<UInt32>, _ count: Int, of values: UnsafePointer<Value>) {
    let target = codes.reserve(count * 4).assumingMemoryBound(to: UInt32.self)
    table.translate(source, count: count, of: values, known: translation.codes, into: target)
    markBounds(target, count)
    appendOrder(target, count)
  }

  /// Widens the page's bounds by values that the page did not have before.
  private func markBounds(_ codes: UnsafePointer<UInt32>, _ count: Int) {
    page.bounds.update(
      table.values, codes: codes, count: count, marks: marks.reserve(table.count), page: marks.page)
  }

  private func appendOrder(_ codes: UnsafePointer<UInt32>, _ count: Int) {
    guard rowOrder.isOpen, leaf.maxRepetition == 0 else { return }
    rowOrder.append(table.values, codes: codes, count: count)
  }

  /// Whether bounds are found faster over the distinct values of a page than over all of them.
  private static var comparesSlowly: Bool { Value.self == StringView.self || Value.self == Int128.self }

  private func appendValues(_ values: UnsafePointer<Value>, _ count: Int) {
    if isCoding {
      let target = codes.reserve(count * 4).assumingMemoryBound(to: UInt32.self)
      table.encode(values, count: count, into: target)
      if Self.comparesSlowly {
        markBounds(target, count)
        return appendOrder(target, count)
      }
    } else {
      bloom?.insert(values, count: count)
      PlainEncoder.append(values, count: count, leaf.storage, to: &plain)
    }
    page.bounds.update(values, count: count)
    if rowOrder.isOpen, leaf.maxRepetition == 0 { rowOrder.append(values, count: count) }
  }

  private func closeIfFull() throws(QueryError) {
    if page.byteCount >= options.pageByteCount || page.rowCount >= options.pageRowCount { try closePage() }
    if isCoding, table.byteCount > options.dictionaryByteCount { try giveUpDictionary(keepingCodes: true) }
  }

  /// Ends the page: encodes it, or keeps it as a draft while codes may still become PLAIN values.
  private func closePage() throws(QueryError) {
    guard page.entryCount > 0 else { return }
    page.repetition = repetition.encode()
    page.definition = definition.encode()
    page.firstRow = rowsInChunk
    page.codes = (drafts.last?.codes.upperBound ?? 0)..<codeCount
    rowsInChunk += page.rowCount
    chunkBounds.merge(page.bounds)
    let closed = page
    page = PageDraft()
    marks.nextPage()
    if isCoding { try closeCoded(closed) } else { try emitPlain(closed) }
  }

  private func closeCoded(_ draft: PageDraft<Value>) throws(QueryError) {
    if isDictionaryKept {
      try emitCoded(draft)
      codes.removeAll()
      if !paysSoFar { try giveUpDictionary(keepingCodes: true) }
      return
    }
    drafts.append(draft)
    draftLevelByteCount += draft.repetition.bytes.count + draft.definition.bytes.count
    if !paysSoFar || (drafts.count == 1 && isSmallerWithoutCodes(draft)) {
      try giveUpDictionary(keepingCodes: false)
    } else if codeCount >= Self.undecidedCount {
      try keepDictionary()
    }
  }

  /// Writes the values that stand in PLAIN form as a page, in the encoding that pays.
  private func emitPlain(_ draft: PageDraft<Value>) throws(QueryError) {
    if leaf.storage == .boolean {
      let bits = PlainEncoder.bits(plain.bytes)
      plain.removeAll()
      plain.append(bits)
    }
    if encoding == nil { encoding = try smallestEncoding(draft.valueCount) }
    let chosen = encoding ?? .plain
    if chosen == .plain {
      try emit(draft, .plain, plain.bytes)
    } else {
      encoded.removeAll()
      ValueEncoding.append(plain.bytes, count: draft.valueCount, leaf.storage, as: chosen, to: &encoded)
      try emit(draft, chosen, encoded.bytes)
    }
    plain.removeAll()
  }

  /// The encoding whose compressed form of the open page is smallest; another one than PLAIN must save a twentieth.
  private func smallestEncoding(_ count: Int) throws(QueryError) -> PageEncoding {
    if candidates.isEmpty { return .plain }
    var best = PageEncoding.plain
    var limit = try pageWriter.compressedSize(plain.bytes) * 19 / 20
    for candidate in candidates {
      encoded.removeAll()
      ValueEncoding.append(plain.bytes, count: count, leaf.storage, as: candidate, to: &encoded)
      let size = try pageWriter.compressedSize(encoded.bytes)
      if size < limit { (best, limit) = (candidate, size) }
    }
    return best
  }

  private var paysSoFar: Bool { (table.byteCount + codedByteCount) * 10 < plainByteCount * 9 }

  /// Whether another encoding, such as the differences of sorted numbers, makes the chunk's first page less than half
  /// of its codes alone: later pages use the same dictionary, so its size says little here.
  private func isSmallerWithoutCodes(_ draft: PageDraft<Value>) -> Bool {
    guard let candidate = candidates.last else { return false }
    appendPlain(draft.codes)
    encoded.removeAll()
    ValueEncoding.append(plain.bytes, count: draft.valueCount, leaf.storage, as: candidate, to: &encoded)
    plain.removeAll()
    return encoded.count * 2 < codedByteCount
  }

  /// Writes the pages so far, which are all full, as codes.
  private func keepDictionary() throws(QueryError) {
    isDictionaryKept = true
    for draft in drafts { try emitCoded(draft) }
    drafts.removeAll()
    draftLevelByteCount = 0
    codes.removeAll()
  }

  /// Goes on without a dictionary; closed pages keep their codes if they are written, or that is wanted and pays.
  private func giveUpDictionary(keepingCodes: Bool) throws(QueryError) {
    let open = (drafts.last?.codes.upperBound ?? 0)..<codeCount
    try finishDictionary(keepingCodes: keepingCodes)
    isCoding = false
    appendPlain(open)
    codes.removeAll()
    table = DictionaryTable(leaf.storage)
    translation.forget()
    marks.removeAll()
  }

  /// Writes the drafts, as codes or as values, and the dictionary if a page has codes of it.
  private func finishDictionary(keepingCodes: Bool) throws(QueryError) {
    bloom?.insert(table.values, count: table.count)
    let keepsDrafts = isDictionaryKept || keepingCodes && paysSoFar
    for draft in drafts {
      if keepsDrafts {
        try emitCoded(draft)
      } else {
        appendPlain(draft.codes)
        try emitPlain(draft)
      }
    }
    if isDictionaryKept || keepsDrafts && !drafts.isEmpty { try emitDictionary() }
    drafts.removeAll()
    draftLevelByteCount = 0
  }

  private func appendPlain(_ range: Range<Int>) {
    let source = codes.pointer(at: 0).assumingMemoryBound(to: UInt32.self)
    let block = 4096
    let target = scratch.take(block * MemoryLayout<Value>.stride).base.assumingMemoryBound(to: Value.self)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
      let count = min(block, range.upperBound - start)
      DictionaryTable.gather(table.values, source + start, count: count, into: target)
      PlainEncoder.append(target, count: count, leaf.storage, to: &plain)
    }
  }

  private func emitDictionary() throws(QueryError) {
    var values = ByteOutput()
    PlainEncoder.append(table.values, count: table.count, leaf.storage, to: &values)
    chunk.uncompressedSize += try pageWriter.writeDictionary(
      values.bytes, count: table.count, to: &chunk.dictionaryPage)
  }

  /// The codes of a page, each with as many bits as the largest of them needs.
  private func emitCoded(_ draft: PageDraft<Value>) throws(QueryError) {
    let source = codes.pointer(at: 0).assumingMemoryBound(to: UInt32.self) + draft.codes.lowerBound
    var largest: UInt32 = 0
    for index in 0..<draft.codes.count { largest = max(largest, source[index]) }
    let width = max(1, PageLevels.width(Int(largest)))
    var values = ByteOutput()
    values.append(byte: UInt8(width))
    HybridEncoder.encode(source, count: draft.codes.count, width: width, into: &values)
    try emit(draft, .rleDictionary, values.bytes)
  }

  private func emit(
    _ draft: PageDraft<Value>, _ encoding: PageEncoding, _ values: UnsafeRawBufferPointer
  ) throws(QueryError) {
    let offset = chunk.dataPages.count
    let parts = PageWriter.DataPage(
      encoding: encoding, rowCount: draft.rowCount, entryCount: draft.entryCount, missingCount: draft.missingCount,
      repetition: draft.repetition.bytes, definition: draft.definition.bytes)
    chunk.uncompressedSize += try pageWriter.write(parts, values: values, to: &chunk.dataPages)
    chunk.entryCount += draft.entryCount
    chunk.pageCounts[encoding, default: 0] += 1
    let lower = bound(draft.bounds.lower, isLower: true, limit: options.boundByteCount)
    let upper = bound(draft.bounds.upper, isLower: false, limit: options.boundByteCount)
    if let lower, let upper { order(lower, upper, draft.bounds) }
    let sizes = PageSizes(
      byteArrayByteCount: leaf.storage == .bytes ? draft.byteCount - 4 * draft.valueCount : 0,
      repetition: draft.repetition.histogram, definition: draft.definition.histogram)
    chunk.sizes.add(sizes)
    chunk.pages.append(
      PageRecord(
        offset: offset, size: chunk.dataPages.count - offset, firstRow: draft.firstRow,
        nullCount: draft.missingCount, nanCount: draft.bounds.nanCount,
        hasValues: draft.entryCount > draft.missingCount,
        lower: lower, upper: upper, sizes: sizes))
  }

  private func bound(_ value: Value?, isLower: Bool, limit: Int) -> Bound? {
    value.flatMap { BoundEncoding.bound($0, leaf, isLower: isLower, limit: limit) }
  }

  /// Notes whether the page's bounds go on in the order of the pages before it. Byte arrays are compared as they were
  /// cut, because an upper bound may be raised beyond that of the next page.
  private func order(_ lower: Bound, _ upper: Bound, _ bounds: ValueBounds<Value>) {
    if let last {
      if leaf.storage == .bytes {
        chunk.order.add(
          lower: Self.compare(lower.bytes, last.lower.bytes), upper: Self.compare(upper.bytes, last.upper.bytes))
      } else if let low = bounds.lower, let high = bounds.upper, let lastLow = last.bounds.lower,
        let lastHigh = last.bounds.upper
      {
        chunk.order.add(lower: Self.compare(low, lastLow), upper: Self.compare(high, lastHigh))
      }
    }
    last = (lower, upper, bounds)
  }

  private static func compare(_ a: Value, _ b: Value) -> Int { a.isLess(than: b) ? -1 : b.isLess(than: a) ? 1 : 0 }

  private static func compare(_ a: [UInt8], _ b: [UInt8]) -> Int {
    a.lexicographicallyPrecedes(b) ? -1 : b.lexicographicallyPrecedes(a) ? 1 : 0
  }

  func finishChunk() throws(QueryError) -> EncodedChunk {
    try closePage()
    if isCoding { try finishDictionary(keepingCodes: true) }
    var finished = chunk
    finished.sorting = leaf.maxRepetition == 0 ? rowOrder.sorting : nil
    finished.bloomFilter = bloom?.finish()
    finished.nanCount = leaf.type.isFloating ? chunkBounds.nanCount : nil
    if let lower = chunkBounds.lower, let upper = chunkBounds.upper {
      finished.lower = bound(lower, isLower: true, limit: options.boundByteCount * 4)
      finished.upper = bound(upper, isLower: false, limit: options.boundByteCount * 4)
      finished.lowerLiteral = BoundEncoding.literal(lower, leaf.type)
      finished.upperLiteral = BoundEncoding.literal(upper, leaf.type)
    }
    reset()
    return finished
  }

  private func reset() {
    chunk = EncodedChunk()
    chunkBounds = ValueBounds()
    rowOrder = RowOrder()
    table = DictionaryTable(leaf.storage)
    translation.forget()
    marks.removeAll()
    isCoding = options.usesDictionaries && leaf.storage != .boolean
    isDictionaryKept = false
    codes.removeAll()
    plain.removeAll()
    rowsInChunk = 0
    codedCount = 0
    plainByteCount = 0
    encoding = nil
    last = nil
  }
}
