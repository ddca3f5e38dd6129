import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Buffers and encodes the column chunks of one leaf.
protocol ColumnChunkWriter: AnyObject {
  /// Appends rows; `values` points to `rows.valueCount` values in the form that the leaf is buffered in.
  func append(_ rows: LeafRows, values: UnsafeRawPointer) throws(QueryError)
  /// Whether values are numbered in a dictionary now, so that codes of another dictionary are welcome.
  var takesCodes: Bool { get }
  /// Appends rows whose values are given as codes of a dictionary.
  func append(_ rows: LeafRows, codes: UnsafePointer<UInt32>, of dictionary: StoredDictionary) throws(QueryError)
  /// Encodes what is left of the row group and starts the next one.
  func finishChunk() throws(QueryError) -> EncodedChunk
  /// Bytes that the chunk will take, roughly.
  var estimatedByteCount: Int { get }
}

/// The dictionary of vectors that are written, its values in the form that their leaf is buffered in.
final class StoredDictionary {
  let vector: Vector
  let values: UnsafeRawPointer
  /// What keeps the values alive, where it is not the vector.
  private let owner: Buffer?

  init(_ vector: Vector, values: UnsafeRawPointer, owner: Buffer?) {
    self.vector = vector
    self.values = values
    self.owner = owner
  }
}

extension WriteLeaf {
  /// Collects the leaf's values in a bloom filter, if one is wanted.
  func bloomFilter(_ options: ParquetWriteOptions) -> BloomFilterBuilder? {
    guard storage != .boolean else { return nil }
    return options.bloomFilters[dottedPath.lowercased()].map { BloomFilterBuilder($0, storage) }
  }

  /// A writer for the form in which the leaf's values are buffered.
  func makeWriter(_ options: ParquetWriteOptions, _ pageWriter: PageWriter) -> any ColumnChunkWriter {
    switch storage {
    case .boolean: TypedChunkWriter<UInt8>(self, options, pageWriter)
    case .int32: TypedChunkWriter<Int32>(self, options, pageWriter)
    case .int64: TypedChunkWriter<Int64>(self, options, pageWriter)
    case .float: TypedChunkWriter<Float>(self, options, pageWriter)
    case .double: TypedChunkWriter<Double>(self, options, pageWriter)
    case .fixed: TypedChunkWriter<Int128>(self, options, pageWriter)
    case .bytes: TypedChunkWriter<StringView>(self, options, pageWriter)
    }
  }
}
