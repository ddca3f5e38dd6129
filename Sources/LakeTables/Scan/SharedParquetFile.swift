import LakeDiagnostics
import LakeFileSystem
import LakeParquet
import Synchronization

/// A Parquet file that the tasks of a scan share; its footer is read once, on first use.
final class SharedParquetFile: Sendable {
  let path: String
  private let fileSystem: any FileSystem
  private let opened = Mutex<ParquetFile?>(nil)

  init(_ path: String, _ fileSystem: any FileSystem) {
    self.path = path
    self.fileSystem = fileSystem
  }

  func file() throws(QueryError) -> ParquetFile {
    try opened.withLock { (opened) throws(QueryError) in
      if let opened { return opened }
      let file = try ParquetFile.open(try fileSystem.open(path))
      opened = file
      return file
    }
  }
}

/// The Parquet files of a source. The footers of some stay: what finds the columns, counts the rows and reads them asks
/// for the same ones.
final class SharedParquetFiles: Sendable {
  private static let mostKept = 32
  private let fileSystem: any FileSystem
  private let kept = Mutex<[String: SharedParquetFile]>([:])

  init(_ fileSystem: any FileSystem) { self.fileSystem = fileSystem }

  func shared(_ path: String) -> SharedParquetFile {
    kept.withLock { kept in
      if let file = kept[path] { return file }
      let file = SharedParquetFile(path, fileSystem)
      if kept.count < Self.mostKept { kept[path] = file }
      return file
    }
  }
}

/// Groups row groups into morsels.
enum RowGroupMorsels {
  /// Files from this size on are looked into while planning, so that workers can share them; many files are enough for
  /// all workers unless each is large.
  static func splitSize(fileCount: Int) -> Int { fileCount <= 32 ? 1 << 20 : 16 << 20 }

  /// Rows that are worth a task of their own.
  private static let rows = 200_000

  /// Runs of one or two neighbouring row groups, small ones together up to the size of a morsel.
  static func split(_ file: ParquetFile) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = 0
    var count = 0
    for index in 0..<file.rowGroupCount {
      count += file.rowCount(ofRowGroup: index)
      if count >= rows {
        result.append(start..<index + 1)
        start = index + 1
        count = 0
      }
    }
    if start < file.rowGroupCount { result.append(start..<file.rowGroupCount) }
    return result
  }
}
