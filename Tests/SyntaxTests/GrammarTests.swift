@testable import LakeSyntax
import Testing

@Suite struct GrammarTests {
  private func grammar() throws -> Grammar { try Grammar(ProjectFile.text("grammar/lakesql.ebnf")) }

  @Test func everyRuleIsDefinedAndUsed() throws {
    let grammar = try grammar()
    var mentioned: Set<String> = ["script"]
    var classes: Set<String> = []
    var words: Set<String> = []
    func visit(_ node: Grammar.Node) {
      switch node {
      case .rule(let name): mentioned.insert(name)
      case .tokenClass(let name): classes.insert(name)
      case .literal(let text): words.insert(text)
      case .sequence(let nodes), .choice(let nodes), .anyOrder(let nodes): nodes.forEach(visit)
      case .optional(let node), .repeated(let node): visit(node)
      }
    }
    grammar.rules.values.forEach(visit)
    #expect(mentioned == Set(grammar.names))
    #expect(classes == Set(SentenceSampler.samples.keys))
    let keywords = Set(Keyword.allCases.map(\.text))
    let unknown = words.filter { $0.first?.isLetter ?? false }.subtracting(keywords)
    #expect(unknown == ["DOUBLE", "PRECISION"])
  }

  @Test func keywordFileMatchesTheLexer() throws {
    var sections: [String: Set<String>] = [:]
    var section = ""
    for line in try ProjectFile.text("grammar/keywords.txt").split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("[") {
        section = String(line)
      } else {
        sections[section, default: []].formUnion(line.split(separator: " ").map(String.init))
      }
    }
    func words(_ isIncluded: (Keyword) -> Bool) -> Set<String> {
      Set(Keyword.allCases.filter(isIncluded).map(\.text))
    }
    #expect(sections["[reserved]"] == words { $0.isReserved })
    #expect(sections["[clause]"] == words { $0.beginsClause })
    #expect(sections["[free]"] == words { !$0.isReserved && !$0.beginsClause })
  }

  /// Rules that make a statement, some behind a beginning, so that all are sampled alike.
  private static let statements = [
    "query": "", "scriptStatement": "", "createDatabase": "", "alterDatabase": "", "dropDatabase": "", "use": "",
    "createTable": "", "createTableLike": "", "createView": "", "dropTable": "", "dropView": "",
    "alterView": "", "truncateTable": "", "repairTable": "", "analyzeTable": "", "refreshTable": "",
    "columnAction": "ALTER TABLE t ", "partitionAction": "ALTER TABLE t ", "tableAction": "ALTER TABLE t ",
    "insert": "", "multiInsert": "", "merge": "", "update": "", "delete": "",
    "show": "", "describe": "", "explain": "", "statement": "", "expression": "SELECT ",
    "select": "", "tableReference": "SELECT * FROM ",
  ]

  @Test(arguments: statements.keys.sorted()) func sampledStatementsParseAndRoundTrip(rule: String) throws {
    let prefix = try #require(Self.statements[rule])
    var sampler = SentenceSampler(try grammar(), seed: UInt64(rule.utf8.count))
    for number in 0..<100 {
      expectRoundTrip(prefix + sampler.sentence(of: rule, length: 4 + number % 60))
    }
  }

  @Test func samplesUseEveryRule() throws {
    let grammar = try grammar()
    var sampler = SentenceSampler(grammar, seed: 1)
    for rule in ["script", "alterTable"] + Self.statements.keys.sorted() {
      for _ in 0..<80 { _ = sampler.sentence(of: rule, length: 60) }
    }
    #expect(Set(grammar.names).subtracting(sampler.used).isEmpty)
  }

  @Test func sampledScriptsSplitIntoTheirStatements() throws {
    var sampler = SentenceSampler(try grammar(), seed: 99)
    for _ in 0..<40 {
      let statements = (0..<3).map { _ in sampler.sentence(of: "statement", length: 20) }
      let parts = Script(statements.joined(separator: " ;\n") + ";").statements
      #expect(parts.map(\.text) == statements)
    }
  }
}
