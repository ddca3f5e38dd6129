import Foundation
import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTables
import LakeTypes
import Testing

@Suite struct ExternalTableTests {
  let lake: TemporaryLake
  let name = TableName("default", "raw")
  init() throws { lake = try TemporaryLake() }

  private static let schema = Schema([
    Field("id", .int), Field("name", .string), Field("dt", .date), Field("ch", .string),
  ])

  private func create(_ format: String = "csv", options: [String: String] = [:], partitioned: Bool = true) throws {
    let table = ExternalTable(
      name: name, schema: partitioned ? Self.schema : Schema(Array(Self.schema.fields.prefix(2))), format: format,
      options: options, location: lake.root + "/raw", partitionColumns: partitioned ? ["dt", "ch"] : [], createdAt: 0)
    try lake.warehouse.run { try $0.createExternalTable(table) }
  }

  private func row(_ id: Int64, _ name: String, _ day: Int32?, _ channel: String) -> Row {
    [.integer(id), .string(name), day.map { .date($0) } ?? .null, .string(channel)]
  }

  @Test func repairRegistersTheFoldersThatAreThere() throws {
    try create()
    try lake.write("1,a\n2,b\n", to: "raw/dt=1970-01-02/ch=web/part.csv")
    try lake.write("3,c\n", to: "raw/dt=1970-01-03/ch=a%2Fb/part.csv")
    try lake.write("9,z\n", to: "raw/dt=1970-01-03/ch=a%2Fb/_hidden.csv")
    try lake.write("9,z\n", to: "raw/elsewhere/part.csv")
    #expect(try lake.warehouse.rows(name).isEmpty)
    let counts = try lake.warehouse.run { try $0.repair(name, mode: .sync) }
    #expect(counts == RepairCounts(added: 2, dropped: 0))
    #expect(try lake.reopened().rows(name) == [row(1, "a", 1, "web"), row(2, "b", 1, "web"), row(3, "c", 2, "a/b")])
    #expect(try lake.warehouse.begin().partitions(of: name) == ["dt=1970-01-02/ch=web", "dt=1970-01-03/ch=a%2Fb"])
    try FileManager.default.removeItem(atPath: lake.root + "/raw/dt=1970-01-02")
    #expect(try lake.warehouse.run { try $0.repair(name, mode: .drop) } == RepairCounts(added: 0, dropped: 1))
  }

  @Test func partitionsAreAddedAndDroppedByHand() throws {
    try create()
    try lake.write("5,e\n", to: "other/file.csv")
    try lake.warehouse.run { transaction in
      try transaction.addPartition(
        name, values: ["ch": "x", "DT": "1970-01-05"], location: lake.root + "/other")
      expectError(.tableAlreadyExists) { try transaction.addPartition(name, values: ["ch": "x", "dt": "1970-01-05"]) }
      expectError(.invalidParameter) { try transaction.addPartition(name, values: ["ch": "x"]) }
    }
    #expect(try lake.reopened().rows(name) == [row(5, "e", 4, "x")])
    #expect(try lake.warehouse.run { try $0.dropPartitions(name, values: ["ch": "x"]) } == 1)
    #expect(try lake.reopened().rows(name).isEmpty)
    #expect(FileManager.default.fileExists(atPath: lake.root + "/other/file.csv"))
    expectError(.partitionNotFound) { try lake.warehouse.begin().dropPartitions(name, values: ["ch": "x"]) }
  }

  @Test func predicatesOnPartitionColumnsSkipFolders() throws {
    try create()
    for day in 1...4 { try lake.write("\(day),x\n", to: "raw/dt=1970-01-0\(day)/ch=c/part.csv") }
    try lake.warehouse.run { _ = try $0.repair(name) }
    let counters = ScanCounters()
    let scan = try lake.warehouse.begin().external(name).scan()
    let rows = try scan.rows(where: [ScanPredicate(column: 2, .compare(.greater, .date(1)))], counters: counters)
    #expect(rows.count == 2 && counters.value(.filesRead) == 2 && counters.value(.partitionsPruned) > 0)
  }

