/// Writes syntax trees as text in one canonical spelling, on one line.
///
/// Parsing the text gives an equal tree. Chains print without recursion; what nests is bounded by the parser.
package enum SQLPrinter {
  package static func print(_ statement: Statement) -> String {
    var writer = SQLWriter()
    writer.write(statement)
    return writer.text
  }

  package static func print(_ query: Query) -> String {
    var writer = SQLWriter()
    writer.write(query)
    return writer.text
  }

  package static func print(_ expression: Expression) -> String {
    var writer = SQLWriter()
    writer.write(expression)
    return writer.text
  }

  package static func print(_ type: TypeName) -> String {
    var writer = SQLWriter()
    writer.write(type)
    return writer.text
  }

  /// A string literal with its quotes.
  package static func quoted(_ text: String) -> String {
    var writer = SQLWriter()
    writer.string(text)
    return writer.text
  }

  /// A name, in backticks where it needs them.
  package static func name(_ name: String) -> String {
    var writer = SQLWriter()
    writer.name(name)
    return writer.text
  }
}

/// Collects words with single spaces between them.
struct SQLWriter {
  private(set) var text = ""
  private var needsSpace = false

  /// Writes a word, with a space before it unless something was just opened.
  mutating func word(_ word: String) {
    if needsSpace { text += " " }
    text += word
    needsSpace = true
  }

  /// Writes directly behind what is there.
  mutating func tight(_ word: String) {
    text += word
    needsSpace = true
  }

  /// Writes an opening sign; the next word follows it directly.
  mutating func open(_ sign: String = "(", isTight: Bool = false) {
    if needsSpace && !isTight { text += " " }
    text += sign
    needsSpace = false
  }

  mutating func close(_ sign: String = ")") { tight(sign) }

  mutating func comma() { tight(",") }

  mutating func list<Item>(_ items: [Item], _ write: (inout SQLWriter, Item) -> Void) {
    for (number, item) in items.enumerated() {
      if number > 0 { comma() }
      write(&self, item)
    }
  }

  /// A list in parentheses.
  mutating func parenthesized<Item>(
    _ items: [Item], isTight: Bool = false, _ write: (inout SQLWriter, Item) -> Void
  ) {
    open(isTight: isTight)
    list(items, write)
    close()
  }

  // MARK: Names and constants

  mutating func write(_ identifier: Identifier) { name(identifier.name) }

  mutating func name(_ name: String) {
    word(Self.needsQuotes(name) { $0.isQuotedAsName } ? Self.quoted(name) : name)
  }

  mutating func functionName(_ name: QualifiedName, isQuoted: Bool = false) {
    guard name.parts.count == 1 else { return write(name) }
    let needsQuotes = isQuoted || Self.needsQuotes(name.last.name) { $0.isQuotedAsFunction }
    word(needsQuotes ? Self.quoted(name.last.name) : name.last.name)
  }

  mutating func write(_ name: QualifiedName) { dotted(name.parts) }

  mutating func dotted(_ parts: [Identifier]) {
    for (number, part) in parts.enumerated() {
      if number > 0 { open(".", isTight: true) }
      write(part)
    }
  }

  mutating func write(_ names: [Identifier]) {
    parenthesized(names) { $0.write($1) }
  }

  private static func needsQuotes(_ name: String, _ rule: (Keyword) -> Bool) -> Bool {
    var name = name
    return name.withUTF8 { bytes in
      guard let first = bytes.first, !ByteClass.isDigit(first) else { return true }
      if !bytes.allSatisfy({ ByteClass.isWord($0) }) { return true }
      return KeywordTable.shared.keyword(bytes).map(rule) ?? false
    }
  }

  private static func quoted(_ name: String) -> String {
    var text = "`"
    for scalar in name.unicodeScalars {
      if scalar == "`" { text += "`" }
      text.unicodeScalars.append(scalar)
    }
    return text + "`"
  }

  mutating func string(_ value: String) {
    var literal = "'"
    for scalar in value.unicodeScalars {
      switch scalar {
      case "'": literal += "\\'"
      case "\\": literal += "\\\\"
      case "\n": literal += "\\n"
      case "\r": literal += "\\r"
      case "\t": literal += "\\t"
      case "\0": literal += "\\u0000"
      default: literal.unicodeScalars.append(scalar)
      }
    }
    word(literal + "'")
  }

  mutating func properties(_ properties: [Property]) {
    parenthesized(properties) { writer, property in
      writer.string(property.key)
      writer.word("=")
      writer.string(property.value)
    }
  }

  /// Writes the clause if there is anything in it.
  mutating func clause(_ keywords: String, _ properties: [Property]) {
    if properties.isEmpty { return }
    word(keywords)
    self.properties(properties)
  }

  mutating func clause(_ keywords: String, _ value: String?) {
    guard let value else { return }
    word(keywords)
    string(value)
  }

  mutating func clause(_ keywords: String, _ condition: Expression?) {
    guard let condition else { return }
    word(keywords)
    write(condition)
  }
}
