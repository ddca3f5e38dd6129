import LakeTestSupport
import Testing

/// The example that the README shows.
@Suite struct EmbeddedExampleTests {
  @Test func yieldsTheSalesOfAllDays() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let warehouse = directory.path + "/warehouse"
    #expect(try await recordSales(warehouse: warehouse) == ["tea": 5, "cake": 4.2])
    #expect(try await recordSales(warehouse: warehouse) == ["tea": 5, "cake": 4.2])
  }
}
