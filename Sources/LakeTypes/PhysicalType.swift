/// How a vector stores the values of a type: one fixed-width slot a row, or children.
package enum PhysicalType: UInt8, Hashable, Sendable {
  /// One byte, 0 or 1.
  case bool
  case int8, int16, int32, int64, int128
  case float32, float64
  /// A 16-byte `StringView`, for strings and binary.
  case view
  /// A `ListEntry` (offset and length) into child 0: arrays, and maps with child 0 = keys, child 1 = values.
  case list
  /// No slots; one child a field.
  case structure

  /// Bytes of one slot; 0 for structures.
  @inlinable
  package var width: Int {
    switch self {
    case .bool, .int8: 1
    case .int16: 2
    case .int32, .float32: 4
    case .int64, .float64, .list: 8
    case .int128, .view: 16
    case .structure: 0
    }
  }
}

extension LogicalType {
  /// The largest precision whose unscaled values are stored in 64 bits.
  package static let maxInt64Precision = 18

  /// How vectors store this type; a VOID column is stored as booleans that are all NULL.
  package var physical: PhysicalType {
    switch self {
    case .void, .boolean: .bool
    case .tinyint: .int8
    case .smallint: .int16
    case .int, .date, .intervalYearMonth: .int32
    case .bigint, .timestamp, .timestampNTZ, .intervalDayTime: .int64
    case .float: .float32
    case .double: .float64
    case .decimal(let precision, _): precision <= Self.maxInt64Precision ? .int64 : .int128
    case .string, .binary: .view
    case .array, .map: .list
    case .struct: .structure
    }
  }
}
