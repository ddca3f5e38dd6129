import Glibc
import LakeDiagnostics

/// A local file open for reading by `pread`, so that threads share it without a lock.
final class LocalReadableFile: ReadableFile {
  let path: String
  let size: Int
  private let descriptor: Int32

  init(_ path: String) throws(QueryError) {
    self.path = path
    let descriptor = Int32(SystemFailure.retrying { Int(Glibc.open(path, O_RDONLY | O_CLOEXEC)) })
    if descriptor < 0 { throw SystemFailure.error(errno, "cannot open the file", path) }
    var status = stat()
    if fstat(descriptor, &status) != 0 {
      let number = errno
      close(descriptor)
      throw SystemFailure.error(number, "cannot read the size of the file", path)
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw SystemFailure.error(EISDIR, "cannot open the file", path)
    }
    self.descriptor = descriptor
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(QueryError) {
    guard let base = buffer.baseAddress else { return }
    guard offset >= 0 else { throw SystemFailure.error(EINVAL, "cannot read the file", path) }
    var done = 0
    while done < buffer.count {
      let got = SystemFailure.retrying { pread(descriptor, base + done, buffer.count - done, offset + done) }
      if got < 0 { throw SystemFailure.error(errno, "cannot read the file", path) }
      if got == 0 {
        throw QueryError(
          .corruptFile, .storage,
          "the file ends before it should (wanted \(buffer.count) bytes at \(offset)): \(path)",
          file: FileLocation(path: path))
      }
      done += got
    }
  }
}

/// A new local file that is written front to back.
final class LocalWritableFile: WritableFile {
  let path: String
  let changedDirectories: [String]
  private(set) var position = 0
  private var descriptor: Int32
  private static let attempts = 10

  init(creating path: String) throws(QueryError) {
    self.path = path
    let folder = FilePath.parent(path)
    var directories = [folder]
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
    var descriptor: Int32 = -1
    // A process that undoes its work removes the folders that are empty, perhaps right before the file is there.
    for _ in 0..<Self.attempts {
      directories += try LocalDirectory.create(folder)
      descriptor = Int32(SystemFailure.retrying { Int(Glibc.open(path, flags, 0o666)) })
      if descriptor >= 0 || errno != ENOENT { break }
    }
    if descriptor < 0 { throw SystemFailure.error(errno, "cannot create the file", path) }
    changedDirectories = directories
    self.descriptor = descriptor
  }

  deinit { discard() }

  func write(_ bytes: UnsafeRawBufferPointer) throws(QueryError) {
    guard let base = bytes.baseAddress else { return }
    guard descriptor >= 0 else { throw QueryError.internal("write to a file that is closed: \(path)") }
    var done = 0
    while done < bytes.count {
      let wrote = SystemFailure.retrying { Glibc.write(descriptor, base + done, bytes.count - done) }
      if wrote < 0 { throw SystemFailure.error(errno, "cannot write the file", path) }
      done += wrote
      position += wrote
    }
  }

  func finish() throws(QueryError) {
    guard descriptor >= 0 else { return }
    let result = close(descriptor)
    descriptor = -1
    if result != 0, errno != EINTR {
      let number = errno
      unlink(path)
      throw SystemFailure.error(number, "cannot close the file", path)
    }
  }

  func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    unlink(path)
  }
}
