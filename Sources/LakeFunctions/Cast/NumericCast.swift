import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Casts among booleans, integers, decimals and floating-point numbers.
extension CastStep {
  func numeric() -> SlotCast {
    switch from.physical {
    case .bool: fromBoolean()
    case .int8: fromInteger(Int8.self)
    case .int16: fromInteger(Int16.self)
    case .int32: fromInteger(Int32.self)
    case .float32: fromFloat(Float.self)
    case .float64: fromFloat(Double.self)
    case .int128: fromDecimal(Int128.self)
    default: from.isDecimal ? fromDecimal(Int64.self) : fromInteger(Int64.self)
    }
  }

  private func fromBoolean() -> SlotCast {
    let scale = to.asDecimal?.scale ?? 0
    return { (source, live, _) throws(QueryError) in
      switch to {
      case .tinyint: total(source, UInt8.self, Int8.self) { Int8(bitPattern: $0) }
      case .smallint: total(source, UInt8.self, Int16.self) { Int16($0) }
      case .int: total(source, UInt8.self, Int32.self) { Int32($0) }
      case .bigint: total(source, UInt8.self, Int64.self) { Int64($0) }
      case .float: total(source, UInt8.self, Float.self) { Float($0) }
      case .double: total(source, UInt8.self, Double.self) { Double($0) }
      case .decimal:
        try decimals(source, live) { DecimalMath.rescaled(Int128(source.slots(UInt8.self)[$0]), from: 0, to: scale) }
      default: source.retyped(to)
      }
    }
  }

  // MARK: From integers

  private func fromInteger<T: FixedWidthInteger & SignedInteger & BitwiseCopyable & Sendable>(
    _ slot: T.Type
  ) -> SlotCast {
    let scale = to.asDecimal?.scale ?? 0
    return { (source, live, _) throws(QueryError) in
      switch to {
      case .boolean: total(source, T.self, UInt8.self) { UInt8(truncatingIfNeeded: bit($0 != 0)) }
      case .tinyint: try resized(source, live, T.self, Int8.self)
      case .smallint: try resized(source, live, T.self, Int16.self)
      case .int: try resized(source, live, T.self, Int32.self)
      case .bigint: try resized(source, live, T.self, Int64.self)
      case .float: total(source, T.self, Float.self) { Float($0) }
      case .double: total(source, T.self, Double.self) { Double($0) }
      default:
        try decimals(source, live) {
          DecimalMath.rescaled(Int128(source.slots(T.self)[$0]), from: 0, to: scale)
        }
      }
    }
  }

  /// Between integer widths: truncates all rows, and looks again only where a row changed its value.
  private func resized<A: FixedWidthInteger & BitwiseCopyable, R: FixedWidthInteger & BitwiseCopyable>(
    _ source: Vector, _ live: RowMask, _ a: A.Type, _ r: R.Type
  ) throws(QueryError) -> Vector {
    let result = Vector.flat(to, count: source.count)
    let slots = source.slots(A.self)
    let target = result.slots(R.self)
    var changed: A = 0
    for row in 0..<source.count {
      let value = R(truncatingIfNeeded: slots[row])
      target[row] = value
      changed |= A(truncatingIfNeeded: value) ^ slots[row]
    }
    if changed == 0 || mode == .legacy { return result }
    return try map(source, live, A.self, R.zero) { R(exactly: $0) }
  }

  // MARK: From floating point

