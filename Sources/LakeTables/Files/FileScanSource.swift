import LakeAvro
package import LakeColumnar
package import LakeDiagnostics
import LakeFileSystem
import LakeParquet
import LakeText
package import LakeTypes
import Synchronization

/// Reads files of one format: an external table, or the files that a glob matches.
package struct FileScanSource: ScanSource {
  /// Where a column's values come from.
  enum Column: Sendable {
    /// A column of the files, by position in `fileSchema`.
    case file(Int)
    /// A partition column, by position in a file's partition values.
    case partition(Int)
    case path
    case position
    case size
    case modified
  }

  package let schema: Schema
  package let metadataColumnCount: Int
  package let summary: String
  let format: DataFormat
  /// The columns that the files hold.
  let fileSchema: Schema
  let columns: [Column]
  let zone: TextTimeZone
  private let listing: FileListing
  private let fileSystem: any FileSystem
  private let parquetFiles: SharedParquetFiles
  private let statistics: FileStatistics
  private let ranges = ColumnRanges()

  /// Parts of this size are read by a worker each, where a text file can be split.
  private static let splitSize = 8 << 20

  init(
    fields: [Field], columns: [Column], fileSchema: Schema, format: DataFormat, listing: FileListing, name: String,
    zone: TextTimeZone, fileSystem: any FileSystem, parquetFiles: SharedParquetFiles? = nil
  ) {
    var fields = fields
    var columns = columns
    fields += [
      Field(MetadataColumn.file, .string), Field(MetadataColumn.size, .bigint),
      Field(MetadataColumn.modified, .timestamp),
    ]
    columns += [.path, .size, .modified]
    if case .parquet = format {
      fields.append(Field(MetadataColumn.position, .bigint))
      columns.append(.position)
      metadataColumnCount = 4
    } else {
      metadataColumnCount = 3
    }
    schema = Schema(fields)
    self.columns = columns
    self.fileSchema = fileSchema
    self.format = format
    self.listing = listing
    self.zone = zone
    self.fileSystem = fileSystem
    summary = "\(name) [\(format.name)]"
    self.parquetFiles = parquetFiles ?? SharedParquetFiles(fileSystem)
    statistics = FileStatistics(format: format, listing: listing, fileSystem, self.parquetFiles)
  }

  package var rowCount: Int? { statistics.counts().rows }
  package func exactRowCount() -> Int? {
    let counts = statistics.counts()
    return counts.isExact ? counts.rows : nil
  }

  package func statistics(ofColumn column: Int) -> ColumnStatistics? {
    guard case .file(let index) = columns[column] else { return nil }
    return ranges.range(of: column) { statistics.range(of: fileSchema[index]) }
  }

  package func tasks(for request: ScanRequest) throws(QueryError) -> [any ScanTask] {
    var partitionColumns: [Int: Int] = [:]
    for (index, column) in columns.enumerated() {
      if case .partition(let position) = column { partitionColumns[index] = position }
    }
    let files = try listing.files(request.predicates, columns: partitionColumns, request.counters, fileSystem)
    var tasks: [any ScanTask] = []
    for file in files {
      switch format {
      case .parquet: tasks += try parquetTasks(file, request, from: RowGroupMorsels.splitSize(fileCount: files.count))
      case .avro:
        tasks.append(
          FileScanTask(source: self, request: request, file: file, fileSystem, part: .whole, rows: file.size / 60))
      case .text(let text): tasks += textTasks(file, text, request)
      }
    }
    return tasks
  }

  private func parquetTasks(
    _ file: ScannedFile, _ request: ScanRequest, from splitSize: Int
  ) throws(QueryError) -> [any ScanTask] {
    let shared = parquetFiles.shared(file.path)
    if file.size < splitSize {
      return [
        FileScanTask(
          source: self, request: request, file: file, fileSystem, part: .rowGroups(shared, 0..<Int.max),
          rows: file.size / format.typicalRowSize)
      ]
    }
    let parquet = try shared.file()
    return RowGroupMorsels.split(parquet).map { range in
      FileScanTask(
        source: self, request: request, file: file, fileSystem, part: .rowGroups(shared, range),
        rows: range.reduce(0) { $0 + parquet.rowCount(ofRowGroup: $1) })
    }
  }

  private func textTasks(_ file: ScannedFile, _ text: TextFormat, _ request: ScanRequest) -> [any ScanTask] {
    let rowSize = format.typicalRowSize
    guard text.isSplittable(path: file.path), file.size > Self.splitSize else {
      return [
        FileScanTask(source: self, request: request, file: file, fileSystem, part: .whole, rows: file.size / rowSize)
      ]
    }
    let parts = (file.size + Self.splitSize - 1) / Self.splitSize
    return (0..<parts).map { index in
      let start = file.size * index / parts
      let end = file.size * (index + 1) / parts
      return FileScanTask(
        source: self, request: request, file: file, fileSystem, part: .bytes(start..<end), rows: (end - start) / rowSize
      )
    }
  }
}

