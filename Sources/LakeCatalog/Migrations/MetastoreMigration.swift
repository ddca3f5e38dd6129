/// One numbered step of the metastore's schema; the same text lies in the folder `catalog`.
///
/// A migration is never changed once it is released; the next one mends it.
package struct MetastoreMigration: Sendable {
  /// Number and topic, such as `0001_iceberg_catalog`.
  package let name: String
  package let sql: String

  /// All migrations in order; SQLite's `user_version` counts those that ran.
  package static let all: [MetastoreMigration] = [icebergCatalog, lakesqlTables]
}
