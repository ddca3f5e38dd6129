import LakeColumnar
import LakeTypes
import Testing

@testable import LakeParquet

/// Which tests the statistics of a chunk or page may answer, for the orders that writers have used.
@Suite struct StatisticsTests {
  private static func leaf(
    _ kind: PhysicalKind, length: Int = 0, _ annotation: Annotation? = nil
  ) throws -> LeafType {
    var element = SchemaElement()
    element.name = "x"
    element.typeLength = length
    element.annotation = annotation
    return try LeafType(element, kind: kind)
  }

  private static func bytes(_ value: Double) -> [UInt8] { HandmadeFile.littleEndian([value.bitPattern]) }

  private static func doubles(
    _ min: Double, _ max: Double, nanCount: Int? = nil
  ) throws -> ParquetColumnStatistics {
    var stored = ChunkStatistics()
    (stored.min, stored.max) = (bytes(min), bytes(max))
    stored.nanCount = nanCount
    return ParquetColumnStatistics(stored, leaf: try leaf(.double), as: .double)
  }

  private static func excluded(
    _ statistics: ParquetColumnStatistics, _ comparison: ScanPredicate.Comparison, _ value: Double
  ) -> Bool { statistics.excludes(.compare(comparison, .double(value)), rowCount: 10) }

  @Test func nanIsAboveAllNumbersUnlessItIsCounted() throws {
    for (count, isKnownAbsent) in [(nil, false), (3, false), (0, true)] as [(Int?, Bool)] {
      let known = try Self.doubles(1, 5, nanCount: count)
      #expect(Self.excluded(known, .greater, 7) == isKnownAbsent)
      #expect(Self.excluded(known, .greater, 5) == isKnownAbsent)
      #expect(Self.excluded(known, .greaterOrEqual, 7) == isKnownAbsent)
      #expect(Self.excluded(known, .equal, .nan) == isKnownAbsent)
      #expect(Self.excluded(known, .greaterOrEqual, .nan) == isKnownAbsent)
      #expect(!Self.excluded(known, .greaterOrEqual, 5))
      #expect(Self.excluded(known, .less, 1))
      #expect(!Self.excluded(known, .lessOrEqual, 1))
      #expect(Self.excluded(known, .equal, 0.5))
      #expect(Self.excluded(known, .equal, 5.5))
      #expect(Self.excluded(known, .greater, .nan))
      #expect(!Self.excluded(known, .less, .nan))
      #expect(known.excludes(.isIn([.double(6), .double(.nan)]), rowCount: 10) == isKnownAbsent)
      #expect(known.excludes(.isIn([.double(6), .double(-6)]), rowCount: 10))
    }
  }

  @Test func boundsThatAreNaNSayNothing() throws {
    for known in [try Self.doubles(.nan, 5, nanCount: 0), try Self.doubles(1, .nan, nanCount: 0)] {
      #expect(known.min == nil)
      #expect(known.max == nil)
      #expect(!Self.excluded(known, .less, 0))
      #expect(!Self.excluded(known, .equal, 9))
    }
  }

  @Test func zerosOfBothSignsAreOne() throws {
    let positive = try Self.doubles(0, 5, nanCount: 0)
    #expect(!Self.excluded(positive, .equal, -0.0))
    #expect(!Self.excluded(positive, .lessOrEqual, -0.0))
    #expect(Self.excluded(positive, .less, -0.0))
    let negative = try Self.doubles(-5, -0.0, nanCount: 0)
    #expect(!Self.excluded(negative, .equal, 0))
    #expect(!Self.excluded(negative, .greaterOrEqual, 0))
    #expect(Self.excluded(negative, .greater, 0))
  }

  @Test func halfPrecisionMayBeNaN() throws {
    var stored = ChunkStatistics()
    (stored.min, stored.max) = ([0x00, 0x3C], [0x00, 0x40])  // 1 and 2
    let leaf = try Self.leaf(.fixedByteArray, length: 2, .float16)
    let known = ParquetColumnStatistics(stored, leaf: leaf, as: .float)
    #expect(known.min == .float(1))
    #expect(known.excludes(.compare(.less, .float(1)), rowCount: 10))
    #expect(!known.excludes(.compare(.greater, .float(2)), rowCount: 10))
  }