  private func fromFloat<T: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    _ slot: T.Type
  ) -> SlotCast {
    { (source, live, _) throws(QueryError) in
      switch to {
      case .boolean: total(source, T.self, UInt8.self) { UInt8(truncatingIfNeeded: bit($0 != 0)) }
      case .tinyint: try truncated(source, live, T.self, Int8.self)
      case .smallint: try truncated(source, live, T.self, Int16.self)
      case .int: try truncated(source, live, T.self, Int32.self)
      case .bigint: try truncated(source, live, T.self, Int64.self)
      case .float: total(source, T.self, Float.self) { Float($0) }
      case .double: total(source, T.self, Double.self) { Double($0) }
      default: try decimalsFromFloat(source, live, T.self)
      }
    }
  }

  /// Cuts the fraction off; without ANSI mode as Java does: NaN is 0, large values stop at the range's end.
  private func truncated<A: BinaryFloatingPoint & BitwiseCopyable, R: FixedWidthInteger & BitwiseCopyable>(
    _ source: Vector, _ live: RowMask, _ a: A.Type, _ r: R.Type
  ) throws(QueryError) -> Vector {
    if mode == .legacy {
      return total(source, A.self, R.self) { value in
        R.bitWidth < 32
          ? R(truncatingIfNeeded: Self.saturated(value, Int32.self)) : Self.saturated(value, R.self)
      }
    }
    return try map(source, live, A.self, R.zero) { R(exactly: $0.rounded(.towardZero)) }
  }

  @inline(__always)
  private static func saturated<A: BinaryFloatingPoint, R: FixedWidthInteger>(_ value: A, _ r: R.Type) -> R {
    if value.isNaN { return 0 }
    return R(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
  }

  /// By way of the shortest decimal digits, as Java's `BigDecimal.valueOf`; NaN and infinity become NULL.
  private func decimalsFromFloat<T: BinaryFloatingPoint & BitwiseCopyable>(
    _ source: Vector, _ live: RowMask, _ slot: T.Type
  ) throws(QueryError) -> Vector {
    guard let (precision, scale) = to.asDecimal else { return source }
    let limit = DecimalText.powersOfTen[precision]
    let slots = source.slots(T.self)
    let finite = ValidityMask(count: source.count, allValid: true)
    var sawOther = false
    for row in 0..<source.count where !slots[row].isFinite {
      finite.setNull(row)
      sawOther = true
    }
    let words = finite.words
    let result = try decimals(source, live) { row in
      guard words.isValid(row) else { return 0 }
      guard let value = FloatDecimal.unscaled(Double(slots[row]), scale: scale), value.magnitude < limit.magnitude
      else { return nil }
      return value
    }
    return sawOther ? result.masked(ValidityMask.and(result.validity, finite, count: source.count)) : result
  }

  // MARK: Decimals

  /// Decimals of the target type; nil from the body, or too many digits, is an overflow.
  @inline(__always)
  func decimals(
    _ source: Vector, _ live: RowMask, isText: Bool = false, _ body: (Int) -> Int128?
  ) throws(QueryError) -> Vector {
    let limit = DecimalText.powersOfTen[to.asDecimal?.precision ?? 38]
    if to.physical == .int64 {
      return try mapRows(source, live, Int64(0), isText: isText) { row in
        guard let value = body(row), value > -limit, value < limit else { return nil }
        return Int64(truncatingIfNeeded: value)
      }
    }
    return try mapRows(source, live, Int128(0), isText: isText) { row in
      guard let value = body(row), value > -limit, value < limit else { return nil }
      return value
    }
  }

  private func fromDecimal<T: FixedWidthInteger & SignedInteger & BitwiseCopyable & Sendable>(
    _ slot: T.Type
  ) -> SlotCast {
    let (precision, scale) = from.asDecimal ?? (38, 0)
    return { (source, live, _) throws(QueryError) in
      switch to {
      case .boolean: total(source, T.self, UInt8.self) { UInt8(truncatingIfNeeded: bit($0 != 0)) }
      case .tinyint: try whole(source, live, T.self, Int8.self, scale)
      case .smallint: try whole(source, live, T.self, Int16.self, scale)
      case .int: try whole(source, live, T.self, Int32.self, scale)
      case .bigint: try whole(source, live, T.self, Int64.self, scale)
      case .float: total(source, T.self, Float.self) { Float(FloatDecimal.double(Int128($0), scale: scale)) }
      case .double: total(source, T.self, Double.self) { FloatDecimal.double(Int128($0), scale: scale) }
      default: try rescaled(source, live, T.self, precision, scale)
      }
    }
  }

  private func whole<A: FixedWidthInteger & BitwiseCopyable, R: FixedWidthInteger & BitwiseCopyable>(
    _ source: Vector, _ live: RowMask, _ a: A.Type, _ r: R.Type, _ scale: Int
  ) throws(QueryError) -> Vector {
    let divisor = DecimalText.powersOfTen[scale]
    return try map(source, live, A.self, R.zero) { value in
      let whole = scale == 0 ? Int128(value) : Int128(value) / divisor
      return mode == .legacy ? R(truncatingIfNeeded: whole) : R(exactly: whole)
    }
  }

  private func rescaled<A: FixedWidthInteger & BitwiseCopyable>(
    _ source: Vector, _ live: RowMask, _ slot: A.Type, _ precision: Int, _ scale: Int
  ) throws(QueryError) -> Vector {
    guard let (newPrecision, newScale) = to.asDecimal else { return source }
    let isWider = newScale >= scale && newPrecision - newScale >= precision - scale
    if isWider, newScale == scale, from.physical == to.physical { return source.retyped(to) }
    if isWider {
      let factor = DecimalText.powersOfTen[newScale - scale]
      if to.physical == .int64 {
        let narrow = Int64(factor)
        return total(source, A.self, Int64.self) { Int64(truncatingIfNeeded: $0) &* narrow }
      }
      return total(source, A.self, Int128.self) { Int128($0) &* factor }
    }
    return try decimals(source, live) {
      DecimalMath.rescaled(Int128(source.slots(A.self)[$0]), from: scale, to: newScale)
    }
  }
}

/// Conversions between floating-point numbers and decimals.
enum FloatDecimal {
  /// 10^0 to 10^22, all exact.
  private static let powers: [Double] = {
    var powers = [1.0]
    for _ in 0..<22 { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }()

  /// The nearest double.
  static func double(_ unscaled: Int128, scale: Int) -> Double {
    if unscaled.magnitude <= 1 << 53, scale <= 22 { return Double(Int64(unscaled)) / powers[scale] }
    return Double("\(unscaled)e-\(scale)") ?? .nan
  }

  /// The unscaled value of the shortest digits, rounded half up; nil beyond 38 digits. The value is finite.
  static func unscaled(_ value: Double, scale: Int) -> Int128? {
    if scale <= 15 {
      // Far from a tie the product's rounding error can't change the result.
      let product = value * powers[scale]
      let whole = product.rounded(.down)
      let fraction = product - whole
      if product.magnitude < 1e12, abs(fraction - 0.5) > 1e-3 {
        return Int128(Int64(fraction < 0.5 ? whole : whole + 1))
      }
    }
    var text = value.description
    return text.withUTF8 { DecimalText.parse($0, scale: scale) }
  }
}
