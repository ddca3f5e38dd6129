import LakeColumnar
import LakeTypes

/// How values as the file stores them become the slots of a vector of the wanted type.
enum ValueConversion: Hashable, Sendable {
  enum Integer: Hashable, Sendable { case int32, uint32, int64, uint64 }

  /// The stored values are the slots.
  case identity
  /// Multiplies, divides (rounding down) and checks the range.
  case integer(Integer, multiplier: Int64, divisor: Int64, to: PhysicalType)
  case floatToDouble
  case int96ToMicros
  case float16(to: PhysicalType)
  /// Big-endian two's complement numbers, of a fixed or of varying length.
  case bigEndian(multiplier: Int128, to: PhysicalType)
  case fixedToView
  case uuidToText
  case interval(to: PhysicalType)

  /// Finds the conversion of a leaf to a type, or throws `.mismatch`.
  static func plan(_ leaf: LeafType, to type: LogicalType) throws(FormatFault) -> ValueConversion {
    switch leaf.meaning {
    case .plain: return try planPlain(leaf, type)
    case .integer(let isSigned): return try planInteger(leaf, isSigned, type)
    case .decimal(let scale): return try planDecimal(leaf, scale, type)
    case .date: return try planDate(leaf, type)
    case .timestamp(let unit):
      guard type.isTimestamp else { throw mismatch(leaf, type) }
      return scaled(.int64, unit)
    case .time(let unit):
      guard type == .bigint else { throw mismatch(leaf, type) }
      return scaled(leaf.kind == .int32 ? .int32 : .int64, unit)
    case .int96:
      guard type.isTimestamp else { throw mismatch(leaf, type) }
      return .int96ToMicros
    case .float16:
      guard type.isFloating else { throw mismatch(leaf, type) }
      return .float16(to: type.physical)
    case .uuid:
      if type == .string { return .uuidToText }
      guard type == .binary else { throw mismatch(leaf, type) }
      return .fixedToView
    case .interval:
      if type.isInterval { return .interval(to: type.physical) }
      guard type == .binary else { throw mismatch(leaf, type) }
      return .fixedToView
    case .unknown: throw mismatch(leaf, type)
    }
  }

  private static func mismatch(_ leaf: LeafType, _ type: LogicalType) -> FormatFault {
    .mismatch("the file holds \(leaf.type), which can't be read as \(type)")
  }

  /// To microseconds.
  private static func scaled(_ source: Integer, _ unit: TimeUnit) -> ValueConversion {
    switch unit {
    case .micros where source == .int64: .identity
    case .micros: .integer(source, multiplier: 1, divisor: 1, to: .int64)
    case .millis: .integer(source, multiplier: 1000, divisor: 1, to: .int64)
    case .nanos: .integer(source, multiplier: 1, divisor: 1000, to: .int64)
    }
  }

  private static func planPlain(_ leaf: LeafType, _ type: LogicalType) throws(FormatFault) -> ValueConversion {
    switch (leaf.kind, type) {
    case (.boolean, .boolean), (.float, .float), (.double, .double): return .identity
    case (.float, .double): return .floatToDouble
    case (.byteArray, .string), (.byteArray, .binary): return .identity
    case (.fixedByteArray, .string), (.fixedByteArray, .binary): return .fixedToView
    default: throw mismatch(leaf, type)
    }
  }

  private static func planInteger(
    _ leaf: LeafType, _ isSigned: Bool, _ type: LogicalType
  ) throws(FormatFault) -> ValueConversion {
    let source: Integer = leaf.kind == .int32 ? (isSigned ? .int32 : .uint32) : (isSigned ? .int64 : .uint64)
    switch type {
    case .tinyint, .smallint, .int, .bigint, .intervalYearMonth, .intervalDayTime:
      if (source == .int32 && type.physical == .int32) || (source == .int64 && type.physical == .int64) {
        return .identity
      }
      return .integer(source, multiplier: 1, divisor: 1, to: type.physical)
    case .double: return .integer(source, multiplier: 1, divisor: 1, to: .float64)
    case .decimal(_, let scale):
      guard let multiplier = powerOf64(scale) else { throw mismatch(leaf, type) }
      return .integer(source, multiplier: multiplier, divisor: 1, to: type.physical)
    default: throw mismatch(leaf, type)
    }
  }

  private static func powerOf64(_ exponent: Int) -> Int64? {
    (0...18).contains(exponent) ? DecimalText.powersOfTen64[exponent] : nil
  }

  private static func planDecimal(
    _ leaf: LeafType, _ scale: Int, _ type: LogicalType
  ) throws(FormatFault) -> ValueConversion {
    guard case .decimal(_, let wanted) = type, wanted >= scale else { throw mismatch(leaf, type) }
    switch leaf.kind {
    case .int32, .int64:
      guard let multiplier = powerOf64(wanted - scale) else { throw mismatch(leaf, type) }
      if multiplier == 1, leaf.kind == .int64, type.physical == .int64 { return .identity }
      return .integer(leaf.kind == .int32 ? .int32 : .int64, multiplier: multiplier, divisor: 1, to: type.physical)
    default:
      return .bigEndian(multiplier: DecimalText.powersOfTen[wanted - scale], to: type.physical)
    }
  }

  private static func planDate(_ leaf: LeafType, _ type: LogicalType) throws(FormatFault) -> ValueConversion {
    switch type {
    case .date: return .identity
    case .timestampNTZ: return .integer(.int32, multiplier: 86_400_000_000, divisor: 1, to: .int64)
    default: throw mismatch(leaf, type)
    }
  }
}