  /// A bound cut within a character: repaired, it would have another place in the order.
  @Test func textCutWithinACharacter() throws {
    var stored = ChunkStatistics()
    (stored.min, stored.max) = (Array("a".utf8), [0xF0, 0x9F, 0x99])
    let known = ParquetColumnStatistics(stored, leaf: try Self.leaf(.byteArray, .string), as: .string)
    #expect(known.max == nil)
    #expect(!known.excludes(.compare(.equal, .string("🙈")), rowCount: 10))
    #expect(!known.excludes(.compare(.greater, .string("\u{FFFF}")), rowCount: 10))
    #expect(known.excludes(.compare(.less, .string("a")), rowCount: 10))
    let binary = ParquetColumnStatistics(stored, leaf: try Self.leaf(.byteArray), as: .binary)
    #expect(binary.max == .binary([0xF0, 0x9F, 0x99]))
  }

  @Test func oldFieldsAreUsedWhereTheirOrderIsRight() throws {
    func isUsed(_ leaf: LeafType, _ type: LogicalType, _ min: [UInt8], _ max: [UInt8]) -> Bool {
      var stored = ChunkStatistics()
      (stored.oldMin, stored.oldMax) = (min, max)
      let known = ParquetColumnStatistics(stored, leaf: leaf, as: type)
      return known.min != nil && known.max != nil
    }
    let one = HandmadeFile.littleEndian([Int32(1)])
    let two = HandmadeFile.littleEndian([Int32(2)])
    #expect(isUsed(try Self.leaf(.int32), .int, one, two))
    #expect(isUsed(try Self.leaf(.int32, .date), .date, one, two))
    #expect(isUsed(try Self.leaf(.int32, .decimal(precision: 9, scale: 2)), .decimal(precision: 9, scale: 2), one, two))
    #expect(!isUsed(try Self.leaf(.int32, .integer(bits: 32, isSigned: false)), .bigint, one, two))
    #expect(isUsed(try Self.leaf(.int32, .integer(bits: 32, isSigned: false)), .bigint, one, one))
    #expect(isUsed(try Self.leaf(.double), .double, Self.bytes(1), Self.bytes(2)))
    // PARQUET-251, and signed comparison of bytes.
    #expect(!isUsed(try Self.leaf(.byteArray, .string), .string, [0x61], [0x62]))
    #expect(!isUsed(try Self.leaf(.byteArray), .binary, [0x61], [0x61]))
    let decimal = try Self.leaf(.fixedByteArray, length: 2, .decimal(precision: 4, scale: 1))
    #expect(!isUsed(decimal, .decimal(precision: 4, scale: 1), [0, 1], [0, 2]))
    #expect(!isUsed(try Self.leaf(.int96), .timestamp, Array(repeating: 0, count: 12), Array(repeating: 1, count: 12)))
  }

  @Test func newFieldsOfBinaryDecimalsAreSigned() throws {
    var stored = ChunkStatistics()
    (stored.min, stored.max) = ([0xFF, 0x38], [0x01, 0xF4])  // -200 and 500
    let type = LogicalType.decimal(precision: 4, scale: 1)
    let leaf = try Self.leaf(.fixedByteArray, length: 2, .decimal(precision: 4, scale: 1))
    let known = ParquetColumnStatistics(stored, leaf: leaf, as: type)
    #expect(known.min == .decimal(-200))
    #expect(known.excludes(.compare(.less, .decimal(-200)), rowCount: 10))
    #expect(!known.excludes(.compare(.equal, .decimal(-1)), rowCount: 10))
    let wider = ParquetColumnStatistics(stored, leaf: leaf, as: .decimal(precision: 10, scale: 3))
    #expect(wider.max == .decimal(50_000))
    let hundred = ParquetColumnStatistics(
      stored, leaf: try Self.leaf(.int96), as: .timestamp)
    #expect(hundred.min == nil)
    let interval = try Self.leaf(.fixedByteArray, length: 12, .interval)
    #expect(ParquetColumnStatistics(stored, leaf: interval, as: .binary).min == nil)
  }

  @Test func nullsAlone() throws {
    var stored = ChunkStatistics()
    stored.nullCount = 10
    let known = ParquetColumnStatistics(stored, leaf: try Self.leaf(.int64), as: .bigint)
    #expect(known.excludes(.isNotNull, rowCount: 10))
    #expect(known.excludes(.compare(.equal, .integer(1)), rowCount: 10))
    #expect(known.excludes(.anyOf([[.isNotNull], [.isIn([.integer(1)])]]), rowCount: 10))
    #expect(!known.excludes(.isNull, rowCount: 10))
    #expect(!known.excludes(.anyOf([[.isNotNull], [.isNull]]), rowCount: 10))
    stored.nullCount = 0
    #expect(ParquetColumnStatistics(stored, leaf: try Self.leaf(.int64), as: .bigint).excludes(.isNull, rowCount: 10))
  }
}
