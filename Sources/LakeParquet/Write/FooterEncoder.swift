import LakeDiagnostics
import LakeTypes

/// Encodes the footer, the column index and the offset index.
enum FooterEncoder {
  static let createdBy = "lakesql version \(ProductVersion.text)"

  /// A column chunk as it was written.
  struct WrittenChunk {
    var leaf: WriteLeaf
    var codec: CodecKind
    var pageKind: PageKind
    /// Where the chunk starts: its dictionary page, or its first data page.
    var offset: Int
    var dictionaryByteCount: Int
    var chunk: EncodedChunk
    var columnIndex: Range<Int>?
    var offsetIndex: Range<Int>?
    var bloomFilter: Range<Int>?

    var dataOffset: Int { offset + dictionaryByteCount }
  }

  struct WrittenRowGroup {
    var rowCount: Int
    var chunks: [WrittenChunk]
  }

  static func footer(
    _ schema: WriteSchema, _ groups: [WrittenRowGroup], metadata: [String: String]
  ) -> [UInt8] {
    var writer = ThriftWriter()
    writer.element { file in
      file.integer(1, 2)
      file.list(2, of: .structure, count: schema.elements.count)
      for (index, element) in schema.elements.enumerated() {
        file.element { $0.schemaElement(element, isRoot: index == 0) }
      }
      file.int64(3, groups.reduce(0) { $0 + $1.rowCount })
      file.list(4, of: .structure, count: groups.count)
      for (index, group) in groups.enumerated() { file.element { rowGroup(group, index, &$0) } }
      if !metadata.isEmpty { keyValues(metadata, &file) }
      file.string(6, createdBy)
      file.list(7, of: .structure, count: schema.leaves.count)
      for _ in schema.leaves { file.element { $0.structure(1) { _ in } } }
    }
    return writer.bytes
  }

