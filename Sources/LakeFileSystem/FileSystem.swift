package import LakeDiagnostics

/// Where files live. Paths are absolute (`/a/b`) or `file://` URIs; other schemes join later.
///
/// Errors name the path: `.pathNotFound`, `.diskFull`, `.ioError` with the operating system's words as cause.
package protocol FileSystem: Sendable {
  /// What is known of a path; nil if nothing is there.
  func status(of path: String) throws(QueryError) -> FileStatus?
  /// The files below a directory (not the directories), sorted by path; an absent directory is empty.
  func files(under directory: String, recursive: Bool) throws(QueryError) -> [FileStatus]
  /// The files that match a glob (`*`, `?`, `[a-z]`, `{a,b}`, `**`), sorted by path; a plain path is itself, a
  /// directory is its files, recursively. Names that start with `_` or `.` are left out unless asked for by name.
  func files(matching glob: String) throws(QueryError) -> [FileStatus]
  func open(_ path: String) throws(QueryError) -> any ReadableFile
  /// Creates a file that must not exist yet, with the directories above it; `makeDurable` makes them outlast a crash.
  func create(_ path: String) throws(QueryError) -> any WritableFile
  /// Makes finished files and the entries of directories outlast a crash of the machine; many at a time are cheaper
  /// than one after the other.
  func makeDurable(files: [String], directories: [String]) throws(QueryError)
  func createDirectory(_ path: String) throws(QueryError)
  /// Removes a file; an absent one is fine.
  func remove(_ path: String) throws(QueryError)
  /// Removes a directory with all it holds; an absent one is fine.
  func removeDirectory(_ path: String) throws(QueryError)
}

/// What is known of a file without opening it.
package struct FileStatus: Hashable, Sendable {
  package var path: String
  /// Bytes.
  package var size: Int
  package var isDirectory: Bool
  /// Microseconds since 1970.
  package var modified: Int64

  package init(path: String, size: Int, isDirectory: Bool, modified: Int64) {
    self.path = path
    self.size = size
    self.isDirectory = isDirectory
    self.modified = modified
  }
}

/// A file open for reading at any position, by several threads at once.
package protocol ReadableFile: AnyObject, Sendable {
  var path: String { get }
  /// Bytes when the file was opened.
  var size: Int { get }
  /// Fills the whole buffer from `offset`; a file that ends before is an error.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(QueryError)
}

/// A file that is being written from front to back.
package protocol WritableFile: AnyObject {
  var path: String { get }
  /// Bytes written so far.
  var position: Int { get }
  /// Directories that got an entry when the file was created, to be made durable with it.
  var changedDirectories: [String] { get }
  func write(_ bytes: UnsafeRawBufferPointer) throws(QueryError)
  /// Closes the file, whose content is complete.
  func finish() throws(QueryError)
  /// Closes and removes the file.
  func discard()
}
