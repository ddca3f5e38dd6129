/// Floating-point numbers as Java, and so Spark, writes them: `1.0`, `1.0E10`, `NaN`, `Infinity`.
enum FloatingText {
  static func append(_ value: Double, to bytes: ByteBuffer) {
    if !value.isFinite || value == 0 { return appendSpecial(value, bytes) }
    var text = value.description
    text.withUTF8 { append($0, to: bytes) }
  }

  static func append(_ value: Float, to bytes: ByteBuffer) {
    if !value.isFinite || value == 0 { return appendSpecial(Double(value), bytes) }
    var text = value.description
    text.withUTF8 { append($0, to: bytes) }
  }

  private static func appendSpecial(_ value: Double, _ bytes: ByteBuffer) {
    if value.isNaN { return bytes.append("NaN") }
    if value.sign == .minus { bytes.append(UInt8(ascii: "-")) }
    bytes.append(value == 0 ? "0.0" : "Infinity")
  }

  /// The longest text of a double has 17 digits.
  private static let maxDigits = 32

  /// Rewrites the shortest text that Swift finds for the value.
  private static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: ByteBuffer) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: maxDigits) { digits in
      var number = Digits(digits)
      number.read(text)
      if text.first == UInt8(ascii: "-") { bytes.append(UInt8(ascii: "-")) }
      if number.exponent > -4, number.exponent < 7 {
        number.writePlain(to: bytes)
      } else {
        number.writeScientific(to: bytes)
      }
    }
  }

  /// Significant digits, and the power of ten of the first one.
  private struct Digits {
    private let digits: UnsafeMutableBufferPointer<UInt8>
    private var count = 0
    private(set) var exponent = 0

    init(_ memory: UnsafeMutableBufferPointer<UInt8>) { digits = memory }

    /// Takes `[-]digits[.digits][e[+-]digits]` apart.
    mutating func read(_ text: UnsafeBufferPointer<UInt8>) {
      var integerDigits: Int?
      var seen = 0
      var leadingZeros = 0
      var index = 0
      while index < text.count, text[index] != UInt8(ascii: "e") {
        let byte = text[index]
        index += 1
        if byte == UInt8(ascii: ".") { integerDigits = seen }
        guard byte >= 0x30, byte <= 0x39 else { continue }
        seen += 1
        if count == 0, byte == 0x30 {
          leadingZeros += 1
        } else if count < digits.count {
          digits[count] = byte
          count += 1
        }
      }
      exponent = (integerDigits ?? seen) - 1 - leadingZeros + Self.exponent(text, from: index + 1)
      while count > 1, digits[count - 1] == 0x30 { count -= 1 }
    }

    private static func exponent(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
      var value = 0
      var isNegative = false
      var index = start
      while index < text.count {
        if text[index] == UInt8(ascii: "-") { isNegative = true }
        if text[index] >= 0x30, text[index] <= 0x39 { value = value * 10 + Int(text[index] - 0x30) }
        index += 1
      }
      return isNegative ? -value : value
    }

    func writePlain(to bytes: ByteBuffer) {
      if exponent < 0 {
        bytes.append("0.")
        for _ in 0..<(-exponent - 1) { bytes.append(0x30) }
        for index in 0..<count { bytes.append(digits[index]) }
        return
      }
      for index in 0...exponent { bytes.append(index < count ? digits[index] : 0x30) }
      bytes.append(UInt8(ascii: "."))
      if count <= exponent + 1 { return bytes.append(0x30) }
      for index in (exponent + 1)..<count { bytes.append(digits[index]) }
    }

    func writeScientific(to bytes: ByteBuffer) {
      bytes.append(digits[0])
      bytes.append(UInt8(ascii: "."))
      if count == 1 { bytes.append(0x30) }
      for index in 1..<max(1, count) { bytes.append(digits[index]) }
      bytes.append(UInt8(ascii: "E"))
      bytes.append(integer: Int64(exponent))
    }
  }
}
