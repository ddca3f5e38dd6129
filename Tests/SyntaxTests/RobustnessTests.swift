import Glibc
import LakeDiagnostics
import LakeSyntax
import Testing

@Suite struct RobustnessTests {
  private static let script = """
    -- nightly load
    WITH latest AS (
      SELECT *, row_number() OVER (PARTITION BY id ORDER BY seq DESC NULLS LAST) AS rn /* newest first */
      FROM raw.changes c LATERAL VIEW OUTER explode(c.items) i AS item
      WHERE dt = '2026-01-31' AND amount BETWEEN -1.5e3 AND 1000L AND name NOT LIKE 'it''s \\u00e9%'
    )
    INSERT OVERWRITE TABLE silver.changes PARTITION (dt = '2026-01-31', channel)
    SELECT id, CAST(amount AS decimal(18, 2)), CASE op WHEN 'D' THEN NULL ELSE `größe` END AS g,
      filter(xs, x -> x > 0)[0].y, INTERVAL '1 2:03:04' DAY TO SECOND, DATE "2026-01-31", channel
    FROM latest LEFT JOIN (SELECT k, max(v) AS v FROM t GROUP BY ROLLUP (k)) m USING (k)
    WHERE rn = 1 AND EXISTS (SELECT 1 FROM s WHERE s.id = latest.id) QUALIFY true
    ORDER BY 1 DESC LIMIT 10;
    MERGE INTO t USING s ON t.a = s.a WHEN MATCHED AND s.b THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *;
    CREATE EXTERNAL TABLE x (a struct<b: array<map<string, int>>> COMMENT 'c') PARTITIONED BY (d date)
      ROW FORMAT DELIMITED FIELDS TERMINATED BY ';' STORED AS TEXTFILE LOCATION '/x' TBLPROPERTIES ('k' = 'v');
    BEGIN ATOMIC DELETE FROM t WHERE a IN (1, 2); SET a.b = c; END;
    """

  /// Success or an error with a span inside the text; anything else is a crash.
  private func parse(_ text: String) {
    do throws(QueryError) {
      for statement in try parseScript(text) { _ = SQLPrinter.print(statement) }
    } catch {
      let length = text.utf8.count
      #expect(error.span.map { $0.start >= 0 && $0.end <= length } ?? false, "\(error) for \(text)")
    }
  }

  @Test func theScriptIsValid() throws {
    #expect(try parseScript(Self.script).count == 4)
  }

  @Test func truncationAtEveryByte() {
    let bytes = Array(Self.script.utf8)
    for end in 0...bytes.count { parse(String(decoding: bytes[..<end], as: UTF8.self)) }
  }