  private static func keyValues(_ metadata: [String: String], _ file: inout ThriftWriter) {
    file.list(5, of: .structure, count: metadata.count)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      file.element {
        $0.string(1, key)
        $0.string(2, value)
      }
    }
  }

  private static func rowGroup(_ group: WrittenRowGroup, _ ordinal: Int, _ writer: inout ThriftWriter) {
    writer.list(1, of: .structure, count: group.chunks.count)
    for chunk in group.chunks { writer.element { columnChunk(chunk, &$0) } }
    writer.int64(2, group.chunks.reduce(0) { $0 + $1.chunk.uncompressedSize })
    writer.int64(3, group.rowCount)
    sortingColumns(group, &writer)
    if let first = group.chunks.first { writer.int64(5, first.offset) }
    writer.int64(6, group.chunks.reduce(0) { $0 + $1.chunk.compressedSize })
    if let ordinal = Int16(exactly: ordinal) { writer.integer(7, Int(ordinal), .int16) }
  }

  /// The columns by each of which the rows are sorted, and so by all of them one after the other.
  private static func sortingColumns(_ group: WrittenRowGroup, _ writer: inout ThriftWriter) {
    let sorted = group.chunks.enumerated().compactMap { index, chunk in chunk.chunk.sorting.map { (index, $0) } }
    if sorted.isEmpty { return }
    writer.list(4, of: .structure, count: sorted.count)
    for (index, sorting) in sorted {
      writer.element {
        $0.integer(1, index)
        $0.bool(2, sorting.isDescending)
        $0.bool(3, sorting.nullsFirst)
      }
    }
  }

  private static func columnChunk(_ written: WrittenChunk, _ writer: inout ThriftWriter) {
    writer.int64(2, 0)
    writer.structure(3) { columnMetadata(written, &$0) }
    if let range = written.offsetIndex {
      writer.int64(4, range.lowerBound)
      writer.integer(5, range.count)
    }
    if let range = written.columnIndex {
      writer.int64(6, range.lowerBound)
      writer.integer(7, range.count)
    }
  }

  private static func columnMetadata(_ written: WrittenChunk, _ writer: inout ThriftWriter) {
    let chunk = written.chunk
    let encodings = chunk.encodings
    writer.integer(1, written.leaf.storage.kind.rawValue)
    writer.list(2, of: .int32, count: encodings.count)
    for encoding in encodings { writer.integerElement(encoding.rawValue) }
    writer.list(3, of: .binary, count: written.leaf.path.count)
    for name in written.leaf.path { writer.stringElement(name) }
    writer.integer(4, written.codec.rawValue)
    writer.int64(5, chunk.entryCount)
    writer.int64(6, chunk.uncompressedSize)
    writer.int64(7, chunk.compressedSize)
    writer.int64(9, written.dataOffset)
    if chunk.usesDictionary { writer.int64(11, written.offset) }
    writer.structure(12) { statistics in
      statistics.int64(3, chunk.entryCount - chunk.valueCount + chunk.nullCount)
      if let upper = chunk.upper { statistics.binary(5, upper.bytes) }
      if let lower = chunk.lower { statistics.binary(6, lower.bytes) }
      if let upper = chunk.upper { statistics.bool(7, upper.isExact) }
      if let lower = chunk.lower { statistics.bool(8, lower.isExact) }
      if let count = chunk.nanCount { statistics.int64(9, count) }
    }
    encodingStatistics(written, &writer)
    if let filter = written.bloomFilter {
      writer.int64(14, filter.lowerBound)
      writer.integer(15, filter.count)
    }
    writer.structure(16) { sizeStatistics(written, &$0) }
  }

  /// Histograms are left out where there is but one level, or the count of NULLs says the same.
  private static func sizeStatistics(_ written: WrittenChunk, _ writer: inout ThriftWriter) {
    let sizes = written.chunk.sizes
    if written.leaf.storage == .bytes { writer.int64(1, sizes.byteArrayByteCount) }
    if written.leaf.maxRepetition > 0 { integers(2, sizes.repetition, &writer) }
    if written.leaf.maxDefinition > 1 { integers(3, sizes.definition, &writer) }
  }

  private static func integers(_ id: Int, _ counts: [Int], _ writer: inout ThriftWriter) {
    writer.list(id, of: .int64, count: counts.count)
    for count in counts { writer.integerElement(count) }
  }

  /// How many pages of each kind and encoding there are.
  private static func encodingStatistics(_ written: WrittenChunk, _ writer: inout ThriftWriter) {
    var counts: [(kind: PageKind, encoding: PageEncoding, pages: Int)] = []
    if written.chunk.usesDictionary { counts.append((.dictionary, .plain, 1)) }
    for (encoding, pages) in written.chunk.pageCounts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      counts.append((written.pageKind, encoding, pages))
    }
    writer.list(13, of: .structure, count: counts.count)
    for count in counts {
      writer.element {
        $0.integer(1, count.kind.rawValue)
        $0.integer(2, count.encoding.rawValue)
        $0.integer(3, count.pages)
      }
    }
  }

  /// The header in front of a bloom filter's bits.
  static func bloomFilterHeader(byteCount: Int) -> [UInt8] {
    var writer = ThriftWriter()
    writer.element { header in
      header.integer(1, byteCount)
      // Split blocks, xxHash, not compressed: each the first and only choice of a union.
      for field in 2...4 { header.structure(field) { $0.structure(1) { _ in } } }
    }
    return writer.bytes
  }

  /// nil where some page with values has no bounds, which the index needs for each of them.
  static func columnIndex(_ written: WrittenChunk) -> [UInt8]? {
    let chunk = written.chunk
    let isComplete = chunk.pages.allSatisfy { !$0.hasValues || ($0.lower != nil && $0.upper != nil) }
    if !isComplete { return nil }
    var writer = ThriftWriter()
    writer.element { index in
      index.list(1, of: .boolTrue, count: chunk.pages.count)
      for page in chunk.pages { index.boolElement(!page.hasValues) }
      index.list(2, of: .binary, count: chunk.pages.count)
      for page in chunk.pages { index.binaryElement(page.lower?.bytes ?? []) }
      index.list(3, of: .binary, count: chunk.pages.count)
      for page in chunk.pages { index.binaryElement(page.upper?.bytes ?? []) }
      index.integer(4, chunk.order.code)
      index.list(5, of: .int64, count: chunk.pages.count)
      for page in chunk.pages { index.integerElement(page.nullCount) }
      if written.leaf.maxRepetition > 0 { integers(6, chunk.pages.flatMap(\.sizes.repetition), &index) }
      if written.leaf.maxDefinition > 1 { integers(7, chunk.pages.flatMap(\.sizes.definition), &index) }
      if written.leaf.type.isFloating { integers(8, chunk.pages.map(\.nanCount), &index) }
    }
    return writer.bytes
  }

  static func offsetIndex(_ written: WrittenChunk) -> [UInt8] {
    var writer = ThriftWriter()
    writer.element { index in
      index.list(1, of: .structure, count: written.chunk.pages.count)
      for page in written.chunk.pages {
        index.element {
          $0.int64(1, written.dataOffset + page.offset)
          $0.integer(2, page.size)
          $0.int64(3, page.firstRow)
        }
      }
      if written.leaf.storage == .bytes { integers(2, written.chunk.pages.map(\.sizes.byteArrayByteCount), &index) }
    }
    return writer.bytes
  }
}

