import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Testing

@testable import LakeTables

@Suite struct FormatTests {
  /// The values of appendix B of the Iceberg specification.
  @Test func bucketHashesAreThoseOfTheSpecification() {
    func hash(_ value: Literal) -> Int32? { PartitionTransform.bucketHash(value).map { Int32(bitPattern: $0) } }
    #expect(hash(.integer(34)) == 2_017_239_379)
    #expect(hash(.decimal(1420)) == -500_754_589)
    #expect(hash(.date(17_486)) == -653_330_422)
    #expect(hash(.timestamp(1_510_871_468_000_000)) == -2_047_944_441)
    #expect(hash(.timestamp(1_510_871_468_000_001)) == -1_207_196_810)
    #expect(hash(.string("iceberg")) == 1_210_000_089)
    #expect(hash(.binary([0, 1, 2, 3])) == -188_683_207)
    #expect(PartitionTransform.bucket(100).apply(to: .integer(34)) == .integer(79))
  }

  @Test func truncationRoundsDown() {
    #expect(PartitionTransform.truncate(10).apply(to: .integer(-1)) == .integer(-10))
    #expect(PartitionTransform.truncate(50).apply(to: .decimal(1065)) == .decimal(1050))
    #expect(PartitionTransform.truncate(3).apply(to: .string("äöüß")) == .string("äöü"))
  }

  @Test func transformNamesAreReadAndWritten() {
    for name in ["identity", "year", "month", "day", "hour", "void", "bucket[16]", "truncate[4]"] {
      #expect(PartitionTransform(name: name).name == name)
    }
    #expect(PartitionTransform(name: "bucket[0]") == .unknown("bucket[0]"))
    #expect(PartitionTransform(name: "zorder") == .unknown("zorder"))
  }

  @Test(
    arguments: [
      (Literal.boolean(true), LogicalType.boolean, [1]), (.integer(-2), .int, [0xFE, 0xFF, 0xFF, 0xFF]),
      (.integer(1), .bigint, [1, 0, 0, 0, 0, 0, 0, 0]), (.date(258), .date, [2, 1, 0, 0]),
      (.decimal(1420), .decimal(precision: 9, scale: 2), [0x05, 0x8C]), (.string("é"), .string, [0xC3, 0xA9]),
      (.float(1), .float, [0, 0, 0x80, 0x3F]), (.binary([7]), .binary, [7]),
    ] as [(Literal, LogicalType, [UInt8])])
  func boundsAreStoredInTheSingleValueForm(_ value: Literal, _ type: LogicalType, _ bytes: [UInt8]) {
    #expect(BoundValue.bytes(of: value, type: type) == bytes)
    #expect(BoundValue.literal(bytes, type: type) == value)
  }

  @Test func longBoundsAreCutAndStayBounds() {
    let long = String(repeating: "z", count: 20)
    #expect(BoundValue.truncatedLower(.string(long)) == .string(String(repeating: "z", count: 16)))
    #expect(BoundValue.truncatedUpper(.string(long)) == .string(String(repeating: "z", count: 15) + "{"))
    #expect(BoundValue.truncatedUpper(.string("short")) == .string("short"))
    let top = String(repeating: "\u{10FFFF}", count: 17)
    #expect(BoundValue.truncatedUpper(.string(top)) == nil)
    #expect(BoundValue.truncatedUpper(.binary([UInt8](repeating: 255, count: 17))) == nil)
  }

  @Test func nanIsNeverPruned() {
    let range = ValueRange(
      lower: .double(1), upper: .double(2), mayHaveNull: false, mayHaveValue: true, mayHaveNaN: true)
    #expect(range.admits(.compare(.greater, .double(5))))
    #expect(!range.admits(.compare(.less, .double(0))))
    #expect(range.admits(.compare(.equal, .double(.nan))))
    var sober = range
    sober.mayHaveNaN = false
    #expect(!sober.admits(.compare(.greater, .double(5))))
    #expect(!sober.admits(.isNull))
  }

