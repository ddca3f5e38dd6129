import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Functions that look for one text in another, or compare texts.
enum SearchFunctions {
  static let all: [ScalarFunction] = [
    .fixed(
      "instr", "instr(str, substr)", "The position of the first occurrence, from 1; 0 if there is none",
      "SELECT instr('SparkSQL', 'SQL'); -- 6", [.string, .string], returns: .int
    ) { (call) throws(QueryError) in
      let (text, wanted) = (call.text(0), call.text(1))
      return try Elementwise.fill(call, .int, Int32(0)) { position(wanted.bytes($0), in: text.bytes($0), from: 1) }
    },
    .fixed(
      "locate", aliases: ["position"], "locate(substr, str[, pos])",
      "The position of the first occurrence from a position on, from 1; 0 if there is none",
      "SELECT locate('bar', 'foobarbar', 5); -- 7", [.string, .string, .int], optional: 1, returns: .int
    ) { (call) throws(QueryError) in
      let (wanted, text) = (call.text(0), call.text(1))
      let start = call.arguments.count > 2 ? call.column(2, Int32.self) : nil
      return try Elementwise.fill(call, .int, Int32(0)) { row in
        position(wanted.bytes(row), in: text.bytes(row), from: start.map { Int($0[row]) } ?? 1)
      }
    },
    test("startswith", "Whether a text starts with another", "SELECT startswith('Spark SQL', 'Spark'); -- true") {
      Utf8Text.hasPrefix($0, $1)
    },
    test("endswith", "Whether a text ends with another", "SELECT endswith('Spark SQL', 'SQL'); -- true") {
      Utf8Text.hasSuffix($0, $1)
    },
    test("contains", "Whether a text holds another", "SELECT contains('Spark SQL', 'ark'); -- true") {
      ByteSearch.find($1, in: $0) != nil
    },
    .fixed(
      "find_in_set", "find_in_set(str, list)",
      "The place of a text in a list with commas, from 1; 0 if it is not there",
      "SELECT find_in_set('ab', 'abc,b,ab,c,def'); -- 3", [.string, .string], returns: .int
    ) { (call) throws(QueryError) in
      let (wanted, list) = (call.text(0), call.text(1))
      return try Elementwise.fill(call, .int, Int32(0)) { findInSet(wanted.bytes($0), list.bytes($0)) }
    },
    .fixed(
      "levenshtein", "levenshtein(str1, str2[, threshold])",
      "How many edits turn one text into the other; -1 beyond the threshold",
      "SELECT levenshtein('kitten', 'sitting'); -- 3", [.string, .string, .int], optional: 1, returns: .int
    ) { (call) throws(QueryError) in
      let (a, b) = (call.text(0), call.text(1))
      let limit = call.arguments.count > 2 ? call.column(2, Int32.self) : nil
      return try Elementwise.fill(call, .int, Int32(0)) { row in
        let distance = editDistance(Utf8Text.scalars(a.bytes(row)), Utf8Text.scalars(b.bytes(row)))
        if let limit, distance > limit[row] { return -1 }
        return distance
      }
    },
    .fixed(
      "soundex", "soundex(str)", "The Soundex code", "SELECT soundex('Miller'); -- M460", [.string], returns: .string
    ) { (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fillText(call) { row, output in
        appendSoundex(source.bytes(row), &output.scratch)
        output.setScratch(row)
      }
    },
    .fixed(
      "luhn_check", "luhn_check(str)", "Whether digits end with the check digit of the Luhn algorithm",
      "SELECT luhn_check('8112189876'); -- true", [.string], returns: .boolean
    ) { (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fillBoolean(call) { passesLuhn(source.bytes($0)) }
    },
  ]

  private static func test(
    _ name: String, _ summary: String, _ example: String,
    _ body: @escaping @Sendable (TextBytes, TextBytes) -> Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, signature: "\(name)(left, right)", summary: summary, example: example
    ) { (arguments) throws(QueryError) in
      let isBinary = arguments.count == 2 && arguments.allSatisfy { $0.type == .binary }
      let type: LogicalType = isBinary ? .binary : .string
      let types = try ArgumentCheck.match(name, arguments, [type, type])
      return ScalarOverload(
        types, .boolean,
        kernel: foldingConstants { (call) throws(QueryError) in
          let (a, b) = (call.text(0), call.text(1))
          return try Elementwise.fillBoolean(call) { body(a.bytes($0), b.bytes($0)) }
        })
    }
  }

  /// Positions count characters from 1.
  static func position(_ wanted: TextBytes, in text: TextBytes, from start: Int) -> Int32 {
    guard start > 0 else { return 0 }
    if wanted.isEmpty { return 1 }
    let offset = Utf8Text.offset(text, ofCharacter: start - 1)
    guard let found = ByteSearch.find(wanted, in: text, from: offset) else { return 0 }
    return Int32(Utf8Text.length(Utf8Text.part(text, 0, found)) + 1)
  }

  private static func findInSet(_ wanted: TextBytes, _ list: TextBytes) -> Int32 {
    if wanted.contains(0x2C) { return 0 }
    var start = 0
    var place: Int32 = 1
    for end in 0...list.count where end == list.count || list[end] == 0x2C {
      if Utf8Text.equal(wanted, Utf8Text.part(list, start, end)) { return place }
      place += 1
      start = end + 1
    }
    return 0
  }

  private static func editDistance(_ a: [UInt32], _ b: [UInt32]) -> Int32 {
    if a.isEmpty || b.isEmpty { return Int32(max(a.count, b.count)) }
    var previous = (0...b.count).map { Int32($0) }
    var current = previous
    for i in 0..<a.count {
      current[0] = Int32(i + 1)
      for j in 0..<b.count {
        let replaced = previous[j] + (a[i] == b[j] ? 0 : 1)
        current[j + 1] = min(replaced, previous[j + 1] + 1, current[j] + 1)
      }
      swap(&previous, &current)
    }
    return previous[b.count]
  }

  /// A text that does not start with an ASCII letter stays as it is.
  private static func appendSoundex(_ bytes: TextBytes, _ target: inout [UInt8]) {
    let codes = Array("01230127022455012623017202".utf8)
    func letter(_ byte: UInt8) -> UInt8? {
      let upper = byte & 0xDF
      return upper &- 0x41 < 26 ? upper : nil
    }
    guard let first = bytes.first, let initial = letter(first) else { return target.append(contentsOf: bytes) }
    target.append(initial)
    var last = codes[Int(initial - 0x41)]
    for byte in bytes.dropFirst() where target.count < 4 {
      guard let upper = letter(byte) else {
        last = 0x30
        continue
      }
      let code = codes[Int(upper - 0x41)]
      if code == 0x37 { continue }
      if code != 0x30, code != last { target.append(code) }
      last = code
    }
    while target.count < 4 { target.append(0x30) }
  }

  private static func passesLuhn(_ bytes: TextBytes) -> Bool {
    guard !bytes.isEmpty else { return false }
    var sum = 0
    for (index, byte) in bytes.reversed().enumerated() {
      guard byte &- 0x30 <= 9 else { return false }
      let doubled = Int(byte - 0x30) * (index % 2 == 1 ? 2 : 1)
      sum += doubled > 9 ? doubled - 9 : doubled
    }
    return sum % 10 == 0
  }
}
