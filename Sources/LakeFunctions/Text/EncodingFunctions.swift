import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Base64 and character sets.
enum EncodingFunctions {
  static let all: [ScalarFunction] = [
    .fixed(
      "base64", "base64(bin)", "Bytes in base 64", "SELECT base64('Spark SQL'); -- U3BhcmsgU1FM", [.binary],
      returns: .string
    ) { (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fillText(call) { row, output in
        Base64.append(source.bytes(row), to: &output.scratch)
        output.setScratch(row)
      }
    },
    .fixed(
      "unbase64", "unbase64(str)", "The bytes that base 64 spells",
      "SELECT decode(unbase64('U3BhcmsgU1FM'), 'UTF-8'); -- Spark SQL",
      [.string], returns: .binary
    ) { (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fillText(call, .binary) { (row, output) throws(QueryError) in
        guard Base64.decode(source.bytes(row), into: &output.scratch) else {
          throw QueryError(.invalidParameter, .execute, "the text is not base 64: '\(source.string(row))'")
        }
        output.setScratch(row)
      }
    },
    .fixed(
      "encode", "encode(str, charset)", "A text in a character set",
      "SELECT hex(encode('abc', 'UTF-16BE')); -- 006100620063",
      [.string, .string], returns: .binary
    ) { (call) throws(QueryError) in
      let (source, charset) = (call.text(0), call.text(1))
      return try Elementwise.fillText(call, .binary) { (row, output) throws(QueryError) in
        let set = try Charset.named(charset.string(row))
        try set.encode(source.bytes(row), into: &output.scratch)
        output.setScratch(row)
      }
    },
    ScalarFunction(
      name: "decode", signature: "decode(bin, charset) or decode(expr, search, result, ...[, default])",
      summary: "Bytes of a character set as text; or the result behind the first search value that is equal",
      example: "SELECT decode(encode('abc', 'UTF-8'), 'UTF-8'); -- abc", nulls: .custom
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("decode", arguments, 2...Int.max)
      return try arguments.count == 2 ? decodeBytes(arguments) : decodeCases(arguments)
    },
  ]

  private static func decodeBytes(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    let types = try ArgumentCheck.match("decode", arguments, [.binary, .string])
    return ScalarOverload(
      types, .string,
      kernel: foldingConstants { (call) throws(QueryError) in
        let (source, charset) = (call.text(0), call.text(1))
        return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
          guard call.arguments.allSatisfy({ $0.isValid(row) }) else { return output.setNull(row) }
          let set = try Charset.named(charset.string(row))
          try set.decode(source.bytes(row), into: &output.scratch)
          output.setScratch(row)
        }
      })
  }

  /// The form with search values; NULL equals NULL here.
  private static func decodeCases(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    let pairs = (arguments.count - 1) / 2
    let hasDefault = arguments.count % 2 == 0
    let searches = [arguments[0]] + (0..<pairs).map { arguments[1 + 2 * $0] }
    let results = (0..<pairs).map { arguments[2 + 2 * $0] } + (hasDefault ? [arguments[arguments.count - 1]] : [])
    let search = try ArgumentCheck.common("decode", searches)
    let result = try ArgumentCheck.common("decode", results)
    var types = [search]
    for _ in 0..<pairs { types += [search, result] }
    if hasDefault { types.append(result) }
    return ScalarOverload(
      types, result,
      kernel: foldingConstants { (call) throws(QueryError) in
        let values =
          (0..<pairs).map { call.arguments[2 + 2 * $0] }
          + (hasDefault ? [call.arguments[call.arguments.count - 1]] : [])
        return RowChoice.choose(result, from: values, count: call.count) { row in
          for pair in 0..<pairs
          where RowComparison.equalRows(call.arguments[0], row, call.arguments[1 + 2 * pair], row) {
            return UInt32(pair)
          }
          return hasDefault ? UInt32(pairs) : RowChoice.null
        }
      })
  }
}

/// Base 64 after RFC 4648; reading skips what is not of the alphabet, as MIME does.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (index, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(index) }
    return values
  }()

  static func append(_ bytes: TextBytes, to target: inout [UInt8]) {
    var index = 0
    while index < bytes.count {
      let left = bytes.count - index
      let a = UInt32(bytes[index]) << 16
      let b = left > 1 ? UInt32(bytes[index + 1]) << 8 : 0
      let group = a | b | (left > 2 ? UInt32(bytes[index + 2]) : 0)
      target.append(alphabet[Int(group >> 18)])
      target.append(alphabet[Int(group >> 12 & 63)])
      target.append(left > 1 ? alphabet[Int(group >> 6 & 63)] : 0x3D)
      target.append(left > 2 ? alphabet[Int(group & 63)] : 0x3D)
      index += 3
    }
  }

  /// Returns false, and empties the target, where a lone digit is left over.
  static func decode(_ text: TextBytes, into target: inout [UInt8]) -> Bool {
    var group: UInt32 = 0
    var digits = 0
    for byte in text {
      if byte == 0x3D { break }
      let value = values[Int(byte)]
      if value == 0xFF { continue }
      group = group << 6 | UInt32(value)
      digits += 1
      if digits == 4 {
        target.append(UInt8(truncatingIfNeeded: group >> 16))
        target.append(UInt8(truncatingIfNeeded: group >> 8))
        target.append(UInt8(truncatingIfNeeded: group))
        (group, digits) = (0, 0)
      }
    }
    switch digits {
    case 1:
      target.removeAll(keepingCapacity: true)
      return false
    case 2: target.append(UInt8(truncatingIfNeeded: group >> 4))
    case 3:
      target.append(UInt8(truncatingIfNeeded: group >> 10))
      target.append(UInt8(truncatingIfNeeded: group >> 2))
    default: break
    }
    return true
  }
}

