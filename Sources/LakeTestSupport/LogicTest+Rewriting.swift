import Glibc
import LakeDiagnostics
import LakeFileSystem

extension LogicTest {
  /// Whether the environment asks for tests to be written anew rather than checked.
  package static var isRewriting: Bool { getenv("LAKESQL_REWRITE_TESTS") != nil }

  /// Saves the case with what its statements did in place of what they should do.
  package func rewrite(with actual: [Expectation]) throws {
    let path = FilePath.join(Self.casesDirectory, path)
    guard let file = fopen(path, "w") else {
      throw QueryError(.ioError, .storage, "cannot write \(path)", cause: String(cString: strerror(errno)))
    }
    fputs(rewritten(with: actual), file)
    fclose(file)
  }

  /// The text with other expectations, one for each record; comments and statements stay.
  package func rewritten(with actual: [Expectation]) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for (record, expectation) in zip(records, actual).reversed() {
      let start = record.line - 1
      var body = start
      // A query may hold blank lines; its rows may not.
      if case .rows = record.expectation { body = lines[start...].firstIndex(of: "----") ?? start }
      let end = lines[body...].firstIndex(of: "") ?? lines.count
      lines.replaceSubrange(start..<end, with: Self.lines(record.sql, expectation))
    }
    return lines.joined(separator: "\n")
  }

  private static func lines(_ sql: String, _ expectation: Expectation) -> [String] {
    switch expectation {
    case .success: ["statement ok", sql]
    case .failure(let state): ["statement error \(state)", sql]
    case .rows(let rows, let isSorted): [isSorted ? "query rowsort" : "query", sql, "----"] + rows
    }
  }
}
