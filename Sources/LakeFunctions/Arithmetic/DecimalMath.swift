import LakeTypes

/// Exact arithmetic on unscaled decimals of up to 38 digits; nil where the result has more.
///
/// Products and aligned values may need 256 bits in between. Rounding is half up (away from zero).
enum DecimalMath {
  static let limit = DecimalText.powersOfTen[38]

  @inline(__always)
  static func fits38(_ value: Int128) -> Int128? { value > -limit && value < limit ? value : nil }

  /// The value at another scale, rounded half up where digits are lost.
  static func rescaled(_ value: Int128, from: Int, to: Int) -> Int128? {
    if to == from { return value }
    if to > from {
      if value == 0 { return 0 }
      guard to - from <= 38 else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: DecimalText.powersOfTen[to - from])
      return overflow ? nil : fits38(product)
    }
    return from - to > 38 ? 0 : roundedQuotient(value, DecimalText.powersOfTen[from - to])
  }

  /// Quotient rounded half up; the divisor is positive.
  @inline(__always)
  static func roundedQuotient(_ value: Int128, _ divisor: Int128) -> Int128 {
    let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
    if rest.magnitude >= divisor.magnitude - rest.magnitude { return value < 0 ? quotient - 1 : quotient + 1 }
    return quotient
  }

  /// `a + b` (or `a - b`) at `scale`.
  static func sum(
    _ a: Int128, _ aScale: Int, _ b: Int128, _ bScale: Int, scale: Int, isDifference: Bool = false
  ) -> Int128? {
    let common = max(aScale, bScale)
    let other = isDifference ? 0 &- b : b
    if let x = rescaled(a, from: aScale, to: common), let y = rescaled(other, from: bScale, to: common) {
      let total = x.addingReportingOverflow(y)
      if !total.overflow { return rescaled(total.partialValue, from: common, to: scale).flatMap(fits38) }
    }
    let x = WideInteger(a, times: common - aScale)
    let y = WideInteger(other, times: common - bScale)
    return (x + y).rounded(dropping: common - scale)
  }

  /// `a * b` at `scale`, which is at most the sum of the scales.
  static func product(_ a: Int128, _ b: Int128, dropping digits: Int) -> Int128? {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    if !overflow {
      let kept = digits == 0 ? product : roundedQuotient(product, DecimalText.powersOfTen[min(digits, 38)])
      return fits38(digits > 38 ? 0 : kept)
    }
    let wide = a.magnitude.multipliedFullWidth(by: b.magnitude)
    return WideInteger(isNegative: (a < 0) != (b < 0), high: wide.high, low: wide.low).rounded(dropping: digits)
  }

  /// `a * 10^shift / b` rounded half up; b is not zero.
  static func quotient(_ a: Int128, _ b: Int128, shift: Int) -> Int128? {
    let divisor = b.magnitude
    if shift <= 38 {
      let (scaled, overflow) = a.magnitude.multipliedReportingOverflow(by: UInt128(DecimalText.powersOfTen[shift]))
      if !overflow {
        let (quotient, rest) = scaled.quotientAndRemainder(dividingBy: divisor)
        return signed(quotient, isUp: rest >= divisor - rest, isNegative: (a < 0) != (b < 0))
      }
    }
    let first = min(shift, 38)
    let wide = a.magnitude.multipliedFullWidth(by: UInt128(DecimalText.powersOfTen[first]))
    guard wide.high < divisor else { return nil }
    var (quotient, rest) = divisor.dividingFullWidth(wide)
    if shift > first {
      let factor = UInt128(DecimalText.powersOfTen[shift - first])
      let (scaled, overflow) = quotient.multipliedReportingOverflow(by: factor)
      guard !overflow else { return nil }
      let tail = divisor.dividingFullWidth(rest.multipliedFullWidth(by: factor))
      let (total, carry) = scaled.addingReportingOverflow(tail.quotient)
      guard !carry else { return nil }
      (quotient, rest) = (total, tail.remainder)
    }
    return signed(quotient, isUp: rest >= divisor - rest, isNegative: (a < 0) != (b < 0))
  }

  @inline(__always)
  private static func signed(_ magnitude: UInt128, isUp: Bool, isNegative: Bool) -> Int128? {
    guard magnitude < limit.magnitude else { return nil }
    let rounded = Int128(isUp ? magnitude + 1 : magnitude)
    return fits38(isNegative ? -rounded : rounded)
  }

  /// `a % b` at the larger scale; the sign is that of `a`; b is not zero.
  static func remainder(_ a: Int128, _ aScale: Int, _ b: Int128, _ bScale: Int) -> Int128? {
    if bScale > aScale {
      let wide = a.magnitude.multipliedFullWidth(by: UInt128(DecimalText.powersOfTen[bScale - aScale]))
      let high = wide.high % b.magnitude
      let rest = Int128(b.magnitude.dividingFullWidth((high, wide.low)).remainder)
      return a < 0 ? -rest : rest
    }
    let (divisor, overflow) = b.multipliedReportingOverflow(by: DecimalText.powersOfTen[aScale - bScale])
    if overflow { return a }
    let rest = Int128(a.magnitude % divisor.magnitude)
    return a < 0 ? -rest : rest
  }

  /// The integral part of `a / b`, or nil beyond 64 bits; b is not zero.
  static func integralQuotient(_ a: Int128, _ aScale: Int, _ b: Int128, _ bScale: Int) -> Int64? {
    let shift = bScale - aScale
    if shift < 0 {
      let (divisor, overflow) = b.multipliedReportingOverflow(by: DecimalText.powersOfTen[-shift])
      return overflow ? 0 : Int64(exactly: a / divisor)
    }
    let wide = a.magnitude.multipliedFullWidth(by: UInt128(DecimalText.powersOfTen[shift]))
    guard wide.high < b.magnitude else { return nil }
    let quotient = b.magnitude.dividingFullWidth(wide).quotient
    guard let value = Int128(exactly: quotient) else { return nil }
    return Int64(exactly: (a < 0) != (b < 0) ? -value : value)
  }
}

