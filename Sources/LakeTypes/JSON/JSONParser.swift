package import LakeDiagnostics

extension JSONValue {
  /// Reads one JSON document (RFC 8259) with nothing but white space around it.
  ///
  /// Throws `.corruptFile` with the byte offset; nesting beyond 500 levels is refused.
  package init(parsing bytes: [UInt8]) throws(QueryError) {
    self = try bytes.withUnsafeBufferPointer { (buffer) throws(QueryError) -> JSONValue in
      var parser = JSONParser(buffer)
      return try parser.document()
    }
  }

  package init(parsing text: String) throws(QueryError) { try self.init(parsing: Array(text.utf8)) }
}

private struct JSONParser {
  private static let maxDepth = 500
  private let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0
  private var depth = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func document() throws(QueryError) -> JSONValue {
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { index = 3 }
    let result = try value()
    skipSpace()
    if index < bytes.count { throw failure("text behind the end of the document") }
    return result
  }

  private func failure(_ reason: String) -> QueryError {
    QueryError(.corruptFile, .storage, "invalid JSON, \(reason) at byte \(index)")
  }

  private var peek: UInt8 { index < bytes.count ? bytes[index] : 0 }

  private mutating func skipSpace() {
    while index < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[index]) { index += 1 }
  }

  private mutating func value() throws(QueryError) -> JSONValue {
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try nested { (parser) throws(QueryError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { (parser) throws(QueryError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(QueryError) -> JSONValue
  ) throws(QueryError) -> JSONValue {
    depth += 1
    if depth > Self.maxDepth { throw failure("nesting deeper than \(Self.maxDepth) levels") }
    index += 1
    let result = try body(&self)
    depth -= 1
    return result
  }

  private mutating func object() throws(QueryError) -> JSONValue {
    var object = JSONObject()
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(object) }
    repeat {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw failure("expected a member name") }
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw failure("expected ':'") }
      object.members.append(JSONObject.Member(key, try value()))
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw failure("expected ',' or '}'") }
    return .object(object)
  }

  private mutating func array() throws(QueryError) -> JSONValue {
    var elements: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    repeat {
      elements.append(try value())
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure("expected ',' or ']'") }
    return .array(elements)
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard index < bytes.count, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(QueryError) -> JSONValue {
    let isHere =
      index + text.utf8CodeUnitCount <= bytes.count
      && (0..<text.utf8CodeUnitCount).allSatisfy { bytes[index + $0] == text.utf8Start[$0] }
    guard isHere else { throw failure("expected a value") }
    index += text.utf8CodeUnitCount
    return value
  }

  private mutating func number() throws(QueryError) -> JSONValue {
    let start = index
    _ = take(UInt8(ascii: "-"))
    let integerStart = index
    guard digits() else { throw failure("expected a value") }
    if bytes[integerStart] == 0x30, index - integerStart > 1 { throw failure("a number with a leading zero") }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard digits() else { throw failure("expected a digit") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() else { throw failure("expected a digit") }
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    if isInteger, let integer = Int64(text) { return .integer(integer) }
    return .number(text)
  }

  private mutating func digits() -> Bool {
    let start = index
    while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
    return index > start
  }

  private mutating func string() throws(QueryError) -> String {
    index += 1
    let start = index
    while index < bytes.count, bytes[index] >= 0x20, bytes[index] != 0x22, bytes[index] != 0x5C { index += 1 }
    if peek == UInt8(ascii: "\"") {
      defer { index += 1 }
      return String(decoding: bytes[start..<index], as: UTF8.self)
    }
    return try escapedString(Array(bytes[start..<index]))
  }

  private mutating func escapedString(_ prefix: [UInt8]) throws(QueryError) -> String {
    var text = prefix
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        index += 1
        return String(decoding: text, as: UTF8.self)
      }
      if byte < 0x20 { throw failure("a control character in a string") }
      index += 1
      if byte == UInt8(ascii: "\\") { try escape(&text) } else { text.append(byte) }
    }
    throw failure("a string without an end")
  }

  private mutating func escape(_ text: inout [UInt8]) throws(QueryError) {
    let byte = peek
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += Array(String(Character(try unicodeEscape())).utf8)
    default: throw failure("an unknown escape")
    }
  }

  /// The scalar of `XXXX` or of a surrogate pair; a lone surrogate becomes U+FFFD.
  private mutating func unicodeEscape() throws(QueryError) -> Unicode.Scalar {
    let first = try hexDigits()
    if first & 0xFC00 == 0xD800, peek == UInt8(ascii: "\\"), index + 1 < bytes.count,
      bytes[index + 1] == UInt8(ascii: "u")
    {
      let restart = index
      index += 2
      let second = try hexDigits()
      if second & 0xFC00 == 0xDC00 {
        return Unicode.Scalar(0x10000 + (first & 0x3FF) << 10 + second & 0x3FF) ?? "\u{FFFD}"
      }
      index = restart
    }
    return Unicode.Scalar(first) ?? "\u{FFFD}"
  }

  private mutating func hexDigits() throws(QueryError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(peek)).hexDigitValue else { throw failure("expected a hex digit") }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }
}
