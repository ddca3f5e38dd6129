package import LakeDiagnostics

/// `ALTER TABLE name action`; views have the few actions that make sense for them.
package struct AlterTable: Hashable, Sendable {
  package var name: QualifiedName
  package var action: AlterTableAction
}

/// What ALTER TABLE changes.
package enum AlterTableAction: Hashable, Sendable {
  case addColumns([NewColumn], ifNotExists: Bool)
  case dropColumns([QualifiedName], ifExists: Bool)
  case renameColumn(QualifiedName, to: Identifier)
  /// Hive: `CHANGE COLUMN old new type [COMMENT 'text'] [FIRST | AFTER other]`
  case changeColumn(QualifiedName, NewColumn)
  case alterColumn(QualifiedName, ColumnChange)
  case setProperties([Property])
  case unsetProperties([String], ifExists: Bool)
  case rename(to: QualifiedName)
  case setLocation(String)
  case addPartitions([NewPartition], ifNotExists: Bool)
  case dropPartitions([PartitionSpec], ifExists: Bool, isPurge: Bool)
  /// Also `RECOVER PARTITIONS`.
  case recoverPartitions
}

/// A change of one column by ALTER COLUMN.
package enum ColumnChange: Hashable, Sendable {
  case type(TypeName)
  case comment(String)
  case dropNotNull
  case setDefault(Expression)
  case dropDefault
  case position(ColumnPosition)
}

/// A column to add, possibly inside a struct, with its place.
package struct NewColumn: Hashable, Sendable {
  package var name: QualifiedName
  package var type: TypeName
  package var defaultValue: Expression?
  package var comment: String?
  package var position: ColumnPosition?
  @NodeSpan package var span: SourceSpan
}

/// Where a column goes.
package enum ColumnPosition: Hashable, Sendable {
  case first
  case after(Identifier)
}

/// `PARTITION (...) [LOCATION 'path']`
package struct NewPartition: Hashable, Sendable {
  package var partition: PartitionSpec
  package var location: String?
}

/// `ALTER VIEW name action`
package struct AlterView: Hashable, Sendable {
  package enum Action: Hashable, Sendable {
    case setQuery(Query)
    case rename(to: QualifiedName)
    case setProperties([Property])
    case unsetProperties([String], ifExists: Bool)
  }

  package var name: QualifiedName
  package var action: Action
}
