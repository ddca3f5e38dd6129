import LakeTypes

/// A primitive column's physical type and meaning.
struct LeafType: Sendable {
  enum Meaning: Hashable, Sendable {
    /// Booleans, floating-point numbers and bytes as they are.
    case plain
    case integer(isSigned: Bool)
    case decimal(scale: Int)
    case date
    case timestamp(TimeUnit)
    case time(TimeUnit)
    case int96
    case float16
    case uuid
    /// Months, days and milliseconds, four bytes each.
    case interval
    /// Every value is NULL.
    case unknown
  }

  let kind: PhysicalKind
  /// Bytes of a FIXED_LEN_BYTE_ARRAY.
  let byteLength: Int
  let meaning: Meaning
  let type: LogicalType
  /// The digits of a decimal that has more than values can have; its type is that of the bytes.
  let excessivePrecision: Int?

  /// Bytes that one undecoded value takes in memory: its PLAIN form, or a `StringView`.
  var rawWidth: Int {
    switch kind {
    case .boolean: 1
    case .int32, .float: 4
    case .int64, .double: 8
    case .int96: 12
    case .byteArray: 16
    case .fixedByteArray: byteLength
    }
  }

  /// Whether values may be NaN.
  var isFloating: Bool { kind == .float || kind == .double || meaning == .float16 }

  /// What a schema element means; an annotation that does not fit its physical type is ignored.
  init(_ element: SchemaElement, kind: PhysicalKind) throws(FormatFault) {
    self.kind = kind
    byteLength = kind == .fixedByteArray ? element.typeLength : 0
    if kind == .fixedByteArray, byteLength <= 0 || byteLength > 1 << 20 {
      throw .corrupt("the fixed length \(byteLength) of column \(element.name) is out of range")
    }
    (meaning, type) = Self.interpret(element, kind)
    if case .decimal(let precision, _)? = element.annotation, precision > LogicalType.maxDecimalPrecision {
      excessivePrecision = precision
    } else {
      excessivePrecision = nil
    }
  }

  private static func interpret(_ element: SchemaElement, _ kind: PhysicalKind) -> (Meaning, LogicalType) {
    if element.annotation == .unknown { return (.unknown, .void) }
    if case .decimal(let precision, let scale)? = element.annotation, (1...38).contains(precision),
      (0...precision).contains(scale), kind != .boolean, kind != .float, kind != .double, kind != .int96
    {
      return (.decimal(scale: scale), .decimal(precision: precision, scale: scale))
    }
    switch kind {
    case .boolean: return (.plain, .boolean)
    case .float: return (.plain, .float)
    case .double: return (.plain, .double)
    case .int96: return (.int96, .timestamp)
    case .int32: return interpretInt32(element.annotation)
    case .int64: return interpretInt64(element.annotation)
    case .byteArray: return (.plain, isText(element.annotation) ? .string : .binary)
    case .fixedByteArray: return interpretFixed(element)
    }
  }

  private static func interpretInt32(_ annotation: Annotation?) -> (Meaning, LogicalType) {
    switch annotation {
    case .date: (.date, .date)
    case .time(.millis, _): (.time(.millis), .bigint)
    case .integer(8, true): (.integer(isSigned: true), .tinyint)
    case .integer(16, true), .integer(8, false): (.integer(isSigned: true), .smallint)
    case .integer(32, false): (.integer(isSigned: false), .bigint)
    default: (.integer(isSigned: true), .int)
    }
  }

  private static func interpretInt64(_ annotation: Annotation?) -> (Meaning, LogicalType) {
    switch annotation {
    case .timestamp(let unit, let isUTC): (.timestamp(unit), isUTC ? .timestamp : .timestampNTZ)
    case .time(let unit, _): (.time(unit), .bigint)
    case .integer(64, false): (.integer(isSigned: false), .decimal(precision: 20, scale: 0))
    default: (.integer(isSigned: true), .bigint)
    }
  }

  private static func interpretFixed(_ element: SchemaElement) -> (Meaning, LogicalType) {
    switch element.annotation {
    case .uuid where element.typeLength == 16: (.uuid, .string)
    case .float16 where element.typeLength == 2: (.float16, .float)
    case .interval where element.typeLength == 12: (.interval, .binary)
    case .string, .enum, .json: (.plain, .string)
    default: (.plain, .binary)
    }
  }

  private static func isText(_ annotation: Annotation?) -> Bool {
    switch annotation {
    case .string, .enum, .json: true
    default: false
    }
  }
}
