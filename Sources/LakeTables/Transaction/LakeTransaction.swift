import LakeCatalog
package import LakeDiagnostics
import LakeFileSystem
import LakeTypes
import Synchronization

/// The unit of atomicity: one statement, or a whole script that commits as one.
///
/// Reads see the transaction's own changes; apart from those, all managed tables are seen in the states they had at one
/// moment, when the transaction first touched one. Nothing is visible to others before `commit()`. A transaction that
/// goes away without a commit is rolled back. Calls may come from any thread, one at a time.
package final class LakeTransaction: Sendable {
  package let warehouse: Warehouse
  let journal: StagingJournal
  private let state: Mutex<TransactionState>

  init(_ warehouse: Warehouse) {
    self.warehouse = warehouse
    journal = StagingJournal(warehouse: warehouse.path)
    state = Mutex(TransactionState(warehouse))
  }

  deinit { if !state.withLock({ $0.isFinished }) { rollback() } }

  /// A file system whose new files vanish unless the transaction commits.
  var stagingFileSystem: JournaledFileSystem { JournaledFileSystem(base: warehouse.fileSystem, journal: journal) }

  func withState<T: Sendable>(_ body: (inout TransactionState) throws(QueryError) -> T) throws(QueryError) -> T {
    try state.withLock { (state) throws(QueryError) in
      if state.isFinished { throw QueryError.internal("the transaction has ended already") }
      return try body(&state)
    }
  }

  /// Whether a commit would change anything.
  package var hasChanges: Bool { state.withLock { !$0.isFinished && $0.hasChanges } }

  /// Drops all changes and removes staged files (as far as that works); the transaction has ended then.
  package func rollback() {
    state.withLock { $0.isFinished = true }
    journal.rollBack(warehouse.fileSystem, warehouse: warehouse.path)
  }

  /// Makes all changes visible at once, or none of them and throws; the transaction has ended then.
  ///
  /// Appends, and overwrites of partitions that nobody else changed, are replayed on tables that others changed
  /// meanwhile; other overlaps throw `.commitConflict`. Tables in the Hive layout are weaker: their files appear one
  /// after the other right after the commit, and a process that is killed there leaves the rest to the next one.
  package func commit() throws(QueryError) {
    if try !withState({ (state) throws(QueryError) in state.hasChanges }) { return rollback() }
    do throws(QueryError) {
      try withState { (state) throws(QueryError) in
        try TransactionCommit(warehouse, journal, stagingFileSystem).run(&state)
        state.isFinished = true
      }
    } catch {
      rollback()
      throw error
    }
    try journal.finishCommitted(warehouse.fileSystem)
    warehouse.noteFinished(journal.transaction)
  }
}

/// What a transaction has seen and changed.
struct TransactionState: Sendable {
  let warehouse: Warehouse
  /// By folded name.
  var databases: [String: DatabaseOverlay] = [:]
  var tables: [TableName: TableOverlay] = [:]
  var isFinished = false
  /// The states of all managed tables at the moment of the first look, so that what others change together in several
  /// tables is seen as a whole or not at all.
  private var locations: [[String]: String]?

  struct DatabaseOverlay: Sendable {
    var base: DatabaseDefinition?
    var current: DatabaseDefinition?
    /// Whether it was created IF NOT EXISTS.
    var isOptional = false
  }

  init(_ warehouse: Warehouse) { self.warehouse = warehouse }

  var hasChanges: Bool {
    databases.values.contains { $0.base != $0.current } || tables.values.contains(where: TransactionCommit.isChanged)
  }

  /// The database with this name, or nil.
  mutating func database(_ name: String) throws(QueryError) -> DatabaseDefinition? {
    let key = TableName.folded(name)
    if let known = databases[key] { return known.current }
    let stored = try warehouse.metastore().database(name)
    databases[key] = DatabaseOverlay(base: stored, current: stored)
    return stored
  }

  mutating func requireDatabase(_ name: String) throws(QueryError) -> DatabaseDefinition {
    if let definition = try database(name) { return definition }
    let names = try allDatabases().map(\.name)
    throw QueryError(
      .schemaNotFound, .catalog, "there is no database \(name)",
      hint: NearestName.of(name, among: names).map { "did you mean \($0)?" })
  }

  /// All databases, by name.
  mutating func allDatabases() throws(QueryError) -> [DatabaseDefinition] {
    var result: [String: DatabaseDefinition] = [:]
    for stored in try warehouse.metastore().databases() { result[TableName.folded(stored.name)] = stored }
    for (key, overlay) in databases { result[key] = overlay.current }
    return result.values.sorted { $0.name < $1.name }
  }

