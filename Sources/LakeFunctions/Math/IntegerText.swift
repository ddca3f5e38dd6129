import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Numbers in other bases, and functions on bits.
enum IntegerTextFunctions {
  static let all: [ScalarFunction] = [
    .fixed("bin", "bin(expr)", "A bigint in binary", "SELECT bin(13); -- 1101", [.bigint], returns: .string) {
      (call) throws(QueryError) in
      let source = call.column(0, Int64.self)
      return try Elementwise.fillText(call) { row, output in
        output.set(row, string: String(UInt64(bitPattern: source[row]), radix: 2))
      }
    },
    ScalarFunction(
      name: "hex", signature: "hex(expr)", summary: "A bigint, string or binary in hexadecimal",
      example: "SELECT hex(17); -- 11"
    ) { (arguments) throws(QueryError) in try hex(arguments) },
    .fixed(
      "unhex", "unhex(expr)", "The bytes that hexadecimal digits spell",
      "SELECT decode(unhex('53514C'), 'UTF-8'); -- SQL",
      [.string], returns: .binary
    ) { (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fillText(call, .binary) { row, output in
        if HexText.decode(source.bytes(row), into: &output.scratch) {
          output.setScratch(row)
        } else {
          output.setNull(row)
        }
      }
    },
    .fixed(
      "conv", "conv(number, from, to)", "A number in another base", "SELECT conv('100', 2, 10); -- 4",
      [.string, .int, .int], returns: .string
    ) { (call) throws(QueryError) in try BaseConversion.kernel(call) },
    ScalarFunction(
      name: "bit_count", signature: "bit_count(expr)", summary: "How many bits are set",
      example: "SELECT bit_count(7); -- 3"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("bit_count", arguments, 1...1)
      if arguments[0].type == .boolean {
        return ScalarOverload(
          [.boolean], .int,
          kernel: foldingConstants { (call) throws(QueryError) in
            Elementwise.map(call, .int, UInt8.self, Int32.self) { Int32($0) }
          })
      }
      let types = try ArgumentCheck.match("bit_count", arguments, [.bigint])
      return ScalarOverload(
        types, .int,
        kernel: foldingConstants { (call) throws(QueryError) in
          Elementwise.map(call, .int, Int64.self, Int32.self) { Int32($0.nonzeroBitCount) }
        })
    },
    .fixed(
      "getbit", aliases: ["bit_get"], "getbit(expr, position)", "The bit at a position, counted from the right at 0",
      "SELECT getbit(11, 0); -- 1", [.bigint, .int], returns: .tinyint
    ) { (call) throws(QueryError) in
      let (value, position) = (call.column(0, Int64.self), call.column(1, Int32.self))
      return try Elementwise.fill(call, .tinyint, Int8(0)) { (row) throws(QueryError) in
        guard (0..<64).contains(position[row]) else {
          throw QueryError(
            .invalidParameter, .execute, "the position of getbit must be between 0 and 63: \(position[row])")
        }
        return Int8(truncatingIfNeeded: value[row] >> Int64(position[row]) & 1)
      }
    },
  ]

  private static func hex(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("hex", arguments, 1...1)
    switch arguments[0].type {
    case .string, .binary:
      return ScalarOverload(
        [arguments[0].type], .string,
        kernel: foldingConstants { (call) throws(QueryError) in
          let source = call.text(0)
          return try Elementwise.fillText(call) { row, output in
            HexText.append(source.bytes(row), to: &output.scratch, isUpper: true)
            output.setScratch(row)
          }
        })
    default:
      guard arguments[0].type.isNumeric || arguments[0].type == .void else {
        throw ArgumentCheck.mismatch("hex", 0, expected: "a bigint, string or binary", arguments[0].type)
      }
      return ScalarOverload(
        [.bigint], .string,
        kernel: foldingConstants { (call) throws(QueryError) in
          let source = call.column(0, Int64.self)
          return try Elementwise.fillText(call) { row, output in
            output.set(row, string: String(UInt64(bitPattern: source[row]), radix: 16, uppercase: true))
          }
        })
    }
  }
}

/// Bytes as hexadecimal digits.
enum HexText {
  static func append(_ bytes: TextBytes, to target: inout [UInt8], isUpper: Bool) {
    let letters: UInt8 = isUpper ? 0x37 : 0x57
    for byte in bytes {
      for digit in [byte >> 4, byte & 15] { target.append(digit < 10 ? 0x30 + digit : letters + digit) }
    }
  }

  /// Appends the bytes; an odd number of digits has a 0 in front. Returns false, and empties the target, for other text.
  static func decode(_ text: TextBytes, into target: inout [UInt8]) -> Bool {
    var high: UInt8? = text.count % 2 == 1 ? 0 : nil
    for byte in text {
      guard let digit = digit(byte) else {
        target.removeAll(keepingCapacity: true)
        return false
      }
      if let first = high {
        target.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return true
  }

  @inline(__always)
  static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}

/// `conv`: digits in one base to digits in another, in 64 bits.
enum BaseConversion {
  static func kernel(_ call: KernelCall) throws(QueryError) -> Vector {
    let text = call.text(0)
    let (from, to) = (call.column(1, Int32.self), call.column(2, Int32.self))
    return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
      let (source, target) = (Int(from[row]), Int(to[row]))
      guard (2...36).contains(source), (2...36).contains(abs(target)), text.bytes(row).count > 0,
        let digits = try convert(text.bytes(row), source, target, isANSI: call.context.isANSI)
      else { return output.setNull(row) }
      output.set(row, string: digits)
    }
  }

  /// Digits behind the first one that is not of the base are ignored; a negative target base means a signed result.
  private static func convert(
    _ untrimmed: TextBytes, _ from: Int, _ to: Int, isANSI: Bool
  ) throws(QueryError) -> String? {
    var text = Array(untrimmed)
    while text.first == 0x20 { text.removeFirst() }
    while text.last == 0x20 { text.removeLast() }
    let isNegative = text.first == 0x2D
    var value: UInt64 = 0
    for byte in text.dropFirst(isNegative ? 1 : 0) {
      guard let digit = digit(byte), digit < from else { break }
      let (product, overflow) = value.multipliedReportingOverflow(by: UInt64(from))
      let (sum, overflowToo) = product.addingReportingOverflow(UInt64(digit))
      if overflow || overflowToo {
        if isANSI {
          throw QueryError(
            .numericOverflow, .execute,
            "the number of conv has more than 64 bits: \(String(decoding: text, as: UTF8.self))")
        }
        value = .max
        break
      }
      value = sum
    }
    if isNegative, to > 0 {
      value = Int64(bitPattern: value) < 0 ? .max : 0 &- value
    }
    if isNegative, to < 0, Int64(bitPattern: value) < 0 { value = .max }
    if to < 0 {
      let signed = isNegative ? 0 &- Int64(bitPattern: value) : Int64(bitPattern: value)
      return String(signed, radix: -to, uppercase: true)
    }
    return String(value, radix: to, uppercase: true)
  }

  private static func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte) - 0x30
    case 0x41...0x5A: Int(byte) - 0x37
    case 0x61...0x7A: Int(byte) - 0x57
    default: nil
    }
  }
}
