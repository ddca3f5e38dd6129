package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// What the binder asks about names outside the statement; the session answers from its transaction.
package protocol NameResolver {
  /// The database that unqualified names belong to.
  var currentDatabase: String { get }
  /// The table or view of a name of one to three parts, a single part being looked up in `database`; throws
  /// `.tableNotFound` with the nearest name as a hint.
  func relation(_ name: [String], in database: String, version: TableVersion?) throws(QueryError) -> ResolvedRelation
  /// The rows of files, for `read_files(...)` and `` format.`path` ``; nil schema: infer it.
  func files(_ request: FileRequest) throws(QueryError) -> any ScanSource
}

/// The state of a table to read, other than the latest.
package enum TableVersion: Hashable, Sendable {
  case snapshot(Int64)
  /// The latest snapshot at that time, in microseconds since 1970.
  case timestamp(Int64)
  /// A branch or tag.
  case reference(String)
}

/// What a name stands for.
package enum ResolvedRelation: Sendable {
  /// A table; `name` is database and table.
  case table(any ScanSource, name: [String])
  case view(ViewReference)
}

/// A view as the catalog keeps it.
package struct ViewReference: Sendable {
  /// Database and view.
  package var name: [String]
  package var sql: String
  /// Names for the columns, or nil for the query's own.
  package var columnNames: [String]?
  /// The columns that the query yielded when the view was made, in the view's order: by these names they are found when
  /// tables have changed since. nil where they are not known; then they are taken in order.
  package var queryColumns: [String]?
  /// The current database when the view was made.
  package var database: String

  package init(name: [String], sql: String, columnNames: [String]?, queryColumns: [String]?, database: String) {
    self.name = name
    self.sql = sql
    self.columnNames = columnNames
    self.queryColumns = queryColumns
    self.database = database
  }
}

/// Files to read as a table.
package struct FileRequest: Hashable, Sendable {
  /// `csv`, `json`, `parquet`, `text`, ...; empty: what the endings of the files say.
  package var format: String
  /// A path or glob.
  package var path: String
  /// The reader's options by lower-case name.
  package var options: [String: String]
  package var schema: Schema?

  package init(format: String, path: String, options: [String: String] = [:], schema: Schema? = nil) {
    self.format = format
    self.path = path
    self.options = options
    self.schema = schema
  }
}
