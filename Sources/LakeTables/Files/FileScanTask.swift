import LakeAvro
import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeParquet
import LakeText
import LakeTypes

/// Reads one file of a scan, or part of it.
struct FileScanTask: ScanTask {
  enum Part: Sendable {
    case whole
    case bytes(Range<Int>)
    /// The range may go beyond the file's end.
    case rowGroups(SharedParquetFile, Range<Int>)
  }

  private let source: FileScanSource
  private let request: ScanRequest
  private let file: ScannedFile
  private let fileSystem: any FileSystem
  private let part: Part
  let estimatedRows: Int

  init(
    source: FileScanSource, request: ScanRequest, file: ScannedFile, _ fileSystem: any FileSystem, part: Part, rows: Int
  ) {
    self.source = source
    self.request = request
    self.file = file
    self.fileSystem = fileSystem
    self.part = part
    estimatedRows = rows
  }

  func open() throws(QueryError) -> any BatchReader {
    if isExcludedByRuntimeFilters {
      request.counters.add(1, to: .filesPruned)
      return EmptyReader()
    }
    switch source.format {
    case .parquet: return try openParquet()
    case .avro: return try openAvro()
    case .text(let format): return try openText(format)
    }
  }

  /// Whether the keys of a join's build side rule the whole file out by its partition values.
  private var isExcludedByRuntimeFilters: Bool {
    request.runtimeFilters.flatMap(\.predicates).contains { predicate in
      guard case .partition(let index) = source.columns[predicate.column] else { return false }
      return !ValueRange(exactly: file.partition[index]).admits(predicate.test)
    }
  }

  /// The file's columns to read (each once), and how the batches are put together.
  private func plan() -> (read: [Int], assembly: ColumnAssembly) {
    var read: [Int] = []
    var sources: [ColumnAssembly.Source] = []
    for column in request.projection {
      switch source.columns[column] {
      case .file(let index):
        let position = read.firstIndex(of: index) ?? read.count
        if position == read.count { read.append(index) }
        sources.append(.read(position))
      case .partition(let index): sources.append(.constant(file.partition[index]))
      case .path: sources.append(.constant(.string(file.path)))
      case .position: sources.append(.position)
      case .size: sources.append(.constant(.integer(Int64(file.size))))
      case .modified: sources.append(.constant(.timestamp(file.modified)))
      }
    }
    return (read, ColumnAssembly(sources: sources, types: request.projection.map { source.schema[$0].type }))
  }

  /// The position of a column of the source among those that are read.
  private func position(of column: Int, in read: [Int]) -> Int? {
    guard case .file(let index) = source.columns[column] else { return nil }
    return read.firstIndex(of: index)
  }

  private func selections(in read: [Int]) -> [Int: FieldSelection] {
    var result: [Int: FieldSelection] = [:]
    for (column, selection) in request.selections {
      if let position = position(of: column, in: read) { result[position] = selection }
    }
    return result
  }

  /// The predicates on columns that are read, by their position among those.
  private func predicates(on read: [Int]) -> [ScanPredicate] {
    request.predicates.compactMap { predicate in
      position(of: predicate.column, in: read).map {
        ScanPredicate(column: $0, path: predicate.path, predicate.test)
      }
    }
  }

  private func openParquet() throws(QueryError) -> any BatchReader {
    guard case .rowGroups(let shared, let range) = part else { return EmptyReader() }
    let parquet = try shared.file()
    if range.lowerBound == 0 { request.counters.add(1, to: .filesRead) }
    let (read, assembly) = plan()
    let inner = ParquetReadRequest(
      fields: read.map { source.fileSchema[$0] }, matching: .name, selections: selections(in: read),
      predicates: predicates(on: read),
      runtimeFilters: request.runtimeFilters.compactMap { filter in
        position(of: filter.column, in: read).map(filter.moved)
      }, includesPosition: assembly.needsPosition, batchSize: request.batchSize, counters: request.counters,
      memory: request.memory)
    return AssembledReader(
      try parquet.reader(inner, rowGroups: range.clamped(to: 0..<parquet.rowGroupCount)), assembly)
  }

  private func openText(_ format: TextFormat) throws(QueryError) -> any BatchReader {
    let (read, assembly) = plan()
    var inner = TextReadRequest(
      file: try fileSystem.open(file.path), schema: source.fileSchema, projection: read,
      batchSize: request.batchSize, zone: source.zone, counters: request.counters)
    if case .bytes(let range) = part { inner.byteRange = range }
    return AssembledReader(try TextReader.open(format, inner), assembly)
  }

  /// Avro files are matched by name; what a file lacks has its default.
  private func openAvro() throws(QueryError) -> any BatchReader {
    var (read, assembly) = plan()
    let reader = try AvroReader(try fileSystem.open(file.path).allBytes())
    request.counters.add(1, to: .filesRead)
    let stored = try reader.schema.columns()
    var projection: [Int] = []
    var positions: [Int?] = []
    for index in read {
      let wanted = source.fileSchema[index]
      guard let column = stored.index(of: wanted.name) else {
        positions.append(nil)
        continue
      }
      guard stored[column].type == wanted.type else {
        throw QueryError(
          .unsupportedFile, .storage,
          "the Avro column \(wanted.name) is \(stored[column].type), not \(wanted.type)",
          file: FileLocation(path: file.path))
      }
      positions.append(projection.count)
      projection.append(column)
    }
    for (index, source) in assembly.sources.enumerated() {
      guard case .read(let position) = source else { continue }
      assembly.sources[index] =
        positions[position].map { .read($0) }
        ?? .constant(self.source.fileSchema[read[position]].initialDefault ?? .null)
    }
    return AssembledReader(
      try AvroTableReader(reader, path: file.path, projection: projection, batchSize: request.batchSize), assembly)
  }
}
