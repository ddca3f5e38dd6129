import LakeFunctions
import LakeTypes

/// One value of a result, or of a parameter.
public indirect enum Value: Sendable, Hashable {
  case null
  case boolean(Bool)
  /// tinyint to bigint.
  case integer(Int64)
  case float(Float)
  case double(Double)
  /// `unscaled` times ten to minus `scale`.
  case decimal(unscaled: Int128, scale: Int)
  case string(String)
  case binary([UInt8])
  /// Days since 1970-01-01.
  case date(Int32)
  /// Microseconds since 1970-01-01: in UTC for timestamp, on the wall clock for timestamp_ntz.
  case timestamp(Int64)
  /// Months.
  case yearMonthInterval(Int32)
  /// Microseconds.
  case dayTimeInterval(Int64)
  case array([Value])
  case map(keys: [Value], values: [Value])
  case row([Value])

  init(_ literal: Literal, _ type: LogicalType) {
    switch (literal, type) {
    case (.null, _): self = .null
    case (.boolean(let value), _): self = .boolean(value)
    case (.integer(let value), .intervalDayTime): self = .dayTimeInterval(value)
    case (.integer(let value), .intervalYearMonth): self = .yearMonthInterval(Int32(truncatingIfNeeded: value))
    case (.integer(let value), _): self = .integer(value)
    case (.float(let value), _): self = .float(value)
    case (.double(let value), _): self = .double(value)
    case (.decimal(let value), .decimal(_, let scale)): self = .decimal(unscaled: value, scale: scale)
    case (.decimal(let value), _): self = .decimal(unscaled: value, scale: 0)
    case (.string(let value), _): self = .string(value)
    case (.binary(let value), _): self = .binary(value)
    case (.date(let value), _): self = .date(value)
    case (.timestamp(let value), _): self = .timestamp(value)
    case (.array(let values), .array(let element, _)): self = .array(values.map { Value($0, element) })
    case (.map(let keys, let values), .map(let key, let value, _)):
      self = .map(keys: keys.map { Value($0, key) }, values: values.map { Value($0, value) })
    case (.struct(let values), .struct(let fields)):
      self = .row(zip(values, fields).map { Value($0, $1.type) })
    case (.array(let values), _), (.struct(let values), _): self = .row(values.map { Value($0, .void) })
    case (.map(let keys, let values), _):
      self = .map(keys: keys.map { Value($0, .void) }, values: values.map { Value($0, .void) })
    }
  }

  /// The value as a literal with its type, for a parameter; nested values are not taken.
  var typedLiteral: TypedLiteral? {
    switch self {
    case .null: TypedLiteral(.null, .void)
    case .boolean(let value): TypedLiteral(.boolean(value), .boolean)
    case .integer(let value): TypedLiteral(.integer(value), .bigint)
    case .float(let value): TypedLiteral(.float(value), .float)
    case .double(let value): TypedLiteral(.double(value), .double)
    case .decimal(let unscaled, let scale): TypedLiteral(.decimal(unscaled), .decimal(precision: 38, scale: scale))
    case .string(let value): TypedLiteral(.string(value), .string)
    case .binary(let value): TypedLiteral(.binary(value), .binary)
    case .date(let value): TypedLiteral(.date(value), .date)
    case .timestamp(let value): TypedLiteral(.timestamp(value), .timestamp)
    case .yearMonthInterval(let value): TypedLiteral(.integer(Int64(value)), .intervalYearMonth)
    case .dayTimeInterval(let value): TypedLiteral(.integer(value), .intervalDayTime)
    case .array, .map, .row: nil
    }
  }
}

extension Value: CustomStringConvertible {
  /// The value as SQL's CAST to string shows it, timestamps in UTC; NULL for NULL.
  public var description: String {
    switch self {
    case .null: "NULL"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .yearMonthInterval(let value): IntervalText.yearMonth(value)
    case .dayTimeInterval(let value): IntervalText.dayTime(value)
    case .float(let value): FloatText.string(value)
    case .double(let value): FloatText.string(value)
    case .decimal(let unscaled, let scale): DecimalText.string(unscaled, scale: scale)
    case .string(let value): value
    case .binary(let value): value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    case .date(let value): DateTimeText.dateString(value)
    case .timestamp(let value): DateTimeText.timestampString(value)
    case .array(let values): "[" + values.map(\.partText).joined(separator: ", ") + "]"
    case .map(let keys, let values):
      "{" + zip(keys, values).map { "\($0.partText) -> \($1.partText)" }.joined(separator: ", ") + "}"
    case .row(let values): "{" + values.map(\.partText).joined(separator: ", ") + "}"
    }
  }

  /// The value as a part of a nested one, where NULL is written in small letters.
  private var partText: String { self == .null ? "null" : description }
}
