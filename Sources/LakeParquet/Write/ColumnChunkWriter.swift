import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Rows of a leaf, taken apart: levels, and the values that are there.
struct LeafRows {
  /// Rows of the table.
  var rowCount: Int
  var entryCount: Int
  /// nil where all entries have the maximum, as in columns without lists.
  var repetition: [UInt8]?
  /// nil where every entry has a value.
  var definition: [UInt8]?
  /// Entries without a value, and those of them that are NULL and not an empty list.
  var missingCount: Int
  var nullCount: Int
  var valueCount: Int
}

/// Buffers and encodes the column chunks of one leaf.
protocol ColumnChunkWriter: AnyObject {
  /// Appends rows; `values` points to `rows.valueCount` values in the form that the leaf is buffered in.
  func append(_ rows: LeafRows, values: UnsafeRawPointer) throws(QueryError)
  /// Whether values are numbered in a dictionary now, so that codes of another dictionary are welcome.
  var takesCodes: Bool { get }
  /// Appends rows whose values are given as codes of a dictionary.
  func append(_ rows: LeafRows, codes: UnsafePointer<UInt32>, of dictionary: StoredDictionary) throws(QueryError)
  /// Encodes what is left of the row group and starts the next one.
  func finishChunk() throws(QueryError) -> EncodedChunk
  /// Bytes that the chunk will take, roughly.
  var estimatedByteCount: Int { get }
}

/// The dictionary of vectors that are written, its values in the form that their leaf is buffered in.
final class StoredDictionary {
  let vector: Vector
  let values: UnsafeRawPointer
  /// What keeps the values alive, where it is not the vector.
  private let owner: Buffer?

  init(_ vector: Vector, values: UnsafeRawPointer, owner: Buffer?) {
    self.vector = vector
    self.values = values
    self.owner = owner
  }
}

/// The writer of a leaf whose values are buffered as `Value`.
///
/// A chunk starts with a dictionary, and keeps codes until it is finished. When the dictionary does not pay, what
/// there is becomes PLAIN pages (or stays, if it paid so far), and the rest of the chunk is PLAIN.
final class TypedChunkWriter<Value: StoredValue>: ColumnChunkWriter {
  private let leaf: WriteLeaf
  private let options: ParquetWriteOptions
  private var pageWriter: PageWriter
  private var chunk = EncodedChunk()
  private var chunkBounds = ValueBounds<Value>()
  private var table: DictionaryTable<Value>
  private var translation = CodeTranslation()
  private var marks = PageMarks()
  private var isCoding: Bool
  private var codes = ByteOutput()
  private var drafts: [PageDraft<Value>] = []
  private var plain = ByteOutput()
  private var encoded = ByteOutput()
  private var page = PageDraft<Value>()
  private var repetition: LevelBuffer
  private var definition: LevelBuffer
  private var rowsInChunk = 0
  /// Bytes that the values with codes would take in PLAIN form.
  private var plainByteCount = 0
  private var pageByteCount = 0
  /// What values without codes may be encoded as, and what the chunk's first page showed to be smallest.
  private let candidates: [PageEncoding]
  private var encoding: PageEncoding?
  private var bloom: BloomFilterBuilder?
  private var last: (lower: Bound, upper: Bound, bounds: ValueBounds<Value>)?

  init(_ leaf: WriteLeaf, _ options: ParquetWriteOptions, _ compressor: Compressor) {
    self.leaf = leaf
    self.options = options
    pageWriter = PageWriter(compressor, options)
    candidates = ValueEncoding.candidates(leaf.storage, options)
    bloom = leaf.bloomFilter(options)
    table = Self.emptyTable(leaf)
    isCoding = options.usesDictionaries && leaf.storage != .boolean
    repetition = LevelBuffer(maximum: leaf.maxRepetition)
    definition = LevelBuffer(maximum: leaf.maxDefinition)
  }

  private static func emptyTable(_ leaf: WriteLeaf) -> DictionaryTable<Value> {
    let storage = leaf.storage
    return DictionaryTable { PlainEncoder.size($0, storage) }
  }

  var estimatedByteCount: Int {
    let coded = isCoding ? min(table.byteCount + codedByteCount, plainByteCount) : 0
    return chunk.compressedSize + plain.count + coded
  }

  private var codeCount: Int { codes.count / 4 }
  private var codeWidth: Int { max(1, PageLevels.width(max(table.count - 1, 1))) }
  private var codedByteCount: Int { codeCount * codeWidth / 8 }

