package import LakeCatalog
package import LakeDiagnostics
package import LakeFileSystem
import Synchronization

/// A lake: a directory with a metastore and the managed tables.
///
/// Nothing is read or made before a database or table is named, because start-up time counts.
package final class Warehouse: Sendable {
  /// The absolute path without symbolic links.
  package let path: String
  package let fileSystem: any FileSystem
  let cache: MetadataCache

  private struct Opened {
    var metastore: Metastore?
    /// Notes of finished transactions to drop with the next commit.
    var finished: [String] = []
    var unfinished: [StagingJournal.Unfinished] = []
  }
  private let opened = Mutex(Opened())

  package init(path: String, fileSystem: any FileSystem = LocalFileSystem()) {
    self.path = Self.resolved(FilePath.absolute(path, relativeTo: LocalFileSystem.currentDirectory))
    self.fileSystem = fileSystem
    cache = MetadataCache(fileSystem)
  }

  /// The path without symbolic links, as far as it exists.
  private static func resolved(_ path: String) -> String {
    if path == "/" { return path }
    return Metastore.realPath(path) ?? FilePath.join(resolved(FilePath.parent(path)), FilePath.lastComponent(path))
  }

  /// The metastore, opened (and made) by the first call, which also cleans up after processes that were killed.
  package func metastore() throws(QueryError) -> Metastore {
    try opened.withLock { (opened) throws(QueryError) in
      if let metastore = opened.metastore { return metastore }
      try fileSystem.createDirectory(path)
      let metastore = try Metastore(warehouse: path)
      (opened.finished, opened.unfinished) = try recover(metastore)
      opened.metastore = metastore
      return metastore
    }
  }

  /// Finishes or undoes what dead processes left; returns the notes that nobody needs any more, and what could not be
  /// finished.
  private func recover(
    _ metastore: Metastore
  ) throws(QueryError) -> (finished: [String], unfinished: [StagingJournal.Unfinished]) {
    let committed = try metastore.committedTransactions()
    // A journal is made before its note, so a note without a journal is done with. The order of the two
    // reads matters.
    let journals = try fileSystem.files(under: FilePath.join(path, StagingJournal.folder), recursive: false)
    let open = Set(journals.map { FilePath.lastComponent($0.path) })
    let finished = committed.filter { !open.contains($0 + ".journal") }
    if open.isEmpty { return (finished, []) }
    let unfinished = try StagingJournal.recover(warehouse: path, fileSystem) { (transaction) throws(QueryError) in
      try metastore.committedTransactions().contains(transaction)
    } isInUse: { (folder) throws(QueryError) in
      let prefix = FilePath.fileURI(folder) + "/"
      return try metastore.metadataLocations().values.contains { $0.utf8.starts(with: prefix.utf8) }
    }
    return (finished, unfinished)
  }

  /// Throws if a committed change of a folder's files is not finished, so that its rows would be wrong.
  func requireFinished(_ folder: String) throws(QueryError) {
    if let left = opened.withLock({ $0.unfinished.first { $0.concerns(folder) } }) { throw left.error }
  }

  /// Starts a transaction; it costs nothing until it is used.
  package func begin() -> LakeTransaction { LakeTransaction(self) }

  /// Notes that a committed transaction has nothing left to do.
  func noteFinished(_ transaction: String) { opened.withLock { $0.finished.append(transaction) } }

  /// Takes the notes that the next commit drops.
  func takeFinished() -> [String] {
    opened.withLock { opened in
      defer { opened.finished = [] }
      return opened.finished
    }
  }

  /// Where the tables of a new database go.
  func location(ofDatabase name: String) -> String {
    FilePath.fileURI(FilePath.join(path, HivePartitionPath.escaped(name) + ".db"))
  }
}
