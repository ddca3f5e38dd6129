import CEditLine
import Glibc

/// Reads lines from the terminal with libedit: editing keys, history, search with Ctrl-R.
final class LineEditor {
  enum Input {
    /// With its newline.
    case line(String)
    /// Ctrl-C.
    case interrupted
    /// Ctrl-D, a closed terminal, or a signal to end.
    case end(ExitStatus)
  }

  private static let historySize: Int32 = 5000

  private let editor: OpaquePointer?
  private let history: OpaquePointer?
  private let historyPath: String?

  /// - Parameter historyPath: the file that keeps what was typed, readable by its owner only; nil: none does.
  init(historyPath: String?) {
    Self.useUnicode()
    self.historyPath = historyPath
    editor = el_init_standard("lakesql", Terminal.outputIsTerminal ? 1 : 0)
    history = history_init()
    guard let editor, let history else { return }
    _ = history_set_number(history, H_SETSIZE, Self.historySize)
    _ = history_set_number(history, H_SETUNIQUE, 1)
    if let historyPath { _ = history_set_text(history, H_LOAD, historyPath) }
    _ = el_set_prompt(editor) { _ in shownPrompt }
    _ = el_set_editor(editor, "emacs")
    _ = el_set_signal(editor, 1)
    _ = el_set_reader(editor) { _, character in readCharacter(into: character) }
    _ = el_set_history(editor, history)
    _ = el_bind(editor, "^R", "em-inc-search-prev")
    _ = el_source(editor, nil)
  }

  deinit {
    if let editor { el_end(editor) }
    if let history { history_end(history) }
  }

  /// libedit takes bytes as characters of the locale.
  private static func useUnicode() {
    setlocale(LC_CTYPE, "")
    if String(cString: nl_langinfo(Int32(CODESET))) != "UTF-8" { setlocale(LC_CTYPE, "C.UTF-8") }
  }

  /// Waits for a line.
  func readLine(prompt: String) -> Input {
    free(shownPrompt)
    shownPrompt = strdup(prompt)
    while Signals.next() != nil {}
    receivedSignal = nil
    var count: Int32 = 0
    let line = editor.flatMap { editor in
      // libedit does this after it has shown the prompt; a Ctrl-D typed in between would be lost.
      _ = el_prepare_terminal(editor)
      return el_gets(editor, &count)
    }
    if let line, count > 0 { return .line(String(cString: line)) }
    Terminal.writeError("\n")
    return interruption()
  }

  /// What ended the reading without a line.
  private func interruption() -> Input {
    guard let number = receivedSignal else { return .end(.success) }
    return number == SIGINT ? .interrupted : .end(.stopped(signal: number))
  }

  /// Adds to the history and saves it.
  func remember(_ text: String) {
    guard let history else { return }
    _ = history_set_text(history, H_ENTER, text)
    if let historyPath { _ = history_set_text(history, H_SAVE, historyPath) }
  }
}

/// The prompt of the line that is being read, on the main thread.
nonisolated(unsafe) private var shownPrompt: UnsafeMutablePointer<CChar>?

/// The signal that ended the reading of the line, on the main thread.
nonisolated(unsafe) private var receivedSignal: Int32?

/// Reads a character for libedit, whose own reader sleeps through a signal that comes just before it waits.
///
/// - Returns: 1, or 0 at the end of the input, or -1 for a signal or an error.
private func readCharacter(into character: UnsafeMutablePointer<wchar_t>?) -> Int32 {
  var bytes: [CChar] = []
  while true {
    if let signal = Signals.waitForInput() {
      receivedSignal = signal
      return -1
    }
    var byte: CChar = 0
    let count = read(STDIN_FILENO, &byte, 1)
    if count < 0, errno == EINTR || errno == EAGAIN { continue }
    guard count == 1 else { return Int32(count) }
    bytes.append(byte)
    var state = mbstate_t()
    switch mbrtowc(character, bytes, bytes.count, &state) {
    case -1: bytes = []
    case -2: continue
    default: return 1
    }
  }
}
