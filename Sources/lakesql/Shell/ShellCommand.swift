import LakeSQL

/// What a line that is no SQL asks the shell for.
enum ShellCommand {
  case quit
  case help
  /// Stands for a statement.
  case statement(String)
  case file(String)
  case timing
  case format(ResultFormat?)
  /// It is not understood.
  case wrong(String)

  /// Reads a line; nil where it is SQL.
  init?(_ line: String) {
    let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
    guard let word = words.first else { return nil }
    if word.hasPrefix("\\") {
      self = Self.backslash(word, words.dropFirst().joined(separator: " "))
    } else if words.count == 1, ["exit", "quit", "exit;", "quit;"].contains(word.lowercased()) {
      self = .quit
    } else {
      return nil
    }
  }

  private static func backslash(_ word: String, _ rest: String) -> ShellCommand {
    var argument = rest
    while argument.hasSuffix(";") { argument.removeLast() }
    switch word {
    case "\\q": return .quit
    case "\\?", "\\h": return .help
    case "\\l": return .statement("SHOW DATABASES")
    case "\\d": return .statement(argument.isEmpty ? "SHOW TABLES" : "DESCRIBE \(argument)")
    case "\\i": return argument.isEmpty ? .wrong("\\i takes a file") : .file(argument)
    case "\\timing": return .timing
    case "\\format": return format(argument)
    default: return .wrong("there is no command \(word); \\? shows those there are")
    }
  }

  private static func format(_ name: String) -> ShellCommand {
    if name.isEmpty { return .format(nil) }
    if let format = ResultFormat(rawValue: name.lowercased()) { return .format(format) }
    let names = ResultFormat.allCases.map(\.rawValue).joined(separator: ", ")
    return .wrong("there is no format \(name); there are \(names)")
  }

  static let helpText = """
    statement;       run a statement, which may span lines
    \\d               list the tables of the current database
    \\d table         show a table's columns
    \\l               list the databases
    \\i file          run a script
    \\format [name]   show or set the output format: \
    \(ResultFormat.allCases.map(\.rawValue).joined(separator: ", "))
    \\timing          switch the display of times on or off
    \\q               leave; so do exit, quit and Ctrl-D
    Ctrl-C           cancel the running statement, or clear what is typed
    """
}
