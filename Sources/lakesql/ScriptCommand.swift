import ArgumentParser
import Glibc
import LakeSQL

/// Runs the scripts of the command line, or the one on standard input, and ends.
struct ScriptCommand {
  private let arguments: Arguments

  init(_ arguments: Arguments) { self.arguments = arguments }

  func run() throws -> ExitStatus {
    do {
      let scripts = try readScripts()
      Signals.install()
      let session = try arguments.openSession()
      if let status = arguments.prepare(session) { return status }
      let output = try arguments.outputPath.map { (path) throws(OutputError) in try ResultOutput(path: path) }
      return try run(scripts, session, output ?? ResultOutput())
    } catch let error as ScriptReadingError {
      Terminal.writeError(error.report)
      return .usage
    } catch let error as SQLError {
      Terminal.writeError(error.report)
      return .failure
    } catch let error as OutputError {
      return Self.report(error)
    }
  }

  private func run(
    _ scripts: [ScriptSource], _ session: Session, _ output: ResultOutput
  ) throws(OutputError) -> ExitStatus {
    let printer = printer(session, output)
    let outcome = printer.run(scripts)
    if case .succeeded = outcome {
      try output.commit()
      return .success
    }
    output.discard()
    switch outcome {
    case .succeeded, .failed: return .failure
    case .unwritable(let error): return Self.report(error)
    case .stopped(let signal): return .stopped(signal: signal)
    }
  }

  private func printer(_ session: Session, _ output: ResultOutput) -> StatementPrinter {
    let showsOutput = arguments.outputPath == nil && Terminal.outputIsTerminal
    let isWatched = Terminal.errorIsTerminal && !arguments.isQuiet
    var printer = StatementPrinter(
      session: session, output: output, progress: ProgressLine(isEnabled: isWatched), format: arguments.format)
    printer.hasHeader = !arguments.omitsHeader
    printer.showsTiming = arguments.showsTiming
    printer.acknowledgement = isWatched && showsOutput && arguments.format == .table ? .onError : .none
    printer.sharesTerminal = showsOutput
    printer.options = ScriptRunner.Options(
      isAtomic: arguments.isAtomic, continuesAfterErrors: arguments.keepsGoing)
    return printer
  }

  private static func report(_ error: OutputError) -> ExitStatus {
    if !error.isClosedPipe { Terminal.writeError("error: \(error)\n") }
    return .failure
  }

  // MARK: Scripts

  /// Reads all scripts before the first statement runs.
  private func readScripts() throws -> [ScriptSource] {
    if arguments.scripts.isEmpty { return [try Self.standardInput()] }
    return try arguments.scripts.map { argument in
      switch argument.content {
      case .text(let sql): ScriptSource(text: sql)
      case .file("-"): try Self.standardInput()
      case .file(let path): try Self.file(path)
      }
    }
  }

  private static func file(_ path: String) throws(ScriptReadingError) -> ScriptSource {
    do {
      return try ScriptSource(path: path)
    } catch {
      throw ScriptReadingError(report: (error as? SQLError)?.report ?? "error: \(error)\n")
    }
  }

  private static func standardInput() throws(ScriptReadingError) -> ScriptSource {
    guard let bytes = Terminal.readInput() else {
      throw ScriptReadingError(report: "error: cannot read standard input: \(String(cString: strerror(errno)))\n")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ScriptReadingError(report: "error: standard input is not valid UTF-8\n")
    }
    return ScriptSource(text: text, name: "<stdin>")
  }
}

/// A script that cannot be read.
private struct ScriptReadingError: Error {
  let report: String
}

extension Arguments {
  /// A session on the warehouse.
  func openSession() throws(SQLError) -> Session {
    try Engine(warehouse: warehouse, options: engineOptions).makeSession()
  }

  /// Gives the session the command line's variables and limit; returns how to end where it refuses them.
  func prepare(_ session: Session) -> ExitStatus? {
    guard !variables.isEmpty || memoryLimit != nil else { return nil }
    let error = Foreground.run {
      await apply(to: session)
    } onSignal: { signal, _ in
      _exit(ExitStatus.stopped(signal: signal).code)
    } onTick: {
    }
    guard let error else { return nil }
    Terminal.writeError(error.report)
    return error.status
  }

  private func apply(to session: Session) async -> StartFailure? {
    do {
      for variable in variables { try await session.setVariable(variable.name, to: variable.value) }
    } catch {
      return StartFailure(report: (error as? SQLError)?.report ?? "error: \(error)\n", status: .failure)
    }
    guard let memoryLimit else { return nil }
    do {
      _ = try await session.execute("SET lakesql.memory_limit=\(memoryLimit)")
      return nil
    } catch {
      let message = (error as? SQLError)?.message ?? "\(error)"
      return StartFailure(report: "error: --memory-limit: \(message)\n", status: .usage)
    }
  }
}
