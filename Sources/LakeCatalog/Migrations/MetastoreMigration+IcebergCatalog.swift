extension MetastoreMigration {
  /// The tables that other Iceberg clients share with us.
  static let icebergCatalog = MetastoreMigration(
    name: "0001_iceberg_catalog",
    sql: """
      -- The tables of Iceberg's JDBC catalog (schema V1), as PyIceberg's SqlCatalog and Java's JdbcCatalog know them.
      -- A file that one of those made first has them already.
      CREATE TABLE IF NOT EXISTS iceberg_tables (
        catalog_name VARCHAR(255) NOT NULL,
        table_namespace VARCHAR(255) NOT NULL,
        table_name VARCHAR(255) NOT NULL,
        metadata_location VARCHAR(1000),
        previous_metadata_location VARCHAR(1000),
        iceberg_type VARCHAR(5),
        PRIMARY KEY (catalog_name, table_namespace, table_name)
      );

      CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
        catalog_name VARCHAR(255) NOT NULL,
        namespace VARCHAR(255) NOT NULL,
        property_key VARCHAR(255) NOT NULL,
        property_value VARCHAR(1000) NOT NULL,
        PRIMARY KEY (catalog_name, namespace, property_key)
      );
      """ + "\n")
}
