import Glibc
package import LakeDiagnostics

/// The files of this machine.
///
/// A `file://` URI is taken literally (see `FilePath`); where nothing has that name but something has the
/// percent-decoded one, that is meant. Paths in results are absolute and without a scheme.
package struct LocalFileSystem: FileSystem {
  package init() {}

  package func status(of path: String) throws(QueryError) -> FileStatus? {
    try Self.lookUp(try Self.resolve(path))?.status
  }

  package func files(under directory: String, recursive: Bool) throws(QueryError) -> [FileStatus] {
    let root = try Self.resolve(directory)
    var walk = DirectoryWalk(isRecursive: recursive, skipsHidden: false)
    try walk.visit(root)
    return walk.sortedFiles()
  }

  package func files(matching glob: String) throws(QueryError) -> [FileStatus] {
    let path = try Self.resolve(glob)
    var walk = DirectoryWalk(isRecursive: true, skipsHidden: true)
    if try Self.lookUp(path) != nil || !GlobPattern.isGlob(path) {
      try walk.visitMatch(path)
      return walk.sortedFiles()
    }
    guard let alternatives = GlobPattern.expandingBraces(path) else {
      throw QueryError(.limitExceeded, .storage, "the braces of the glob have too many alternatives: \(glob)")
    }
    for alternative in alternatives {
      try walk.match(GlobPattern(alternative).segments[...], below: "/")
    }
    return walk.sortedFiles()
  }

  package func open(_ path: String) throws(QueryError) -> any ReadableFile {
    try LocalReadableFile(try Self.resolve(path))
  }

  package func create(_ path: String) throws(QueryError) -> any WritableFile {
    try LocalWritableFile(creating: try Self.resolve(path))
  }

  package func makeDurable(files: [String], directories: [String]) throws(QueryError) {
    var paths: [String] = []
    for path in files { paths.append(try Self.resolve(path)) }
    var folders: Set<String> = []
    for path in directories { folders.insert(try Self.resolve(path)) }
    try LocalDurability.sync(files: paths, directories: folders.sorted())
  }

  package func createDirectory(_ path: String) throws(QueryError) {
    try LocalDurability.sync(files: [], directories: try LocalDirectory.create(try Self.resolve(path)))
  }

  package func remove(_ path: String) throws(QueryError) {
    try LocalDirectory.remove(try Self.resolve(path))
  }

  package func removeDirectory(_ path: String) throws(QueryError) {
    try LocalDirectory.removeTree(try Self.resolve(path))
  }

  /// The directory that relative paths count from.
  package static var currentDirectory: String {
    guard let text = getcwd(nil, 0) else { return "/" }
    defer { free(text) }
    return String(cString: text)
  }

  /// The absolute path that a path or URI names.
  private static func resolve(_ location: String) throws(QueryError) -> String {
    let path = try FilePath.path(fromURI: location)
    guard !path.utf8.contains(0) else {
      throw QueryError(.invalidParameter, .storage, "a path must not contain a zero byte")
    }
    let literal = FilePath.absolute(path, relativeTo: path.hasPrefix("/") ? "/" : currentDirectory)
    guard path != location, path.utf8.contains(UInt8(ascii: "%")) else { return literal }
    var status = stat()
    if stat(literal, &status) == 0 { return literal }
    let decoded = FilePath.normalized(FilePath.percentDecoded(path))
    return stat(decoded, &status) == 0 ? decoded : literal
  }

  /// What a path is, with the identity of the inode; nil if nothing is there.
  static func lookUp(_ path: String) throws(QueryError) -> (status: FileStatus, identity: FileIdentity)? {
    var status = stat()
    if stat(path, &status) != 0 {
      // A dangling link or a loop of links is nothing that could be read.
      if errno == ENOENT || errno == ENOTDIR || errno == ELOOP { return nil }
      throw SystemFailure.error(errno, "cannot read the status of", path)
    }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    let modified = Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1000
    return (
      FileStatus(path: path, size: isDirectory ? 0 : Int(status.st_size), isDirectory: isDirectory, modified: modified),
      FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    )
  }
}

/// What tells two names of one file from two files.
struct FileIdentity: Hashable {
  let device: UInt64
  let inode: UInt64
}
