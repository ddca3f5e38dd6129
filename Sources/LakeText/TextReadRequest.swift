package import LakeColumnar
package import LakeDiagnostics
package import LakeFileSystem
package import LakeTypes

/// What one task reads of one text file.
package struct TextReadRequest: Sendable {
  package var file: any ReadableFile
  /// The part of a splittable file: records whose first byte lies in it; nil for the whole file.
  package var byteRange: Range<Int>?
  /// The file's columns in order, the corrupt-record column wherever it was declared.
  package var schema: Schema
  /// Positions in `schema`, in the order of the batches' columns.
  package var projection: [Int]
  package var batchSize: Int
  package var zone: TextTimeZone
  package var counters: ScanCounters

  package init(
    file: any ReadableFile, byteRange: Range<Int>? = nil, schema: Schema, projection: [Int],
    batchSize: Int = Batch.capacity, zone: TextTimeZone = .utc, counters: ScanCounters = ScanCounters()
  ) {
    self.file = file
    self.byteRange = byteRange
    self.schema = schema
    self.projection = projection
    self.batchSize = max(1, batchSize)
    self.zone = zone
    self.counters = counters
  }
}

/// Opens text files as batches.
package enum TextReader {
  /// A reader for one thread; errors in the data come from `next()`, with the file's path.
  package static func open(_ format: TextFormat, _ request: TextReadRequest) throws(QueryError) -> any BatchReader {
    var request = request
    if let range = request.byteRange, !format.isSplittable(path: request.file.path) {
      // The first part reads all, the others nothing.
      request.byteRange = range.lowerBound <= 0 ? nil : request.file.size..<request.file.size
    }
    if request.byteRange?.lowerBound ?? 0 <= 0 { request.counters.add(1, to: .filesRead) }
    if let range = request.byteRange, range.isEmpty || range.lowerBound >= request.file.size { return EmptyReader() }
    switch format {
    case .csv(let options): return try CSVReader(options, request)
    case .json(let options): return try JSONReader(options, request)
    case .text: return try LineReader(request)
    }
  }
}

/// Yields nothing.
private final class EmptyReader: BatchReader {
  func next() -> Batch? { nil }
}

/// Which columns of a file a reader has to look at.
struct TextColumns {
  /// The columns that stand in the file, as positions in the schema.
  let stored: [Int]
  /// For each stored column, whether its values must be read.
  let isRead: [Bool]
  /// The corrupt-record column, as a position in the schema.
  let corrupt: Int?

  init(_ request: TextReadRequest, mode: BadRecordMode, corruptName: String?) throws(QueryError) {
    let schema = request.schema
    let corrupt = corruptName.flatMap { schema.index(of: $0) }
    if let corrupt, schema[corrupt].type != .string {
      throw QueryError(
        .invalidParameter, .bind, "the column for corrupt records must be a string: \(schema[corrupt].name)")
    }
    self.corrupt = corrupt
    stored = schema.fields.indices.filter { $0 != corrupt }
    // What the other modes let through must not depend on which columns a query happens to read.
    let readsAll = mode != .permissive || corrupt.map(request.projection.contains) == true
    isRead = stored.map { readsAll || request.projection.contains($0) }
  }
}

/// The error for a malformed record.
enum BadRecord {
  /// Tells file, line, column and value; `offset` is where the record starts in the unpacked file.
  static func error(
    _ reason: String, value: String, file: any ReadableFile, offset: Int
  ) -> QueryError {
    let shown = value.count > 200 ? value.prefix(200) + "..." : value[...]
    return QueryError(
      .badRecord, .execute, "malformed record, \(reason): '\(shown)'",
      hint: "mode => 'PERMISSIVE' keeps such records with NULLs, 'DROPMALFORMED' leaves them out",
      file: FileLocation(path: file.path, row: LineNumber.of(offset, in: file)))
  }

  /// The reason when a column's text is not of its type.
  static func reason(_ field: Field) -> String { "the column \(field.name) is \(field.type), which its text is not" }
}
