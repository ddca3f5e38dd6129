import ArgumentParser
import Glibc

/// The command `lakesql`.
@main
enum LakeSQLCommand {
  static func main() {
    do {
      let arguments = try Arguments.parse()
      exit(try run(arguments).code)
    } catch let failure as StartFailure {
      Terminal.writeError(failure.report)
      exit(failure.status.code)
    } catch {
      exit(report(error).code)
    }
  }

  private static func run(_ arguments: Arguments) throws -> ExitStatus {
    if arguments.scripts.isEmpty, isatty(STDIN_FILENO) == 1 {
      try arguments.checkForShell()
      return try Shell(arguments).run()
    }
    return try ScriptCommand(arguments).run()
  }

  /// Shows help and version on standard output, wrong usage on standard error.
  private static func report(_ error: any Error) -> ExitStatus {
    let message = Arguments.fullMessage(for: error)
    if Arguments.exitCode(for: error).isSuccess {
      print(message)
      return .success
    }
    Terminal.writeError(message + "\n")
    return .usage
  }
}

/// How the command ends.
enum ExitStatus: Equatable {
  case success
  /// A statement failed, or its result could not be written.
  case failure
  /// Wrong arguments, or a script that cannot be read.
  case usage
  /// Stopped by a signal.
  case stopped(signal: Int32)

  var code: Int32 {
    switch self {
    case .success: 0
    case .failure: 1
    case .usage: 2
    case .stopped(let signal): 128 + signal
    }
  }
}
