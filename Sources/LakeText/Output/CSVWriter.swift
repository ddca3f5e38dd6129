package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// Writes rows as CSV, with the same options that read them back.
///
/// Fields are quoted where they must be (RFC 4180): NULL is `nullText` without quotes, the empty string is quoted.
/// A quote within is doubled, or escaped if the options name another escape. Nested values are JSON, or in Hive's form
/// if the options have delimiters for them; binary is raw.
/// Not for several threads at once.
package final class CSVWriter: BatchWriter {
  private let schema: Schema
  private let options: CSVOptions
  private let text: ValueText
  private let nested: NestedTextSyntax?
  private let output: TextOutput
  private let nullText: [UInt8]
  private let lineEnd: [UInt8]
  private var isHeaderDue: Bool

  /// Nothing is written before the first batch or `finish()`.
  package init(
    schema: Schema, options: CSVOptions = .rfc4180, zone: TextTimeZone = .utc, sink: @escaping TextSink
  ) throws(QueryError) {
    self.schema = schema
    self.options = options
    text = try ValueText(
      zone: zone, dateFormat: options.dateFormat, timestampFormat: options.timestampFormat,
      timestampNTZFormat: options.timestampNTZFormat, ignoresNullFields: false)
    nested = NestedTextSyntax(options)
    for field in schema.fields where nested?.canHold(field.type, level: 0) == false {
      throw QueryError(
        .unsupported, .bind, "the column \(field.name) is nested too deeply for this text format: \(field.type)")
    }
    output = TextOutput(sink)
    nullText = Array(options.nullText.utf8)
    lineEnd = options.lineDelimiter ?? [0x0A]
    isHeaderDue = options.hasHeader
  }

  package func write(_ batch: Batch) throws(QueryError) {
    writeHeader()
    let batch = batch.compacted()
    for row in 0..<batch.count {
      for (index, column) in batch.columns.enumerated() {
        if index > 0 { output.bytes.append(options.delimiter) }
        writeField(column, row)
      }
      output.bytes.append(lineEnd)
      try output.flushIfFull()
    }
  }

  /// Hands on what is left; whoever owns the file finishes that.
  package func finish() throws(QueryError) {
    writeHeader()
    try output.flush()
  }

  private func writeHeader() {
    guard isHeaderDue else { return }
    isHeaderDue = false
    for (index, field) in schema.fields.enumerated() {
      if index > 0 { output.bytes.append(options.delimiter) }
      var name = field.name
      name.withUTF8 { writeText($0) }
    }
    output.bytes.append(lineEnd)
  }

  private func writeField(_ column: Vector, _ row: Int) {
    guard column.isValid(row), column.type != .void else {
      output.bytes.append(nullText)
      return
    }
    let source = column.slotVector
    let slot = column.slotIndex(row)
    switch column.type {
    case .string, .binary: source.slots(StringView.self)[slot].withBytes { writeText($0) }
    case .array, .map, .struct:
      let value = ByteBuffer(capacity: 256)
      if let nested {
        nested.write(column, row, level: 0, text, nullText, to: value)
      } else {
        text.appendJSON(column, row, to: value)
      }
      writeText(value.bytes)
    case .date, .timestamp, .timestampNTZ, .decimal, .float, .double, .intervalYearMonth, .intervalDayTime:
      let start = output.bytes.count
      text.appendScalar(source, slot, to: output.bytes)
      if needsQuotes(UnsafeBufferPointer(rebasing: output.bytes.bytes[start...])) { requote(from: start) }
    default: text.appendScalar(source, slot, to: output.bytes)
    }
  }

  /// Quotes a field that was already appended, because it turned out to hold the delimiter.
  private func requote(from start: Int) {
    let field = Array(output.bytes.bytes[start...])
    output.bytes.truncate(to: start)
    field.withUnsafeBufferPointer { writeText($0) }
  }

  private func writeText(_ text: UnsafeBufferPointer<UInt8>) {
    guard let quote = options.quote else { return writeUnquoted(text) }
    let isNullText = text.elementsEqual(nullText) && !options.nullText.isEmpty
    guard text.isEmpty || isNullText || options.quotesAll || needsQuotes(text) else {
      return output.bytes.append(text)
    }
    let escape = options.escape ?? quote
    output.bytes.append(quote)
    for byte in text {
      if byte == quote || byte == escape { output.bytes.append(escape) }
      output.bytes.append(byte)
    }
    output.bytes.append(quote)
  }

  private func needsQuotes(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = text.first else { return false }
    if first <= 0x20 || first == options.comment { return true }
    let delimiter = options.delimiter[0]
    var last = first
    for byte in text {
      if byte == delimiter || byte == options.quote || byte == 0x0A || byte == 0x0D { return true }
      last = byte
    }
    return last <= 0x20
  }

  /// A field where no quotes are used: the escape, if there is one, stands before what would end it.
  private func writeUnquoted(_ text: UnsafeBufferPointer<UInt8>) {
    guard options.escapesUnquoted, let escape = options.escape else {
      return output.bytes.append(text)
    }
    for byte in text {
      switch byte {
      case 0x0A: output.bytes.append([escape, UInt8(ascii: "n")])
      case 0x0D: output.bytes.append([escape, UInt8(ascii: "r")])
      case escape, options.delimiter[0]: output.bytes.append([escape, byte])
      default: output.bytes.append(byte)
      }
    }
  }
}
