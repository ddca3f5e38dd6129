package import LakeColumnar
package import LakeDiagnostics
package import LakeFileSystem
import LakeParquet
package import LakeTypes

/// What is inside of Parquet files, as a source of rows: `parquet_metadata`, `parquet_schema`, ...
package struct ParquetInspectionSource: ScanSource {
  private let inspection: ParquetInspection
  private let glob: String
  private let paths: [String]
  private let fileSystem: any FileSystem

  /// nil if there is no inspection of that name.
  package init?(named name: String, glob: String, fileSystem: any FileSystem) throws(QueryError) {
    guard let inspection = ParquetInspection(rawValue: name) else { return nil }
    self.inspection = inspection
    self.glob = glob
    self.fileSystem = fileSystem
    paths = try fileSystem.files(matching: glob).filter { $0.size > 0 }.map(\.path)
    if paths.isEmpty { throw QueryError(.pathNotFound, .bind, "no file matches \(glob)") }
  }

  package var schema: Schema { Schema(inspection.fields) }
  package var metadataColumnCount: Int { 0 }
  package var rowCount: Int? { nil }
  package var summary: String { "\(inspection.rawValue)(\(glob))" }

  package func tasks(for request: ScanRequest) throws(QueryError) -> [any ScanTask] {
    paths.map {
      InspectionTask(path: $0, fileSystem: fileSystem, inspection: inspection, request: request)
    }
  }
}

private struct InspectionTask: ScanTask {
  let path: String
  let fileSystem: any FileSystem
  let inspection: ParquetInspection
  let request: ScanRequest

  var estimatedRows: Int { 0 }

  func open() throws(QueryError) -> any BatchReader {
    let file = try fileSystem.open(path)
    return InspectionReader(try inspection.rows(of: file), inspection.fields, request)
  }
}

/// Hands out rows of literals in batches.
private final class InspectionReader: BatchReader {
  private var rows: ArraySlice<[Literal]>
  private let fields: [Field]
  private let request: ScanRequest

  init(_ rows: [[Literal]], _ fields: [Field], _ request: ScanRequest) {
    self.rows = rows[...]
    self.fields = fields
    self.request = request
  }

  func next() throws(QueryError) -> Batch? {
    let part = rows.prefix(request.batchSize)
    if part.isEmpty { return nil }
    rows = rows.dropFirst(part.count)
    request.counters.add(part.count, to: .rowsRead)
    let vectors = request.projection.map { column in
      let builder = VectorBuilder(fields[column].type, capacity: part.count)
      for row in part { builder.append(row[column]) }
      return builder.finish()
    }
    return Batch(columns: vectors, count: part.count)
  }
}
