import Glibc
import LakeSQL

/// The interactive shell: reads statements to their semicolon, runs them, shows results and times.
final class Shell {
  private let session: Session
  private let editor: LineEditor
  private var printer: StatementPrinter
  /// What was typed of a statement that is not complete.
  private var pending = ""

  init(_ arguments: Arguments) throws {
    Signals.install()
    do {
      session = try arguments.openSession()
    } catch {
      throw StartFailure(report: error.report, status: .failure)
    }
    if let status = arguments.prepare(session) { throw StartFailure(report: "", status: status) }
    editor = LineEditor(historyPath: Self.historyPath)
    let isWatched = Terminal.errorIsTerminal && !arguments.isQuiet
    printer = StatementPrinter(
      session: session, output: ResultOutput(), progress: ProgressLine(isEnabled: isWatched),
      format: arguments.format)
    printer.hasHeader = !arguments.omitsHeader
    printer.showsTiming = true
    printer.acknowledgement = .onOutput
    printer.sharesTerminal = Terminal.outputIsTerminal
    printer.options = ScriptRunner.Options(continuesAfterErrors: arguments.keepsGoing)
  }

  private static var historyPath: String? {
    getenv("HOME").map { String(cString: $0) + "/.lakesql_history" }
  }

  /// Reads and runs until the user leaves.
  func run() -> ExitStatus {
    say("LakeSQL \(Engine.version). Statements end with ;  \\? shows help, \\q leaves.")
    while true {
      switch editor.readLine(prompt: pending.isEmpty ? "lakesql> " : "      -> ") {
      case .line(let line): if let status = take(line) { return status }
      case .interrupted: pending = ""
      case .end(let status): return status
      }
    }
  }

  /// Takes a line; returns how to end if it asks for that.
  private func take(_ line: String) -> ExitStatus? {
    if pending.isEmpty, let command = ShellCommand(line) {
      editor.remember(Self.trimmed(line))
      return run(command)
    }
    pending += line
    guard ScriptSource.isComplete(pending) else { return nil }
    let text = Self.trimmed(pending)
    pending = ""
    if text.isEmpty { return nil }
    editor.remember(text)
    return run([ScriptSource(text: text)])
  }

  private static func trimmed(_ text: String) -> String {
    let isSpace = { (character: Character) in character.isWhitespace }
    let front = text.drop(while: isSpace)
    guard let last = front.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(front[...last])
  }

  private func run(_ scripts: [ScriptSource]) -> ExitStatus? {
    if case .unwritable(let error) = printer.run(scripts) {
      if !error.isClosedPipe { Terminal.writeError("error: \(error)\n") }
      return .failure
    }
    return nil
  }

  /// Tells something beside the results.
  private func say(_ text: String) { Terminal.write(text + "\n", to: STDOUT_FILENO) }

  private func run(_ command: ShellCommand) -> ExitStatus? {
    switch command {
    case .quit: return .success
    case .help: say(ShellCommand.helpText)
    case .statement(let sql): return run([ScriptSource(text: sql)])
    case .file(let path): return runFile(path)
    case .timing:
      printer.showsTiming.toggle()
      say("Timing is \(printer.showsTiming ? "on" : "off").")
    case .format(let format):
      if let format { printer.format = format }
      say("The format is \(printer.format.rawValue).")
    case .wrong(let message): Terminal.writeError("error: \(message)\n")
    }
    return nil
  }

  private func runFile(_ path: String) -> ExitStatus? {
    do {
      return run([try ScriptSource(path: path)])
    } catch {
      Terminal.writeError((error as? SQLError)?.report ?? "error: \(error)\n")
      return nil
    }
  }
}

/// Why the command could not start; `report` is for the user.
struct StartFailure: Error {
  let report: String
  let status: ExitStatus
}