/// How many rows the files have: exact for a few Parquet files, a guess from their size otherwise.
private final class FileStatistics: Sendable {
  struct Counts {
    var rows: Int?
    var isExact: Bool
    /// Where all footers were read.
    var footers: [ParquetFile] = []
  }

  private let format: DataFormat
  private let listing: FileListing
  private let fileSystem: any FileSystem
  private let parquetFiles: SharedParquetFiles
  private let known = Mutex<Counts?>(nil)

  /// Beyond these nothing is opened or listed only to count.
  private static let maxFooters = 32
  private static let maxFolders = 200

  init(
    format: DataFormat, listing: FileListing, _ fileSystem: any FileSystem, _ parquetFiles: SharedParquetFiles
  ) {
    self.format = format
    self.listing = listing
    self.fileSystem = fileSystem
    self.parquetFiles = parquetFiles
  }

  func counts() -> Counts {
    known.withLock { known in
      if let known { return known }
      let counts = (try? measure()) ?? Counts(rows: nil, isExact: false)
      known = counts
      return counts
    }
  }

  private func measure() throws(QueryError) -> Counts {
    if case .hive(let partitions) = listing, partitions.folders.count > Self.maxFolders {
      return Counts(rows: nil, isExact: false)
    }
    let files = try listing.files([], columns: [:], ScanCounters(), fileSystem)
    let bytes = files.reduce(0) { $0 + $1.size }
    guard case .parquet = format, files.count <= Self.maxFooters else {
      return Counts(rows: bytes / format.typicalRowSize, isExact: false)
    }
    var footers: [ParquetFile] = []
    for file in files { footers.append(try parquetFiles.shared(file.path).file()) }
    var rows = 0
    for footer in footers {
      let (sum, overflow) = rows.addingReportingOverflow(footer.rowCount)
      if overflow { return Counts(rows: nil, isExact: false) }
      rows = sum
    }
    return Counts(rows: rows, isExact: true, footers: footers)
  }

  /// The range of a column, by the statistics of all row groups.
  func range(of field: Field) -> ColumnStatistics? {
    var result: ColumnStatistics?
    for footer in counts().footers {
      guard let column = footer.schema.index(of: field.name) else {
        guard footer.rowCount > 0, let value = field.initialDefault else { continue }
        let range = ColumnStatistics(minimum: value, maximum: value, isExact: !field.type.isFloating)
        guard let union = result.map({ $0.union(range) }) ?? range else { return nil }
        result = union
        continue
      }
      guard footer.schema[column].type == field.type else { return nil }
      for rowGroup in 0..<footer.rowGroupCount where footer.rowCount(ofRowGroup: rowGroup) > 0 {
        guard let statistics = footer.statistics(column: column, rowGroup: rowGroup) else { return nil }
        if statistics.nullCount == footer.rowCount(ofRowGroup: rowGroup) { continue }
        guard let low = statistics.min, let high = statistics.max else { return nil }
        let range = ColumnStatistics(
          minimum: low, maximum: high, isExact: statistics.areBoundsExact && !field.type.isFloating)
        guard let union = result.map({ $0.union(range) }) ?? range else { return nil }
        result = union
      }
    }
    return result
  }
}
