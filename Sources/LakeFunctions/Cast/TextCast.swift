import LakeColumnar
import LakeDiagnostics
package import LakeTypes

/// Casts from and to strings, and to binary.
extension CastStep {
  func toText() -> SlotCast {
    if from == .binary { return { (source, _, _) throws(QueryError) in source.retyped(.string) } }
    return { (source, live, context) throws(QueryError) in
      let renderer = TextRenderer(from, context)
      var output = TextOutput(count: source.count)
      for row in 0..<source.count {
        if live.isValid(row) {
          renderer.append(source, row, &output.scratch)
          output.setScratch(row)
        } else {
          output.setEmpty(row)
        }
      }
      return output.finish(to)
    }
  }

  func fromText() -> SlotCast {
    switch to {
    case .boolean: parsed(UInt8(0)) { NumberText.boolean($0).map { $0 ? 1 : 0 } }
    case .tinyint: integers(Int8.self)
    case .smallint: integers(Int16.self)
    case .int: integers(Int32.self)
    case .bigint: integers(Int64.self)
    case .float: parsed(Float(0)) { NumberText.float($0) }
    case .double: parsed(Double(0)) { NumberText.double($0) }
    case .decimal: decimalsFromText()
    case .date: parsed(Int32(0)) { DateTimeText.parseDate($0) }
    case .timestamp, .timestampNTZ: timestampsFromText()
    case .intervalYearMonth: parsed(Int32(0)) { IntervalText.parseYearMonth($0) }
    case .intervalDayTime: parsed(Int64(0)) { IntervalText.parseDayTime($0) }
    default: { (source, _, _) throws(QueryError) in source.retyped(to) }
    }
  }

  private func parsed<R: BitwiseCopyable & Sendable>(
    _ zero: R, _ parse: @escaping @Sendable (TextBytes) -> R?
  ) -> SlotCast {
    { (source, live, _) throws(QueryError) in
      let slots = source.slots(StringView.self)
      return try mapRows(source, live, zero, isText: true) { parse((slots + $0).valueBytes) }
    }
  }

  private func integers<R: FixedWidthInteger & BitwiseCopyable & Sendable>(_ slot: R.Type) -> SlotCast {
    let allowsFraction = mode == .legacy
    return { (source, live, _) throws(QueryError) in
      let slots = source.slots(StringView.self)
      return try mapRows(source, live, R.zero, isText: true) {
        NumberText.integer((slots + $0).valueBytes, allowsFraction: allowsFraction).flatMap { R(exactly: $0) }
      }
    }
  }

  /// A number of the right form but with too many digits is out of range, not malformed.
  private func decimalsFromText() -> SlotCast {
    let scale = to.asDecimal?.scale ?? 0
    return { (source, live, _) throws(QueryError) in
      let slots = source.slots(StringView.self)
      if mode == .ansi {
        for row in 0..<source.count where live.isValid(row) {
          let text = NumberText.trimmed((slots + row).valueBytes)
          if NumberText.decimal(text, scale: scale) == nil, !NumberText.isNumber(text) { throw invalid(source, row) }
        }
      }
      return try decimals(source, live) { NumberText.decimal((slots + $0).valueBytes, scale: scale) }
    }
  }

  private func timestampsFromText() -> SlotCast {
    { (source, live, context) throws(QueryError) in
      let slots = source.slots(StringView.self)
      return try mapRows(source, live, Int64(0), isText: true) {
        let text = (slots + $0).valueBytes
        return TimestampText.micros(text, to, context.timeZone) ?? TimestampText.today(text, to, context)
      }
    }
  }

  /// Integers become big-endian bytes.
  func toBinary() -> SlotCast {
    { (source, _, _) throws(QueryError) in
      var output = TextOutput(count: source.count)
      let width = source.physical.width
      let bytes = source.slots(UInt8.self)
      for row in 0..<source.count {
        for index in (0..<width).reversed() { output.scratch.append(bytes[row * width + index]) }
        output.setScratch(row)
      }
      return output.finish(to)
    }
  }
}

/// Timestamps from text.
package enum TimestampText {
  /// Microseconds of an instant, or of the wall clock for a timestamp without a zone; nil if malformed.
  ///
  /// A zone in the text wins over the session's; a timestamp without a zone ignores it.
  static func micros(_ text: TextBytes, _ type: LogicalType, _ zone: TimeZoneRules) -> Int64? {
    guard let parsed = DateTimeText.parseTimestamp(text) else { return nil }
    if type == .timestampNTZ { return parsed.localMicros }
    switch parsed.zone {
    case .none: return zone.utc(fromLocal: parsed.localMicros)
    case .offset(let seconds): return parsed.localMicros &- Int64(seconds) &* DateTimeText.microsPerSecond
    case .region(let name):
      guard let rules = try? TimeZoneRules.named(name) else { return nil }
      return rules.utc(fromLocal: parsed.localMicros)
    }
  }

  /// The instant of a time without a date on the day at which the statement began, in the text's zone or the session's;
  /// nil if malformed, and for a timestamp without a zone, as in Spark.
  package static func today(_ text: UnsafeBufferPointer<UInt8>, _ type: LogicalType, _ context: EvaluationContext)
    -> Int64?
  {
    guard type == .timestamp, let parsed = DateTimeText.parseTime(text) else { return nil }
    let now = context.statementTime
    func instant(_ offset: Int64, _ utc: (Int64) -> Int64) -> Int64 {
      let midnight = DateTimeText.floorDivide(now &+ offset, DateTimeText.microsPerDay) &* DateTimeText.microsPerDay
      return utc(midnight &+ parsed.localMicros)
    }
    switch parsed.zone {
    case .none: return instant(context.timeZone.offset(atUTC: now)) { context.timeZone.utc(fromLocal: $0) }
    case .offset(let seconds):
      let offset = Int64(seconds) * DateTimeText.microsPerSecond
      return instant(offset) { $0 &- offset }
    case .region(let name):
      guard let rules = try? TimeZoneRules.named(name) else { return nil }
      return instant(rules.offset(atUTC: now)) { rules.utc(fromLocal: $0) }
    }
  }
}
