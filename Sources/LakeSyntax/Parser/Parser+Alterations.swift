import LakeDiagnostics

// ALTER.
extension Parser {
  mutating func alterStatement() throws(ParseFailure) -> StatementKind {
    advance()
    switch try expectAny([.table, .view, .database, .schema, .namespace]) {
    case .table:
      let name = try qualifiedName("a table")
      return .alterTable(AlterTable(name: name, action: try tableAction()))
    case .view:
      let name = try qualifiedName("a view")
      return .alterView(AlterView(name: name, action: try viewAction()))
    default:
      let name = try qualifiedName("a database")
      return .alterDatabase(AlterDatabase(name: name, action: try databaseAction()))
    }
  }

  private mutating func databaseAction() throws(ParseFailure) -> AlterDatabase.Action {
    if try expectAny([.set, .unset]) == .unset {
      _ = try expectAny([.dbproperties, .properties])
      return .unsetProperties(try propertyKeys())
    }
    if accept(.location) { return .setLocation(try string("a path as a string")) }
    _ = try expectAny([.dbproperties, .properties, .location])
    return .setProperties(try properties())
  }

  private mutating func viewAction() throws(ParseFailure) -> AlterView.Action {
    switch try expectAny([.as, .rename, .set, .unset]) {
    case .as: return .setQuery(try query())
    case .rename:
      try expect(.to)
      return .rename(to: try qualifiedName("a view"))
    case .set:
      try expect(.tblproperties)
      return .setProperties(try properties())
    default:
      try expect(.tblproperties)
      let ifExists = try acceptIfExists()
      return .unsetProperties(try propertyKeys(), ifExists: ifExists)
    }
  }

  private mutating func tableAction() throws(ParseFailure) -> AlterTableAction {
    if at(.partition) { return try partitionAction() }
    switch try expectAny([.add, .drop, .rename, .replace, .change, .alter, .set, .unset, .recover]) {
    case .add: return try addAction()
    case .drop: return try dropAction()
    case .rename: return try renameAction()
    case .replace: return try replaceAction()
    case .change: return try changeColumn()
    case .alter: return try alterColumn()
    case .set: return try setAction()
    case .unset:
      try expect(.tblproperties)
      let ifExists = try acceptIfExists()
      return .unsetProperties(try propertyKeys(), ifExists: ifExists)
    default:
      try expect(.partitions)
      return .recoverPartitions
    }
  }

  private mutating func partitionAction() throws(ParseFailure) -> AlterTableAction {
    let partition = try partitionSpec()
    if try expectAny([.rename, .set]) == .rename {
      try expect(.to)
      return .renamePartition(partition, to: try partitionSpec())
    }
    try expect(.location)
    return .setLocation(try string("a path as a string"), partition: partition)
  }

  private mutating func setAction() throws(ParseFailure) -> AlterTableAction {
    switch try expectAny([.tblproperties, .location, .serde, .serdeproperties]) {
    case .tblproperties: return .setProperties(try properties())
    case .location: return .setLocation(try string("a path as a string"), partition: nil)
    default: throw unsupported("ALTER TABLE ... SET SERDE", at: span(of: tokens[index - 1]))
    }
  }

  // MARK: ADD and DROP

  private mutating func addAction() throws(ParseFailure) -> AlterTableAction {
    if at(.constraint) || at(.partition, .field) {
      throw unsupported("ALTER TABLE ... ADD \(text(token).uppercased())", at: span(of: token))
    }
    if let word = acceptAny([.column, .columns]) {
      let ifNotExists = try acceptIfNotExists()
      _ = word
      return .addColumns(try newColumns(), ifNotExists: ifNotExists)
    }
    let ifNotExists = try acceptIfNotExists()
    guard at(.partition) else { throw unexpected(keywords: [.column, .columns, .partition]) }
    var partitions: [NewPartition] = []
    while at(.partition) {
      let partition = try partitionSpec()
      let location = accept(.location) ? try string("a path as a string") : nil
      partitions.append(NewPartition(partition: partition, location: location))
      _ = peek().keyword == .partition && accept(.comma)
    }
    return .addPartitions(partitions, ifNotExists: ifNotExists)
  }