  /// What a name stands for, or nil.
  mutating func lookUp(_ name: TableName) throws(QueryError) -> TableState? {
    if let known = tables[name] { return known.current }
    guard try database(name.database) != nil else { return nil }
    let stored = try load(name)
    tables[name] = TableOverlay(base: stored, current: stored)
    return stored
  }

  private mutating func load(_ name: TableName) throws(QueryError) -> TableState? {
    if locations == nil { locations = try warehouse.metastore().metadataLocations() }
    switch try warehouse.metastore().entry(name) {
    case .managed(let stored, let current):
      let location = locations?[[stored.database, stored.table]] ?? current
      let metadata = try warehouse.cache.metadata(at: location)
      return .managed(ManagedState(name: stored, storedLocation: location, metadata: metadata))
    case .external(let table):
      try warehouse.requireFinished(try FilePath.path(fromURI: table.location))
      return .external(ExternalState(definition: table))
    case .view(let view): return .view(view)
    case nil: return nil
    }
  }

  mutating func require(_ name: TableName) throws(QueryError) -> TableState {
    if let state = try lookUp(name) { return state }
    throw try notFound(name)
  }

  mutating func requireManaged(_ name: TableName) throws(QueryError) -> ManagedState {
    guard case .managed(let table) = try require(name) else {
      throw QueryError(.notAllowed, .catalog, "this works on managed tables only: \(name)")
    }
    return table
  }

  mutating func requireExternal(_ name: TableName) throws(QueryError) -> ExternalState {
    guard case .external(let table) = try require(name) else {
      throw QueryError(.notAllowed, .catalog, "this works on external tables only: \(name)")
    }
    return table
  }

  /// The error for a name that stands for nothing, with the nearest one that does.
  mutating func notFound(_ name: TableName) throws(QueryError) -> QueryError {
    _ = try requireDatabase(name.database)
    let names = try listing(of: name.database).map(\.name.table)
    var hint = NearestName.of(name.table, among: names).map { "did you mean \($0)?" }
    if hint == nil {
      for other in try allDatabases() where hint == nil {
        let found = try listing(of: other.name).first {
          TableName.folded($0.name.table) == TableName.folded(name.table)
        }
        hint = found.map { "there is a table \($0.name)" }
      }
    }
    return QueryError(.tableNotFound, .bind, "there is no table or view \(name)", hint: hint)
  }

  /// The tables and views of a database, by name.
  mutating func listing(of database: String) throws(QueryError) -> [CatalogListing] {
    var result: [TableName: CatalogListing] = [:]
    for stored in try warehouse.metastore().listing(of: database) { result[stored.name] = stored }
    let folded = TableName.folded(database)
    for (name, overlay) in tables where TableName.folded(name.database) == folded {
      result[name] = overlay.current.map { CatalogListing(name: $0.name, kind: $0.kind) }
    }
    return result.values.sorted { $0.name.table < $1.name.table }
  }

  /// Gives up what was created IF NOT EXISTS and exists by now because of somebody else; false if there is nothing
  /// like that. Throws `.commitConflict` where the transaction went on to use what it created.
  mutating func yieldToOthers() throws(QueryError) -> Bool {
    var hasYielded = false
    for (key, overlay) in databases where overlay.isOptional && overlay.base == nil {
      guard let name = overlay.current?.name, let stored = try warehouse.metastore().database(name) else { continue }
      databases[key] = DatabaseOverlay(base: stored, current: stored)
      hasYielded = true
    }
    for (name, overlay) in tables where overlay.isOptional && overlay.base == nil && overlay.current != nil {
      guard try warehouse.metastore().entry(name) != nil else { continue }
      if case .managed(let table)? = overlay.current, !table.changes.isEmpty {
        throw SnapshotProducer.conflict(name.description, "it was created")
      }
      if case .external(let table)? = overlay.current, !table.added.isEmpty {
        throw SnapshotProducer.conflict(name.description, "it was created")
      }
      tables[name] = nil
      hasYielded = true
    }
    return hasYielded
  }

  /// Sets what a name stands for; the name must have been looked up before.
  mutating func set(_ name: TableName, _ state: TableState?) { tables[name, default: TableOverlay()].current = state }
}

extension TableState {
  var kind: CatalogListing.Kind {
    switch self {
    case .managed: .managed
    case .external: .external
    case .view: .view
    }
  }
}