  /// Every NaN is counted, so that floating-point numbers are looked at one by one.
  var takesCodes: Bool { isCoding && !leaf.type.isFloating }

  func append(_ rows: LeafRows, codes source: UnsafePointer<UInt32>, of dictionary: StoredDictionary)
    throws(QueryError)
  {
    appendLevels(rows)
    let target = codes.reserve(rows.valueCount * 4).assumingMemoryBound(to: UInt32.self)
    translation.start(dictionary)
    let values = dictionary.values.assumingMemoryBound(to: Value.self)
    let known = translation.codes
    for index in 0..<rows.valueCount {
      let code = Int(source[index])
      var translated = known[code]
      if translated == CodeTranslation.unknown {
        translated = table.code(of: values[code])
        known[code] = translated
      }
      target[index] = translated
    }
    markBounds(target, rows.valueCount)
    let size = codedSize(target, rows.valueCount)
    pageByteCount += size
    plainByteCount += size
    try closeIfFull()
  }

  /// Bytes that values with codes take in PLAIN form.
  private func codedSize(_ codes: UnsafePointer<UInt32>, _ count: Int) -> Int {
    guard leaf.storage == .bytes else { return count * PlainEncoder.size(table.values[0], leaf.storage) }
    let views = UnsafeRawPointer(table.values).assumingMemoryBound(to: StringView.self)
    var total = 0
    for index in 0..<count { total &+= 4 &+ views[Int(codes[index])].count }
    return total
  }

  /// Widens the page's bounds by values that the page did not have before.
  private func markBounds(_ codes: UnsafePointer<UInt32>, _ count: Int) {
    let marked = marks.reserve(table.count)
    let values = table.values
    let page = marks.page
    for index in 0..<count {
      let code = Int(codes[index])
      if marked[code] != page {
        marked[code] = page
        self.page.bounds.update(values + code, count: 1)
      }
    }
  }

  private func appendLevels(_ rows: LeafRows) {
    page.rowCount += rows.rowCount
    page.entryCount += rows.entryCount
    page.missingCount += rows.missingCount
    chunk.nullCount += rows.nullCount
    chunk.valueCount += rows.valueCount + rows.nullCount
    if let levels = rows.repetition { repetition.append(levels) }
    if let levels = rows.definition { definition.append(levels) } else { definition.append(full: rows.entryCount) }
  }

  /// Whether bounds are found faster over the distinct values of a page than over all of them.
  private static var comparesSlowly: Bool { Value.self == StringView.self || Value.self == Int128.self }

  func append(_ rows: LeafRows, values: UnsafeRawPointer) throws(QueryError) {
    let values = values.assumingMemoryBound(to: Value.self)
    appendLevels(rows)
    let size = plainSize(values, rows.valueCount)
    pageByteCount += size
    if isCoding {
      plainByteCount += size
      let target = codes.reserve(rows.valueCount * 4).assumingMemoryBound(to: UInt32.self)
      table.encode(values, count: rows.valueCount, into: target)
      if Self.comparesSlowly {
        markBounds(target, rows.valueCount)
      } else {
        page.bounds.update(values, count: rows.valueCount)
      }
    } else {
      page.bounds.update(values, count: rows.valueCount)
      bloom?.insert(values, count: rows.valueCount)
      PlainEncoder.append(values, count: rows.valueCount, leaf.storage, to: &plain)
    }
    try closeIfFull()
  }

  private func closeIfFull() throws(QueryError) {
    if pageByteCount >= options.pageByteCount || page.rowCount >= options.pageRowCount { try closePage() }
    if isCoding, table.byteCount > options.dictionaryByteCount { try giveUpDictionary(keepingCodes: true) }
  }

