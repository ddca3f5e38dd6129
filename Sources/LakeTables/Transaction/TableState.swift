import LakeCatalog
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// What a name stands for within a transaction.
enum TableState: Sendable {
  case managed(ManagedState)
  case external(ExternalState)
  case view(ViewDefinition)

  var name: TableName {
    switch self {
    case .managed(let table): table.name
    case .external(let table): table.definition.name
    case .view(let view): view.name
    }
  }
}

/// A table's or view's state when the transaction first touched the name, and now.
struct TableOverlay: Sendable {
  var base: TableState?
  var current: TableState?
  /// Whether it was created IF NOT EXISTS.
  var isOptional = false
}

/// A managed table within a transaction.
struct ManagedState: Sendable {
  var name: TableName
  /// The metadata file that is stored; nil for a new table.
  var storedLocation: String?
  /// The metadata that a new table starts from.
  var created: TableMetadata?
  /// What is stored, with the changes of schema and properties, without those of rows.
  var metadata: TableMetadata
  var changes: [TableChange] = []
  /// Rows written by this transaction, over the current snapshot of `metadata`.
  var added: [SpecFile] = []
  var removed: Set<String> = []

  var hasPendingRows: Bool { !added.isEmpty || !removed.isEmpty }

  /// Takes a write up into what later statements of the transaction see.
  mutating func stage(_ write: StagedWrite) {
    added.removeAll { write.removed.contains($0.file.location) }
    removed.formUnion(write.removed)
    added += write.added
    changes.append(.write(write))
  }
}

/// An external table within a transaction.
struct ExternalState: Sendable {
  var definition: ExternalTable
  /// Partitions by name; nil until they are needed.
  var partitions: [String: ExternalPartition]?
  /// Files written by this transaction, which get their names when it commits.
  var added: [StagedExternalFile] = []
  /// Paths that go when it commits.
  var removed: Set<String> = []
  /// Directories that go when it commits.
  var removedDirectories: Set<String> = []
}

/// A file of an external table that waits for the commit.
struct StagedExternalFile: Hashable, Sendable {
  /// Of the partition; empty for a table without partitions.
  var partitionName: String
  var stagedPath: String
  var finalPath: String
  var size: Int
  var rows: Int
}
