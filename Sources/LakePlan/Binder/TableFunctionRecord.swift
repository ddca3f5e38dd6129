/// A function that stands in FROM and is no generator, for SHOW and DESCRIBE.
package struct TableFunctionRecord: Sendable {
  package let name: String
  package let signature: String
  package let summary: String
  package let example: String

  package static let all: [TableFunctionRecord] = [
    TableFunctionRecord(
      name: "range", signature: "range([start, ]end[, step])",
      summary: "Rows of a column id from start (or 0) up to end, which is not among them.",
      example: "SELECT id FROM range(3); -- 0, 1, 2"),
    TableFunctionRecord(
      name: "read_files", signature: "read_files(path[, format => 'csv'][, schema => 'a INT'][, option => value ...])",
      summary: "The rows of the files that a path or glob matches; the options are those of the format.",
      example: "SELECT * FROM read_files('data/*.csv', format => 'csv', header => true)"),
    TableFunctionRecord(
      name: "parquet_metadata", signature: "parquet_metadata(path)",
      summary: "A row for each column chunk of Parquet files: its place, encodings, sizes and statistics.",
      example: "SELECT path_in_schema, total_compressed_size FROM parquet_metadata('data/*.parquet')"),
    TableFunctionRecord(
      name: "parquet_schema", signature: "parquet_schema(path)",
      summary: "A row for each element of the schemas of Parquet files.",
      example: "SELECT name, type, logical_type FROM parquet_schema('data/*.parquet')"),
    TableFunctionRecord(
      name: "parquet_file_metadata", signature: "parquet_file_metadata(path)",
      summary: "A row for each Parquet file: its writer, version, rows and row groups.",
      example: "SELECT file_name, num_rows FROM parquet_file_metadata('data/*.parquet')"),
    TableFunctionRecord(
      name: "parquet_kv_metadata", signature: "parquet_kv_metadata(path)",
      summary: "The keys and values that writers left in the footers of Parquet files.",
      example: "SELECT * FROM parquet_kv_metadata('data/*.parquet')"),
  ]

  /// The record of a name in any case; nil if there is none.
  package static func named(_ name: String) -> TableFunctionRecord? { all.first { $0.name == name.lowercased() } }
}
