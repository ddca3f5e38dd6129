package import LakeCatalog
package import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// A table or view by what it is.
package enum ResolvedTable: Sendable {
  case managed(IcebergTable)
  case external(HiveTable)
  case view(ViewDefinition)
}

extension LakeTransaction {
  /// What a name stands for, or nil.
  package func table(_ name: TableName) throws(QueryError) -> ResolvedTable? {
    try withState { (state) throws(QueryError) in
      switch try state.lookUp(name) {
      case .managed(let table): return .managed(try IcebergTable(table, self.warehouse.cache))
      case .external(let table):
        let loaded = try state.loadPartitions(of: name, table)
        return .external(try HiveTable(loaded, self.warehouse.fileSystem))
      case .view(let view): return .view(view)
      case nil: return nil
      }
    }
  }

  /// The error for a name that stands for nothing, with a hint at the nearest one and, if wanted, its database.
  package func tableNotFound(_ name: TableName, hintsAtDatabase: Bool = true) -> QueryError {
    do throws(QueryError) {
      return try withState { (state) throws(QueryError) in
        try state.notFound(name, hintsAtDatabase: hintsAtDatabase)
      }
    } catch {
      return error
    }
  }

  /// The tables and views of a database, by name.
  package func tables(in database: String) throws(QueryError) -> [CatalogListing] {
    try withState { (state) throws(QueryError) in
      _ = try state.requireDatabase(database)
      return try state.listing(of: database)
    }
  }

  /// Creates a managed table; returns false if it exists already and that is fine.
  @discardableResult
  package func createManagedTable(_ definition: TableDefinition) throws(QueryError) -> Bool {
    try withState { (state) throws(QueryError) in
      try state.createManaged(definition, self.warehouse)
    }
  }

  /// Creates an external table without partitions; returns false if it exists already and that is fine.
  @discardableResult
  package func createExternalTable(
    _ table: ExternalTable, at place: ExternalPlace = .given, mode: CreateMode = .create
  ) throws(QueryError) -> Bool {
    try withState { (state) throws(QueryError) in
      let database = try state.requireDatabase(table.name.database)
      try Self.checkFolderName(table.name.table)
      var table = table
      table.location = try Self.uri(table.location, relativeTo: self.warehouse.path)
      try Self.checkNames(table.schema.fields)
      for field in table.schema.fields { try table.requireStorable(field) }
      try TableProperties.check(table.properties, in: table.properties)
      switch try state.lookUp(table.name) {
      case nil: table.version = 0
      case .some where mode == .ifNotExists: return false
      case .external(let existing) where mode == .orReplace:
        _ = try state.loadPartitions(of: table.name, existing)
        table.version = existing.definition.version
      case .managed(let existing) where mode == .orReplace:
        try state.dropManaged(existing, purge: true, self.journal)
        table.version = 0
      case .some(let existing): throw Self.alreadyExists(existing.name)
      }
      switch place {
      case .given: break
      case .givenEmpty: try state.requireEmpty(table.location)
      case .own: table.location = try state.freshLocation(of: table.name, in: database)
      }
      state.set(table.name, .external(ExternalState(definition: table, partitions: [:])))
      state.tables[table.name]?.isOptional = mode == .ifNotExists
      return true
    }
  }

  /// Creates a view; returns false if it exists already and that is fine.
  @discardableResult
  package func createView(_ view: ViewDefinition, mode: CreateMode = .create) throws(QueryError) -> Bool {
    try withState { (state) throws(QueryError) in
      _ = try state.requireDatabase(view.name.database)
      var view = view
      switch try state.lookUp(view.name) {
      case nil: view.version = 0
      case .some where mode == .ifNotExists: return false
      case .view(let existing) where mode == .orReplace: view.version = existing.version
      case .some(let existing): throw Self.alreadyExists(existing.name)
      }
      state.set(view.name, .view(view))
      state.tables[view.name]?.isOptional = mode == .ifNotExists
      return true
    }
  }

