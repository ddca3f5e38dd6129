import Foundation
import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakeTables
import LakeTypes
import Testing

@Suite struct RecoveryTests {
  let lake: TemporaryLake
  init() throws { lake = try TemporaryLake() }

  @Test func theNextProcessCleansUpAfterAKilledOne() async throws {
    try lake.warehouse.createSales([PartitionFieldDefinition("dt")], [sale(1, day: 1, "a")])
    let before = lake.tableFiles
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = (lake.root + "/warehouse") as String] in
      let transaction = Warehouse(path: path).begin()
      try transaction.stageOverwrite(.sales, mode: .all).fill([sale(2, day: 2, "b")])
      let writer = try transaction.stageAppend(.sales).makeWriter()
      try writer.write(batch([sale(3, day: 3, "c")], salesSchema))
      kill(getpid(), SIGKILL)
    }
    #expect(lake.tableFiles.count == before.count + 3, "two data files and the journal")
    #expect(try lake.reopened().rows() == [sale(1, day: 1, "a")])
    #expect(lake.tableFiles == before)
  }

  @Test func filesOfLivingTransactionsAreLeftAlone() throws {
    try lake.warehouse.createSales()
    let transaction = lake.warehouse.begin()
    try transaction.stageAppend(.sales).fill([sale(1, day: 1, "a")])
    #expect(try lake.reopened().rows().isEmpty)
    try transaction.commit()
    #expect(try lake.reopened().rows() == [sale(1, day: 1, "a")])
  }

  @Test func whatACommitLeftToDoIsDoneLater() throws {
    let name = TableName("default", "raw")
    let schema = Schema([Field("x", .int), Field("dt", .date)])
    let table = ExternalTable(
      name: name, schema: schema, format: "csv", location: lake.root + "/raw", partitionColumns: ["dt"], createdAt: 0)
    try lake.warehouse.run { try $0.createExternalTable(table) }
    do {
      let transaction = lake.warehouse.begin()
      try transaction.stageAppend(name).fill([[.integer(1), .date(0)]])
      // A file where the partition's folder should go stops the move after the commit.
      try lake.write("", to: "raw/dt=1970-01-01")
      #expect(throws: QueryError.self) { try transaction.commit() }
    }
    #expect(!lake.files(below: "raw").filter { $0.hasPrefix("_temporary") }.isEmpty)
    let blocked = lake.reopened()
    expectError(.ioError) { _ = try blocked.rows(name) }
    try blocked.createSales([], [sale(1, day: 1, "other tables work on")])
    try FileManager.default.removeItem(atPath: lake.root + "/raw/dt=1970-01-01")
    #expect(try lake.reopened().rows(name) == [[.integer(1), .date(0)]])
    #expect(lake.files(below: "raw").filter { $0.hasPrefix("_temporary") }.isEmpty)
    #expect(lake.files(below: "warehouse/lakesql_staged").isEmpty)
  }

  @Test func aFolderThatATableLivesInOutlastsAnOldJournal() throws {
    try lake.warehouse.createSales([], [sale(1, day: 1, "a")])
    let id = "4b5a1d2c-0000-4000-8000-000000000000"
    try lake.warehouse.metastore().apply([.markCommitted(id)])
    let folder = lake.root + "/warehouse/default.db/sales"
    try lake.write("[\"remove-directory\",\"\(folder)\"]\n", to: "warehouse/lakesql_staged/\(id).journal")
    #expect(try lake.reopened().rows() == [sale(1, day: 1, "a")])
    #expect(lake.files(below: "warehouse/lakesql_staged").isEmpty)
  }

  @Test func aTableDoesNotTakeOthersAlongWhenItGoes() throws {
    try lake.warehouse.createSales([], [sale(1, day: 1, "a")])
    let inner = TableName("default", "inner")
    try lake.warehouse.run {
      try $0.createManagedTable(
        TableDefinition(
          name: inner, schema: salesSchema, location: lake.root + "/warehouse/default.db/sales/inner"))
    }
    expectError(.notAllowed) { _ = try lake.warehouse.run { try $0.dropTable(.sales, purge: true) } }
    expectError(.notAllowed) {
      _ = try lake.warehouse.run {
        try $0.createManagedTable(
          TableDefinition(
            name: TableName("default", "above"), schema: salesSchema, location: lake.root + "/warehouse/default.db"))
      }
    }
    try lake.warehouse.run { try $0.dropTable(inner, purge: true) }
    try lake.warehouse.run { try $0.dropTable(.sales, purge: true) }
  }

  @Test(arguments: ["", ".", ".."]) func namesStayWithinTheirFolder(_ name: String) throws {
    let transaction = lake.warehouse.begin()
    expectError(.invalidParameter) { _ = try transaction.createDatabase(name) }
    expectError(.invalidParameter) {
      _ = try transaction.createManagedTable(TableDefinition(name: TableName("default", name), schema: salesSchema))
    }
  }

  @Test func droppedTablesFreeTheirFilesOnlyWithTheCommit() throws {
    try lake.warehouse.createSales([], [sale(1, day: 1, "a")])
    let transaction = lake.warehouse.begin()
    try transaction.dropTable(.sales, purge: true)
    expectError(.tableNotFound) { _ = try transaction.stageAppend(.sales) }
    try transaction.createManagedTable(TableDefinition(name: .sales, schema: salesSchema))
    try transaction.stageAppend(.sales).fill([sale(2, day: 2, "b")])
    #expect(try lake.warehouse.rows() == [sale(1, day: 1, "a")])
    try transaction.commit()
    #expect(try lake.reopened().rows() == [sale(2, day: 2, "b")])
    #expect(!FileManager.default.fileExists(atPath: lake.root + "/warehouse/default.db/sales/metadata"))
  }
}
