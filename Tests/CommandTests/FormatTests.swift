import Testing

@Suite struct FormatTests {
  private static let rows = """
    SELECT * FROM VALUES ('ATM', 12.50BD, CAST(NULL AS INT)), ('', 3.00BD, 7), (NULL, NULL, -1),
      ('a "b", c', 0.25BD, 100) AS t(channel, profit, n)
    """

  private func output(_ sql: String, _ arguments: [String] = []) throws -> String {
    let ended = try CommandRun().run(["-e", sql] + arguments)
    #expect(ended.error == "")
    #expect(ended.status == 0)
    return ended.output
  }

  @Test func tableAlignsNumbersToTheRight() throws {
    #expect(
      try output(Self.rows) == """
         channel  | profit |  n   
        ----------+--------+------
         ATM      |  12.50 | NULL
                  |   3.00 |    7
         NULL     |   NULL |   -1
         a "b", c |   0.25 |  100
        (4 rows)

        """)
  }

  @Test func tableOfOneRow() throws {
    #expect(try output("SELECT 1 AS a") == " a \n---\n 1\n(1 row)\n")
  }

  @Test func tableWithoutRows() throws {
    #expect(try output("SELECT 1 AS a, 'x' AS bb WHERE false") == " a | bb \n---+----\n(0 rows)\n")
  }

  @Test func tableCountsColumnsOfTheTerminal() throws {
    #expect(
      try output("SELECT * FROM VALUES ('日本', 'x'), ('é', 'y'), ('👍', 'z') AS t(a, b)") == """
          a   | b 
        ------+---
         日本 | x
         é    | y
         👍   | z
        (3 rows)

        """)
  }

  @Test func tableContinuesLinesAndEscapesControls() throws {
    #expect(
      try output(#"SELECT 'one\ntwo' AS a, 'x\ty' AS b"#) == #"""
          a  |  b   
        -----+------
         one+| x\ty
         two | 
        (1 row)

        """#)
  }

  @Test func tableStreamsBehindItsFirstRows() throws {
    let lines = try output("SELECT id FROM range(10000)").split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 10_004)
    #expect(lines.last(where: { !$0.isEmpty }) == "(10000 rows)")
  }

  @Test func tablesHaveAnEmptyLineBetween() throws {
    #expect(
      try output("SELECT 1 AS a; SELECT 2 AS b") == " a \n---\n 1\n(1 row)\n\n b \n---\n 2\n(1 row)\n")
  }

  @Test func tableShowsValuesAsCastToString() throws {
    #expect(
      try output("SELECT array(1, NULL) AS a, map('k', 1.5D) AS m, named_struct('x', true) AS s, X'00FF' AS b")
        .split(separator: "\n")[2] == " [1, null] | {k -> 1.5} | {true} | X'00FF'")
  }

  @Test func csv() throws {
    #expect(
      try output(Self.rows, ["--format", "csv"]) == """
        channel,profit,n
        ATM,12.50,
        "",3.00,7
        ,,-1
        "a ""b"", c",0.25,100

        """)
  }

  @Test func csvWithoutHeader() throws {
    #expect(try output("SELECT 1 AS a, 'x' AS b", ["--format", "csv", "--no-header"]) == "1,x\n")
  }

  @Test func tsv() throws {
    #expect(
      try output(Self.rows + #"; SELECT 'x\ty\\z' AS a"#, ["--format", "tsv"]) == #"""
        channel	profit	n
        ATM	12.50	\N
        	3.00	7
        \N	\N	-1
        a "b", c	0.25	100
        a
        x\ty\\z

        """#)
  }

  @Test func json() throws {
    #expect(
      try output(Self.rows + " LIMIT 2", ["--format", "json"]) == """
        [
        {"channel":"ATM","profit":12.50,"n":null},
        {"channel":"","profit":3.00,"n":7}
        ]

        """)
  }

  @Test func jsonWithoutRowsIsAnArray() throws {
    #expect(try output("SELECT 1 AS a WHERE false", ["--format", "json"]) == "[]\n")
  }

  @Test func jsonLines() throws {
    #expect(
      try output("SELECT array(1, 2) AS a, DATE'2026-01-31' AS d, named_struct('x', 'y') AS s", ["--format", "jsonl"])
        == #"{"a":[1,2],"d":"2026-01-31","s":{"x":"y"}}"# + "\n")
  }

  @Test(arguments: ["table", "csv", "tsv", "json", "jsonl"])
  func statementsWithoutColumnsPrintNothing(_ format: String) throws {
    #expect(try output("CREATE TABLE t (a INT); INSERT INTO t VALUES (1)", ["--format", format]) == "")
  }

  @Test(arguments: ["table", "csv", "jsonl"])
  func timestampsAreShownInTheSessionsZone(_ format: String) throws {
    let sql = "SET TIME ZONE 'Europe/Lisbon'; SELECT TIMESTAMP'2026-07-01 12:00:00Z' AS t"
    #expect(try output(sql, ["--format", format]).contains("2026-07-01 13:00:00"))
  }
}
