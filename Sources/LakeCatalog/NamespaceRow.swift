import GRDB
import LakeDiagnostics

/// A database in Iceberg's `iceberg_namespace_properties`: a row for each property.
///
/// `exists` = `true` marks it, as PyIceberg and Java do; `location` and `comment` are properties with a meaning.
enum NamespaceRow {
  private static let marker = "exists"
  private static let location = "location"
  private static let comment = "comment"

  /// The names of all databases, those that are known only through their tables included.
  static func names(_ db: Database) throws -> [String] {
    try String.fetchAll(
      db,
      sql: """
        SELECT namespace FROM iceberg_namespace_properties WHERE catalog_name = ?1
        UNION SELECT table_namespace FROM iceberg_tables WHERE catalog_name = ?1
        ORDER BY 1
        """, arguments: [Metastore.catalogName])
  }

  /// The database with this name, ignoring case.
  static func fetch(_ db: Database, _ name: String) throws -> DatabaseDefinition? {
    let folded = TableName.folded(name)
    let candidates = try names(db).filter { TableName.folded($0) == folded }
    guard let stored = candidates.first(where: { $0 == name }) ?? candidates.first else { return nil }
    return try definition(db, stored)
  }

  private static func definition(_ db: Database, _ name: String) throws -> DatabaseDefinition {
    var properties: [String: String] = [:]
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT property_key, property_value FROM iceberg_namespace_properties
        WHERE catalog_name = ? AND namespace = ?
        """, arguments: [Metastore.catalogName, name])
    while let row = try rows.next() { properties[row[0] as String] = row[1] as String }
    properties[marker] = nil
    let place = properties.removeValue(forKey: location)
    let text = properties.removeValue(forKey: comment)
    let warehouse = try String.fetchOne(
      db, sql: "SELECT setting_value FROM lakesql_settings WHERE setting_key = 'warehouse_location'")
    return DatabaseDefinition(
      name: name, comment: text, location: place ?? "file://\(warehouse ?? "")/\(name).db", properties: properties)
  }

  static func insert(_ db: Database, _ definition: DatabaseDefinition) throws {
    var rows = definition.properties
    rows[marker] = "true"
    rows[location] = definition.location
    rows[comment] = definition.comment
    for (key, value) in rows.sorted(by: { $0.key < $1.key }) {
      try db.execute(
        sql: "INSERT INTO iceberg_namespace_properties VALUES (?, ?, ?, ?)",
        arguments: [Metastore.catalogName, definition.name, key, value])
    }
  }

  static func delete(_ db: Database, _ name: String) throws {
    try db.execute(
      sql: "DELETE FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ?",
      arguments: [Metastore.catalogName, name])
  }
}
