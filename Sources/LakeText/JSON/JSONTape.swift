import Glibc
import LakeColumnar

/// One JSON record taken apart: its values in the order of the text, each with the place behind it.
///
/// The whole record is checked before any value is converted, so that a malformed record leaves no traces.
final class JSONTape {
  enum Kind: UInt8 {
    case null, `true`, `false`
    /// A number without fraction and exponent.
    case integer
    case number
    /// `NaN`, `Infinity`, `-INF`, ...
    case nonNumeric
    /// The bytes between the quotes.
    case string
    /// From bracket to bracket; the elements follow.
    case array
    /// From brace to brace; names (as strings) and values follow in turn.
    case object
  }

  struct Entry {
    var kind: Kind
    /// A string with backslashes.
    var hasEscapes: Bool
    /// A string with bytes above 0x7F, perhaps.
    var mayBeUnicode: Bool
    /// Positions in the record.
    var start: UInt32
    var end: UInt32
    /// The entry behind this value.
    var next: UInt32
  }

  private static let maxDepth = 500

  private let options: JSONOptions
  private var storage = Buffer(byteCount: 1024 * MemoryLayout<Entry>.stride)
  private var capacity = 1024
  private(set) var count = 0
  /// The first entry; moves when the tape grows.
  private(set) var entries: UnsafeMutablePointer<Entry>
  /// The record's text; valid as long as the reader's block stays.
  private(set) var bytes: UnsafePointer<UInt8>
  private var length = 0
  private var index = 0
  private var depth = 0

  init(_ options: JSONOptions) {
    self.options = options
    bytes = UnsafePointer(storage.base.assumingMemoryBound(to: UInt8.self))
    entries = storage.base.assumingMemoryBound(to: Entry.self)
  }

  /// Where parsing stopped; the place of the fault after a failure.
  var position: Int { index }

