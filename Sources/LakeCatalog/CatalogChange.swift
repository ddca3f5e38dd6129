/// One step of a commit to the metastore; all steps of a commit take effect together or not at all.
package enum CatalogChange: Sendable {
  case createDatabase(DatabaseDefinition)
  /// New comment, location and properties of an existing database.
  case replaceDatabase(DatabaseDefinition)
  /// Fails unless the database is empty by then.
  case dropDatabase(String)
  case createManagedTable(TableName, metadataLocation: String)
  /// The commit of an Iceberg table: fails with `.commitConflict` if `from` is not current any more.
  case swapManagedTable(TableName, from: String, to: String)
  case dropManagedTable(TableName, expecting: String)
  case createExternalTable(ExternalTable)
  /// Fails with `.commitConflict` unless the stored version is the one of `table`; stores the next one.
  case replaceExternalTable(ExternalTable)
  case dropExternalTable(TableName, expectingVersion: Int)
  /// Adds or replaces a partition.
  case putPartition(TableName, ExternalPartition)
  case dropPartition(TableName, partitionName: String)
  case createView(ViewDefinition)
  case replaceView(ViewDefinition)
  case dropView(TableName, expectingVersion: Int)
  /// Notes that a transaction took effect, for the recovery of what it leaves to do.
  case markCommitted(String)
  /// Removes such a note, once nothing of the transaction is left to do.
  case forgetCommit(String)
}
