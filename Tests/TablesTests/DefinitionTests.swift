import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakeTables
import LakeTypes
import Testing

@Suite struct DefinitionTests {
  let lake: TemporaryLake
  init() throws { lake = try TemporaryLake() }

  @Test func databasesAreCreatedChangedAndDropped() throws {
    try lake.warehouse.run { transaction in
      #expect(try transaction.createDatabase("Gold", comment: "for BI", properties: ["owner": "bank"]))
      #expect(try !transaction.createDatabase("gold", ifNotExists: true))
      try transaction.alterDatabase("GOLD") { $0.comment = "changed" }
    }
    let gold = try #require(try lake.reopened().begin().database("gold"))
    #expect(gold.name == "Gold" && gold.comment == "changed" && gold.properties == ["owner": "bank"])
    try lake.warehouse.run { transaction in
      try transaction.createManagedTable(TableDefinition(name: TableName("gold", "t"), schema: salesSchema))
    }
    expectError(.schemaNotEmpty) { try lake.warehouse.begin().dropDatabase("gold") }
    try lake.warehouse.run { try $0.dropDatabase("gold", cascade: true) }
    #expect(try lake.reopened().begin().databases().map(\.name) == ["default"])
    expectError(.schemaNotFound) { try lake.warehouse.begin().dropDatabase("gold") }
    expectError(.notAllowed) { try lake.warehouse.begin().dropDatabase("default", cascade: true) }
  }

  @Test func anUnknownTableNamesTheNearestOne() throws {
    try lake.warehouse.createSales()
    #expect(lake.warehouse.begin().tableNotFound(TableName("default", "saels")).hint == "did you mean default.sales?")
    #expect(lake.warehouse.begin().tableNotFound(TableName("default", "saels")).code == .tableNotFound)
    #expect(lake.warehouse.begin().tableNotFound(TableName("defalt", "x")).hint == "did you mean default?")
  }

  @Test func createModes() throws {
    try lake.warehouse.createSales([], [sale(1, day: 1, "a")])
    var definition = TableDefinition(name: TableName("DEFAULT", "Sales"), schema: Schema([Field("x", .int)]))
    expectError(.tableAlreadyExists) { try lake.warehouse.begin().createManagedTable(definition) }
    definition.mode = .ifNotExists
    #expect(try !lake.warehouse.begin().createManagedTable(definition))
    definition.mode = .orReplace
    try lake.warehouse.run { transaction in
      try transaction.createManagedTable(definition)
      try transaction.stageAppend(.sales).fill([[.integer(7)]])
      #expect(try transaction.rows() == [[.integer(7)]])
    }
    let table = try lake.reopened().managed()
    #expect(try table.scan().rows() == [[.integer(7)]])
    #expect(table.schema.names == ["x"])
    var duplicate = TableDefinition(
      name: TableName("default", "d"), schema: Schema([Field("a", .int), Field("A", .int)]))
    expectError(.columnAlreadyExists) { try lake.warehouse.begin().createManagedTable(duplicate) }
    duplicate.schema = Schema([Field("a", .intervalDayTime)])
    expectError(.invalidTableDefinition) { try lake.warehouse.begin().createManagedTable(duplicate) }
    duplicate.schema = salesSchema
    duplicate.partitioning = [PartitionFieldDefinition("channel", .day)]
    expectError(.invalidTableDefinition) { try lake.warehouse.begin().createManagedTable(duplicate) }
    duplicate.partitioning = [PartitionFieldDefinition("chanel")]
    expectError(.unresolvedColumn) { try lake.warehouse.begin().createManagedTable(duplicate) }
  }

  @Test func aReplacedTableKeepsItsOlderStates() throws {
    try lake.warehouse.createSales([], [sale(1, day: 1, "a")])
    let first = try #require(try lake.warehouse.managed().snapshotID)
    try lake.warehouse.run { transaction in
      try transaction.createManagedTable(
        TableDefinition(name: .sales, schema: Schema([Field("id", .string)]), mode: .orReplace))
    }
    let table = try lake.reopened().managed()
    #expect(try table.scan().rows().isEmpty)
    #expect(try table.scan(at: .id(first)).rows() == [sale(1, day: 1, "a")])
  }

