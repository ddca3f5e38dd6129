/// A constant as written; numbers stay text, because only the binder knows their range.
package enum Literal: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// Decimal digits, with a leading `-` where the sign stood directly before the number.
  case integer(String, IntegerSuffix)
  /// `1.5`, `.5`, `15e-1BD`: an exact decimal; may have a leading `-`.
  case decimal(String)
  /// `1e3`, `1.5D`: without its suffix; may have a leading `-`.
  case double(String)
  /// `1.5F`: without its suffix; may have a leading `-`.
  case float(String)
  /// Escapes are resolved; `\%` and `\_` keep their backslash, as LIKE needs it.
  case string(String)
  /// `X'1F'`
  case binary([UInt8])
  /// `DATE '2026-01-31'` and its kin; the text is not yet checked.
  case temporal(TemporalKind, String)
  case interval(IntervalLiteral)
}

/// The type that an integer literal asks for.
package enum IntegerSuffix: String, Hashable, Sendable, CaseIterable {
  /// No suffix: int, or bigint, or decimal, whichever fits first.
  case none = ""
  case tinyint = "Y"
  case smallint = "S"
  case bigint = "L"
}

/// The keyword before a typed date or time literal.
package enum TemporalKind: String, Hashable, Sendable, CaseIterable {
  case date = "DATE"
  /// With the session's time zone, as `TIMESTAMP_LTZ`.
  case timestamp = "TIMESTAMP"
  case timestampNTZ = "TIMESTAMP_NTZ"
}

/// An interval in one of its three spellings.
package enum IntervalLiteral: Hashable, Sendable {
  /// `INTERVAL 1 DAY 2 HOURS`, `INTERVAL '1' DAY`, `INTERVAL -1.5 SECONDS`: at least one term.
  case units([IntervalTerm])
  /// `INTERVAL '1 2:03:04' DAY TO SECOND`; a sign before the string is the first character of the text.
  case range(String, from: IntervalUnit, to: IntervalUnit)
  /// `INTERVAL '1 day 2 hours'`
  case text(String)
}

/// One value with its unit; the value is the number's text with an optional leading `-`.
package struct IntervalTerm: Hashable, Sendable {
  package var value: String
  package var unit: IntervalUnit

  package init(value: String, unit: IntervalUnit) {
    self.value = value
    self.unit = unit
  }
}

/// A unit of time; the parser also accepts the plural.
package enum IntervalUnit: String, Hashable, Sendable, CaseIterable {
  case year = "YEAR"
  case quarter = "QUARTER"
  case month = "MONTH"
  case week = "WEEK"
  case day = "DAY"
  case hour = "HOUR"
  case minute = "MINUTE"
  case second = "SECOND"
  case millisecond = "MILLISECOND"
  case microsecond = "MICROSECOND"
  case nanosecond = "NANOSECOND"
}
