import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Functions on URLs.
enum UrlFunctions {
  static let all: [ScalarFunction] = [
    .fixed(
      "url_encode", "url_encode(str)", "The text as a part of a form or query",
      "SELECT url_encode('a b/c'); -- a+b%2Fc",
      [.string], returns: .string
    ) { (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fillText(call) { row, output in
        UrlText.encode(source.bytes(row), into: &output.scratch)
        output.setScratch(row)
      }
    },
    decode("url_decode", "An encoded text as it was", "SELECT url_decode('a+b%2Fc'); -- a b/c", isTry: false),
    decode(
      "try_url_decode", "An encoded text as it was, or NULL where it is malformed",
      "SELECT try_url_decode('%zz'); -- NULL",
      isTry: true),
    parse(
      "parse_url", "A part of a URL, or one key of its query",
      "SELECT parse_url('http://spark.apache.org/path?query=1', 'HOST'); -- spark.apache.org", isTry: false),
    parse(
      "try_parse_url", "A part of a URL, or NULL where it is malformed",
      "SELECT try_parse_url('http://a b', 'HOST'); -- NULL", isTry: true),
  ]

  private static func decode(
    _ name: String, _ summary: String, _ example: String, isTry: Bool
  ) -> ScalarFunction {
    .fixed(name, "\(name)(str)", summary, example, [.string], returns: .string) { (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
        if UrlText.decode(source.bytes(row), into: &output.scratch) { return output.setScratch(row) }
        if isTry { return output.setNull(row) }
        throw QueryError(
          .undecodableURL, .execute, "the text is not an encoded URL: '\(source.string(row))'",
          hint: "use try_url_decode to get NULL instead")
      }
    }
  }

  private static func parse(
    _ name: String, _ summary: String, _ example: String, isTry: Bool
  ) -> ScalarFunction {
    .fixed(
      name, "\(name)(url, part[, key])", summary, example, [.string, .string, .string], optional: 1, returns: .string
    ) { (call) throws(QueryError) in
      let (source, part) = (call.text(0), call.text(1))
      let key = call.arguments.count > 2 ? call.text(2) : nil
      return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
        guard let url = UrlText(source.string(row)) else {
          if isTry || !call.context.isANSI { return output.setNull(row) }
          throw QueryError(
            .invalidURL, .execute, "the text is not a URL: '\(source.string(row))'",
            hint: "use try_parse_url to get NULL instead")
        }
        guard var value = url.part(part.string(row)) else { return output.setNull(row) }
        if let key {
          guard part.string(row) == "QUERY", let found = UrlText.value(of: key.string(row), in: value) else {
            return output.setNull(row)
          }
          value = found
        }
        output.set(row, string: value)
      }
    }
  }
}

/// A URL taken apart after RFC 3986, nothing decoded.
struct UrlText {
  private var scheme: String?
  private var authority: String?
  private var path: String
  private var query: String?
  private var fragment: String?

  init?(_ text: String) {
    if text.utf8.contains(where: { $0 <= 0x20 || "\"<>\\^`{|}".utf8.contains($0) }) { return nil }
    var rest = Substring(text)
    if let hash = rest.firstIndex(of: "#") {
      fragment = String(rest[rest.index(after: hash)...])
      rest = rest[..<hash]
    }
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    if let colon = rest.firstIndex(of: ":"), Self.isScheme(rest[..<colon]) {
      scheme = String(rest[..<colon])
      rest = rest[rest.index(after: colon)...]
      if rest.isEmpty { return nil }
    }
    if rest.hasPrefix("//") {
      rest = rest.dropFirst(2)
      let end = rest.firstIndex(of: "/") ?? rest.endIndex
      authority = String(rest[..<end])
      rest = rest[end...]
    }
    path = String(rest)
  }

  private static func isScheme(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A else { return false }
    return text.utf8.allSatisfy {
      ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E
    }
  }

  private var userAndHost: (user: String?, host: String?) {
    guard let authority, !authority.isEmpty else { return (nil, nil) }
    var rest = Substring(authority)
    var user: String?
    if let at = rest.lastIndex(of: "@") {
      user = String(rest[..<at])
      rest = rest[rest.index(after: at)...]
    }
    if !rest.hasPrefix("["), let colon = rest.lastIndex(of: ":") { rest = rest[..<colon] }
    return (user, rest.isEmpty ? nil : String(rest))
  }

  /// A part by the name that Hive gives it; nil for unknown names and parts that are not there.
  func part(_ name: String) -> String? {
    switch name {
    case "HOST": userAndHost.host
    case "PATH": path
    case "QUERY": query
    case "REF": fragment
    case "PROTOCOL": scheme
    case "FILE": query.map { "\(path)?\($0)" } ?? path
    case "AUTHORITY": authority
    case "USERINFO": userAndHost.user
    default: nil
    }
  }

  static func value(of key: String, in query: String) -> String? {
    for pair in query.split(separator: "&", omittingEmptySubsequences: false) where pair.hasPrefix(key + "=") {
      return String(pair.dropFirst(key.count + 1))
    }
    return nil
  }

  /// The encoding of HTML forms: letters, digits and `.-*_` stay, a space becomes `+`.
  static func encode(_ text: TextBytes, into target: inout [UInt8]) {
    for byte in text {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x2D, 0x2A, 0x5F: target.append(byte)
      case 0x20: target.append(0x2B)
      default:
        target.append(0x25)
        withUnsafePointer(to: byte) { HexText.append(TextBytes(start: $0, count: 1), to: &target, isUpper: true) }
      }
    }
  }

  /// Returns false, and empties the target, where a percent sign is not followed by two digits.
  static func decode(_ text: TextBytes, into target: inout [UInt8]) -> Bool {
    var index = 0
    while index < text.count {
      switch text[index] {
      case 0x2B: target.append(0x20)
      case 0x25:
        guard index + 2 < text.count, let high = HexText.digit(text[index + 1]),
          let low = HexText.digit(text[index + 2])
        else {
          target.removeAll(keepingCapacity: true)
          return false
        }
        target.append(high << 4 | low)
        index += 2
      case let byte: target.append(byte)
      }
      index += 1
    }
    return true
  }
}
