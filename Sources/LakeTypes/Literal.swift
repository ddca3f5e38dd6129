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
