import LakeTypes

/// The decimal digits of a number, for formatting with a number of places.
struct DecimalDigits {
  var isNegative: Bool
  /// The digits before the point, without leading zeros (one zero if there are none).
  var whole: [UInt8]
  var fraction: [UInt8]

  /// An unscaled decimal rounded to `places`.
  init(unscaled: Int128, scale: Int, places: Int, _ mode: RoundingMode) {
    var digits = Array(String(unscaled.magnitude).utf8)
    if digits.count <= scale { digits = Array(repeating: 0x30, count: scale + 1 - digits.count) + digits }
    isNegative = unscaled < 0
    whole = Array(digits.dropLast(scale))
    fraction = Array(digits.suffix(scale))
    round(places, mode)
  }

  /// A finite double by its shortest digits.
  init(_ value: Double, places: Int, _ mode: RoundingMode) {
    let number = FloatText.Digits(value.description)
    isNegative = value.sign == .minus
    if number.exponent < 0 {
      whole = [0x30]
      fraction = Array(repeating: 0x30, count: -number.exponent - 1) + number.digits
    } else {
      let missing = max(0, number.exponent + 1 - number.digits.count)
      let digits = number.digits + Array(repeating: 0x30, count: missing)
      whole = Array(digits.prefix(number.exponent + 1))
      fraction = Array(digits.dropFirst(number.exponent + 1))
    }
    round(places, mode)
  }

  /// Cuts or fills the fraction to `places` digits.
  private mutating func round(_ places: Int, _ mode: RoundingMode) {
    if fraction.count <= places {
      fraction += Array(repeating: 0x30, count: places - fraction.count)
      return
    }
    let dropped = fraction[places...]
    fraction = Array(fraction.prefix(places))
    let isTie = dropped.first == 0x35 && dropped.dropFirst().allSatisfy { $0 == 0x30 }
    let lastDigit = fraction.last ?? whole.last ?? 0x30
    let isUp = dropped.first.map { $0 >= 0x35 } ?? false
    if isUp, !(isTie && mode == .halfEven && lastDigit & 1 == 0) { increment() }
  }

  private mutating func increment() {
    var digits = whole + fraction
    var index = digits.count - 1
    while index >= 0, digits[index] == 0x39 {
      digits[index] = 0x30
      index -= 1
    }
    if index >= 0 { digits[index] += 1 } else { digits.insert(0x31, at: 0) }
    let places = fraction.count
    whole = Array(digits.dropLast(places))
    fraction = Array(digits.suffix(places))
  }

  var isZero: Bool { whole.allSatisfy { $0 == 0x30 } && fraction.allSatisfy { $0 == 0x30 } }

  /// The digits with a comma after every third from the right.
  static func grouped(_ whole: [UInt8], by size: Int) -> [UInt8] {
    guard size > 0 else { return whole }
    var result: [UInt8] = []
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index) % size == 0 { result.append(0x2C) }
      result.append(digit)
    }
    return result
  }
}
