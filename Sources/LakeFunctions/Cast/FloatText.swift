/// Floating-point numbers as Java prints them: `1.0`, `1.0E10`, `NaN`, `Infinity`.
package enum FloatText {
  /// The shortest decimal text that reads back as the value, in Java's form.
  package static func string(_ value: Double) -> String {
    var bytes: [UInt8] = []
    append(value, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The same for a float.
  package static func string(_ value: Float) -> String {
    var bytes: [UInt8] = []
    append(value, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  static func append(_ value: Double, to bytes: inout [UInt8]) {
    if let word = word(isNaN: value.isNaN, isInfinite: value.isInfinite, isNegative: value < 0) {
      bytes.append(contentsOf: word.utf8)
    } else {
      layOut(value.description, isNegative: value.sign == .minus, to: &bytes)
    }
  }

  static func append(_ value: Float, to bytes: inout [UInt8]) {
    if let word = word(isNaN: value.isNaN, isInfinite: value.isInfinite, isNegative: value < 0) {
      bytes.append(contentsOf: word.utf8)
    } else {
      layOut(value.description, isNegative: value.sign == .minus, to: &bytes)
    }
  }

  private static func word(isNaN: Bool, isInfinite: Bool, isNegative: Bool) -> StaticWord? {
    if isNaN { return StaticWord("NaN") }
    return isInfinite ? StaticWord(isNegative ? "-Infinity" : "Infinity") : nil
  }

  private struct StaticWord {
    let utf8: String.UTF8View
    init(_ text: String) { utf8 = text.utf8 }
  }

  /// The shortest digits of a number and the position of the point behind the first of them.
  struct Digits {
    var digits: [UInt8] = []
    /// The power of ten of the first digit.
    var exponent = 0

    /// Takes the digits out of a text such as `12.5`, `-0.001` or `1.5e-07`.
    init(_ text: String) {
      var pointShift = 0
      var sawPoint = false
      var written = 0
      var sign = 1
      var inExponent = false
      for byte in text.utf8 {
        switch byte {
        case 0x2E: sawPoint = true
        case 0x65, 0x45: inExponent = true
        case 0x2D where inExponent: sign = -1
        case 0x30...0x39 where inExponent: written = written * 10 + Int(byte - 0x30)
        case 0x30...0x39:
          if sawPoint { pointShift -= 1 }
          if !digits.isEmpty || byte != 0x30 { digits.append(byte) }
        default: break
        }
      }
      exponent = digits.count - 1 + pointShift + sign * written
      while digits.count > 1, digits.last == 0x30 { digits.removeLast() }
      if digits.isEmpty {
        digits = [0x30]
        exponent = 0
      }
    }
  }

  private static func layOut(_ text: String, isNegative: Bool, to bytes: inout [UInt8]) {
    let number = Digits(text)
    if isNegative { bytes.append(0x2D) }
    if number.exponent >= -3 && number.exponent < 7 {
      plain(number, to: &bytes)
    } else {
      bytes.append(number.digits[0])
      bytes.append(0x2E)
      bytes.append(contentsOf: number.digits.count > 1 ? number.digits[1...] : [0x30])
      bytes.append(0x45)
      bytes.append(contentsOf: String(number.exponent).utf8)
    }
  }

  private static func plain(_ number: Digits, to bytes: inout [UInt8]) {
    let digits = number.digits
    if number.exponent < 0 {
      bytes.append(contentsOf: [0x30, 0x2E])
      for _ in 1..<(-number.exponent) { bytes.append(0x30) }
      bytes.append(contentsOf: digits)
      return
    }
    let whole = number.exponent + 1
    for index in 0..<whole { bytes.append(index < digits.count ? digits[index] : 0x30) }
    bytes.append(0x2E)
    bytes.append(contentsOf: digits.count > whole ? digits[whole...] : [0x30])
  }
}
