/// An EBNF grammar, in the notation that grammar/lakesql.ebnf defines at its top.
struct Grammar {
  indirect enum Node {
    case sequence([Node])
    case choice([Node])
    case optional(Node)
    case repeated(Node)
    /// `<< a | b >>`
    case anyOrder([Node])
    case literal(String)
    case rule(String)
    case tokenClass(String)
  }

  struct Fault: Error, CustomStringConvertible {
    var description: String
  }

  private(set) var rules: [String: Node] = [:]
  private(set) var names: [String] = []

  init(_ text: String) throws {
    var reader = Reader(tokens: try Self.tokens(text))
    while !reader.isAtEnd {
      let name = reader.take()
      try reader.expect("=")
      guard rules[name] == nil else { throw Fault(description: "two rules \(name)") }
      rules[name] = try reader.choice()
      names.append(name)
      try reader.expect(";")
    }
  }

  /// Words, quoted literals with their quotes, classes with their marks, and signs.
  private static func tokens(_ text: String) throws -> [String] {
    var tokens: [String] = []
    var rest = Substring(text)
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if rest.hasPrefix("(*") {
        try skipComment(&rest)
      } else if first == "\"" || first == "?" {
        let body = rest.dropFirst().prefix { $0 != first }
        tokens.append(String(first) + body + String(first))
        rest = rest.dropFirst(body.count + 2)
      } else if first.isLetter {
        let word = rest.prefix { $0.isLetter }
        tokens.append(String(word))
        rest = rest.dropFirst(word.count)
      } else {
        let length = rest.hasPrefix("<<") || rest.hasPrefix(">>") ? 2 : 1
        tokens.append(String(rest.prefix(length)))
        rest = rest.dropFirst(length)
      }
    }
    return tokens
  }

  private static func skipComment(_ rest: inout Substring) throws {
    while !rest.hasPrefix("*)") {
      guard !rest.isEmpty else { throw Fault(description: "a comment is not closed") }
      rest.removeFirst()
    }
    rest = rest.dropFirst(2)
  }

  private struct Reader {
    let tokens: [String]
    var index = 0
    var isAtEnd: Bool { index >= tokens.count }
    var next: String { index < tokens.count ? tokens[index] : "" }

    mutating func take() -> String {
      index += 1
      return tokens[index - 1]
    }

    mutating func expect(_ token: String) throws {
      guard next == token else { throw Fault(description: "expected \(token), found \(next) (token \(index))") }
      index += 1
    }

    mutating func alternatives() throws -> [Node] {
      var nodes = [try sequence()]
      while next == "|" {
        index += 1
        nodes.append(try sequence())
      }
      return nodes
    }

    mutating func choice() throws -> Node {
      let nodes = try alternatives()
      return nodes.count == 1 ? nodes[0] : .choice(nodes)
    }

    mutating func sequence() throws -> Node {
      var nodes: [Node] = []
      while let node = try item() { nodes.append(node) }
      return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    mutating func item() throws -> Node? {
      switch next {
      case "(": return try enclosed(")")
      case "[": return .optional(try enclosed("]"))
      case "{": return .repeated(try enclosed("}"))
      case "<<":
        index += 1
        let nodes = try alternatives()
        try expect(">>")
        return .anyOrder(nodes)
      case "", ")", "]", "}", ">>", "|", ";": return nil
      default:
        let token = take()
        let body = String(token.dropFirst().dropLast())
        if token.hasPrefix("\"") { return .literal(body) }
        return token.hasPrefix("?") ? .tokenClass(String(body.dropFirst().dropLast())) : .rule(token)
      }
    }

    mutating func enclosed(_ end: String) throws -> Node {
      index += 1
      let node = try choice()
      try expect(end)
      return node
    }
  }
}
