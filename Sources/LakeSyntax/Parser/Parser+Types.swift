import LakeDiagnostics

// Data types.
extension Parser {
  mutating func typeName() throws(ParseFailure) -> TypeName {
    try descend()
    defer { ascend() }
    let start = start
    let kind = try typeKind()
    return TypeName(kind, span: span(from: start))
  }

  private mutating func typeKind() throws(ParseFailure) -> TypeNameKind {
    guard isName(token) else { throw unexpected("a data type") }
    switch token.keyword {
    case .array where peek().kind == .less: return .array(try elementType())
    case .map where peek().kind == .less: return try mapType()
    case .struct where peek().kind == .less || peek().kind == .notEqual: return try structType()
    case .interval:
      advance()
      return try intervalType()
    case .timestamp where peek().keyword == .with || peek().keyword == .without:
      return try timestampWithZone()
    default: return try simpleType()
    }
  }

  private mutating func elementType() throws(ParseFailure) -> TypeName {
    index += 2
    let element = try typeName()
    try closeAngle()
    return element
  }

  private mutating func mapType() throws(ParseFailure) -> TypeNameKind {
    index += 2
    let key = try typeName()
    try expect(.comma, "',' and the type of the values")
    let value = try typeName()
    try closeAngle()
    return .map(key: key, value: value)
  }

  private mutating func structType() throws(ParseFailure) -> TypeNameKind {
    advance()
    if accept(.notEqual) { return .struct([]) }
    advance()
    var fields: [StructFieldName] = []
    if !at(.greater) {
      fields = try commaSeparated { (parser) throws(ParseFailure) in try parser.structField() }
    }
    try closeAngle()
    return .struct(fields)
  }

  private mutating func structField() throws(ParseFailure) -> StructFieldName {
    let start = start
    let name = try identifier("the name of a field")
    _ = accept(.colon)
    let type = try typeName()
    let isNotNull = accept(.not)
    if isNotNull { try expect(.null) }
    let comment = accept(.comment) ? try comment() : nil
    return StructFieldName(
      name: name, type: type, isNotNull: isNotNull, comment: comment, span: span(from: start))
  }

  /// Takes `>`, or the first half of `>=`.
  private mutating func closeAngle() throws(ParseFailure) {
    if at(.greaterOrEqual) {
      tokens[index].kind = .equal
      tokens[index].start += 1
      return
    }
    try expect(.greater, "'>'")
  }

  private mutating func intervalType() throws(ParseFailure) -> TypeNameKind {
    let place = span(of: token)
    guard let from = acceptIntervalUnit() else { throw unexpected("YEAR, MONTH, DAY, HOUR, MINUTE or SECOND") }
    let order: [IntervalUnit] = from == .year || from == .month ? [.year, .month] : [.day, .hour, .minute, .second]
    guard let first = order.firstIndex(of: from) else {
      throw error("the type INTERVAL is one of YEAR to MONTH or of DAY to SECOND", at: place)
    }
    guard accept(.to) else { return .interval(from: from, to: nil) }
    guard let to = intervalUnit(of: token), let last = order.firstIndex(of: to), last > first else {
      throw unexpected("a smaller unit of time")
    }
    advance()
    return .interval(from: from, to: to)
  }

  private mutating func timestampWithZone() throws(ParseFailure) -> TypeNameKind {
    advance()
    if accept(.without) {
      try expect(.time, .zone)
      return .simple("timestamp_ntz", parameters: [])
    }
    try expect(.with)
    try expect(.local)
    try expect(.time, .zone)
    return .simple("timestamp_ltz", parameters: [])
  }

  private mutating func simpleType() throws(ParseFailure) -> TypeNameKind {
    let name = try identifier("a data type").name.lowercased()
    if name == "double", token.kind == .word, text(token).lowercased() == "precision" { advance() }
    guard at(.leftParen) else { return .simple(name, parameters: []) }
    let parameters = try parenthesized { (parser) throws(ParseFailure) in
      try parser.commaSeparated { (parser) throws(ParseFailure) in
        try parser.wholeNumber("a whole number")
      }
    }
    return .simple(name, parameters: parameters)
  }

  /// Takes a unit of time, in the singular or plural.
  mutating func acceptIntervalUnit() -> IntervalUnit? {
    guard let unit = intervalUnit(of: token) else { return nil }
    advance()
    return unit
  }

  func intervalUnit(of token: Token) -> IntervalUnit? {
    switch token.keyword {
    case .year, .years: .year
    case .quarter, .quarters: .quarter
    case .month, .months: .month
    case .week, .weeks: .week
    case .day, .days: .day
    case .hour, .hours: .hour
    case .minute, .minutes: .minute
    case .second, .seconds: .second
    case .millisecond, .milliseconds: .millisecond
    case .microsecond, .microseconds: .microsecond
    case .nanosecond, .nanoseconds: .nanosecond
    default: nil
    }
  }
}
