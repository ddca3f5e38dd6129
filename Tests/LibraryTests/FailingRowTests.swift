import Foundation
import LakeSQL
import LakeTestSupport
import Testing

/// A value that cannot be converted names the file and row that hold it, whatever stage of the query meets it.
@Suite struct FailingRowTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func session() throws -> Session {
    try Engine(warehouse: directory.path + "/warehouse", options: EngineOptions(threads: 2)).makeSession()
  }

  /// A file of `rows` rows (and a header in CSV), of which one is no number.
  private func write(_ name: String, rows: Int, bad: Int, header: String? = nil, _ row: (String) -> String) throws
    -> String
  {
    let lines = (1...rows).map { row($0 == bad ? "12,x" : String($0 % 100)) }
    let path = directory.path + "/" + name
    try ((header.map { [$0] } ?? []) + lines).joined(separator: "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test(arguments: [
    "SELECT CAST(v AS INT) FROM source", "SELECT 1 FROM source WHERE CAST(v AS INT) > 1000",
    "SELECT sum(CAST(v AS INT)) FROM source", "SELECT k, count(*) FROM source GROUP BY CAST(v AS INT), k",
    "SELECT v FROM source ORDER BY CAST(v AS INT)", "SELECT v FROM source ORDER BY CAST(v AS INT) LIMIT 3",
    "SELECT row_number() OVER (PARTITION BY CAST(v AS INT) ORDER BY k) FROM source",
    "SELECT count(*) FROM source JOIN range(10) AS r ON CAST(v AS INT) = r.id",
    "SELECT e FROM source LATERAL VIEW explode(array(CAST(v AS INT))) t AS e",
    "CREATE TABLE target AS SELECT CAST(v AS INT) AS v FROM source WHERE k = 'a'",
  ])
  func everyStageNamesFileAndLine(_ statement: String) async throws {
    defer { directory.remove() }
    let path = try write("in.csv", rows: 5000, bad: 4321, header: "k;v") { "a;\($0)" }
    let session = try session()
    _ = try await session.execute(
      "CREATE TEMPORARY VIEW source AS SELECT * FROM read_files('\(path)', format => 'csv', sep => ';', header => true, schema => 'k string, v string')"
    )
    let error = await #expect(throws: SQLError.self) { _ = try await session.execute(statement).rows() }
    #expect(error?.sqlState == "22018")
    #expect(error?.message.contains("12,x") == true)
    #expect(error?.file == path)
    #expect(error?.row == 4322)
    #expect(error?.report.contains("in.csv") == true)
  }

  @Test func jsonAndTextNameTheLine() async throws {
    defer { directory.remove() }
    let json = try write("in.jsonl", rows: 3000, bad: 2999) { "{\"v\": \"\($0)\"}" }
    let text = try write("in.txt", rows: 3000, bad: 7) { $0 }
    let session = try session()
    for (format, path, column, row) in [("json", json, "v", 2999), ("text", text, "value", 7)] {
      let error = await #expect(throws: SQLError.self) {
        _ = try await session.execute("SELECT sum(CAST(\(column) AS INT)) FROM \(format).`\(path)`").rows()
      }
      #expect(error?.file == path)
      #expect(error?.row == row)
    }
  }

  @Test func managedTablesNameTheDataFileAndItsRow() async throws {
    defer { directory.remove() }
    let session = try session()
    _ = try await session.execute(
      "CREATE TABLE t AS SELECT id, CASE id WHEN 70000 THEN 'bad' ELSE CAST(id AS STRING) END AS v FROM range(100000)")
    let place = try await session.execute("SELECT _metadata.file_path FROM t WHERE id = 70000").rows()
    let error = await #expect(throws: SQLError.self) {
      _ = try await session.execute("SELECT max(CAST(v AS INT)) FROM t WHERE id % 2 = 0").rows()
    }
    #expect(error?.sqlState == "22018")
    let file = try #require(error?.file)
    #expect(place.count == 1 && "\(place[0][0])".contains(file.split(separator: "/").last ?? "?"))
    // The row of the data file: whatever rows of the range went into it, the bad one is there.
    let row = try #require(error?.row)
    let found = try await session.execute("SELECT v FROM parquet.`\(file)` LIMIT 1 OFFSET \(row - 1)").rows()
    #expect(found == [[.string("bad")]])
  }

  @Test func aConstantThatFailsBlamesNoRow() async throws {
    defer { directory.remove() }
    let path = try write("in.txt", rows: 10, bad: 3) { $0 }
    let session = try session()
    for expression in ["CAST('abc' AS INT)", "1 / 0 + length(value)"] {
      let error = await #expect(throws: SQLError.self) {
        _ = try await session.execute("SELECT \(expression), value FROM text.`\(path)`").rows()
      }
      #expect(error?.sqlState.hasPrefix("22") == true)
      #expect(error?.file == nil)
    }
  }

  @Test func aStoredValueNamesItsColumn() async throws {
    defer { directory.remove() }
    let path = try write("in.txt", rows: 3, bad: 2) { $0 == "12,x" ? "300" : $0 }
    let session = try session()
    _ = try await session.execute("CREATE TABLE t (a INT, small DECIMAL(2,0), req STRING NOT NULL)")
    for (statement, row) in [
      ("INSERT INTO t VALUES (1, 300, 'x')", nil),
      ("INSERT INTO t SELECT 1, CAST(value AS INT), 'x' FROM text.`\(path)`", 2),
    ] {
      let error = await #expect(throws: SQLError.self) { _ = try await session.execute(statement).rows() }
      #expect(error?.sqlState == "22003")
      #expect(error?.message.hasPrefix("for the column small of default.t:") == true, "\(error?.message ?? "")")
      #expect(error?.row == row)
    }
    let null = await #expect(throws: SQLError.self) { _ = try await session.execute("INSERT INTO t (a) VALUES (1)") }
    #expect(null?.sqlState == "23502")
    #expect(null?.message.contains("req") == true)
  }

  @Test func aValueOfNoFileNamesNone() async throws {
    defer { directory.remove() }
    let session = try session()
    let error = await #expect(throws: SQLError.self) {
      _ = try await session.execute("SELECT 1 / (id - 5) FROM range(10)").rows()
    }
    #expect(error?.sqlState == "22012")
    #expect(error?.file == nil)
  }
}