  @Test func pathTextsTellTheirTypes() {
    #expect(PartitionText.inferredType(["1", "-2"]) == .int)
    #expect(PartitionText.inferredType(["1", "3000000000"]) == .bigint)
    #expect(PartitionText.inferredType(["2026-01-31"]) == .date)
    #expect(PartitionText.inferredType(["2026-01-31 10:00:00"]) == .timestamp)
    #expect(PartitionText.inferredType(["1.5"]) == .double)
    #expect(PartitionText.inferredType(["nan"]) == .string)
    #expect(PartitionText.inferredType(["2026-01-31", "x"]) == .string)
  }

  @Test func defaultsAreReadAndKeptAsTheMetadataSpellsThem() throws {
    let cases: [(json: String, type: String, value: Literal)] = [
      ("true", "\"boolean\"", .boolean(true)), ("5", "\"long\"", .integer(5)), ("1.5", "\"double\"", .double(1.5)),
      ("\"14.20\"", "\"decimal(9, 2)\"", .decimal(1420)), ("\"2026-01-31\"", "\"date\"", .date(20484)),
      ("\"2026-01-31T10:00:00.5\"", "\"timestamp\"", .timestamp(1_769_853_600_500_000)),
      ("\"2026-01-31T12:00:00+02:00\"", "\"timestamptz\"", .timestamp(1_769_853_600_000_000)),
      ("\"x\"", "\"string\"", .string("x")), ("\"0aFF\"", "\"binary\"", .binary([10, 255])),
      (
        "{}",
        #"{"type": "struct", "fields": [{"id": 7, "name": "y", "required": false, "type": "int", "initial-default": 3}]}"#,
        .struct([.integer(3)])
      ),
    ]
    for (json, type, value) in cases {
      let text = #"{"id": 1, "name": "x", "required": false, "type": \#(type), "initial-default": \#(json)}"#
      let field = try IcebergField(json: try JSONValue(parsing: text))
      #expect(try IcebergField.sqlFields([field])[0].initialDefault == value)
      #expect(field.json == (try JSONValue(parsing: text)))
    }
    let wrong = #"{"id": 1, "name": "x", "required": false, "type": "int", "write-default": "five"}"#
    let field = try IcebergField(json: try JSONValue(parsing: wrong))
    expectError(.unsupported) { _ = try IcebergField.sqlFields([field]) }
  }

  @Test func metadataKeepsWhatItDoesNotKnow() throws {
    let text = """
      {"format-version": 2, "table-uuid": "u", "location": "file:///t", "last-sequence-number": 3,
       "last-updated-ms": 5, "last-column-id": 1, "current-schema-id": 0, "default-spec-id": 0, "last-partition-id": 999,
       "schemas": [{"type": "struct", "schema-id": 0, "fields": [{"id": 1, "name": "x", "required": false, "type": "long"}]}],
       "partition-specs": [{"spec-id": 0, "fields": []}], "sort-orders": [{"order-id": 0, "fields": []}],
       "default-sort-order-id": 0, "refs": {"tag": {"snapshot-id": 7, "type": "tag", "max-ref-age-ms": 9}},
       "snapshots": [{"snapshot-id": 7, "timestamp-ms": 5, "sequence-number": 3, "manifest-list": "file:///l",
         "summary": {"operation": "append", "x": "y"}, "key-id": "k"}],
       "statistics": [{"snapshot-id": 7}], "encryption-keys": [1]}
      """
    let metadata = try TableMetadata(json: try JSONValue(parsing: text))
    let written = metadata.json
    #expect(written["encryption-keys"] == [1])
    #expect(written["statistics"] == [["snapshot-id": 7]])
    #expect(written["snapshots"]?.array?.first?["key-id"] == "k")
    #expect(written["refs"]?["tag"]?["max-ref-age-ms"] == 9)
    #expect(try TableMetadata(json: written).json == written)
  }
}
