package import LakeDiagnostics
package import LakeFileSystem
package import LakeTypes

/// What is inside of Parquet files, as rows: the table functions that are named for it. Columns as DuckDB's functions
/// of these names have them, without those about geometries.
package enum ParquetInspection: String, CaseIterable, Sendable {
  /// A row for each column chunk.
  case metadata = "parquet_metadata"
  /// A row for each element of the schema.
  case schema = "parquet_schema"
  /// A row for the file.
  case fileMetadata = "parquet_file_metadata"
  /// A row for each pair of the file's key-value metadata.
  case keyValues = "parquet_kv_metadata"

  package var fields: [Field] {
    switch self {
    case .metadata: ChunkInspection.fields
    case .schema: SchemaInspection.fields
    case .fileMetadata: FileInspection.fields
    case .keyValues: [Field("file_name", .string), Field("key", .string), Field("value", .string)]
    }
  }

  /// The rows of one file, in the order of `fields`.
  package func rows(of file: any ReadableFile) throws(QueryError) -> [[Literal]] {
    let parsed = try ParquetFile.open(file, keepingDetails: true)
    return switch self {
    case .metadata: ChunkInspection(file: parsed).rows
    case .schema: SchemaInspection(file: parsed).rows
    case .fileMetadata: [FileInspection(file: parsed).row]
    case .keyValues:
      parsed.keyValueMetadata.sorted { $0.key < $1.key }.map {
        [.string(file.path), .string($0.key), .string($0.value)]
      }
    }
  }
}

extension Literal {
  /// A number, or NULL.
  init(_ number: Int?) { self = number.map { .integer(Int64($0)) } ?? .null }

  /// A text, or NULL.
  init(_ text: String?) { self = text.map { .string($0) } ?? .null }
}
