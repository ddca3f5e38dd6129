/// Floating-point numbers as Java, and so Spark, writes them: `1.0`, `1.0E10`, `NaN`, `Infinity`.
enum FloatingText {
  static func append(_ value: Double, to bytes: inout [UInt8]) { append(value, "\(value)", to: &bytes) }

  static func append(_ value: Float, to bytes: inout [UInt8]) { append(Double(value), "\(value)", to: &bytes) }

  /// Rewrites the shortest text that Swift finds for the value.
  private static func append(_ value: Double, _ text: String, to bytes: inout [UInt8]) {
    if value.isNaN { return bytes += "NaN".utf8 }
    if value < 0 || (value == 0 && value.sign == .minus) { bytes.append(UInt8(ascii: "-")) }
    if value.isInfinite { return bytes += "Infinity".utf8 }
    let (digits, exponent) = decimalDigits(text)
    if exponent > -4, exponent < 7 {
      appendPlain(digits, exponent, &bytes)
    } else {
      bytes.append(digits[0])
      bytes.append(UInt8(ascii: "."))
      bytes += digits.count > 1 ? digits[1...] : [UInt8(ascii: "0")]
      bytes.append(UInt8(ascii: "E"))
      bytes += String(exponent).utf8
    }
  }

  /// The significant digits, and the power of ten of the first one.
  private static func decimalDigits(_ text: String) -> ([UInt8], exponent: Int) {
    var digits: [UInt8] = []
    var exponent = 0
    var point: Int?
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case 0x30...0x39: digits.append(byte)
      case UInt8(ascii: "."): point = digits.count
      case UInt8(ascii: "e"):
        exponent = Int(String(rest) ?? "") ?? 0
        rest = rest.suffix(0)
      default: break
      }
    }
    exponent += (point ?? digits.count) - 1
    let leadingZeros = digits.prefix { $0 == 0x30 }.count
    guard leadingZeros < digits.count else { return ([0x30], 0) }
    digits.removeFirst(leadingZeros)
    while digits.count > 1, digits.last == 0x30 { digits.removeLast() }
    return (digits, exponent - leadingZeros)
  }

  private static func appendPlain(_ digits: [UInt8], _ exponent: Int, _ bytes: inout [UInt8]) {
    if exponent < 0 {
      bytes += "0.".utf8
      bytes += [UInt8](repeating: 0x30, count: -exponent - 1) + digits
      return
    }
    let integer = exponent + 1
    bytes += digits.prefix(integer)
    bytes += [UInt8](repeating: 0x30, count: max(0, integer - digits.count))
    bytes.append(UInt8(ascii: "."))
    bytes += digits.count > integer ? digits[integer...] : [0x30]
  }
}
