import LakeTypes

/// Reads numbers from bytes without creating strings, except where a double needs exact rounding.
enum NumberText {
  typealias Text = UnsafeBufferPointer<UInt8>

  /// `[+-]digits` within 64 bits; nil for anything else.
  static func integer(_ text: Text) -> Int64? {
    var index = 0
    let count = text.count
    guard count > 0 else { return nil }
    let isNegative = text[0] == 0x2D
    if isNegative || text[0] == 0x2B { index = 1 }
    guard index < count else { return nil }
    if count &- index <= 18 { return shortInteger(text, from: index, isNegative: isNegative) }
    var value: Int64 = 0
    while index < count {
      let digit = Int64(text[index] &- 0x30)
      guard digit <= 9 else { return nil }
      let (shifted, overflowsShift) = value.multipliedReportingOverflow(by: 10)
      let (next, overflowsDigit) = shifted.subtractingReportingOverflow(digit)
      if overflowsShift || overflowsDigit { return nil }
      value = next
      index &+= 1
    }
    if isNegative { return value }
    return value == .min ? nil : -value
  }

  @inline(__always)
  private static func shortInteger(_ text: Text, from start: Int, isNegative: Bool) -> Int64? {
    var value: Int64 = 0
    var index = start
    while index < text.count {
      let digit = text[index] &- 0x30
      if digit > 9 { return nil }
      value = value &* 10 &+ Int64(digit)
      index &+= 1
    }
    return isNegative ? 0 &- value : value
  }

  /// A decimal number taken apart: digits as an integer times ten to `exponent`.
  private struct Parts {
    var isNegative = false
    /// The first 19 significant digits.
    var digits: UInt64 = 0
    var digitCount = 0
    var exponent = 0
    /// Whether `digits` holds all significant digits.
    var isExact = true
  }

  /// Takes `[+-]digits[.digits][e[+-]digits]` apart, with digits on one side of the point at least.
  private static func parts(_ text: Text) -> Parts? {
    var parts = Parts()
    var index = 0
    let count = text.count
    if index < count, text[index] == 0x2D || text[index] == 0x2B {
      parts.isNegative = text[index] == 0x2D
      index &+= 1
    }
    var sawDigit = false
    var sawPoint = false
    while index < count {
      let digit = text[index] &- 0x30
      if digit <= 9 {
        sawDigit = true
        add(digit, isFraction: sawPoint, to: &parts)
      } else if text[index] == 0x2E, !sawPoint {
        sawPoint = true
      } else {
        break
      }
      index &+= 1
    }
    guard sawDigit else { return nil }
    if index == count { return parts }
    guard text[index] | 0x20 == 0x65, let exponent = exponent(text, from: index &+ 1) else { return nil }
    parts.exponent += exponent
    return parts
  }

  @inline(__always)
  private static func add(_ digit: UInt8, isFraction: Bool, to parts: inout Parts) {
    if parts.digitCount < 19 {
      if parts.digitCount > 0 || digit != 0 { parts.digitCount &+= 1 }
      parts.digits = parts.digits &* 10 &+ UInt64(digit)
      if isFraction { parts.exponent &-= 1 }
    } else {
      if digit != 0 { parts.isExact = false }
      if !isFraction { parts.exponent &+= 1 }
    }
  }

  private static func exponent(_ text: Text, from start: Int) -> Int? {
    var index = start
    guard index < text.count else { return nil }
    let isNegative = text[index] == 0x2D
    if isNegative || text[index] == 0x2B { index += 1 }
    guard index < text.count else { return nil }
    var value = 0
    while index < text.count {
      let digit = text[index] &- 0x30
      if digit > 9 { return nil }
      value = min(100_000, value * 10 + Int(digit))
      index += 1
    }
    return isNegative ? -value : value
  }

  private static let exactPowers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// The nearest double to a decimal number; nil for text of another form.
  static func double(_ text: Text) -> Double? {
    guard let parts = parts(text) else { return nil }
    // Both factors are exact, so the one operation rounds correctly (Clinger's fast path).
    if parts.isExact, parts.digits < 1 << 53, abs(parts.exponent) <= 22 {
      let digits = Double(parts.digits)
      let power = exactPowers[abs(parts.exponent)]
      let value = parts.exponent < 0 ? digits / power : digits * power
      return parts.isNegative ? -value : value
    }
    return Double(String(decoding: text, as: UTF8.self))
  }

  /// The nearest float to a decimal number; nil for text of another form.
  static func float(_ text: Text) -> Float? {
    guard let parts = parts(text) else { return nil }
    if parts.isExact, parts.digits < 1 << 24, abs(parts.exponent) <= 10 {
      let digits = Float(parts.digits)
      let power = Float(exactPowers[abs(parts.exponent)])
      let value = parts.exponent < 0 ? digits / power : digits * power
      return parts.isNegative ? -value : value
    }
    return Float(String(decoding: text, as: UTF8.self))
  }

  /// The unscaled value at `scale`, rounded half up; nil for text of another form or beyond `precision` digits.
  static func decimal(_ text: Text, precision: Int, scale: Int) -> Int128? {
    guard let parts = parts(text) else { return nil }
    let shift = parts.exponent + scale
    var value: Int128
    if parts.isExact, parts.digits < 1_000_000_000_000_000_000, shift > -19, shift <= 18 {
      value = Int128(parts.digits)
      if shift >= 0 {
        value *= Int128(DecimalText.powersOfTen64[shift])
      } else {
        let divisor = Int128(DecimalText.powersOfTen64[-shift])
        value = (value + divisor / 2) / divisor
      }
      if parts.isNegative { value = -value }
    } else {
      guard let parsed = DecimalText.parse(text, scale: scale) else { return nil }
      value = parsed
    }
    return DecimalText.fits(value, precision: precision) ? value : nil
  }
}
