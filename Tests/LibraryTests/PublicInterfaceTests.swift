import LakeSQL
import LakeTestSupport
import Synchronization
import Testing

/// What a program that embeds the engine relies on.
@Suite struct PublicInterfaceTests {
  @Test func columnsHaveNamesAndTypes() async throws {
    let result = try await session().execute(
      "SELECT 1 AS a, CAST('1.50' AS DECIMAL(5,2)) AS b, array('x') AS c, DATE'1970-01-02' AS d, CAST(NULL AS STRING) AS e"
    )
    #expect(result.columns.map(\.name) == ["a", "b", "c", "d", "e"])
    #expect(result.columns.map(\.typeName) == ["int", "decimal(5,2)", "array<string>", "date", "string"])
    #expect(result.affectedRows == nil)
    let rows = try await result.rows()
    #expect(rows == [[.integer(1), .decimal(unscaled: 150, scale: 2), .array([.string("x")]), .date(1), .null]])
  }

  @Test func typedColumnsMatchTheirTypesOnly() async throws {
    let result = try await session().execute("SELECT id, id % 2 = 0, CAST(id AS STRING), id / 2 FROM range(3)")
    var count = 0
    for try await batch in result {
      count += batch.rowCount
      #expect(batch.integers(0) == [0, 1, 2])
      #expect(batch.booleans(1) == [true, false, true])
      #expect(batch.strings(2) == ["0", "1", "2"])
      #expect(batch.doubles(3) == [0, 0.5, 1])
      #expect(batch.strings(0) == nil)
      #expect(batch.integers(2) == nil)
    }
    #expect(count == 3)
  }

  @Test func manyBatchesArriveInWhole() async throws {
    let result = try await session().execute("SELECT id FROM range(100000)")
    var sum: Int64 = 0
    for try await batch in result {
      for id in batch.integers(0) ?? [] { sum += id ?? 0 }
    }
    #expect(sum == 4_999_950_000)
  }

  @Test func errorsNamePlaceStateAndHint() async throws {
    let session = try session()
    let error = await #expect(throws: SQLError.self) { try await session.execute("SELECT\n  lenght('a')") }
    #expect(error?.sqlState == "42883")
    #expect(error?.line == 2)
    #expect(error?.column == 3)
    #expect(error?.hint?.contains("length") == true)
    // The session goes on.
    #expect(try await session.execute("SELECT 1").rows() == [[.integer(1)]])
  }

  @Test func nestedDefinitionsReplay() async throws {
    let session = try session()
    _ = try await session.execute(
      """
      CREATE TABLE st (s STRUCT<Ab: INT, `x y`: STRING, `c.d`: ARRAY<STRUCT<`q-r`: DECIMAL(5,2), `or`: INT>>>,
        `select` MAP<STRING, STRUCT<K: INT>>)
      """)
    let text = try await session.execute("SHOW CREATE TABLE st").rows()
    guard case .string(let sql) = text[0][0] else { throw CancellationError() }
    #expect(sql.contains("STRUCT<Ab: INT, `x y`: STRING, `c.d`: ARRAY<STRUCT<`q-r`: DECIMAL(5,2), `or`: INT>>>"))
    let before = try await session.execute("DESCRIBE st").rows()
    _ = try await session.execute("DROP TABLE st")
    _ = try await session.execute(sql)
    #expect(try await session.execute("DESCRIBE st").rows() == before)
  }

  @Test func hintsNameTheDatabaseWhereTheStatementDoes() async throws {
    let session = try session()
    for statement in ["CREATE DATABASE silver", "CREATE TABLE silver.orders (a INT)", "USE silver"] {
      _ = try await session.execute(statement)
    }
    for (name, hint) in [("silver.order", "did you mean silver.orders?"), ("ordrs", "did you mean orders?")] {
      let error = await #expect(throws: SQLError.self) { try await session.execute("SELECT * FROM \(name)") }
      #expect(error?.hint == hint)
    }
    let error = await #expect(throws: SQLError.self) { try await session.execute("SELECT upper('a', 'b')") }
    #expect(error?.message == "upper takes 1 argument, not 2")
    #expect(try await session.execute("SELECT 'x y', upper('x')").columns.map(\.name) == ["x y", "upper('x')"])
  }

