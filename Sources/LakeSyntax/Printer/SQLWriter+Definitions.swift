extension SQLWriter {
  mutating func write(_ create: CreateTable) {
    word(create.isReplacing ? "CREATE OR REPLACE" : "CREATE")
    if create.isExternal { word("EXTERNAL") }
    word(create.ifNotExists ? "TABLE IF NOT EXISTS" : "TABLE")
    write(create.name)
    if !create.columns.isEmpty { parenthesized(create.columns) { $0.write($1) } }
    if !create.partitionedBy.isEmpty {
      word("PARTITIONED BY")
      parenthesized(create.partitionedBy) { $0.write($1) }
    }
    if let format = create.rowFormat { write(format) }
    if let storage = create.storage { write(storage) }
    clause("OPTIONS", create.options)
    clause("LOCATION", create.location)
    clause("COMMENT", create.comment)
    clause("TBLPROPERTIES", create.properties)
    if let query = create.query {
      word("AS")
      write(query)
    }
  }

  mutating func write(_ create: CreateTableLike) {
    word("CREATE TABLE")
    if create.ifNotExists { word("IF NOT EXISTS") }
    write(create.name)
    word("LIKE")
    write(create.source)
    clause("LOCATION", create.location)
    clause("TBLPROPERTIES", create.properties)
  }

  mutating func write(_ create: CreateView) {
    word(create.isReplacing ? "CREATE OR REPLACE" : "CREATE")
    if create.isTemporary { word("TEMPORARY") }
    word(create.ifNotExists ? "VIEW IF NOT EXISTS" : "VIEW")
    write(create.name)
    if !create.columns.isEmpty {
      parenthesized(create.columns) { writer, column in
        writer.write(column.name)
        writer.clause("COMMENT", column.comment)
      }
    }
    clause("COMMENT", create.comment)
    clause("TBLPROPERTIES", create.properties)
    word("AS")
    write(create.query)
  }

  mutating func write(_ column: ColumnDefinition) {
    write(column.name)
    write(column.type)
    if column.isNotNull { word("NOT NULL") }
    writeDefault(column.defaultValue)
    clause("COMMENT", column.comment)
  }

  private mutating func writeDefault(_ value: Expression?) {
    guard let value else { return }
    word("DEFAULT")
    self.value(value)
  }

  private mutating func write(_ field: PartitionField) {
    switch field.kind {
    case .column(let column): write(column)
    case .identity(let name): write(name)
    case .transform(let name, let arguments):
      self.name(name)
      parenthesized(arguments, isTight: true) { writer, argument in
        switch argument {
        case .column(let column): writer.write(column)
        case .number(let number): writer.word(String(number))
        }
      }
    }
  }

  // MARK: Formats

  mutating func write(_ format: RowFormat) {
    switch format {
    case .serde(let name, let properties):
      clause("ROW FORMAT SERDE", name)
      clause("WITH SERDEPROPERTIES", properties)
    case .delimited(let delimiters):
      word("ROW FORMAT DELIMITED")
      clause("FIELDS TERMINATED BY", delimiters.fields)
      clause("ESCAPED BY", delimiters.escape)
      clause("COLLECTION ITEMS TERMINATED BY", delimiters.collectionItems)
      clause("MAP KEYS TERMINATED BY", delimiters.mapKeys)
      clause("LINES TERMINATED BY", delimiters.lines)
      clause("NULL DEFINED AS", delimiters.nullText)
    }
  }

  mutating func write(_ storage: StorageFormat) {
    switch storage {
    case .using(let name):
      word("USING")
      self.name(name)
    case .storedAs(let name):
      word("STORED AS")
      self.name(name)
    case .storedAsClasses(let input, let output):
      clause("STORED AS INPUTFORMAT", input)
      clause("OUTPUTFORMAT", output)
    case .storedBy(let name): clause("STORED BY", name)
    }
  }

  // MARK: ALTER

  mutating func write(_ alter: AlterView) {
    word("ALTER VIEW")
    write(alter.name)
    switch alter.action {
    case .setQuery(let query):
      word("AS")
      write(query)
    case .rename(let name):
      word("RENAME TO")
      write(name)
    case .setProperties(let properties): clause("SET TBLPROPERTIES", properties)
    case .unsetProperties(let keys, let ifExists):
      self.keys(ifExists ? "UNSET TBLPROPERTIES IF EXISTS" : "UNSET TBLPROPERTIES", keys)
    }
  }

  mutating func write(_ alter: AlterTable) {
    word("ALTER TABLE")
    write(alter.name)
    switch alter.action {
    case .addColumns, .dropColumns, .renameColumn, .changeColumn, .alterColumn:
      columnAction(alter.action)
    case .addPartitions, .dropPartitions, .recoverPartitions:
      partitionAction(alter.action)
    case .setProperties(let properties): clause("SET TBLPROPERTIES", properties)
    case .unsetProperties(let keys, let ifExists):
      self.keys(ifExists ? "UNSET TBLPROPERTIES IF EXISTS" : "UNSET TBLPROPERTIES", keys)
    case .rename(let name):
      word("RENAME TO")
      write(name)
    case .setLocation(let path): clause("SET LOCATION", path)
    }
  }

  private mutating func columnAction(_ action: AlterTableAction) {
    switch action {
    case .addColumns(let columns, let ifNotExists):
      word(ifNotExists ? "ADD COLUMNS IF NOT EXISTS" : "ADD COLUMNS")
      parenthesized(columns) { $0.write($1) }
    case .dropColumns(let columns, let ifExists):
      word(ifExists ? "DROP COLUMNS IF EXISTS" : "DROP COLUMNS")
      parenthesized(columns) { $0.write($1) }
    case .renameColumn(let old, let new):
      word("RENAME COLUMN")
      write(old)
      word("TO")
      write(new)
    case .changeColumn(let old, let column):
      word("CHANGE COLUMN")
      write(old)
      write(column)
    case .alterColumn(let column, let change):
      word("ALTER COLUMN")
      write(column)
      write(change)
    default: break
    }
  }

  private mutating func write(_ column: NewColumn) {
    write(column.name)
    write(column.type)
    writeDefault(column.defaultValue)
    clause("COMMENT", column.comment)
    if let position = column.position { write(position) }
  }

  private mutating func write(_ position: ColumnPosition) {
    switch position {
    case .first: word("FIRST")
    case .after(let column):
      word("AFTER")
      write(column)
    }
  }

  private mutating func write(_ change: ColumnChange) {
    switch change {
    case .type(let type):
      word("TYPE")
      write(type)
    case .comment(let comment): clause("COMMENT", comment)
    case .dropNotNull: word("DROP NOT NULL")
    case .setDefault(let value):
      word("SET")
      writeDefault(value)
    case .dropDefault: word("DROP DEFAULT")
    case .position(let position): write(position)
    }
  }

  private mutating func partitionAction(_ action: AlterTableAction) {
    switch action {
    case .addPartitions(let partitions, let ifNotExists):
      word(ifNotExists ? "ADD IF NOT EXISTS" : "ADD")
      for partition in partitions {
        write(partition.partition)
        clause("LOCATION", partition.location)
      }
    case .dropPartitions(let partitions, let ifExists, let isPurge):
      word(ifExists ? "DROP IF EXISTS" : "DROP")
      list(partitions) { $0.write($1) }
      if isPurge { word("PURGE") }
    default: word("RECOVER PARTITIONS")
    }
  }
}
