import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// Reads JSON records, one a line or (multi-line) one after the other, as rows of a schema.
///
/// A record that is an array of objects is as many rows.
final class JSONReader: BatchReader {
  private let options: JSONOptions
  private let request: TextReadRequest
  private let columns: TextColumns
  private let context: JSONContext
  private let members: JSONMembers
  /// By position among the stored columns; nil for those that are not read.
  private var converters: [JSONColumn?] = []
  private let corruptBuilder: VectorBuilder?
  private let records: TextRecords
  /// The record at hand, as positions in the block.
  private var record = (start: 0, end: 0)
  /// Elements of a record's array that are not read yet: places on the tape.
  private var pending = 0..<0
  private var rows = 0
  /// Where the record of each row of the batch starts in the block.
  private var starts: [Int] = []
  private var dropped: [Int] = []

  init(_ options: JSONOptions, _ request: TextReadRequest) throws(QueryError) {
    self.options = options
    self.request = request
    columns = try TextColumns(request, mode: options.mode, corruptName: options.corruptRecordColumn)
    let context = try JSONContext(options, zone: request.zone)
    self.context = context
    members = JSONMembers(columns.stored.map { request.schema[$0].name })
    let isCorruptRead = columns.corrupt.map(request.projection.contains) == true
    corruptBuilder = isCorruptRead ? VectorBuilder(.string, capacity: request.batchSize) : nil
    do throws(QueryError) {
      records = try TextRecords(
        request.file, Self.splitter(options), range: request.byteRange, counters: request.counters)
    } catch {
      throw error.inFile(request.file.path)
    }
    for (position, column) in columns.stored.enumerated() {
      let field = request.schema[column]
      let builder = VectorBuilder(field.type, capacity: request.batchSize)
      let converter = try JSONColumn(field, builder, context)
      converters.append(columns.isRead[position] ? converter : nil)
    }
  }

  static func splitter(_ options: JSONOptions) throws(QueryError) -> RecordSplitter {
    if options.isMultiLine {
      return .jsonValues(
        JSONValueSplitter(allowsSingleQuotes: options.allowsSingleQuotes, allowsComments: options.allowsComments))
    }
    guard let delimiter = options.lineDelimiter, delimiter != [0x0A] else { return .lines }
    return .delimited(delimiter)
  }

  func next() throws(QueryError) -> Batch? {
    rows = 0
    starts.removeAll(keepingCapacity: true)
    dropped.removeAll(keepingCapacity: true)
    while rows < request.batchSize {
      if !pending.isEmpty {
        try readElement()
      } else {
        guard let next = rows == 0 ? try records.nextRecord() : records.recordInBlock() else { break }
        try read(next)
      }
    }
    guard rows > 0 else { return nil }
    request.counters.add(rows, to: .rowsRead)
    return finishBatch()
  }

  func location(ofRow row: Int) -> FileLocation? { records.location(of: starts[row]) }

  private func finishBatch() -> Batch {
    var vectors: [Int: Vector] = [:]
    for (position, converter) in converters.enumerated() {
      if let converter { vectors[columns.stored[position]] = converter.finish() }
    }
    if let corrupt = columns.corrupt, let corruptBuilder { vectors[corrupt] = corruptBuilder.finish() }
    let output = request.projection.map { vectors[$0] ?? .allNull(request.schema[$0].type, count: rows) }
    return Batch(columns: output, count: rows, selection: dropped.isEmpty ? nil : keptRows())
  }

  private func keptRows() -> SelectionVector {
    let buffer = SelectionVector.scratch(rows)
    let positions = buffer.base.assumingMemoryBound(to: UInt32.self)
    let dropped = Set(dropped)
    var kept = 0
    for row in 0..<rows where !dropped.contains(row) {
      positions[kept] = UInt32(row)
      kept += 1
    }
    return SelectionVector(buffer, count: kept)
  }

  private var text: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: records.block.bytes + record.start, count: record.end - record.start)
  }

  private func read(_ next: RecordSplitter.Record) throws(QueryError) {
    record = (next.start, next.end)
    if text.allSatisfy({ $0 <= 0x20 }) { return }
    guard context.tape.parse(text) else {
      return try addMalformed("it is not JSON at byte \(context.tape.position + 1)", nil)
    }
    let root = context.tape.entries[0]
    switch root.kind {
    case .object: try addRow(0)
    case .array:
      pending = 1..<Int(root.next)
    default: try addMalformed("it is no JSON object", nil)
    }
  }

  private func readElement() throws(QueryError) {
    let index = pending.lowerBound
    let entry = context.tape.entries[index]
    pending = Int(entry.next)..<pending.upperBound
    if entry.kind == .object { try addRow(index) } else { try addMalformed("an element is no JSON object", nil) }
  }

  private func addRow(_ index: Int) throws(QueryError) {
    members.find(index, context)
    var bad: Int?
    for (position, converter) in converters.enumerated() {
      guard let converter else { continue }
      let place = members.places[position]
      if place < 0 { converter.appendNull() } else if !converter.append(place), bad == nil { bad = position }
    }
    try closeRow(bad)
  }

  private func countRow() {
    rows += 1
    starts.append(record.start)
  }

  private func closeRow(_ bad: Int?) throws(QueryError) {
    countRow()
    guard let bad else {
      corruptBuilder?.appendNull()
      return
    }
    let place = members.places[bad]
    let value = String(decoding: context.tape.text(context.tape.entries[place]), as: UTF8.self)
    try noteFault(BadRecord.reason(request.schema[columns.stored[bad]]), value)
  }

  /// A record of which nothing can be read.
  private func addMalformed(_ reason: String, _ value: String?) throws(QueryError) {
    if options.mode == .dropMalformed { return }
    for converter in converters { converter?.appendNull() }
    countRow()
    try noteFault(reason, value ?? String(decoding: text, as: UTF8.self))
  }

  /// Deals with the row just added as the mode asks for.
  private func noteFault(_ reason: String, _ value: String) throws(QueryError) {
    switch options.mode {
    case .failFast:
      throw BadRecord.error(
        reason, value: value, file: request.file, offset: records.fileOffset(of: record.start))
    case .dropMalformed: dropped.append(rows - 1)
    case .permissive: break
    }
    if let corruptBuilder { UTF8Text.append(text, to: corruptBuilder) }
  }
}
