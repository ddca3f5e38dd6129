package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// Writes rows as JSON objects, one a line, or as the elements of one array.
///
/// Decimals are numbers with all their digits; timestamps and dates are text; NULL fields are left out if the options
/// say so. Not for several threads at once.
package final class JSONWriter: BatchWriter {
  package enum Layout: Sendable {
    case lines
    case array
  }

  private let options: JSONOptions
  private let layout: Layout
  private let text: ValueText
  private let output: TextOutput
  /// `"name":` of each column.
  private let names: [[UInt8]]
  private var count = 0

  package init(
    schema: Schema, options: JSONOptions = JSONOptions(), layout: Layout = .lines, zone: TextTimeZone = .utc,
    sink: @escaping TextSink
  ) throws(QueryError) {
    self.options = options
    self.layout = layout
    text = try ValueText(
      zone: zone, dateFormat: options.dateFormat, timestampFormat: options.timestampFormat,
      timestampNTZFormat: options.timestampNTZFormat, ignoresNullFields: options.ignoresNullFields)
    output = TextOutput(sink)
    names = schema.names.map { name in
      var name = name
      let bytes = ByteBuffer(capacity: 64)
      name.withUTF8 { ValueText.appendQuoted($0, to: bytes) }
      bytes.append(UInt8(ascii: ":"))
      return Array(bytes.bytes)
    }
  }

  package func write(_ batch: Batch) throws(QueryError) {
    let batch = batch.compacted()
    for row in 0..<batch.count {
      if layout == .array { output.bytes.append(count == 0 ? "[\n" : ",\n") }
      writeObject(batch, row)
      if layout == .lines { output.bytes.append(options.lineDelimiter ?? [0x0A]) }
      count += 1
      try output.flushIfFull()
    }
  }

  /// Hands on what is left; whoever owns the file finishes that.
  package func finish() throws(QueryError) {
    if layout == .array { output.bytes.append(count == 0 ? "[]\n" : "\n]\n") }
    try output.flush()
  }

  private func writeObject(_ batch: Batch, _ row: Int) {
    output.bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    for (column, name) in zip(batch.columns, names) {
      if options.ignoresNullFields, !column.isValid(row) { continue }
      if !isFirst { output.bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      output.bytes.append(name)
      text.appendJSON(column, row, to: output.bytes)
    }
    output.bytes.append(UInt8(ascii: "}"))
  }
}
