import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Functions that take a part of a text; the result shares the bytes of its source.
enum SubstringFunctions {
  static let all: [ScalarFunction] = [
    ScalarFunction(
      name: "substring", aliases: ["substr", "mid"], signature: "substring(str, pos[, len])",
      summary: "The part from a position (from 1; negative from the end) of a length",
      example: "SELECT substring('Spark SQL', 5, 1); -- k"
    ) { (arguments) throws(QueryError) in
      let type: LogicalType = arguments.first?.type == .binary ? .binary : .string
      let types = try ArgumentCheck.match("substring", arguments, [type, .int, .int], optional: 1)
      return ScalarOverload(
        types, type,
        kernel: foldingConstants { (call) throws(QueryError) in
          let position = call.column(1, Int32.self)
          let length = call.arguments.count > 2 ? call.column(2, Int32.self) : nil
          return try borrowing(call, type) { bytes, row in
            substring(
              bytes, Int(position[row]), length.map { Int($0[row]) } ?? Int(Int32.max), isBinary: type == .binary)
          }
        })
    },
    part("left", "The first characters", "SELECT left('Spark SQL', 3); -- Spa") { bytes, count, isBinary in
      substring(bytes, 1, max(0, count), isBinary: isBinary)
    },
    part("right", "The last characters", "SELECT right('Spark SQL', 3); -- SQL") { bytes, count, isBinary in
      count <= 0 ? TextBytes(start: nil, count: 0) : substring(bytes, -count, count, isBinary: isBinary)
    },
    .fixed(
      "substring_index", "substring_index(str, delim, count)",
      "What stands before the count-th delimiter, counted from the right if negative",
      "SELECT substring_index('www.apache.org', '.', 2); -- www.apache", [.string, .string, .int], returns: .string
    ) { (call) throws(QueryError) in
      let (delimiter, count) = (call.text(1), call.column(2, Int32.self))
      return try borrowing(call, .string) { bytes, row in
        beforeDelimiter(bytes, delimiter.bytes(row), Int(count[row]))
      }
    },
    .fixed(
      "split_part", "split_part(str, delim, part)",
      "One of the parts between delimiters, counted from 1 or from the end",
      "SELECT split_part('11.12.13', '.', 3); -- 13", [.string, .string, .int], returns: .string
    ) { (call) throws(QueryError) in
      let (delimiter, part) = (call.text(1), call.column(2, Int32.self))
      return try borrowing(call, .string) { (bytes, row) throws(QueryError) in
        if part[row] == 0 {
          throw QueryError(.invalidArrayIndex, .execute, "the part of split_part counts from 1, or from -1: 0")
        }
        return splitPart(bytes, delimiter.bytes(row), Int(part[row]))
      }
    },
    .fixed(
      "overlay", "overlay(input, replace, pos[, len])", "The text with a part of it replaced",
      "SELECT overlay('Spark SQL', '_', 6); -- Spark_SQL", [.string, .string, .int, .int], optional: 1,
      returns: .string
    ) { (call) throws(QueryError) in
      let (input, replacement, position) = (call.text(0), call.text(1), call.column(2, Int32.self))
      let length = call.arguments.count > 3 ? call.column(3, Int32.self) : nil
      return try Elementwise.fillText(call) { row, output in
        let (text, new) = (input.bytes(row), replacement.bytes(row))
        let given = length.map { Int($0[row]) } ?? -1
        let replaced = given >= 0 ? given : Utf8Text.length(new)
        let start = Int(position[row])
        output.scratch.append(contentsOf: substring(text, 1, start - 1, isBinary: false))
        output.scratch.append(contentsOf: new)
        output.scratch.append(contentsOf: substring(text, start + replaced, Int(Int32.max), isBinary: false))
        output.setScratch(row)
      }
    },
  ]

  private static func part(
    _ name: String, _ summary: String, _ example: String,
    _ body: @escaping @Sendable (_ bytes: TextBytes, _ count: Int, _ isBinary: Bool) -> TextBytes
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, signature: "\(name)(str, len)", summary: summary, example: example
    ) { (arguments) throws(QueryError) in
      let type: LogicalType = arguments.first?.type == .binary ? .binary : .string
      let types = try ArgumentCheck.match(name, arguments, [type, .int])
      return ScalarOverload(
        types, type,
        kernel: foldingConstants { (call) throws(QueryError) in
          let count = call.column(1, Int32.self)
          return try borrowing(call, type) { bytes, row in body(bytes, Int(count[row]), type == .binary) }
        })
    }
  }

  /// Parts of the first argument's texts, not copied.
  @inline(__always)
  static func borrowing(
    _ call: KernelCall, _ type: LogicalType, _ body: (TextBytes, Int) throws(QueryError) -> TextBytes
  ) throws(QueryError) -> Vector {
    let source = call.text(0)
    var output = TextOutput(count: call.count)
    output.borrow(from: call.arguments[0])
    let live = call.liveRows
    for row in 0..<call.count {
      if live.isValid(row) {
        output.set(row, borrowed: try body(source.bytes(row), row))
      } else {
        output.setEmpty(row)
      }
    }
    return output.finish(type)
  }

  /// Position 0 is taken as 1; a negative one counts from the end and may lie before the start.
  static func substring(_ bytes: TextBytes, _ position: Int, _ length: Int, isBinary: Bool) -> TextBytes {
    var start = position > 0 ? position - 1 : 0
    if position < 0 { start = (isBinary ? bytes.count : Utf8Text.length(bytes)) + position }
    let end = min(start + length, Int(Int32.max))
    if !isBinary { return Utf8Text.slice(bytes, start, end) }
    return Utf8Text.part(bytes, min(max(0, start), bytes.count), min(max(0, end), bytes.count))
  }

  private static func beforeDelimiter(_ bytes: TextBytes, _ delimiter: TextBytes, _ count: Int) -> TextBytes {
    if delimiter.isEmpty || count == 0 { return TextBytes(start: nil, count: 0) }
    if count > 0 {
      var start = 0
      for found in 1...count {
        guard let offset = ByteSearch.find(delimiter, in: bytes, from: start) else { return bytes }
        if found == count { return Utf8Text.part(bytes, 0, offset) }
        start = offset + 1
      }
    }
    var end = bytes.count - delimiter.count + 1
    for found in 1 ... -count {
      guard let offset = ByteSearch.findLast(delimiter, in: bytes, before: end) else { return bytes }
      if found == -count { return Utf8Text.part(bytes, offset + delimiter.count, bytes.count) }
      end = offset
    }
    return bytes
  }

  private static func splitPart(_ bytes: TextBytes, _ delimiter: TextBytes, _ part: Int) -> TextBytes {
    let none = TextBytes(start: nil, count: 0)
    if delimiter.isEmpty { return part == 1 || part == -1 ? bytes : none }
    var parts: [(Int, Int)] = []
    var start = 0
    while let offset = ByteSearch.find(delimiter, in: bytes, from: start) {
      parts.append((start, offset))
      if parts.count == part { return Utf8Text.part(bytes, start, offset) }
      start = offset + delimiter.count
    }
    parts.append((start, bytes.count))
    let index = part > 0 ? part - 1 : parts.count + part
    return parts.indices.contains(index) ? Utf8Text.part(bytes, parts[index].0, parts[index].1) : none
  }
}
