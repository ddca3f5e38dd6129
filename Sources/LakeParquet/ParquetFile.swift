package import LakeColumnar
package import LakeDiagnostics
package import LakeFileSystem
package import LakeTypes

/// A Parquet file that is open for reading: its footer, parsed and checked. Cheap to share between threads.
package final class ParquetFile: Sendable {
  /// The columns, with the field ids that the file gives them.
  package let schema: Schema
  package let rowCount: Int
  let file: any ReadableFile
  let metadata: FileMetadata
  /// Bytes of the footer.
  let footerSize: Int
  let columns: [ColumnNode]
  let leaves: [LeafColumn]
  /// Position in the file of each row group's first row.
  let firstRows: [Int]

  private init(_ file: any ReadableFile, _ metadata: FileMetadata, footerSize: Int) throws(FormatFault) {
    self.file = file
    self.metadata = metadata
    self.footerSize = footerSize
    var builder = SchemaBuilder(metadata.schema)
    columns = try builder.build()
    leaves = builder.leaves
    schema = Schema(columns.map(\.field))
    var rows = 0
    var firsts: [Int] = []
    for group in metadata.rowGroups {
      try Self.check(group, leaves)
      firsts.append(rows)
      let (sum, overflow) = rows.addingReportingOverflow(group.rowCount)
      guard !overflow else { throw .corrupt("the row count is out of range") }
      rows = sum
    }
    guard rows == metadata.rowCount else { throw .corrupt("its row groups do not add up to its row count") }
    rowCount = rows
    firstRows = firsts
  }

  private static func check(_ group: RowGroupMetadata, _ leaves: [LeafColumn]) throws(FormatFault) {
    guard group.chunks.count == leaves.count else { throw .corrupt("a row group has the wrong number of columns") }
    for (chunk, leaf) in zip(group.chunks, leaves) where chunk.isComplete {
      let isFlat = leaf.maxRepetition == 0
      guard isFlat ? chunk.valueCount == group.rowCount : chunk.valueCount >= group.rowCount else {
        throw .corrupt("column \(leaf.path.joined(separator: ".")) has another number of rows than its row group")
      }
    }
    var size = 0
    for chunk in group.chunks {
      // A page counts its values in 32 bits, and its header takes more bytes than these.
      guard chunk.valueCount >> 31 <= chunk.compressedSize / 8 || !chunk.isComplete else {
        throw .corrupt("a column chunk claims more values than its pages can hold")
      }
      let (sum, overflow) = size.addingReportingOverflow(chunk.compressedSize)
      guard !overflow else { throw .corrupt("the size of a row group is out of range") }
      size = sum
    }
  }

  /// Reads and checks the footer.
  package static func open(_ file: any ReadableFile) throws(QueryError) -> ParquetFile {
    try open(file, keepingDetails: false)
  }

  static func open(_ file: any ReadableFile, keepingDetails: Bool) throws(QueryError) -> ParquetFile {
    let bytes = try FooterBytes.read(file)
    do throws(FormatFault) {
      var parser = FooterParser(bytes.footer, keepingDetails: keepingDetails)
      var metadata = try parser.parse()
      metadata.addDictionaryHeaders(before: file.size - 8 - bytes.footer.count)
      return try withExtendedLifetime(bytes) { () throws(FormatFault) in
        try ParquetFile(file, metadata, footerSize: bytes.footer.count)
      }
    } catch {
      throw error.error(in: file.path)
    }
  }

  /// Throws if a column is a decimal of more digits than values can have: without being told so, a reader would take
  /// its bytes for the values.
  package func requireReadableTypes() throws(QueryError) {
    for leaf in leaves {
      guard let precision = leaf.type.excessivePrecision else { continue }
      let name = leaf.path.joined(separator: ".")
      var error = FormatFault.unsupported("column \(name) is a decimal of \(precision) digits, and 38 is the most")
        .error(in: file.path)
      error.hint = "name the columns that are wanted: schema => '...', with \(name) as BINARY or left out"
      throw error
    }
  }

  package var rowGroupCount: Int { metadata.rowGroups.count }

  package func rowCount(ofRowGroup index: Int) -> Int { metadata.rowGroups[index].rowCount }

  /// Compressed bytes of a row group.
  package func byteCount(ofRowGroup index: Int) -> Int {
    metadata.rowGroups[index].chunks.reduce(0) { $0 + $1.compressedSize }
  }

  /// What the footer says of a top-level column in a row group; nil for nested columns.
  package func statistics(column: Int, rowGroup: Int) -> ParquetColumnStatistics? {
    guard columns.indices.contains(column), case .leaf(let leaf, let index) = columns[column].shape,
      columns[column].repetition == 0
    else { return nil }
    return statistics(leaf, index, rowGroup: rowGroup, as: columns[column].type)
  }

  func statistics(
    _ leaf: LeafType, _ index: Int, rowGroup: Int, as type: LogicalType
  ) -> ParquetColumnStatistics {
    var statistics = metadata.rowGroups[rowGroup].chunks[index].statistics
    if !hasUsableOrder(leaf: index) {
      statistics.min = nil
      statistics.max = nil
    }
    return ParquetColumnStatistics(statistics, leaf: leaf, as: type)
  }

  /// Whether the bounds of a leaf are in the order of its type, or in IEEE 754's total order, which for bounds that
  /// are no NaN is the same.
  func hasUsableOrder(leaf index: Int) -> Bool {
    index >= metadata.columnOrders.count || (1...2).contains(metadata.columnOrders[index])
  }

  package var keyValueMetadata: [String: String] { metadata.keyValues }

  /// The program that wrote the file.
  package var createdBy: String { metadata.createdBy }

  /// A reader of the batches of the chosen row groups, for one thread. Row groups that the statistics rule out are
  /// passed over.
  package func reader(
    _ request: ParquetReadRequest, rowGroups: Range<Int>
  ) throws(QueryError) -> any BatchReader {
    try ParquetBatchReader(self, request, rowGroups: rowGroups, plans: plans(request))
  }

  func plans(_ request: ParquetReadRequest) throws(QueryError) -> [ReadPlan] {
    let matcher = ColumnMatcher(columns: columns, leaves: leaves, matching: request.matching)
    var plans: [ReadPlan] = []
    for (index, field) in request.fields.enumerated() {
      do throws(FormatFault) {
        plans.append(try matcher.plan(field, at: index, request.selections[index] ?? .whole))
      } catch { throw error.error(in: file.path) }
    }
    return plans
  }
}

