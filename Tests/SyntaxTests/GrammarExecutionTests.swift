import LakeSQL
@testable import LakeSyntax
import LakeTestSupport
import Testing

/// What the grammar describes runs: nothing of it parses only to be refused.
@Suite struct GrammarExecutionTests {
  /// Words that only a script, not a session, takes.
  private static let scriptWords: Set<String> = ["SOURCE"]

  private func examples() throws -> Script { Script(try ProjectFile.text("grammar/examples.sql")) }

  private func session(in directory: TemporaryDirectory) async throws -> Session {
    let session = try Engine(warehouse: directory.path + "/warehouse").makeSession()
    try await session.setVariable("dir", to: directory.path)
    return session
  }

  @Test func everyExampleRuns() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let session = try await session(in: directory)
    let script = try examples()
    #expect(script.fault == nil)
    for statement in script.statements {
      do {
        _ = try await session.execute(statement.text).rows()
      } catch {
        Issue.record("\(statement.text)\n\(error)")
      }
    }
  }

  @Test func examplesUseEveryWordOfTheGrammar() throws {
    var words: Set<String> = []
    func visit(_ node: Grammar.Node) {
      switch node {
      case .literal(let text): if text.first?.isLetter ?? false { words.insert(text) }
      case .sequence(let nodes), .choice(let nodes), .anyOrder(let nodes): nodes.forEach(visit)
      case .optional(let node), .repeated(let node): visit(node)
      case .rule, .tokenClass: break
      }
    }
    try Grammar(ProjectFile.text("grammar/lakesql.ebnf")).rules.values.forEach(visit)
    let used = try ProjectFile.text("grammar/examples.sql").uppercased().split { !$0.isLetter && $0 != "_" }
    #expect(words.subtracting(used.map(String.init)).subtracting(Self.scriptWords).isEmpty)
  }

  /// Sampled statements mean little, and most fail; but none of them may fail by a fault of the engine's own.
  @Test(arguments: 1...8) func sampledStatementsNeverFailInside(seed: UInt64) async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let session = try await session(in: directory)
    for statement in Self.tables { _ = try await session.execute(statement) }
    var sampler = SentenceSampler(try Grammar(ProjectFile.text("grammar/lakesql.ebnf")), seed: seed)
    sampler.names = ["t", "u", "a", "b", "s", "st", "x", "count", "max"]
    for number in 0..<60 {
      let rule = ["query", "select", "expression", "dataStatement"][number % 4]
      let sql = (rule == "expression" ? "SELECT " : "") + sampler.sentence(of: rule, length: 4 + number % 40)
      do {
        _ = try await session.execute(sql).rows()
      } catch let error as SQLError {
        #expect(error.sqlState != "XX000", "\(sql)\n\(error)")
      }
    }
  }

  private static let tables = [
    "CREATE TABLE t AS SELECT 1 AS a, 2 AS b, 'x' AS s, named_struct('x', 1) AS st",
    "CREATE TABLE u AS SELECT 1 AS a, 3 AS x, array(1, 2) AS s",
  ]
}
