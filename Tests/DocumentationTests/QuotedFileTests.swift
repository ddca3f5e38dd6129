import Testing

/// Source files that the README quotes are quoted to the letter.
@Suite struct QuotedFileTests {
  @Test func theExampleIsTheCompiledOne() throws {
    let path = "Tests/LibraryTests/EmbeddedExample.swift"
    let section = Markdown(try ProjectText.read("README.md")).section(path)
    let fences = Markdown(section.joined(separator: "\n")).fences
    #expect(fences.map(\.text) == [try ProjectText.read(path)])
  }
}
