package import LakeDiagnostics

/// Reads types and column lists as DDL spells them: `a INT, b ARRAY<STRING> COMMENT 'x'`, `struct<a:int>`.
///
/// For schemas in strings (`from_json`, `read_files`); statements go through the SQL parser.
package enum DDLType {
  /// Reads one type, or a list of columns as a struct; throws `.syntaxError`.
  package static func parse(_ text: String) throws(QueryError) -> LogicalType {
    var typeReader = DDLReader(text)
    if let type = try? typeReader.type(), typeReader.isAtEnd { return type }
    return .struct(try fields(text))
  }

  /// Reads a list of columns: `name type [NOT NULL] [COMMENT 'text'], ...`; throws `.syntaxError`.
  package static func fields(_ text: String) throws(QueryError) -> [Field] {
    var reader = DDLReader(text)
    let fields = try reader.fields()
    guard reader.isAtEnd else { throw reader.failure("a comma or the end") }
    return fields
  }
}

private struct DDLReader {
  private enum Token: Equatable {
    case word(String)
    case quotedName(String)
    case text(String)
    case symbol(UInt8)
  }

  private let source: String
  private var tokens: [Token] = []
  private var index = 0
  private var depth = 0
  private static let maxDepth = 200

  init(_ text: String) {
    source = text
    tokens = Self.tokens(Array(text.utf8))
  }

  var isAtEnd: Bool { index >= tokens.count }

  func failure(_ expected: String) -> QueryError {
    QueryError(
      .syntaxError, .bind, "the schema is malformed, \(expected) was expected at token \(index + 1): '\(source)'")
  }

  // MARK: Tokens

  private static func tokens(_ bytes: [UInt8]) -> [Token] {
    var tokens: [Token] = []
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte <= 0x20 {
        index += 1
      } else if byte == 0x60 || byte == 0x27 || byte == 0x22 {
        let text = quoted(bytes, &index)
        tokens.append(byte == 0x60 ? .quotedName(text) : .text(text))
      } else if isWord(byte) {
        let start = index
        while index < bytes.count, isWord(bytes[index]) { index += 1 }
        tokens.append(.word(String(decoding: bytes[start..<index], as: UTF8.self)))
      } else {
        tokens.append(.symbol(byte))
        index += 1
      }
    }
    return tokens
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == 0x5F || byte == 0x24 || byte == 0x2E || byte == 0x2D
      || (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
  }

  /// Text between quotes; a doubled quote or a backslash stands for the character itself.
  private static func quoted(_ bytes: [UInt8], _ index: inout Int) -> String {
    let quote = bytes[index]
    var text: [UInt8] = []
    index += 1
    while index < bytes.count {
      if bytes[index] == quote {
        guard index + 1 < bytes.count, bytes[index + 1] == quote else { break }
        index += 1
      } else if bytes[index] == 0x5C, quote != 0x60, index + 1 < bytes.count {
        index += 1
      }
      text.append(bytes[index])
      index += 1
    }
    index += 1
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func take(_ symbol: Unicode.Scalar) -> Bool {
    guard index < tokens.count, tokens[index] == .symbol(UInt8(ascii: symbol)) else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ symbol: Unicode.Scalar) throws(QueryError) {
    if !take(symbol) { throw failure("'\(symbol)'") }
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard index < tokens.count, case .word(let text) = tokens[index], text.lowercased() == word else { return false }
    index += 1
    return true
  }

  private mutating func name() throws(QueryError) -> String {
    guard index < tokens.count else { throw failure("a name") }
    switch tokens[index] {
    case .word(let text), .quotedName(let text):
      index += 1
      return text
    default: throw failure("a name")
    }
  }

  // MARK: Grammar

  mutating func fields() throws(QueryError) -> [Field] {
    var fields: [Field] = []
    repeat { fields.append(try field()) } while take(",")
    return fields
  }

  private mutating func field() throws(QueryError) -> Field {
    let name = try name()
    _ = take(":")
    var field = Field(name, try type())
    if takeWord("not") {
      guard takeWord("null") else { throw failure("NULL") }
      field.isNullable = false
    }
    if takeWord("comment") {
      guard index < tokens.count, case .text(let comment) = tokens[index] else { throw failure("a comment") }
      index += 1
      field.comment = comment
    }
    return field
  }

  mutating func type() throws(QueryError) -> LogicalType {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.maxDepth {
      throw QueryError(.nestingTooDeep, .bind, "the schema is nested deeper than \(Self.maxDepth) levels")
    }
    guard index < tokens.count, case .word(let text) = tokens[index] else { throw failure("a type") }
    index += 1
    switch text.lowercased() {
    case "array":
      try expect("<")
      let element = try type()
      try expect(">")
      return .array(element)
    case "map":
      try expect("<")
      let key = try type()
      try expect(",")
      let value = try type()
      try expect(">")
      return .map(key, value)
    case "struct":
      try expect("<")
      if take(">") { return .struct([]) }
      let parts = try fields()
      try expect(">")
      return .struct(parts)
    case "decimal", "dec", "numeric": return try decimal()
    case "interval": return try interval()
    case "char", "varchar", "character":
      if take("(") {
        _ = try number()
        try expect(")")
      }
      return .string
    case let simple:
      guard let type = Self.simple[simple] else { throw failure("a type, not \(text)") }
      return type
    }
  }

  private static let simple: [String: LogicalType] = [
    "void": .void, "null": .void, "boolean": .boolean, "bool": .boolean, "tinyint": .tinyint, "byte": .tinyint,
    "smallint": .smallint, "short": .smallint, "int": .int, "integer": .int, "bigint": .bigint, "long": .bigint,
    "float": .float, "real": .float, "double": .double, "string": .string, "binary": .binary, "date": .date,
    "timestamp": .timestamp, "timestamp_ltz": .timestamp, "timestamp_ntz": .timestampNTZ,
  ]

  private mutating func decimal() throws(QueryError) -> LogicalType {
    guard take("(") else { return .decimal(precision: 10, scale: 0) }
    let precision = try number()
    let scale = take(",") ? try number() : 0
    try expect(")")
    guard (1...38).contains(precision), (0...precision).contains(scale) else {
      throw failure("a precision of 1 to 38 and a scale within it")
    }
    return .decimal(precision: precision, scale: scale)
  }

  private mutating func number() throws(QueryError) -> Int {
    guard index < tokens.count, case .word(let text) = tokens[index], let value = Int(text) else {
      throw failure("a number")
    }
    index += 1
    return value
  }

  private mutating func interval() throws(QueryError) -> LogicalType {
    let first = try name().lowercased()
    let last = takeWord("to") ? try name().lowercased() : first
    let units = ["year", "month", "day", "hour", "minute", "second"]
    guard let start = units.firstIndex(of: first), let end = units.firstIndex(of: last), start <= end,
      (start < 2) == (end < 2)
    else { throw failure("the units of an interval") }
    return start < 2 ? .intervalYearMonth : .intervalDayTime
  }
}
