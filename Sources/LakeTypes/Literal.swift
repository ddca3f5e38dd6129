/// One value of any type, outside a vector: constants, partition values, bounds, results read row by row.
package indirect enum Literal: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// tinyint to bigint, and the interval types (months or microseconds).
  case integer(Int64)
  case float(Float)
  case double(Double)
  /// The unscaled value; the scale is in the type.
  case decimal(Int128)
  case string(String)
  case binary([UInt8])
  /// Days since 1970-01-01.
  case date(Int32)
  /// Microseconds since 1970-01-01, for both timestamp types.
  case timestamp(Int64)
  case array([Literal])
  /// Keys and values in order, of equal count.
  case map(keys: [Literal], values: [Literal])
  case `struct`([Literal])

  package var isNull: Bool { if case .null = self { true } else { false } }

  /// Whether both are the same value: texts by their bytes, however accents are composed, and NaN as one value.
  package static func == (a: Literal, b: Literal) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.boolean(let x), .boolean(let y)): x == y
    case (.integer(let x), .integer(let y)): x == y
    case (.float(let x), .float(let y)): x == y || x.isNaN && y.isNaN
    case (.double(let x), .double(let y)): x == y || x.isNaN && y.isNaN
    case (.decimal(let x), .decimal(let y)): x == y
    case (.string(let x), .string(let y)): x.utf8.elementsEqual(y.utf8)
    case (.binary(let x), .binary(let y)): x == y
    case (.date(let x), .date(let y)): x == y
    case (.timestamp(let x), .timestamp(let y)): x == y
    case (.array(let x), .array(let y)): x == y
    case (.map(let keys, let values), .map(let otherKeys, let otherValues)):
      keys == otherKeys && values == otherValues
    case (.struct(let x), .struct(let y)): x == y
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .boolean(let value): hasher.combine(value)
    case .integer(let value): hasher.combine(value)
    case .float(let value): hasher.combine(value.isNaN ? .nan : value)
    case .double(let value): hasher.combine(value.isNaN ? .nan : value)
    case .decimal(let value): hasher.combine(value)
    case .string(var value): value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    case .binary(let value): hasher.combine(value)
    case .date(let value): hasher.combine(value)
    case .timestamp(let value): hasher.combine(value)
    case .array(let values), .struct(let values): hasher.combine(values)
    case .map(let keys, let values):
      hasher.combine(keys)
      hasher.combine(values)
    }
  }
}

/// A literal together with its type.
package struct TypedLiteral: Hashable, Sendable {
  package var value: Literal
  package var type: LogicalType

  package init(_ value: Literal, _ type: LogicalType) {
    self.value = value
    self.type = type
  }
}
