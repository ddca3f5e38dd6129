import Glibc
import LakeTestSupport
import Testing

@Suite struct ShellTests {
  private static let prompt = "lakesql> "

  private func shell(_ run: CommandRun) throws -> PseudoTerminal {
    let terminal = try run.terminal()
    try terminal.expect(Self.prompt)
    return terminal
  }

  /// Types a line and returns what is shown before the next prompt.
  private func answer(_ terminal: PseudoTerminal, _ line: String) throws -> String {
    terminal.type(line + "\r")
    return try terminal.expect(Self.prompt)
  }

  @Test func statementShowsTableAndTime() throws {
    let terminal = try shell(try CommandRun())
    let text = try answer(terminal, "SELECT 40 + 2 AS a;")
    #expect(text.contains(" 42\r\n(1 row)\r\n"))
    #expect(text.contains("time: "))
    terminal.type("\\q\r")
    #expect(terminal.end() == 0)
  }

  @Test func statementMaySpanLines() throws {
    let terminal = try shell(try CommandRun())
    terminal.type("SELECT 'a;b' AS x,\r")
    try terminal.expect("-> ")
    terminal.type("  7 AS y\r")
    try terminal.expect("-> ")
    terminal.type(";\r")
    #expect(try terminal.expect(Self.prompt).contains(" a;b | 7"))
    terminal.type("exit;\r")
    #expect(terminal.end() == 0)
  }

  @Test func errorsDoNotLeaveTheShell() throws {
    let terminal = try shell(try CommandRun())
    #expect(try answer(terminal, "SELECT nope;").contains("42703"))
    #expect(try answer(terminal, "\\nonsense").contains("there is no command \\nonsense"))
    #expect(try answer(terminal, "SELECT 1 AS good;").contains("good"))
    terminal.type("quit\r")
    #expect(terminal.end() == 0)
  }

  @Test func commands() throws {
    let terminal = try shell(try CommandRun())
    #expect(try answer(terminal, "CREATE TABLE t (amount DECIMAL(9,2), n INT);").contains("OK\r\n"))
    #expect(try answer(terminal, "INSERT INTO t VALUES (1.5, 1), (2.5, 2);").contains("OK, 2 rows"))
    #expect(try answer(terminal, "\\d").contains("(1 row)"))
    #expect(try answer(terminal, "\\d t").contains("decimal(9,2)"))
    #expect(try answer(terminal, "\\l").contains("default"))
    #expect(try answer(terminal, "\\?").contains("\\timing"))
    #expect(try answer(terminal, "\\timing").contains("Timing is off."))
    #expect(try !answer(terminal, "SELECT 1 AS a;").contains("time: "))
    #expect(try answer(terminal, "\\format csv").contains("The format is csv."))
    #expect(try answer(terminal, "SELECT sum(amount) AS total FROM t;").contains("total\r\n4.00"))
    terminal.type("\u{4}")
    #expect(terminal.end() == 0)
  }

  @Test(arguments: ["\\q\r", "\u{4}"])
  func leavingAnOpenTransactionWarns(_ leave: String) throws {
    let terminal = try shell(try CommandRun())
    #expect(try answer(terminal, "START TRANSACTION;").contains("OK\r\n"))
    #expect(try answer(terminal, "CREATE TABLE t (a INT);").contains("OK\r\n"))
    terminal.type(leave)
    try terminal.expect("warning: the open transaction was not committed")
    #expect(terminal.end() == 0)
  }

  @Test func aCommentAloneRunsNothing() throws {
    let terminal = try shell(try CommandRun())
    #expect(try !answer(terminal, "-- nothing").contains("time: "))
    #expect(try answer(terminal, "SELECT 1 AS a;").contains("time: "))
    terminal.type("\u{4}")
    #expect(terminal.end() == 0)
  }

  @Test func controlCClearsWhatIsTyped() throws {
    let terminal = try shell(try CommandRun())
    terminal.type("SELECT 'lost\r")
    try terminal.expect("-> ")
    terminal.type("still typing")
    try terminal.expect("still typing")
    terminal.type("\u{3}")
    try terminal.expect(Self.prompt)
    #expect(try answer(terminal, "SELECT 5 AS five;").contains(" 5\r\n"))
    terminal.type("\u{4}")
    #expect(terminal.end() == 0)
  }

  @Test func controlCCancelsTheRunningStatement() throws {
    let terminal = try shell(try CommandRun())
    terminal.type("SELECT sum(id % 7) AS s FROM range(1000000000000);\r")
    try terminal.expect("rows read")
    terminal.type("\u{3}")
    #expect(try terminal.expect(Self.prompt).contains("57014"))
    #expect(try answer(terminal, "SELECT 5 AS five;").contains(" 5\r\n"))
    terminal.type("\\q\r")
    #expect(terminal.end() == 0)
  }

  @Test func historyIsKeptForTheOwnerOnly() throws {
    let run = try CommandRun()
    let first = try shell(run)
    _ = try answer(first, "SELECT 11 AS remembered;")
    first.type("\\q\r")
    #expect(first.end() == 0)
    var status = stat()
    #expect(stat(run.path(".lakesql_history"), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)

    let second = try shell(run)
    second.type("\u{10}\u{10}\r")
    #expect(try second.expect("(1 row)").contains(" 11\r\n"))
    second.type("\\q\r")
    #expect(second.end() == 0)
  }

  @Test func progressIsShownOnATerminalAndErased() throws {
    let run = try CommandRun()
    let terminal = try run.terminal(["-e", "SELECT sum(id % 7) AS s FROM range(1000000000000)"])
    try terminal.expect("rows read")
    terminal.type("\u{3}")
    try terminal.expect("\r\u{1B}[K")
    #expect(terminal.end() == 130)
  }
}
