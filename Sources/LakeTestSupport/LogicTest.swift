package import LakeDiagnostics

/// One SQL logic test: a file of statements with the results or errors they must have.
///
/// The format is that of sqllogictest, with tabs between values:
/// ```
/// # a comment
/// statement ok
/// CREATE TABLE t AS SELECT 1 AS a
///
/// statement error 42703
/// SELECT nope FROM t
///
/// query rowsort
/// SELECT a, 'x' FROM t
/// ----
/// 1	x
/// ```
/// A query keeps its row order unless it says `rowsort`. NULL is `NULL`, the empty string `(empty)`.
package struct LogicTest: Sendable {
  package enum Expectation: Sendable, Equatable {
    case success
    /// The SQLSTATE of the error.
    case failure(String)
    case rows([String], isSorted: Bool)
  }

  package struct Record: Sendable {
    package var sql: String
    package var expectation: Expectation
    /// The line of the record's first line, from 1.
    package var line: Int
  }

  package var path: String
  /// The file's text.
  package var text: String
  package var records: [Record]

  /// Reads a test; throws on a line that belongs to no record.
  package init(path: String, text: String) throws(QueryError) {
    self.path = path
    self.text = text
    var parser = LogicTestParser(text, path)
    records = try parser.parse()
  }
}

private struct LogicTestParser {
  private let lines: [String]
  private let path: String
  private var index = 0

  init(_ text: String, _ path: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    self.path = path
  }

  mutating func parse() throws(QueryError) -> [LogicTest.Record] {
    var records: [LogicTest.Record] = []
    while index < lines.count {
      let line = lines[index]
      if line.isEmpty || line.hasPrefix("#") { index += 1 } else { records.append(try record(line)) }
    }
    return records
  }

  private mutating func record(_ head: String) throws(QueryError) -> LogicTest.Record {
    let first = index + 1
    let words = head.split(separator: " ").map(String.init)
    index += 1
    switch (words.first, words.count > 1 ? words[1] : "") {
    case ("statement", "ok"):
      return LogicTest.Record(sql: take(until: ""), expectation: .success, line: first)
    case ("statement", "error") where words.count == 3:
      return LogicTest.Record(sql: take(until: ""), expectation: .failure(words[2]), line: first)
    case ("query", let order) where order == "" || order == "rowsort":
      let sql = take(until: "----")
      return LogicTest.Record(
        sql: sql, expectation: .rows(rows(), isSorted: order == "rowsort"), line: first)
    default:
      throw QueryError(.syntaxError, .usage, "no test record: \(head)").inFile(path, row: first)
    }
  }

  /// Lines up to a separator, which is skipped.
  private mutating func take(until end: String) -> String {
    var taken: [String] = []
    while index < lines.count, lines[index] != end {
      taken.append(lines[index])
      index += 1
    }
    index += 1
    return taken.joined(separator: "\n")
  }

  private mutating func rows() -> [String] {
    var taken: [String] = []
    while index < lines.count, !lines[index].isEmpty {
      taken.append(lines[index])
      index += 1
    }
    return taken
  }
}