  /// Drops a table or view. With `purge` the files of a managed table go after the commit, if they lie in the
  /// warehouse; those of external tables always stay. Returns false if there is none and that is fine.
  @discardableResult
  package func dropTable(_ name: TableName, purge: Bool, ifExists: Bool = false) throws(QueryError) -> Bool {
    try withState { (state) throws(QueryError) in
      if ifExists, try state.lookUp(name) == nil { return false }
      try state.drop(name, purge: purge, self.journal)
      return true
    }
  }

  /// Gives a table or view another name; its files stay where they are.
  package func renameTable(_ name: TableName, to newName: TableName) throws(QueryError) {
    try withState { (state) throws(QueryError) in
      var table = try state.require(name)
      _ = try state.requireDatabase(newName.database)
      try Self.checkFolderName(newName.table)
      if name != newName, let taken = try state.lookUp(newName) { throw Self.alreadyExists(taken.name) }
      switch table {
      case .managed(var managed):
        managed.name = newName
        table = .managed(managed)
      case .external(let external):
        var loaded = try state.loadPartitions(of: name, external)
        loaded.definition.name = newName
        table = .external(loaded)
      case .view(var view):
        view.name = newName
        table = .view(view)
      }
      state.set(name, nil)
      state.set(newName, table)
    }
  }

  static func alreadyExists(_ name: TableName) -> QueryError {
    QueryError(
      .tableAlreadyExists, .catalog, "the table or view exists already: \(name)",
      hint: "use IF NOT EXISTS, CREATE OR REPLACE, or drop it first")
  }

  /// The `file://` URI of a path, which may be relative.
  static func uri(_ location: String, relativeTo directory: String) throws(QueryError) -> String {
    FilePath.fileURI(FilePath.absolute(try FilePath.path(fromURI: location), relativeTo: directory))
  }

  /// Throws for names that cannot be those of a folder, however they are escaped.
  static func checkFolderName(_ name: String) throws(QueryError) {
    guard ["", ".", ".."].contains(name) else { return }
    throw QueryError(.invalidParameter, .catalog, "a database or table cannot have this name: '\(name)'")
  }

  /// Throws if two columns have one name.
  static func checkNames(_ fields: [Field]) throws(QueryError) {
    var seen: Set<String> = []
    for field in fields where !seen.insert(field.name.lowercased()).inserted {
      throw QueryError(.columnAlreadyExists, .bind, "the table has two columns with the name \(field.name)")
    }
  }
}

/// Where an external table is created.
package enum ExternalPlace {
  /// Where its location says, over the files that are there.
  case given
  /// Where its location says; there must be no files.
  case givenEmpty
  /// In a folder of its own, which is chosen; its location does not count.
  case own
}

extension TransactionState {
  mutating func createManaged(_ definition: TableDefinition, _ warehouse: Warehouse) throws(QueryError) -> Bool {
    let database = try requireDatabase(definition.name.database)
    try LakeTransaction.checkFolderName(definition.name.table)
    try LakeTransaction.checkNames(definition.schema.fields)
    var properties = definition.properties
    if let comment = definition.comment { properties["comment"] = comment }
    try TableProperties.check(properties, in: properties)
    if properties["write.parquet.compression-codec"] == nil {
      properties["write.parquet.compression-codec"] = properties["parquet.compression"]?.lowercased() ?? "zstd"
    }
    switch try lookUp(definition.name) {
    case nil: break
    case .some where definition.mode == .ifNotExists: return false
    case .managed(let existing) where definition.mode == .orReplace:
      try replaceManaged(existing, definition, properties)
      return true
    case .external where definition.mode == .orReplace: break
    case .some(let existing): throw LakeTransaction.alreadyExists(existing.name)
    }
    let location = try newLocation(definition, in: database, warehouse)
    let name = TableName(database.name, definition.name.table)
    let metadata = try TableMetadata.new(
      uuid: UUIDText.random(), location: location, fields: definition.schema.fields,
      partitioning: definition.partitioning, properties: properties, atMillis: Metastore.currentMicros() / 1000)
    set(name, .managed(ManagedState(name: name, created: metadata, metadata: metadata)))
    tables[name]?.isOptional = definition.mode == .ifNotExists
    return true
  }

