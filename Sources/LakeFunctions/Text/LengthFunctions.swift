import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Lengths of texts, and single characters as numbers.
enum LengthFunctions {
  static let all: [ScalarFunction] = [
    measure(
      "length", ["len", "char_length", "character_length"], "The number of characters, or of bytes of a binary",
      "SELECT length('Spark SQL '); -- 10"
    ) { call, isBinary in
      isBinary ? lengths(call) { $0.count } : lengths(call) { Utf8Text.length($0) }
    },
    measure("octet_length", [], "The number of bytes", "SELECT octet_length('Spark SQL'); -- 9") { call, _ in
      lengths(call) { $0.count }
    },
    measure("bit_length", [], "The number of bits", "SELECT bit_length('Spark SQL'); -- 72") { call, _ in
      lengths(call) { $0.count &* 8 }
    },
    .fixed(
      "ascii", "ascii(str)", "The code of the first character, 0 for an empty text", "SELECT ascii('222'); -- 50",
      [.string], returns: .int
    ) { (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fill(call, .int, Int32(0)) { row in
        let bytes = source.bytes(row)
        return bytes.isEmpty ? 0 : Int32(bitPattern: Utf8Text.scalar(bytes, at: 0).value)
      }
    },
    .fixed(
      "chr", aliases: ["char"], "chr(expr)", "The character of a code, taken modulo 256", "SELECT chr(65); -- A",
      [.bigint], returns: .string
    ) { (call) throws(QueryError) in
      let code = call.column(0, Int64.self)
      return try Elementwise.fillText(call) { row, output in
        if code[row] >= 0 { Utf8Text.append(UInt32(code[row] & 0xFF), to: &output.scratch) }
        output.setScratch(row)
      }
    },
  ]

  private static func measure(
    _ name: String, _ aliases: [String], _ summary: String, _ example: String,
    _ body: @escaping @Sendable (KernelCall, _ isBinary: Bool) -> Vector
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, aliases: aliases, signature: "\(name)(expr)", summary: summary, example: example
    ) { (arguments) throws(QueryError) in
      let type: LogicalType = arguments.first?.type == .binary ? .binary : .string
      let types = try ArgumentCheck.match(name, arguments, [type])
      return ScalarOverload(
        types, .int,
        kernel: foldingConstants { (call) throws(QueryError) in body(call, type == .binary) })
    }
  }

  @inline(__always)
  private static func lengths(_ call: KernelCall, _ length: (StringView) -> Int) -> Vector {
    let source = call.text(0)
    let result = Vector.flat(.int, count: call.count)
    let target = result.slots(Int32.self)
    for row in 0..<call.count { target[row] = Int32(truncatingIfNeeded: length(source[row])) }
    return result
  }
}
