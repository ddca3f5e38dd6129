import Testing

/// What the documents name exists.
@Suite struct PathTests {
  static let documents = ["README.md", "CONTRIBUTING.md"]
  private static let topFolders = ["Sources/", "Tests/", "grammar/", "catalog/", "fixtures/", "Benchmarks/", ".ci/"]

  @Test(arguments: documents) func everyPathExists(_ document: String) throws {
    let markdown = Markdown(try ProjectText.read(document))
    var count = 0
    for line in markdown.lines {
      for path in Self.paths(in: line) {
        count += 1
        #expect(ProjectText.exists(path), "\(document) names \(path)")
      }
    }
    #expect(count > 5)
  }

  /// Words that begin with a folder of the project, up to a wildcard or a placeholder.
  private static func paths(in line: String) -> [String] {
    line.split { " `'\"(),;<>".contains($0) }.compactMap { word in
      guard topFolders.contains(where: word.hasPrefix) else { return nil }
      guard let wildcard = word.firstIndex(where: { "*{$".contains($0) }) else { return String(word) }
      return word[..<wildcard].lastIndex(of: "/").map { String(word[..<$0]) }
    }
  }

  @Test(arguments: documents) func everyLinkLeadsSomewhere(_ document: String) throws {
    for line in Markdown(try ProjectText.read(document)).prose {
      for part in line.split(separator: "](").dropFirst() {
        let target = part.prefix { $0 != ")" }
        #expect(target.hasPrefix("https://") || ProjectText.exists(String(target)), "\(document) links \(target)")
      }
    }
  }

  @Test(arguments: documents) func everyMakeTargetExists(_ document: String) throws {
    let makefile = try ProjectText.read("Makefile").split(separator: "\n")
    for span in Markdown(try ProjectText.read(document)).lines.flatMap(Self.commands) where span.hasPrefix("make ") {
      let target = span.dropFirst(5).prefix { $0 != " " }
      #expect(makefile.contains { $0.hasPrefix("\(target):") }, "\(document) names make \(target)")
    }
  }

  /// Commands in backticks, and lines that are one.
  private static func commands(_ line: String) -> [String] { Markdown.codeSpans(line) + [line] }
}
