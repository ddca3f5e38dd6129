import GRDB
package import LakeDiagnostics
import LakeTypes

extension Metastore {
  /// All databases, by name.
  package func databases() throws(QueryError) -> [DatabaseDefinition] {
    try read { db in try NamespaceRow.names(db).compactMap { try NamespaceRow.fetch(db, $0) } }
  }

  /// The database with this name, or nil.
  package func database(_ name: String) throws(QueryError) -> DatabaseDefinition? {
    try read { db in try NamespaceRow.fetch(db, name) }
  }

  /// What a table name stands for, or nil.
  package func entry(_ name: TableName) throws(QueryError) -> CatalogEntry? {
    try read { db in try Self.fetchEntry(db, name) }
  }

  /// The tables and views of a database, by name.
  package func listing(of database: String) throws(QueryError) -> [CatalogListing] {
    try read { db in try Self.fetchListing(db, database) }
  }

  /// The partitions of an external table, by name.
  package func partitions(of name: TableName) throws(QueryError) -> [ExternalPartition] {
    try read { db in try ExternalTableRow.partitions(db, name) }
  }

  /// Where the metadata files of all managed tables lie, at one moment; by database and table as they are stored.
  package func metadataLocations() throws(QueryError) -> [[String]: String] {
    try read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT table_namespace, table_name, metadata_location FROM iceberg_tables
          WHERE catalog_name = ? AND metadata_location IS NOT NULL AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)
          """, arguments: [Self.catalogName])
      var locations: [[String]: String] = [:]
      while let row = try rows.next() { locations[[row[0], row[1]]] = row[2] as String }
      return locations
    }
  }

  /// The transactions that took effect and may still have something left to do.
  package func committedTransactions() throws(QueryError) -> [String] {
    try read { db in try String.fetchAll(db, sql: "SELECT transaction_id FROM lakesql_commits") }
  }

  static func fetchEntry(_ db: Database, _ name: TableName) throws -> CatalogEntry? {
    if let (stored, location) = try fetchManaged(db, name) {
      return .managed(stored, metadataLocation: location)
    }
    if let table = try ExternalTableRow.fetch(db, name) { return .external(table) }
    return try ViewRow.fetch(db, name).map { .view($0) }
  }

  /// The stored name and metadata location of an Iceberg table; an exact name goes before one in another case.
  static func fetchManaged(_ db: Database, _ name: TableName) throws -> (TableName, String)? {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT table_namespace, table_name, metadata_location FROM iceberg_tables
        WHERE catalog_name = ? AND table_namespace = ? COLLATE NOCASE AND table_name = ? COLLATE NOCASE
          AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)
        """, arguments: [catalogName, name.database, name.table])
    let exact = rows.first { $0[0] as String == name.database && $0[1] as String == name.table }
    guard let row = exact ?? rows.first else { return nil }
    let stored = TableName(row[0], row[1])
    guard let location = row[2] as String? else {
      throw QueryError(.metastoreError, .catalog, "the metastore has no metadata location for table \(stored)")
    }
    return (stored, location)
  }

  private static func fetchListing(_ db: Database, _ database: String) throws -> [CatalogListing] {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT table_namespace, table_name, 'MANAGED' FROM iceberg_tables
        WHERE catalog_name = ?1 AND table_namespace = ?2 COLLATE NOCASE
          AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)
        UNION ALL SELECT database_name, table_name, 'EXTERNAL' FROM lakesql_external_tables WHERE database_name = ?2
        UNION ALL SELECT database_name, view_name, 'VIEW' FROM lakesql_views WHERE database_name = ?2
        ORDER BY 2
        """, arguments: [catalogName, database])
    return rows.map { row in
      CatalogListing(name: TableName(row[0], row[1]), kind: CatalogListing.Kind(rawValue: row[2]) ?? .managed)
    }
  }
}
