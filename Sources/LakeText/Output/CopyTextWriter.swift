package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// Writes rows in the text format of PostgreSQL's COPY: tabs between fields, `\N` for NULL, backslash escapes.
///
/// Nested values are JSON, binary is `\x` and hex digits. Not for several threads at once.
package final class CopyTextWriter: BatchWriter {
  private let schema: Schema
  private let text: ValueText
  private let output: TextOutput
  private var isHeaderDue: Bool

  package init(
    schema: Schema, header: Bool = false, zone: TextTimeZone = .utc, sink: @escaping TextSink
  ) throws(QueryError) {
    self.schema = schema
    isHeaderDue = header
    text = try ValueText(
      zone: zone, dateFormat: nil, timestampFormat: nil, timestampNTZFormat: nil, ignoresNullFields: false)
    output = TextOutput(sink)
  }

  package func write(_ batch: Batch) throws(QueryError) {
    writeHeader()
    let batch = batch.compacted()
    for row in 0..<batch.count {
      for (index, column) in batch.columns.enumerated() {
        if index > 0 { output.bytes.append(0x09) }
        writeField(column, row)
      }
      output.bytes.append(0x0A)
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
    for (index, name) in schema.names.enumerated() {
      if index > 0 { output.bytes.append(0x09) }
      writeEscaped(name.utf8)
    }
    output.bytes.append(0x0A)
  }

  private func writeField(_ column: Vector, _ row: Int) {
    guard column.isValid(row), column.type != .void else {
      output.bytes.append("\\N")
      return
    }
    let source = column.slotVector
    let slot = column.slotIndex(row)
    switch column.type {
    case .string: source.slots(StringView.self)[slot].withBytes { writeEscaped($0) }
    case .binary: source.slots(StringView.self)[slot].withBytes { writeHex($0) }
    case .array, .map, .struct:
      let json = ByteBuffer(capacity: 256)
      text.appendJSON(column, row, to: json)
      writeEscaped(json.bytes)
    default: text.appendScalar(source, slot, to: output.bytes)
    }
  }

  private func writeHex(_ bytes: UnsafeBufferPointer<UInt8>) {
    let digits = Array("0123456789abcdef".utf8)
    output.bytes.append("\\\\x")
    for byte in bytes { output.bytes.append([digits[Int(byte >> 4)], digits[Int(byte & 15)]]) }
  }

  private func writeEscaped(_ text: some Sequence<UInt8>) {
    for byte in text {
      if let letter = Self.escapeLetter(byte) {
        output.bytes.append([UInt8(ascii: "\\"), letter])
      } else {
        output.bytes.append(byte)
      }
    }
  }

  private static func escapeLetter(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x08: UInt8(ascii: "b")
    case 0x09: UInt8(ascii: "t")
    case 0x0A: UInt8(ascii: "n")
    case 0x0B: UInt8(ascii: "v")
    case 0x0C: UInt8(ascii: "f")
    case 0x0D: UInt8(ascii: "r")
    case UInt8(ascii: "\\"): byte
    default: nil
    }
  }
}
