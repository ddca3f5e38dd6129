import Glibc
import LakeSQL
import Synchronization

/// Runs scripts in a session and shows their results and errors.
struct StatementPrinter: Sendable {
  enum Outcome: Sendable {
    case succeeded
    case failed
    case unwritable(OutputError)
    case stopped(signal: Int32)
  }

  let session: Session
  let output: ResultOutput
  let progress: ProgressLine
  var format: ResultFormat
  var hasHeader = true
  /// Whether the time of each statement goes to standard error.
  var showsTiming = false
  /// Whether statements without columns are acknowledged, and where.
  var acknowledgement = Acknowledgement.none
  /// Whether results and the progress line meet on one terminal.
  var sharesTerminal = false
  var options = ScriptRunner.Options()

  enum Acknowledgement: Sendable {
    case none
    case onError
    case onOutput
  }

  /// Runs scripts to the end; a first Ctrl-C cancels, a second one ends the process.
  func run(_ scripts: [ScriptSource]) -> Outcome {
    var stop: Int32?
    progress.start()
    let outcome = Foreground.run {
      await execute(scripts)
    } onSignal: { signal, count in
      stop = signal
      session.cancel()
      if count > 1 {
        progress.erase()
        output.discard()
        _exit(ExitStatus.stopped(signal: signal).code)
      }
    } onTick: {
      if stop != nil { session.cancel() }
      progress.update(session.progress)
    }
    progress.erase()
    if let stop { return .stopped(signal: stop) }
    return outcome
  }

  private func execute(_ scripts: [ScriptSource]) async -> Outcome {
    let hasShownTable = Flag()
    let runner = ScriptRunner(session: session, options: options) { result in
      try await show(result, hasShownTable)
    } onError: { error in
      progress.erase()
      Terminal.writeError(error.report)
    }
    do {
      return try await runner.run(scripts) ? .succeeded : .failed
    } catch let error as OutputError {
      return .unwritable(error)
    } catch {
      progress.erase()
      Terminal.writeError((error as? SQLError)?.report ?? "error: \(error)\n")
      return .failed
    }
  }

  /// Writes a result; tables have an empty line between them.
  private func show(_ result: QueryResult, _ hasShownTable: Flag) async throws {
    defer { progress.resume() }
    var isFirstPiece = true
    let writer = try ResultWriter(format, for: result, hasHeader: hasHeader) { bytes in
      if sharesTerminal { progress.suspend() }
      if format == .table, isFirstPiece, hasShownTable.raise() { try output.write("\n") }
      isFirstPiece = false
      try output.write(bytes)
    }
    for try await batch in result { try writer.write(batch) }
    try writer.finish()
    if result.columns.isEmpty { try acknowledge(result) }
    if showsTiming { showTime(since: result.started) }
  }

  private func showTime(since start: ContinuousClock.Instant) {
    let parts = (ContinuousClock.now - start).components
    let micros = parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000
    progress.erase()
    let fraction = String(micros % 1000 + 1000).dropFirst()
    Terminal.writeError("time: \(micros / 1000).\(fraction) ms\n")
  }

  private func acknowledge(_ result: QueryResult) throws(OutputError) {
    let text = result.affectedRows.map { $0 == 1 ? "OK, 1 row\n" : "OK, \($0) rows\n" } ?? "OK\n"
    switch acknowledgement {
    case .none: break
    case .onError:
      progress.erase()
      Terminal.writeError(text)
    case .onOutput:
      progress.suspend()
      try output.write(text)
    }
  }
}

/// A flag that is raised once.
private final class Flag: Sendable {
  private let isRaised = Atomic<Bool>(false)

  /// Raises the flag; returns whether it was raised before.
  func raise() -> Bool { isRaised.exchange(true, ordering: .relaxed) }
}
