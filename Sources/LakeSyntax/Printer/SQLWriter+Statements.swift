extension SQLWriter {
  mutating func write(_ statement: Statement) {
    switch statement.kind {
    case .query(let query): write(query)
    case .createDatabase, .alterDatabase, .dropDatabase, .use: databaseStatement(statement.kind)
    case .createTable(let create): write(create)
    case .createTableLike(let create): write(create)
    case .createView(let create): write(create)
    case .alterTable(let alter): write(alter)
    case .alterView(let alter): write(alter)
    case .dropTable, .dropView, .truncateTable, .repairTable, .analyzeTable, .refreshTable:
      tableStatement(statement.kind)
    case .insert, .multiInsert, .merge, .update, .delete:
      dataStatement(statement.kind)
    case .show(let show): write(show)
    case .describe(let describe): write(describe)
    case .explain(let mode, let explained):
      word("EXPLAIN")
      if mode != .plain { word(mode.rawValue) }
      write(explained)
    default: scriptStatement(statement.kind)
    }
  }

  private mutating func scriptStatement(_ kind: StatementKind) {
    switch kind {
    case .set(.showAll): word("SET")
    case .set(.show(let key)): word("SET \(key)")
    case .set(.assign(let key, let value)): word("SET \(key)=\(value)")
    case .reset(let key):
      word("RESET")
      if let key { word(key) }
    case .source(let path): word("SOURCE '\(path)'")
    case .atomicBlock(let statements):
      word("BEGIN ATOMIC")
      for statement in statements {
        write(statement)
        tight(";")
      }
      word("END")
    case .startTransaction: word("START TRANSACTION")
    case .commit: word("COMMIT")
    case .rollback: word("ROLLBACK")
    case .assert(let assertion):
      clause("ASSERT", assertion.name)
      parenthesized([assertion.query]) { $0.write($1) }
    default: break
    }
  }

  // MARK: Databases

  private mutating func databaseStatement(_ kind: StatementKind) {
    switch kind {
    case .createDatabase(let create):
      word("CREATE DATABASE")
      if create.ifNotExists { word("IF NOT EXISTS") }
      write(create.name)
      clause("COMMENT", create.comment)
      clause("LOCATION", create.location)
      clause("WITH DBPROPERTIES", create.properties)
    case .alterDatabase(let alter):
      word("ALTER DATABASE")
      write(alter.name)
      switch alter.action {
      case .setProperties(let properties): clause("SET DBPROPERTIES", properties)
      case .unsetProperties(let keys): self.keys("UNSET DBPROPERTIES", keys)
      case .setLocation(let path): clause("SET LOCATION", path)
      }
    case .dropDatabase(let drop):
      word("DROP DATABASE")
      if drop.ifExists { word("IF EXISTS") }
      write(drop.name)
      if drop.isCascade { word("CASCADE") }
    case .use(let name):
      word("USE")
      write(name)
    default: break
    }
  }

  mutating func keys(_ keywords: String, _ keys: [String]) {
    word(keywords)
    parenthesized(keys) { $0.string($1) }
  }

  // MARK: Tables

  private mutating func tableStatement(_ kind: StatementKind) {
    switch kind {
    case .dropTable(let drop):
      word(drop.ifExists ? "DROP TABLE IF EXISTS" : "DROP TABLE")
      write(drop.name)
      if drop.isPurge { word("PURGE") }
    case .dropView(let drop):
      word(drop.ifExists ? "DROP VIEW IF EXISTS" : "DROP VIEW")
      write(drop.name)
    case .truncateTable(let truncate):
      word("TRUNCATE TABLE")
      write(truncate.name)
      if let partition = truncate.partition { write(partition) }
    case .repairTable(let repair):
      word("MSCK REPAIR TABLE")
      write(repair.name)
      word("\(repair.mode.rawValue) PARTITIONS")
    case .analyzeTable(let analyze): write(analyze)
    case .refreshTable(let name):
      word("REFRESH TABLE")
      write(name)
    default: break
    }
  }

  private mutating func write(_ analyze: AnalyzeTable) {
    word("ANALYZE TABLE")
    write(analyze.name)
    if let partition = analyze.partition { write(partition) }
    word("COMPUTE STATISTICS")
    switch analyze.scope {
    case .table: break
    case .noScan: word("NOSCAN")
    case .columns(let columns):
      word("FOR COLUMNS")
      list(columns) { $0.write($1) }
    case .allColumns: word("FOR ALL COLUMNS")
    }
  }

  mutating func write(_ partition: PartitionSpec) {
    word("PARTITION")
    parenthesized(partition.terms) { writer, term in
      writer.write(term.column)
      guard let value = term.value else { return }
      writer.word(term.op.rawValue)
      writer.value(value)
    }
  }

  // MARK: SHOW and DESCRIBE

  private mutating func write(_ show: Show) {
    word("SHOW")
    switch show {
    case .databases(let pattern): clause("DATABASES", like: pattern)
    case .tables(let database, let pattern): objects("TABLES", database, pattern)
    case .views(let database, let pattern): objects("VIEWS", database, pattern)
    case .partitions(let table, let partition):
      word("PARTITIONS")
      write(table)
      if let partition { write(partition) }
    case .columns(let table):
      word("COLUMNS IN")
      write(table)
    case .createTable(let table):
      word("CREATE TABLE")
      write(table)
    case .tableProperties(let table, let key):
      word("TBLPROPERTIES")
      write(table)
      if let key { parenthesized([key]) { $0.string($1) } }
    case .functions(let pattern): clause("FUNCTIONS", like: pattern)
    case .currentDatabase: word("CURRENT DATABASE")
    }
  }

  private mutating func objects(_ kind: String, _ database: QualifiedName?, _ pattern: String?) {
    word(kind)
    if let database {
      word("IN")
      write(database)
    }
    clause("LIKE", pattern)
  }

  private mutating func clause(_ keywords: String, like pattern: String?) {
    word(keywords)
    clause("LIKE", pattern)
  }

  private mutating func write(_ describe: Describe) {
    word("DESCRIBE")
    switch describe {
    case .table(let name, let column, let detail):
      word("TABLE")
      if detail != .plain { word(detail.rawValue) }
      write(name)
      if let column { write(column) }
    case .database(let name, let detail):
      word("DATABASE")
      if detail != .plain { word(detail.rawValue) }
      write(name)
    case .function(let name, let detail):
      word("FUNCTION")
      if detail != .plain { word(detail.rawValue) }
      string(name)
    case .query(let query):
      word("QUERY")
      write(query)
    }
  }
}
