/// The SHOW statements. A pattern is the text after LIKE, with `*` and `|` as wildcards.
package enum Show: Hashable, Sendable {
  case databases(pattern: String?)
  case tables(in: QualifiedName?, pattern: String?)
  case views(in: QualifiedName?, pattern: String?)
  case partitions(QualifiedName, PartitionSpec?)
  case columns(QualifiedName)
  case createTable(QualifiedName)
  case tableProperties(QualifiedName, key: String?)
  case functions(pattern: String?)
  case currentDatabase
}

/// The DESCRIBE statements.
package enum Describe: Hashable, Sendable {
  package enum Detail: String, Hashable, Sendable, CaseIterable {
    case plain = ""
    case extended = "EXTENDED"
    case formatted = "FORMATTED"
  }

  /// A table, or a column of it.
  case table(QualifiedName, column: QualifiedName?, Detail)
  case database(QualifiedName, Detail)
  case function(String, Detail)
  case query(Query)
}