  @Test func anErrorAfterTheFirstRowsEndsTheResult() async throws {
    let result = try await session().execute("SELECT 10 / (id - 50000) FROM range(100000)")
    let error = await #expect(throws: SQLError.self) { _ = try await result.rows() }
    #expect(error?.sqlState == "22012")
  }

  @Test func aDroppedResultFreesTheSession() async throws {
    let session = try session()
    do { _ = try await session.execute("SELECT id FROM range(100000000000)") }
    #expect(try await session.execute("SELECT 2").rows() == [[.integer(2)]])
  }

  @Test func cancelStopsTheStatement() async throws {
    let session = try session()
    let result = try await session.execute("SELECT id FROM range(100000000000)")
    session.cancel()
    let error = await #expect(throws: SQLError.self) {
      for try await _ in result {}
    }
    #expect(error?.sqlState == "57014")
  }

  @Test func cancelFreesTheSessionOfAResultThatNobodyReads() async throws {
    let session = try session()
    let result = try await session.execute("SELECT id FROM range(100000000000)")
    session.cancel()
    #expect(try await session.execute("SELECT 2").rows() == [[.integer(2)]])
    let error = await #expect(throws: SQLError.self) {
      for try await _ in result {}
    }
    #expect(error?.sqlState == "57014")
  }

  @Test(arguments: [
    "SELECT sum(id) FROM range(1000000000000)", "CREATE TABLE t AS SELECT sum(id) AS s FROM range(1000000000000)",
  ])
  func aCancelledTaskCancelsItsStatement(_ statement: String) async throws {
    let session = try session()
    let task = Task { try await session.execute(statement).rows() }
    // A limit only so that a statement which never begins ends the test.
    for _ in 0..<60_000 where session.progress == nil { try await Task.sleep(for: .milliseconds(1)) }
    try #require(session.progress != nil)
    task.cancel()
    let error = await #expect(throws: SQLError.self) { _ = try await task.value }
    #expect(error?.sqlState == "57014")
    #expect(try await session.execute("SELECT 2").rows() == [[.integer(2)]])
  }

  /// A level of a recursion ends in its midst: a step, or the first part, may make any number of rows.
  @Test func recursionEndsWithinALevel() async throws {
    let session = try session()
    let endless = "range(1000000000000)"
    let step = "WITH RECURSIVE t(n) AS (SELECT 1L UNION ALL SELECT 7L FROM t, \(endless)) SELECT n FROM t LIMIT 3"
    #expect(try await session.execute(step).rows() == [[.integer(1)], [.integer(7)], [.integer(7)]])
    let first = "WITH RECURSIVE t(n) AS (SELECT 7L FROM \(endless) UNION ALL SELECT n FROM t) SELECT n FROM t LIMIT 2"
    #expect(try await session.execute(first).rows() == [[.integer(7)], [.integer(7)]])
    let all = "WITH RECURSIVE t(n) AS (SELECT 1L UNION ALL SELECT id FROM t, \(endless)) SELECT count(*) FROM t"
    let error = await #expect(throws: SQLError.self) { _ = try await session.execute(all).rows() }
    #expect(error?.sqlState == "42836")
  }

  /// Rows that share a large array: what comes of all of them does not fit any memory.
  @Test func rowsAreExplodedPieceByPiece() async throws {
    let session = try session()
    let rows = "range(2048) LATERAL VIEW explode(sequence(1, 4000000)) t AS x"
    #expect(try await session.execute("SELECT x FROM \(rows) LIMIT 2").rows() == [[.integer(1)], [.integer(2)]])
  }

  /// Each batch has many groups in many grouping sets; those of one set fit.
  @Test func groupsSpillBetweenGroupingSets() async throws {
    let session = try session()
    _ = try await session.execute("SET lakesql.memory_limit='24MB'")
    let columns = (1...7).map { "id * \($0 + 2) % 1000003 AS c\($0)" }.joined(separator: ", ")
    let names = (1...7).map { "c\($0)" }.joined(separator: ", ")
    let cube = "SELECT \(names), count(*) AS n FROM (SELECT \(columns) FROM range(3000)) GROUP BY CUBE(\(names))"
    let rows = try await session.execute("SELECT count(*), sum(n) FROM (\(cube))").rows()
    #expect(rows == [[.integer(381_001), .integer(384_000)]])
  }

  @Test func aStatementOfACancelledTaskDoesNotRun() async throws {
    let session = try session()
    let task = Task {
      // Until the task is cancelled.
      try? await Task.sleep(for: .seconds(3600))
      return try await session.execute("SELECT sum(id) FROM range(1000000000000)").rows()
    }
    task.cancel()
    let error = await #expect(throws: SQLError.self) { _ = try await task.value }
    #expect(error?.sqlState == "57014")
  }

  @Test func theFirstTimestampHasAText() {
    #expect(Value.timestamp(.min).description == "-290308-12-21 19:59:05.224192")
  }

  @Test func parametersHaveTypes() async throws {
    let session = try session()
    let rows = try await session.execute(
      "SELECT ? + 1, upper(?), ? IS NULL", parameters: [.integer(41), .string("x"), .null]
    ).rows()
    #expect(rows == [[.integer(42), .string("X"), .boolean(true)]])
  }

  @Test func transactionsCommitOrNot() async throws {
    let session = try session()
    _ = try await session.execute("CREATE TABLE t (a INT)")
    try await session.begin()
    #expect(try await session.execute("INSERT INTO t VALUES (1), (2)").affectedRows == 2)
    try await session.rollback()
    #expect(try await session.execute("SELECT count(*) FROM t").rows() == [[.integer(0)]])
    try await session.begin()
    _ = try await session.execute("INSERT INTO t VALUES (1)")
    try await session.commit()
    #expect(try await session.execute("SELECT count(*) FROM t").rows() == [[.integer(1)]])
  }

  @Test(arguments: [true, false]) func scriptsRunWholeOrNotAtAll(_ isAtomic: Bool) async throws {
    let session = try session()
    let errors = Mutex<[String]>([])
    let runner = ScriptRunner(session: session, options: ScriptRunner.Options(isAtomic: isAtomic)) { result in
      _ = try await result.rows()
    } onError: { error in
      errors.withLock { $0.append(error.sqlState) }
    }
    let script = ScriptSource(text: "CREATE TABLE ${name} (a INT); INSERT INTO ${name} VALUES (1); SELECT 1 / 0;")
    try await session.setVariable("name", to: "t")
    #expect(try await runner.run([script]) == false)
    #expect(errors.withLock { $0 } == ["22012"])
    let tables = try await session.execute("SHOW TABLES").rows()
    #expect(tables.count == (isAtomic ? 0 : 1))
  }

  @Test func sessionsShareTablesButNotSettings() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let engine = try Engine(warehouse: directory.path + "/warehouse", options: EngineOptions(threads: 2))
    let first = engine.makeSession()
    let second = engine.makeSession()
    _ = try await first.execute("SET lakesql.ansi=false")
    _ = try await first.execute("CREATE TABLE t AS SELECT CAST('x' AS INT) AS a")
    #expect(try await second.execute("SELECT a FROM t").rows() == [[.null]])
    await #expect(throws: SQLError.self) { _ = try await second.execute("SELECT CAST('x' AS INT)").rows() }
  }

  // MARK: -

  private let directory = WarehouseDirectory()

  private func session() throws -> Session {
    try Engine(warehouse: try directory.path(), options: EngineOptions(threads: 2)).makeSession()
  }
}

/// A warehouse's folder, made when first asked for and removed with its test.
private final class WarehouseDirectory: Sendable {
  private let made = Mutex<TemporaryDirectory?>(nil)

  deinit { made.withLock { $0?.remove() } }

  func path() throws -> String {
    try made.withLock { directory in
      let known = try directory ?? TemporaryDirectory()
      directory = known
      return known.path + "/warehouse"
    }
  }
}
