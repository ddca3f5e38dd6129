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

  /// Creates a directory and those above it, each made durable in its parent; existing ones are fine.
  static func create(_ path: String) throws(QueryError) {
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
      try sync(FilePath.parent(directory))
    }
  }

  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Makes the entries of a directory durable.
  static func sync(_ path: String) throws(QueryError) {
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { throw SystemFailure.error(errno, "cannot open the directory", path) }
    defer { close(descriptor) }
    // Some file systems do not know fsync on directories; they have nothing to make durable that way.
    if SystemFailure.retrying({ Int(fsync(descriptor)) }) != 0, errno != EINVAL {
      throw SystemFailure.error(errno, "cannot make the directory durable", path)
    }
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