  @Test func randomDeletionsAndSwaps() {
    var random = SeededGenerator(seed: 8)
    let words = Self.script.split(separator: " ", omittingEmptySubsequences: false)
    for _ in 0..<400 {
      var mutated = words
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let index = mutated.indices.randomElement(using: &random) ?? 0
        if Bool.random(using: &random) {
          mutated.remove(at: index)
        } else {
          mutated.swapAt(index, mutated.indices.randomElement(using: &random) ?? 0)
        }
      }
      parse(mutated.joined(separator: " "))
    }
  }

  @Test func randomBytes() {
    var random = SeededGenerator(seed: 9)
    let bytes = Array(Self.script.utf8)
    for _ in 0..<400 {
      var mutated = bytes
      for _ in 0..<3 {
        mutated[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      parse(String(decoding: mutated, as: UTF8.self))
    }
  }

  static let nests: [(String, String, String)] = [
    ("SELECT ", "(", ")"), ("SELECT ", "f(", ")"), ("SELECT ", "a[", "]"), ("SELECT ", "CASE WHEN ", " THEN 1 END"),
    ("SELECT ", "NOT ", ""), ("SELECT ", "- ", ""), ("SELECT CAST(x AS ", "array<", ">"), ("SELECT ", "(SELECT ", ")"),
    ("SELECT * FROM ", "(SELECT * FROM ", ")"), ("SELECT * FROM ", "(", ")"), ("", "(SELECT 1 UNION ", ")"),
    ("", "EXPLAIN ", ""), ("SELECT 1 WHERE ", "EXISTS (SELECT 1 WHERE ", ")"), ("SELECT ", "1 + (", ")"),
    ("", "WITH a AS (", ") SELECT 1"), ("", "BEGIN ATOMIC ", " END"), ("SELECT ", "x IN (", ")"),
    ("SELECT a", ".b[0]", ""),
    ("SELECT ", "substring(", ", 1)"), ("SELECT ", "trim(BOTH ", " FROM a)"),
    ("SELECT ", "sum(1) OVER (ORDER BY ", ")"),
    ("SELECT ", "filter(a, x -> ", ")"), ("SELECT CAST(x AS ", "struct<a: map<int, ", ">>"),
    ("SELECT a::", "array<", ">"),
    ("SELECT a GROUP BY ", "GROUPING SETS (", ")"), ("SELECT ", "(1, ", ")"), ("SELECT ", "(1 AS a, ", ")"),
    ("SELECT ", "- (", ")"), ("SELECT * FROM ", "t JOIN (", ")"), ("SELECT * FROM ", "LATERAL (SELECT * FROM ", ")"),
    ("SELECT ", "a BETWEEN 1 AND (", ")"), ("INSERT INTO t ", "(WITH x AS (SELECT 1) ", ")"),
    ("SELECT ", "EXTRACT(YEAR FROM ", ")"),
  ]

  @Test(arguments: nests.indices) func nestingHasALimit(_ index: Int) throws {
    let (start, open, close) = Self.nests[index]
    for depth in [300, 5000] {
      let text = start + String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
      let error = try parseError(text)
      #expect([.nestingTooDeep, .syntaxError].contains(error.code), "\(text.prefix(40)): \(error)")
    }
  }

  @Test(arguments: nests.indices) func deepNestsRoundTrip(_ index: Int) throws {
    let (start, open, close) = Self.nests[index]
    onThread(stackSize: 64 << 20) {
      for depth in [5, 60, 120, 250] {
        let text = start + String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        guard let tree = try? Parser.parseStatement(text) else { continue }
        let again = try? Parser.parseStatement(SQLPrinter.print(tree))
        #expect(again == tree)
        #expect(again?.hashValue == tree.hashValue)
      }
    }
  }

  /// On a small stack the limit comes sooner, but it comes.
  @Test(arguments: nests.indices) func deepNestsFitASmallStack(_ index: Int) throws {
    let (start, open, close) = Self.nests[index]
    onThread(stackSize: 512 << 10) {
      for depth in [5, 20, 60, 120, 250, 400] {
        let text = start + String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        do throws(QueryError) {
          let tree = try Parser.parseStatement(text)
          #expect(!SQLPrinter.print(tree).isEmpty)
        } catch {
          #expect([.nestingTooDeep, .syntaxError].contains(error.code))
        }
      }
    }
  }

  private func onThread(stackSize size: Int, _ body: @escaping () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, size)
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body)).toOpaque()
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, work)
    #expect(status == 0)
    pthread_join(thread, nil)
  }

  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  @Test(arguments: [
    ("SELECT 1", " + 1", ""), ("SELECT a", " AND a", ""), ("SELECT a", " OR a = 1", ""), ("SELECT a IN (1", ", 1", ")"),
    ("SELECT 'a'", " || 'b'", ""), ("SELECT a", ", a", ""), ("SELECT 1", " UNION ALL SELECT 1", ""),
    ("VALUES (1)", ", (1)", ""),
    ("SELECT 1", " INTERSECT SELECT 1", ""), ("SELECT * FROM a", " CROSS JOIN a", ""), ("SELECT f(1", ", 1", ")"),
    ("SELECT CASE", " WHEN a THEN b", " END"), ("SELECT a", " = a", ""), ("SELECT 'a'", " 'b'", ""),
    ("SELECT 1 -", " - 1 +", " 2"),
  ])
  func longChains(_ start: String, _ link: String, _ end: String) throws {
    let text = start + String(repeating: link, count: 100_000) + end
    let tree = try Parser.parseStatement(text)
    let printed = SQLPrinter.print(tree)
    #expect(try Parser.parseStatement(printed) == tree)
  }
}
