import LakeTypes

/// A data file together with the partition spec it was written under.
struct SpecFile: Hashable, Sendable {
  var specID: Int
  var file: DataFile
}

/// The files of an overwrite's target.
enum OverwriteScope: Hashable, Sendable {
  case all
  /// Whole partitions, by their values; all files have partition specs that mean the same.
  case partitions(Set<[Literal]>)
  /// The partitions whose fields (by position in the spec) have these values.
  case values([Int: Literal])

  func contains(_ item: SpecFile) -> Bool {
    switch self {
    case .all: true
    case .partitions(let keys): keys.contains(item.file.partition)
    case .values(let wanted):
      wanted.allSatisfy { $0.key < item.file.partition.count && item.file.partition[$0.key] == $0.value }
    }
  }
}

/// A partition by spec and values.
struct PartitionKey: Hashable, Sendable {
  var specID: Int
  var values: [Literal]
}

/// One change of a managed table's rows, to be replayed on whatever state is current when the transaction commits.
struct StagedWrite: Sendable {
  enum Kind: Sendable {
    case append
    case overwrite(OverwriteScope)
    /// Copy-on-write: the removed files' rows are in the added files, except for what changed.
    case replace
  }

  var kind: Kind
  var added: [SpecFile]
  /// Locations of the files that go.
  var removed: Set<String>
  /// The snapshot that the removed files were seen in.
  var baseSnapshotID: Int64?
  /// The columns that the added files were written with; without a common one the table is another by now.
  var columnIDs: Set<Int>

  var isEmpty: Bool { added.isEmpty && removed.isEmpty }
}

/// One change of a managed table in a transaction, in the order of the statements.
enum TableChange: Sendable {
  /// Valid only while no ids were given out since `lastColumnID` and `lastPartitionID`, and nobody changed the rows of
  /// the snapshot.
  case replaceDefinition(
    fields: [Field], partitioning: [PartitionFieldDefinition], properties: [String: String], lastColumnID: Int,
    lastPartitionID: Int, baseSnapshotID: Int64?)
  /// Valid only while the columns are still the ones it started from.
  case setFields([IcebergField], replacing: [IcebergField])
  case setProperties([String: String], removing: [String])
  case write(StagedWrite)
}
