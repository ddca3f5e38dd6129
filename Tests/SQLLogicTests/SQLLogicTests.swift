import LakeTestSupport
import Testing

/// Every case under `cases/`, under every variant of settings.
@Suite struct SQLLogicTests {
  @Test(arguments: try LogicTest.all())
  func passes(_ name: String) async throws {
    let test = try LogicTest(named: name)
    for variant in LogicTestRunner.variants {
      let outcome = try await LogicTestRunner(variant).run(test)
      #expect(outcome.failures.isEmpty, "\(outcome.failures.joined(separator: "\n\n"))")
    }
  }
}
