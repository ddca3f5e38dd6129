import Foundation
import GRDB
import LakeCatalog
import LakeDiagnostics
import LakeTypes
import Testing

@Suite struct MetastoreTests {
  private let warehouse: TemporaryWarehouse
  private let metastore: Metastore

  init() throws {
    warehouse = try TemporaryWarehouse()
    metastore = try Metastore(warehouse: warehouse.path)
  }

  private func expectError(_ code: ErrorCode, _ body: () throws -> Void) {
    #expect {
      try body()
    } throws: { error in
      (error as? QueryError)?.code == code
    }
  }

  private static let schema = Schema([
    Field("id", .bigint, isNullable: false), Field("amount", .decimal(precision: 12, scale: 2), comment: "in \"EUR\""),
    Field("tags", .array(element: .string, containsNull: false)),
    Field("extra", .map(key: .string, value: .struct([Field("x", .tinyint)]), valueContainsNull: true)),
    Field("dt", .date),
  ])

  private func external(_ table: String) -> ExternalTable {
    ExternalTable(
      name: TableName("default", table), schema: Self.schema, format: "csv", options: ["sep": ";"],
      location: "file:///data/raw", partitionColumns: ["dt"], comment: "raw", properties: ["owner": "bank"],
      createdAt: 7)
  }

  @Test func theDefaultDatabaseExists() throws {
    let definition = try #require(try metastore.database("DEFAULT"))
    #expect(definition.name == "default")
    #expect(definition.location == "file://\(warehouse.path)/default.db")
    #expect(try metastore.databases().count == 1)
  }

  @Test func otherClientsSeeTheMarkerOfADatabase() throws {
    let gold = DatabaseDefinition(name: "Gold", comment: "for BI", location: "file:///g", properties: ["a": "b"])
    try metastore.apply([.createDatabase(gold)])
    #expect(try metastore.database("gold") == gold)
    let rows = try DatabaseQueue(path: metastore.path).read { db in
      try Row.fetchAll(
        db, sql: "SELECT property_key, property_value FROM iceberg_namespace_properties WHERE namespace = 'Gold'"
      ).map { [$0[0] as String, $0[1] as String] }
    }
    #expect(Set(rows) == [["exists", "true"], ["comment", "for BI"], ["location", "file:///g"], ["a", "b"]])
    expectError(.schemaAlreadyExists) { try metastore.apply([.createDatabase(gold)]) }
  }

  @Test func onlyAnEmptyDatabaseCanBeDropped() throws {
    let silver = DatabaseDefinition(name: "silver", location: "file:///s")
    let name = TableName("silver", "t")
    try metastore.apply([.createDatabase(silver), .createManagedTable(name, metadataLocation: "m0")])
    expectError(.schemaNotEmpty) { try metastore.apply([.dropDatabase("silver")]) }
    try metastore.apply([.dropManagedTable(name, expecting: "m0"), .dropDatabase("SILVER")])
    #expect(try metastore.database("silver") == nil)
  }

  @Test func aSwapOfSeveralTablesIsAllOrNothing() throws {
    let a = TableName("default", "a")
    let b = TableName("default", "b")
    try metastore.apply([
      .createManagedTable(a, metadataLocation: "a0"), .createManagedTable(b, metadataLocation: "b0"),
    ])
    try metastore.apply([.swapManagedTable(a, from: "a0", to: "a1"), .swapManagedTable(b, from: "b0", to: "b1")])
    expectError(.commitConflict) {
      try metastore.apply([.swapManagedTable(a, from: "a1", to: "a2"), .swapManagedTable(b, from: "b0", to: "b2")])
    }
    guard case .managed(_, let location) = try metastore.entry(a) else { return #expect(Bool(false)) }
    #expect(location == "a1")
  }

  @Test func namesAreFoundWithoutRegardToCaseAndKept() throws {
    try metastore.apply([.createManagedTable(TableName("default", "Profit"), metadataLocation: "m")])
    #expect(try metastore.entry(TableName("Default", "PROFIT"))?.name.description == "default.Profit")
    expectError(.tableAlreadyExists) {
      try metastore.apply([.createManagedTable(TableName("default", "profit"), metadataLocation: "n")])
    }
    expectError(.tableAlreadyExists) { try metastore.apply([.createExternalTable(external("PROFIT"))]) }
    expectError(.schemaNotFound) {
      try metastore.apply([.createManagedTable(TableName("nowhere", "t"), metadataLocation: "n")])
    }
  }

  @Test func anExternalTableComesBackAsItWas() throws {
    try metastore.apply([.createExternalTable(external("Raw"))])
    guard case .external(var stored) = try metastore.entry(TableName("default", "raw")) else {
      return #expect(Bool(false))
    }
    #expect(stored.version == 1)
    var expected = external("Raw")
    expected.version = 1
    #expect(stored == expected)
    stored.comment = nil
    try metastore.apply([.replaceExternalTable(stored)])
    expectError(.commitConflict) { try metastore.apply([.replaceExternalTable(stored)]) }
    expectError(.commitConflict) {
      try metastore.apply([.dropExternalTable(stored.name, expectingVersion: 1)])
    }
  }

  @Test func partitionsGoWithTheirTable() throws {
    let name = TableName("default", "raw")
    let first = ExternalPartition(name: "dt=2026-01-31", values: ["2026-01-31"])
    let second = ExternalPartition(name: "dt=__HIVE_DEFAULT_PARTITION__", values: [nil], location: "file:///elsewhere")
    try metastore.apply([
      .createExternalTable(external("raw")), .putPartition(name, first), .putPartition(name, second),
    ])
    #expect(try metastore.partitions(of: name) == [first, second])
    try metastore.apply([.dropPartition(name, partitionName: first.name)])
    #expect(try metastore.partitions(of: name) == [second])
    try metastore.apply([.dropExternalTable(name, expectingVersion: 1), .createExternalTable(external("raw"))])
    #expect(try metastore.partitions(of: name).isEmpty)
  }

  @Test func viewsAreListedBesideTables() throws {
    let view = ViewDefinition(
      name: TableName("default", "v"), sql: "SELECT 1 AS x", currentDatabase: "default",
      schema: Schema([Field("x", .int)]), createdAt: 3)
    try metastore.apply([
      .createView(view), .createExternalTable(external("e")),
      .createManagedTable(TableName("default", "m"), metadataLocation: "m0"),
    ])
    let listing = try metastore.listing(of: "DEFAULT")
    #expect(listing.map(\.kind) == [.external, .managed, .view])
    guard case .view(let stored) = try metastore.entry(view.name) else { return #expect(Bool(false)) }
    #expect(stored.sql == view.sql && stored.schema == view.schema)
    try metastore.apply([.replaceView(stored)])
    expectError(.commitConflict) { try metastore.apply([.dropView(view.name, expectingVersion: 1)]) }
  }

  @Test func aMovedWarehouseIsNoticed() throws {
    let moved = warehouse.path + "-moved"
    try FileManager.default.moveItem(atPath: warehouse.path, toPath: moved)
    defer { try? FileManager.default.removeItem(atPath: moved) }
    expectError(.warehouseMoved) { _ = try Metastore(warehouse: moved) }
    try FileManager.default.createSymbolicLink(atPath: warehouse.path, withDestinationPath: moved)
    defer { try? FileManager.default.removeItem(atPath: warehouse.path) }
    #expect(try Metastore(warehouse: moved).databases().count == 1)
  }

  @Test func aFileThatIsNoDatabaseIsAClearError() throws {
    let other = try TemporaryWarehouse()
    try Data(repeating: 65, count: 4096).write(to: URL(fileURLWithPath: other.path + "/metastore.db"))
    expectError(.metastoreError) { _ = try Metastore(warehouse: other.path) }
  }

  @Test func aCatalogOfJavaSchemaVersion0IsUpgraded() throws {
    let other = try TemporaryWarehouse()
    try DatabaseQueue(path: other.path + "/metastore.db").write { db in
      try db.execute(
        sql: """
          CREATE TABLE iceberg_tables (catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL,
            table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000),
            previous_metadata_location VARCHAR(1000), PRIMARY KEY (catalog_name, table_namespace, table_name));
          INSERT INTO iceberg_tables VALUES ('lakesql', 'old', 't', 'm0', NULL);
          """)
    }
    let metastore = try Metastore(warehouse: other.path)
    guard case .managed(let name, "m0") = try metastore.entry(TableName("old", "T")) else {
      return #expect(Bool(false))
    }
    try metastore.apply([.swapManagedTable(name, from: "m0", to: "m1")])
    #expect(try metastore.databases().map(\.name) == ["default", "old"])
  }

  @Test func manyProcessesMayOpenANewWarehouseAtOnce() async throws {
    let other = try TemporaryWarehouse()
    let path = other.path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask {
          let store = try Metastore(warehouse: path)
          try store.apply([.createManagedTable(TableName("default", "t\(number)"), metadataLocation: "m")])
        }
      }
      try await group.waitForAll()
    }
    #expect(try Metastore(warehouse: path).listing(of: "default").count == 8)
  }

  @Test func commitsAreRememberedUntilForgotten() throws {
    try metastore.apply([.markCommitted("tx")])
    #expect(try metastore.committedTransactions() == ["tx"])
    try metastore.apply([.forgetCommit("tx")])
    #expect(try metastore.committedTransactions().isEmpty)
  }
}