  private func plainSize(_ values: UnsafePointer<Value>, _ count: Int) -> Int {
    guard leaf.storage == .bytes else { return count * PlainEncoder.size(values[0], leaf.storage) }
    let views = UnsafeRawPointer(values).assumingMemoryBound(to: StringView.self)
    var total = 0
    for index in 0..<count { total &+= 4 &+ views[index].count }
    return total
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
    pageByteCount = 0
    marks.nextPage()
    if isCoding {
      drafts.append(closed)
      if !paysSoFar || (drafts.count == 1 && isSmallerWithoutCodes(closed)) {
        try giveUpDictionary(keepingCodes: false)
      }
    } else {
      try emitPlain(closed)
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
  /// of what its codes and their dictionary take.
  private func isSmallerWithoutCodes(_ draft: PageDraft<Value>) -> Bool {
    guard let candidate = candidates.last else { return false }
    appendPlain(draft.codes)
    encoded.removeAll()
    ValueEncoding.append(plain.bytes, count: draft.valueCount, leaf.storage, as: candidate, to: &encoded)
    plain.removeAll()
    return encoded.count * 2 < table.byteCount + codedByteCount
  }

  /// Goes on without a dictionary; closed pages keep their codes if that is wanted and pays.
  private func giveUpDictionary(keepingCodes: Bool) throws(QueryError) {
    try flushDrafts(withCodes: keepingCodes && paysSoFar)
    isCoding = false
    bloom?.insert(table.values, count: table.count)
    let open = (drafts.last?.codes.upperBound ?? 0)..<codeCount
    drafts.removeAll()
    appendPlain(open)
    codes.removeAll()
    table = Self.emptyTable(leaf)
    translation.forget()
    marks.removeAll()
    plainByteCount = 0
  }

  /// Writes the drafts as dictionary pages or without codes.
  private func flushDrafts(withCodes: Bool) throws(QueryError) {
    guard !drafts.isEmpty else { return }
    if withCodes { try emitDictionary() }
    for draft in drafts {
      if withCodes {
        try emitCoded(draft)
      } else {
        plain.removeAll()
        appendPlain(draft.codes)
        try emitPlain(draft)
      }
    }
    plain.removeAll()
  }

  private func appendPlain(_ range: Range<Int>) {
    let source = codes.pointer(at: 0).assumingMemoryBound(to: UInt32.self)
    let block = 4096
    let scratch = Buffer(byteCount: block * MemoryLayout<Value>.stride)
    let target = scratch.base.assumingMemoryBound(to: Value.self)
    withExtendedLifetime(scratch) {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
        let count = min(block, range.upperBound - start)
        table.gather(source + start, count: count, into: target)
        PlainEncoder.append(target, count: count, leaf.storage, to: &plain)
      }
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
      repetition: draft.repetition, definition: draft.definition)
    chunk.uncompressedSize += try pageWriter.write(parts, values: values, to: &chunk.dataPages)
    chunk.entryCount += draft.entryCount
    chunk.pageCounts[encoding, default: 0] += 1
    let lower = bound(draft.bounds.lower, isLower: true, limit: options.boundByteCount)
    let upper = bound(draft.bounds.upper, isLower: false, limit: options.boundByteCount)
    if let lower, let upper { order(lower, upper, draft.bounds) }
    chunk.pages.append(
      PageRecord(
        offset: offset, size: chunk.dataPages.count - offset, firstRow: draft.firstRow,
        nullCount: draft.missingCount, hasValues: draft.entryCount > draft.missingCount,
        lower: lower, upper: upper))
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
    if isCoding {
      bloom?.insert(table.values, count: table.count)
      try flushDrafts(withCodes: paysSoFar)
    }
    var finished = chunk
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
    table = Self.emptyTable(leaf)
    translation.forget()
    marks.removeAll()
    isCoding = options.usesDictionaries && leaf.storage != .boolean
    codes.removeAll()
    drafts.removeAll()
    plain.removeAll()
    rowsInChunk = 0
    plainByteCount = 0
    encoding = nil
    last = nil
  }
}

extension WriteLeaf {
  fileprivate func bloomFilter(_ options: ParquetWriteOptions) -> BloomFilterBuilder? {
    guard storage != .boolean else { return nil }
    return options.bloomFilters[dottedPath.lowercased()].map { BloomFilterBuilder($0, storage) }
  }

  /// A writer for the form in which the leaf's values are buffered.
  func makeWriter(_ options: ParquetWriteOptions, _ compressor: Compressor) -> any ColumnChunkWriter {
    switch storage {
    case .boolean: TypedChunkWriter<UInt8>(self, options, compressor)
    case .int32: TypedChunkWriter<Int32>(self, options, compressor)
    case .int64: TypedChunkWriter<Int64>(self, options, compressor)
    case .float: TypedChunkWriter<Float>(self, options, compressor)
    case .double: TypedChunkWriter<Double>(self, options, compressor)
    case .fixed: TypedChunkWriter<Int128>(self, options, compressor)
    case .bytes: TypedChunkWriter<StringView>(self, options, compressor)
    }
  }
}
