import Testing

/// The lists of targets in the documents are those of the package.
@Suite struct TargetTests {
  @Test func theReadmeHasEachTargetOnce() throws {
    let declared = try Self.declared(["engine(", "systemLibrary(", ".target(", ".executableTarget("])
    #expect(try Self.listed("README.md").sorted() == declared.sorted())
  }

  @Test func theGuideHasEachTestTargetOnce() throws {
    let declared = try Self.declared(["tests("])
    #expect(try Self.listed("CONTRIBUTING.md").sorted() == declared.sorted())
  }

  /// Names at the beginning of the list between the markers, each with a word on what it is for.
  private static func listed(_ document: String) throws -> [String] {
    let lines = Markdown(try ProjectText.read(document)).section("targets").filter { $0.hasPrefix("* ") }
    for line in lines { #expect(line.firstRange(of: "`: ") != nil, "\(line)") }
    return lines.compactMap { Markdown.codeSpans($0).first }
  }

  /// Names that follow the given calls in the package's list of targets.
  private static func declared(_ calls: [String]) throws -> [String] {
    let manifest = try ProjectText.read("Package.swift")
    guard let start = manifest.firstRange(of: "\n  targets: [") else { return [] }
    let targets = manifest[start.upperBound...]
    return calls.flatMap { call in
      targets.split(separator: call).dropFirst().compactMap { rest in
        let first = rest.prefix { $0 != "," }.split(separator: "\"", omittingEmptySubsequences: false)
        return first.count > 1 ? String(first[1]) : nil
      }
    }
  }
}