  private mutating func replaceManaged(
    _ existing: ManagedState, _ definition: TableDefinition, _ properties: [String: String]
  ) throws(QueryError) {
    var table = existing
    let fields = definition.schema.fields
    let before = table.metadata
    try table.metadata.replace(fields: fields, partitioning: definition.partitioning, properties: properties)
    table.added = []
    table.removed = []
    // What the transaction did to the old definition does not matter any more, except for the ids it took.
    table.changes.append(
      .replaceDefinition(
        fields: fields, partitioning: definition.partitioning, properties: properties,
        lastColumnID: before.lastColumnID, lastPartitionID: before.lastPartitionID,
        baseSnapshotID: before.currentSnapshotID))
    set(definition.name, .managed(table))
  }

  /// Where a new table goes; a folder that is in use (such as one left by a dropped table) is never shared.
  private func newLocation(
    _ definition: TableDefinition, in database: DatabaseDefinition, _ warehouse: Warehouse
  ) throws(QueryError) -> String {
    if let location = definition.location {
      let uri = try LakeTransaction.uri(location, relativeTo: warehouse.path)
      let path = try FilePath.path(fromURI: uri)
      // The folder is the table's own from now on: it goes when the table is dropped.
      let files = try warehouse.fileSystem.files(under: path, recursive: true)
      if isLocation(path) || !files.isEmpty {
        throw QueryError(
          .notAllowed, .catalog, "the location of a new managed table must be empty: \(path)",
          hint: "use CREATE EXTERNAL TABLE over files that are there")
      }
      return uri
    }
    return try freshLocation(of: definition.name, in: database)
  }

  /// A folder of a table's own in that of its database.
  func freshLocation(of name: TableName, in database: DatabaseDefinition) throws(QueryError) -> String {
    let path = FilePath.join(try FilePath.path(fromURI: database.location), HivePartitionPath.escaped(name.table))
    let isUsed = try warehouse.fileSystem.status(of: path) != nil || isLocation(path)
    return FilePath.fileURI(isUsed ? path + "-" + UUIDText.random().prefix(8) : path)
  }

  /// Throws if files lie where a table is to be created from a query's rows: they would be rows of the table, too.
  func requireEmpty(_ location: String) throws(QueryError) {
    let path = try FilePath.path(fromURI: location)
    let files = try warehouse.fileSystem.files(under: path, recursive: true)
    if files.isEmpty, !isLocation(path) { return }
    throw QueryError(
      .notAllowed, .catalog, "the location of a table that a query fills must be empty: \(path)",
      hint: "choose another folder; or create the table without AS, and use INSERT INTO or INSERT OVERWRITE")
  }

  /// Whether a table of this transaction lies there.
  private func isLocation(_ path: String) -> Bool {
    let uri = FilePath.fileURI(path)
    return tables.values.contains { overlay in
      [overlay.base, overlay.current].contains { state in
        switch state {
        case .managed(let table): table.metadata.location == uri
        case .external(let table): table.definition.location == uri
        default: false
        }
      }
    }
  }

  mutating func drop(_ name: TableName, purge: Bool, _ journal: StagingJournal) throws(QueryError) {
    if case .managed(let table) = try require(name) { try dropManaged(table, purge: purge, journal) }
    set(name, nil)
  }

  /// Plans the removal of a managed table's files; only those of tables inside the warehouse are ours to remove.
  func dropManaged(_ table: ManagedState, purge: Bool, _ journal: StagingJournal) throws(QueryError) {
    guard purge, let own = table.storedLocation else { return }
    let path = FilePath.normalized(try FilePath.path(fromURI: table.metadata.location))
    guard path.utf8.starts(with: (warehouse.path + "/").utf8) else { return }
    let prefix = FilePath.fileURI(path) + "/"
    for other in try warehouse.metastore().metadataLocations().values
    where other != own && other.utf8.starts(with: prefix.utf8) {
      throw QueryError(
        .notAllowed, .catalog, "the folder of table \(table.name) holds another table, whose files would go with it",
        hint: "drop that one first", cause: other)
    }
    try journal.record(.removeDirectory(path))
  }
}