  @Test func columnsChangeByID() throws {
    let schema = Schema([Field("i", .int), Field("s", .struct([Field("a", .float)])), Field("gone", .string)])
    let name = TableName("default", "t")
    try lake.warehouse.run { transaction in
      try transaction.createManagedTable(TableDefinition(name: name, schema: schema, comment: "old"))
      try transaction.stageAppend(name).fill([[.integer(1), .struct([.float(0.5)]), .string("x")]])
    }
    try lake.warehouse.run { transaction in
      try transaction.alterTable(
        name,
        [
          .changeType(["i"], .bigint), .renameColumn(["i"], to: "number"), .dropColumn(["gone"]),
          .changeType(["s", "a"], .double), .addColumn(Field("b", .int), in: ["s"], nil),
          .addColumn(Field("gone", .int, comment: "another"), in: [], .first), .setComment("new"),
          .moveColumn(["s"], .first),
        ])
      try transaction.stageAppend(name).fill([[.struct([.double(2), .integer(3)]), .integer(4), .integer(1 << 40)]])
    }
    let table = try lake.reopened().managed(name)
    #expect(table.schema.names == ["s", "gone", "number"] && table.comment == "new")
    #expect(
      try Set(table.scan().rows()) == [
        [.struct([.double(0.5), .null]), .null, .integer(1)],
        [.struct([.double(2), .integer(3)]), .integer(4), .integer(1 << 40)],
      ])
    expectError(.unsupported) { try lake.warehouse.begin().alterTable(name, [.changeType(["number"], .int)]) }
    expectError(.unresolvedColumn) { try lake.warehouse.begin().alterTable(name, [.dropColumn(["numbr"])]) }
    expectError(.columnAlreadyExists) {
      try lake.warehouse.begin().alterTable(name, [.renameColumn(["gone"], to: "NUMBER")])
    }
  }

  @Test func theColumnOfAPartitionStays() throws {
    try lake.warehouse.createSales([PartitionFieldDefinition("dt")])
    expectError(.notAllowed) { try lake.warehouse.begin().alterTable(.sales, [.dropColumn(["dt"])]) }
  }

  @Test func boundsOfAWidenedColumnStillPrune() throws {
    let name = TableName("default", "w")
    try lake.warehouse.run { transaction in
      try transaction.createManagedTable(TableDefinition(name: name, schema: Schema([Field("i", .int)])))
      try transaction.stageAppend(name).fill([[.integer(-5)], [.integer(5)]])
      try transaction.alterTable(name, [.changeType(["i"], .bigint)])
      try transaction.stageAppend(name).fill([[.integer(1 << 40)]])
    }
    let counters = ScanCounters()
    let scan = try lake.warehouse.managed(name).scan()
    #expect(
      try scan.rows(where: [ScanPredicate(column: 0, .compare(.less, .integer(0)))], counters: counters).contains([
        .integer(-5)
      ]))
    #expect(counters.value(.filesPruned) == 1)
  }

  @Test func renamingKeepsRowsAndFreesTheName() throws {
    try lake.warehouse.createSales([], [sale(1, day: 1, "a")])
    let other = TableName("default", "Other")
    try lake.warehouse.run { transaction in
      try transaction.renameTable(.sales, to: other)
      try transaction.createManagedTable(TableDefinition(name: .sales, schema: salesSchema))
    }
    #expect(try lake.reopened().rows(other) == [sale(1, day: 1, "a")])
    #expect(try lake.reopened().rows().isEmpty)
    #expect(try lake.reopened().begin().tables(in: "default").map(\.name.table) == ["Other", "sales"])
    expectError(.tableAlreadyExists) { try lake.warehouse.begin().renameTable(other, to: .sales) }
  }

  @Test func viewsAreStoredWithTheirText() throws {
    let view = ViewDefinition(
      name: TableName("default", "v"), sql: "SELECT 1 x", currentDatabase: "default",
      schema: Schema([Field("x", .int)]),
      createdAt: 1)
    try lake.warehouse.run { try $0.createView(view) }
    expectError(.tableAlreadyExists) { try lake.warehouse.begin().createView(view) }
    var changed = view
    changed.sql = "SELECT 2 x"
    try lake.warehouse.run { try $0.createView(changed, mode: .orReplace) }
    guard case .view(let stored) = try lake.reopened().begin().table(view.name) else { return #expect(Bool(false)) }
    #expect(stored.sql == "SELECT 2 x")
    expectError(.notAllowed) { _ = try lake.warehouse.begin().stageAppend(view.name) }
    try lake.warehouse.run { try $0.dropTable(view.name, purge: false) }
    #expect(try lake.reopened().begin().tables(in: "default").isEmpty)
  }

  @Test func propertiesAreSetAndUnset() throws {
    try lake.warehouse.createSales()
    try lake.warehouse.run {
      try $0.alterTable(.sales, [.setProperties(["a": "1", "b": "2"]), .unsetProperties(["a"])])
    }
    let properties = try lake.reopened().managed().properties
    #expect(properties["a"] == nil && properties["b"] == "2")
  }

  @Test func truncateRemovesRowsOfATableOrPartition() throws {
    try lake.warehouse.createSales([PartitionFieldDefinition("dt")], [sale(1, day: 1, "a"), sale(2, day: 2, "b")])
    try lake.warehouse.run { try $0.truncate(.sales, partition: ["dt": .date(1)]) }
    #expect(try lake.warehouse.rows() == [sale(2, day: 2, "b")])
    try lake.warehouse.run { try $0.truncate(.sales) }
    #expect(try lake.warehouse.rows().isEmpty)
  }
}
