/// `CREATE DATABASE [IF NOT EXISTS] name`
package struct CreateDatabase: Hashable, Sendable {
  package var name: QualifiedName
  package var ifNotExists: Bool
  package var comment: String?
  package var location: String?
  package var properties: [Property]
}

/// `ALTER DATABASE name SET ...`
package struct AlterDatabase: Hashable, Sendable {
  package enum Action: Hashable, Sendable {
    case setProperties([Property])
    case unsetProperties([String])
    case setLocation(String)
  }

  package var name: QualifiedName
  package var action: Action
}

/// `DROP DATABASE [IF EXISTS] name [CASCADE]`
package struct DropDatabase: Hashable, Sendable {
  package var name: QualifiedName
  package var ifExists: Bool
  package var isCascade: Bool
}
