import Foundation
import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakeTables
import LakeTypes
import Testing

@Suite struct ConflictTests {
  let lake: TemporaryLake
  init() throws {
    lake = try TemporaryLake()
    try lake.warehouse.createSales([PartitionFieldDefinition("dt")], [sale(1, day: 1, "a"), sale(2, day: 2, "a")])
  }

  private func file(of day: Int32, _ transaction: LakeTransaction) throws -> String {
    let rows = try transaction.managed().scan().rows(
      [MetadataColumn.file], where: [ScanPredicate(column: 1, .compare(.equal, .date(day)))])
    guard case .string(let path) = try #require(rows.first)[0] else { throw MissingTable(name: .sales) }
    return path
  }

  @Test func appendsOfTwoProcessesBothCount() throws {
    let first = lake.warehouse.begin()
    let second = lake.reopened().begin()
    try first.stageAppend(.sales).fill([sale(3, day: 3, "x")])
    try second.stageAppend(.sales).fill([sale(4, day: 4, "y")])
    try first.commit()
    try second.commit()
    #expect(try lake.reopened().rows().count == 4)
    let history = try lake.reopened().managed().history
    #expect(history.map(\.operation) == ["append", "append", "append"])
    #expect(history.last?.summary["total-records"] == "4")
  }

  @Test func overwritesOfDifferentPartitionsBothCount() throws {
    let first = lake.warehouse.begin()
    let second = lake.warehouse.begin()
    try first.stageOverwrite(.sales, mode: .dynamicPartitions).fill([sale(11, day: 1, "x")])
    try second.stageOverwrite(.sales, mode: .partitions(["dt": .date(2)])).fill([sale(12, day: 2, "y")])
    try first.commit()
    try second.commit()
    #expect(try lake.warehouse.rows() == [sale(11, day: 1, "x"), sale(12, day: 2, "y")])
  }

  @Test func overwritesOfOnePartitionConflict() throws {
    let first = lake.warehouse.begin()
    let second = lake.warehouse.begin()
    try first.stageOverwrite(.sales, mode: .dynamicPartitions).fill([sale(11, day: 1, "x")])
    try second.stageOverwrite(.sales, mode: .dynamicPartitions).fill([sale(12, day: 1, "y")])
    try first.commit()
    let files = lake.tableFiles
    expectError(.commitConflict) { try second.commit() }
    #expect(try lake.warehouse.rows() == [sale(11, day: 1, "x"), sale(2, day: 2, "a")])
    #expect(lake.tableFiles.count == files.count - 2, "the loser's data file and journal are gone")
  }

  @Test func overwritesOfAnEmptyPartitionConflictToo() throws {
    let first = lake.warehouse.begin()
    let second = lake.warehouse.begin()
    try first.stageOverwrite(.sales, mode: .dynamicPartitions).fill([sale(11, day: 9, "x")])
    try second.stageOverwrite(.sales, mode: .dynamicPartitions).fill([sale(12, day: 9, "y")])
    try first.commit()
    expectError(.commitConflict) { try second.commit() }
  }

  @Test func anAppendMeanwhileDoesNotDisturbADelete() throws {
    let delete = lake.warehouse.begin()
    try delete.stageReplaceFiles(.sales, removing: [try file(of: 1, delete)]).fill([])
    try lake.warehouse.run { try $0.stageAppend(.sales).fill([sale(3, day: 1, "x")]) }
    try delete.commit()
    #expect(try lake.warehouse.rows() == [sale(2, day: 2, "a"), sale(3, day: 1, "x")])
    #expect(try lake.warehouse.managed().history.last?.operation == "delete")
  }

  @Test func twoDeletesOfOneFileConflict() throws {
    let first = lake.warehouse.begin()
    let second = lake.warehouse.begin()
    try first.stageReplaceFiles(.sales, removing: [try file(of: 1, first)]).fill([])
    try second.stageReplaceFiles(.sales, removing: [try file(of: 1, second)]).fill([sale(1, day: 1, "b")])
    try first.commit()
    expectError(.commitConflict) { try second.commit() }
  }

  @Test func aScriptCommitsAllItsTablesOrNone() throws {
    let other = TableName("default", "other")
    try lake.warehouse.run { try $0.createManagedTable(TableDefinition(name: other, schema: salesSchema)) }
    let script = lake.warehouse.begin()
    try script.stageAppend(other).fill([sale(5, day: 5, "o")])
    try script.stageOverwrite(.sales, mode: .all).fill([sale(6, day: 6, "o")])
    try lake.warehouse.run { try $0.stageOverwrite(.sales, mode: .all).fill([sale(7, day: 7, "p")]) }
    expectError(.commitConflict) { try script.commit() }
    #expect(try lake.warehouse.rows(other).isEmpty)
    #expect(try lake.warehouse.rows() == [sale(7, day: 7, "p")])
  }

  @Test func theSameNewTableOfTwoProcessesExistsOnce() throws {
    let name = TableName("default", "new")
    let definition = TableDefinition(name: name, schema: salesSchema)
    let first = lake.warehouse.begin()
    let second = lake.reopened().begin()
    try first.createManagedTable(definition)
    try second.createManagedTable(definition)
    try first.stageAppend(name).fill([sale(1, day: 1, "first")])
    try second.stageAppend(name).fill([sale(2, day: 1, "second")])
    try first.commit()
    expectError(.tableAlreadyExists) { try second.commit() }
    #expect(try lake.reopened().rows(name) == [sale(1, day: 1, "first")])
  }

