import GRDB
import Glibc
package import LakeDiagnostics

/// The embedded metastore of a warehouse: a SQLite file that other Iceberg clients open too.
///
/// All names are looked up without regard to ASCII case and stored as they were written. Calls block, and may come
/// from any thread. Errors: `.metastoreError`, `.diskFull`, `.warehouseMoved`, and those of each call.
package final class Metastore: Sendable {
  /// The catalog's name in Iceberg's tables; PyIceberg and Spark must use it too.
  package static let catalogName = "lakesql"
  /// The file's name in the warehouse.
  package static let fileName = "metastore.db"
  /// The database that exists from the start.
  package static let defaultDatabase = "default"
  /// Seconds to wait for other processes' transactions.
  private static let busySeconds = 30.0

  /// The absolute path of the warehouse.
  package let warehouse: String
  package let path: String
  private let queue: DatabaseQueue

  /// Opens the metastore of a warehouse, and makes it first if there is none.
  ///
  /// The warehouse directory (an absolute path without symbolic links) must exist.
  package init(warehouse: String) throws(QueryError) {
    self.warehouse = warehouse
    path = warehouse + "/" + Self.fileName
    var configuration = Configuration()
    configuration.busyMode = .timeout(Self.busySeconds)
    configuration.label = "lakesql.metastore"
    queue = try Self.connect(path, configuration)
    try prepare()
  }

  private static func connect(_ path: String, _ configuration: Configuration) throws(QueryError) -> DatabaseQueue {
    do {
      return try DatabaseQueue(path: path, configuration: configuration)
    } catch {
      throw MetastoreFailure.error(error, path: path)
    }
  }

  /// Brings the schema up to date and checks that the warehouse lies where it was made.
  private func prepare() throws(QueryError) {
    let version = try perform { db in
      try db.execute(sql: "PRAGMA synchronous = FULL")
      return try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    }
    if version > MetastoreMigration.all.count {
      throw QueryError(
        .metastoreError, .catalog,
        "the metastore was made by a newer LakeSQL (schema \(version), this one knows \(MetastoreMigration.all.count)): \(path)",
        hint: "use the newer lakesql")
    }
    if version < MetastoreMigration.all.count { try migrate() }
    try checkLocation()
  }

  private func migrate() throws(QueryError) {
    try enableWriteAheadLog()
    try write { db in
      let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
      for migration in MetastoreMigration.all.dropFirst(version) { try db.execute(sql: migration.sql) }
      try Self.upgradeIcebergSchema(db)
      try db.execute(sql: "PRAGMA user_version = \(MetastoreMigration.all.count)")
      try db.execute(
        sql: "INSERT OR IGNORE INTO lakesql_settings VALUES ('warehouse_location', ?)", arguments: [self.warehouse])
      try Self.createDefaultDatabase(db, warehouse: self.warehouse)
    }
  }

  /// Turns the write-ahead log on; SQLite does not wait for others there, so this does.
  private func enableWriteAheadLog() throws(QueryError) {
    for attempt in 1... {
      do throws(QueryError) {
        return try perform { db in try db.execute(sql: "PRAGMA journal_mode = WAL") }
      } catch {
        if attempt == 100 { throw error }
        usleep(20_000)
      }
    }
  }

  /// Java's JdbcCatalog makes schema V0, which lacks a column.
  private static func upgradeIcebergSchema(_ db: Database) throws {
    let columns = try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info('iceberg_tables')")
    if !columns.contains("iceberg_type") {
      try db.execute(sql: "ALTER TABLE iceberg_tables ADD COLUMN iceberg_type VARCHAR(5)")
    }
  }

  private static func createDefaultDatabase(_ db: Database, warehouse: String) throws {
    if try NamespaceRow.fetch(db, defaultDatabase) != nil { return }
    let definition = DatabaseDefinition(
      name: defaultDatabase, comment: "The default database",
      location: "file://\(warehouse)/\(defaultDatabase).db")
    try NamespaceRow.insert(db, definition)
  }

  private func checkLocation() throws(QueryError) {
    let made = try read { db in
      try String.fetchOne(
        db, sql: "SELECT setting_value FROM lakesql_settings WHERE setting_key = 'warehouse_location'")
    }
    guard let made, made != warehouse, Self.realPath(made) != warehouse else { return }
    throw QueryError(
      .warehouseMoved, .catalog,
      "the warehouse was made at \(made) but is now at \(warehouse); its tables name their files by absolute paths",
      hint: "move it back, or link the old path to the new one: ln -s '\(warehouse)' '\(made)'")
  }

  /// The path without symbolic links, or nil if it does not exist.
  package static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Runs statements that see one state of the metastore.
  func read<T>(_ body: (Database) throws -> T) throws(QueryError) -> T {
    try perform { db in
      var result: T?
      try db.inTransaction(.deferred) {
        result = try body(db)
        return .commit
      }
      return try Self.unwrapped(result)
    }
  }

  /// Runs statements in a write transaction that waits for other writers first.
  func write<T>(_ body: (Database) throws -> T) throws(QueryError) -> T {
    try perform { db in
      var result: T?
      try db.inTransaction(.immediate) {
        result = try body(db)
        return .commit
      }
      return try Self.unwrapped(result)
    }
  }

  private static func unwrapped<T>(_ value: T?) throws -> T {
    guard let value else { throw QueryError.internal("a metastore transaction ended without a result") }
    return value
  }

  private func perform<T>(_ body: (Database) throws -> T) throws(QueryError) -> T {
    do {
      return try queue.writeWithoutTransaction(body)
    } catch let error as QueryError {
      throw error
    } catch {
      throw MetastoreFailure.error(error, path: path)
    }
  }
}
