import Glibc
import LakeCatalog
import LakeDiagnostics
import LakeFileSystem
import LakeTypes
import Synchronization

/// Makes the changes of a transaction visible: files first, then one transaction of the metastore.
struct TransactionCommit {
  private let warehouse: Warehouse
  private let journal: StagingJournal
  private let staging: JournaledFileSystem

  /// How often changes are replayed on what others committed meanwhile.
  private static let attempts = 20

  init(_ warehouse: Warehouse, _ journal: StagingJournal, _ staging: JournaledFileSystem) {
    self.warehouse = warehouse
    self.journal = journal
    self.staging = staging
  }

  func run(_ state: inout TransactionState) throws(QueryError) {
    try recordPublication(state)
    // What takes long comes before the turn.
    try journal.makeDurable(staging)
    let turn = CommitTurn(warehouse: warehouse.path)
    defer { turn.end() }
    for attempt in 1... {
      let files = AttemptFiles(staging)
      let changes: [CatalogChange]
      do throws(QueryError) {
        changes = try plan(state, files)
        try journal.makeDurable(staging)
      } catch {
        // The changes themselves do not fit what others committed: planning them anew would not help.
        files.remove(journal)
        throw error
      }
      do throws(QueryError) {
        return try apply(changes)
      } catch {
        files.remove(journal)
        let isTaken = error.code == .tableAlreadyExists || error.code == .schemaAlreadyExists
        if isTaken, try state.yieldToOthers() { continue }
        guard error.code == .commitConflict, attempt < Self.attempts, try canReplay(state) else { throw error }
        usleep(UInt32.random(in: 500...3000) * UInt32(min(attempt, 8)))
      }
    }
  }

  /// Commits the changes together with the notes about this transaction and those that are done with.
  private func apply(_ changes: [CatalogChange]) throws(QueryError) {
    var changes = changes
    if !journal.isEmpty { changes.append(.markCommitted(journal.transaction)) }
    let finished = warehouse.takeFinished()
    changes += finished.map { .forgetCommit($0) }
    do throws(QueryError) {
      try warehouse.metastore().apply(changes)
    } catch {
      for transaction in finished { warehouse.noteFinished(transaction) }
      throw error
    }
  }

  /// Whether a conflict may be gone when the changes are planned anew on the current state.
  private func canReplay(_ state: TransactionState) throws(QueryError) -> Bool {
    for (name, overlay) in state.tables where Self.isChanged(overlay) {
      guard case .managed(let table)? = overlay.current, let stored = table.storedLocation else { continue }
      let entry = try warehouse.metastore().entry(name)
      if case .managed(let current, let location)? = entry, current == table.name, location != stored { return true }
    }
    return false
  }

  /// Writes down what external tables need after the commit.
  private func recordPublication(_ state: TransactionState) throws(QueryError) {
    var steps: [StagingJournal.Step] = []
    for overlay in state.tables.values {
      guard case .external(let table)? = overlay.current else { continue }
      steps += table.added.map { .publish($0.stagedPath, to: $0.finalPath) }
      steps += table.removed.sorted().map { .remove($0) }
      steps += table.removedDirectories.sorted().map { .removeDirectory($0) }
    }
    try journal.record(steps)
  }

  static func isChanged(_ overlay: TableOverlay) -> Bool {
    switch (overlay.base, overlay.current) {
    case (nil, nil): false
    case (.managed(let base)?, .managed(let current)?):
      base.storedLocation != current.storedLocation || !current.changes.isEmpty || isRenamed(base.name, current.name)
    case (.external(let base)?, .external(let current)?):
      base.definition != current.definition || base.partitions != current.partitions || !current.added.isEmpty
        || !current.removed.isEmpty || !current.removedDirectories.isEmpty
    case (.view(let base)?, .view(let current)?): base != current
    default: true
    }
  }

  private static func isRenamed(_ a: TableName, _ b: TableName) -> Bool {
    a.database != b.database || a.table != b.table
  }

