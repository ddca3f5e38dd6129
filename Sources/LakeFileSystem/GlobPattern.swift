/// One alternative of a glob: path segments of which some hold wildcards.
///
/// `*` any characters, `?` one, `[a-z]` and `[!a-z]` one of a set, `\x` the character x, `**` any directories.
/// Braces are taken out before by `expandingBraces`.
struct GlobPattern {
  /// One piece of a path between slashes.
  enum Segment {
    case literal(String)
    case wildcard([Token])
    /// `**`: any number of directories, none too.
    case anyDirectories
  }

  enum Token {
    case character(Unicode.Scalar)
    case anyCharacter
    case anyCharacters
    case oneOf([ClosedRange<Unicode.Scalar>], isNegated: Bool)
  }

  let segments: [Segment]

  /// Reads an absolute pattern without braces.
  init(_ text: String) {
    segments = text.split(separator: "/").map { Self.segment(String($0)) }
  }

  /// Whether a text has any wildcard or brace.
  static func isGlob(_ text: String) -> Bool { text.unicodeScalars.contains { "*?[{\\".unicodeScalars.contains($0) } }

  private static func segment(_ text: String) -> Segment {
    if text == "**" { return .anyDirectories }
    guard isGlob(text) else { return .literal(text) }
    let tokens = tokens(Array(text.unicodeScalars))
    var plain = ""
    for token in tokens {
      guard case .character(let scalar) = token else { return .wildcard(tokens) }
      plain.unicodeScalars.append(scalar)
    }
    return .literal(plain)
  }

  private static func tokens(_ text: [Unicode.Scalar]) -> [Token] {
    var tokens: [Token] = []
    var index = 0
    while index < text.count {
      switch text[index] {
      case "*": tokens.append(.anyCharacters)
      case "?": tokens.append(.anyCharacter)
      case "\\" where index + 1 < text.count:
        index += 1
        tokens.append(.character(text[index]))
      case "[":
        if let (set, end) = characterSet(text, from: index) {
          tokens.append(set)
          index = end
        } else {
          tokens.append(.character("["))
        }
      default: tokens.append(.character(text[index]))
      }
      index += 1
    }
    return tokens
  }

  /// Reads `[...]`; the end is the position of the closing bracket, nil if there is none.
  private static func characterSet(_ text: [Unicode.Scalar], from start: Int) -> (Token, end: Int)? {
    var index = start + 1
    let isNegated = index < text.count && (text[index] == "!" || text[index] == "^")
    if isNegated { index += 1 }
    let first = index
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    while index < text.count, text[index] != "]" || index == first {
      if index + 2 < text.count, text[index + 1] == "-", text[index + 2] != "]" {
        if text[index] <= text[index + 2] { ranges.append(text[index]...text[index + 2]) }
        index += 3
      } else {
        ranges.append(text[index]...text[index])
        index += 1
      }
    }
    guard index < text.count else { return nil }
    return (.oneOf(ranges, isNegated: isNegated), index)
  }

  /// Whether the whole name fits the tokens; linear in both by falling back to the last `*` only.
  static func matches(_ tokens: [Token], _ name: String) -> Bool {
    let text = Array(name.unicodeScalars)
    var token = 0
    var index = 0
    var restart: (token: Int, index: Int)?
    while index < text.count {
      if token < tokens.count, case .anyCharacters = tokens[token] {
        restart = (token + 1, index)
        token += 1
      } else if token < tokens.count, accepts(tokens[token], text[index]) {
        token += 1
        index += 1
      } else if let last = restart {
        restart = (last.token, last.index + 1)
        token = last.token
        index = last.index + 1
      } else {
        return false
      }
    }
    return tokens[token...].allSatisfy { if case .anyCharacters = $0 { true } else { false } }
  }

  private static func accepts(_ token: Token, _ scalar: Unicode.Scalar) -> Bool {
    switch token {
    case .character(let wanted): wanted == scalar
    case .anyCharacter: true
    case .anyCharacters: false
    case .oneOf(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
    }
  }

  /// Whether the tokens ask for a name that starts with `_` or `.` by spelling that character.
  static func namesHidden(_ tokens: [Token]) -> Bool {
    guard case .character(let first)? = tokens.first else { return false }
    return first == "_" || first == "."
  }
}

extension GlobPattern {
  /// The most alternatives that braces may multiply to.
  private static let maxAlternatives = 10_000

  /// The texts that `{a,b}` groups stand for, nested ones too; nil if there are too many.
  static func expandingBraces(_ text: String) -> [String]? {
    var pending = [Array(text.unicodeScalars)]
    var done: [String] = []
    while let next = pending.popLast() {
      if let (open, commas, close) = firstGroup(next) {
        var start = open + 1
        var alternatives: [[Unicode.Scalar]] = []
        for end in commas + [close] {
          alternatives.append(Array(next[..<open] + next[start..<end] + next[(close + 1)...]))
          start = end + 1
        }
        pending += alternatives.reversed()
      } else {
        var plain = String.UnicodeScalarView()
        plain.append(contentsOf: next)
        done.append(String(plain))
      }
      if pending.count + done.count > maxAlternatives { return nil }
    }
    return done
  }

  /// The first balanced brace group: positions of `{`, of its own commas, and of `}`.
  private static func firstGroup(_ text: [Unicode.Scalar]) -> (open: Int, commas: [Int], close: Int)? {
    guard let open = firstUnescaped("{", in: text) else { return nil }
    var depth = 0
    var commas: [Int] = []
    var index = open
    while index < text.count {
      switch text[index] {
      case "\\": index += 1
      case "{": depth += 1
      case "," where depth == 1: commas.append(index)
      case "}":
        depth -= 1
        if depth == 0 { return (open, commas, index) }
      default: break
      }
      index += 1
    }
    return nil
  }

  private static func firstUnescaped(_ wanted: Unicode.Scalar, in text: [Unicode.Scalar]) -> Int? {
    var index = 0
    while index < text.count {
      if text[index] == "\\" { index += 1 } else if text[index] == wanted { return index }
      index += 1
    }
    return nil
  }
}