/// The character sets of `encode` and `decode`.
enum Charset {
  case ascii, latin1, utf8, utf16, utf16BE, utf16LE, utf32

  static func named(_ name: String) throws(QueryError) -> Charset {
    switch name.uppercased() {
    case "US-ASCII", "ASCII": return .ascii
    case "ISO-8859-1", "LATIN1": return .latin1
    case "UTF-8", "UTF8": return .utf8
    case "UTF-16": return .utf16
    case "UTF-16BE": return .utf16BE
    case "UTF-16LE": return .utf16LE
    case "UTF-32": return .utf32
    default:
      throw QueryError(
        .invalidParameter, .execute, "there is no character set \(name)",
        hint: "use US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE, UTF-16LE or UTF-32")
    }
  }

  func encode(_ text: TextBytes, into target: inout [UInt8]) throws(QueryError) {
    if self == .utf8 { return target.append(contentsOf: text) }
    if self == .utf16 { target += [0xFE, 0xFF] }
    for value in Utf8Text.scalars(text) {
      switch self {
      case .ascii, .latin1:
        let limit: UInt32 = self == .ascii ? 0x80 : 0x100
        guard value < limit else { throw Self.malformed("encode", String(decoding: text, as: UTF8.self)) }
        target.append(UInt8(value))
      case .utf32: for shift in [24, 16, 8, 0] as [UInt32] { target.append(UInt8(truncatingIfNeeded: value >> shift)) }
      default:
        for unit in UTF16.encode(Unicode.Scalar(value) ?? "?") ?? UTF16.encodedReplacementCharacter {
          let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
          target += self == .utf16LE ? [low, high] : [high, low]
        }
      }
    }
  }

  func decode(_ bytes: TextBytes, into target: inout [UInt8]) throws(QueryError) {
    switch self {
    case .utf8: target.append(contentsOf: bytes)
    case .ascii, .latin1:
      for byte in bytes {
        if self == .ascii, byte >= 0x80 { throw Self.malformed("decode", "\(byte)") }
        Utf8Text.append(UInt32(byte), to: &target)
      }
    case .utf16, .utf16BE, .utf16LE: decodeUnits(bytes, &target)
    case .utf32:
      for start in stride(from: 0, to: bytes.count - 3, by: 4) {
        Utf8Text.append((0..<4).reduce(0) { $0 << 8 | UInt32(bytes[start + $1]) }, to: &target)
      }
    }
  }

  private func decodeUnits(_ bytes: TextBytes, _ target: inout [UInt8]) {
    var isLittle = self == .utf16LE
    var start = 0
    if self == .utf16, bytes.count >= 2, bytes[0] ^ bytes[1] == 1, bytes[0] >= 0xFE {
      isLittle = bytes[0] == 0xFF
      start = 2
    }
    var units: [UInt16] = []
    for index in stride(from: start, to: bytes.count - 1, by: 2) {
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      units.append(isLittle ? second << 8 | first : first << 8 | second)
    }
    target.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
  }

  private static func malformed(_ name: String, _ text: String) -> QueryError {
    QueryError(.invalidParameter, .execute, "\(name) met a character outside the character set: \(text)")
  }
}