  /// The text of an entry as it stands.
  func text(_ entry: Entry) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: bytes + Int(entry.start), count: Int(entry.end &- entry.start))
  }

  /// Takes a record apart; false if it is not exactly one JSON value.
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let start = text.baseAddress else { return false }
    bytes = start
    length = text.count
    index = 0
    count = 0
    depth = 0
    guard value() else { return false }
    skipSpace()
    return index == length
  }

  @inline(__always)
  private var peek: UInt8 { index < length ? bytes[index] : 0 }

  private func skipSpace() {
    while index < length {
      let byte = bytes[index]
      if byte > 0x20 {
        guard byte == UInt8(ascii: "/"), options.allowsComments, skipComment() else { return }
      } else {
        guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
        index &+= 1
      }
    }
  }

  private func skipComment() -> Bool {
    guard index + 1 < length else { return false }
    if bytes[index + 1] == UInt8(ascii: "/") {
      while index < length, bytes[index] != 0x0A { index += 1 }
      return true
    }
    guard bytes[index + 1] == UInt8(ascii: "*") else { return false }
    var end = index + 2
    while end + 1 < length {
      if bytes[end] == UInt8(ascii: "*"), bytes[end + 1] == UInt8(ascii: "/") {
        index = end + 2
        return true
      }
      end += 1
    }
    return false
  }

  @inline(__always)
  private func add(_ kind: Kind, from start: Int, to end: Int, hasEscapes: Bool = false, mayBeUnicode: Bool = false) {
    if count == capacity { enlarge() }
    entries[count] = Entry(
      kind: kind, hasEscapes: hasEscapes, mayBeUnicode: mayBeUnicode, start: UInt32(truncatingIfNeeded: start),
      end: UInt32(truncatingIfNeeded: end), next: UInt32(truncatingIfNeeded: count &+ 1))
    count &+= 1
  }

  private func enlarge() {
    let larger = Buffer(byteCount: capacity * 2 * MemoryLayout<Entry>.stride)
    memcpy(larger.base, storage.base, capacity * MemoryLayout<Entry>.stride)
    storage = larger
    entries = larger.base.assumingMemoryBound(to: Entry.self)
    capacity *= 2
  }

  private func value() -> Bool {
    skipSpace()
    guard index < length else { return false }
    switch bytes[index] {
    case UInt8(ascii: "\""): return string(closedBy: UInt8(ascii: "\""))
    case UInt8(ascii: "'"): return options.allowsSingleQuotes && string(closedBy: UInt8(ascii: "'"))
    case UInt8(ascii: "{"): return nested(.object)
    case UInt8(ascii: "["): return nested(.array)
    case UInt8(ascii: "t"): return word("true", .true)
    case UInt8(ascii: "f"): return word("false", .false)
    case UInt8(ascii: "n"): return word("null", .null)
    default: return number() || nonNumeric()
    }
  }

  private func word(_ text: StaticString, _ kind: Kind) -> Bool {
    let end = index + text.utf8CodeUnitCount
    guard end <= length, memcmp(bytes + index, text.utf8Start, text.utf8CodeUnitCount) == 0,
      end == length || !Self.isNameByte(bytes[end])
    else { return false }
    add(kind, from: index, to: end)
    index = end
    return true
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || byte == 0x5F || byte == 0x24
      || byte >= 0x80
  }

  private func nested(_ kind: Kind) -> Bool {
    let entry = count
    let start = index
    add(kind, from: start, to: start)
    depth += 1
    guard depth <= Self.maxDepth else { return false }
    index += 1
    guard kind == .object ? members() : elements() else { return false }
    depth -= 1
    entries[entry].end = UInt32(truncatingIfNeeded: index)
    entries[entry].next = UInt32(truncatingIfNeeded: count)
    return true
  }

  private func elements() -> Bool {
    skipSpace()
    if peek == UInt8(ascii: "]") {
      index += 1
      return true
    }
    while value() {
      skipSpace()
      let byte = peek
      index &+= 1
      if byte == UInt8(ascii: "]") { return true }
      if byte != UInt8(ascii: ",") { break }
    }
    return false
  }

  private func members() -> Bool {
    skipSpace()
    if peek == UInt8(ascii: "}") {
      index += 1
      return true
    }
    while name() {
      skipSpace()
      guard peek == UInt8(ascii: ":") else { return false }
      index &+= 1
      guard value() else { return false }
      skipSpace()
      let byte = peek
      index &+= 1
      if byte == UInt8(ascii: "}") { return true }
      if byte != UInt8(ascii: ",") { break }
      skipSpace()
    }
    return false
  }

  private func name() -> Bool {
    switch peek {
    case UInt8(ascii: "\""): return string(closedBy: UInt8(ascii: "\""))
    case UInt8(ascii: "'") where options.allowsSingleQuotes: return string(closedBy: UInt8(ascii: "'"))
    default:
      guard options.allowsUnquotedFieldNames else { return false }
      let start = index
      while index < length, Self.isNameByte(bytes[index]) { index += 1 }
      add(.string, from: start, to: index, mayBeUnicode: true)
      return index > start
    }
  }

  /// Bytes at which scanning a string has to stop: 0x80 in the lowest of them is exact.
  @inline(__always)
  private static func stops(_ word: UInt64, _ quote: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let high: UInt64 = 0x8080_8080_8080_8080
    let asQuote = word ^ quote
    let asBackslash = word ^ (ones &* 0x5C)
    let control = (word &- ones &* 0x20) & ~word
    return (((asQuote &- ones) & ~asQuote) | ((asBackslash &- ones) & ~asBackslash) | control) & high
  }

  private func string(closedBy quote: UInt8) -> Bool {
    let start = index + 1
    let pattern = 0x0101_0101_0101_0101 &* UInt64(quote)
    let raw = UnsafeRawPointer(bytes)
    var cursor = start
    var hasEscapes = false
    var seen: UInt64 = 0
    while cursor < length {
      let word = raw.loadUnaligned(fromByteOffset: cursor, as: UInt64.self).littleEndian
      let hits = Self.stops(word, pattern)
      seen |= word
      if hits == 0 {
        cursor &+= 8
        continue
      }
      cursor &+= hits.trailingZeroBitCount >> 3
      guard cursor < length else { break }
      let byte = bytes[cursor]
      if byte == quote {
        let mayBeUnicode = seen & 0x8080_8080_8080_8080 != 0
        add(.string, from: start, to: cursor, hasEscapes: hasEscapes, mayBeUnicode: mayBeUnicode)
        index = cursor &+ 1
        return true
      }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        guard let behind = escape(at: cursor) else { break }
        cursor = behind
      } else {
        guard options.allowsUnquotedControlCharacters else { break }
        cursor &+= 1
      }
    }
    index = min(cursor, length)
    return false
  }

  /// Behind the escape that starts at a backslash; nil if there is no such escape.
  private func escape(at start: Int) -> Int? {
    guard start + 1 < length else { return nil }
    switch bytes[start + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return start + 2
    case UInt8(ascii: "u"):
      guard start + 6 <= length, (start + 2..<start + 6).allSatisfy({ Self.hexValue(bytes[$0]) != nil })
      else { return nil }
      return start + 6
    case UInt8(ascii: "'") where options.allowsSingleQuotes: return start + 2
    default: return options.allowsBackslashEscapingAny ? start + 2 : nil
    }
  }

  static func hexValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x37)
    case 0x61...0x66: UInt32(byte - 0x57)
    default: nil
    }
  }

  private func digits(_ from: Int) -> Int {
    var cursor = from
    while cursor < length, bytes[cursor] &- 0x30 <= 9 { cursor &+= 1 }
    return cursor
  }

  private func number() -> Bool {
    let first = peek == UInt8(ascii: "-") ? index + 1 : index
    var cursor = digits(first)
    guard cursor > first else { return false }
    if bytes[first] == 0x30, cursor - first > 1, !options.allowsLeadingZeros { return false }
    var kind = Kind.integer
    if cursor < length, bytes[cursor] == UInt8(ascii: ".") {
      kind = .number
      let end = digits(cursor + 1)
      guard end > cursor + 1 else { return false }
      cursor = end
    }
    if cursor < length, bytes[cursor] | 0x20 == UInt8(ascii: "e") {
      kind = .number
      var from = cursor + 1
      if from < length, bytes[from] == UInt8(ascii: "+") || bytes[from] == UInt8(ascii: "-") { from += 1 }
      let end = digits(from)
      guard end > from else { return false }
      cursor = end
    }
    add(kind, from: index, to: cursor)
    index = cursor
    return true
  }

  private func nonNumeric() -> Bool {
    guard options.allowsNonNumericNumbers else { return false }
    return ["NaN", "Infinity", "-Infinity", "+Infinity", "INF", "-INF", "+INF"].contains { word($0, .nonNumeric) }
  }
}
