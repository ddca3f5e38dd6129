import LakeColumnar
import LakeTypes

/// A value as a table shows it: lines of printable text with their widths on a terminal.
struct TableCell {
  struct Line {
    var text: [UInt8]
    var width: Int
  }

  private(set) var lines: [Line]

  /// The value of a row of a text or binary column.
  init(_ column: Vector, _ row: Int) {
    guard column.isValid(row) else {
      lines = Self.lines("NULL")
      return
    }
    let view = column.slotVector.slots(StringView.self)[column.slotIndex(row)]
    lines = column.type == .binary ? Self.lines(Self.hexLiteral(view.bytes)) : view.withBytes(Self.lines)
  }

  init(text: String) { lines = Self.lines(text) }

  /// Columns that the cell takes.
  var width: Int { lines.reduce(0) { max($0, $1.width) } }

  /// Columns that one of its lines takes; 0 behind the last one.
  func lineWidth(_ line: Int) -> Int { line < lines.count ? lines[line].width : 0 }

  /// Whether more lines follow a line.
  func continues(after line: Int) -> Bool { line + 1 < lines.count }

  private static func hexLiteral(_ bytes: [UInt8]) -> String {
    "X'" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined() + "'"
  }

  private static func lines(_ text: String) -> [Line] {
    var text = text
    return text.withUTF8(lines)
  }

  private static func lines(_ bytes: UnsafeBufferPointer<UInt8>) -> [Line] {
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return [Line(text: Array(bytes), width: bytes.count)] }
    return bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
      let text = printable(String(decoding: line, as: UTF8.self))
      return Line(text: Array(text.utf8), width: DisplayWidth.columns(of: text))
    }
  }

  /// The text with control characters as escapes, so that no value can drive the terminal.
  private static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isControl(scalar) {
        result += escape(scalar)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\t": return "\\t"
    case "\r": return "\\r"
    default:
      let digits = String(scalar.value, radix: 16, uppercase: true)
      return "\\x" + (digits.count < 2 ? "0" : "") + digits
    }
  }
}
