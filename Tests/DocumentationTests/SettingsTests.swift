import LakeSQL
import LakeTestSupport
import Testing

/// The table of settings is the engine's.
@Suite struct SettingsTests {
  @Test func theTableHasEverySettingWithItsFirstValue() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let session = try Engine(warehouse: directory.path + "/warehouse").makeSession()
    let rows = Markdown(try ProjectText.read("README.md")).table("Key")
    let listed = rows.map { [Self.code($0[0]), Self.code($0[1])] }
    let known = try await session.execute("SET").rows().map { $0.map(\.description) }
    #expect(listed.sorted { $0[0] < $1[0] } == known)
    for row in rows where !row[2].isEmpty {
      let value = try await session.execute("SET \(Self.code(row[2]))").rows()
      #expect(value.map { $0[1].description } == [Self.code(row[1])], "\(row[2])")
    }
  }

  private static func code(_ cell: String) -> String { Markdown.codeSpans(cell).first ?? "" }
}
