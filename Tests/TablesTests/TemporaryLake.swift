import Foundation
import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTables
import LakeTypes
import Testing

/// A warehouse in a directory that is removed with its owner, and shorthands for rows of literals.
final class TemporaryLake {
  let root: String
  let warehouse: Warehouse

  init() throws {
    let directory = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("lakesql-tables-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    root = directory.path
    warehouse = Warehouse(path: root + "/warehouse")
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// Another process's view of the same warehouse.
  func reopened() -> Warehouse { Warehouse(path: root + "/warehouse") }

  /// All files below a folder of the root, relative to it.
  func files(below folder: String = "") -> [String] {
    let base = folder.isEmpty ? root : root + "/" + folder
    let names = FileManager.default.enumerator(atPath: base)?.allObjects as? [String] ?? []
    return names.filter { name in
      var isDirectory: ObjCBool = false
      return FileManager.default.fileExists(atPath: base + "/" + name, isDirectory: &isDirectory)
        && !isDirectory.boolValue
    }.sorted()
  }

  /// Data, manifest and metadata files of the warehouse.
  var tableFiles: [String] { files(below: "warehouse").filter { !$0.hasPrefix("metastore.db") } }

  func write(_ text: String, to path: String) throws {
    let url = URL(fileURLWithPath: root + "/" + path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }
}

typealias Row = [Literal]

extension TableName {
  static let sales = TableName("default", "sales")
}

/// `sales(id bigint not null, dt date, channel string, amount decimal(10,2))`
let salesSchema = Schema([
  Field("id", .bigint, isNullable: false), Field("dt", .date), Field("channel", .string),
  Field("amount", .decimal(precision: 10, scale: 2)),
])

func sale(_ id: Int64, day: Int32?, _ channel: String?, _ cents: Int128 = 0) -> Row {
  [.integer(id), day.map { .date($0) } ?? .null, channel.map { .string($0) } ?? .null, .decimal(cents)]
}

func batch(_ rows: [Row], _ schema: Schema) -> Batch {
  let columns = schema.fields.enumerated().map { index, field in
    let builder = VectorBuilder(field.type)
    for row in rows { builder.append(row[index]) }
    return builder.finish()
  }
  return Batch(columns: columns, count: rows.count)
}

extension TableSink {
  /// Writes rows with one worker and completes.
  @discardableResult
  func fill(_ rows: [Row]) throws -> Int {
    let writer = try makeWriter()
    if !rows.isEmpty { try writer.write(batch(rows, schema)) }
    try writer.finish()
    return try complete()
  }
}

extension ScanSource {
  /// The rows of all columns but the metadata's, or of those named, sorted by their description.
  func rows(
    _ names: [String]? = nil, where predicates: [ScanPredicate] = [], counters: ScanCounters = ScanCounters()
  ) throws -> [Row] {
    let projection =
      try names?.map { name in try #require(schema.index(of: name)) }
      ?? Array(0..<schema.count - metadataColumnCount)
    var result: [Row] = []
    let request = ScanRequest(projection: projection, predicates: predicates, counters: counters)
    for task in try tasks(for: request) {
      let reader = try task.open()
      while let batch = try reader.next()?.compacted() {
        for row in 0..<batch.count { result.append(batch.columns.map { $0.literal(at: row) }) }
      }
    }
    return result.sorted { "\($0)" < "\($1)" }
  }
}

extension Warehouse {
  /// Runs a body in a transaction and commits it.
  @discardableResult
  func run<T>(_ body: (LakeTransaction) throws -> T) throws -> T {
    let transaction = begin()
    let result = try body(transaction)
    try transaction.commit()
    return result
  }

  func createSales(_ partitioning: [PartitionFieldDefinition] = [], _ rows: [Row] = []) throws {
    try run { transaction in
      try transaction.createManagedTable(
        TableDefinition(name: .sales, schema: salesSchema, partitioning: partitioning))
      if !rows.isEmpty { try transaction.stageAppend(.sales).fill(rows) }
    }
  }

  func managed(_ name: TableName = .sales) throws -> IcebergTable { try begin().managed(name) }
  func rows(_ name: TableName = .sales) throws -> [Row] { try begin().rows(name) }
}

extension LakeTransaction {
  func managed(_ name: TableName = .sales) throws -> IcebergTable {
    guard case .managed(let table) = try table(name) else { throw MissingTable(name: name) }
    return table
  }

  func external(_ name: TableName) throws -> HiveTable {
    guard case .external(let table) = try table(name) else { throw MissingTable(name: name) }
    return table
  }

  func rows(_ name: TableName = .sales) throws -> [Row] {
    switch try table(name) {
    case .managed(let table): try table.scan().rows()
    case .external(let table): try table.scan().rows()
    default: throw MissingTable(name: name)
    }
  }
}

struct MissingTable: Error { let name: TableName }

func expectError(
  _ code: ErrorCode, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  #expect(sourceLocation: sourceLocation) {
    try body()
  } throws: { error in
    (error as? QueryError)?.code == code
  }
}
