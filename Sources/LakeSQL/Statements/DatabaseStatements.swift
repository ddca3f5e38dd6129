import LakeCatalog
import LakeDiagnostics
import LakeSyntax
import LakeTables

extension StatementExecutor {
  func run(_ create: CreateDatabase) throws(QueryError) -> StatementCompletion {
    try transaction.createDatabase(
      try databaseName(create.name), comment: create.comment, location: create.location,
      properties: Self.dictionary(create.properties), ifNotExists: create.ifNotExists)
    return .command
  }

  func run(_ alter: AlterDatabase) throws(QueryError) -> StatementCompletion {
    let action = alter.action
    try transaction.alterDatabase(try databaseName(alter.name)) { (definition) throws(QueryError) in
      switch action {
      case .setProperties(let properties):
        definition.properties.merge(Self.dictionary(properties)) { _, new in new }
      case .unsetProperties(let keys): for key in keys { definition.properties[key] = nil }
      case .setLocation(let location): definition.location = location
      }
    }
    return .command
  }

  func run(_ drop: DropDatabase) throws(QueryError) -> StatementCompletion {
    let name = try databaseName(drop.name)
    try transaction.dropDatabase(name, cascade: drop.isCascade, ifExists: drop.ifExists)
    if TableName.folded(name) == TableName.folded(core.currentDatabase) { core.currentDatabase = "default" }
    return .command
  }

  func use(_ name: QualifiedName) throws(QueryError) -> StatementCompletion {
    let wanted = try databaseName(name)
    guard let database = try transaction.database(wanted) else {
      let names = try transaction.databases().map(\.name)
      throw QueryError(
        .schemaNotFound, .catalog, "there is no database \(wanted)", span: name.span,
        hint: NearestName.of(wanted, among: names).map { "did you mean \($0)?" })
    }
    core.currentDatabase = database.name
    return .command
  }

  /// A database's name, which may stand behind the catalog's.
  func databaseName(_ name: QualifiedName) throws(QueryError) -> String {
    let parts = name.parts.map(\.name)
    if parts.count == 1 { return parts[0] }
    if parts.count == 2, parts[0].lowercased() == Metastore.catalogName { return parts[1] }
    throw QueryError(
      .schemaNotFound, .catalog, "there is no database \(name.text); databases have one name", span: name.span)
  }

  static func dictionary(_ properties: [Property]) -> [String: String] {
    Dictionary(properties.map { ($0.key, $0.value) }) { _, last in last }
  }
}
