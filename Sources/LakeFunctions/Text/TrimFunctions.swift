import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Functions that cut off or fill up the ends of a text.
enum TrimFunctions {
  static let all: [ScalarFunction] = [
    trim("trim", "trim(str)", "The text without spaces at both ends", "SELECT trim('  SQL '); -- SQL", true, true),
    trim(
      "ltrim", "ltrim([characters, ]str)", "The text without characters (spaces) at its start",
      "SELECT ltrim('  SQL'); -- SQL", true, false, isCharactersFirst: true),
    trim(
      "rtrim", "rtrim([characters, ]str)", "The text without characters (spaces) at its end",
      "SELECT rtrim('SQL  '); -- SQL", false, true, isCharactersFirst: true),
    trim(
      "btrim", "btrim(str[, characters])", "The text without characters (spaces) at both ends",
      "SELECT btrim('xxSQLx', 'x'); -- SQL", true, true),
    pad(
      "lpad", "The text filled up (or cut) to a length, at its start", "SELECT lpad('hi', 5, '?'); -- ???hi",
      isLeft: true),
    pad(
      "rpad", "The text filled up (or cut) to a length, at its end", "SELECT rpad('hi', 5, '?'); -- hi???",
      isLeft: false),
  ]

  private static func trim(
    _ name: String, _ signature: String, _ summary: String, _ example: String, _ atStart: Bool, _ atEnd: Bool,
    isCharactersFirst: Bool = false
  ) -> ScalarFunction {
    .fixed(name, signature, summary, example, [.string, .string], optional: 1, returns: .string) {
      (call) throws(QueryError) in
      var call = call
      if call.arguments.count > 1, isCharactersFirst { call.arguments.reverse() }
      guard call.arguments.count > 1 else {
        return try SubstringFunctions.borrowing(call, .string) { bytes, _ in spacesTrimmed(bytes, atStart, atEnd) }
      }
      let characters = call.text(1)
      return try SubstringFunctions.borrowing(call, .string) { bytes, row in
        trimmed(bytes, characters.bytes(row), atStart, atEnd)
      }
    }
  }

  @inline(__always)
  private static func spacesTrimmed(_ bytes: TextBytes, _ atStart: Bool, _ atEnd: Bool) -> TextBytes {
    var (start, end) = (0, bytes.count)
    while atStart, start < end, bytes[start] == 0x20 { start &+= 1 }
    while atEnd, end > start, bytes[end &- 1] == 0x20 { end &-= 1 }
    return Utf8Text.part(bytes, start, end)
  }

  private static func trimmed(
    _ bytes: TextBytes, _ characters: TextBytes, _ atStart: Bool, _ atEnd: Bool
  ) -> TextBytes {
    let set = Set(Utf8Text.scalars(characters))
    var (start, end) = (0, bytes.count)
    while atStart, start < end {
      let (value, width) = Utf8Text.scalar(bytes, at: start)
      guard set.contains(value) else { break }
      start += width
    }
    while atEnd, end > start {
      var last = end - 1
      while last > start, bytes[last] & 0xC0 == 0x80 { last -= 1 }
      guard set.contains(Utf8Text.scalar(bytes, at: last).value) else { break }
      end = last
    }
    return Utf8Text.part(bytes, start, end)
  }

  private static func pad(
    _ name: String, _ summary: String, _ example: String, isLeft: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, signature: "\(name)(str, len[, pad])", summary: summary, example: example
    ) { (arguments) throws(QueryError) in
      let type: LogicalType = arguments.first?.type == .binary ? .binary : .string
      let types = try ArgumentCheck.match(name, arguments, [type, .int, type], optional: 1)
      let isBinary = type == .binary
      return ScalarOverload(
        types, type,
        kernel: foldingConstants { (call) throws(QueryError) in
          let (source, length) = (call.text(0), call.column(1, Int32.self))
          let filler = call.arguments.count > 2 ? call.text(2) : nil
          return try Elementwise.fillText(call, type) { (row, output) throws(QueryError) in
            let bytes = source.bytes(row)
            let wanted = max(0, Int(length[row]))
            let missing = wanted - (isBinary ? bytes.count : Utf8Text.length(bytes))
            let fill = filler.map { Array($0.bytes(row)) } ?? [isBinary ? 0 : 0x20]
            if missing <= 0 || fill.isEmpty {
              return output.set(row, bytes: SubstringFunctions.substring(bytes, 1, wanted, isBinary: isBinary))
            }
            try TextLimit.check(missing &* fill.count &+ bytes.count, name)
            if !isLeft { output.scratch.append(contentsOf: bytes) }
            appendFill(fill, missing, isBinary: isBinary, &output.scratch)
            if isLeft { output.scratch.append(contentsOf: bytes) }
            output.setScratch(row)
          }
        })
    }
  }

  private static func appendFill(_ fill: [UInt8], _ count: Int, isBinary: Bool, _ target: inout [UInt8]) {
    let width = isBinary ? fill.count : fill.withUnsafeBufferPointer { Utf8Text.length($0) }
    for _ in 0..<(count / width) { target.append(contentsOf: fill) }
    fill.withUnsafeBufferPointer {
      target.append(contentsOf: SubstringFunctions.substring($0, 1, count % width, isBinary: isBinary))
    }
  }
}
