/// Which types become which without a cast being written, after Spark 4's ANSI rules.
package enum TypeCoercion {
  /// The narrowest type that both sides of a comparison, CASE, UNION or IN can take; nil if there is none.
  ///
  /// A string meets a number, date, timestamp or boolean at that other type, as Spark's ANSI mode does
  /// (an integer at bigint, a float or decimal at double).
  package static func commonType(_ a: LogicalType, _ b: LogicalType) -> LogicalType? {
    if a == b { return a }
    switch (a, b) {
    case (.void, let other), (let other, .void): return other
    case (.string, let other), (let other, .string): return meetingString(other)
    case (.date, .timestamp), (.timestamp, .date): return .timestamp
    case (.date, .timestampNTZ), (.timestampNTZ, .date): return .timestampNTZ
    case (.timestamp, .timestampNTZ), (.timestampNTZ, .timestamp): return .timestamp
    case (.array(let x, let xNull), .array(let y, let yNull)):
      return commonType(x, y).map { .array(element: $0, containsNull: xNull || yNull) }
    case (.map(let xKey, let xValue, let xNull), .map(let yKey, let yValue, let yNull)):
      guard let key = commonType(xKey, yKey), let value = commonType(xValue, yValue) else { return nil }
      return .map(key: key, value: value, valueContainsNull: xNull || yNull)
    case (.struct(let x), .struct(let y)): return commonStruct(x, y)
    default: return a.isNumeric && b.isNumeric ? commonNumeric(a, b) : nil
    }
  }

  /// The common type of several; nil if there is none or the list is empty.
  package static func commonType(_ types: [LogicalType]) -> LogicalType? {
    guard var result = types.first else { return nil }
    for type in types.dropFirst() {
      guard let next = commonType(result, type) else { return nil }
      result = next
    }
    return result
  }

  private static func meetingString(_ other: LogicalType) -> LogicalType? {
    switch other {
    case .tinyint, .smallint, .int, .bigint: .bigint
    case .float, .double, .decimal: .double
    case .date, .timestamp, .timestampNTZ, .boolean, .binary: other
    default: nil
    }
  }

  private static func commonStruct(_ x: [Field], _ y: [Field]) -> LogicalType? {
    guard x.count == y.count else { return nil }
    var fields: [Field] = []
    for (a, b) in zip(x, y) {
      guard let type = commonType(a.type, b.type) else { return nil }
      fields.append(Field(a.name, type, isNullable: a.isNullable || b.isNullable))
    }
    return .struct(fields)
  }

  private static func commonNumeric(_ a: LogicalType, _ b: LogicalType) -> LogicalType? {
    if let x = a.asDecimal, let y = b.asDecimal {
      if a.isInteger, b.isInteger { return x.precision >= y.precision ? a : b }
      return widerDecimal(x, y)
    }
    if a == .float && b == .float { return .float }
    return .double
  }

  /// The decimal that holds the integer digits and the fraction digits of both, within 38 digits.
  ///
  /// Beyond 38 digits the fraction gives way, but not below the larger integer part (Spark's `boundedPreferIntegralDigits`).
  package static func widerDecimal(
    _ x: (precision: Int, scale: Int), _ y: (precision: Int, scale: Int)
  ) -> LogicalType {
    let scale = max(x.scale, y.scale)
    let range = max(x.precision - x.scale, y.precision - y.scale)
    if range + scale <= LogicalType.maxDecimalPrecision {
      return .decimal(precision: range + scale, scale: scale)
    }
    return .decimal(precision: LogicalType.maxDecimalPrecision, scale: max(0, 38 - range))
  }

  /// Bounds a computed decimal type to 38 digits; keeps at least min(scale, 6) fraction digits.
  ///
  /// Spark's `DecimalType.adjustPrecisionScale`.
  package static func adjustedDecimal(precision: Int, scale: Int) -> LogicalType {
    if precision <= 38 { return .decimal(precision: precision, scale: scale) }
    let integerDigits = precision - scale
    let minimumScale = min(scale, 6)
    return .decimal(precision: 38, scale: max(38 - integerDigits, minimumScale))
  }

  /// Whether INSERT and function calls may convert `from` into `to` by themselves (Spark's ANSI store assignment).
  package static func canStore(_ from: LogicalType, as to: LogicalType) -> Bool {
    if from == to || from == .void { return true }
    switch (from, to) {
    case (_, .string): return !from.isNested && from != .binary
    case (.date, .timestamp), (.date, .timestampNTZ), (.timestamp, .date), (.timestampNTZ, .date): return true
    case (.timestamp, .timestampNTZ), (.timestampNTZ, .timestamp): return true
    case (.array(let x, _), .array(let y, _)): return canStore(x, as: y)
    case (.map(let xKey, let xValue, _), .map(let yKey, let yValue, _)):
      return canStore(xKey, as: yKey) && canStore(xValue, as: yValue)
    case (.struct(let x), .struct(let y)):
      return x.count == y.count && zip(x, y).allSatisfy { canStore($0.type, as: $1.type) }
    default: return from.isNumeric && to.isNumeric
    }
  }

  /// Whether an explicit CAST is defined at all (a value may still fail).
  package static func canCast(_ from: LogicalType, to: LogicalType) -> Bool {
    if from == to || from == .void || to == .string { return true }
    switch (from, to) {
    case (.string, _): return !to.isNested && to != .void
    case (.boolean, _): return to.isNumeric
    case (_, .boolean): return from.isNumeric
    case (.timestamp, .bigint), (.bigint, .timestamp), (.timestamp, .double), (.double, .timestamp): return true
    case (.timestamp, _) where to.isNumeric, (_, .timestamp) where from.isNumeric: return true
    case (.array(let x, _), .array(let y, _)): return canCast(x, to: y)
    case (.map(let xKey, let xValue, _), .map(let yKey, let yValue, _)):
      return canCast(xKey, to: yKey) && canCast(xValue, to: yValue)
    case (.struct(let x), .struct(let y)):
      return x.count == y.count && zip(x, y).allSatisfy { canCast($0.type, to: $1.type) }
    case (_, .binary): return from.isInteger
    default:
      return (from.isNumeric && to.isNumeric) || (from.isDateTime && to.isDateTime)
        || (from.isInterval && to.isInteger) || (from.isInteger && to.isInterval)
    }
  }
}
