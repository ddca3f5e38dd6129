package import LakeTypes

/// A database (a namespace of the catalog).
package struct DatabaseDefinition: Hashable, Sendable {
  package var name: String
  package var comment: String?
  /// A `file://` URI: managed tables without a location of their own lie below it.
  package var location: String
  package var properties: [String: String]

  package init(name: String, comment: String? = nil, location: String, properties: [String: String] = [:]) {
    self.name = name
    self.comment = comment
    self.location = location
    self.properties = properties
  }
}

/// What stands behind a table's name.
package enum CatalogEntry: Sendable {
  /// An Iceberg table, by the location of its current metadata file.
  case managed(TableName, metadataLocation: String)
  case external(ExternalTable)
  case view(ViewDefinition)

  /// The name as it was created.
  package var name: TableName {
    switch self {
    case .managed(let name, _): name
    case .external(let table): table.name
    case .view(let view): view.name
    }
  }
}

/// A table in the Hive layout: a folder of files that LakeSQL reads, and adds to, but does not own.
package struct ExternalTable: Hashable, Sendable {
  package var name: TableName
  /// Counts the changes of the definition; 0 before it is stored.
  package var version: Int
  /// All columns, the partition columns last.
  package var schema: Schema
  /// `parquet`, `csv`, `json`, `text`, `avro`, `orc`.
  package var format: String
  /// Reader and writer options, with lower-case keys.
  package var options: [String: String]
  /// A `file://` URI.
  package var location: String
  package var partitionColumns: [String]
  package var comment: String?
  package var properties: [String: String]
  /// Microseconds since 1970.
  package var createdAt: Int64

  package init(
    name: TableName, version: Int = 0, schema: Schema, format: String, options: [String: String] = [:],
    location: String, partitionColumns: [String] = [], comment: String? = nil,
    properties: [String: String] = [:], createdAt: Int64
  ) {
    self.name = name
    self.version = version
    self.schema = schema
    self.format = format
    self.options = options
    self.location = location
    self.partitionColumns = partitionColumns
    self.comment = comment
    self.properties = properties
    self.createdAt = createdAt
  }
}

/// A folder of an external table that holds the rows of one combination of partition values.
package struct ExternalPartition: Hashable, Sendable {
  /// The name in Hive's form, `dt=2026-01-31/country=PT`; it identifies the partition.
  package var name: String
  /// The values as text, in the order of the partition columns; nil for the default partition.
  package var values: [String?]
  /// nil where the folder lies below the table's location under the partition's name.
  package var location: String?

  package init(name: String, values: [String?], location: String? = nil) {
    self.name = name
    self.values = values
    self.location = location
  }
}

/// A stored view.
package struct ViewDefinition: Hashable, Sendable {
  package var name: TableName
  /// Counts the changes of the definition; 0 before it is stored.
  package var version: Int
  /// The text of the query.
  package var sql: String
  /// The database that unqualified names in the text are looked up in.
  package var currentDatabase: String
  /// Names, types and comments of the columns when the view was made.
  package var schema: Schema
  package var comment: String?
  package var properties: [String: String]
  /// Microseconds since 1970.
  package var createdAt: Int64

  package init(
    name: TableName, version: Int = 0, sql: String, currentDatabase: String, schema: Schema,
    comment: String? = nil, properties: [String: String] = [:], createdAt: Int64
  ) {
    self.name = name
    self.version = version
    self.sql = sql
    self.currentDatabase = currentDatabase
    self.schema = schema
    self.comment = comment
    self.properties = properties
    self.createdAt = createdAt
  }
}

/// A table or view in a listing.
package struct CatalogListing: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case managed = "MANAGED"
    case external = "EXTERNAL"
    case view = "VIEW"
  }

  package var name: TableName
  package var kind: Kind

  package init(name: TableName, kind: Kind) {
    self.name = name
    self.kind = kind
  }
}
