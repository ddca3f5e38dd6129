import Glibc

/// The process's standard streams.
enum Terminal {
  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Writes to standard error.
  static func writeError(_ text: String) { write(text, to: STDERR_FILENO) }

  /// Writes text for the user; there is nobody to tell if that fails.
  static func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { _ = writeAll(descriptor, UnsafeRawBufferPointer($0)) }
  }

  /// Writes all bytes; returns 0, or the error number of the write that failed.
  static func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }

  /// Everything that can be read from standard input; nil, with `errno` set, if reading fails.
  static func readInput() -> [UInt8]? {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &block, block.count)
      if count == 0 { return bytes }
      if count > 0 {
        bytes += block[..<count]
      } else if errno != EINTR {
        return nil
      }
    }
  }

  /// Seconds since some fixed moment.
  static var clock: Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}
