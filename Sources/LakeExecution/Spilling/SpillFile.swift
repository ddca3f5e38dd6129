import Glibc
package import LakeDiagnostics
import Synchronization

/// A temporary file without a name: the system frees it with its last descriptor, even after a crash.
///
/// Blocks are only ever appended; any thread may write and read.
package final class SpillFile: Sendable {
  private let descriptor: Int32
  private let directory: String
  private let end = Atomic<Int>(0)

  /// Makes a file in a directory that exists.
  package convenience init(in directory: String) throws(QueryError) {
    var descriptor = open(directory, Self.unnamed | O_RDWR | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor < 0 { descriptor = Self.openNamed(in: directory) }
    if descriptor < 0 { throw Self.failure(errno, "cannot create a temporary file", directory) }
    self.init(descriptor: descriptor, directory: directory)
  }

  /// `O_TMPFILE`, a flag of Linux that glibc's headers define by an expression.
  private static let unnamed = O_DIRECTORY | 0o20_000_000

  /// Makes a file and takes its name away, for file systems that know no files without one.
  private static func openNamed(in directory: String) -> Int32 {
    var path = Array((directory + "/lakesql-spill-XXXXXX").utf8CString)
    let descriptor = mkstemp(&path)
    if descriptor < 0 { return descriptor }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  /// Takes over a descriptor that is open for reading and writing.
  package init(descriptor: Int32, directory: String) {
    self.descriptor = descriptor
    self.directory = directory
  }

  deinit { close(descriptor) }

  /// Where temporary files go unless a setting says otherwise: `TMPDIR`, or the system's own place.
  package static var systemDirectory: String {
    if let variable = getenv("TMPDIR"), variable.pointee != 0 { return String(cString: variable) }
    return "/tmp"
  }

  /// Writes bytes behind all others; returns where they start.
  package func append(_ bytes: UnsafeRawBufferPointer) throws(QueryError) -> Int {
    let start = end.wrappingAdd(bytes.count, ordering: .relaxed).oldValue
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let wrote = pwrite(descriptor, base + done, bytes.count - done, start + done)
      if wrote < 0, errno == EINTR { continue }
      if wrote < 0 { throw Self.failure(errno, "cannot write a temporary file", directory) }
      done += wrote
    }
    return start
  }

  /// Reads bytes that were written before.
  package func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws(QueryError) {
    var done = 0
    while done < target.count, let base = target.baseAddress {
      let got = pread(descriptor, base + done, target.count - done, offset + done)
      if got < 0, errno == EINTR { continue }
      if got < 0 { throw Self.failure(errno, "cannot read a temporary file", directory) }
      if got == 0 { throw .internal("a temporary file ends before its last block") }
      done += got
    }
  }

  private static func failure(_ number: Int32, _ action: String, _ directory: String) -> QueryError {
    let isFull = number == ENOSPC || number == EDQUOT || number == EFBIG
    return QueryError(
      isFull ? .diskFull : .ioError, .execute, "\(action) in \(directory)",
      hint: isFull
        ? "set lakesql.temp_directory to a folder on a larger disk, or raise lakesql.memory_limit"
        : "set lakesql.temp_directory to a folder that may be written to",
      cause: String(cString: strerror(number)))
  }
}
