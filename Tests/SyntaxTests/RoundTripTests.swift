import LakeDiagnostics
import LakeSyntax
import Testing

@Suite struct RoundTripTests {
  @Test(arguments: expressions) func expressionRoundTrips(_ text: String) { expectRoundTrip("SELECT \(text)") }

  static let expressions = [
    "1 + 2 * 3 - 4", "(1 + 2) * 3", "1 - (2 - 3)", "(1 - 2) - 3", "a || b || 'c'", "- -1", "-(1)", "-a", "~-1", "+1",
    "-128Y", "-9223372036854775808", "NOT NOT a", "!a AND !b", "a AND (b AND c) OR (d OR e)", "a = b = c",
    "a = b IS NULL", "(a IS NULL) = b", "a <=> b", "a == b", "a != b", "1 << 2 >> 3 >>> 4", "a & b | c ^ d",
    "7 DIV 2 % 3", "a BETWEEN 1 AND 2 AND b NOT BETWEEN 3 AND 4", "a IN (1, 2, 3)", "a NOT IN (SELECT b FROM t)",
    "a IN ((SELECT 1))", "a IN ((SELECT 1) UNION (SELECT 2))", "(a, b) IN ((1, 2), (3, 4))",
    "a LIKE 'x%' ESCAPE '!'", "a NOT ILIKE ANY ('a%', 'b%')", "a LIKE ALL ('a%')", "a RLIKE '^x' OR a REGEXP 'y$'",
    "a IS NOT TRUE", "a IS UNKNOWN", "a IS NOT DISTINCT FROM b", "EXISTS (SELECT 1)", "NOT EXISTS (TABLE t)",
    "exists(items, x -> x > 1)", "CASE WHEN a THEN b WHEN c THEN d ELSE e END", "CASE a WHEN 1 THEN 'x' END",
    "CAST(a AS DECIMAL(10, 2))", "TRY_CAST(a AS array<struct<x: int, y: map<string, double>>>)", "a::int::string",
    "(a.b).c", "a[0].b[1]['k']", "f(a).b", "(a)[0]", "'abc'[0]", "struct(1 AS a, b)", "(1 AS a, 2)",
    "named_struct('a', 1)",
    "count(*)", "count(DISTINCT a, b)", "sum(ALL a)", "t.*", "* EXCEPT (a, b.c)", "count(t.*)",
    "sum(a) FILTER (WHERE b > 1)", "percentile_cont(0.5) WITHIN GROUP (ORDER BY a DESC NULLS LAST)",
    "first(a IGNORE NULLS)", "lag(a, 1) RESPECT NULLS OVER (ORDER BY b)", "sum(a) OVER w", "sum(a) OVER (w)",
    "sum(a) OVER ()", "row_number() OVER (PARTITION BY a, b ORDER BY c DESC, d NULLS FIRST)",
    "sum(a) OVER (ORDER BY d ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING)",
    "sum(a) OVER (ORDER BY d RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND CURRENT ROW)",
    "sum(a) OVER (DISTRIBUTE BY a SORT BY b ROWS 3 PRECEDING)", "sum(a) OVER (base ORDER BY c GROUPS CURRENT ROW)",
    "filter(a, x -> x IS NOT NULL)", "aggregate(a, 0, (acc, x) -> acc + x)", "f(name => 1, other => 'x')",
    "EXTRACT(YEAR FROM d)", "SUBSTRING(a FROM 2 FOR 3)", "substring(a, 2, 3)", "substr('x', 1)",
    "substring((a AND b), 1)", "TRIM(a)", "TRIM(BOTH 'x' FROM a)", "TRIM(LEADING FROM a)", "trim('x' FROM a)",
    "POSITION('a' IN b)", "position('a', b)", "OVERLAY(a PLACING b FROM 1 FOR 2)", "left(a, 1) || right(a, 1)",
    "if(a, b, c)", "current_date", "current_timestamp()", "`current_date`", "t.current_date", "DATE '2026-01-31'",
    "TIMESTAMP '2026-01-31 10:00:00'", "TIMESTAMP_NTZ '2026-01-31'", "date", "date(a)", "timestamp(a)", "X'1aF'",
    "INTERVAL 1 DAY", "INTERVAL '1' DAY", "INTERVAL -1 DAY 2 HOURS", "INTERVAL '1 2:03:04' DAY TO SECOND",
    "INTERVAL -'1-2' YEAR TO MONTH", "INTERVAL '1 day 2 hours'", "d + INTERVAL 1 MONTH - INTERVAL 2 WEEKS", "interval",
    "interval + 1", "'a' 'b' \"c\"", "'it''s'", "'it\\'s'", "'\\u00e9\\n\\t\\\\'", "'50\\%'", "r'\\d+\\'",
    "\"say 'hi'\"",
    "1L, 2S, 3Y, 1.5, .5, 2., 1e3, 1.5E-3, 1D, 1.5F, 3BD, 1e2BD", "(SELECT 1) + 1", "((SELECT 1) UNION ALL (SELECT 2))",
    "? + ?", ":name", "a AS `b c`", "`a``b`", "a AS key", "explode(m) AS (k, v)", "values", "(values, key)",
    "values[0]",
    "`select`.`from`", "t.select.from", "größe", "2026_sales", "like('a', 'b')", "any(a)", "t.group.order", "order",
  ]

