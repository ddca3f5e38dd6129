package import LakeDiagnostics

/// One statement of a script.
package struct Statement: Hashable, Sendable {
  package var kind: StatementKind
  @NodeSpan package var span: SourceSpan

  package init(_ kind: StatementKind, span: SourceSpan) {
    self.kind = kind
    self.span = span
  }
}

/// The statements, grouped as in the grammar.
package indirect enum StatementKind: Hashable, Sendable {
  case query(Query)

  // Databases.
  case createDatabase(CreateDatabase)
  case alterDatabase(AlterDatabase)
  case dropDatabase(DropDatabase)
  case use(QualifiedName)

  // Tables and views.
  case createTable(CreateTable)
  case createTableLike(CreateTableLike)
  case createView(CreateView)
  case dropTable(DropTable)
  case dropView(DropView)
  case alterTable(AlterTable)
  case alterView(AlterView)
  case truncateTable(TruncateTable)
  case repairTable(RepairTable)
  case analyzeTable(AnalyzeTable)
  case refreshTable(QualifiedName)

  // Data.
  case insert(Insert)
  case multiInsert(MultiInsert)
  case merge(Merge)
  case update(Update)
  case delete(Delete)

  // Looking at things.
  case show(Show)
  case describe(Describe)
  case explain(ExplainMode, Statement)

  // Scripts.
  case set(SetCommand)
  /// A single key, or everything.
  case reset(String?)
  case source(String)
  case atomicBlock([Statement])
  case startTransaction
  case commit
  case rollback
  case assert(Assertion)
}

/// How much EXPLAIN tells.
package enum ExplainMode: String, Hashable, Sendable, CaseIterable {
  case plain = ""
  case extended = "EXTENDED"
  case formatted = "FORMATTED"
  case analyze = "ANALYZE"
}

/// `SET`, `SET key`, `SET key = value`; key and value are raw text without the outer spaces.
package enum SetCommand: Hashable, Sendable {
  case showAll
  case show(String)
  case assign(key: String, value: String)
}

/// `ASSERT 'name' (query)`: the query must return no row that is false.
package struct Assertion: Hashable, Sendable {
  package var name: String
  package var query: Query
}

/// A key and its value in PROPERTIES or OPTIONS; numbers and booleans are kept as text.
package struct Property: Hashable, Sendable {
  package var key: String
  package var value: String
  @NodeSpan package var span: SourceSpan
}
