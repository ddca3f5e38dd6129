import LakeDiagnostics
import LakeFileSystem
import LakeTypes
import Synchronization

/// Keeps what was parsed of files that never change: table metadata, manifest lists and manifests.
final class MetadataCache: Sendable {
  private static let maxMetadata = 64
  /// Entries of manifests kept; beyond that the cache starts anew.
  private static let maxEntries = 200_000

  private struct State {
    var metadata: [String: TableMetadata] = [:]
    var lists: [String: [ManifestFile]] = [:]
    var manifests: [ManifestKey: [ManifestEntry]] = [:]
    var entryCount = 0
  }

  /// What entries inherit is part of the key: a list may give a manifest of an older version ids for its rows.
  private struct ManifestKey: Hashable {
    let location: String
    let firstRowID: Int64?
  }

  private let state = Mutex(State())
  let fileSystem: any FileSystem

  init(_ fileSystem: any FileSystem) { self.fileSystem = fileSystem }

  func metadata(at location: String) throws(QueryError) -> TableMetadata {
    if let known = state.withLock({ $0.metadata[location] }) { return known }
    let metadata = try MetadataFile.read(location, fileSystem)
    state.withLock { state in
      if state.metadata.count >= Self.maxMetadata { state.metadata.removeAll() }
      state.metadata[location] = metadata
    }
    return metadata
  }

  /// The manifests of a snapshot.
  func manifests(of snapshot: Snapshot) throws(QueryError) -> [ManifestFile] {
    guard let location = snapshot.manifestList else {
      throw QueryError(
        .unsupportedFile, .storage, "snapshots of Iceberg format version 1 without a manifest list are not supported")
    }
    if let known = state.withLock({ $0.lists[location] }) { return known }
    let list = try ManifestList.read(location, fileSystem)
    state.withLock { state in
      if state.lists.count >= Self.maxMetadata { state.lists.removeAll() }
      state.lists[location] = list
    }
    return list
  }

  /// The living entries of a manifest of a table.
  func entries(of manifest: ManifestFile, in metadata: TableMetadata) throws(QueryError) -> [ManifestEntry] {
    let key = ManifestKey(location: manifest.location, firstRowID: manifest.firstRowID)
    if let known = state.withLock({ $0.manifests[key] }) { return known }
    let spec = try metadata.spec(id: manifest.specID)
    let types = spec.valueTypes(in: metadata.sourceTypes)
    let entries = try ManifestReader.entries(of: manifest, spec: spec, types: types, fileSystem)
    state.withLock { state in
      if state.entryCount + entries.count > Self.maxEntries {
        state.manifests.removeAll()
        state.entryCount = 0
      }
      state.manifests[key] = entries
      state.entryCount += entries.count
    }
    return entries
  }
}
