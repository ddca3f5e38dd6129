import LakeColumnar
import LakeTypes
import Testing

@testable import LakeParquet

@Suite struct EncodingTests {
  private static func values(_ width: Int, _ count: Int) -> [UInt32] {
    var random = CorruptFileTests.Random(state: UInt64(width * 1000 + count))
    var values: [UInt32] = []
    let mask = width == 32 ? UInt32.max : (1 << UInt32(width)) - 1
    while values.count < count {
      let value = UInt32(truncatingIfNeeded: random.next()) & mask
      values.append(contentsOf: repeatElement(value, count: random.below(3) == 0 ? random.below(30) : 1))
    }
    return Array(values[..<count])
  }

  private static func encoded(_ values: [UInt32], _ width: Int) -> Buffer {
    var output = ByteOutput()
    HybridEncoder.encode(values, count: values.count, width: width, into: &output)
    let buffer = Buffer(byteCount: output.count)
    buffer.base.copyMemory(from: Array(output.bytes), byteCount: output.count)
    return buffer
  }

  private static func decoder(_ buffer: Buffer, _ width: Int) -> HybridDecoder {
    HybridDecoder(buffer.base.assumingMemoryBound(to: UInt8.self), count: buffer.byteCount, width: width)
  }

  @Test(arguments: 1...32) func hybridOfEveryWidth(_ width: Int) throws {
    for count in [1, 7, 8, 9, 100, 1003] {
      let values = Self.values(width, count)
      let buffer = Self.encoded(values, width)
      var whole = Self.decoder(buffer, width)
      var result = [UInt32](repeating: 0, count: count)
      try whole.decode(into: &result, count: count)
      #expect(result == values)
      var parts = Self.decoder(buffer, width)
      var position = 0
      var random = CorruptFileTests.Random(state: UInt64(count))
      while position < count {
        let skipped = min(random.below(20), count - position)
        try parts.skip(skipped)
        position += skipped
        let taken = min(1 + random.below(20), count - position)
        var part = [UInt32](repeating: 0, count: taken)
        try parts.decode(into: &part, count: taken)
        #expect(part == Array(values[position..<position + taken]))
        position += taken
      }
    }
  }

  @Test(arguments: [1, 3, 8, 13, 17, 25]) func pickingEqualsDecoding(_ width: Int) throws {
    let values = Self.values(width, 2000)
    let buffer = Self.encoded(values, width)
    var random = CorruptFileTests.Random(state: UInt64(width))
    for sparsity in [1, 3, 40, 500] {
      let rows = (0..<2000).filter { _ in random.below(sparsity) == 0 }
      guard !rows.isEmpty else { continue }
      var decoder = Self.decoder(buffer, width)
      let half = rows.count / 2
      for part in [rows[..<half], rows[half...]] where !part.isEmpty {
        let start = part.startIndex == 0 ? 0 : rows[half - 1] + 1
        var picked = [UInt32](repeating: 0, count: part.count)
        try decoder.pick(part.map { UInt32($0 + 5) }, count: part.count, base: start + 5, into: &picked)
        #expect(picked == part.map { values[$0] })
      }
    }
  }

  @Test func bitsBecomeMasks() throws {
    for count in [1, 63, 64, 65, 500] {
      let values = Self.values(1, count)
      let buffer = Self.encoded(values, 1)
      var decoder = Self.decoder(buffer, 1)
      let mask = ValidityMask(count: count, allValid: true)
      var ones = 0
      var done = 0
      while done < count {
        let step = min(37, count - done)
        ones += try decoder.decodeBits(into: mask.words, at: done, count: step)
        done += step
      }
      #expect(ones == values.filter { $0 == 1 }.count)
      for row in 0..<count { #expect(mask.isValid(row) == (values[row] == 1)) }
    }
  }

  /// Two-level lists, lists named as Hive and Avro writers did, and maps, told apart by the schema alone.
  @Test func legacyListLayouts() throws {
    func group(_ name: String, _ repetition: Repetition, _ children: Int, _ annotation: Annotation? = nil)
      -> SchemaElement
    {
      var element = SchemaElement()
      element.name = name
      element.repetition = repetition
      element.childCount = children
      element.annotation = annotation
      return element
    }
    func leaf(_ name: String, _ repetition: Repetition) -> SchemaElement {
      var element = SchemaElement()
      element.name = name
      element.repetition = repetition
      element.kind = .int32
      return element
    }
    func type(_ elements: [SchemaElement]) throws -> LogicalType {
      let root = [group("root", .required, 1)]
      var builder = SchemaBuilder(root + elements)
      let columns = try builder.build()
      return columns[0].type
    }
    let numbers = LogicalType.array(element: .int, containsNull: false)
    #expect(try type([group("l", .optional, 1, .list), leaf("element", .repeated)]) == numbers)
    #expect(try type([leaf("l", .repeated)]) == numbers)
    let pair = LogicalType.struct([Field("a", .int), Field("b", .int)])
    #expect(
      try type([
        group("l", .optional, 1, .list), group("element", .repeated, 2), leaf("a", .optional), leaf("b", .optional),
      ])
        == .array(element: pair, containsNull: false))
    let single = LogicalType.struct([Field("a", .int)])
    #expect(
      try type([group("l", .optional, 1, .list), group("array", .repeated, 1), leaf("a", .optional)])
        == .array(element: single, containsNull: false))
    #expect(
      try type([group("l", .optional, 1, .list), group("l_tuple", .repeated, 1), leaf("a", .optional)])
        == .array(element: single, containsNull: false))
    #expect(
      try type([group("l", .optional, 1, .list), group("bag", .repeated, 1), leaf("item", .optional)]) == .array(.int))
    #expect(
      try type([
        group("m", .optional, 1, .map), group("map", .repeated, 2), leaf("key", .required), leaf("value", .optional),
      ])
        == .map(.int, .int))
  }
}