  /// The metastore's changes, with new metadata files written for them.
  private func plan(_ state: TransactionState, _ files: AttemptFiles) throws(QueryError) -> [CatalogChange] {
    var drops: [CatalogChange] = []
    var changes: [CatalogChange] = []
    for overlay in state.databases.values.sorted(by: { ($0.current?.name ?? "") < ($1.current?.name ?? "") }) {
      switch (overlay.base, overlay.current) {
      case (nil, let current?): changes.append(.createDatabase(current))
      case (let base?, let current?) where base != current: changes.append(.replaceDatabase(current))
      default: break
      }
    }
    let changed = state.tables.filter { Self.isChanged($0.value) }.sorted { $0.key.description < $1.key.description }
    for (_, overlay) in changed { try plan(overlay, files, &drops, &changes) }
    let droppedDatabases = state.databases.values.compactMap { overlay -> CatalogChange? in
      if let base = overlay.base, overlay.current == nil { .dropDatabase(base.name) } else { nil }
    }
    return drops + droppedDatabases + changes
  }

  private func plan(
    _ overlay: TableOverlay, _ files: AttemptFiles, _ drops: inout [CatalogChange], _ changes: inout [CatalogChange]
  ) throws(QueryError) {
    if case .managed(let base)? = overlay.base, case .managed(let current)? = overlay.current,
      let stored = base.storedLocation, stored == current.storedLocation, !Self.isRenamed(base.name, current.name)
    {
      return changes.append(try swap(current, files))
    }
    if case .external(let base)? = overlay.base, case .external(let current)? = overlay.current,
      !Self.isRenamed(base.definition.name, current.definition.name),
      base.definition.version == current.definition.version
    {
      return update(base, current, &changes)
    }
    if case .view(let base)? = overlay.base, case .view(let current)? = overlay.current, base.name == current.name {
      return changes.append(.replaceView(current))
    }
    if let base = overlay.base { drops.append(Self.drop(base)) }
    if let current = overlay.current { try create(current, files, &changes) }
  }

  private static func drop(_ state: TableState) -> CatalogChange {
    switch state {
    case .managed(let table): .dropManagedTable(table.name, expecting: table.storedLocation ?? "")
    case .external(let table):
      .dropExternalTable(table.definition.name, expectingVersion: table.definition.version)
    case .view(let view): .dropView(view.name, expectingVersion: view.version)
    }
  }

  private func create(
    _ state: TableState, _ files: AttemptFiles, _ changes: inout [CatalogChange]
  ) throws(QueryError) {
    switch state {
    case .managed(let table):
      if let stored = table.storedLocation, table.changes.isEmpty {
        return changes.append(.createManagedTable(table.name, metadataLocation: stored))
      }
      let start = try start(of: table, at: table.storedLocation)
      let location = try write(table, on: start, after: table.storedLocation, files)
      changes.append(.createManagedTable(table.name, metadataLocation: location))
    case .external(let table):
      changes.append(.createExternalTable(table.definition))
      for partition in (table.partitions ?? [:]).values.sorted(by: { $0.name < $1.name }) {
        changes.append(.putPartition(table.definition.name, partition))
      }
    case .view(let view): changes.append(.createView(view))
    }
  }

  private func update(_ base: ExternalState, _ current: ExternalState, _ changes: inout [CatalogChange]) {
    let name = current.definition.name
    if base.definition != current.definition { changes.append(.replaceExternalTable(current.definition)) }
    let before = base.partitions ?? [:]
    let after = current.partitions ?? [:]
    for key in before.keys.sorted() where after[key] == nil {
      changes.append(.dropPartition(name, partitionName: key))
    }
    for (key, partition) in after.sorted(by: { $0.key < $1.key }) where before[key] != partition {
      changes.append(.putPartition(name, partition))
    }
  }

  /// Replays a table's changes on what is stored now.
  private func swap(_ table: ManagedState, _ files: AttemptFiles) throws(QueryError) -> CatalogChange {
    guard case .managed(let stored, let location)? = try warehouse.metastore().entry(table.name) else {
      throw QueryError(
        .tableNotFound, .commit, "another process dropped table \(table.name) at the same time",
        hint: "nothing of this statement took effect")
    }
    let start = try start(of: table, at: location)
    guard start.uuid == table.metadata.uuid else {
      throw SnapshotProducer.conflict(table.name.description, "it was dropped and made anew")
    }
    return .swapManagedTable(stored, from: location, to: try write(table, on: start, after: location, files))
  }

