import LakeColumnar
import LakeDiagnostics

/// A LIKE pattern taken apart: `%` is any text, `_` any character.
struct LikePattern: Sendable {
  /// Text between percent signs.
  private struct Segment: Sendable {
    enum Piece: Sendable {
      case text([UInt8])
      case anyCharacter
    }
    var pieces: [Piece] = []
    /// The only piece's bytes, if there is no wildcard.
    var literal: [UInt8]? {
      if pieces.isEmpty { return [] }
      if pieces.count == 1, case .text(let bytes) = pieces[0] { return bytes }
      return nil
    }
    var characterCount: Int {
      pieces.reduce(0) { total, piece in
        switch piece {
        case .text(let bytes): total + bytes.withUnsafeBufferPointer { Utf8Text.length($0) }
        case .anyCharacter: total + 1
        }
      }
    }
  }

  /// The shapes that need no general matching.
  private enum Shape: Sendable {
    case equal([UInt8]), prefix([UInt8]), suffix([UInt8]), contains([UInt8]), any, general
  }

  private var segments: [Segment] = []
  private var shape: Shape = .general

  /// Takes a pattern apart; throws `.invalidParameter` for an escape that escapes nothing.
  init(_ pattern: TextBytes, escape: UInt32) throws(QueryError) {
    var current = Segment()
    var text: [UInt8] = []
    func flush() {
      if !text.isEmpty { current.pieces.append(.text(text)) }
      text = []
    }
    var index = 0
    while index < pattern.count {
      let (value, width) = Utf8Text.scalar(pattern, at: index)
      if value == escape {
        let next = index + width
        guard next < pattern.count else { throw Self.malformed(pattern) }
        let (escaped, escapedWidth) = Utf8Text.scalar(pattern, at: next)
        guard escaped == 0x5F || escaped == 0x25 || escaped == escape else { throw Self.malformed(pattern) }
        text.append(contentsOf: Utf8Text.part(pattern, next, next + escapedWidth))
        index = next + escapedWidth
        continue
      }
      switch value {
      case 0x25:
        flush()
        segments.append(current)
        current = Segment()
      case 0x5F:
        flush()
        current.pieces.append(.anyCharacter)
      default: text.append(contentsOf: Utf8Text.part(pattern, index, index + width))
      }
      index += width
    }
    flush()
    segments.append(current)
    shape = findShape()
  }

  private static func malformed(_ pattern: TextBytes) -> QueryError {
    QueryError(
      .invalidFormat, .execute,
      "the escape character of a LIKE pattern must be followed by '_', '%' or itself: '\(String(decoding: pattern, as: UTF8.self))'"
    )
  }

  private func findShape() -> Shape {
    let literals = segments.compactMap(\.literal)
    guard literals.count == segments.count else { return .general }
    let inner = literals.filter { !$0.isEmpty }
    if literals.count == 1 { return .equal(literals[0]) }
    if inner.isEmpty { return .any }
    guard inner.count == 1 else { return .general }
    let startsFree = literals[0].isEmpty
    let endsFree = literals[literals.count - 1].isEmpty
    if startsFree && endsFree { return .contains(inner[0]) }
    return startsFree ? .suffix(inner[0]) : .prefix(inner[0])
  }

  func matches(_ text: TextBytes) -> Bool {
    switch shape {
    case .any: return true
    case .equal(let wanted): return wanted.withUnsafeBufferPointer { Utf8Text.equal(text, $0) }
    case .prefix(let wanted): return wanted.withUnsafeBufferPointer { Utf8Text.hasPrefix(text, $0) }
    case .suffix(let wanted): return wanted.withUnsafeBufferPointer { Utf8Text.hasSuffix(text, $0) }
    case .contains(let wanted): return wanted.withUnsafeBufferPointer { ByteSearch.find($0, in: text) != nil }
    case .general: return matchesSegments(text)
    }
  }

  /// Ends are anchored; between them each segment takes the leftmost place.
  private func matchesSegments(_ text: TextBytes) -> Bool {
    guard let first = segments.first, let last = segments.last else { return text.isEmpty }
    guard var offset = Self.match(first, text, at: 0) else { return false }
    if segments.count == 1 { return offset == text.count }
    guard let tail = Self.stepBack(text, last.characterCount), tail >= offset,
      Self.match(last, text, at: tail) == text.count
    else { return false }
    for segment in segments.dropFirst().dropLast() {
      guard let end = Self.find(segment, text, from: offset, before: tail) else { return false }
      offset = end
    }
    return true
  }

