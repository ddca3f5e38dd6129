/// The type of a value as SQL sees it; meaning and spelling follow Spark 4.
package indirect enum LogicalType: Hashable, Sendable {
  /// The type of a bare NULL; Spark calls it VOID.
  case void
  case boolean
  case tinyint, smallint, int, bigint
  case float, double
  /// Precision 1 to 38, scale 0 to precision.
  case decimal(precision: Int, scale: Int)
  case string
  case binary
  /// Days since 1970-01-01 in the proleptic Gregorian calendar.
  case date
  /// An instant: microseconds since 1970-01-01T00:00:00Z, shown in the session's time zone.
  case timestamp
  /// A wall-clock time without a zone: microseconds since 1970-01-01T00:00:00.
  case timestampNTZ
  /// Months.
  case intervalYearMonth
  /// Microseconds.
  case intervalDayTime
  case array(element: LogicalType, containsNull: Bool)
  case map(key: LogicalType, value: LogicalType, valueContainsNull: Bool)
  case `struct`([Field])

  /// An array whose elements may be NULL.
  package static func array(_ element: LogicalType) -> LogicalType {
    .array(element: element, containsNull: true)
  }

  /// A map whose values may be NULL.
  package static func map(_ key: LogicalType, _ value: LogicalType) -> LogicalType {
    .map(key: key, value: value, valueContainsNull: true)
  }

  /// The largest precision of a decimal.
  package static let maxDecimalPrecision = 38

  /// The decimal that holds every value of an integer type, as Spark's `DecimalType.forType`; nil for others.
  package var asDecimal: (precision: Int, scale: Int)? {
    switch self {
    case .tinyint: (3, 0)
    case .smallint: (5, 0)
    case .int: (10, 0)
    case .bigint: (20, 0)
    case .decimal(let precision, let scale): (precision, scale)
    default: nil
    }
  }

  package var isInteger: Bool {
    switch self {
    case .tinyint, .smallint, .int, .bigint: true
    default: false
    }
  }

  package var isDecimal: Bool { if case .decimal = self { true } else { false } }
  package var isFloating: Bool { self == .float || self == .double }
  package var isNumeric: Bool { isInteger || isDecimal || isFloating }
  package var isTimestamp: Bool { self == .timestamp || self == .timestampNTZ }
  package var isDateTime: Bool { self == .date || isTimestamp }
  package var isInterval: Bool { self == .intervalDayTime || self == .intervalYearMonth }

  /// Whether values have parts: array, map or struct.
  package var isNested: Bool {
    switch self {
    case .array, .map, .struct: true
    default: false
    }
  }

  /// Whether values can be sorted and compared with `<`; maps can't.
  package var isOrderable: Bool {
    switch self {
    case .map: false
    case .array(let element, _): element.isOrderable
    case .struct(let fields): fields.allSatisfy { $0.type.isOrderable }
    default: true
    }
  }
}

extension LogicalType: CustomStringConvertible {
  /// The type as Spark's `simpleString` spells it, in lower case.
  package var description: String {
    switch self {
    case .void: "void"
    case .boolean: "boolean"
    case .tinyint: "tinyint"
    case .smallint: "smallint"
    case .int: "int"
    case .bigint: "bigint"
    case .float: "float"
    case .double: "double"
    case .decimal(let precision, let scale): "decimal(\(precision),\(scale))"
    case .string: "string"
    case .binary: "binary"
    case .date: "date"
    case .timestamp: "timestamp"
    case .timestampNTZ: "timestamp_ntz"
    case .intervalYearMonth: "interval year to month"
    case .intervalDayTime: "interval day to second"
    case .array(let element, _): "array<\(element)>"
    case .map(let key, let value, _): "map<\(key),\(value)>"
    case .struct(let fields): "struct<\(fields.map { "\($0.name):\($0.type)" }.joined(separator: ","))>"
    }
  }
}
