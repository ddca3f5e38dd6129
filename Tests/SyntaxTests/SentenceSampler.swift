/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Builds random sentences of a grammar.
struct SentenceSampler {
  private let grammar: Grammar
  /// What the shortest sentence of each rule costs.
  private let cheapest: [String: Int]
  /// Where the sentence stops growing, in tokens.
  private var longest = 0
  private var random: SeededGenerator
  private var words: [String] = []
  /// Rules used so far: every rule of the grammar should occur.
  private(set) var used: Set<String> = []
  /// What names are taken from.
  var names = Self.samples["name"] ?? []

  init(_ grammar: Grammar, seed: UInt64) {
    self.grammar = grammar
    random = SeededGenerator(seed: seed)
    cheapest = Self.cheapestSentences(grammar)
  }

  /// A sentence of the rule, its tokens between single spaces.
  mutating func sentence(of rule: String, length: Int) -> String {
    words = []
    longest = length
    append(.rule(rule), 60)
    return words.joined(separator: " ")
  }

  private mutating func append(_ node: Grammar.Node, _ depth: Int) {
    switch node {
    case .literal(let text): words.append(spelled(text))
    case .tokenClass("name"): words.append(names.randomElement(using: &random) ?? "a")
    case .tokenClass(let name): words.append(Self.samples[name]?.randomElement(using: &random) ?? "<\(name)>")
    case .rule(let name):
      used.insert(name)
      if name == "parameter" {
        words.append(":p1")
      } else if let body = grammar.rules[name] {
        append(body, depth - 1)
      }
    case .sequence(let nodes): for node in nodes { append(node, depth) }
    case .choice(let nodes): append(choose(nodes, depth), depth)
    case .optional(let node): if isTaken(depth, chance: 2) { append(node, depth) }
    case .repeated(let node):
      while isTaken(depth, chance: 4) { append(node, depth) }
    case .anyOrder(let nodes):
      for node in nodes.shuffled(using: &random) where isTaken(depth, chance: 3) { append(node, depth) }
    }
  }

  private mutating func spelled(_ word: String) -> String {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: word.lowercased()
    case 1: word.prefix(1) + word.dropFirst().lowercased()
    default: word
    }
  }

  private mutating func isTaken(_ depth: Int, chance: Int) -> Bool {
    isGrowing(depth) && Int.random(in: 0..<chance, using: &random) == 0
  }

  private func isGrowing(_ depth: Int) -> Bool { depth > 0 && words.count < longest }

  /// A random alternative while the sentence may grow, then the cheapest.
  private mutating func choose(_ nodes: [Grammar.Node], _ depth: Int) -> Grammar.Node {
    if isGrowing(depth), let node = nodes.randomElement(using: &random) { return node }
    return nodes.min { Self.cost($0, cheapest) < Self.cost($1, cheapest) } ?? .sequence([])
  }

  private static let unreachable = 1_000_000_000

  /// A thousand for each token, and one for each rule, so that the cheapest way never goes in circles.
  private static func cost(_ node: Grammar.Node, _ known: [String: Int]) -> Int {
    switch node {
    case .literal, .tokenClass: 1000
    case .optional, .repeated, .anyOrder: 0
    case .rule(let name): (known[name] ?? unreachable) + 1
    case .sequence(let nodes): min(unreachable, nodes.reduce(0) { $0 + cost($1, known) })
    case .choice(let nodes): nodes.map { cost($0, known) }.min() ?? 0
    }
  }

  private static func cheapestSentences(_ grammar: Grammar) -> [String: Int] {
    var known: [String: Int] = [:]
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for (name, body) in grammar.rules {
        let cost = cost(body, known)
        if cost < known[name] ?? unreachable {
          known[name] = cost
          hasChanged = true
        }
      }
    }
    return known
  }

  static let samples: [String: [String]] = [
    "name": [
      "a", "b", "tbl_1", "Customer", "`two words`", "`a``b`", "2026_sales", "größe", "status", "key", "data",
      "format",
      "comment", "source", "location", "`select`", "end", "start", "row",
    ],
    "alias": ["x", "y1", "`my alias`", "total", "key", "end"],
    "function name": ["count", "left", "right", "if", "first", "replace", "max", "date", "like", "map", "trunc"],
    "type word": ["int", "string", "BIGINT", "decimal", "date", "timestamp", "varchar", "timestamp_ntz"],
    "whole number": ["0", "1", "16", "365"],
    "number": [
      "1L", "2S", "3Y", "1.5", ".5", "2.", "1e10", "1E-3", "1.5e3", "1D", "2.5F", "3BD", "1.5BD",
      "9223372036854775808", "12345678901234567890.123",
    ],
    "string": [
      "'a'", "''", "\"double\"", "'it''s'", "'it\\'s'", "r'\\d+'", "'tab\\t'", "'\\u00e9'", "'50\\%'", "'größe'",
      "'a;b--c'", "'\\\\'",
    ],
    "field string": ["'YEAR'", "\"day\""],
    "hexadecimal string": ["'1F'", "'ABC'", "''"],
    "interval string": ["'1 day'", "'-2 months 3 days'"],
    "setting": ["a.b=c", "`k` = v w", "TIME ZONE 'Europe/Berlin'", "key", "-v"],
    "assignment": ["a.b=c", "`k` = v w"],
    "setting key": ["a.b"],
    "path": ["dir/file.sql", "'my file.sql'"],
  ]
}
