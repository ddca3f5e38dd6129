import Testing

/// The documents and the command name the same options.
@Suite struct CommandLineTests {
  @Test func theTableHasEveryOption() throws {
    let table = Markdown(try ProjectText.read("README.md")).table("Option")
    let listed = table.flatMap { Markdown.codeSpans($0[0]) }
    #expect(listed.sorted() == (try Self.declared() + ["--version", "-h", "--help"]).sorted())
  }

  @Test(arguments: PathTests.documents) func everyOptionOfACommandExists(_ document: String) throws {
    let known = try Self.declared()
    var count = 0
    for line in Markdown(try ProjectText.read(document)).lines where line.firstRange(of: "lakesql -") != nil {
      for word in line.split(whereSeparator: { " `".contains($0) }) where word.hasPrefix("--") && word.count > 2 {
        count += 1
        #expect(known.contains(String(word)), "\(document): \(line)")
      }
    }
    if document == "README.md" { #expect(count > 3) }
  }

  /// The options that the command's source declares.
  private static func declared() throws -> [String] {
    let source = try ProjectText.read("Sources/lakesql/Arguments.swift")
    return names(source, ".customLong(\"").map { "--\($0)" } + names(source, ".customShort(\"").map { "-\($0)" }
  }

  private static func names(_ source: String, _ call: String) -> [String] {
    source.split(separator: call).dropFirst().map { String($0.prefix { $0 != "\"" }) }
  }
}
