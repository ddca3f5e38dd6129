import LakeColumnar

/// A JSON text as a flat list of its values in the order of the text, each with its bytes; reused from row to row.
///
/// Accepts what Jackson does in Spark: single quotes around strings and control characters inside them.
struct JSONTape {
  enum Kind: UInt8 {
    case null, `true`, `false`
    case integer, number
    /// The range is without the quotes; `string` needs no unescaping.
    case string, escapedString
    /// Followed by its members: a key (a string), a value, a key, ...
    case object
    /// Followed by its elements.
    case array
  }

  struct Node {
    var kind: Kind
    /// Bytes of the text, quotes excluded.
    var start: Int
    var end: Int
    /// The node behind this one and all that is in it.
    var next: Int
  }

  private(set) var nodes: [Node] = []
  /// Valid during one `read` and until the text goes away.
  private(set) var text = TextBytes(start: nil, count: 0)
  private var index = 0
  private static let maxDepth = 500

  /// Reads the first value of a text; false if the text is malformed. What stands behind the value is ignored
  /// unless `isStrict`.
  mutating func read(_ text: TextBytes, isStrict: Bool = false) -> Bool {
    self.text = text
    nodes.removeAll(keepingCapacity: true)
    index = 0
    guard value(depth: 0) else { return false }
    skipSpace()
    return !isStrict || index == text.count
  }

  /// Whether the text is nothing but white space.
  static func isBlank(_ text: TextBytes) -> Bool { text.allSatisfy { $0 <= 0x20 } }

  func bytes(_ node: Int) -> TextBytes { Utf8Text.part(text, nodes[node].start, nodes[node].end) }

  func isString(_ node: Int) -> Bool { nodes[node].kind == .string || nodes[node].kind == .escapedString }

  /// Appends a string's characters, escapes resolved.
  func appendString(_ node: Int, to target: inout [UInt8]) {
    if nodes[node].kind == .string {
      target.append(contentsOf: bytes(node))
    } else {
      JSONEscape.resolve(bytes(node), into: &target)
    }
  }

