import Glibc
import Synchronization

/// Where results go: standard output, or a file that appears under its name when it is complete.
final class ResultOutput: Sendable {
  private struct Target {
    var descriptor: Int32
    /// The file under its name for now, and the final name; nil where bytes go to their place at once.
    var temporary: (path: String, final: String)?
  }

  /// What messages call it.
  private let name: String
  private let target: Mutex<Target>

  /// Standard output.
  init() {
    name = "standard output"
    target = Mutex(Target(descriptor: STDOUT_FILENO))
  }

  /// A file. It is written beside its place; devices and pipes are written at once.
  init(path: String) throws(OutputError) {
    name = path
    let place = Self.resolved(path)
    var status = stat()
    let exists = stat(place, &status) == 0
    if exists, status.st_mode & S_IFMT != S_IFREG {
      target = Mutex(Target(descriptor: try Self.open(place, O_WRONLY, name: path)))
      return
    }
    let temporary = "\(place).part-\(getpid())"
    let descriptor = try Self.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, name: path)
    if exists { _ = fchmod(descriptor, status.st_mode & 0o7777) }
    target = Mutex(Target(descriptor: descriptor, temporary: (temporary, place)))
  }

  /// The path behind symbolic links, so that the file they lead to is replaced.
  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func open(_ path: String, _ flags: Int32, name: String) throws(OutputError) -> Int32 {
    let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw OutputError(name: name, number: errno) }
    return descriptor
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
    let number = target.withLock { Terminal.writeAll($0.descriptor, bytes) }
    if number != 0 { throw OutputError(name: name, number: number) }
  }

  /// Writes text.
  func write(_ text: String) throws(OutputError) {
    var text = text
    let result = text.withUTF8 { bytes in
      Result { () throws(OutputError) in try write(UnsafeRawBufferPointer(bytes)) }
    }
    try result.get()
  }

  /// Gives the file its name.
  func commit() throws(OutputError) {
    let number = target.withLock { target -> Int32 in
      guard let (path, place) = target.temporary else { return 0 }
      target.temporary = nil
      if close(target.descriptor) == 0, rename(path, place) == 0 { return 0 }
      let number = errno
      unlink(path)
      return number
    }
    if number != 0 { throw OutputError(name: name, number: number) }
  }

  /// Removes what was written, where that is not final.
  func discard() {
    target.withLock { target in
      if let temporary = target.temporary { unlink(temporary.path) }
      target.temporary = nil
    }
  }
}

/// Results that could not be written.
struct OutputError: Error, CustomStringConvertible {
  let name: String
  /// The system's error number.
  let number: Int32

  /// Whether the reader went away, which is no news to anybody.
  var isClosedPipe: Bool { number == EPIPE }

  var description: String { "cannot write \(name): \(String(cString: strerror(number)))" }
}