  @Test(arguments: ["csv", "json", "parquet", "textfile"])
  func insertedRowsGoToTheFoldersOfTheirPartitions(_ format: String) throws {
    try create(format)
    let rows = [row(1, "a", 1, "web"), row(2, "b", 2, "a b"), row(3, "c", nil, "web")]
    try lake.warehouse.run { transaction in
      try transaction.stageAppend(name).fill(rows)
      #expect(try Set(transaction.rows(name)) == Set(rows))
      #expect(try lake.warehouse.rows(name).isEmpty)
    }
    #expect(try Set(lake.reopened().rows(name)) == Set(rows))
    let folders = Set(lake.files(below: "raw").map { FilePath.parent($0) })
    #expect(
      folders == ["dt=1970-01-02/ch=web", "dt=1970-01-03/ch=a b", "dt=__HIVE_DEFAULT_PARTITION__/ch=web"])
    #expect(try lake.warehouse.begin().partitions(of: name).count == 3)
  }

  @Test func overwriteReplacesAPartitionsFiles() throws {
    try create()
    try lake.warehouse.run { try $0.stageAppend(name).fill([row(1, "a", 1, "web"), row(2, "b", 2, "web")]) }
    try lake.warehouse.run { transaction in
      try transaction.stageOverwrite(name, mode: .partitions(["dt": .date(1), "ch": .string("web")]))
        .fill([row(9, "z", 1, "web")])
      #expect(try Set(transaction.rows(name)) == [row(9, "z", 1, "web"), row(2, "b", 2, "web")])
      #expect(try lake.warehouse.rows(name).count == 2)
    }
    #expect(try Set(lake.warehouse.rows(name)) == [row(9, "z", 1, "web"), row(2, "b", 2, "web")])
    #expect(lake.files(below: "raw").count == 2)
    try lake.warehouse.run { try $0.stageOverwrite(name, mode: .dynamicPartitions).fill([row(8, "y", 2, "web")]) }
    #expect(try Set(lake.warehouse.rows(name)) == [row(9, "z", 1, "web"), row(8, "y", 2, "web")])
    try lake.warehouse.run { try $0.stageOverwrite(name, mode: .all).fill([]) }
    #expect(try lake.warehouse.rows(name).isEmpty)
  }

  @Test func rollbackLeavesTheFolderAsItWas() throws {
    try create(partitioned: false)
    try lake.write("1,a\n", to: "raw/part.csv")
    let transaction = lake.warehouse.begin()
    try transaction.stageOverwrite(name, mode: .all).fill([[.integer(2), .string("b")]])
    #expect(try transaction.rows(name) == [[.integer(2), .string("b")]])
    transaction.rollback()
    #expect(lake.files(below: "raw") == ["part.csv"])
    #expect(try lake.warehouse.rows(name) == [[.integer(1), .string("a")]])
  }

  @Test func droppingTheTableLeavesItsFiles() throws {
    try create(partitioned: false)
    try lake.write("1,a\n", to: "raw/part.csv")
    try lake.warehouse.run { try $0.dropTable(name, purge: true) }
    #expect(lake.files(below: "raw") == ["part.csv"])
  }

  @Test func replacingTheTableForgetsItsPartitions() throws {
    try create()
    try lake.warehouse.run { try $0.addPartition(name, values: ["dt": "1970-01-02", "ch": "x"]) }
    let table = ExternalTable(
      name: name, schema: Self.schema, format: "json", location: lake.root + "/raw", partitionColumns: ["dt", "ch"],
      createdAt: 0)
    try lake.reopened().run { try $0.createExternalTable(table, mode: .orReplace) }
    #expect(try lake.reopened().begin().partitions(of: name).isEmpty)
  }

  @Test func headerLinesOfHiveTablesAreSkipped() throws {
    let table = ExternalTable(
      name: name, schema: Schema([Field("a", .string), Field("b", .int)]), format: "textfile",
      options: ["field.delim": ";"], location: lake.root + "/raw", properties: ["skip.header.line.count": "1"],
      createdAt: 0)
    try lake.write("a;b\nx;1\n\\N;2\n", to: "raw/f.txt")
    try lake.warehouse.run { try $0.createExternalTable(table) }
    #expect(try Set(lake.warehouse.rows(name)) == [[.string("x"), .integer(1)], [.null, .integer(2)]])
  }

  @Test func unknownFormatsAndOptionsAreNamed() throws {
    try create("orc", partitioned: false)
    expectError(.unsupported) { _ = try lake.warehouse.begin().external(name).scan() }
    expectError(.unsupported) {
      _ = try FileQuery.source(format: "cvs", glob: lake.root, fileSystem: LocalFileSystem())
    }
  }
}

@Suite struct FileQueryTests {
  let lake: TemporaryLake
  init() throws { lake = try TemporaryLake() }

  private func source(
    _ format: String, _ glob: String, _ options: [String: String] = [:], _ schema: Schema? = nil
  ) throws -> FileScanSource {
    try FileQuery.source(
      format: format, glob: lake.root + "/" + glob, options: options, schema: schema, fileSystem: LocalFileSystem())
  }

  @Test func foldersBecomeTypedColumns() throws {
    try lake.write("x;y\n1;a\n", to: "in/day=2026-01-31/n=07/f.csv")
    try lake.write("x;y\n2;b\n", to: "in/day=2026-02-01/n=8/f.csv")
    let scan = try source("csv", "in", ["header": "true", "sep": ";", "inferSchema": "true"])
    #expect(scan.schema.names == ["x", "y", "day", "n", "_file", "_file_size", "_file_modification_time"])
    #expect(scan.schema.types[2...4] == [.date, .int, .string])
    #expect(try scan.rows(["x", "n"]) == [[.integer(1), .integer(7)], [.integer(2), .integer(8)]])
    let counters = ScanCounters()
    let rows = try scan.rows(
      ["y"], where: [ScanPredicate(column: 3, .compare(.equal, .integer(8)))], counters: counters)
    #expect(rows == [[.string("b")]] && counters.value(.filesPruned) == 1)
    let declared = try source(
      "csv", "in/*/*/*.csv", ["header": "true", "sep": ";"],
      Schema([Field("n", .string), Field("x", .bigint), Field("y", .string)]))
    #expect(declared.schema.names.prefix(5) == ["n", "x", "y", "day", "_file"])
    #expect(try declared.rows(["n", "x"]) == [[.string("07"), .integer(1)], [.string("8"), .integer(2)]])
  }

  @Test func pathsOfRowsCanBeSelected() throws {
    try lake.write("{\"a\":1}\n", to: "in/1.json")
    #expect(
      try source("json", "in/*.json").rows(["_file", "a"]) == [[.string(lake.root + "/in/1.json"), .integer(1)]])
  }

  @Test func largeTextFilesAreReadInParts() throws {
    let line = String(repeating: "x", count: 99)
    let count = 200_000
    try lake.write((0..<count).map { _ in line }.joined(separator: "\n"), to: "big.txt")
    let scan = try source("text", "big.txt")
    let tasks = try scan.tasks(for: ScanRequest(projection: [0]))
    #expect(tasks.count > 1)
    var rows = 0
    for task in tasks {
      let reader = try task.open()
      while let batch = try reader.next() { rows += batch.count }
    }
    #expect(rows == count)
  }

  @Test func nothingToReadIsAnError() throws {
    expectError(.pathNotFound) { _ = try source("csv", "nowhere/*.csv") }
  }
}
