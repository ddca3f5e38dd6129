import Glibc
import LakeTestSupport
import Testing

@Suite struct FailureTests {
  @Test func errorShowsFileLineColumnCaretAndState() throws {
    let run = try CommandRun()
    try run.write("load.sql", "SELECT 1 AS a;\n\nSELECT chanel\nFROM VALUES (1) AS t(channel);\nSELECT 3 AS a;\n")
    let ended = try run.run(["-f", "load.sql", "--format", "csv"])
    #expect(ended.status == 1)
    #expect(ended.output == "a\n1\n")
    #expect(ended.error.contains("SQLSTATE 42703"))
    #expect(
      ended.error.contains(
        """
          --> load.sql:3:8
         3 | SELECT chanel
           |        ^^^^^^
        """))
    #expect(ended.error.contains("hint: "))
    #expect(ended.error.contains("channel"))
  }

  @Test func syntaxErrorInAStatement() throws {
    let ended = try CommandRun().run(["-e", "SELECT 1 FROM WHERE"])
    #expect(ended.status == 1)
    #expect(ended.output == "")
    #expect(ended.error.contains("<command line>:1:"))
    #expect(ended.error.contains("SQLSTATE 42601"))
  }

  @Test func keepGoingRunsTheNextStatement() throws {
    let ended = try CommandRun().run(
      ["-e", "SELECT 1 AS a; SELECT nope; SELECT 2 AS a", "-e", "SELECT 3 AS a", "--keep-going", "--format", "csv"])
    #expect(ended.status == 1)
    #expect(ended.output == "a\n1\na\n2\na\n3\n")
    #expect(ended.error.contains("nope"))
  }

  @Test func withoutKeepGoingNothingElseRuns() throws {
    let ended = try CommandRun().run(["-e", "SELECT nope", "-e", "SELECT 3 AS a"])
    #expect(ended.status == 1)
    #expect(ended.output == "")
  }

  @Test func atomicScriptsAreOneTransaction() throws {
    let run = try CommandRun()
    try run.write("one.sql", "CREATE TABLE one AS SELECT 1 AS a;")
    try run.write("two.sql", "CREATE TABLE two AS SELECT 2 AS a; SELECT nope;")
    #expect(try run.run(["-f", "one.sql", "-f", "two.sql", "--atomic"]).status == 1)
    #expect(try run.run(["-e", "SHOW TABLES", "--format", "csv", "--no-header"]).output == "")
    try run.write("two.sql", "CREATE TABLE two AS SELECT a + 1 AS a FROM one;")
    #expect(try run.run(["-f", "one.sql", "-f", "two.sql", "--atomic"]).status == 0)
    #expect(try run.run(["-e", "SELECT a FROM two", "--format", "csv"]).output == "a\n2\n")
  }

  @Test func scriptMustEndItsTransaction() throws {
    let run = try CommandRun()
    try run.write("open.sql", "CREATE TABLE t (a INT);\nSTART TRANSACTION;\nINSERT INTO t VALUES (1);\n")
    let ended = try run.run(["-f", "open.sql", "-e", "SELECT 1 AS a", "-o", "result.csv"])
    #expect(ended.status == 1)
    #expect(ended.error.contains("ended inside an open transaction"))
    #expect(ended.error.contains("COMMIT"))
    #expect(!run.files().contains("result.csv"))
    let closed = try run.run(["-e", "START TRANSACTION; INSERT INTO t VALUES (1)", "-e", "COMMIT; SELECT * FROM t"])
    #expect(closed.status == 0)
    #expect(closed.output.contains("(1 row)"))
  }

  @Test func processesCreateOneTableTogether() throws {
    let run = try CommandRun()
    let script = "CREATE DATABASE IF NOT EXISTS d; CREATE TABLE IF NOT EXISTS d.t (a INT); INSERT INTO d.t VALUES (1)"
    let children = try (0..<4).map { _ in try run.start(["-e", script]) }
    let statuses = children.map { $0.wait() }
    let errors = try run.read("stderr")
    #expect(statuses == [0, 0, 0, 0], "\(errors)")
    #expect(try run.run(["-e", "SELECT count(*) AS n FROM d.t", "--format", "csv"]).output == "n\n4\n")
  }

  @Test func includedScriptIsNamedInItsError() throws {
    let run = try CommandRun()
    try run.write("outer.sql", "SOURCE inner.sql;\n")
    try run.write("inner.sql", "SELECT 1 AS a;\nSELECT nope;\n")
    let ended = try run.run(["-f", "outer.sql", "--format", "csv"])
    #expect(ended.status == 1)
    #expect(ended.output == "a\n1\n")
    #expect(ended.error.contains("--> inner.sql:2:8"))
  }

  // MARK: Output

  @Test func outputFileAppearsWhenAllSucceeded() throws {
    let run = try CommandRun()
    let ended = try run.run(["-e", "SELECT 1 AS a; SELECT 2 AS b", "-o", "result.csv"])
    #expect(ended == CommandRun.Ended(status: 0, output: "", error: ""))
    #expect(try run.read("result.csv") == "a\n1\nb\n2\n")
  }

  @Test func outputFileStaysAsItWasAfterAFailure() throws {
    let run = try CommandRun()
    try run.write("result.csv", "old\n")
    #expect(try run.run(["-e", "SELECT 1 AS a; SELECT nope", "-o", "result.csv"]).status == 1)
    #expect(try run.read("result.csv") == "old\n")
    #expect(run.files().filter { $0.hasPrefix("result") } == ["result.csv"])
  }

  @Test func outputThatCannotBeMadeIsNamed() throws {
    let ended = try CommandRun().run(["-e", "SELECT 1", "-o", "no/such/result.csv"])
    #expect(ended.status == 1)
    #expect(ended.error == "error: cannot write no/such/result.csv: No such file or directory\n")
  }

  @Test func fullDeviceIsAnError() throws {
    let ended = try CommandRun().run(["-e", "SELECT id FROM range(100000)", "-o", "/dev/full", "--format", "csv"])
    #expect(ended.status == 1)
    #expect(ended.error == "error: cannot write /dev/full: No space left on device\n")
  }

  @Test func closedOutputEndsQuietly() throws {
    let run = try CommandRun()
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    let child = try run.start(["-e", "SELECT id FROM range(1000000)", "--format", "csv"], output: ends[1])
    #expect(child.wait() == 1)
    #expect(try run.read("stderr") == "")
  }

  // MARK: Signals

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func signalCancelsTheRunningStatement(_ signal: Int32) throws {
    let run = try CommandRun()
    let child = try run.start(
      ["-e", "SELECT 1 AS a; SELECT sum(id % 7) AS b FROM range(1000000000000)", "--format", "csv"])
    while try run.read("stdout").isEmpty { usleep(10_000) }
    child.signal(signal)
    #expect(child.wait() == 128 + signal)
    #expect(try run.read("stdout") == "a\n1\n")
  }

  @Test(arguments: [SIGTERM, SIGHUP])
  func signalRemovesTheUnfinishedOutput(_ signal: Int32) throws {
    let run = try CommandRun()
    let child = try run.start(["-e", "SELECT sum(id % 7) AS b FROM range(1000000000000)", "-o", "result.csv"])
    while !run.files().contains(where: { $0.hasPrefix("result.csv.part") }) { usleep(10_000) }
    child.signal(signal)
    #expect(child.wait() == 128 + signal)
    #expect(!run.files().contains { $0.hasPrefix("result.csv") })
  }

  @Test func nothingRunsBehindACancelledStatement() throws {
    let run = try CommandRun()
    let child = try run.start(
      [
        "-e", "SELECT 1 AS a; SELECT sum(id % 7) AS b FROM range(1000000000000); SELECT 2 AS c", "--keep-going",
        "--format", "csv",
      ])
    while try run.read("stdout").isEmpty { usleep(10_000) }
    child.signal(SIGINT)
    #expect(child.wait() == 130)
    #expect(try run.read("stdout") == "a\n1\n")
  }
}
