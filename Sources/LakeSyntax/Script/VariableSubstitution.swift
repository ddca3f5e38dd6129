package import LakeDiagnostics

/// The text of a statement after its variables were replaced, with the way back to the original.
package struct SubstitutedText: Sendable {
  package let text: String
  /// Pieces in order: where a piece of the result begins, where its origin stands.
  private let pieces: [Piece]

  fileprivate struct Piece: Sendable {
    /// Offset of the piece in the result.
    var start: Int
    /// The place it came from; a replaced variable covers all of `${...}`.
    var origin: SourceSpan
    var isVariable: Bool
  }

  fileprivate init(text: String, pieces: [Piece]) {
    self.text = text
    self.pieces = pieces
  }

  /// Finds the place in the original text that a span of the result came from.
  ///
  /// A span inside the value of a variable is the whole `${...}`.
  package func originalSpan(_ span: SourceSpan) -> SourceSpan {
    let start = original(span.start).start
    let end = span.end > span.start ? original(span.end - 1).end : start
    return SourceSpan(start: start, end: max(start, end))
  }

  /// The span in the original of one byte of the result.
  private func original(_ offset: Int) -> SourceSpan {
    var low = 0
    var high = pieces.count
    while low + 1 < high {
      let middle = (low + high) / 2
      if pieces[middle].start <= offset { low = middle } else { high = middle }
    }
    guard low < pieces.count else { return SourceSpan(start: offset, end: offset + 1) }
    let piece = pieces[low]
    if piece.isVariable { return piece.origin }
    let position = piece.origin.start + max(0, offset - piece.start)
    return SourceSpan(start: position, end: position + 1)
  }
}

/// Replaces `${name}`, `${hivevar:name}`, `${hiveconf:name}`, `${env:NAME}` in a statement's text.
///
/// Comments are left alone; strings are not: `'${hivevar:dt}'` is the usual way to write a date. A value is
/// put in as it is, and not searched for further variables.
package struct VariableSubstitution: Sendable {
  /// What happens with a variable that has no value.
  package enum Unset: Sendable {
    /// The statement fails with `unsetVariable`.
    case fails
    /// `${name}` stays as it is.
    case stays
  }

  /// Values of `--hivevar` and `--define`; names are case-sensitive.
  package var variables: [String: String]
  /// Settings made by SET, for `${hiveconf:name}` and for `${name}` without a variable of that name.
  package var settings: [String: String]
  /// For `${env:NAME}`.
  package var environment: [String: String]
  package var unset: Unset

  package init(
    variables: [String: String] = [:], settings: [String: String] = [:], environment: [String: String] = [:],
    unset: Unset = .fails
  ) {
    self.variables = variables
    self.settings = settings
    self.environment = environment
    self.unset = unset
  }

  /// Replaces the variables of a statement.
  ///
  /// - Parameter offset: where the statement begins in its script; original spans count from the script's start.
  package func apply(to statement: String, at offset: Int = 0) throws(QueryError) -> SubstitutedText {
    let bytes = Array(statement.utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var pieces: [SubstitutedText.Piece] = []
    var copied = 0
    func copy(to end: Int) {
      let origin = SourceSpan(start: offset + copied, end: offset + end)
      pieces.append(.init(start: result.count, origin: origin, isVariable: false))
      result += bytes[copied..<end]
      copied = end
    }
    for reference in Self.references(bytes) {
      let name = String(decoding: bytes[reference.lowerBound + 2..<reference.upperBound - 1], as: UTF8.self)
      let origin = SourceSpan(start: offset + reference.lowerBound, end: offset + reference.upperBound)
      guard let value = value(of: name) else {
        if case .stays = unset { continue }
        throw unsetVariable(name, at: origin)
      }
      copy(to: reference.lowerBound)
      pieces.append(.init(start: result.count, origin: origin, isVariable: true))
      result += Array(value.utf8)
      copied = reference.upperBound
    }
    copy(to: bytes.count)
    return SubstitutedText(text: String(decoding: result, as: UTF8.self), pieces: pieces)
  }

  private func value(of reference: String) -> String? {
    guard let colon = reference.firstIndex(of: ":") else {
      return variables[reference] ?? settings[reference]
    }
    let name = String(reference[reference.index(after: colon)...])
    switch reference[..<colon] {
    case "hivevar", "define": return variables[name]
    case "hiveconf", "spark": return settings[name]
    case "env": return environment[name]
    case "system": return environment[name]
    default: return nil
    }
  }

  private func unsetVariable(_ reference: String, at span: SourceSpan) -> QueryError {
    let name = reference.split(separator: ":", maxSplits: 1).last.map(String.init) ?? reference
    let isSetting = reference.hasPrefix("hiveconf:")
    let isEnvironment = reference.hasPrefix("env:")
    let hint =
      isEnvironment
      ? "set the environment variable \(name)"
      : isSetting ? "write SET \(name) = ... first" : "give it a value: --hivevar \(name)=..."
    return QueryError(
      .unsetVariable, .parse, "the variable ${\(reference)} has no value", span: span, hint: hint)
  }

  /// The ranges of `${...}` outside of comments.
  private static func references(_ bytes: [UInt8]) -> [Range<Int>] {
    bytes.withUnsafeBufferPointer { text in
      var ranges: [Range<Int>] = []
      var index = 0
      var quote: OpenQuote?
      while index < text.count {
        let byte = text[index]
        if byte == UInt8(ascii: "$"), let end = endOfReference(text, index) {
          ranges.append(index..<end)
          index = end
        } else if quote == nil, let end = ByteClass.endOfComment(text, index) {
          index = min(end, text.count)
        } else {
          index += follow(text, index, &quote)
        }
      }
      return ranges
    }
  }

  private struct OpenQuote {
    var sign: UInt8
    var hasEscapes: Bool
  }

  /// Keeps track of being inside quotes; returns how many bytes to go on.
  private static func follow(
    _ text: UnsafeBufferPointer<UInt8>, _ index: Int, _ quote: inout OpenQuote?
  ) -> Int {
    let byte = text[index]
    if let open = quote {
      if byte == UInt8(ascii: "\\"), open.hasEscapes { return 2 }
      if byte == open.sign { quote = nil }
    } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`") {
      quote = OpenQuote(sign: byte, hasEscapes: byte != UInt8(ascii: "`") && !isRawPrefix(text, index - 1))
    }
    return 1
  }

  /// Whether the byte is an `r` that stands alone, so that the quote behind it opens a raw string.
  private static func isRawPrefix(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    guard index >= 0, text[index] | 0x20 == UInt8(ascii: "r") else { return false }
    return index == 0 || !ByteClass.isWord(text[index - 1])
  }

  /// The offset behind `${name}`, whose name holds no space, brace or quote; nil if it is none.
  private static func endOfReference(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
    guard start + 2 < text.count, text[start + 1] == UInt8(ascii: "{") else { return nil }
    var index = start + 2
    while index < text.count, isNameByte(text[index]) { index += 1 }
    guard index > start + 2, index < text.count, text[index] == UInt8(ascii: "}") else { return nil }
    return index + 1
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    ByteClass.isWord(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
      || byte == UInt8(ascii: "-")
  }
}
