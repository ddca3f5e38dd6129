import LakeDiagnostics
import LakeFileSystem
import LakeSQL

/// Runs logic tests, each in a warehouse of its own.
package struct LogicTestRunner: Sendable {
  /// A set of settings that all tests must pass under.
  package struct Variant: Sendable {
    package var name: String
    package var settings: [String]
    package var threads: Int
  }

  /// The matrix: batch sizes, encodings, thread counts and memory limits that must not change any result.
  package static let variants: [Variant] = [
    Variant(name: "default", settings: [], threads: 2),
    Variant(name: "one thread", settings: [], threads: 1),
    Variant(name: "batches of 1", settings: ["SET lakesql.batch_size=1"], threads: 1),
    Variant(name: "batches of 3", settings: ["SET lakesql.batch_size=3"], threads: 4),
    Variant(name: "dictionaries", settings: ["SET lakesql.forced_encoding=dictionary"], threads: 2),
    Variant(
      name: "constants", settings: ["SET lakesql.forced_encoding=constant", "SET lakesql.batch_size=1"], threads: 2),
    Variant(
      name: "spilling", settings: ["SET lakesql.memory_limit=1", "SET lakesql.batch_size=3"], threads: 2),
  ]

  private let variant: Variant

  package init(_ variant: Variant) { self.variant = variant }

  /// What each query and statement did, and where it differs from what it should have done.
  package struct Outcome: Sendable {
    package var failures: [String]
    /// The test's text with the expectations replaced by what happened.
    package var actual: [LogicTest.Expectation]
  }

  package func run(_ test: LogicTest) async throws -> Outcome {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let engine = try Engine(warehouse: directory.path + "/warehouse", options: EngineOptions(threads: variant.threads))
    let session = engine.makeSession()
    try await session.setVariable("tmp", to: directory.path)
    try await session.setVariable("cases", to: LogicTest.casesDirectory)
    for setting in variant.settings { _ = try await session.execute(setting) }
    var outcome = Outcome(failures: [], actual: [])
    for record in test.records {
      let actual = await Self.perform(record, session)
      outcome.actual.append(actual.expectation)
      if let difference = Self.difference(record.expectation, actual) {
        outcome.failures.append("\(test.path):\(record.line) [\(variant.name)]: \(difference)\n\(record.sql)")
      }
    }
    return outcome
  }

  private struct Actual {
    var expectation: LogicTest.Expectation
    var message: String?
  }

  private static func perform(_ record: LogicTest.Record, _ session: Session) async -> Actual {
    do {
      let result = try await session.execute(record.sql)
      var rows = try await result.rows().map { $0.map(text).joined(separator: "\t") }
      guard case .rows(_, let isSorted) = record.expectation else { return Actual(expectation: .success) }
      if isSorted { rows.sort() }
      return Actual(expectation: .rows(rows, isSorted: isSorted))
    } catch let error as SQLError {
      return Actual(expectation: .failure(error.sqlState), message: error.report)
    } catch {
      return Actual(expectation: .failure("?????"), message: "\(error)")
    }
  }

  private static func text(_ value: Value) -> String {
    if case .string("") = value { return "(empty)" }
    return value.description.replacing("\\", with: "\\\\").replacing("\t", with: "\\t").replacing("\n", with: "\\n")
  }

  private static func difference(_ expected: LogicTest.Expectation, _ actual: Actual) -> String? {
    var wanted = expected
    if case .rows(let rows, isSorted: true) = expected { wanted = .rows(rows.sorted(), isSorted: true) }
    if wanted == actual.expectation { return nil }
    switch (wanted, actual.expectation) {
    case (.rows(let a, _), .rows(let b, _)):
      return "expected:\n\(a.joined(separator: "\n"))\nactual:\n\(b.joined(separator: "\n"))"
    default: return "expected \(wanted), but: \(actual.expectation) \(actual.message ?? "")"
    }
  }
}
