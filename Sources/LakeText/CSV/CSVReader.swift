import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// Reads delimited text: a batch of records is split into fields first, then converted column by column.
final class CSVReader: BatchReader {
  private let options: CSVOptions
  private let request: TextReadRequest
  private let columns: TextColumns
  private let source: CSVRecords
  private let splitter: CSVFieldSplitter
  private let converter: CSVColumnConverter
  private let records: TextRecords
  private let fields: Buffer
  /// The text of fields that had escapes.
  private var heap = StringHeap()
  /// Start and end of each record of the batch, as positions in the block.
  private var bounds: [(start: Int, end: Int)] = []

  init(_ options: CSVOptions, _ request: TextReadRequest) throws(QueryError) {
    self.options = options
    self.request = request
    columns = try TextColumns(request, mode: options.mode, corruptName: options.corruptRecordColumn)
    source = CSVRecords(options: options)
    splitter = CSVFieldSplitter(options)
    converter = try CSVColumnConverter(options, zone: request.zone)
    for column in columns.stored { try converter.check(request.schema[column]) }
    fields = Buffer(byteCount: columns.stored.count * request.batchSize * MemoryLayout<FieldSlice>.stride)
    if options.hasHeader, !options.enforcesSchema, request.byteRange?.lowerBound ?? 0 <= 0 {
      try Self.checkHeader(source, request, columns)
    }
    do throws(QueryError) {
      records = try source.open(request.file, range: request.byteRange, counters: request.counters)
    } catch {
      throw error.inFile(request.file.path)
    }
  }

  private static func checkHeader(
    _ source: CSVRecords, _ request: TextReadRequest, _ columns: TextColumns
  ) throws(QueryError) {
    let header = try source.header(of: request.file)
    let names = columns.stored.map { request.schema[$0].name }
    let isSame = zip(names, header).allSatisfy { $0.lowercased() == $1?.lowercased() }
    guard !isSame || names.count != header.count else { return }
    throw QueryError(
      .badRecord, .execute,
      "the header does not name the schema's columns: \(header.map { $0 ?? "" }.joined(separator: ", "))",
      hint: "the schema has \(names.joined(separator: ", ")); enforceSchema => true matches columns by position",
      file: FileLocation(path: request.file.path, row: 1))
  }

  func next() throws(QueryError) -> Batch? {
    try collectRecords()
    let count = bounds.count
    guard count > 0 else { return nil }
    request.counters.add(count, to: .rowsRead)
    var faults = RowFaults(count: count)
    split(&faults)
    let vectors = convert(&faults)
    if options.mode == .failFast, let row = faults.firstRow { throw error(row, faults) }
    let output = request.projection.map { column in
      column == columns.corrupt
        ? corruptRecords(faults) : vectors[column] ?? .allNull(request.schema[column].type, count: count)
    }
    let selection = options.mode == .dropMalformed ? goodRows(faults) : nil
    return Batch(columns: output, count: count, selection: selection)
  }

  func location(ofRow row: Int) -> FileLocation? { records.location(of: bounds[row].start) }

  /// Takes records up to the batch's size or the end of the block; the first may need the next block.
  private func collectRecords() throws(QueryError) {
    bounds.removeAll(keepingCapacity: true)
    while bounds.count < request.batchSize {
      guard let record = bounds.isEmpty ? try records.nextRecord() : records.recordInBlock() else { return }
      if source.isData(records.block.bytes, record) { bounds.append((record.start, record.end)) }
    }
  }

  private var slices: UnsafeMutablePointer<FieldSlice> { fields.base.assumingMemoryBound(to: FieldSlice.self) }

  private func split(_ faults: inout RowFaults) {
    heap = StringHeap()
    let bytes = records.block.bytes
    let wanted = columns.stored.count
    let target = CSVFieldSplitter.Target(fields: slices, stride: request.batchSize, columns: wanted)
    for row in 0..<bounds.count {
      let (start, end) = bounds[row]
      let found = splitter.split(bytes + start, end - start, row: row, target, heap: &heap)
      if found != wanted, options.checksFieldCount { faults.add(row: row, column: RowFaults.fieldCount) }
    }
  }

  /// The vectors of the columns that are read, by position in the schema.
  private func convert(_ faults: inout RowFaults) -> [Int: Vector] {
    var vectors: [Int: Vector] = [:]
    for (position, column) in columns.stored.enumerated() where columns.isRead[position] {
      let type = request.schema[column].type
      // Text fits every string; only columns that are asked for need a vector then.
      if type == .string, !request.projection.contains(column) { continue }
      vectors[column] = converter.convert(
        slices + position * request.batchSize, bounds.count, type, column: Int32(column), &faults)
    }
    return vectors
  }

  private func text(_ row: Int) -> UnsafeBufferPointer<UInt8> {
    let (start, end) = bounds[row]
    return UnsafeBufferPointer(start: records.block.bytes + start, count: end - start)
  }

  private func corruptRecords(_ faults: RowFaults) -> Vector {
    guard !faults.isEmpty else { return .allNull(.string, count: bounds.count) }
    let builder = VectorBuilder(.string, capacity: bounds.count)
    for row in 0..<bounds.count {
      if faults.fault(at: row) == nil {
        builder.appendNull()
      } else {
        UTF8Text.append(text(row), to: builder)
      }
    }
    return builder.finish()
  }

  private func goodRows(_ faults: RowFaults) -> SelectionVector? {
    guard !faults.isEmpty else { return nil }
    let buffer = SelectionVector.scratch(bounds.count)
    let positions = buffer.base.assumingMemoryBound(to: UInt32.self)
    var kept = 0
    for row in 0..<bounds.count where faults.fault(at: row) == nil {
      positions[kept] = UInt32(row)
      kept += 1
    }
    return SelectionVector(buffer, count: kept)
  }

  private func error(_ row: Int, _ faults: RowFaults) -> QueryError {
    let offset = records.fileOffset(of: bounds[row].start)
    let fault = faults.fault(at: row) ?? RowFaults.fieldCount
    guard fault >= 0, let position = columns.stored.firstIndex(of: Int(fault)) else {
      return BadRecord.error(
        "it does not have \(columns.stored.count) fields", value: String(decoding: text(row), as: UTF8.self),
        file: request.file, offset: offset)
    }
    let field = slices[position * request.batchSize + row]
    return BadRecord.error(
      BadRecord.reason(request.schema[Int(fault)]), value: String(decoding: field.text, as: UTF8.self),
      file: request.file, offset: offset)
  }
}
