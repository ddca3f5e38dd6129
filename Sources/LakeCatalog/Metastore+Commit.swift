import GRDB
import Glibc
package import LakeDiagnostics

extension Metastore {
  /// Applies changes in one transaction: all of them, or none and an error.
  ///
  /// `.commitConflict` says that somebody changed a table meanwhile; the caller may plan anew and try again.
  package func apply(_ changes: [CatalogChange]) throws(QueryError) {
    if changes.isEmpty { return }
    let time = Self.currentMicros()
    try write { db in
      for change in changes { try Self.apply(change, to: db, at: time) }
    }
  }

  /// Microseconds since 1970, now.
  package static func currentMicros() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  private static func apply(_ change: CatalogChange, to db: Database, at time: Int64) throws {
    switch change {
    case .createDatabase(let definition): try createDatabase(db, definition)
    case .replaceDatabase(let definition): try replaceDatabase(db, definition)
    case .dropDatabase(let name): try dropDatabase(db, name)
    case .createManagedTable(let name, let location): try createManaged(db, name, location)
    case .swapManagedTable(let name, let from, let to): try swapManaged(db, name, from: from, to: to)
    case .dropManagedTable(let name, let location): try dropManaged(db, name, expecting: location)
    case .createExternalTable(let table):
      try requireFree(db, table.name)
      try ExternalTableRow.insert(db, table, version: table.version + 1)
    case .replaceExternalTable(let table):
      if try !ExternalTableRow.update(db, table) { throw conflict(table.name) }
    case .dropExternalTable(let name, let version):
      if try !ExternalTableRow.delete(db, name, version: version) { throw conflict(name) }
    case .putPartition(let name, let partition):
      try requireExternal(db, name)
      try ExternalTableRow.putPartition(db, name, partition, at: time)
    case .dropPartition(let name, let partition): try ExternalTableRow.dropPartition(db, name, partition)
    case .createView(let view):
      try requireFree(db, view.name)
      try ViewRow.insert(db, view)
    case .replaceView(let view):
      if try !ViewRow.delete(db, view.name, version: view.version) { throw conflict(view.name) }
      try ViewRow.insert(db, view)
    case .dropView(let name, let version):
      if try !ViewRow.delete(db, name, version: version) { throw conflict(name) }
    case .markCommitted(let transaction):
      try db.execute(sql: "INSERT INTO lakesql_commits VALUES (?, ?)", arguments: [transaction, time])
    case .forgetCommit(let transaction):
      try db.execute(sql: "DELETE FROM lakesql_commits WHERE transaction_id = ?", arguments: [transaction])
    }
  }

  private static func createDatabase(_ db: Database, _ definition: DatabaseDefinition) throws {
    if try NamespaceRow.fetch(db, definition.name) != nil {
      throw QueryError(
        .schemaAlreadyExists, .catalog, "the database exists already: \(definition.name)", hint: createdMeanwhile)
    }
    try NamespaceRow.insert(db, definition)
  }

  private static func replaceDatabase(_ db: Database, _ definition: DatabaseDefinition) throws {
    guard let stored = try NamespaceRow.fetch(db, definition.name) else {
      throw QueryError(.schemaNotFound, .catalog, "there is no database \(definition.name)")
    }
    var renamed = definition
    renamed.name = stored.name
    try NamespaceRow.delete(db, stored.name)
    try NamespaceRow.insert(db, renamed)
  }

  private static func dropDatabase(_ db: Database, _ name: String) throws {
    guard let stored = try NamespaceRow.fetch(db, name) else {
      throw QueryError(.schemaNotFound, .catalog, "there is no database \(name)")
    }
    let isUsed =
      try Bool.fetchOne(
        db,
        sql: """
          SELECT EXISTS (SELECT 1 FROM iceberg_tables WHERE catalog_name = ?1 AND table_namespace = ?2)
            OR EXISTS (SELECT 1 FROM lakesql_external_tables WHERE database_name = ?2)
            OR EXISTS (SELECT 1 FROM lakesql_views WHERE database_name = ?2)
          """, arguments: [catalogName, stored.name]) ?? false
    if isUsed {
      throw QueryError(
        .schemaNotEmpty, .catalog, "the database is not empty: \(stored.name)",
        hint: "drop its tables first, or use DROP DATABASE ... CASCADE")
    }
    try NamespaceRow.delete(db, stored.name)
  }

  private static func createManaged(_ db: Database, _ name: TableName, _ location: String) throws {
    try requireFree(db, name)
    try db.execute(
      sql: "INSERT INTO iceberg_tables VALUES (?, ?, ?, ?, NULL, 'TABLE')",
      arguments: [catalogName, name.database, name.table, location])
  }

  private static func swapManaged(_ db: Database, _ name: TableName, from: String, to: String) throws {
    try db.execute(
      sql: """
        UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?
        WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND metadata_location = ?
          AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)
        """, arguments: [to, from, catalogName, name.database, name.table, from])
    if db.changesCount != 1 { throw conflict(name) }
  }

  private static func dropManaged(_ db: Database, _ name: TableName, expecting location: String) throws {
    try db.execute(
      sql: """
        DELETE FROM iceberg_tables
        WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND metadata_location = ?
          AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)
        """, arguments: [catalogName, name.database, name.table, location])
    if db.changesCount != 1 { throw conflict(name) }
  }

  /// Throws unless the name is unused and its database exists.
  private static func requireFree(_ db: Database, _ name: TableName) throws {
    guard try NamespaceRow.fetch(db, name.database) != nil else {
      throw QueryError(.schemaNotFound, .catalog, "there is no database \(name.database)")
    }
    if let entry = try fetchEntry(db, name) {
      throw QueryError(
        .tableAlreadyExists, .catalog, "the table or view exists already: \(entry.name)", hint: createdMeanwhile)
    }
    let isForeignView =
      try Bool.fetchOne(
        db,
        sql: """
          SELECT EXISTS (SELECT 1 FROM iceberg_tables
            WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?)
          """, arguments: [catalogName, name.database, name.table]) ?? false
    if isForeignView {
      throw QueryError(.tableAlreadyExists, .catalog, "an Iceberg view of another engine has this name: \(name)")
    }
  }

  private static let createdMeanwhile = "another process created it at the same time: nothing took effect; run it again"

  private static func requireExternal(_ db: Database, _ name: TableName) throws {
    if try ExternalTableRow.fetch(db, name) == nil { throw conflict(name) }
  }

  private static func conflict(_ name: TableName) -> QueryError {
    QueryError(
      .commitConflict, .commit, "another process changed the table at the same time: \(name)",
      hint: "nothing of this statement took effect; run it again")
  }
}