  private func start(of table: ManagedState, at location: String?) throws(QueryError) -> TableMetadata {
    if let location { return try warehouse.cache.metadata(at: location) }
    return table.created ?? table.metadata
  }

  /// Replays the changes on `start`, writes the metadata file and returns its location.
  private func write(
    _ table: ManagedState, on start: TableMetadata, after previous: String?, _ files: AttemptFiles
  ) throws(QueryError) -> String {
    var metadata = start
    let now = max(Metastore.currentMicros() / 1000, start.lastUpdatedMillis)
    var producer = SnapshotProducer(warehouse.cache, files, atMillis: now)
    for change in table.changes { try replay(change, &metadata, &producer, table) }
    metadata.lastUpdatedMillis = max(now, metadata.currentSnapshot?.timestampMillis ?? 0)
    let folder = FilePath.join(try FilePath.path(fromURI: metadata.location), "metadata")
    let path = FilePath.join(folder, MetadataFile.name(after: previous))
    try MetadataFile.write(
      &metadata, after: previous.map { ($0, start.lastUpdatedMillis) }, path: path, files)
    return FilePath.fileURI(path)
  }

  private func replay(
    _ change: TableChange, _ metadata: inout TableMetadata, _ producer: inout SnapshotProducer, _ table: ManagedState
  ) throws(QueryError) {
    switch change {
    case .replaceDefinition(let fields, let partitioning, let properties, let columnID, let partitionID, let base):
      guard metadata.lastColumnID == columnID, metadata.lastPartitionID == partitionID else {
        throw SnapshotProducer.conflict(table.name.description, "its columns are not the same any more")
      }
      // The new rows may have been read from the old ones.
      guard producer.othersSince(base, in: metadata).isEmpty else {
        throw SnapshotProducer.conflict(table.name.description, "its rows are not the same any more")
      }
      try metadata.replace(fields: fields, partitioning: partitioning, properties: properties)
    case .setFields(let fields, let replaced):
      let known = Set(IcebergType.structure(replaced).allIDs)
      let new = IcebergType.structure(fields).allIDs.filter { !known.contains($0) }
      // An id that somebody gave to a column that is gone again must not come back for another one.
      guard metadata.schema.fields == replaced, new.allSatisfy({ $0 > metadata.lastColumnID }) else {
        throw SnapshotProducer.conflict(table.name.description, "its columns are not the same any more")
      }
      metadata.setSchema(fields)
    case .setProperties(let properties, let removed): try metadata.setProperties(properties, removing: removed)
    case .write(let write): try producer.apply(write, to: &metadata, table: table.name.description)
    }
  }
}

/// The manifests and metadata files of one attempt to commit, which go if it fails.
final class AttemptFiles: FileSystem {
  private let base: JournaledFileSystem
  private let paths = Mutex<[String]>([])

  init(_ base: JournaledFileSystem) { self.base = base }

  func status(of path: String) throws(QueryError) -> FileStatus? { try base.status(of: path) }
  func files(under directory: String, recursive: Bool) throws(QueryError) -> [FileStatus] {
    try base.files(under: directory, recursive: recursive)
  }
  func files(matching glob: String) throws(QueryError) -> [FileStatus] { try base.files(matching: glob) }
  func open(_ path: String) throws(QueryError) -> any ReadableFile { try base.open(path) }

  func create(_ path: String) throws(QueryError) -> any WritableFile {
    paths.withLock { $0.append(path) }
    return try base.create(path)
  }

  func makeDurable(files: [String], directories: [String]) throws(QueryError) {
    try base.makeDurable(files: files, directories: directories)
  }

  func createDirectory(_ path: String) throws(QueryError) { try base.createDirectory(path) }
  func remove(_ path: String) throws(QueryError) { try base.remove(path) }
  func removeDirectory(_ path: String) throws(QueryError) { try base.removeDirectory(path) }

  /// Removes the files of a failed attempt.
  func remove(_ journal: StagingJournal) {
    let failed = paths.withLock { $0 }
    for path in failed { try? base.remove(path) }
    journal.withdraw(Set(failed.map { .stage($0) }))
  }
}