/// The footer's bytes.
private struct FooterBytes {
  private let buffer: Buffer
  private let offset: Int
  private let count: Int
  /// Magic bytes at both ends and the footer's length.
  private static let smallestFile = 12
  /// Bytes read at first, which hold most footers whole.
  private static let guess = 64 << 10

  var footer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: buffer.base + offset, count: count) }

  static func read(_ file: any ReadableFile) throws(QueryError) -> FooterBytes {
    let size = file.size
    guard size >= smallestFile else {
      throw try foreign(file) ?? corrupt("it is shorter than any Parquet file", file)
    }
    let tail = try bytes(of: file, last: min(size, guess))
    let end = tail.base + tail.byteCount
    let magic = end.loadUnaligned(fromByteOffset: -4, as: UInt32.self)
    if magic == 0x4552_4150 { throw FormatFault.unsupported("its footer is encrypted").error(in: file.path) }
    guard magic == 0x3152_4150 else { throw try foreign(file) ?? corrupt("it does not end with PAR1", file) }
    let length = Int(end.loadUnaligned(fromByteOffset: -8, as: UInt32.self))
    guard length <= size - smallestFile else { throw corrupt("its footer is longer than the file", file) }
    if length + 8 <= tail.byteCount {
      return FooterBytes(buffer: tail, offset: tail.byteCount - 8 - length, count: length)
    }
    return FooterBytes(buffer: try bytes(of: file, last: length + 8), offset: 0, count: length)
  }

  private static func bytes(of file: any ReadableFile, last count: Int) throws(QueryError) -> Buffer {
    let buffer = Buffer(byteCount: count)
    try file.read(into: UnsafeMutableRawBufferPointer(start: buffer.base, count: count), at: file.size - count)
    return buffer
  }

  /// The error for a file that looks like one of another format; nil where it may be a damaged Parquet file.
  private static func foreign(_ file: any ReadableFile) throws(QueryError) -> QueryError? {
    let count = min(file.size, 512)
    let buffer = Buffer(byteCount: max(count, 1))
    let start = UnsafeMutableRawBufferPointer(start: buffer.base, count: count)
    try file.read(into: start, at: 0)
    guard let format = withExtendedLifetime(buffer, { ForeignFormat(Array(start)) }) else { return nil }
    return QueryError(
      .corruptFile, .storage, "this is not a Parquet file: it looks like \(format.description)", hint: format.hint,
      file: FileLocation(path: file.path))
  }

  private static func corrupt(_ message: String, _ file: any ReadableFile) -> QueryError {
    FormatFault.corrupt(message).error(in: file.path)
  }
}