  @Test(arguments: queries) func queryRoundTrips(_ text: String) { expectRoundTrip(text) }

  static let queries = [
    "SELECT 1", "SELECT DISTINCT a FROM t", "SELECT ALL a FROM t", "SELECT a b FROM t c", "TABLE t",
    "VALUES (1, 'a'), (2, 'b')", "VALUES 1, 2 LIMIT 1", "SELECT * FROM VALUES (1, 'a') AS t (x, y)",
    "SELECT * FROM (VALUES (1), (2) ORDER BY 1) t", "SELECT * FROM (VALUES (1) t JOIN VALUES (2) u)",
    "SELECT * FROM a, b, c", "SELECT * FROM a JOIN b ON a.x = b.x LEFT OUTER JOIN c USING (x, y)",
    "SELECT * FROM a CROSS JOIN b NATURAL FULL JOIN c", "SELECT * FROM a LEFT SEMI JOIN b ON x ANTI JOIN c ON y",
    "SELECT * FROM a JOIN (b JOIN c ON p) ON q", "SELECT * FROM (a JOIN b) AS j JOIN c", "SELECT * FROM ((a))",
    "SELECT * FROM a JOIN b", "SELECT * FROM (SELECT 1) t", "SELECT * FROM ((SELECT 1) UNION (SELECT 2)) t",
    "SELECT * FROM a, LATERAL (SELECT a.x)", "SELECT * FROM a JOIN LATERAL explode(a.items) AS e (item)",
    "SELECT * FROM csv.`data/*.csv`", "SELECT * FROM read_files('x', format => 'csv', header => true) f",
    "SELECT * FROM range(10)", "SELECT * FROM t VERSION AS OF 3", "SELECT * FROM t TIMESTAMP AS OF '2026-01-01' x",
    "SELECT * FROM t FOR SYSTEM_TIME AS OF current_timestamp",
    "SELECT * FROM t TABLESAMPLE (10 PERCENT) s",
    "SELECT * FROM t TABLESAMPLE (BUCKET 1 OUT OF 4)", "SELECT * FROM t LATERAL VIEW explode(a) e",
    "SELECT * FROM t LATERAL VIEW OUTER posexplode(a) e AS p, x LATERAL VIEW inline(b) f k, v WHERE k = 1",
    "SELECT a, count(*) FROM t GROUP BY a HAVING count(*) > 1", "SELECT * FROM t GROUP BY ALL",
    "SELECT a FROM t GROUP BY a, ROLLUP (b, (c, d)), CUBE (e)",
    "SELECT a FROM t GROUP BY GROUPING SETS ((a, b), a, ())",
    "SELECT a FROM t GROUP BY a, b WITH ROLLUP", "SELECT a FROM t GROUP BY a, b WITH CUBE",
    "SELECT a FROM t GROUP BY a, b GROUPING SETS ((a), (a, b))", "SELECT a FROM t GROUP BY 1, (a, b)",
    "SELECT a FROM t QUALIFY row_number() OVER (ORDER BY a) = 1",
    "SELECT sum(a) OVER w FROM t WINDOW w AS (PARTITION BY b), v AS w", "SELECT a FROM t ORDER BY a DESC NULLS LAST, b",
    "SELECT a FROM t DISTRIBUTE BY a SORT BY b DESC", "SELECT a FROM t CLUSTER BY a",
    "SELECT a FROM t LIMIT 10 OFFSET 5",
    "SELECT a FROM t LIMIT ALL", "SELECT 1 UNION SELECT 2 UNION ALL SELECT 3 EXCEPT SELECT 4 MINUS SELECT 5",
    "SELECT 1 UNION SELECT 2 INTERSECT SELECT 3", "(SELECT 1 UNION SELECT 2) INTERSECT ALL SELECT 3 ORDER BY 1",
    "(SELECT 1 LIMIT 1) UNION (SELECT 2)", "WITH a AS (SELECT 1), b (x) AS (SELECT 2) SELECT * FROM a, b",
    "WITH a AS (WITH b AS (SELECT 1) SELECT * FROM b) (SELECT * FROM a)", "FROM t SELECT a WHERE b ORDER BY a",
    "FROM t SELECT a SELECT b", "SELECT /*+ BROADCAST(a), COALESCE(3) */ * FROM a", "SELECT /* plain */ 1 -- end",
    "SELECT transform(a, x -> x + 1) FROM t", "SELECT * FROM t WHERE (a, b) = (1, 2);",
  ]

