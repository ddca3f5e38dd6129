import LakeSQL
import LakeTestSupport
import Testing

/// What the README lists as refused is refused, and by name.
@Suite struct RefusedFeatureTests {
  @Test func everyExampleIsRefused() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let session = try Engine(warehouse: directory.path + "/warehouse").makeSession()
    _ = try await session.execute("CREATE TABLE t (id INT, v STRING)")
    _ = try await session.execute(
      "CREATE EXTERNAL TABLE x (a INT) STORED AS TEXTFILE LOCATION '\(directory.path)/x'")
    let readme = Markdown(try ProjectText.read("README.md"))
    #expect(readme.table("Feature").count > 10)
    #expect(readme.table("Case").count > 4)
    let rows = readme.table("Feature") + readme.table("Case")
    for row in rows {
      let sql = Markdown.codeSpans(row[1])[0]
      let error = await #expect(throws: SQLError.self, "\(sql)") { _ = try await session.execute(sql).rows() }
      #expect(error?.sqlState == "0A000", "\(sql): \(error?.description ?? "")")
    }
  }
}
