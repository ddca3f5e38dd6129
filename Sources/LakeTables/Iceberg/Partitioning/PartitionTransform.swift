import LakeAvro
import LakeTypes

/// How a partition value comes from a column's value (Iceberg's partition transforms).
package enum PartitionTransform: Hashable, Sendable {
  case identity, year, month, day, hour
  /// The number of buckets.
  case bucket(Int)
  /// The width.
  case truncate(Int)
  /// Always NULL: a dropped partition field.
  case void
  /// One that is not known here; its values cannot be computed.
  case unknown(String)

  /// Reads the name that metadata uses, such as `bucket[16]`.
  init(name: String) {
    switch name {
    case "identity": self = .identity
    case "year": self = .year
    case "month": self = .month
    case "day": self = .day
    case "hour": self = .hour
    case "void": self = .void
    default:
      if let width = Self.argument(of: name, "bucket[") {
        self = .bucket(width)
      } else if let width = Self.argument(of: name, "truncate[") {
        self = .truncate(width)
      } else {
        self = .unknown(name)
      }
    }
  }

  private static func argument(of text: String, _ prefix: String) -> Int? {
    guard text.hasPrefix(prefix), text.hasSuffix("]") else { return nil }
    return Int(text.dropFirst(prefix.count).dropLast()).flatMap { $0 > 0 ? $0 : nil }
  }

  /// The name that metadata uses.
  var name: String {
    switch self {
    case .identity: "identity"
    case .year: "year"
    case .month: "month"
    case .day: "day"
    case .hour: "hour"
    case .bucket(let count): "bucket[\(count)]"
    case .truncate(let width): "truncate[\(width)]"
    case .void: "void"
    case .unknown(let name): name
    }
  }

  /// The name of the partition field over a column, as the reference implementation chooses it.
  func fieldName(column: String) -> String {
    switch self {
    case .identity: column
    case .bucket: column + "_bucket"
    case .truncate: column + "_trunc"
    case .void: column + "_null"
    default: column + "_" + name
    }
  }

  /// The type of the partition values of a column; nil if the transform cannot be applied to it.
  func resultType(of source: LogicalType) -> LogicalType? {
    switch self {
    case .identity, .void: source.isNested ? nil : source
    case .year, .month: source.isDateTime ? .int : nil
    case .day: source.isDateTime ? .date : nil
    case .hour: source.isTimestamp ? .int : nil
    case .bucket:
      switch source {
      case .int, .bigint, .decimal, .date, .timestamp, .timestampNTZ, .string, .binary: .int
      default: nil
      }
    case .truncate:
      switch source {
      case .int, .bigint, .decimal, .string, .binary: source
      default: nil
      }
    case .unknown: nil
    }
  }

  /// The partition value of a column's value; NULL stays NULL.
  func apply(to value: Literal) -> Literal {
    switch (self, value) {
    case (_, .null), (.void, _), (.unknown, _): .null
    case (.identity, _): value
    case (.year, _), (.month, _), (.day, _), (.hour, _): PartitionTransform.calendarPart(self, of: value)
    case (.bucket(let count), _):
      Self.bucketHash(value).map { .integer(Int64(Int32(bitPattern: $0) & .max) % Int64(count)) } ?? .null
    case (.truncate(let width), _): Self.truncated(value, width)
    }
  }

  private static func calendarPart(_ transform: PartitionTransform, of value: Literal) -> Literal {
    let days: Int
    var hours = 0
    switch value {
    case .date(let value): days = Int(value)
    case .timestamp(let micros):
      days = Int(DateTimeText.floorDivide(micros, DateTimeText.microsPerDay))
      hours = Int(DateTimeText.floorDivide(micros, 3_600_000_000))
    default: return .null
    }
    let date = CivilDate(daysSinceEpoch: days)
    switch transform {
    case .year: return .integer(Int64(date.year - 1970))
    case .month: return .integer(Int64((date.year - 1970) * 12 + date.month - 1))
    case .day: return .date(Int32(truncatingIfNeeded: days))
    default: return .integer(Int64(hours))
    }
  }

  /// Iceberg's 32-bit hash of a value; nil for types that have none.
  static func bucketHash(_ value: Literal) -> UInt32? {
    switch value {
    case .integer(let value): Murmur3.hash(value)
    case .date(let days): Murmur3.hash(Int64(days))
    case .timestamp(let micros): Murmur3.hash(micros)
    case .decimal(let unscaled): Murmur3.hash(BigEndianInteger.bytes(of: unscaled))
    case .string(let text): Murmur3.hash(Array(text.utf8))
    case .binary(let bytes): Murmur3.hash(bytes)
    default: nil
    }
  }

  private static func truncated(_ value: Literal, _ width: Int) -> Literal {
    switch value {
    case .integer(let value):
      let rest = value % Int64(width)
      return .integer(value &- (rest < 0 ? rest + Int64(width) : rest))
    case .decimal(let value):
      let rest = value % Int128(width)
      return .decimal(value - (rest < 0 ? rest + Int128(width) : rest))
    case .string(let text): return .string(String(String.UnicodeScalarView(text.unicodeScalars.prefix(width))))
    case .binary(let bytes): return .binary(Array(bytes.prefix(width)))
    default: return .null
    }
  }

  /// Whether larger column values never have smaller partition values, so that ranges can be pruned.
  var isMonotonic: Bool {
    switch self {
    case .identity, .year, .month, .day, .hour, .truncate: true
    default: false
    }
  }

  /// The text of a partition value in a directory name; nil for NULL.
  func text(of value: Literal, type: LogicalType) -> String? {
    guard case .integer(let number) = value else { return PartitionText.text(of: value, type: type) }
    let number64 = Int(number)
    switch self {
    case .year: return String(1970 + number64)
    case .month:
      let months = 1970 * 12 + number64
      return "\(months / 12)-\(Self.twoDigits(months % 12 + 1))"
    case .hour:
      let days = DateTimeText.floorDivide(number, 24)
      let date = DateTimeText.dateString(Int32(truncatingIfNeeded: days))
      return "\(date)-\(Self.twoDigits(Int(number - days * 24)))"
    default: return PartitionText.text(of: value, type: type)
    }
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
