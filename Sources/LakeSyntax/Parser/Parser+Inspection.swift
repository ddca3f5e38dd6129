import LakeDiagnostics

// SHOW and DESCRIBE.
extension Parser {
  mutating func showStatement() throws(ParseFailure) -> Show {
    advance()
    if acceptAny([.user, .system, .all]) != nil {
      try expect(.functions)
      return .functions(pattern: try likePattern())
    }
    let objects: [Keyword] = [
      .databases, .schemas, .namespaces, .tables, .views, .partitions, .columns, .create, .tblproperties,
      .functions, .current,
    ]
    switch try expectAny(objects) {
    case .databases, .schemas, .namespaces: return .databases(pattern: try likePattern())
    case .tables: return .tables(in: try container(), pattern: try likePattern())
    case .views: return .views(in: try container(), pattern: try likePattern())
    case .partitions: return .partitions(try qualifiedName("a table"), try partitionSpecIfAny())
    case .columns: return try showColumns()
    case .create:
      _ = try expectAny([.table, .view])
      return .createTable(try qualifiedName("a table"))
    case .tblproperties: return try showProperties()
    case .functions: return .functions(pattern: try likePattern())
    default:
      _ = try expectAny([.database, .schema, .namespace])
      return .currentDatabase
    }
  }

  private mutating func container() throws(ParseFailure) -> QualifiedName? {
    acceptAny([.in, .from]) == nil ? nil : try qualifiedName("a database")
  }

  private mutating func likePattern() throws(ParseFailure) -> String? {
    if accept(.like) { return try string("a pattern as a string") }
    return isAtString ? try string("a pattern as a string") : nil
  }

  private mutating func showColumns() throws(ParseFailure) -> Show {
    _ = try expectAny([.in, .from])
    let table = try qualifiedName("a table")
    guard let database = try container() else { return .columns(table) }
    return .columns(QualifiedName(database.parts + [table.last], span: table.span.union(database.span)))
  }

  private mutating func showProperties() throws(ParseFailure) -> Show {
    let table = try qualifiedName("a table")
    guard at(.leftParen) else { return .tableProperties(table, key: nil) }
    let key = try parenthesized { (parser) throws(ParseFailure) in try parser.propertyKey() }
    return .tableProperties(table, key: key)
  }

  mutating func describeStatement() throws(ParseFailure) -> Describe {
    advance()
    if token.keyword != .table, startsQuery(at: 0) { return .query(try query()) }
    if startsQuery(at: 1), accept(.query) { return .query(try query()) }
    if isName(peek()) || peek().kind == .string || peek().kind == .rawString {
      if acceptAny([.database, .schema, .namespace]) != nil {
        let detail = describeDetail()
        return .database(try qualifiedName("a database"), detail)
      }
      if accept(.function) {
        let detail = describeDetail()
        return .function(isAtString ? try string("a function") : try qualifiedName("a function").text, detail)
      }
      _ = accept(.table)
    }
    let detail = describeDetail()
    let table = try qualifiedName("a table")
    if at(.partition), peek().kind == .leftParen {
      throw unsupported("DESCRIBE of a partition", at: span(of: token), hint: "SHOW PARTITIONS lists them")
    }
    let column = isName(token) ? try qualifiedName("a column") : nil
    return .table(table, column: column, detail)
  }

  private mutating func describeDetail() -> Describe.Detail {
    guard isName(peek()) || peek().kind == .string || peek().kind == .rawString else { return .plain }
    if accept(.extended) { return .extended }
    return accept(.formatted) ? .formatted : .plain
  }
}
