import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Digests, checksums and identifiers.
enum HashFunctions {
  static let all: [ScalarFunction] = [
    digest("md5", [], "The MD5 digest in hexadecimal", "SELECT md5('Spark'); -- 8cde774d6f7333752ed72cacddb05126") {
      MessageDigest.md5($0)
    },
    digest(
      "sha1", ["sha"], "The SHA-1 digest in hexadecimal",
      "SELECT sha1('Spark'); -- 85f5955f4b27a9a4c2aab6ffe5d7189fc298b92c"
    ) {
      MessageDigest.sha1($0)
    },
    .fixed(
      "sha2", "sha2(expr, bits)", "The SHA-2 digest of 224, 256, 384 or 512 bits in hexadecimal",
      "SELECT sha2('Spark', 256); -- 529bc3b07127ecb7e53a4dcf1991d9152c24537d919178022b2c42657f79a26b",
      [.binary, .int],
      returns: .string
    ) { (call) throws(QueryError) in
      let (source, bits) = (call.text(0), call.column(1, Int32.self))
      return try Elementwise.fillText(call) { row, output in
        guard let digest = MessageDigest.sha2(source.bytes(row), bits: Int(bits[row])) else {
          return output.setNull(row)
        }
        digest.withUnsafeBufferPointer { HexText.append($0, to: &output.scratch, isUpper: false) }
        output.setScratch(row)
      }
    },
    .fixed(
      "crc32", "crc32(expr)", "The CRC-32 checksum", "SELECT crc32('Spark'); -- 1557323817", [.binary], returns: .bigint
    ) {
      (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fill(call, .bigint, Int64(0)) { Int64(MessageDigest.crc32(source.bytes($0))) }
    },
    hash("hash", .int, "Spark's Murmur3 hash of all arguments", "SELECT hash('Spark', array(123), 2); -- -1321691492") {
      (call) in hashes(call, .int, Murmur3Hash.self)
    },
    hash(
      "xxhash64", .bigint, "The xxHash64 of all arguments",
      "SELECT xxhash64('Spark', array(123), 2); -- 5602566077635097486"
    ) {
      (call) in hashes(call, .bigint, XXHash64.self)
    },
    ScalarFunction(
      name: "uuid", signature: "uuid()", summary: "A random identifier (version 4)",
      example: "SELECT uuid(); -- 46707d92-02f4-4817-8116-a4c3b23e6266", isDeterministic: false
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("uuid", arguments, 0...0)
      return ScalarOverload([], .string) { (call) throws(QueryError) in
        try Elementwise.fillText(call) { row, output in
          appendUUID(&output.scratch)
          output.setScratch(row)
        }
      }
    },
  ]

  private static func digest(
    _ name: String, _ aliases: [String], _ summary: String, _ example: String,
    _ body: @escaping @Sendable (TextBytes) -> [UInt8]
  ) -> ScalarFunction {
    .fixed(name, aliases: aliases, "\(name)(expr)", summary, example, [.binary], returns: .string) {
      (call) throws(QueryError) in
      let source = call.text(0)
      return try Elementwise.fillText(call) { row, output in
        body(source.bytes(row)).withUnsafeBufferPointer { HexText.append($0, to: &output.scratch, isUpper: false) }
        output.setScratch(row)
      }
    }
  }

  private static func hash(
    _ name: String, _ result: LogicalType, _ summary: String, _ example: String,
    _ body: @escaping @Sendable (KernelCall) -> Vector
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, signature: "\(name)(expr, ...)", summary: summary, example: example, nulls: .custom
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...Int.max)
      return ScalarOverload(
        arguments.map(\.type), result, kernel: foldingConstants { (call) throws(QueryError) in body(call) })
    }
  }

  private static func hashes<Function: SeededHash>(
    _ call: KernelCall, _ type: LogicalType, _ function: Function.Type
  ) -> Vector {
    let result = Vector.flat(type, count: call.count)
    let states = result.slots(Function.State.self)
    for row in 0..<call.count { states[row] = 42 }
    for argument in call.arguments { ColumnHash<Function>.fold(argument, states, call.count) }
    return result
  }

  private static func appendUUID(_ target: inout [UInt8]) {
    var random = SystemRandomNumberGenerator()
    let high = random.next() & ~0xF000 | 0x4000
    let low = random.next() & ~(3 << 62) | 2 << 62
    for index in 0..<16 {
      if [4, 6, 8, 10].contains(index) { target.append(0x2D) }
      let word = index < 8 ? high : low
      let byte = UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index & 7)))
      withUnsafePointer(to: byte) { HexText.append(TextBytes(start: $0, count: 1), to: &target, isUpper: false) }
    }
  }
}
