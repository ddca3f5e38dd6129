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
    let rows = Markdown(try ProjectText.read("README.md")).table("Feature")
    #expect(rows.count > 10)
    for row in rows {
      let sql = Markdown.codeSpans(row[1])[0]
      let error = await #expect(throws: SQLError.self, "\(sql)") { _ = try await session.execute(sql).rows() }
      #expect(error?.sqlState == "0A000", "\(sql): \(error?.description ?? "")")
    }
  }
}
