package import LakeCatalog
package import LakeDiagnostics
import LakeFileSystem

extension LakeTransaction {
  /// All databases, by name.
  package func databases() throws(QueryError) -> [DatabaseDefinition] {
    try withState { (state) throws(QueryError) in try state.allDatabases() }
  }

  /// The database with this name, or nil.
  package func database(_ name: String) throws(QueryError) -> DatabaseDefinition? {
    try withState { (state) throws(QueryError) in try state.database(name) }
  }

  /// Creates a database; returns false if it exists already and that is fine.
  @discardableResult
  package func createDatabase(
    _ name: String, comment: String? = nil, location: String? = nil, properties: [String: String] = [:],
    ifNotExists: Bool = false
  ) throws(QueryError) -> Bool {
    try withState { (state) throws(QueryError) in
      if let existing = try state.database(name) {
        if ifNotExists { return false }
        throw QueryError(.schemaAlreadyExists, .catalog, "the database exists already: \(existing.name)")
      }
      try Self.checkFolderName(name)
      let place = try location.map { (text) throws(QueryError) in
        FilePath.fileURI(FilePath.absolute(try FilePath.path(fromURI: text), relativeTo: self.warehouse.path))
      }
      state.databases[TableName.folded(name), default: .init()].current = DatabaseDefinition(
        name: name, comment: comment, location: place ?? self.warehouse.location(ofDatabase: name),
        properties: properties)
      state.databases[TableName.folded(name)]?.isOptional = ifNotExists
      return true
    }
  }

  /// Changes comment, location and properties of a database; its name stays.
  package func alterDatabase(
    _ name: String, _ change: @Sendable (inout DatabaseDefinition) throws(QueryError) -> Void
  ) throws(QueryError) {
    try withState { (state) throws(QueryError) in
      var definition = try state.requireDatabase(name)
      let stored = definition.name
      try change(&definition)
      definition.name = stored
      state.databases[TableName.folded(name), default: .init()].current = definition
    }
  }

  /// Drops a database, with `cascade` all its tables and views first; returns false if there is none and that is fine.
  @discardableResult
  package func dropDatabase(_ name: String, cascade: Bool = false, ifExists: Bool = false) throws(QueryError) -> Bool {
    try withState { (state) throws(QueryError) in
      if ifExists, try state.database(name) == nil { return false }
      let definition = try state.requireDatabase(name)
      if definition.name == Metastore.defaultDatabase {
        throw QueryError(.notAllowed, .catalog, "the database default cannot be dropped")
      }
      let content = try state.listing(of: name)
      if !cascade, !content.isEmpty {
        throw QueryError(
          .schemaNotEmpty, .catalog, "the database is not empty: \(definition.name)",
          hint: "drop its tables first, or use DROP DATABASE ... CASCADE")
      }
      for item in content { try state.drop(item.name, purge: true, self.journal) }
      state.databases[TableName.folded(name), default: .init()].current = nil
      return true
    }
  }
}
