/// The parts of a Markdown file that tests look at.
struct Markdown {
  struct Fence {
    var language: String
    var lines: [String]

    var text: String { lines.map { $0 + "\n" }.joined() }
  }

  let lines: [String]

  init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

  /// Blocks between lines of three backticks, in order.
  var fences: [Fence] {
    var result: [Fence] = []
    var open: Fence?
    for line in lines {
      switch (line.hasPrefix("```"), open) {
      case (true, nil): open = Fence(language: String(line.dropFirst(3)), lines: [])
      case (true, let fence?):
        result.append(fence)
        open = nil
      case (false, _): open?.lines.append(line)
      }
    }
    return result
  }

  /// The lines outside of blocks.
  var prose: [String] {
    var isInside = false
    return lines.filter { line in
      if line.hasPrefix("```") { isInside.toggle() }
      return !isInside
    }
  }

  /// The lines between `<!-- name -->` and `<!-- end -->`.
  func section(_ name: String) -> [String] {
    guard let start = lines.firstIndex(of: "<!-- \(name) -->") else { return [] }
    return Array(lines[(start + 1)...].prefix { $0 != "<!-- end -->" })
  }

  /// The rows of the table under a header line that begins with these columns, cell by cell.
  func table(_ header: String) -> [[String]] {
    guard let start = lines.firstIndex(where: { $0.hasPrefix("| \(header) |") }) else { return [] }
    return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map(Self.cells)
  }

  /// Cells stand between bars without a backslash.
  private static func cells(_ line: String) -> [String] {
    let parts = line.replacing("\\|", with: "\u{1}").split(separator: "|", omittingEmptySubsequences: false)
    return parts.dropFirst().dropLast().map { trimmed($0.replacing("\u{1}", with: "|")) }
  }

  /// The texts in backticks of a line; the ones in doubled backticks may hold a backtick.
  static func codeSpans(_ line: String) -> [String] {
    var spans: [String] = []
    var rest = line[...]
    while let start = rest.firstIndex(of: "`") {
      let mark = rest[start...].prefix { $0 == "`" }
      let body = rest[mark.endIndex...]
      guard let end = body.firstRange(of: mark) else { break }
      spans.append(trimmed(body[..<end.lowerBound]))
      rest = body[end.upperBound...]
    }
    return spans
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop { $0 == " " }
    return String(start.reversed().drop { $0 == " " }.reversed())
  }
}