  func string(_ node: Int) -> String {
    var bytes: [UInt8] = []
    appendString(node, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  func isKey(_ node: Int, _ name: [UInt8]) -> Bool {
    if nodes[node].kind == .string { return name.withUnsafeBufferPointer { Utf8Text.equal($0, bytes(node)) } }
    var key: [UInt8] = []
    appendString(node, to: &key)
    return key == name
  }

  // MARK: Reading

  private var peek: UInt8 { index < text.count ? text[index] : 0 }

  private mutating func skipSpace() {
    while index < text.count, text[index] == 0x20 || (text[index] >= 0x09 && text[index] <= 0x0D) { index += 1 }
  }

  private mutating func add(_ kind: Kind, _ start: Int, _ end: Int) {
    nodes.append(Node(kind: kind, start: start, end: end, next: nodes.count + 1))
  }

  private mutating func value(depth: Int) -> Bool {
    skipSpace()
    guard depth < Self.maxDepth, index < text.count else { return false }
    switch text[index] {
    case 0x7B: return container(.object, close: 0x7D, depth)
    case 0x5B: return container(.array, close: 0x5D, depth)
    case 0x22, 0x27: return string()
    case 0x74: return word("true", .true)
    case 0x66: return word("false", .false)
    case 0x6E: return word("null", .null)
    default: return number()
    }
  }

  private mutating func container(_ kind: Kind, close: UInt8, _ depth: Int) -> Bool {
    let node = nodes.count
    add(kind, index, index)
    index += 1
    skipSpace()
    if peek == close {
      index += 1
    } else {
      while true {
        if kind == .object {
          skipSpace()
          guard peek == 0x22 || peek == 0x27, string() else { return false }
          skipSpace()
          guard peek == 0x3A else { return false }
          index += 1
        }
        guard value(depth: depth + 1) else { return false }
        skipSpace()
        guard index < text.count else { return false }
        index += 1
        if text[index - 1] == close { break }
        if text[index - 1] != 0x2C { return false }
      }
    }
    nodes[node].end = index
    nodes[node].next = nodes.count
    return true
  }

  private mutating func string() -> Bool {
    let quote = text[index]
    index += 1
    let start = index
    var kind = Kind.string
    while index < text.count, text[index] != quote {
      if text[index] == 0x5C {
        kind = .escapedString
        index += 1
      }
      index += 1
    }
    guard index < text.count else { return false }
    add(kind, start, index)
    index += 1
    return true
  }

  private mutating func word(_ word: StaticString, _ kind: Kind) -> Bool {
    let end = index + word.utf8CodeUnitCount
    guard end <= text.count, (0..<word.utf8CodeUnitCount).allSatisfy({ text[index + $0] == word.utf8Start[$0] })
    else { return false }
    add(kind, index, end)
    index = end
    return true
  }

  private mutating func digits() -> Bool {
    let start = index
    while index < text.count, text[index] &- 0x30 <= 9 { index += 1 }
    return index > start
  }

  private mutating func number() -> Bool {
    let start = index
    if peek == 0x2D { index += 1 }
    let first = index
    guard digits(), !(text[first] == 0x30 && index - first > 1) else { return false }
    var kind = Kind.integer
    if peek == 0x2E {
      kind = .number
      index += 1
      guard digits() else { return false }
    }
    if peek | 0x20 == 0x65 {
      kind = .number
      index += 1
      if peek == 0x2B || peek == 0x2D { index += 1 }
      guard digits() else { return false }
    }
    add(kind, start, index)
    return true
  }
}

/// Escapes in JSON strings.
enum JSONEscape {
  static func resolve(_ bytes: TextBytes, into target: inout [UInt8]) {
    var index = 0
    while index < bytes.count {
      guard bytes[index] == 0x5C, index + 1 < bytes.count else {
        target.append(bytes[index])
        index += 1
        continue
      }
      index += 2
      switch bytes[index - 1] {
      case 0x62: target.append(0x08)
      case 0x66: target.append(0x0C)
      case 0x6E: target.append(0x0A)
      case 0x72: target.append(0x0D)
      case 0x74: target.append(0x09)
      case 0x75: Utf8Text.append(unicode(bytes, &index), to: &target)
      case let other: target.append(other)
      }
    }
  }

  /// `XXXX`, or a pair of surrogates; a lone one becomes U+FFFD.
  private static func unicode(_ bytes: TextBytes, _ index: inout Int) -> UInt32 {
    guard let first = unit(bytes, index) else { return 0xFFFD }
    index += 4
    if first & 0xFC00 == 0xD800, index + 1 < bytes.count, bytes[index] == 0x5C, bytes[index + 1] == 0x75,
      let second = unit(bytes, index + 2), second & 0xFC00 == 0xDC00
    {
      index += 6
      return 0x10000 + (first & 0x3FF) << 10 + second & 0x3FF
    }
    return first & 0xF800 == 0xD800 ? 0xFFFD : first
  }

  private static func unit(_ bytes: TextBytes, _ start: Int) -> UInt32? {
    guard start + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for index in start..<(start + 4) {
      guard let digit = HexText.digit(bytes[index]) else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// Appends a string with quotes.
  static func append(_ bytes: TextBytes, to target: inout [UInt8]) {
    target.append(0x22)
    for byte in bytes { appendByte(byte, to: &target) }
    target.append(0x22)
  }

  @inline(__always)
  private static func appendByte(_ byte: UInt8, to target: inout [UInt8]) {
    if byte >= 0x20, byte != 0x22, byte != 0x5C { return target.append(byte) }
    target.append(0x5C)
    switch byte {
    case 0x22, 0x5C: target.append(byte)
    case 0x08: target.append(0x62)
    case 0x0C: target.append(0x66)
    case 0x0A: target.append(0x6E)
    case 0x0D: target.append(0x72)
    case 0x09: target.append(0x74)
    default:
      target.append(contentsOf: "u00".utf8)
      withUnsafePointer(to: byte) { HexText.append(TextBytes(start: $0, count: 1), to: &target, isUpper: true) }
    }
  }
}

extension JSONTape {
  /// Appends a value as compact JSON; numbers stay as they were written, or fractions become doubles.
  func appendJSON(_ node: Int, to target: inout [UInt8], normalizesNumbers: Bool = false) {
    switch nodes[node].kind {
    case .number where normalizesNumbers: FloatText.append(NumberText.double(bytes(node)) ?? 0, to: &target)
    case .null, .true, .false, .integer, .number: target.append(contentsOf: bytes(node))
    case .string, .escapedString:
      var characters: [UInt8] = []
      appendString(node, to: &characters)
      characters.withUnsafeBufferPointer { JSONEscape.append($0, to: &target) }
    case .object, .array: appendContainer(node, to: &target, normalizesNumbers)
    }
  }

  private func appendContainer(_ node: Int, to target: inout [UInt8], _ normalizesNumbers: Bool) {
    let isObject = nodes[node].kind == .object
    target.append(isObject ? 0x7B : 0x5B)
    var child = node + 1
    while child < nodes[node].next {
      if child > node + 1 { target.append(0x2C) }
      if isObject {
        appendJSON(child, to: &target)
        target.append(0x3A)
        child += 1
      }
      appendJSON(child, to: &target, normalizesNumbers: normalizesNumbers)
      child = nodes[child].next
    }
    target.append(isObject ? 0x7D : 0x5D)
  }
}