  @Test func whatAnotherProcessCreatedMeanwhileExists() throws {
    let name = TableName("d", "new")
    let definition = TableDefinition(name: name, schema: salesSchema, mode: .ifNotExists)
    let first = lake.warehouse.begin()
    let second = lake.reopened().begin()
    let third = lake.reopened().begin()
    for transaction in [first, second, third] {
      try transaction.createDatabase("d", ifNotExists: true)
      try transaction.createManagedTable(definition)
    }
    try third.stageAppend(name).fill([sale(1, day: 1, "third")])
    try first.commit()
    try second.commit()
    expectError(.commitConflict) { try third.commit() }
    #expect(try lake.reopened().rows(name).isEmpty)
    #expect(lake.files(below: "warehouse/d.db").count == 1)
  }

  @Test func schemaChangesMeanwhileConflictButAppendsGoOn() throws {
    let alter = lake.warehouse.begin()
    try alter.alterTable(.sales, [.addColumn(Field("note", .string), in: [], nil)])
    let append = lake.warehouse.begin()
    try append.stageAppend(.sales).fill([sale(3, day: 3, "c")])
    try lake.warehouse.run { try $0.alterTable(.sales, [.renameColumn(["channel"], to: "via")]) }
    expectError(.commitConflict) { try alter.commit() }
    try append.commit()
    #expect(try lake.warehouse.rows().count == 3)
    #expect(try lake.warehouse.managed().schema.names == ["id", "dt", "via", "amount"])
  }

  @Test func aReaderSeesACommitOfSeveralTablesWholeOrNotAtAll() throws {
    let other = TableName("default", "other")
    try lake.warehouse.run { try $0.createManagedTable(TableDefinition(name: other, schema: salesSchema)) }
    let reader = lake.reopened().begin()
    #expect(try reader.rows().count == 2)
    try lake.warehouse.run { transaction in
      try transaction.stageOverwrite(.sales, mode: .all).fill([])
      try transaction.stageAppend(other).fill([sale(1, day: 1, "a"), sale(2, day: 2, "a")])
    }
    #expect(try reader.rows(other).isEmpty)
    let later = lake.reopened().begin()
    #expect(try later.rows(other).count == 2)
    #expect(try later.rows().isEmpty)
  }

  @Test func appendsDoNotGoToATableThatWasMadeAnew() throws {
    let append = lake.warehouse.begin()
    try append.stageAppend(.sales).fill([sale(3, day: 3, "c")])
    try lake.warehouse.run { try $0.dropTable(.sales, purge: true) }
    try lake.warehouse.createSales([], [sale(9, day: 9, "new")])
    expectError(.commitConflict) { try append.commit() }
    #expect(try lake.reopened().rows() == [sale(9, day: 9, "new")])
  }

  @Test func appendsDoNotGoToATableThatWasReplaced() throws {
    let append = lake.warehouse.begin()
    try append.stageAppend(.sales).fill([sale(3, day: 3, "c")])
    try lake.warehouse.run { transaction in
      try transaction.createManagedTable(TableDefinition(name: .sales, schema: salesSchema, mode: .orReplace))
      try transaction.stageAppend(.sales).fill([sale(9, day: 9, "new")])
    }
    expectError(.commitConflict) { try append.commit() }
    #expect(try lake.reopened().rows() == [sale(9, day: 9, "new")])
  }

  @Test func rowsThatCameMeanwhileAreNotLostByAReplacement() throws {
    let replace = lake.warehouse.begin()
    let rows = try replace.rows()
    try replace.createManagedTable(TableDefinition(name: .sales, schema: salesSchema, mode: .orReplace))
    try replace.stageAppend(.sales).fill(rows)
    try lake.warehouse.run { try $0.stageAppend(.sales).fill([sale(3, day: 3, "c")]) }
    expectError(.commitConflict) { try replace.commit() }
    #expect(try lake.reopened().rows().count == 3)
  }

  @Test func idsOfColumnsThatAreGoneDoNotComeBack() throws {
    let alter = lake.warehouse.begin()
    try alter.alterTable(.sales, [.addColumn(Field("note", .string), in: [], nil)])
    try lake.warehouse.run { try $0.alterTable(.sales, [.addColumn(Field("other", .string), in: [], nil)]) }
    try lake.warehouse.run { try $0.alterTable(.sales, [.dropColumn(["other"])]) }
    expectError(.commitConflict) { try alter.commit() }
    #expect(try lake.reopened().managed().schema.names == salesSchema.names)
  }

  @Test func manyWritersAtOnceLoseNothing() async throws {
    let root = lake.root + "/warehouse"
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          let warehouse = Warehouse(path: root)
          for number in 0..<20 {
            try warehouse.run {
              try $0.stageAppend(.sales).fill([sale(Int64(100 + worker * 100 + number), day: 5, "w")])
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try lake.reopened().rows().count == 162)
  }
}