  @Test(arguments: statements) func statementRoundTrips(_ text: String) { expectRoundTrip(text) }

  static let statements = [
    "CREATE DATABASE IF NOT EXISTS d COMMENT 'c' LOCATION 'l' WITH DBPROPERTIES ('a' = 'b', c.d = 1)",
    "CREATE SCHEMA s", "ALTER DATABASE d SET DBPROPERTIES (a = 'b')", "ALTER SCHEMA d SET LOCATION 'x'",
    "DROP DATABASE IF EXISTS d CASCADE", "USE d", "USE DATABASE d",
    "CREATE TABLE t (a int NOT NULL COMMENT 'c', b decimal(10, 2), c: string)",
    "CREATE OR REPLACE TABLE t USING iceberg PARTITIONED BY (days(ts), bucket(16, id), truncate(4, c), x) AS SELECT 1",
    "CREATE EXTERNAL TABLE IF NOT EXISTS d.t (a int) PARTITIONED BY (dt date COMMENT 'day', h int) "
      + "STORED AS TEXTFILE LOCATION 'x' TBLPROPERTIES ('skip.header.line.count' = '1')",
    "CREATE TABLE t (a int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ';' ESCAPED BY '\\\\' "
      + "COLLECTION ITEMS TERMINATED BY ',' MAP KEYS TERMINATED BY ':' LINES TERMINATED BY '\\n' NULL DEFINED AS ''",
    "CREATE TABLE t (a int) ROW FORMAT SERDE 'x.Y' WITH SERDEPROPERTIES ('a' = 'b') "
      + "STORED AS INPUTFORMAT 'i' OUTPUTFORMAT 'o'",
    "CREATE TABLE t (a int) STORED BY ICEBERG",
    "CREATE TABLE t USING csv OPTIONS (header true, 'sep' ';', n = 3) COMMENT 'c'",
    "CREATE TABLE t LIKE s LOCATION 'x'",
    "CREATE TABLE t (SELECT 1)", "CREATE TEMPORARY VIEW v AS SELECT 1",
    "CREATE OR REPLACE VIEW v (a COMMENT 'x', b) COMMENT 'c' TBLPROPERTIES ('a' = 'b') AS SELECT 1, 2",
    "DROP TABLE IF EXISTS t PURGE", "DROP VIEW v", "TRUNCATE TABLE t PARTITION (dt = '2026-01-01')",
    "MSCK REPAIR TABLE t", "MSCK REPAIR TABLE t SYNC PARTITIONS", "REPAIR TABLE t DROP PARTITIONS",
    "ANALYZE TABLE t COMPUTE STATISTICS", "ANALYZE TABLE t PARTITION (a = 1) COMPUTE STATISTICS FOR COLUMNS b, c",
    "REFRESH TABLE t", "ALTER TABLE t ADD COLUMNS (a int COMMENT 'c', b.c string AFTER d)",
    "ALTER TABLE t ADD COLUMN a int FIRST",
    "CREATE TABLE t (a int DEFAULT (NOT true) COMMENT 'c', b string DEFAULT 'x' NOT NULL)",
    "ALTER TABLE t ADD COLUMN a int DEFAULT -5 AFTER b", "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1 + 2",
    "ALTER TABLE t ALTER COLUMN a DROP DEFAULT", "INSERT INTO t (a, b) VALUES (1, DEFAULT)",
    "ALTER TABLE t DROP COLUMN a, b", "ALTER TABLE t RENAME COLUMN a TO b",
    "ALTER TABLE t CHANGE COLUMN a b bigint COMMENT 'c' AFTER d CASCADE", "ALTER TABLE t CHANGE a COMMENT 'x'",
    "ALTER TABLE t ALTER COLUMN a TYPE bigint",
    "ALTER TABLE t ALTER a DROP NOT NULL",
    "ALTER TABLE t SET TBLPROPERTIES ('a' = 'b')", "ALTER TABLE t UNSET TBLPROPERTIES IF EXISTS ('a', b.c)",
    "ALTER TABLE t RENAME TO u", "ALTER TABLE t SET LOCATION 'x'",
    "ALTER TABLE t ADD IF NOT EXISTS PARTITION (a = 1) LOCATION 'x' PARTITION (a = 2)",
    "ALTER TABLE t DROP IF EXISTS PARTITION (dt < '2025-01-01', h >= 3), PARTITION (dt = 'x') PURGE",
    "ALTER TABLE t RECOVER PARTITIONS",
    "ALTER VIEW v AS SELECT 1", "INSERT INTO t SELECT 1", "INSERT INTO TABLE t (a, b) VALUES (1, DEFAULT)",
    "INSERT INTO t BY NAME SELECT 1 AS a", "INSERT OVERWRITE TABLE t PARTITION (a = 1, b) IF NOT EXISTS SELECT 1",
    "INSERT INTO t (SELECT 1)", "INSERT INTO t REPLACE WHERE a = 1 SELECT 2",
    "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
    "WITH x AS (SELECT 1) INSERT INTO t WITH y AS (SELECT * FROM x) SELECT * FROM y",
    "FROM s LATERAL VIEW explode(a) e AS x INSERT OVERWRITE TABLE t PARTITION (d) SELECT a, x WHERE b GROUP BY a, x "
      + "INSERT INTO u SELECT c ORDER BY c LIMIT 3",
    "FROM (SELECT * FROM s WHERE insert = 1) q INSERT INTO t SELECT *",
    "MERGE INTO t AS a USING s AS b ON a.id = b.id WHEN MATCHED AND b.op = 'D' THEN DELETE "
      + "WHEN MATCHED THEN UPDATE SET a.x = b.x, y = 1 WHEN NOT MATCHED THEN INSERT (id, x) VALUES (b.id, b.x) "
      + "WHEN NOT MATCHED BY SOURCE THEN DELETE",
    "MERGE INTO t USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED BY TARGET THEN INSERT *",
    "MERGE INTO t USING s ON a WHEN NOT MATCHED THEN INSERT VALUES (1, 2)",
    "UPDATE t x SET a = 1, b.c = 2 WHERE d", "DELETE FROM t WHERE a = 1", "DELETE FROM t",
    "SHOW DATABASES", "SHOW SCHEMAS LIKE 'a*'",
    "SHOW TABLES IN d LIKE 'x|y'", "SHOW TABLES 'x'", "SHOW VIEWS FROM d", "SHOW PARTITIONS t PARTITION (a = 1)",
    "SHOW COLUMNS IN t", "SHOW COLUMNS IN t IN d", "SHOW CREATE TABLE t", "SHOW TBLPROPERTIES t ('a')",
    "SHOW FUNCTIONS LIKE 'a*'",
    "SHOW USER FUNCTIONS", "SHOW CURRENT DATABASE", "DESCRIBE t", "DESC EXTENDED d.t",
    "DESCRIBE FORMATTED t", "DESC t a.b",
    "DESC t a", "DESC DATABASE EXTENDED d", "DESC FUNCTION EXTENDED abs", "DESCRIBE QUERY SELECT 1", "DESC SELECT 1",
    "EXPLAIN SELECT 1", "EXPLAIN ANALYZE INSERT INTO t SELECT 1", "EXPLAIN EXTENDED CREATE TABLE t AS SELECT 1",
    "SET", "SET a.b", "SET a.b=c", "SET `a.b` = it's -- a comment", "SET TIME ZONE 'UTC'", "RESET", "RESET a.b",
    "SOURCE dir/x.sql;", "BEGIN ATOMIC INSERT INTO t SELECT 1; SET a=b; BEGIN ATOMIC DELETE FROM t; END; END",
    "BEGIN ATOMIC END",
    "BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK WORK", "ASSERT 'no doubles' (SELECT count(*) = 0 FROM t)",
  ]

