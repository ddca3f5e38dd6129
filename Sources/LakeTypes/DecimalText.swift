/// Powers of ten and the text form of decimals.
package enum DecimalText {
  /// 10^0 to 10^38.
  package static let powersOfTen: [Int128] = {
    var powers: [Int128] = [1]
    for _ in 0..<38 { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }()

  /// 10^0 to 10^18.
  package static let powersOfTen64: [Int64] = powersOfTen.prefix(19).map { Int64($0) }

  /// Whether an unscaled value has at most `precision` digits.
  package static func fits(_ unscaled: Int128, precision: Int) -> Bool {
    let limit = powersOfTen[precision]
    return unscaled > -limit && unscaled < limit
  }

  /// Writes an unscaled value with its scale, such as (12345, 2) as `123.45`.
  package static func string(_ unscaled: Int128, scale: Int) -> String {
    var digits = String(unscaled.magnitude)
    if scale > 0 {
      if digits.utf8.count <= scale {
        digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits
      }
      let split = digits.index(digits.endIndex, offsetBy: -scale)
      digits = digits[..<split] + "." + digits[split...]
    }
    return unscaled < 0 ? "-" + digits : digits
  }

  /// Reads `[+-]digits[.digits][e[+-]digits]` and rounds half up to `scale`.
  ///
  /// Returns nil for text of another form and for a value beyond 38 digits.
  package static func parse(_ text: UnsafeBufferPointer<UInt8>, scale: Int) -> Int128? {
    var index = 0
    var isNegative = false
    if index < text.count, text[index] == 0x2D || text[index] == 0x2B {
      isNegative = text[index] == 0x2D
      index += 1
    }
    var digits: [UInt8] = []
    var fraction = 0
    var sawPoint = false
    var sawDigit = false
    while index < text.count {
      let byte = text[index]
      if byte >= 0x30, byte <= 0x39 {
        sawDigit = true
        if !digits.isEmpty || byte != 0x30 { digits.append(byte &- 0x30) }
        if sawPoint { fraction += 1 }
      } else if byte == 0x2E, !sawPoint {
        sawPoint = true
      } else {
        break
      }
      index += 1
    }
    guard sawDigit, let exponent = parseExponent(text, from: index) else { return nil }
    return scaled(digits, by: scale - fraction + exponent).map { isNegative ? -$0 : $0 }
  }

  private static func parseExponent(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var index = start
    if index == text.count { return 0 }
    guard text[index] | 0x20 == 0x65 else { return nil }
    index += 1
    var isNegative = false
    if index < text.count, text[index] == 0x2D || text[index] == 0x2B {
      isNegative = text[index] == 0x2D
      index += 1
    }
    guard index < text.count else { return nil }
    var exponent = 0
    while index < text.count {
      guard text[index] >= 0x30, text[index] <= 0x39 else { return nil }
      exponent = min(100_000, exponent * 10 + Int(text[index] - 0x30))
      index += 1
    }
    return isNegative ? -exponent : exponent
  }

  /// The number that the digits spell times ten to `shift`, rounded half up; nil beyond 38 digits.
  private static func scaled(_ digits: [UInt8], by shift: Int) -> Int128? {
    let kept = digits.count + shift
    if kept < 0 || digits.isEmpty { return 0 }
    if kept > 38 { return nil }
    var value: Int128 = 0
    for digit in digits.prefix(kept) { value = value * 10 + Int128(digit) }
    if shift > 0 { value *= powersOfTen[shift] }
    if kept < digits.count, digits[kept] >= 5 { value += 1 }
    return fits(value, precision: 38) ? value : nil
  }
}
