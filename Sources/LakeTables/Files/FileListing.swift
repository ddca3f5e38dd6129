import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// A file to read, with the values that its folders give.
struct ScannedFile: Sendable {
  let path: String
  let size: Int
  /// Microseconds since 1970.
  let modified: Int64
  /// One a partition column.
  let partition: [Literal]
}

/// The files of a scan: known already, or those of the partitions of an external table.
enum FileListing: Sendable {
  case fixed([ScannedFile])
  case hive(HivePartitions)

  /// The files that the predicates do not rule out; `columns` maps the source's columns to partition columns.
  func files(
    _ predicates: [ScanPredicate], columns: [Int: Int], _ counters: ScanCounters, _ fileSystem: any FileSystem
  ) throws(QueryError) -> [ScannedFile] {
    func isAdmitted(_ values: [Literal]) -> Bool {
      predicates.allSatisfy { predicate in
        guard predicate.path.isEmpty, let index = columns[predicate.column] else { return true }
        return ValueRange(exactly: values[index]).admits(predicate.test)
      }
    }
    switch self {
    case .fixed(let files):
      let kept = files.filter { isAdmitted($0.partition) }
      counters.add(files.count - kept.count, to: .filesPruned)
      return kept
    case .hive(let partitions):
      var result: [ScannedFile] = []
      for folder in partitions.folders {
        if isAdmitted(folder.values) {
          result += try partitions.files(of: folder, fileSystem)
        } else {
          counters.add(1, to: .partitionsPruned)
        }
      }
      return result
    }
  }
}

/// The registered partitions of an external table (or the one folder of a table without any), with the files that the
/// transaction adds and removes.
struct HivePartitions: Sendable {
  struct Folder: Sendable {
    /// The partition's name; empty for a table without partitions.
    let name: String
    let path: String
    let values: [Literal]
  }

  let folders: [Folder]
  let added: [StagedExternalFile]
  let removed: Set<String>

  init(_ table: ExternalState) throws(QueryError) {
    added = table.added
    removed = table.removed
    let definition = table.definition
    if definition.partitionColumns.isEmpty {
      folders = [Folder(name: "", path: try FilePath.path(fromURI: definition.location), values: [])]
      return
    }
    let types = definition.partitionColumns.map { name in
      definition.schema.index(of: name).map { definition.schema[$0].type } ?? .string
    }
    var folders: [Folder] = []
    for partition in (table.partitions ?? [:]).values.sorted(by: { $0.name < $1.name }) {
      let values = zip(partition.values, types).map { text, type in
        text.flatMap { PartitionText.value(of: $0, type: type) } ?? .null
      }
      folders.append(Folder(name: partition.name, path: try definition.path(of: partition), values: values))
    }
    self.folders = folders
  }

  func files(of folder: Folder, _ fileSystem: any FileSystem) throws(QueryError) -> [ScannedFile] {
    var result: [ScannedFile] = []
    if try fileSystem.status(of: folder.path) != nil {
      for file in try fileSystem.files(matching: folder.path) where !removed.contains(file.path) && file.size > 0 {
        result.append(ScannedFile(path: file.path, size: file.size, modified: file.modified, partition: folder.values))
      }
    }
    for file in added where file.partitionName == folder.name {
      let modified = try fileSystem.status(of: file.stagedPath)?.modified ?? 0
      result.append(
        ScannedFile(path: file.stagedPath, size: file.size, modified: modified, partition: folder.values))
    }
    return result
  }
}
