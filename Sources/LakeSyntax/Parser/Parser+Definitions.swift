import LakeDiagnostics

// CREATE and DROP.
extension Parser {
  mutating func createStatement() throws(ParseFailure) -> StatementKind {
    advance()
    var isReplacing = false
    if accept(.or) {
      try expect(.replace)
      isReplacing = true
    }
    let prefix = acceptAny([.external, .temporary, .temp])
    let isTemporary = prefix == .temporary || prefix == .temp
    if prefix == nil, !isReplacing, acceptAny([.database, .schema, .namespace]) != nil {
      return .createDatabase(try createDatabase())
    }
    if isTemporary, at(.table) {
      throw unsupported("CREATE TEMPORARY TABLE", at: span(of: token), hint: "use CREATE TEMPORARY VIEW")
    }
    if accept(.table) { return try createTable(isReplacing: isReplacing, isExternal: prefix == .external) }
    if prefix != .external, accept(.view) {
      return .createView(try createView(isReplacing: isReplacing, isTemporary: isTemporary))
    }
    if let word = acceptAny([.function, .materialized, .global, .user]) {
      throw unsupported("CREATE \(word.text)", at: span(of: tokens[index - 1]))
    }
    throw unexpected(keywords: [.table, .view, .database, .schema, .external, .temporary])
  }

  private mutating func createDatabase() throws(ParseFailure) -> CreateDatabase {
    let ifNotExists = try acceptIfNotExists()
    let name = try qualifiedName("a database")
    var comment: String?
    var location: String?
    var properties: [Property]?
    while true {
      let opening = token
      if accept(.comment) {
        try once(&comment, opening) { (parser) throws(ParseFailure) in try parser.comment() }
      } else if accept(.location) {
        try once(&location, opening) { (parser) throws(ParseFailure) in try parser.string("a path as a string") }
      } else if accept(.with) {
        _ = try expectAny([.dbproperties, .properties])
        try once(&properties, opening) { (parser) throws(ParseFailure) in try parser.properties() }
      } else {
        return CreateDatabase(
          name: name, ifNotExists: ifNotExists, comment: comment, location: location, properties: properties ?? [])
      }
    }
  }

  private mutating func createView(isReplacing: Bool, isTemporary: Bool) throws(ParseFailure) -> CreateView {
    let ifNotExists = try acceptIfNotExists()
    let name = try qualifiedName("a view")
    let columns = at(.leftParen) ? try viewColumns() : []
    var comment: String?
    var properties: [Property]?
    while true {
      let opening = token
      if accept(.comment) {
        try once(&comment, opening) { (parser) throws(ParseFailure) in try parser.comment() }
      } else if accept(.tblproperties) {
        try once(&properties, opening) { (parser) throws(ParseFailure) in try parser.properties() }
      } else if at(.using) {
        throw unsupported("CREATE TEMPORARY VIEW ... USING", at: span(of: token))
      } else {
        break
      }
    }
    try expect(.as)
    let query = try query()
    return CreateView(
      name: name, isReplacing: isReplacing, isTemporary: isTemporary, ifNotExists: ifNotExists,
      columns: columns, comment: comment, properties: properties ?? [], query: query, querySpan: query.span)
  }

