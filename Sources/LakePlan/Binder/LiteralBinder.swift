import LakeDiagnostics
import LakeFunctions
import LakeSyntax
import LakeTypes

/// Turns constants as written into typed values.
struct LiteralBinder {
  let context: EvaluationContext

  func bind(_ literal: LakeSyntax.Literal, _ span: SourceSpan) throws(QueryError) -> BoundExpression {
    let typed = try value(literal, span)
    return .literal(typed.value, typed.type, span: span)
  }

  private func value(_ literal: LakeSyntax.Literal, _ span: SourceSpan) throws(QueryError) -> TypedLiteral {
    switch literal {
    case .null: return TypedLiteral(.null, .void)
    case .boolean(let value): return TypedLiteral(.boolean(value), .boolean)
    case .integer(let digits, let suffix): return try integer(digits, suffix, span)
    case .decimal(let text): return try decimal(text, span)
    case .double(let text): return TypedLiteral(.double(Double(text) ?? .nan), .double)
    case .float(let text): return TypedLiteral(.float(Float(text) ?? .nan), .float)
    case .string(let text): return TypedLiteral(.string(text), .string)
    case .binary(let bytes): return TypedLiteral(.binary(bytes), .binary)
    case .temporal(let kind, let text): return try temporal(kind, text, span)
    case .interval(let interval): return try IntervalBinder(span: span).bind(interval)
    }
  }

  private func integer(
    _ digits: String, _ suffix: IntegerSuffix, _ span: SourceSpan
  ) throws(QueryError) -> TypedLiteral {
    let value = Int64(digits)
    switch suffix {
    case .none:
      guard let value else { return try decimal(digits, span) }
      return TypedLiteral(.integer(value), Int32(exactly: value) == nil ? .bigint : .int)
    case .tinyint: if let value, Int8(exactly: value) != nil { return TypedLiteral(.integer(value), .tinyint) }
    case .smallint: if let value, Int16(exactly: value) != nil { return TypedLiteral(.integer(value), .smallint) }
    case .bigint: if let value { return TypedLiteral(.integer(value), .bigint) }
    }
    throw QueryError(
      .numericOutOfRange, .bind, "the number does not fit the type its suffix asks for: \(digits)\(suffix.rawValue)",
      span: span)
  }

  private func decimal(_ text: String, _ span: SourceSpan) throws(QueryError) -> TypedLiteral {
    let mantissa = text.prefix { $0 != "e" && $0 != "E" }
    let exponent = Int(text.dropFirst(mantissa.count + 1)) ?? 0
    let unsigned = mantissa.drop { $0 == "-" || $0 == "+" }
    let fraction = unsigned.drop { $0 != "." }.dropFirst().count
    let integerDigits = unsigned.prefix { $0 != "." }.drop { $0 == "0" }.count
    let scale = max(0, fraction - exponent)
    let precision = max(max(integerDigits + exponent, 0) + scale, 1, scale)
    let unscaled = Array(text.utf8).withUnsafeBufferPointer { DecimalText.parse($0, scale: min(scale, 38)) }
    guard precision <= 38, scale <= 38, let unscaled else {
      throw QueryError(
        .numericOutOfRange, .bind, "a decimal has at most 38 digits: \(text)", span: span,
        hint: "write it as a double, such as 1e40")
    }
    return TypedLiteral(.decimal(unscaled), .decimal(precision: precision, scale: scale))
  }

  private func temporal(
    _ kind: TemporalKind, _ text: String, _ span: SourceSpan
  ) throws(QueryError) -> TypedLiteral {
    let bytes = Array(text.utf8)
    switch kind {
    case .date:
      if let days = bytes.withUnsafeBufferPointer(DateTimeText.parseDate) {
        return TypedLiteral(.date(days), .date)
      }
    case .timestamp, .timestampNTZ:
      if let parsed = bytes.withUnsafeBufferPointer(DateTimeText.parseTimestamp) {
        return try timestamp(parsed, kind)
      }
      if kind == .timestamp,
        let micros = bytes.withUnsafeBufferPointer({ TimestampText.today($0, .timestamp, context) })
      {
        return TypedLiteral(.timestamp(micros), .timestamp)
      }
    }
    throw QueryError(
      .invalidTypedLiteral, .bind, "not a valid \(kind.rawValue) literal: '\(text)'", span: span,
      hint: kind == .date ? "write it as DATE '2026-01-31'" : "write it as TIMESTAMP '2026-01-31 12:30:00'")
  }

  private func timestamp(_ parsed: ParsedTimestamp, _ kind: TemporalKind) throws(QueryError) -> TypedLiteral {
    if kind == .timestampNTZ { return TypedLiteral(.timestamp(parsed.localMicros), .timestampNTZ) }
    let micros: Int64
    switch parsed.zone {
    case .none: micros = context.timeZone.utc(fromLocal: parsed.localMicros)
    case .offset(let seconds): micros = parsed.localMicros - Int64(seconds) * DateTimeText.microsPerSecond
    case .region(let name): micros = try TimeZoneRules.named(name).utc(fromLocal: parsed.localMicros)
    }
    return TypedLiteral(.timestamp(micros), .timestamp)
  }
}

