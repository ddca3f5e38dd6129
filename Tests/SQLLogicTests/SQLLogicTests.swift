import LakeTestSupport
import Testing

/// Every case under `cases/`, under every variant of settings.
@Suite struct SQLLogicTests {
  @Test(arguments: try LogicTest.all())
  func passes(_ name: String) async throws {
    let test = try LogicTest(named: name)
    if LogicTest.isRewriting {
      try test.rewrite(with: try await LogicTestRunner(LogicTestRunner.variants[0]).run(test).actual)
      return
    }
    for variant in LogicTestRunner.variants {
      let outcome = try await LogicTestRunner(variant).run(test)
      #expect(outcome.failures.isEmpty, "\(outcome.failures.joined(separator: "\n\n"))")
    }
  }

  @Test func rewritingReplacesExpectationsOnly() throws {
    let text = """
      # a comment
      statement ok
      CREATE TABLE t (a INT)

      query rowsort
      SELECT a
      FROM t
      ----
      old
      older

      statement error 42703
      SELECT b FROM t

      """
    let test = try LogicTest(path: "t.slt", text: text)
    #expect(test.rewritten(with: test.records.map(\.expectation)) == text)
    let changed = test.rewritten(with: [.failure("42P07"), .rows(["new"], isSorted: true), .success])
    #expect(
      changed == """
        # a comment
        statement error 42P07
        CREATE TABLE t (a INT)

        query rowsort
        SELECT a
        FROM t
        ----
        new

        statement ok
        SELECT b FROM t

        """)
  }
}
