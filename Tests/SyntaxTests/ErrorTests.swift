import LakeDiagnostics
import LakeSyntax
import Testing

@Suite struct ErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    /// The text under the caret; empty at the end of the statement.
    var found: String
    var hint: String?

    var testDescription: String { text }

    init(_ text: String, at found: String, hint: String? = nil) {
      self.text = text
      self.found = found
      self.hint = hint
    }
  }

  static let cases = [
    Case("SELEC 1", at: "SELEC", hint: "did you mean SELECT?"),
    Case("UPSERT INTO t", at: "UPSERT"),
    Case("SELECT a FORM t", at: "t", hint: "did you mean FROM where 'FORM' stands?"),
    Case("SELECT a FROM t WEHRE b = 1", at: "b", hint: "did you mean WHERE where 'WEHRE' stands?"),
    Case("SELECT a FROM t GROPU BY a", at: "BY", hint: "did you mean GROUP where 'GROPU' stands?"),
    Case("SELECT a FROM t ORDER BU a", at: "BU", hint: "did you mean BY?"),
    Case("INSERT INOT t SELECT 1", at: "INOT", hint: "did you mean INTO?"),
    Case("CREATE TABEL t (a int)", at: "TABEL", hint: "did you mean TABLE?"),
    Case("SELECT a, FROM t", at: "FROM"),
    Case("SELECT FROM t", at: "FROM"),
    Case("SELECT a FROM", at: ""),
    Case("SELECT a FROM WHERE b", at: "WHERE"),
    Case("SELECT (1 + 2", at: "("),
    Case("SELECT f(1, (2)", at: "("),
    Case("SELECT 1)", at: ")"),
    Case("SELECT a[1", at: "["),
    Case("SELECT 'abc", at: "'"),
    Case("SELECT `abc", at: "`"),
    Case("SELECT 1 /* comment /* inner */", at: "/*"),
    Case("SELECT CASE WHEN a THEN b", at: "CASE"),
    Case("SELECT CASE a END", at: "END"),
    Case("SELECT a b c", at: "c"),
    Case("SELECT @a", at: "@"),
    Case("SELECT ${x}", at: "$", hint: "a variable is written ${name}, and must be set"),
    Case("SELECT a\u{A0}b", at: "\u{A0}", hint: "replace this special space by a plain one"),
    Case("SELECT ’a’", at: "’", hint: "strings stand in straight quotes: 'text'"),
    Case("SELECT CAST(a int)", at: "int"),
    Case("SELECT a FROM t JOIN", at: ""),
    Case("SELECT a FROM t LEFT b", at: "b"),
    Case("SELECT x'GG'", at: "x'GG'"),
    Case("SELECT sum(a) OVER (PARTITION a)", at: "a"),
    Case("MERGE INTO t USING s ON a", at: ""),
    Case("SELECT 1; SELECT 2", at: "SELECT"),
    Case("CREATE TABLE t (a int) COMMENT 'x' COMMENT 'y'", at: "COMMENT"),
    Case("", at: ""),
    Case("-- nothing", at: ""),
    Case("BEGIN ATOMIC DELETE FROM t;", at: "BEGIN"),
    Case("EXPLAIN DROP TABLE t", at: "DROP"),
    Case("SELECT ``", at: "``"),
  ]

  @Test(arguments: cases) func syntaxError(_ expected: Case) throws {
    let error = try parseError(expected.text)
    #expect(error.code == .syntaxError)
    #expect(error.phase == .parse)
    #expect(slice(expected.text, error.span) == expected.found)
    if let hint = expected.hint { #expect(error.hint == hint) }
  }

  @Test(arguments: [
    "CREATE TABLE t (a int PRIMARY KEY)", "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0))",
    "CREATE FUNCTION f AS 'x'",
    "SELECT * FROM t PIVOT (sum(a) FOR b IN (1))", "SELECT TRANSFORM (a) USING 'script' FROM t", "GRANT ALL ON t TO u",
    "SELECT 1 UNION BY NAME SELECT 2", "CACHE TABLE t", "OPTIMIZE t", "SET VARIABLE x = 1", "EXPLAIN CODEGEN SELECT 1",
    "ALTER TABLE t ADD PARTITION FIELD days(ts)", "CREATE MATERIALIZED VIEW v AS SELECT 1",
    "SELECT a COLLATE utf8_lcase",
    "SELECT * FROM t TABLESAMPLE (1 PERCENT) REPEATABLE (1)", "LOAD DATA INPATH 'x' INTO TABLE t",
    "INSERT OVERWRITE LOCAL DIRECTORY 'x' SELECT 1", "CREATE TEMPORARY TABLE t (a int)",
    "CREATE TABLE t (a int) CLUSTERED BY (a) INTO 4 BUCKETS",
    "CREATE TABLE t LIKE s USING parquet", "ALTER TABLE t ADD COLUMN a int NOT NULL",
    "ALTER TABLE t REPLACE COLUMNS (a int)", "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
    "ALTER TABLE t PARTITION (a = 1) RENAME TO PARTITION (a = 2)", "DESCRIBE t PARTITION (a = 1)",
    "MERGE WITH SCHEMA EVOLUTION INTO t USING s ON a WHEN MATCHED THEN DELETE", "EXPLAIN LINEAGE SELECT 1",
    "BEGIN ATOMIC SELECT 1; END", "BEGIN ATOMIC COMMIT; END",
  ])
  func unsupportedFeature(_ text: String) throws {
    let error = try parseError(text)
    #expect(error.code == .unsupported)
    #expect(error.span != nil)
  }

  @Test(arguments: [
    "CREATE DATABASE d COMMENT 'a' COMMENT 'b'", "CREATE VIEW v COMMENT 'a' COMMENT 'b' AS SELECT 1",
    "CREATE TABLE t (a int COMMENT 'a' COMMENT 'b')", "CREATE TABLE t (a int NOT NULL NOT NULL)",
    "CREATE TABLE t (a int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' FIELDS TERMINATED BY ';'",
    "ALTER TABLE t ADD COLUMN a int FIRST AFTER b", "TRUNCATE TABLE t PARTITION (a)",
    "SELECT CAST(a AS INTERVAL)", "SELECT CAST(a AS INTERVAL SECOND TO DAY)", "SELECT CAST(a AS INTERVAL WEEK)",
    "EXPLAIN CREATE TABLE t (a int)", "EXPLAIN CREATE DATABASE d",
  ])
  func clausesStandOnceAndWhole(_ text: String) throws { #expect(try parseError(text).code == .syntaxError) }

  @Test func offsetsCountFromTheScript() throws {
    let script = "SELECT 1;\n\nSELECT a FROM;"
    let parts = Script(script).statements
    let error = #expect(throws: QueryError.self) { try Parser.parseStatement(parts[1].text, at: parts[1].span.start) }
    #expect(error?.span == SourceSpan(start: 24, end: 24))
    let whole = #expect(throws: QueryError.self) { try parseScript("SELECT 1;\nSELEC 2;") }
    #expect(whole?.span == SourceSpan(start: 10, end: 15))
  }

  @Test func theReportShowsTheLine() throws {
    let text = "SELECT a,\n       b\nFORM t\nWHERE c = 1"
    let rendered = report(try parseError(text), text)
    #expect(rendered.contains("<command line>:3:6"))
    #expect(rendered.contains("hint: did you mean FROM where 'FORM' stands?"))
  }

  @Test func spansCoverTheirNodes() throws {
    let text =
      "SELECT a + b.c * 2 AS x, sum(y) OVER (ORDER BY z) FROM db.t AS u JOIN v ON u.k = v.k WHERE f(1) IN (2, 3)"
    guard case .query(let query) = try Parser.parseStatement(text).kind, case .select(let select) = query.body
    else { return #expect(Bool(false)) }
    #expect(slice(text, query.span) == text)
    #expect(slice(text, select.items[0].expression.span) == "a + b.c * 2")
    #expect(slice(text, select.items[0].aliases[0].span) == "x")
    #expect(slice(text, select.items[1].expression.span) == "sum(y) OVER (ORDER BY z)")
    #expect(slice(text, select.from[0].span) == "db.t AS u JOIN v ON u.k = v.k")
    #expect(slice(text, select.filter?.span) == "f(1) IN (2, 3)")
    guard case .chain(_, let rest) = select.items[0].expression.kind else { return #expect(Bool(false)) }
    #expect(slice(text, rest[0].span) == "+")
    #expect(slice(text, rest[0].operand.span) == "b.c * 2")
  }
}