  private mutating func newColumns() throws(ParseFailure) -> [NewColumn] {
    if at(.leftParen) {
      return try parenthesized { (parser) throws(ParseFailure) in
        try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.newColumn() }
      }
    }
    return try commaSeparated { (parser) throws(ParseFailure) in try parser.newColumn() }
  }

  private mutating func newColumn() throws(ParseFailure) -> NewColumn {
    let start = start
    let name = try qualifiedName("the name of a column")
    var column = NewColumn(
      name: name, type: try typeName(), isNotNull: false, defaultValue: nil, comment: nil, position: nil,
      span: SourceSpan(start: start, end: start))
    while true {
      if accept(.not) {
        try expect(.null)
        column.isNotNull = true
      } else if accept(.default) {
        column.defaultValue = try expression()
      } else if accept(.comment) {
        column.comment = try comment()
      } else if let position = try columnPosition() {
        column.position = position
      } else {
        column.span = span(from: start)
        return column
      }
    }
  }

  private mutating func columnPosition() throws(ParseFailure) -> ColumnPosition? {
    if accept(.first) { return .first }
    return accept(.after) ? .after(try identifier("a column")) : nil
  }

  private mutating func dropAction() throws(ParseFailure) -> AlterTableAction {
    if acceptAny([.column, .columns]) != nil {
      let ifExists = try acceptIfExists()
      return .dropColumns(try columnNames(), ifExists: ifExists)
    }
    let ifExists = try acceptIfExists()
    guard at(.partition) else { throw unexpected(keywords: [.column, .columns, .partition]) }
    let partitions = try commaSeparated { (parser) throws(ParseFailure) in
      try parser.partitionSpec(allowsComparisons: true)
    }
    return .dropPartitions(partitions, ifExists: ifExists, isPurge: accept(.purge))
  }

  private mutating func columnNames() throws(ParseFailure) -> [QualifiedName] {
    if at(.leftParen) {
      return try parenthesized { (parser) throws(ParseFailure) in
        try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.qualifiedName("a column") }
      }
    }
    return try commaSeparated { (parser) throws(ParseFailure) in try parser.qualifiedName("a column") }
  }

  // MARK: Columns

  private mutating func renameAction() throws(ParseFailure) -> AlterTableAction {
    if try expectAny([.to, .column]) == .to { return .rename(to: try qualifiedName("a table")) }
    let name = try qualifiedName("a column")
    try expect(.to)
    return .renameColumn(name, to: try identifier("a column"))
  }

  private mutating func replaceAction() throws(ParseFailure) -> AlterTableAction {
    try expect(.columns)
    return .replaceColumns(
      try parenthesized { (parser) throws(ParseFailure) in
        try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.columnDefinition() }
      })
  }

  private mutating func changeColumn() throws(ParseFailure) -> AlterTableAction {
    _ = isName(peek()) && accept(.column)
    let old = try qualifiedName("a column")
    if peek().kind == .string || peek().kind == .rawString, accept(.comment) {
      return .alterColumn(old, .comment(try comment()))
    }
    let column = try newColumn()
    _ = acceptAny([.cascade, .restrict])
    return .changeColumn(old, column)
  }

  private mutating func alterColumn() throws(ParseFailure) -> AlterTableAction {
    _ = isName(peek()) && accept(.column)
    return .alterColumn(try qualifiedName("a column"), try columnChange())
  }

  private mutating func columnChange() throws(ParseFailure) -> ColumnChange {
    switch try expectAny([.type, .comment, .set, .drop, .first, .after]) {
    case .type: return .type(try typeName())
    case .comment: return .comment(try comment())
    case .set:
      if accept(.default) { return .setDefault(try expression()) }
      try expect(.not, .null)
      return .setNotNull
    case .drop:
      if accept(.default) { return .dropDefault }
      try expect(.not, .null)
      return .dropNotNull
    case .first: return .position(.first)
    default: return .position(.after(try identifier("a column")))
    }
  }
}
