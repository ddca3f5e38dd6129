import Glibc
import LakeDiagnostics

/// Calls on local directories.
enum LocalDirectory {
  /// The names in a directory (without `.` and `..`), unsorted; nil if there is no such directory.
  static func names(in path: String) throws(QueryError) -> [String]? {
    guard let handle = opendir(path) else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw SystemFailure.error(errno, "cannot list the directory", path)
    }
    defer { closedir(handle) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(handle) else { break }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
      }
      if name != ".", name != ".." { names.append(name) }
    }
    if errno != 0 { throw SystemFailure.error(errno, "cannot list the directory", path) }
    return names
  }

  /// Creates a directory and those above it; existing ones are fine. Returns the directories that got an entry.
  @discardableResult
  static func create(_ path: String) throws(QueryError) -> [String] {
    var missing: [String] = []
    var current = path
    while !isDirectory(current) {
      missing.append(current)
      let above = FilePath.parent(current)
      if above == current { break }
      current = above
    }
    for directory in missing.reversed() {
      if mkdir(directory, 0o777) != 0, errno != EEXIST || !isDirectory(directory) {
        throw SystemFailure.error(errno, "cannot create the directory", directory)
      }
    }
    return missing.map { FilePath.parent($0) }
  }

  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Removes a directory with all it holds, without following symbolic links.
  static func removeTree(_ path: String) throws(QueryError) {
    guard let names = try names(in: path) else { return }
    for name in names {
      let entry = FilePath.join(path, name)
      var status = stat()
      if lstat(entry, &status) != 0 { continue }
      if status.st_mode & S_IFMT == S_IFDIR { try removeTree(entry) } else { try remove(entry) }
    }
    if rmdir(path) != 0, errno != ENOENT {
      throw SystemFailure.error(errno, "cannot remove the directory", path)
    }
  }

  /// Removes a file; an absent one is fine.
  static func remove(_ path: String) throws(QueryError) {
    if unlink(path) != 0, errno != ENOENT, errno != ENOTDIR {
      throw SystemFailure.error(errno, "cannot remove the file", path)
    }
  }
}
