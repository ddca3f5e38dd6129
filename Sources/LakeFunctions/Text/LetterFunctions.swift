import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Functions that change letters: case, masks, translation.
enum LetterFunctions {
  static let all: [ScalarFunction] = [
    changing("lower", ["lcase"], "The text in lower case", "SELECT lower('SparkSql'); -- sparksql", from: 0x41) {
      $0.lowercased()
    },
    changing("upper", ["ucase"], "The text in upper case", "SELECT upper('SparkSql'); -- SPARKSQL", from: 0x61) {
      $0.uppercased()
    },
    .fixed(
      "initcap", "initcap(str)", "Each word with a capital and small letters",
      "SELECT initcap('sPark sql'); -- Spark Sql",
      [.string], returns: .string
    ) { (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fillText(call) { row, output in
        initialCapitals(source.bytes(row), &output.scratch)
        output.setScratch(row)
      }
    },
    .fixed(
      "translate", "translate(input, from, to)", "The text with characters exchanged one by one",
      "SELECT translate('AaBbCc', 'abc', '123'); -- A1B2C3", [.string, .string, .string], returns: .string
    ) { (call) throws(QueryError) in
      let (source, from, to) = (call.text(0), call.text(1), call.text(2))
      let isConstant = call.arguments[1].isConstant && call.arguments[2].isConstant
      var table: [UInt32: UInt32?] = [:]
      var isReady = false
      return try Elementwise.fillText(call) { row, output in
        if !isReady {
          table = translation(from.bytes(row), to.bytes(row))
          isReady = isConstant
        }
        translate(source.bytes(row), table, &output.scratch)
        output.setScratch(row)
      }
    },
    .fixed(
      "mask", "mask(input[, upper[, lower[, digit[, other]]]])",
      "The text with letters and digits hidden; a NULL mask keeps its characters",
      "SELECT mask('abcd-EFGH-8765-4321'); -- xxxx-XXXX-nnnn-nnnn", nulls: .custom,
      [.string, .string, .string, .string, .string], optional: 4, returns: .string
    ) { (call) throws(QueryError) in try mask(call) },
  ]

  /// Changes ASCII letters in place and leaves other text to Unicode's tables.
  private static func changing(
    _ name: String, _ aliases: [String], _ summary: String, _ example: String, from first: UInt8,
    _ unicode: @escaping @Sendable (String) -> String
  ) -> ScalarFunction {
    .fixed(
      name, aliases: aliases, "\(name)(str)", summary, example, [.string], returns: .string
    ) { (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fillText(call) { row, output in
        let bytes = source.bytes(row)
        guard Utf8Text.isASCII(bytes) else { return output.set(row, string: unicode(source.string(row))) }
        output.make(row, byteCount: bytes.count) { target in
          for index in 0..<bytes.count {
            let byte = bytes[index]
            target[index] = byte ^ UInt8(truncatingIfNeeded: bit(byte &- first < 26)) << 5
          }
        }
      }
    }
  }

  /// Words are separated by spaces.
  private static func initialCapitals(_ bytes: TextBytes, _ target: inout [UInt8]) {
    var isStart = true
    var offset = 0
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte < 0x80 {
        let isUpper = byte &- 0x41 < 26
        let isLower = byte &- 0x61 < 26
        target.append(isStart && isLower ? byte - 32 : !isStart && isUpper ? byte + 32 : byte)
        isStart = byte == 0x20
        offset += 1
        continue
      }
      let (value, width) = Utf8Text.scalar(bytes, at: offset)
      let character = Unicode.Scalar(value).map { String(Character($0)) } ?? "?"
      let changed = isStart ? Unicode.Scalar(value)?.properties.titlecaseMapping ?? character : character.lowercased()
      target.append(contentsOf: changed.utf8)
      isStart = false
      offset += width
    }
  }

  private static func translation(_ from: TextBytes, _ to: TextBytes) -> [UInt32: UInt32?] {
    let targets = Utf8Text.scalars(to)
    var table: [UInt32: UInt32?] = [:]
    for (index, character) in Utf8Text.scalars(from).enumerated() where table[character] == nil {
      table[character] = .some(index < targets.count ? targets[index] : nil)
    }
    return table
  }

  private static func translate(_ bytes: TextBytes, _ table: [UInt32: UInt32?], _ target: inout [UInt8]) {
    var offset = 0
    while offset < bytes.count {
      let (value, width) = Utf8Text.scalar(bytes, at: offset)
      if let replacement = table[value] {
        if let replacement { Utf8Text.append(replacement, to: &target) }
      } else {
        target.append(contentsOf: Utf8Text.part(bytes, offset, offset + width))
      }
      offset += width
    }
  }

  private static func mask(_ call: KernelCall) throws(QueryError) -> Vector {
    let defaults: [UInt32?] = [0x58, 0x78, 0x6E, nil]
    let source = call.text(0)
    let masks = call.arguments.map { RowMask($0) }
    return try Elementwise.fillText(call) { row, output in
      guard masks[0].isValid(row) else { return output.setNull(row) }
      let marks = (0..<4).map { index -> UInt32? in
        guard call.arguments.count > index + 1 else { return defaults[index] }
        let bytes = call.text(index + 1).bytes(row)
        return masks[index + 1].isValid(row) && bytes.count > 0 ? Utf8Text.scalar(bytes, at: 0).value : nil
      }
      for value in Utf8Text.scalars(source.bytes(row)) {
        Utf8Text.append(marks[kind(value)] ?? value, to: &output.scratch)
      }
      output.setScratch(row)
    }
  }

  /// 0 upper case, 1 lower case, 2 digit, 3 other.
  private static func kind(_ value: UInt32) -> Int {
    guard let properties = Unicode.Scalar(value)?.properties else { return 3 }
    switch properties.generalCategory {
    case .uppercaseLetter: return 0
    case .lowercaseLetter: return 1
    case .decimalNumber: return 2
    default: return 3
    }
  }
}
