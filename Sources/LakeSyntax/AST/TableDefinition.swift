package import LakeDiagnostics

/// `CREATE [OR REPLACE] [EXTERNAL] TABLE`, with or without AS query.
package struct CreateTable: Hashable, Sendable {
  package var name: QualifiedName
  package var isReplacing: Bool
  package var isExternal: Bool
  package var ifNotExists: Bool
  /// Empty where the query or the files give the columns.
  package var columns: [ColumnDefinition]
  package var partitionedBy: [PartitionField]
  package var rowFormat: RowFormat?
  package var storage: StorageFormat?
  package var options: [Property]
  package var location: String?
  package var comment: String?
  package var properties: [Property]
  /// The query of CREATE TABLE AS SELECT.
  package var query: Query?
}

/// A column in a table definition.
package struct ColumnDefinition: Hashable, Sendable {
  package var name: Identifier
  package var type: TypeName
  package var isNotNull: Bool
  package var defaultValue: Expression?
  package var comment: String?
  @NodeSpan package var span: SourceSpan
}

/// One item of PARTITIONED BY.
package struct PartitionField: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Hive: a column with its type that is not among the table's columns.
    case column(ColumnDefinition)
    /// Spark: the name of a column.
    case identity(Identifier)
    /// `days(ts)`, `bucket(16, id)`; the name in lower case.
    case transform(name: String, arguments: [TransformArgument])
  }

  package var kind: Kind
  @NodeSpan package var span: SourceSpan
}

/// An argument of a partition transform.
package enum TransformArgument: Hashable, Sendable {
  case column(QualifiedName)
  case number(Int)
}

/// ROW FORMAT
package enum RowFormat: Hashable, Sendable {
  case delimited(RowDelimiters)
  case serde(String, properties: [Property])
}

/// The parts of ROW FORMAT DELIMITED; nil where not written.
package struct RowDelimiters: Hashable, Sendable {
  package var fields: String?
  package var escape: String?
  package var collectionItems: String?
  package var mapKeys: String?
  package var lines: String?
  package var nullText: String?
}

/// The file format or table format.
package enum StorageFormat: Hashable, Sendable {
  /// `USING parquet`, `USING iceberg`
  case using(String)
  /// `STORED AS PARQUET`
  case storedAs(String)
  /// `STORED AS INPUTFORMAT '...' OUTPUTFORMAT '...'`
  case storedAsClasses(input: String, output: String)
  /// Hive: `STORED BY ICEBERG`, `STORED BY 'handler class'`
  case storedBy(String)
}

/// `CREATE TABLE [IF NOT EXISTS] name LIKE source`
package struct CreateTableLike: Hashable, Sendable {
  package var name: QualifiedName
  package var source: QualifiedName
  package var ifNotExists: Bool
  package var location: String?
  package var properties: [Property]
}

/// `CREATE [OR REPLACE] [TEMPORARY] VIEW`
package struct CreateView: Hashable, Sendable {
  package var name: QualifiedName
  package var isReplacing: Bool
  package var isTemporary: Bool
  package var ifNotExists: Bool
  package var columns: [ViewColumn]
  package var comment: String?
  package var properties: [Property]
  package var query: Query
  /// The place of the query's text, which a catalog keeps as the view's definition.
  @NodeSpan package var querySpan: SourceSpan
}

/// A column name of a view with its comment.
package struct ViewColumn: Hashable, Sendable {
  package var name: Identifier
  package var comment: String?
}

/// `DROP TABLE [IF EXISTS] name [PURGE]`
package struct DropTable: Hashable, Sendable {
  package var name: QualifiedName
  package var ifExists: Bool
  package var isPurge: Bool
}

/// `DROP VIEW [IF EXISTS] name`
package struct DropView: Hashable, Sendable {
  package var name: QualifiedName
  package var ifExists: Bool
}

/// `TRUNCATE TABLE name [PARTITION (...)]`
package struct TruncateTable: Hashable, Sendable {
  package var name: QualifiedName
  package var partition: PartitionSpec?
}

/// `MSCK REPAIR TABLE name [ADD | DROP | SYNC PARTITIONS]`
package struct RepairTable: Hashable, Sendable {
  package enum Mode: String, Hashable, Sendable, CaseIterable {
    /// Also where nothing is written.
    case add = "ADD"
    case drop = "DROP"
    case sync = "SYNC"
  }

  package var name: QualifiedName
  package var mode: Mode
}

/// `ANALYZE TABLE name [PARTITION (...)] COMPUTE STATISTICS [...]`
package struct AnalyzeTable: Hashable, Sendable {
  package enum Scope: Hashable, Sendable {
    case table
    case noScan
    case columns([Identifier])
    case allColumns
  }

  package var name: QualifiedName
  package var partition: PartitionSpec?
  package var scope: Scope
}

/// `PARTITION (dt = '2026-01-01', channel)`
package struct PartitionSpec: Hashable, Sendable {
  package var terms: [PartitionTerm]
  @NodeSpan package var span: SourceSpan
}

/// A partition column, with its value or the comparison that selects partitions.
package struct PartitionTerm: Hashable, Sendable {
  package var column: Identifier
  /// Only DROP PARTITION has others than `=`.
  package var op: BinaryOperator
  /// Nil for a dynamic partition column.
  package var value: Expression?
}
