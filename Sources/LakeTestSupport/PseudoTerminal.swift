import Glibc

/// A terminal with a program on it, for tests that type and look.
package final class PseudoTerminal {
  private let master: Int32
  private let child: ChildProcess
  /// Everything the program has written.
  package private(set) var transcript = ""
  /// Whether the program has closed its side.
  private var isClosed = false
  /// What `expect` has not looked at yet.
  private var unseen: [UInt8] = []

  package init(
    _ program: String, _ arguments: [String], environment: [String: String], directory: String
  ) throws {
    var (master, terminal): (Int32, Int32) = (-1, -1)
    var name = [CChar](repeating: 0, count: 256)
    var size = winsize(ws_row: 24, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0)
    guard openpty(&master, &terminal, &name, nil, &size) == 0 else { throw SystemError("openpty") }
    for end in [master, terminal] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    self.master = master
    defer { close(terminal) }
    let path = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    child = try ChildProcess(
      program, arguments, environment: environment, directory: directory,
      terminal: String(decoding: path, as: UTF8.self))
  }

  deinit {
    child.signal(SIGKILL)
    close(master)
  }

  /// Types text; `\u{3}` is Ctrl-C, `\u{4}` Ctrl-D.
  package func type(_ text: String) {
    var bytes = Array(text.utf8)
    _ = write(master, &bytes, bytes.count)
  }

  /// Waits for text behind what was seen before; returns what stood before it.
  @discardableResult
  package func expect(_ text: String, seconds: Int = 60) throws -> String {
    let wanted = Array(text.utf8)
    let deadline = ContinuousClock.now + .seconds(seconds)
    repeat {
      if let range = unseen.firstRange(of: wanted) {
        let before = String(decoding: unseen[..<range.lowerBound], as: UTF8.self)
        unseen.removeSubrange(..<range.upperBound)
        return before
      }
      if isClosed { break }
      readMore(milliseconds: 100)
    } while ContinuousClock.now < deadline
    throw Missing(description: "'\(text)' never appeared in:\n\(transcript)")
  }

  /// Waits for the program's end; kills it if that does not come in time.
  package func end(seconds: Int = 60) -> Int32 {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !isClosed, ContinuousClock.now < deadline { readMore(milliseconds: 100) }
    return child.wait(seconds: isClosed ? seconds : 0)
  }

  /// Reads what is there.
  private func readMore(milliseconds: Int32) {
    var descriptor = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, milliseconds) > 0 else { return }
    var block = [UInt8](repeating: 0, count: 4096)
    let count = read(master, &block, block.count)
    isClosed = count <= 0
    if isClosed { return }
    unseen += block[..<count]
    transcript += String(decoding: block[..<count], as: UTF8.self)
  }

  package struct Missing: Error, CustomStringConvertible {
    package let description: String
  }
}
