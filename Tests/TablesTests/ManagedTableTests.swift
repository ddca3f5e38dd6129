import Foundation
import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakeTables
import LakeTypes
import Testing

@Suite struct ManagedTableTests {
  let lake: TemporaryLake
  init() throws { lake = try TemporaryLake() }

  @Test func aNewTableIsEmptyAndThenHasWhatWasAppended() throws {
    try lake.warehouse.createSales()
    #expect(try lake.warehouse.rows().isEmpty)
    let rows = [sale(1, day: 20000, "web", 150), sale(2, day: nil, nil, -5)]
    #expect(try lake.warehouse.run { try $0.stageAppend(.sales).fill(rows) } == 2)
    #expect(try lake.reopened().rows() == rows)
    let scan = try lake.reopened().managed().scan()
    #expect(try scan.rowCount == 2 && scan.exactRowCount() == 2)
  }

  @Test func aTransactionReadsItsOwnWritesAndNobodyElseDoes() throws {
    try lake.warehouse.createSales([], [sale(1, day: 1, "a")])
    let transaction = lake.warehouse.begin()
    try transaction.stageAppend(.sales).fill([sale(2, day: 1, "b")])
    #expect(try transaction.rows().count == 2)
    #expect(try lake.warehouse.rows().count == 1)
    try transaction.commit()
    #expect(try lake.warehouse.rows().count == 2)
  }

  @Test func aTransactionSeesATableAsItWasAtFirst() throws {
    try lake.warehouse.createSales([], [sale(1, day: 1, "a")])
    let reader = lake.warehouse.begin()
    #expect(try reader.rows().count == 1)
    try lake.warehouse.run { _ = try $0.stageAppend(.sales).fill([sale(2, day: 1, "b")]) }
    #expect(try reader.rows().count == 1)
  }

  @Test func rollbackLeavesNothing() throws {
    try lake.warehouse.createSales([PartitionFieldDefinition("dt")], [sale(1, day: 1, "a")])
    let before = lake.tableFiles
    let transaction = lake.warehouse.begin()
    try transaction.stageAppend(.sales).fill([sale(2, day: 5, "b")])
    try transaction.createManagedTable(TableDefinition(name: TableName("default", "other"), schema: salesSchema))
    try transaction.stageAppend(TableName("default", "other")).fill([sale(3, day: 5, "b")])
    #expect(lake.tableFiles.count == before.count + 3)
    transaction.rollback()
    #expect(lake.tableFiles == before)
    #expect(!FileManager.default.fileExists(atPath: lake.root + "/warehouse/default.db/other"))
    expectError(.internalError) { try transaction.commit() }
  }

  @Test func aTransactionThatIsDroppedIsRolledBack() throws {
    try lake.warehouse.createSales()
    let before = lake.tableFiles
    _ = try lake.warehouse.begin().stageAppend(.sales).fill([sale(2, day: 5, "b")])
    #expect(lake.tableFiles == before)
  }

  @Test func overwriteReplacesAllRows() throws {
    try lake.warehouse.createSales([PartitionFieldDefinition("dt")], [sale(1, day: 1, "a"), sale(2, day: 2, "a")])
    try lake.warehouse.run { _ = try $0.stageOverwrite(.sales, mode: .all).fill([sale(3, day: 3, "c")]) }
    #expect(try lake.warehouse.rows() == [sale(3, day: 3, "c")])
  }

  @Test func overwriteOfAStaticPartitionLeavesTheOthers() throws {
    let rows = [sale(1, day: 1, "a"), sale(2, day: 2, "a"), sale(3, day: 2, "b"), sale(4, day: nil, "x")]
    try lake.warehouse.createSales([PartitionFieldDefinition("dt"), PartitionFieldDefinition("channel")], rows)
    try lake.warehouse.run {
      _ = try $0.stageOverwrite(.sales, mode: .partitions(["DT": .date(2)])).fill([sale(9, day: 2, "z")])
    }
    #expect(try lake.warehouse.rows() == [rows[0], rows[3], sale(9, day: 2, "z")])
    try lake.warehouse.run {
      _ = try $0.stageOverwrite(.sales, mode: .partitions(["dt": .null])).fill([])
    }
    #expect(try lake.warehouse.rows() == [rows[0], sale(9, day: 2, "z")])
    expectError(.invalidParameter) {
      _ = try lake.warehouse.begin().stageOverwrite(.sales, mode: .partitions(["amount": .decimal(0)]))
    }
  }

