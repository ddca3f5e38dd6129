import LakeTypes

/// A file of rows or of deletes, with what is known of it.
struct DataFile: Hashable, Sendable {
  enum Content: Int, Hashable, Sendable {
    case data = 0
    case positionDeletes = 1
    case equalityDeletes = 2
  }

  var content: Content
  /// The URI as metadata has it.
  var location: String
  /// `PARQUET`, `AVRO`, `ORC`.
  var format: String
  /// Values in the order of the spec's fields.
  var partition: [Literal]
  var recordCount: Int
  var fileSize: Int
  /// Statistics by field id.
  var columnSizes: [Int: Int] = [:]
  var valueCounts: [Int: Int] = [:]
  var nullCounts: [Int: Int] = [:]
  var nanCounts: [Int: Int] = [:]
  /// Single-value binary form.
  var lowerBounds: [Int: [UInt8]] = [:]
  var upperBounds: [Int: [UInt8]] = [:]
  /// Where the row groups start.
  var splitOffsets: [Int] = []
  var sortOrderID: Int?
  /// The id of the file's first row, from format version 3 on; nil on added files until it is inherited.
  var firstRowID: Int64?
}

/// A data file in a manifest, with the snapshot that added it.
struct ManifestEntry: Hashable, Sendable {
  enum Status: Int, Hashable, Sendable {
    case existing = 0
    case added = 1
    case deleted = 2
  }

  var status: Status
  var snapshotID: Int64?
  /// nil on added entries until the manifest's own number is inherited.
  var sequenceNumber: Int64?
  var fileSequenceNumber: Int64?
  var file: DataFile

  var isLive: Bool { status != .deleted }
}

/// A manifest in a manifest list.
struct ManifestFile: Hashable, Sendable {
  enum Content: Int, Hashable, Sendable {
    case data = 0
    case deletes = 1
  }

  var location: String
  var length: Int
  var specID: Int
  var content: Content
  var sequenceNumber: Int64
  var minSequenceNumber: Int64
  var addedSnapshotID: Int64
  var addedFiles: Int
  var existingFiles: Int
  var deletedFiles: Int
  var addedRows: Int
  var existingRows: Int
  var deletedRows: Int
  /// One summary a partition field; empty where unknown.
  var partitions: [PartitionSummary]
  /// Where the ids of rows begin that files without ids of their own inherit, from format version 3 on.
  var firstRowID: Int64?

  var hasLiveFiles: Bool { addedFiles + existingFiles > 0 }
}

/// The range of one partition field over the files of a manifest.
struct PartitionSummary: Hashable, Sendable {
  var containsNull: Bool
  var containsNaN: Bool?
  /// Single-value binary form.
  var lowerBound: [UInt8]?
  var upperBound: [UInt8]?
}
