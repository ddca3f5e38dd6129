package import LakeCatalog
package import LakeTypes

/// What CREATE does where the name is taken.
package enum CreateMode: Hashable, Sendable {
  case create, ifNotExists, orReplace
}

/// A managed table to create.
package struct TableDefinition: Sendable {
  package var name: TableName
  package var schema: Schema
  package var partitioning: [PartitionFieldDefinition]
  package var properties: [String: String]
  package var comment: String?
  /// A path or URI; nil for the place below the database's location.
  package var location: String?
  package var mode: CreateMode

  package init(
    name: TableName, schema: Schema, partitioning: [PartitionFieldDefinition] = [],
    properties: [String: String] = [:], comment: String? = nil, location: String? = nil, mode: CreateMode = .create
  ) {
    self.name = name
    self.schema = schema
    self.partitioning = partitioning
    self.properties = properties
    self.comment = comment
    self.location = location
    self.mode = mode
  }
}

/// Where a column goes.
package enum ColumnPosition: Hashable, Sendable {
  case first
  case after(String)
}

/// One change of ALTER TABLE. Columns are paths: a column's name, or the names down to a field of a struct.
package enum TableAlteration: Hashable, Sendable {
  case addColumn(Field, in: [String], ColumnPosition?)
  case dropColumn([String])
  case renameColumn([String], to: String)
  /// Widens: int to bigint, float to double, decimal to more digits of the same scale.
  case changeType([String], LogicalType)
  case setColumnComment([String], String?)
  /// Allows NULL; the other direction is refused.
  case dropNotNull([String])
  case moveColumn([String], ColumnPosition)
  /// What INSERT stores where it gives no value; nil: NULL.
  case setDefault([String], Literal?)
  case setProperties([String: String])
  case unsetProperties([String])
  case setComment(String?)
  /// External tables only.
  case setLocation(String)
}

/// Which state of a managed table a query wants.
package enum SnapshotSelector: Hashable, Sendable {
  case id(Int64)
  /// The name of a branch or tag.
  case ref(String)
  /// The state at a moment, in microseconds since 1970.
  case timestamp(Int64)
}

/// Which rows INSERT OVERWRITE replaces.
package enum OverwriteMode: Hashable, Sendable {
  case all
  /// The rows in the partitions with these values; columns that are not named may have any.
  case partitions([String: Literal])
  /// The partitions that the new rows fall into.
  case dynamicPartitions
}
