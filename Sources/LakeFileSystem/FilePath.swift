package import LakeDiagnostics

/// Takes paths apart and puts them together; nothing here touches the disk.
///
/// `file://` URIs are taken literally, without percent-decoding, because Iceberg and Hadoop treat locations as
/// opaque text: a directory that is called `dt=a%2Fb` appears in them under just that name.
package enum FilePath {
  private static let scheme = "file:"

  /// The absolute form of a path; `.` and `..` are resolved by name, doubled slashes are dropped.
  package static func absolute(_ path: String, relativeTo directory: String) -> String {
    normalized(path.hasPrefix("/") ? path : directory + "/" + path)
  }

  /// Drops doubled and trailing slashes and resolves `.` and `..` of an absolute path.
  package static func normalized(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// The `file://` URI of an absolute path.
  package static func fileURI(_ path: String) -> String {
    path.hasPrefix(scheme) ? path : scheme + "//" + path
  }

  /// The path that a `file:` URI names; a text without a scheme is a path already.
  package static func path(fromURI uri: String) throws(QueryError) -> String {
    guard let name = schemeName(of: uri) else { return uri }
    guard name == "file" else {
      throw QueryError(
        .unsupported, .storage, "locations with the scheme \(name):// are not supported: \(uri)",
        hint: "use a local path or a file:// URI")
    }
    var rest = uri.dropFirst(scheme.utf8.count)
    if rest.hasPrefix("//") {
      rest = rest.dropFirst(2)
      if rest.hasPrefix("localhost/") { rest = rest.dropFirst("localhost".utf8.count) }
    }
    guard rest.hasPrefix("/") else {
      throw QueryError(.invalidParameter, .storage, "the file URI has no absolute path: \(uri)")
    }
    return String(rest)
  }

  /// The scheme of a URI (letters, digits, `+`, `-`, `.` before `:/`) in lower case, or nil for a plain path.
  private static func schemeName(of text: String) -> String? {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let name = text[..<colon]
    guard name.utf8.count > 1, text[colon...].hasPrefix(":/"), let first = name.utf8.first,
      isLetter(first), name.utf8.allSatisfy(isSchemeByte)
    else { return nil }
    return name.lowercased()
  }

  private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }

  private static func isSchemeByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || (byte >= 0x30 && byte <= 0x39) || byte == 0x2B || byte == 0x2D || byte == 0x2E
  }

  /// Joins with exactly one slash.
  package static func join(_ directory: String, _ name: String) -> String {
    if name.isEmpty { return directory }
    let tail = name.hasPrefix("/") ? String(name.dropFirst()) : name
    return directory.hasSuffix("/") ? directory + tail : directory + "/" + tail
  }

  /// The name behind the last slash (trailing slashes do not count).
  package static func lastComponent(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? ""
  }

  /// The directory that holds the path; the root holds itself.
  package static func parent(_ path: String) -> String {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  /// The text with `%XX` replaced by the bytes they stand for; escapes that are not two hex digits stay.
  package static func percentDecoded(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard bytes.contains(UInt8(ascii: "%")) else { return text }
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let high = hexValue(bytes[index + 1]), let low = hexValue(bytes[index + 2])
      {
        result.append(high << 4 | low)
        index += 3
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}