  /// The offset behind the segment if it stands at an offset.
  private static func match(_ segment: Segment, _ text: TextBytes, at start: Int) -> Int? {
    var offset = start
    for piece in segment.pieces {
      switch piece {
      case .text(let bytes):
        guard offset + bytes.count <= text.count,
          bytes.withUnsafeBufferPointer({ Utf8Text.matches(text, at: offset, $0) })
        else { return nil }
        offset += bytes.count
      case .anyCharacter:
        guard offset < text.count else { return nil }
        offset = min(text.count, offset + Utf8Text.width(text[offset]))
      }
    }
    return offset
  }

  /// The offset behind the leftmost occurrence that ends at or before `limit`.
  private static func find(_ segment: Segment, _ text: TextBytes, from start: Int, before limit: Int) -> Int? {
    let room = Utf8Text.part(text, 0, limit)
    if let literal = segment.literal {
      if literal.isEmpty { return start }
      return literal.withUnsafeBufferPointer { ByteSearch.find($0, in: room, from: start).map { $0 + literal.count } }
    }
    var offset = start
    while offset <= limit {
      if let end = match(segment, room, at: offset) { return end }
      guard offset < limit else { return nil }
      offset += Utf8Text.width(text[offset])
    }
    return nil
  }

  /// The offset of the last `count` characters; nil if there are fewer.
  private static func stepBack(_ text: TextBytes, _ count: Int) -> Int? {
    var offset = text.count
    for _ in 0..<count {
      guard offset > 0 else { return nil }
      offset -= 1
      while offset > 0, text[offset] & 0xC0 == 0x80 { offset -= 1 }
    }
    return offset
  }
}

/// `like` and `ilike`; a constant pattern is taken apart once.
final class LikeKernel: Sendable {
  private let isCaseSensitive: Bool

  init(isCaseSensitive: Bool) { self.isCaseSensitive = isCaseSensitive }

  func evaluate(_ call: KernelCall) throws(QueryError) -> Vector {
    let (source, patterns) = (call.text(0), call.text(1))
    let escapes = call.arguments.count > 2 ? call.text(2) : nil
    let isConstant = call.arguments.dropFirst().allSatisfy { $0.isConstant }
    var pattern: LikePattern?
    var folded: [UInt8] = []
    return try Elementwise.fillBoolean(call) { (row) throws(QueryError) in
      if pattern == nil || !isConstant {
        pattern = try prepare(patterns.bytes(row), escapes.map { $0.bytes(row) })
      }
      guard !isCaseSensitive else { return pattern?.matches(source.bytes(row)) }
      LetterCase.fold(source.bytes(row), into: &folded)
      return folded.withUnsafeBufferPointer { pattern?.matches($0) }
    }
  }

  private func prepare(_ pattern: TextBytes, _ escape: TextBytes?) throws(QueryError) -> LikePattern {
    var mark: UInt32 = 0x5C
    if let escape {
      guard Utf8Text.length(escape) == 1 else {
        throw QueryError(
          .invalidParameter, .execute,
          "the escape of LIKE must be one character: '\(String(decoding: escape, as: UTF8.self))'")
      }
      mark = Utf8Text.scalar(escape, at: 0).value
    }
    if isCaseSensitive { return try LikePattern(pattern, escape: mark) }
    var folded: [UInt8] = []
    LetterCase.fold(pattern, into: &folded)
    return try folded.withUnsafeBufferPointer { (bytes) throws(QueryError) in try LikePattern(bytes, escape: mark) }
  }
}

/// Lower case for comparisons that ignore case.
enum LetterCase {
  static func fold(_ bytes: TextBytes, into target: inout [UInt8]) {
    target.removeAll(keepingCapacity: true)
    guard Utf8Text.isASCII(bytes) else {
      target.append(contentsOf: String(decoding: bytes, as: UTF8.self).lowercased().utf8)
      return
    }
    for byte in bytes { target.append(byte | UInt8(truncatingIfNeeded: bit(byte &- 0x41 < 26)) << 5) }
  }
}
