import Glibc

/// A terminal with a program on it, for tests that type and look.
package final class PseudoTerminal {
  private let master: Int32
  private let child: ChildProcess
  /// Everything the program has written.
  package private(set) var transcript = ""
  /// What `expect` has not looked at yet.
  private var unseen: [UInt8] = []

  package init(
    _ program: String, _ arguments: [String], environment: [String: String], directory: String
  ) throws {
    master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard master >= 0, grantpt(master) == 0, unlockpt(master) == 0, let name = ptsname(master) else {
      throw SystemError("posix_openpt")
    }
    var size = winsize(ws_row: 24, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    child = try ChildProcess(
      program, arguments, environment: environment, directory: directory, terminal: String(cString: name))
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
    for _ in 0..<(seconds * 10) {
      if let range = unseen.firstRange(of: wanted) {
        let before = String(decoding: unseen[..<range.lowerBound], as: UTF8.self)
        unseen.removeSubrange(..<range.upperBound)
        return before
      }
      readMore(milliseconds: 100)
    }
    throw Missing(description: "'\(text)' never appeared in:\n\(transcript)")
  }

  /// Waits for the program's end.
  package func end() -> Int32 {
    while readMore(milliseconds: 1000) {}
    return child.wait()
  }

  /// Reads what is there; false at the end.
  @discardableResult
  private func readMore(milliseconds: Int32) -> Bool {
    var descriptor = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, milliseconds) > 0 else { return true }
    var block = [UInt8](repeating: 0, count: 4096)
    let count = read(master, &block, block.count)
    guard count > 0 else { return false }
    unseen += block[..<count]
    transcript += String(decoding: block[..<count], as: UTF8.self)
    return true
  }

  package struct Missing: Error, CustomStringConvertible {
    package let description: String
  }
}
