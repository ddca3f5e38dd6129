import LakeDiagnostics
import LakeTypes

/// A constant expression of the fixture: literals, calls and casts.
indirect enum FixtureExpression {
  case literal(Literal, LogicalType)
  case call(String, [FixtureExpression])
  case cast(FixtureExpression, LogicalType, isTry: Bool)
}

/// Reads the small language that the fixture's expressions are written in, which is a subset of SQL.
struct ExpressionReader {
  struct Malformed: Error {
    let text: String
    let offset: Int
  }
  private let bytes: [UInt8]
  private var index = 0

  static func read(_ text: String) throws -> FixtureExpression {
    var reader = ExpressionReader(bytes: Array(text.utf8))
    let expression = try reader.expression()
    reader.skipSpace()
    if reader.index < reader.bytes.count { throw reader.malformed }
    return expression
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var malformed: Malformed { Malformed(text: String(decoding: bytes, as: UTF8.self), offset: index) }
  private var peek: UInt8 { index < bytes.count ? bytes[index] : 0 }

  private mutating func skipSpace() { while peek == 0x20 { index += 1 } }

  private mutating func take(_ symbol: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: symbol) else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ symbol: Unicode.Scalar) throws { if !take(symbol) { throw malformed } }

  private mutating func word() -> String {
    skipSpace()
    let start = index
    while peek == 0x5F || (peek >= 0x30 && peek <= 0x39) || (peek | 0x20 >= 0x61 && peek | 0x20 <= 0x7A) { index += 1 }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private mutating func expression() throws -> FixtureExpression {
    skipSpace()
    switch peek {
    case UInt8(ascii: "'"): return .literal(.string(try quoted()), .string)
    case UInt8(ascii: "-"), 0x30...0x39: return try number()
    case UInt8(ascii: "`"):
      index += 1
      let start = index
      while peek != UInt8(ascii: "`") { index += 1 }
      index += 1
      return .call(String(decoding: bytes[start..<(index - 1)], as: UTF8.self), try arguments())
    default: return try named()
    }
  }

  private mutating func arguments() throws -> [FixtureExpression] {
    try expect("(")
    if take(")") { return [] }
    var list: [FixtureExpression] = []
    repeat { list.append(try expression()) } while take(",")
    try expect(")")
    return list
  }

  private mutating func named() throws -> FixtureExpression {
    let start = index
    let name = word()
    skipSpace()
    switch name.uppercased() {
    case "NULL": return .literal(.null, .void)
    case "TRUE": return .literal(.boolean(true), .boolean)
    case "FALSE": return .literal(.boolean(false), .boolean)
    case "X" where peek == UInt8(ascii: "'"): return .literal(.binary(Self.hexBytes(try quoted())), .binary)
    case "DATE" where peek == UInt8(ascii: "'"): return try typed(.date)
    case "TIMESTAMP" where peek == UInt8(ascii: "'"): return try typed(.timestamp)
    case "TIMESTAMP_NTZ" where peek == UInt8(ascii: "'"): return try typed(.timestampNTZ)
    case "INTERVAL": return try interval()
    case "CAST", "TRY_CAST": return try cast(isTry: name.uppercased() == "TRY_CAST")
    case "": throw malformed
    default:
      if peek != UInt8(ascii: "(") {
        index = start
        throw malformed
      }
      return .call(name, try arguments())
    }
  }

  private mutating func typed(_ type: LogicalType) throws -> FixtureExpression {
    .cast(.literal(.string(try quoted()), .string), type, isTry: false)
  }

  private mutating func interval() throws -> FixtureExpression {
    let text = try quoted()
    let isMonths = word().uppercased() == "YEAR"
    _ = word()
    _ = word()
    return .cast(.literal(.string(text), .string), isMonths ? .intervalYearMonth : .intervalDayTime, isTry: false)
  }

  private mutating func cast(isTry: Bool) throws -> FixtureExpression {
    try expect("(")
    let operand = try expression()
    guard word().uppercased() == "AS" else { throw malformed }
    let start = index
    var depth = 0
    while depth > 0 || peek != UInt8(ascii: ")") {
      if "(<".utf8.contains(peek) { depth += 1 }
      if ")>".utf8.contains(peek) { depth -= 1 }
      index += 1
    }
    let type = try DDLType.parse(String(decoding: bytes[start..<index], as: UTF8.self))
    try expect(")")
    return .cast(operand, type, isTry: isTry)
  }

  private mutating func quoted() throws -> String {
    skipSpace()
    guard peek == UInt8(ascii: "'") else { throw malformed }
    index += 1
    var text: [UInt8] = []
    while peek != UInt8(ascii: "'") {
      guard index < bytes.count else { throw malformed }
      if peek == 0x5C {
        index += 1
        let escapes: [UInt8: UInt8] = [0x6E: 0x0A, 0x74: 0x09, 0x72: 0x0D, 0x30: 0]
        // LIKE needs its own escapes: \% and \_ keep the backslash.
        if peek == 0x25 || peek == 0x5F { text.append(0x5C) }
        text.append(escapes[peek] ?? peek)
      } else {
        text.append(peek)
      }
      index += 1
    }
    index += 1
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func number() throws -> FixtureExpression {
    let start = index
    if peek == UInt8(ascii: "-") { index += 1 }
    var isReal = false
    while (peek >= 0x30 && peek <= 0x39) || peek == 0x2E || peek == UInt8(ascii: "E") || (isReal && peek == 0x2D) {
      if peek == 0x2E || peek == UInt8(ascii: "E") { isReal = true }
      index += 1
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    let suffix = peek
    if "LSYDF".utf8.contains(suffix) { index += 1 }
    switch suffix {
    case UInt8(ascii: "L"): return .literal(.integer(Int64(text) ?? 0), .bigint)
    case UInt8(ascii: "S"): return .literal(.integer(Int64(text) ?? 0), .smallint)
    case UInt8(ascii: "Y"): return .literal(.integer(Int64(text) ?? 0), .tinyint)
    case UInt8(ascii: "D"): return .literal(.double(Double(text) ?? 0), .double)
    case UInt8(ascii: "F"): return .literal(.float(Float(text) ?? 0), .float)
    default: break
    }
    guard isReal else {
      let value = Int64(text) ?? 0
      return .literal(.integer(value), Int32(exactly: value) == nil ? .bigint : .int)
    }
    let digits = text.filter { $0 != "." && $0 != "-" }
    let scale = text.split(separator: ".", omittingEmptySubsequences: false).last?.count ?? 0
    let unscaled = Int128((text.hasPrefix("-") ? "-" : "") + digits) ?? 0
    let precision = max(scale, String(unscaled.magnitude).count)
    return .literal(.decimal(unscaled), .decimal(precision: precision, scale: scale))
  }

  private static func hexBytes(_ text: String) -> [UInt8] {
    let digits = text.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
  }
}
