import LakeFunctions
import LakeSQL
import LakeTestSupport
import Testing

/// What DESCRIBE FUNCTION shows is complete and true.
@Suite struct FunctionReferenceTests {
  struct Entry: Sendable {
    var names: [String]
    var signature: String
    var summary: String
    var example: String
    var isDeterministic = true
  }

  private static let entries: [Entry] =
    FunctionRegistry.scalars.map {
      Entry(
        names: [$0.name] + $0.aliases, signature: $0.signature, summary: $0.summary, example: $0.example,
        isDeterministic: $0.isDeterministic)
    }
    + FunctionRegistry.aggregates.map {
      Entry(names: [$0.name] + $0.aliases, signature: $0.signature, summary: $0.summary, example: $0.example)
    }
    + FunctionRegistry.windows.map {
      Entry(names: [$0.name], signature: $0.signature, summary: $0.summary, example: $0.example)
    }
    + FunctionRegistry.generators.map {
      Entry(names: [$0.name], signature: $0.signature, summary: $0.summary, example: $0.example)
    }

  /// The functions whose results depend on when and by whom they are called.
  private static let changing: Set<String> = [
    "current_date", "current_timestamp", "now", "localtimestamp", "current_user", "unix_timestamp", "raise_error",
  ]

  @Test func everyFunctionIsDescribed() {
    for entry in Self.entries {
      #expect(!entry.signature.isEmpty && !entry.summary.isEmpty && !entry.example.isEmpty, "\(entry.names)")
    }
  }

  @Test func noNameMeansTwoFunctionsOfAKind() {
    for names in [
      FunctionRegistry.scalars.flatMap { [$0.name] + $0.aliases },
      FunctionRegistry.aggregates.flatMap { [$0.name] + $0.aliases }, FunctionRegistry.windows.map(\.name),
      FunctionRegistry.generators.map(\.name),
    ] {
      #expect(Set(names).count == names.count)
    }
  }

  @Test func everyExampleGivesWhatItShows() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let session = try Engine(warehouse: directory.path + "/warehouse").makeSession()
    for entry in Self.entries {
      for line in entry.example.split(separator: "\n") {
        try await check(String(line), of: entry, in: session)
      }
    }
  }

  private func check(_ line: String, of entry: Entry, in session: Session) async throws {
    guard let mark = line.firstRange(of: "; -- ") else {
      Issue.record("the example of \(entry.names) has no result: \(line)")
      return
    }
    if !entry.isDeterministic || Self.changing.contains(entry.names[0]) { return }
    do {
      let rows = try await session.execute(String(line[..<mark.lowerBound])).rows()
      // Examples write NULL in capitals, inside arrays too, where a cast to string has small letters.
      let shown = line[mark.upperBound...].replacing("null", with: "NULL")
      #expect(Self.text(rows).replacing("null", with: "NULL") == shown, "\(line)")
    } catch let error as SQLError {
      Issue.record("\(line): \(error)")
    }
  }

  /// Rows with commas between them; those of several values stand in parentheses.
  private static func text(_ rows: [[Value]]) -> String {
    let texts = rows.map { row in
      let values = row.map(\.description).joined(separator: ", ")
      return row.count == 1 ? values : "(\(values))"
    }
    return texts.joined(separator: ", ")
  }
}
