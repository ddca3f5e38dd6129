import Foundation
import LakeCatalog
import Testing

@Suite struct MigrationTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("catalog")

  @Test func everyMigrationHasItsFile() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0.hasSuffix(".sql") }
    #expect(files.sorted() == MetastoreMigration.all.map { $0.name + ".sql" })
  }

  @Test(arguments: MetastoreMigration.all.indices)
  func fileAndBinaryAgree(_ index: Int) throws {
    let migration = MetastoreMigration.all[index]
    #expect(migration.name.hasPrefix("000\(index + 1)_"))
    let file = Self.folder.appendingPathComponent(migration.name + ".sql")
    #expect(try String(contentsOf: file, encoding: .utf8) == migration.sql)
  }
}
