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
    if at(.partition) {
      throw unsupported(
        "ALTER TABLE ... PARTITION", at: span(of: token), hint: "drop the partition, and add it where it is now")
    }
    if at(.replace, .columns) { throw unsupported("ALTER TABLE ... REPLACE COLUMNS", at: span(of: token)) }
    switch try expectAny([.add, .drop, .rename, .change, .alter, .set, .unset, .recover]) {
    case .add: return try addAction()
    case .drop: return try dropAction()
    case .rename: return try renameAction()
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

  private mutating func setAction() throws(ParseFailure) -> AlterTableAction {
    switch try expectAny([.tblproperties, .location, .serde, .serdeproperties]) {
    case .tblproperties: return .setProperties(try properties())
    case .location: return .setLocation(try string("a path as a string"))
    default: throw unsupported("ALTER TABLE ... SET SERDE", at: span(of: tokens[index - 1]))
    }
  }

  // MARK: ADD and DROP

  private mutating func addAction() throws(ParseFailure) -> AlterTableAction {
    if at(.constraint) || at(.partition, .field) {
      throw unsupported("ALTER TABLE ... ADD \(text(token).uppercased())", at: span(of: token))
    }
    if acceptAny([.column, .columns]) != nil {
      let ifNotExists = try acceptIfNotExists()
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
    let type = try typeName()
    var defaultValue: Expression?
    var comment: String?
    var position: ColumnPosition?
    while true {
      let opening = token
      if accept(.comment) {
        try once(&comment, opening) { (parser) throws(ParseFailure) in try parser.comment() }
      } else if accept(.default) {
        try once(&defaultValue, opening) { (parser) throws(ParseFailure) in try parser.value() }
      } else if let place = try columnPosition() {
        try once(&position, opening) { (_) throws(ParseFailure) in place }
      } else if at(.not) {
        throw unsupported(
          "NOT NULL of a column that is added or changed", at: span(of: token),
          hint: "the rows that exist have NULL or the default in a new column")
      } else {
        return NewColumn(
          name: name, type: type, defaultValue: defaultValue, comment: comment, position: position,
          span: span(from: start))
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
      try parser.partitionSpec(.comparisons)
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
    if accept(.set, .default) { return .setDefault(try value()) }
    if accept(.drop, .default) { return .dropDefault }
    if at(.set, .not) {
      throw unsupported(
        "ALTER COLUMN ... SET NOT NULL", at: span(of: token), hint: "the rows that exist may have NULL in it")
    }
    switch try expectAny([.type, .comment, .drop, .first, .after]) {
    case .type: return .type(try typeName())
    case .comment: return .comment(try comment())
    case .drop:
      try expect(.not, .null)
      return .dropNotNull
    case .first: return .position(.first)
    default: return .position(.after(try identifier("a column")))
    }
  }
}
