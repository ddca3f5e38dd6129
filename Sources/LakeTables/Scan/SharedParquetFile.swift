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
