extension MetastoreMigration {
  /// External tables, views and what recovery needs.
  static let lakesqlTables = MetastoreMigration(
    name: "0002_lakesql_tables",
    sql: """
      -- What LakeSQL keeps beside Iceberg's tables. Names are unique without regard to case.

      -- Facts about the warehouse as a whole, such as where it lay when it was made.
      CREATE TABLE lakesql_settings (
        setting_key TEXT NOT NULL PRIMARY KEY,
        setting_value TEXT NOT NULL
      );

      -- Tables in the Hive layout, whose files belong to somebody else.
      CREATE TABLE lakesql_external_tables (
        database_name TEXT NOT NULL COLLATE NOCASE,
        table_name TEXT NOT NULL COLLATE NOCASE,
        -- Goes up with every change of the row: the value a commit compares.
        version INTEGER NOT NULL,
        -- Spark's JSON form of a struct type; the partition columns are the last ones.
        schema_json TEXT NOT NULL,
        format TEXT NOT NULL,
        options_json TEXT NOT NULL,
        location TEXT NOT NULL,
        partition_columns_json TEXT NOT NULL,
        comment TEXT,
        properties_json TEXT NOT NULL,
        -- Microseconds since 1970.
        created_at INTEGER NOT NULL,
        PRIMARY KEY (database_name, table_name)
      );

      CREATE TABLE lakesql_external_partitions (
        database_name TEXT NOT NULL COLLATE NOCASE,
        table_name TEXT NOT NULL COLLATE NOCASE,
        -- As Hive names the directory: dt=2026-01-31/country=PT
        partition_name TEXT NOT NULL,
        -- An array of texts, NULL for the default partition.
        values_json TEXT NOT NULL,
        -- NULL where the directory lies below the table's location under the partition's name.
        location TEXT,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (database_name, table_name, partition_name),
        FOREIGN KEY (database_name, table_name)
          REFERENCES lakesql_external_tables (database_name, table_name) ON DELETE CASCADE
      ) WITHOUT ROWID;

      CREATE TABLE lakesql_views (
        database_name TEXT NOT NULL COLLATE NOCASE,
        view_name TEXT NOT NULL COLLATE NOCASE,
        version INTEGER NOT NULL,
        sql_text TEXT NOT NULL,
        -- The database that unqualified names of the text are looked up in.
        current_database TEXT NOT NULL,
        schema_json TEXT NOT NULL,
        comment TEXT,
        properties_json TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (database_name, view_name)
      );

      -- Transactions that are committed while their journal still lies in the warehouse: recovery finishes those
      -- found here and undoes the others.
      CREATE TABLE lakesql_commits (
        transaction_id TEXT NOT NULL PRIMARY KEY,
        committed_at INTEGER NOT NULL
      );
      """ + "\n")
}
