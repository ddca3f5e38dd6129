import CZlib
import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeText
import LakeTypes
import Testing

/// Packs bytes as gzip.
private func gzipped(_ bytes: [UInt8]) throws -> [UInt8] {
  let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  defer { stream.deallocate() }
  stream.initialize(to: z_stream())
  let size = Int32(MemoryLayout<z_stream>.size)
  try #require(deflateInit2_(stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK)
  defer { deflateEnd(stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(deflateBound(stream, UInt(bytes.count))) + 64)
  let result = input.withUnsafeMutableBufferPointer { source in
    output.withUnsafeMutableBufferPointer { target in
      stream.pointee.next_in = source.baseAddress
      stream.pointee.avail_in = UInt32(source.count)
      stream.pointee.next_out = target.baseAddress
      stream.pointee.avail_out = UInt32(target.count)
      return deflate(stream, Z_FINISH)
    }
  }
  try #require(result == Z_STREAM_END)
  return Array(output.dropLast(Int(stream.pointee.avail_out)))
}

@Suite struct GzipTests {
  let schema = columns(("id", .int), ("name", .string))

  @Test func isUnpacked() throws {
    let text = (0..<100_000).map { "\($0),name \($0 % 977)\n" }.joined()
    let plain = try read(.csv(CSVOptions()), MemoryFile(text), schema)
    let packed = MemoryFile(try gzipped(Array(text.utf8)), path: "/memory/f.csv.gz")
    #expect(try read(.csv(CSVOptions()), packed, schema) == plain)
    #expect(try read(.csv(CSVOptions()), packed, schema, range: 0..<10) == plain, "the first part reads all")
    #expect(try read(.csv(CSVOptions()), packed, schema, range: 10..<packed.size) == [])
    #expect(!TextFormat.csv(CSVOptions()).isSplittable(path: packed.path))
  }

  @Test func membersAndLineNumbers() throws {
    let packed = MemoryFile(try gzipped(Array("1,a\n2,".utf8)) + gzipped(Array("b\nx,c\n".utf8)), path: "/f.GZ")
    #expect(try read(.csv(CSVOptions()), packed, schema).map { $0[1] } == [.string("a"), .string("b"), .string("c")])
    let strict = CSVOptions().with { $0.mode = .failFast }
    #expect(failure { () throws(QueryError) in _ = try read(.csv(strict), packed, schema) }?.file?.row == 3)
  }

  @Test func corruptFilesAreErrors() throws {
    let good = try gzipped(Array(String(repeating: "1,abc\n2,def\n", count: 500).utf8))
    for length in stride(from: 1, to: good.count, by: 7) {
      let torn = MemoryFile(Array(good[..<length]), path: "/t.gz")
      #expect(code { () throws(QueryError) in _ = try read(.csv(CSVOptions()), torn, schema) } == .corruptFile)
    }
    var random = Randomness(3)
    for _ in 0..<300 {
      var damaged = good
      damaged[Int.random(in: 0..<good.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      let error = failure { () throws(QueryError) in
        _ = try read(.csv(CSVOptions()), MemoryFile(damaged, path: "/d.gz"), schema)
      }
      #expect(error == nil || error?.code == .corruptFile || error?.code == .limitExceeded)
    }
    let other = failure { () throws(QueryError) in
      _ = try read(.csv(CSVOptions()), MemoryFile("x", path: "/a.csv.bz2"), schema)
    }
    #expect(other?.code == .unsupportedFile && other?.file?.path == "/a.csv.bz2")
  }
}

@Suite struct FuzzTests {
  private static let everyType = columns(
    ("a", .int), ("b", .string), ("c", .double), ("d", .decimal(precision: 12, scale: 3)), ("e", .date),
    ("f", .timestamp), ("g", .boolean), ("_corrupt_record", .string))

  /// Text of pieces that mean something to the formats, and of others.
  private func noise(_ pieces: [String], _ random: inout Randomness) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0...200, using: &random) {
      if Bool.random(using: &random) {
        bytes += Array((pieces.randomElement(using: &random) ?? "").utf8)
      } else {
        bytes.append(UInt8.random(in: 0...255, using: &random))
      }
    }
    return bytes
  }

  @Test(arguments: [false, true])
  func csv(isMultiLine: Bool) throws {
    var random = Randomness(11)
    let pieces = [",", "\"", "\n", "\\", "\r\n", "1", "-5.25", "2026-01-31", "true", "\"\"", "x,y\n", "1,a,2,3,,,\n"]
    let options = CSVOptions().with {
      $0.isMultiLine = isMultiLine
      $0.hasHeader = true
    }
    for _ in 0..<400 {
      let file = MemoryFile(noise(pieces, &random))
      let whole = try read(.csv(options), file, Self.everyType)
      #expect(try read(.csv(options), file, Self.everyType, batchSize: 1) == whole)
      let dropping = options.with { $0.mode = .dropMalformed }
      let good = whole.filter { $0[7].isNull }.count
      #expect(try read(.csv(dropping), file, Self.everyType, [0]).count == good)
    }
  }

  @Test(arguments: [false, true])
  func json(isMultiLine: Bool) throws {
    var random = Randomness(13)
    let pieces = [
      "{", "}", "[", "]", "\"a\":", "\"b\":\"x\"", ",", "1", "-2.5e3", "null", "\n", "\\u00", "\"", "{\"a\":1}\n", "'",
      "{\"b\":{\"x\":[1,{}]},\"c\":\"1\"}", "true", " ",
    ]
    let options = JSONOptions().with { $0.isMultiLine = isMultiLine }
    for _ in 0..<400 {
      let file = MemoryFile(noise(pieces, &random))
      let whole = try read(.json(options), file, Self.everyType)
      #expect(try read(.json(options), file, Self.everyType, batchSize: 1) == whole)
      _ = try? TextSchemaInference.infer(.json(options), files: [file])
    }
  }

  @Test func splitsOfNoise() throws {
    var random = Randomness(17)
    let pieces = [",", "\"", "\n", "1", "ab", "\r\n", "\n\n", "#x\n"]
    let options = CSVOptions().with {
      $0.comment = UInt8(ascii: "#")
      $0.skipLines = 1
    }
    for _ in 0..<60 {
      let bytes = noise(pieces, &random)
      let whole = try read(.csv(options), MemoryFile(bytes), Self.everyType)
      for _ in 0..<20 {
        let split = Int.random(in: 0...bytes.count, using: &random)
        let parts =
          try read(.csv(options), MemoryFile(bytes), Self.everyType, range: 0..<split)
          + read(.csv(options), MemoryFile(bytes), Self.everyType, range: split..<bytes.count)
        #expect(parts == whole)
      }
    }
  }

  @Test func localFiles() throws {
    let files = LocalFileSystem()
    let path = "/tmp/lake-text-\(UInt64.random(in: 0...UInt64.max)).csv"
    let file = try files.create(path)
    defer { try? files.remove(path) }
    let schema = columns(("id", .int), ("name", .string))
    let writer = try TextWriter.open(.csv(.rfc4180), schema: schema, file: file)
    try writer.write(batch(schema, [[.integer(1), .string("a")], [.integer(2), .null]]))
    try writer.finish()
    try file.finish()
    let request = TextReadRequest(file: try files.open(path), schema: schema, projection: [1, 0])
    let result = try rows(of: TextReader.open(.csv(.rfc4180), request))
    #expect(result == [[.string("a"), .integer(1)], [.null, .integer(2)]])
  }
}

@Suite struct DateTimePatternTests {
  /// Reads a timestamp through the option and gives its microseconds.
  private func micros(_ text: String, _ pattern: String) throws -> Int64? {
    let options = JSONOptions().with { $0.timestampFormat = pattern }
    let rows = try readJSON("{\"t\":\"\(text)\"}", columns(("t", .timestamp)), options)
    if case .timestamp(let micros) = rows[0][0] { return micros }
    return nil
  }

  private let noon: Int64 = 1_769_860_800_000_000

  @Test func reads() throws {
    #expect(try micros("31/1/2026 12:00", "d/M/yyyy H:mm") == noon)
    #expect(try micros("31-Jan-26 12.00.00 PM", "dd-MMM-yy hh.mm.ss a") == noon)
    #expect(try micros("January 31, 2026 12h", "MMMM d, yyyy H'h'") == noon)
    #expect(try micros("Sat 2026-031 12:00:00.25", "EEE yyyy-DDD HH:mm:ss.SSSSSS") == noon + 250_000)
    #expect(try micros("20260131T140000+0200", "yyyyMMdd'T'HHmmssZ") == noon)
    #expect(try micros("2026-01-31 14:00:00 +02:00", "yyyy-MM-dd HH:mm:ss XXX") == noon)
    #expect(try micros("2026-01-31 12:00:00Z", "yyyy-MM-dd HH:mm:ssX") == noon)
    #expect(try micros("2026-01-31", "yyyy-MM-dd[ HH:mm]") == noon - 43_200_000_000)
    #expect(try micros("12:00 it's", "HH:mm 'it''s'") == 43_200_000_000)
  }

  @Test func refuses() throws {
    #expect(try micros("31/01/2026", "d/M/yyyy H") == nil && micros("2026-02-30", "yyyy-MM-dd") == nil)
    #expect(try micros("2026-1-31", "yyyy-MM-dd") == nil && micros("2026-01-31x", "yyyy-MM-dd") == nil)
    #expect(try micros("13:00 PM", "hh:mm a") == nil && micros("24:00", "HH:mm") == nil)
    #expect(try micros("31 Foo 2026", "dd MMM yyyy") == nil && micros("2025-366", "yyyy-DDD") == nil)
  }
}
