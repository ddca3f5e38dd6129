import GRDB
import LakeDiagnostics

/// External tables and their partitions in the metastore.
enum ExternalTableRow {
  static func fetch(_ db: Database, _ name: TableName) throws -> ExternalTable? {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT database_name, table_name, version, schema_json, format, options_json, location,
          partition_columns_json, comment, properties_json, created_at
        FROM lakesql_external_tables WHERE database_name = ? AND table_name = ?
        """, arguments: [name.database, name.table])
    return try row.map(table)
  }

  private static func table(_ row: Row) throws -> ExternalTable {
    ExternalTable(
      name: TableName(row[0], row[1]), version: row[2], schema: try DefinitionJSON.schema(row[3]), format: row[4],
      options: try DefinitionJSON.properties(row[5]), location: row[6],
      partitionColumns: try DefinitionJSON.texts(row[7]).compactMap { $0 }, comment: row[8],
      properties: try DefinitionJSON.properties(row[9]), createdAt: row[10])
  }

  static func insert(_ db: Database, _ table: ExternalTable, version: Int) throws {
    try db.execute(
      sql: "INSERT INTO lakesql_external_tables VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        table.name.database, table.name.table, version, DefinitionJSON.text(table.schema), table.format,
        DefinitionJSON.text(table.options), table.location, DefinitionJSON.text(table.partitionColumns),
        table.comment, DefinitionJSON.text(table.properties), table.createdAt,
      ])
  }

  /// Stores the next version; false if the stored one is not that of `table`.
  static func update(_ db: Database, _ table: ExternalTable) throws -> Bool {
    try db.execute(
      sql: """
        UPDATE lakesql_external_tables SET version = version + 1, schema_json = ?, format = ?, options_json = ?,
          location = ?, partition_columns_json = ?, comment = ?, properties_json = ?
        WHERE database_name = ? AND table_name = ? AND version = ?
        """,
      arguments: [
        DefinitionJSON.text(table.schema), table.format, DefinitionJSON.text(table.options), table.location,
        DefinitionJSON.text(table.partitionColumns), table.comment, DefinitionJSON.text(table.properties),
        table.name.database, table.name.table, table.version,
      ])
    return db.changesCount == 1
  }

  /// Removes the table with its partitions; false if the stored version is another one.
  static func delete(_ db: Database, _ name: TableName, version: Int) throws -> Bool {
    try db.execute(
      sql: "DELETE FROM lakesql_external_tables WHERE database_name = ? AND table_name = ? AND version = ?",
      arguments: [name.database, name.table, version])
    return db.changesCount == 1
  }

  static func partitions(_ db: Database, _ name: TableName) throws -> [ExternalPartition] {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT partition_name, values_json, location FROM lakesql_external_partitions
        WHERE database_name = ? AND table_name = ? ORDER BY partition_name
        """, arguments: [name.database, name.table])
    return try rows.map { row in
      ExternalPartition(name: row[0], values: try DefinitionJSON.texts(row[1]), location: row[2])
    }
  }

  static func putPartition(_ db: Database, _ name: TableName, _ partition: ExternalPartition, at time: Int64) throws {
    try db.execute(
      sql: """
        INSERT INTO lakesql_external_partitions VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET values_json = excluded.values_json, location = excluded.location
        """,
      arguments: [
        name.database, name.table, partition.name, DefinitionJSON.text(partition.values), partition.location, time,
      ])
  }

  static func dropPartition(_ db: Database, _ name: TableName, _ partition: String) throws {
    try db.execute(
      sql: """
        DELETE FROM lakesql_external_partitions
        WHERE database_name = ? AND table_name = ? AND partition_name = ?
        """, arguments: [name.database, name.table, partition])
  }
}