  @Test func precedenceShowsInTheTree() throws {
    let text = "a OR b AND NOT c = 1 + 2 * 3"
    #expect(SQLPrinter.print(try Parser.parseExpression(text)) == text)
    #expect(try Parser.parseExpression(text) == Parser.parseExpression("a OR (b AND (NOT (c = (1 + (2 * 3)))))"))
    #expect(try Parser.parseExpression("1 - 2 - 3") == Parser.parseExpression("1 - 2 - 3"))
    #expect(try Parser.parseExpression("1 - 2 - 3") != Parser.parseExpression("1 - (2 - 3)"))
    #expect(try Parser.parseExpression("-a * b") == Parser.parseExpression("(-a) * b"))
    #expect(try Parser.parseExpression("a = 1 IS NULL") == Parser.parseExpression("(a = 1) IS NULL"))
    #expect(try Parser.parseExpression("NOT a IN (1) AND b") == Parser.parseExpression("(NOT (a IN (1))) AND b"))
  }

  @Test func canonicalSpellingsAreStable() throws {
    func printed(_ text: String) throws -> String { SQLPrinter.print(try Parser.parseStatement(text)) }
    #expect(try printed("from t x select a b where c==1") == "SELECT a AS b FROM t AS x WHERE c = 1")
    #expect(try printed("select substring(a from 2), x::int") == "SELECT substring(a, 2), CAST(x AS int)")
    #expect(try printed("select a minus select 2") == "SELECT a EXCEPT SELECT 2")
    #expect(
      try printed("select sum(a) over (order by b rows 2 preceding)")
        == "SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)")
    #expect(try printed("select current_date, `date`, `a b`") == "SELECT current_date(), date, `a b`")
  }

  @Test func literalsHoldTheirText() throws {
    func literal(_ text: String) throws -> Literal? {
      guard case .literal(let literal) = try Parser.parseExpression(text).kind else { return nil }
      return literal
    }
    #expect(try literal("'a''b\\n\\u00e9\\x'") == .string("a'b\né" + "x"))
    #expect(try literal("'\\%\\_'") == .string("\\%\\_"))
    #expect(try literal("'\\uD83D\\uDE00\\101'") == .string("😀A"))
    #expect(try literal("r'\\n' 'x'") == .string("\\nx"))
    #expect(try literal("-5L") == .integer("-5", .bigint))
    #expect(try literal("1.50") == .decimal("1.50"))
    #expect(try literal("1e5") == .double("1e5"))
    #expect(try literal("x'0aB'") == .binary([0x00, 0xAB]))
    #expect(try literal("interval 1 day -2") == nil)
    #expect(
      try literal("interval '-1' days 2 hours")
        == .interval(
          .units([
            IntervalTerm(value: "-1", unit: .day), IntervalTerm(value: "2", unit: .hour),
          ])))
  }

  @Test func typesAndColumnLists() throws {
    let columns = try Parser.parseColumnList("a int, `b c`: struct<x: array<array<int>>, y map<string,date>> NOT NULL")
    #expect(columns.map(\.name.name) == ["a", "b c"])
    #expect(columns[1].isNotNull)
    #expect(SQLPrinter.print(columns[1].type) == "struct<x: array<array<int>>, y: map<string, date>>")
    for text in ["decimal(38, 10)", "INTERVAL DAY TO SECOND", "timestamp_ntz", "struct<>", "varchar(10)"] {
      #expect(SQLPrinter.print(try Parser.parseTypeName(text)) == text)
    }
    #expect(try Parser.parseTypeName("timestamp with local time zone").kind == .simple("timestamp_ltz", parameters: []))
    #expect(try Parser.parseTypeName("double precision").kind == .simple("double", parameters: []))
  }
}
