import LakeTypes

/// Reads numbers and booleans from text as Spark's casts do; nil for text of another form.
enum NumberText {
  /// The text without white space and control characters at both ends.
  @inline(__always)
  static func trimmed(_ text: TextBytes) -> TextBytes {
    var start = 0
    var end = text.count
    while start < end, text[start] <= 0x20 { start &+= 1 }
    while end > start, text[end &- 1] <= 0x20 { end &-= 1 }
    return TextBytes(rebasing: text[start..<end])
  }

  /// Reads `[+-]digits`; with `allowsFraction` also `.digits` behind them, which are cut off.
  static func integer(_ untrimmed: TextBytes, allowsFraction: Bool) -> Int64? {
    let text = trimmed(untrimmed)
    guard let first = text.first else { return nil }
    let isNegative = first == 0x2D
    var index = isNegative || first == 0x2B ? 1 : 0
    guard index < text.count else { return nil }
    var value: Int64 = 0
    let start = index
    while index < text.count {
      let digit = text[index] &- 0x30
      if digit > 9 { break }
      // Counted downwards, because the smallest integer has no positive counterpart.
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (next, overflowToo) = product.subtractingReportingOverflow(Int64(digit))
      if overflow || overflowToo { return nil }
      value = next
      index &+= 1
    }
    if index < text.count {
      guard allowsFraction, text[index] == 0x2E, text.count > 1 + start else { return nil }
      for byte in text[(index + 1)...] where byte &- 0x30 > 9 { return nil }
    }
    if isNegative { return value }
    return value == .min ? nil : -value
  }

  /// Reads a decimal or scientific number, `NaN`, `Infinity` or `Inf` (any case), with an optional `d` or `f`.
  static func double(_ untrimmed: TextBytes) -> Double? {
    var text = trimmed(untrimmed)
    if let fast = fastDouble(text) { return fast }
    if let word = special(text) { return word }
    guard let last = text.last else { return nil }
    if "dDfF".utf8.contains(last) { text = TextBytes(rebasing: text.dropLast()) }
    guard isNumber(text) else { return nil }
    return Double(String(decoding: text, as: UTF8.self))
  }

  static func float(_ untrimmed: TextBytes) -> Float? {
    var text = trimmed(untrimmed)
    if let word = special(text) { return Float(word) }
    guard let last = text.last else { return nil }
    if "dDfF".utf8.contains(last) { text = TextBytes(rebasing: text.dropLast()) }
    guard isNumber(text) else { return nil }
    return Float(String(decoding: text, as: UTF8.self))
  }

  /// Numbers of up to 15 digits without an exponent, which one exact division computes.
  @inline(__always)
  private static func fastDouble(_ text: TextBytes) -> Double? {
    var index = 0
    let isNegative = text.first == 0x2D
    if isNegative { index = 1 }
    guard text.count > index, text.count <= 16 else { return nil }
    var mantissa: Int64 = 0
    var digits = 0
    var fraction = -1
    while index < text.count {
      let byte = text[index]
      if byte &- 0x30 <= 9 {
        mantissa = mantissa &* 10 &+ Int64(byte &- 0x30)
        digits &+= 1
        if fraction >= 0 { fraction &+= 1 }
      } else if byte == 0x2E, fraction < 0 {
        fraction = 0
      } else {
        return nil
      }
      index &+= 1
    }
    guard digits > 0, digits <= 15 else { return nil }
    let value = Double(mantissa) / Double(DecimalText.powersOfTen64[max(0, fraction)])
    return isNegative ? -value : value
  }

  private static func special(_ text: TextBytes) -> Double? {
    guard let first = text.first, text.count <= 9, first < 0x30 || first > 0x39 else { return nil }
    switch String(decoding: text, as: UTF8.self).lowercased() {
    case "nan": return .nan
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    default: return nil
    }
  }

  /// Whether the text is `[+-](digits[.digits] | .digits)[e[+-]digits]`.
  static func isNumber(_ text: TextBytes) -> Bool {
    var index = 0
    func skipDigits() -> Int {
      let start = index
      while index < text.count, text[index] &- 0x30 <= 9 { index += 1 }
      return index - start
    }
    func skipSign() {
      if index < text.count, text[index] == 0x2D || text[index] == 0x2B { index += 1 }
    }
    skipSign()
    var digits = skipDigits()
    if index < text.count, text[index] == 0x2E {
      index += 1
      digits += skipDigits()
    }
    guard digits > 0 else { return false }
    if index < text.count, text[index] | 0x20 == 0x65 {
      index += 1
      skipSign()
      guard skipDigits() > 0 else { return false }
    }
    return index == text.count
  }

  /// Reads a decimal, rounded half up to `scale`; nil for text of another form or beyond 38 digits.
  static func decimal(_ untrimmed: TextBytes, scale: Int) -> Int128? {
    let text = trimmed(untrimmed)
    if let fast = fastDecimal(text, scale: scale) { return Int128(fast) }
    return DecimalText.parse(text, scale: scale)
  }

  /// Up to 17 digits with no more fraction than the scale.
  @inline(__always)
  private static func fastDecimal(_ text: TextBytes, scale: Int) -> Int64? {
    guard text.count <= 18, scale <= 18 else { return nil }
    var index = 0
    let isNegative = text.first == 0x2D
    if isNegative { index = 1 }
    var value: Int64 = 0
    var digits = 0
    var fraction = -1
    while index < text.count {
      let byte = text[index]
      if byte &- 0x30 <= 9 {
        value = value &* 10 &+ Int64(byte &- 0x30)
        digits &+= 1
        if fraction >= 0 { fraction &+= 1 }
      } else if byte == 0x2E, fraction < 0 {
        fraction = 0
      } else {
        return nil
      }
      index &+= 1
    }
    let missing = scale &- max(0, fraction)
    guard digits > 0, missing >= 0, digits &+ missing <= 18 else { return nil }
    value = value &* DecimalText.powersOfTen64[missing]
    return isNegative ? 0 &- value : value
  }

  /// Reads `t`, `true`, `y`, `yes`, `1` and their opposites, in any case.
  static func boolean(_ untrimmed: TextBytes) -> Bool? {
    let text = trimmed(untrimmed)
    guard text.count <= 5 else { return nil }
    switch String(decoding: text, as: UTF8.self).lowercased() {
    case "t", "true", "y", "yes", "1": return true
    case "f", "false", "n", "no", "0": return false
    default: return nil
    }
  }
}