  private mutating func viewColumns() throws(ParseFailure) -> [ViewColumn] {
    try parenthesized { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in
        let name = try parser.identifier("a column")
        return ViewColumn(name: name, comment: parser.accept(.comment) ? try parser.comment() : nil)
      }
    }
  }

  mutating func dropStatement() throws(ParseFailure) -> StatementKind {
    advance()
    switch try expectAny([.table, .view, .database, .schema, .namespace, .function, .materialized]) {
    case .table:
      let ifExists = try acceptIfExists()
      let name = try qualifiedName("a table")
      return .dropTable(DropTable(name: name, ifExists: ifExists, isPurge: accept(.purge)))
    case .view:
      let ifExists = try acceptIfExists()
      return .dropView(DropView(name: try qualifiedName("a view"), ifExists: ifExists))
    case .database, .schema, .namespace:
      let ifExists = try acceptIfExists()
      let name = try qualifiedName("a database")
      let isCascade = acceptAny([.cascade, .restrict]) == .cascade
      return .dropDatabase(DropDatabase(name: name, ifExists: ifExists, isCascade: isCascade))
    default:
      let word = tokens[index - 1]
      throw unsupported("DROP \(text(word).uppercased())", at: span(of: word))
    }
  }

  // MARK: Tables

  private mutating func createTable(isReplacing: Bool, isExternal: Bool) throws(ParseFailure) -> StatementKind {
    let ifNotExists = try acceptIfNotExists()
    let name = try qualifiedName("a table")
    if !isReplacing, !isExternal, accept(.like) {
      return .createTableLike(try createTableLike(name, ifNotExists: ifNotExists))
    }
    let columns = at(.leftParen) && !startsQuery(at: 1) ? try columnDefinitions() : []
    var clauses = TableClauses()
    while try tableClause(&clauses, allowed: TableClauses.all) {}
    let query = accept(.as) || startsQuery(at: 0) ? try query() : nil
    return .createTable(
      CreateTable(
        name: name, isReplacing: isReplacing, isExternal: isExternal,
        ifNotExists: ifNotExists, columns: columns, partitionedBy: clauses.partitionedBy ?? [],
        rowFormat: clauses.rowFormat, storage: clauses.storage,
        options: clauses.options ?? [], location: clauses.location, comment: clauses.comment,
        properties: clauses.properties ?? [], query: query))
  }

  private mutating func createTableLike(
    _ name: QualifiedName, ifNotExists: Bool
  ) throws(ParseFailure) -> CreateTableLike {
    let source = try qualifiedName("a table")
    var clauses = TableClauses()
    while try tableClause(&clauses, allowed: [.location, .tblproperties]) {}
    if at(.stored) || at(.using) {
      throw unsupported("CREATE TABLE LIKE with a format of its own", at: span(of: token))
    }
    return CreateTableLike(
      name: name, source: source, ifNotExists: ifNotExists, location: clauses.location,
      properties: clauses.properties ?? [])
  }

  private mutating func columnDefinitions() throws(ParseFailure) -> [ColumnDefinition] {
    try parenthesized { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in
        try parser.rejectConstraint()
        return try parser.columnDefinition()
      }
    }
  }

  private func rejectConstraint() throws(ParseFailure) {
    let next = peek()
    let isConstraint =
      switch token.keyword {
      case .constraint: isName(next) && [.primary, .foreign, .unique, .check].contains(peek(2).keyword)
      case .primary, .foreign: next.keyword == .key
      case .unique, .check: next.kind == .leftParen
      default: false
      }
    if isConstraint { throw unsupported("a table constraint", at: span(of: token)) }
  }

  /// Whether a clause of a column comes next that is not supported.
  private var acceptsNoColumnClause: Bool {
    let clauses: [Keyword?] = [.generated, .primary, .unique, .check, .references, .constraint]
    return token.keyword != nil && clauses.contains(token.keyword)
  }

  mutating func columnDefinition() throws(ParseFailure) -> ColumnDefinition {
    let start = start
    let name = try identifier("the name of a column")
    _ = accept(.colon)
    let type = try typeName()
    var isNotNull: Bool?
    var defaultValue: Expression?
    var comment: String?
    while true {
      let opening = token
      if accept(.not) {
        try once(&isNotNull, opening) { (parser) throws(ParseFailure) in
          try parser.expect(.null)
          return true
        }
      } else if accept(.default) {
        try once(&defaultValue, opening) { (parser) throws(ParseFailure) in try parser.value() }
      } else if accept(.comment) {
        try once(&comment, opening) { (parser) throws(ParseFailure) in try parser.comment() }
      } else if acceptsNoColumnClause {
        throw unsupported("\(text(token).uppercased()) of a column", at: span(of: token))
      } else {
        return ColumnDefinition(
          name: name, type: type, isNotNull: isNotNull ?? false, defaultValue: defaultValue, comment: comment,
          span: span(from: start))
      }
    }
  }
}