  @Test func dynamicOverwriteReplacesThePartitionsOfTheNewRows() throws {
    let rows = [sale(1, day: 1, "a"), sale(2, day: 2, "a"), sale(3, day: 3, "b")]
    try lake.warehouse.createSales([PartitionFieldDefinition("dt", .day)], rows)
    try lake.warehouse.run {
      _ = try $0.stageOverwrite(.sales, mode: .dynamicPartitions).fill([sale(9, day: 2, "z"), sale(8, day: 7, "y")])
    }
    #expect(try lake.warehouse.rows() == [rows[0], rows[2], sale(8, day: 7, "y"), sale(9, day: 2, "z")])
    #expect(
      try lake.warehouse.begin().partitions(of: .sales) == [
        "dt_day=1970-01-02", "dt_day=1970-01-03", "dt_day=1970-01-04", "dt_day=1970-01-08",
      ])
  }

  @Test func partitionsDifferByTheBytesOfTheirText() throws {
    let names = ["Z\u{FC}rich", "Zu\u{308}rich"]
    try lake.warehouse.createSales([PartitionFieldDefinition("channel")], names.map { sale(1, day: 1, $0) })
    for name in names {
      let counters = ScanCounters()
      let found = try lake.warehouse.managed().scan().rows(
        where: [ScanPredicate(column: 2, .compare(.equal, .string(name)))], counters: counters)
      #expect(found == [sale(1, day: 1, name)])
    }
    try lake.warehouse.run { try $0.stageOverwrite(.sales, mode: .dynamicPartitions).fill([sale(2, day: 1, names[0])]) }
    #expect(Set(try lake.warehouse.rows()) == [sale(1, day: 1, names[1]), sale(2, day: 1, names[0])])
  }

  @Test func notANumberIsOnePartition() throws {
    let name = TableName("default", "measures")
    let schema = Schema([Field("x", .double)])
    try lake.warehouse.run { transaction in
      try transaction.createManagedTable(
        TableDefinition(name: name, schema: schema, partitioning: [PartitionFieldDefinition("x")]))
      try transaction.stageAppend(name).fill([[.double(.nan)], [.double(1)], [.double(.nan)]])
    }
    #expect(try lake.warehouse.managed(name).size().files == 2)
  }

  @Test func copyOnWriteReplacesFiles() throws {
    try lake.warehouse.createSales([PartitionFieldDefinition("dt")], [sale(1, day: 1, "a"), sale(2, day: 2, "a")])
    try lake.warehouse.run { transaction in
      let table = try transaction.managed()
      let found = try table.scan().rows(
        [MetadataColumn.file, MetadataColumn.position], where: [ScanPredicate(column: 0, .compare(.equal, .integer(2)))]
      )
      guard case .string(let path) = try #require(found.last)[0] else { return #expect(Bool(false)) }
      #expect(try table.scan(restrictedTo: [path]).rows() == [sale(2, day: 2, "a")])
      _ = try transaction.stageReplaceFiles(.sales, removing: [path]).fill([sale(2, day: 2, "changed")])
      #expect(try transaction.rows() == [sale(1, day: 1, "a"), sale(2, day: 2, "changed")])
    }
    #expect(try lake.warehouse.rows() == [sale(1, day: 1, "a"), sale(2, day: 2, "changed")])
    #expect(try lake.warehouse.managed().history.map(\.operation) == ["append", "overwrite"])
  }

  @Test func severalStatementsOfAScriptCommitTogether() throws {
    let other = TableName("silver", "t")
    let transaction = lake.warehouse.begin()
    try transaction.createDatabase("silver", comment: "clean")
    try transaction.createManagedTable(TableDefinition(name: other, schema: salesSchema))
    try transaction.stageAppend(other).fill([sale(1, day: 1, "a"), sale(2, day: 2, "b")])
    let path = try #require(try transaction.managed(other).scan().rows([MetadataColumn.file]).first)[0]
    guard case .string(let file) = path else { return #expect(Bool(false)) }
    try transaction.stageReplaceFiles(other, removing: [file]).fill([sale(2, day: 2, "b")])
    try transaction.stageAppend(other).fill([sale(5, day: 2, "e")])
    #expect(try transaction.rows(other) == [sale(2, day: 2, "b"), sale(5, day: 2, "e")])
    #expect(try lake.warehouse.begin().database("silver") == nil)
    try transaction.commit()
    #expect(try lake.warehouse.rows(other) == [sale(2, day: 2, "b"), sale(5, day: 2, "e")])
    #expect(try lake.warehouse.managed(other).history.count == 3)
  }

  @Test func predicatesPruneFilesByPartitionAndByBounds() throws {
    let rows = (0..<6).map { (n: Int) -> Row in sale(Int64(n), day: Int32(n / 2), n < 3 ? "web" : "branch", Int128(n)) }
    try lake.warehouse.createSales([PartitionFieldDefinition("dt")], rows)
    let scan = try lake.warehouse.managed().scan()
    var counters = ScanCounters()
    let byDay = try scan.rows(where: [ScanPredicate(column: 1, .compare(.equal, .date(1)))], counters: counters)
    #expect(byDay.count == 2 && counters.value(.filesPruned) == 2 && counters.value(.filesRead) == 1)
    counters = ScanCounters()
    let byID = try scan.rows(where: [ScanPredicate(column: 0, .compare(.greater, .integer(3)))], counters: counters)
    #expect(byID.count == 2 && counters.value(.filesPruned) == 2)
    counters = ScanCounters()
    _ = try scan.rows(where: [ScanPredicate(column: 2, .isIn([.string("app"), .string("zzz")]))], counters: counters)
    #expect(counters.value(.filesPruned) == 3)
  }

  @Test func runtimeFiltersPruneFilesThatAreNotOpenYet() throws {
    let rows = (0..<6).map { (n: Int) -> Row in sale(Int64(n), day: Int32(n), "web") }
    try lake.warehouse.createSales([PartitionFieldDefinition("dt")], rows)
    let filter = RuntimeFilter(column: 1)
    let counters = ScanCounters()
    let request = ScanRequest(projection: [0], runtimeFilters: [filter], counters: counters)
    let tasks = try lake.warehouse.managed().scan().tasks(for: request)
    filter.publish(RuntimeFilter.Keys(minimum: .date(2), maximum: .date(3), values: nil))
    var count = 0
    for task in tasks {
      let reader = try task.open()
      while let batch = try reader.next() { count += batch.count }
    }
    #expect(count == 2 && counters.value(.filesPruned) == 4)
  }

  @Test(arguments: [
    PartitionTransform.bucket(4), .truncate(3), .identity,
  ])
  func tablesPartitionedByTransformsReadBackWhole(_ transform: PartitionTransform) throws {
    let rows = (0..<50).map { (n: Int) -> Row in sale(Int64(n * 7 - 30), day: Int32(n - 20), "channel\(n % 7)") }
    try lake.warehouse.createSales(
      [PartitionFieldDefinition("id", transform), PartitionFieldDefinition("channel", transform)], rows)
    #expect(try Set(lake.warehouse.rows()) == Set(rows))
    let scan = try lake.warehouse.managed().scan()
    for row in rows {
      let found = try scan.rows(where: [
        ScanPredicate(column: 0, .compare(.equal, row[0])), ScanPredicate(column: 2, .compare(.equal, row[2])),
      ])
      #expect(found.contains(row))
      #expect(found.count < rows.count)
    }
  }

  @Test func timestampsPartitionByYearMonthDayAndHour() throws {
    let name = TableName("default", "events")
    let schema = Schema([Field("at", .timestamp), Field("n", .int)])
    let hour: Int64 = 3_600_000_000
    let rows: [Row] = [[.timestamp(-1), .integer(1)], [.timestamp(hour * 25), .integer(2)], [.null, .integer(3)]]
    for (transform, names) in [
      (PartitionTransform.year, ["at_year=1969", "at_year=1970", "at_year=__HIVE_DEFAULT_PARTITION__"]),
      (.month, ["at_month=1969-12", "at_month=1970-01", "at_month=__HIVE_DEFAULT_PARTITION__"]),
      (.day, ["at_day=1969-12-31", "at_day=1970-01-02", "at_day=__HIVE_DEFAULT_PARTITION__"]),
      (.hour, ["at_hour=1969-12-31-23", "at_hour=1970-01-02-01", "at_hour=__HIVE_DEFAULT_PARTITION__"]),
    ] {
      try lake.warehouse.run { transaction in
        try transaction.createManagedTable(
          TableDefinition(
            name: name, schema: schema, partitioning: [PartitionFieldDefinition("at", transform)], mode: .orReplace))
        _ = try transaction.stageAppend(name).fill(rows)
      }
      #expect(try lake.warehouse.begin().partitions(of: name) == names)
      let late = try lake.warehouse.managed(name).scan().rows(where: [
        ScanPredicate(column: 0, .compare(.greaterOrEqual, .timestamp(hour * 25)))
      ])
      #expect(late == [rows[1]])
    }
    #expect(try lake.warehouse.managed(name).partitioning == [PartitionFieldDefinition("at", .hour)])
  }

  @Test func nullsInARequiredColumnAreRefused() throws {
    try lake.warehouse.createSales()
    expectError(.notNullViolation) {
      try lake.warehouse.run { transaction in
        let writer = try transaction.stageAppend(.sales).makeWriter()
        var rows = [sale(1, day: 1, "a"), sale(2, day: 1, "a")]
        rows[1][0] = .null
        try writer.write(batch(rows, salesSchema))
      }
    }
    #expect(try lake.warehouse.rows().isEmpty)
  }

  @Test func olderStatesCanBeRead() throws {
    try lake.warehouse.createSales([], [sale(1, day: 1, "a")])
    let first = try #require(try lake.warehouse.managed().snapshotID)
    try lake.warehouse.run { _ = try $0.stageOverwrite(.sales, mode: .all).fill([sale(2, day: 1, "b")]) }
    let table = try lake.warehouse.managed()
    #expect(try table.scan(at: .id(first)).rows() == [sale(1, day: 1, "a")])
    #expect(try table.scan(at: .ref("main")).rows() == [sale(2, day: 1, "b")])
    let time = try #require(table.history.first).timestamp
    #expect(try table.scan(at: .timestamp(time)).rows().count == 1)
    expectError(.invalidParameter) { _ = try table.scan(at: .id(5)) }
    expectError(.invalidParameter) { _ = try table.scan(at: .timestamp(0)) }
  }

  @Test func manyAppendsMergeTheirManifests() throws {
    try lake.warehouse.run { transaction in
      try transaction.createManagedTable(
        TableDefinition(
          name: .sales, schema: salesSchema, properties: ["commit.manifest.min-count-to-merge": "5"]))
    }
    for id in 0..<12 {
      try lake.warehouse.run { _ = try $0.stageAppend(.sales).fill([sale(Int64(id), day: 1, "a")]) }
    }
    #expect(try lake.reopened().rows().count == 12)
    let history = try lake.warehouse.managed().history
    #expect(history.last?.summary["total-records"] == "12" && history.last?.summary["total-data-files"] == "12")
  }

  @Test func nestedTypesComeBack() throws {
    let name = TableName("default", "nested")
    let schema = Schema([
      Field("tags", .array(.string)), Field("scores", .map(.string, .int)),
      Field("place", .struct([Field("city", .string), Field("items", .array(.struct([Field("n", .bigint)])))])),
    ])
    let rows: [Row] = [
      [
        .array([.string("a"), .null]), .map(keys: [.string("k")], values: [.integer(1)]),
        .struct([.string("Faro"), .array([.struct([.integer(7)])])]),
      ], [.null, .null, .null],
    ]
    try lake.warehouse.run { transaction in
      try transaction.createManagedTable(TableDefinition(name: name, schema: schema))
      _ = try transaction.stageAppend(name).fill(rows)
    }
    #expect(try Set(lake.reopened().rows(name)) == Set(rows))
  }
}
