extension JSONValue {
  /// The document on one line, without white space.
  package var compactText: String { String(decoding: serialized(), as: UTF8.self) }

  /// The document with a member or element a line, indented by two spaces.
  package var indentedText: String { String(decoding: serialized(indented: true), as: UTF8.self) }

  /// The document as UTF-8.
  package func serialized(indented: Bool = false) -> [UInt8] {
    var printer = JSONPrinter(isIndented: indented)
    printer.write(self)
    return printer.bytes
  }
}

private struct JSONPrinter {
  let isIndented: Bool
  private(set) var bytes: [UInt8] = []
  private var depth = 0

  init(isIndented: Bool) { self.isIndented = isIndented }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += String(value).utf8
    case .number(let text): bytes += text.utf8
    case .string(let text): writeString(text)
    case .array(let elements): writeArray(elements)
    case .object(let object): writeObject(object)
    }
  }

  private mutating func writeArray(_ elements: [JSONValue]) {
    writeList(elements, "[", "]") { $0.write($1) }
  }

  private mutating func writeObject(_ object: JSONObject) {
    writeList(object.members, "{", "}") { printer, member in
      printer.writeString(member.key)
      printer.bytes.append(UInt8(ascii: ":"))
      if printer.isIndented { printer.bytes.append(0x20) }
      printer.write(member.value)
    }
  }

  private mutating func writeList<T>(
    _ items: [T], _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ item: (inout JSONPrinter, T) -> Void
  ) {
    bytes.append(UInt8(ascii: open))
    depth += 1
    for (index, element) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      newLine()
      item(&self, element)
    }
    depth -= 1
    if !items.isEmpty { newLine() }
    bytes.append(UInt8(ascii: close))
  }

  private mutating func newLine() {
    guard isIndented else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: depth * 2))
  }

  private mutating func writeString(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 { JSONText.appendEscaped(byte, to: &bytes) }
    bytes.append(UInt8(ascii: "\""))
  }
}

/// How JSON strings are written.
package enum JSONText {
  /// Appends one byte of a string's UTF-8, escaped where JSON demands it.
  package static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
    case 0x0A: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
    case 0x0D: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
    case 0x09: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
    case 0x08: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "b")]
    case 0x0C: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "f")]
    case 0..<0x20:
      let hex = Array("0123456789abcdef".utf8)
      bytes += "\\u00".utf8
      bytes += [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
    default: bytes.append(byte)
    }
  }
}
