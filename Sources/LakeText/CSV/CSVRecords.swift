import LakeColumnar
import LakeDiagnostics
import LakeFileSystem

/// Opens a delimited file behind its header and tells data records from others.
struct CSVRecords {
  let options: CSVOptions

  /// Whether a record is data, not a comment and not empty.
  @inline(__always)
  func isData(_ bytes: UnsafePointer<UInt8>, _ record: RecordSplitter.Record) -> Bool {
    if let comment = options.comment, record.start < record.end, bytes[record.start] == comment { return false }
    guard options.skipsEmptyLines else { return true }
    var index = record.start
    while index < record.end {
      if bytes[index] > 0x20 || bytes[index] == options.delimiter[0] { return true }
      index += 1
    }
    return false
  }

  /// The records of a part of the file, from behind the header.
  func open(
    _ file: any ReadableFile, range: Range<Int>?, counters: ScanCounters?
  ) throws(QueryError) -> TextRecords {
    let splitter = try recordSplitter()
    guard let range, range.lowerBound > 0, options.skipLines > 0 || options.hasHeader else {
      let records = try TextRecords(file, splitter, range: range, counters: counters)
      if range?.lowerBound ?? 0 <= 0 { _ = try skipPrologue(records) }
      return records
    }
    let top = try TextRecords(file, splitter, range: nil, counters: nil)
    _ = try skipPrologue(top)
    let start = max(range.lowerBound, top.fileOffset(of: top.block.start))
    return try TextRecords(file, splitter, range: start..<max(start, range.upperBound), counters: counters)
  }

  private func recordSplitter() throws(QueryError) -> RecordSplitter {
    if options.isMultiLine, let quote = options.quote {
      if options.lineDelimiter != nil {
        throw QueryError(.unsupported, .bind, "CSV with both multiLine and lineSep is not supported")
      }
      return .quotedLines(
        QuotedLineSyntax(
          delimiter: options.delimiter, quote: quote, escape: options.escape,
          ignoresLeadingWhiteSpace: options.ignoresLeadingWhiteSpace))
    }
    guard let delimiter = options.lineDelimiter, delimiter != [0x0A] else { return .lines }
    return .delimited(delimiter)
  }

  /// Passes over the lines to skip and the header, which is returned as its record.
  func skipPrologue(_ records: TextRecords) throws(QueryError) -> RecordSplitter.Record? {
    for _ in 0..<options.skipLines { _ = try records.nextRecord() }
    guard options.hasHeader else { return nil }
    while let record = try records.nextRecord() {
      if isData(records.block.bytes, record) { return record }
    }
    return nil
  }

  /// The texts of the file's first data record, which is the header if the file has one; empty for an empty file.
  func header(of file: any ReadableFile) throws(QueryError) -> [String?] {
    var bare = options
    bare.hasHeader = false
    let source = CSVRecords(options: bare)
    let records = try source.open(file, range: nil, counters: nil)
    while let record = try records.nextRecord() {
      if isData(records.block.bytes, record) { return texts(records, record) }
    }
    return []
  }

  /// The texts of a record's fields; nil for NULL.
  func texts(_ records: TextRecords, _ record: RecordSplitter.Record) -> [String?] {
    let count = record.end - record.start
    let fields = UnsafeMutablePointer<FieldSlice>.allocate(capacity: count + 1)
    defer { fields.deallocate() }
    var heap = StringHeap()
    let found = CSVFieldSplitter(options).split(
      records.block.bytes + record.start, count, row: 0, .init(fields: fields, stride: 1, columns: count + 1),
      heap: &heap)
    return withExtendedLifetime(heap.buffers) {
      (0..<found).map { index in
        let text = String(decoding: fields[index].text, as: UTF8.self)
        let isEmpty = text.isEmpty && fields[index].form == .plain && options.emptyIsNull
        return isEmpty || text == options.nullText ? nil : text
      }
    }
  }
}
