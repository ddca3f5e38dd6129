import LakeDiagnostics

/// The clauses behind the columns of CREATE TABLE, which come in any order, each at most once.
struct TableClauses {
  static let all: [Keyword] = [
    .partitioned, .row, .stored, .using, .options, .location, .comment, .tblproperties,
  ]

  var partitionedBy: [PartitionField]?
  var rowFormat: RowFormat?
  var storage: StorageFormat?
  var options: [Property]?
  var location: String?
  var comment: String?
  var properties: [Property]?
}

extension Parser {
  /// Takes one of the allowed clauses if it comes next.
  mutating func tableClause(
    _ clauses: inout TableClauses, allowed: [Keyword]
  ) throws(ParseFailure) -> Bool {
    let opening = token
    guard let keyword = acceptAny(allowed) else {
      if at(.clustered), allowed.contains(.partitioned) {
        throw unsupported(
          "CLUSTERED BY", at: span(of: token), hint: "write PARTITIONED BY (bucket(number, column))")
      }
      if at(.skewed), allowed.contains(.partitioned) { throw unsupported("SKEWED BY", at: span(of: token)) }
      return false
    }
    switch keyword {
    case .partitioned:
      try once(&clauses.partitionedBy, opening) { (parser) throws(ParseFailure) in
        try parser.partitionFields()
      }
    case .row:
      try once(&clauses.rowFormat, opening) { (parser) throws(ParseFailure) in
        try parser.rowFormat()
      }
    case .stored:
      try once(&clauses.storage, opening) { (parser) throws(ParseFailure) in
        try parser.storedFormat()
      }
    case .using:
      try once(&clauses.storage, opening) { (parser) throws(ParseFailure) in
        .using(try parser.qualifiedName("a format such as parquet").text)
      }
    case .options:
      try once(&clauses.options, opening) { (parser) throws(ParseFailure) in
        try parser.properties()
      }
    case .location:
      try once(&clauses.location, opening) { (parser) throws(ParseFailure) in
        try parser.string("a path as a string")
      }
    case .comment: try once(&clauses.comment, opening) { (parser) throws(ParseFailure) in try parser.comment() }
    default: try once(&clauses.properties, opening) { (parser) throws(ParseFailure) in try parser.properties() }
    }
    return true
  }

  // MARK: PARTITIONED BY

  private mutating func partitionFields() throws(ParseFailure) -> [PartitionField] {
    try expect(.by)
    return try parenthesized { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.partitionField() }
    }
  }

  private mutating func partitionField() throws(ParseFailure) -> PartitionField {
    let start = start
    let next = peek()
    let kind: PartitionField.Kind
    if next.kind == .leftParen {
      let name = try identifier("a transform").name.lowercased()
      let arguments = try parenthesized { (parser) throws(ParseFailure) in
        try parser.commaSeparated { (parser) throws(ParseFailure) in try parser.transformArgument() }
      }
      kind = .transform(name: name, arguments: arguments)
    } else if next.kind == .comma || next.kind == .rightParen {
      kind = .identity(try identifier("a column"))
    } else {
      kind = .column(try columnDefinition())
    }
    return PartitionField(kind: kind, span: span(from: start))
  }

  private mutating func transformArgument() throws(ParseFailure) -> TransformArgument {
    at(.integer)
      ? .number(try wholeNumber("a whole number")) : .column(try qualifiedName("a column or a number"))
  }

  // MARK: Formats

  private mutating func storedFormat() throws(ParseFailure) -> StorageFormat {
    if try expectAny([.as, .by]) == .by {
      return .storedBy(isAtString ? try string("a class") : try identifier("a format").name)
    }
    if accept(.inputformat) {
      let input = try string("a class as a string")
      try expect(.outputformat)
      return .storedAsClasses(input: input, output: try string("a class as a string"))
    }
    return .storedAs(try identifier("a format such as PARQUET").name)
  }

  private mutating func rowFormat() throws(ParseFailure) -> RowFormat {
    try expect(.format)
    if try expectAny([.delimited, .serde]) == .delimited { return .delimited(try rowDelimiters()) }
    let name = try string("a class as a string")
    var properties: [Property] = []
    if accept(.with, .serdeproperties) {
      properties = try self.properties()
    }
    return .serde(name, properties: properties)
  }

  private mutating func rowDelimiters() throws(ParseFailure) -> RowDelimiters {
    var delimiters = RowDelimiters()
    while true {
      let opening = token
      guard let keyword = acceptAny([.fields, .collection, .map, .lines, .null, .escaped]) else { return delimiters }
      switch keyword {
      case .fields: try terminator(&delimiters.fields, opening)
      case .collection:
        try expect(.items)
        try terminator(&delimiters.collectionItems, opening)
      case .map:
        try expect(.keys)
        try terminator(&delimiters.mapKeys, opening)
      case .lines: try terminator(&delimiters.lines, opening)
      case .escaped:
        try expect(.by)
        try character(&delimiters.escape, opening)
      default:
        try expect(.defined, .as)
        try character(&delimiters.nullText, opening)
      }
    }
  }

  private mutating func terminator(_ clause: inout String?, _ opening: Token) throws(ParseFailure) {
    try expect(.terminated, .by)
    try character(&clause, opening)
  }

  private mutating func character(_ clause: inout String?, _ opening: Token) throws(ParseFailure) {
    try once(&clause, opening) { (parser) throws(ParseFailure) in try parser.string("a character as a string") }
  }
}
