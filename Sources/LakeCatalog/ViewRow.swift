import GRDB

/// Views in the metastore.
enum ViewRow {
  static func fetch(_ db: Database, _ name: TableName) throws -> ViewDefinition? {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT database_name, view_name, version, sql_text, current_database, schema_json, comment, properties_json,
          created_at
        FROM lakesql_views WHERE database_name = ? AND view_name = ?
        """, arguments: [name.database, name.table])
    return try row.map { row in
      ViewDefinition(
        name: TableName(row[0], row[1]), version: row[2], sql: row[3], currentDatabase: row[4],
        schema: try DefinitionJSON.schema(row[5]), comment: row[6], properties: try DefinitionJSON.properties(row[7]),
        createdAt: row[8])
    }
  }

  static func insert(_ db: Database, _ view: ViewDefinition) throws {
    try db.execute(
      sql: "INSERT INTO lakesql_views VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        view.name.database, view.name.table, view.version + 1, view.sql, view.currentDatabase,
        DefinitionJSON.text(view.schema), view.comment, DefinitionJSON.text(view.properties), view.createdAt,
      ])
  }

  /// Removes the view; false if the stored version is another one.
  static func delete(_ db: Database, _ name: TableName, version: Int) throws -> Bool {
    try db.execute(
      sql: "DELETE FROM lakesql_views WHERE database_name = ? AND view_name = ? AND version = ?",
      arguments: [name.database, name.table, version])
    return db.changesCount == 1
  }
}