extension ThriftWriter {
  fileprivate mutating func schemaElement(_ element: SchemaElement, isRoot: Bool) {
    if let kind = element.kind { integer(1, kind.rawValue) }
    if element.kind == .fixedByteArray { integer(2, element.typeLength) }
    if !isRoot { integer(3, element.repetition.rawValue) }
    string(4, element.name)
    if element.kind == nil { integer(5, element.childCount) }
    if let converted = element.annotation?.converted { integer(6, converted.rawValue) }
    if case .decimal(let precision, let scale)? = element.annotation {
      integer(7, scale)
      integer(8, precision)
    }
    if let id = element.fieldID { integer(9, id) }
    if let annotation = element.annotation { structure(10) { $0.logicalType(annotation) } }
  }

  /// The annotations that are written; others are only read.
  private mutating func logicalType(_ annotation: Annotation) {
    switch annotation {
    case .string: structure(1) { _ in }
    case .map: structure(2) { _ in }
    case .list: structure(3) { _ in }
    case .date: structure(6) { _ in }
    case .decimal(let precision, let scale):
      structure(5) {
        $0.integer(1, scale)
        $0.integer(2, precision)
      }
    case .timestamp(let unit, let isUTC):
      structure(8) {
        $0.bool(1, isUTC)
        $0.structure(2) { $0.structure(unit.rawValue) { _ in } }
      }
    case .integer(let bits, let isSigned):
      structure(10) {
        $0.byte(1, UInt8(bits))
        $0.bool(2, isSigned)
      }
    case .enum, .json, .bson, .uuid, .float16, .interval, .unknown, .time: break
    }
  }
}

extension Annotation {
  /// The older form, where it says the same.
  fileprivate var converted: ConvertedKind? {
    switch self {
    case .string: .utf8
    case .map: .map
    case .list: .list
    case .date: .date
    case .decimal: .decimal
    case .timestamp(.micros, isUTC: true): .timestampMicros
    case .integer(8, isSigned: true): .int8
    case .integer(16, isSigned: true): .int16
    default: nil
    }
  }
}

extension EncodedChunk {
  /// All encodings of the chunk's levels, values and dictionary.
  fileprivate var encodings: [PageEncoding] {
    var all = Set(pageCounts.keys).union([.rle])
    if usesDictionary { all.insert(.plain) }
    return all.sorted { $0.rawValue < $1.rawValue }
  }
}
