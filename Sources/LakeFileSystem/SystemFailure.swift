import Glibc
import LakeDiagnostics

/// Turns what the operating system reports into the engine's errors.
enum SystemFailure {
  /// The error for a failed call; `action` says what was tried, such as "cannot open the file".
  static func error(_ number: Int32, _ action: String, _ path: String) -> QueryError {
    let words = String(cString: strerror(number))
    return QueryError(code(number), .storage, "\(action): \(path)", hint: hint(number), cause: words)
  }

  private static func code(_ number: Int32) -> ErrorCode {
    switch number {
    case ENOENT, ENOTDIR: .pathNotFound
    case ENOSPC, EDQUOT: .diskFull
    default: .ioError
    }
  }

  private static func hint(_ number: Int32) -> String? {
    switch number {
    case EACCES, EPERM: "check the permissions of the path and of the directories above it"
    case ENOSPC, EDQUOT: "free some space or use another disk; tables are as they were"
    case EMFILE, ENFILE: "raise the limit on open files (ulimit -n)"
    default: nil
    }
  }

  /// Repeats a call while a signal interrupts it; the result is -1 with `errno` as the call left it otherwise.
  static func retrying(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      if result != -1 || errno != EINTR { return result }
    }
  }
}