/// A signed integer of 256 bits, as far as decimal arithmetic needs it.
struct WideInteger {
  var isNegative: Bool
  var high: UInt128
  var low: UInt128

  init(isNegative: Bool, high: UInt128, low: UInt128) {
    self.isNegative = isNegative
    self.high = high
    self.low = low
  }

  /// `value * 10^digits`, digits at most 38.
  init(_ value: Int128, times digits: Int) {
    let product = value.magnitude.multipliedFullWidth(by: UInt128(DecimalText.powersOfTen[digits]))
    self.init(isNegative: value < 0, high: product.high, low: product.low)
  }

  static func + (a: WideInteger, b: WideInteger) -> WideInteger {
    if a.isNegative == b.isNegative {
      let (low, carry) = a.low.addingReportingOverflow(b.low)
      return WideInteger(isNegative: a.isNegative, high: a.high + b.high + (carry ? 1 : 0), low: low)
    }
    let isSmaller = (a.high, a.low) < (b.high, b.low)
    let (x, y) = isSmaller ? (b, a) : (a, b)
    let (low, borrow) = x.low.subtractingReportingOverflow(y.low)
    return WideInteger(isNegative: x.isNegative, high: x.high - y.high - (borrow ? 1 : 0), low: low)
  }

  /// The value without its last digits, rounded half up; nil beyond 38 digits.
  func rounded(dropping digits: Int) -> Int128? {
    if digits > 38 {
      // Two steps would round twice; cut the first digits off without rounding.
      let first = UInt128(DecimalText.powersOfTen[digits - 38])
      let top = high.quotientAndRemainder(dividingBy: first)
      let rest = first.dividingFullWidth((top.remainder, low))
      return WideInteger(isNegative: isNegative, high: top.quotient, low: rest.quotient).rounded(dropping: 38)
    }
    let divisor = UInt128(DecimalText.powersOfTen[digits])
    guard high < divisor else { return nil }
    let (quotient, rest) = divisor.dividingFullWidth((high, low))
    guard quotient < DecimalMath.limit.magnitude else { return nil }
    let rounded = digits > 0 && rest >= divisor - rest ? quotient + 1 : quotient
    return DecimalMath.fits38(isNegative ? -Int128(rounded) : Int128(rounded))
  }
}
