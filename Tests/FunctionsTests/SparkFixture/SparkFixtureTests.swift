import Glibc
import LakeDiagnostics
import LakeFunctions
import Testing

/// Compares types and values of many expressions with what Apache Spark computed for them.
struct SparkFixtureTests {
  struct Expectation: Sendable, CustomTestStringConvertible {
    var expression: String
    var type: String
    var value: String
    var testDescription: String { expression }
  }

  /// Where the engine differs on purpose, and why.
  static let differences: [String: String] = [
    "`-`(DATE '2026-03-01', DATE '2026-02-01')": "intervals have no range of fields: all are DAY TO SECOND",
    "if(true, 1, 'a')": "the binder evaluates branches lazily; here all are evaluated",
    "exp(1)": "the C library rounds better than Java's StrictMath",
    "cosh(1)": "the C library rounds better than Java's StrictMath",
    "CAST('epoch' AS DATE)": "special words are not dates",
    "pmod(-1, -2147483648)": "Java wraps around on the way",
    "rlike('abc', '[')": "an invalid pattern has a SQLSTATE of its own",
    "rlike('É', '(?i)é')": "case is ignored in all of Unicode",
  ]

  static let expectations: [Expectation] = {
    let path = #filePath.replacing("SparkFixtureTests.swift", with: "spark.tsv")
    return lines(of: path).map { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return Expectation(expression: parts[0], type: parts[1], value: parts[2])
    }
  }()

  private static func lines(of path: String) -> [Substring] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&block, 1, block.count, file), count > 0 { bytes += block.prefix(count) }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }

  @Test func fixtureIsThere() { #expect(Self.expectations.count > 700) }

  @Test(arguments: expectations)
  func matchesSpark(_ expected: Expectation) {
    if Self.differences[expected.expression] != nil { return }
    for form in ExpressionEvaluator.Form.allCases {
      let actual = Self.outcome(expected.expression, form)
      #expect(actual.value == expected.value, "\(form)")
      if !expected.value.hasPrefix("ERROR") { #expect(actual.type == expected.type, "\(form)") }
    }
  }

  private static func outcome(_ expression: String, _ form: ExpressionEvaluator.Form) -> (type: String, value: String) {
    // These look at every row, and a NULL in another row is an error to them.
    let form = expression.hasPrefix("assert_true") || expression.hasPrefix("raise_error") ? .constant : form
    do {
      let (type, text) = try ExpressionEvaluator(form: form).text(of: expression)
      return (type, text.map(escaped) ?? "\\N")
    } catch let error as QueryError {
      return ("-", "ERROR \(error.code.sqlState)")
    } catch {
      return ("-", "\(error)")
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\t", with: "\\t").replacing("\n", with: "\\n")
      .replacing("\0", with: "\\0")
  }
}