/// Turns the spellings of intervals into months or microseconds.
struct IntervalBinder {
  let span: SourceSpan

  func bind(_ literal: IntervalLiteral) throws(QueryError) -> TypedLiteral {
    switch literal {
    case .units(let terms): return try sum(terms)
    case .text(let text): return try sum(try terms(of: text))
    case .range(let text, let from, let to): return try range(text, from, to)
    }
  }

  private func sum(_ terms: [IntervalTerm]) throws(QueryError) -> TypedLiteral {
    var months: Int64 = 0
    var micros: Int64 = 0
    var hasMonths = false
    var hasMicros = false
    for term in terms {
      switch term.unit {
      case .year, .quarter, .month:
        months += try whole(term.value) * Self.months(in: term.unit)
        hasMonths = true
      default:
        micros += try scaled(term.value, by: Self.micros(in: term.unit))
        hasMicros = true
      }
    }
    if hasMonths, hasMicros {
      throw QueryError(
        .unsupported, .bind, "an interval of months and days together has no fixed length", span: span,
        hint: "add two intervals one after the other: ts + INTERVAL 1 MONTH + INTERVAL 2 DAYS")
    }
    return hasMonths
      ? TypedLiteral(.integer(months), .intervalYearMonth) : TypedLiteral(.integer(micros), .intervalDayTime)
  }

  private func whole(_ text: String) throws(QueryError) -> Int64 {
    guard let value = Int64(text.filter { $0 != " " && $0 != "+" }) else { throw invalid(text) }
    return value
  }

  /// A number with up to nine decimals times a unit of microseconds.
  private func scaled(_ text: String, by unit: Double) throws(QueryError) -> Int64 {
    let trimmed = text.filter { $0 != " " && $0 != "+" }
    if let value = Int64(trimmed), unit >= 1 {
      let product = value.multipliedReportingOverflow(by: Int64(unit))
      if product.overflow { throw invalid(text) }
      return product.partialValue
    }
    guard let value = Double(trimmed), abs(value * unit) < 9e18 else { throw invalid(text) }
    return Int64((value * unit).rounded())
  }

  private static func months(in unit: IntervalUnit) -> Int64 {
    switch unit {
    case .year: 12
    case .quarter: 3
    default: 1
    }
  }

  private static func micros(in unit: IntervalUnit) -> Double {
    switch unit {
    case .week: 604_800e6
    case .day: 86_400e6
    case .hour: 3_600e6
    case .minute: 60e6
    case .second: 1e6
    case .millisecond: 1e3
    case .nanosecond: 1e-3
    default: 1
    }
  }

  /// `1 day 2 hours` as terms.
  private func terms(of text: String) throws(QueryError) -> [IntervalTerm] {
    var words = text.lowercased().split(separator: " ").map(String.init)
    if words.first == "interval" { words.removeFirst() }
    guard !words.isEmpty, words.count % 2 == 0 else { throw invalid(text) }
    var terms: [IntervalTerm] = []
    for index in stride(from: 0, to: words.count, by: 2) {
      let singular = words[index + 1].hasSuffix("s") ? String(words[index + 1].dropLast()) : words[index + 1]
      guard let unit = IntervalUnit(rawValue: singular.uppercased()) else { throw invalid(text) }
      terms.append(IntervalTerm(value: words[index], unit: unit))
    }
    return terms
  }

  /// `'1-6' YEAR TO MONTH`, `'1 2:03:04.5' DAY TO SECOND` and the parts in between.
  private func range(_ text: String, _ from: IntervalUnit, _ to: IntervalUnit) throws(QueryError) -> TypedLiteral {
    let order: [IntervalUnit] = from == .year ? [.year, .month] : [.day, .hour, .minute, .second]
    guard let first = order.firstIndex(of: from), let last = order.firstIndex(of: to), first <= last else {
      throw invalid(text)
    }
    var body = Substring(text).drop { $0 == " " }
    let isNegative = body.first == "-"
    if isNegative || body.first == "+" { body = body.dropFirst() }
    let parts = body.split { $0 == " " || $0 == ":" || ($0 == "-" && from == .year) }
    guard parts.count == last - first + 1 else { throw invalid(text) }
    let terms = zip(parts, order[first...last]).map { IntervalTerm(value: String($0), unit: $1) }
    var result = try sum(terms)
    if isNegative, case .integer(let value) = result.value { result.value = .integer(-value) }
    return result
  }

  private func invalid(_ text: String) -> QueryError {
    QueryError(
      .invalidTypedLiteral, .bind, "not a valid interval: '\(text)'", span: span,
      hint: "write it as INTERVAL 1 DAY, INTERVAL '2 3:04:05' DAY TO SECOND or INTERVAL '1-6' YEAR TO MONTH")
  }
}
