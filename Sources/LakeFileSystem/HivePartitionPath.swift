/// The directory names of Hive partitions: `dt=2026-01-31/country=PT`, with percent-escapes.
///
/// The escaped characters are those of Hive's `FileUtils.escapePathName`, which Spark uses too.
package enum HivePartitionPath {
  /// What stands for NULL (and for the empty string) in a directory name.
  package static let nullName = "__HIVE_DEFAULT_PARTITION__"

  /// The name of one partition directory, such as `dt=2026-01-31`; nil and the empty text become the NULL name.
  package static func segment(column: String, value: String?) -> String {
    let text = value.flatMap { $0.isEmpty ? nil : $0 }
    return escaped(column) + "=" + (text.map(escaped) ?? nullName)
  }

  /// Takes a directory name apart, or returns nil if it is not of the form `column=value`.
  package static func parse(segment: String) -> (column: String, value: String?)? {
    guard let equals = segment.utf8.firstIndex(of: UInt8(ascii: "=")), equals != segment.startIndex else { return nil }
    let column = FilePath.percentDecoded(String(segment[..<equals]))
    let text = String(segment[segment.utf8.index(after: equals)...])
    return (column, text == nullName ? nil : FilePath.percentDecoded(text))
  }

  /// The partition values that the directories of a file below `root` spell, in order.
  ///
  /// Directories that are not of the form `column=value` are passed over; the file's own name does not count.
  package static func values(of path: String, below root: String) -> [(column: String, value: String?)] {
    var base = root
    while base.hasSuffix("/") { base.removeLast() }
    guard path.hasPrefix(base + "/") else { return [] }
    let relative = path.utf8.dropFirst(base.utf8.count + 1)
    return relative.split(separator: UInt8(ascii: "/")).dropLast().compactMap { parse(segment: String($0) ?? "") }
  }

  /// Percent-escapes what must not stand in a directory name: of a partition, a table or a database.
  package static func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: needsEscape) else { return text }
    let hex = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    for byte in text.utf8 {
      if needsEscape(byte) {
        result += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    if byte < 0x20 || byte == 0x7F { return true }
    switch Character(Unicode.Scalar(byte)) {
    case "\"", "#", "%", "'", "*", "/", ":", "=", "?", "\\", "{", "[", "]", "^": return true
    default: return false
    }
  }
}
