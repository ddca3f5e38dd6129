import LakeDiagnostics

/// The replacement of `regexp_replace`, in Java's syntax: `$1`, `${name}`, and `\` before a plain character.
struct RegexReplacement {
  private enum Piece {
    case text([UInt8])
    case group(Int)
  }
  private var pieces: [Piece] = []

  init(_ text: TextBytes, _ regex: CompiledRegex) throws(QueryError) {
    var literal: [UInt8] = []
    var index = 0
    while index < text.count {
      switch text[index] {
      case 0x5C:
        guard index + 1 < text.count else { throw Self.malformed(text, "ends with a backslash") }
        literal.append(text[index + 1])
        index += 2
      case 0x24:
        if !literal.isEmpty { pieces.append(.text(literal)) }
        literal = []
        pieces.append(.group(try Self.group(text, &index, regex)))
      default:
        literal.append(text[index])
        index += 1
      }
    }
    if !literal.isEmpty { pieces.append(.text(literal)) }
  }

  private static func malformed(_ text: TextBytes, _ reason: String) -> QueryError {
    QueryError(
      .invalidParameter, .execute,
      "the replacement of a regular expression \(reason): '\(String(decoding: text, as: UTF8.self))'")
  }

  /// A number takes more digits as long as such a group exists.
  private static func group(
    _ text: TextBytes, _ index: inout Int, _ regex: CompiledRegex
  ) throws(QueryError) -> Int {
    index += 1
    if index < text.count, text[index] == 0x7B {
      guard let end = text[index...].firstIndex(of: 0x7D) else { throw malformed(text, "has a ${ without }") }
      let name = Array(text[(index + 1)..<end])
      index = end + 1
      guard let number = regex.group(named: name) else { throw malformed(text, "names a group that is not there") }
      return number
    }
    guard index < text.count, text[index] &- 0x30 <= 9 else { throw malformed(text, "has a $ without a group") }
    var number = Int(text[index] - 0x30)
    index += 1
    guard number <= regex.groupCount else { throw malformed(text, "names a group that is not there") }
    while index < text.count, text[index] &- 0x30 <= 9 {
      let longer = number * 10 + Int(text[index] - 0x30)
      if longer > regex.groupCount { break }
      number = longer
      index += 1
    }
    return number
  }

  /// Appends the replacement of the matcher's last match.
  func append(_ matcher: RegexMatcher, _ text: TextBytes, to target: inout [UInt8]) {
    for piece in pieces {
      switch piece {
      case .text(let bytes): target += bytes
      case .group(let number):
        if let range = matcher.group(number) { target.append(contentsOf: text[range]) }
      }
    }
  }
}
