import LakeTestSupport
import Testing

@Suite struct UsageTests {
  @Test func versionAndHelp() throws {
    let version = try CommandRun().run(["--version"])
    #expect(version.status == 0)
    #expect(version.output.hasPrefix("LakeSQL "))
    let help = try CommandRun().run(["--help"])
    #expect(help.status == 0)
    #expect(help.output.contains("Examples:"))
    #expect(help.output.contains("--keep-going"))
  }

  @Test(arguments: [
    ["--bogus"], ["surplus"], ["-e"], ["-e", "SELECT 1", "--format", "yaml"], ["-e", "SELECT 1", "-d", "novalue"],
    ["-e", "SELECT 1", "--threads", "0"], ["-e", "SELECT 1", "--atomic", "--keep-going"],
    ["-e", "SELECT 1", "--memory-limit", "much"], ["-f", "missing.sql"], ["-f", "-", "-f", "-"],
    ["-e", "SELECT 1", "-o", "out.parquet"], ["-e", "SELECT 1", "-o", "out.csv.gz"],
  ])
  func wrongUsageIsStatus2(_ arguments: [String]) throws {
    let ended = try CommandRun().run(arguments)
    #expect(ended.status == 2)
    #expect(ended.output == "")
    #expect(!ended.error.isEmpty)
  }

  @Test func theEndingOfTheOutputNamesTheFormat() throws {
    let run = try CommandRun()
    let unknown = try run.run(["-e", "SELECT 1 AS a", "-o", "out.parquet"])
    #expect(unknown.error.contains("the ending .parquet"))
    #expect(unknown.error.contains(".csv") && unknown.error.contains("--format"))
    #expect(try run.run(["-e", "SELECT 1 AS a", "-o", "out.parquet", "--format", "csv"]).status == 0)
    #expect(try run.read("out.parquet") == "a\n1\n")
    #expect(try run.run(["-e", "SELECT 1 AS a", "-o", "./out.NDJSON"]).status == 0)
    #expect(try run.read("out.NDJSON") == "{\"a\":1}\n")
    #expect(try run.run(["-e", "SELECT 1 AS a", "-o", "./plain"]).status == 0)
    #expect(try run.read("plain").contains("(1 row)"))
  }

  @Test func aDashIsStandardOutput() throws {
    let run = try CommandRun()
    let ended = try run.run(["-e", "SELECT 1 AS a", "-o", "-", "--format", "csv"])
    #expect(ended == CommandRun.Ended(status: 0, output: "a\n1\n", error: ""))
    #expect(!run.files().contains("-"))
  }

  @Test(arguments: [["-o", "out.csv"], ["--atomic"]])
  func theShellRefusesWhatScriptsObey(_ arguments: [String]) throws {
    let run = try CommandRun()
    let terminal = try run.terminal(arguments)
    try terminal.expect("the shell does not take it")
    #expect(terminal.end() == 2)
  }

  @Test func aMissingScriptIsNamedBeforeAnythingRuns() throws {
    let ended = try CommandRun().run(["-e", "SELECT 1", "-f", "missing.sql"])
    #expect(ended.status == 2)
    #expect(ended.output == "")
    #expect(ended.error.contains("missing.sql: No such file or directory"))
  }

  @Test func statementsAndFilesRunInOrder() throws {
    let run = try CommandRun()
    try run.write("two.sql", "SELECT 2 AS a;\n")
    let ended = try run.run(
      ["-e", "SELECT 1 AS a", "-f", "two.sql", "-e", "SELECT 3 AS a", "-f", "-", "--format", "csv", "--no-header"],
      input: "SELECT 4 AS a")
    #expect(ended == CommandRun.Ended(status: 0, output: "1\n2\n3\n4\n", error: ""))
  }

  @Test func standardInputIsAScript() throws {
    let ended = try CommandRun().run(["--format", "csv"], input: "-- a comment\nSELECT 1 AS a;\nSELECT 'x;y' AS b")
    #expect(ended == CommandRun.Ended(status: 0, output: "a\n1\nb\nx;y\n", error: ""))
  }

  @Test func statementMayBeginWithAComment() throws {
    let ended = try CommandRun().run(["-e", "-- why\nSELECT 1 AS a", "--format", "csv"])
    #expect(ended == CommandRun.Ended(status: 0, output: "a\n1\n", error: ""))
  }

  @Test func variables() throws {
    let ended = try CommandRun().run(
      ["-e", "SELECT '${hivevar:dt}' AS a, ${n} AS b", "--hivevar", "dt=2026-01-31", "-d", "n=1=1", "--format", "csv"])
    #expect(ended == CommandRun.Ended(status: 0, output: "a,b\n2026-01-31,true\n", error: ""))
  }

  @Test func warehouseFromOptionOrEnvironment() throws {
    let run = try CommandRun()
    #expect(try run.run(["-w", "one", "-e", "CREATE TABLE t AS SELECT 1 AS a"]).status == 0)
    let environment = ["LAKESQL_WAREHOUSE": "one"]
    let ended = try run.run(["-e", "SELECT a FROM t", "--format", "csv"], environment: environment)
    #expect(ended == CommandRun.Ended(status: 0, output: "a\n1\n", error: ""))
    #expect(run.files().contains("one"))
    #expect(!run.files().contains("warehouse"))
  }

  @Test func timesGoToStandardError() throws {
    let ended = try CommandRun().run(["-e", "SELECT 1 AS a; SELECT 2 AS a", "--timing", "--format", "csv"])
    #expect(ended.status == 0)
    #expect(ended.output == "a\n1\na\n2\n")
    #expect(ended.error.split(separator: "\n").count { $0.hasPrefix("time: ") && $0.hasSuffix(" ms") } == 2)
  }

  @Test func settingsByOption() throws {
    let ended = try CommandRun().run(
      ["-e", "SET lakesql.memory_limit", "--memory-limit", "512MB", "--threads", "1", "--format", "csv"])
    #expect(ended.status == 0)
    #expect(ended.output.contains("512MB"))
  }
}
