import LakeTypes
import Testing

@testable import LakeParquet

/// What the functions that look into a file say, as DuckDB 1.5.5 says it of the same file.
@Suite struct InspectionTests {
  private static func rows(_ inspection: ParquetInspection, _ name: String) throws -> [[String]] {
    try inspection.rows(of: Fixture.file(name)).map { row in
      zip(row, inspection.fields).map { CanonicalText.value($0, $1.type) }
    }
  }

  @Test func columnChunks() throws {
    let rows = try Self.rows(.metadata, "indexed_v1.parquet")
    #expect(rows.count == 10)
    #expect(
      rows[2] == [
        "\"indexed_v1.parquet\"", "0", "5000", "5", "113659", "2", "0", "5000", "\"s\"", "\"BYTE_ARRAY\"", "null",
        "null", "1500", "null", "\"s00000\"", "\"s04499\"", "\"ZSTD\"", "\"RLE, PLAIN\"", "null", "null", "11167",
        "3297", "35606", "[]", "88804", "1040", "true", "true", "40091",
      ])
    #expect(rows[4][8] == "\"list, list, element\"")
    #expect(ParquetInspection.metadata.fields.count == rows[0].count)
  }

  @Test func elementsOfTheSchema() throws {
    let rows = try Self.rows(.schema, "indexed_v1.parquet").map { $0.dropFirst().joined(separator: " ") }
    #expect(
      rows == [
        "\"schema\" null null \"REQUIRED\" 5 null null null null null null 0",
        "\"k\" \"INT64\" null \"OPTIONAL\" null null null null null null \"bigint\" 1",
        "\"v\" \"INT32\" null \"OPTIONAL\" null null null null null null \"int\" 2",
        "\"s\" \"BYTE_ARRAY\" null \"OPTIONAL\" null \"UTF8\" null null null \"StringType()\" \"string\" 3",
        "\"u\" \"INT32\" null \"OPTIONAL\" null \"UINT_32\" null null null "
          + "\"IntType(bitWidth=32, isSigned=0)\" \"bigint\" 4",
        "\"list\" null null \"OPTIONAL\" 1 \"LIST\" null null null \"ListType()\" null 5",
        "\"list\" null null \"REPEATED\" 1 null null null null null null 6",
        "\"element\" \"INT32\" null \"OPTIONAL\" null null null null null null \"int\" 7",
      ])
  }

  @Test func files() throws {
    let row = try Self.rows(.fileMetadata, "ordered.parquet")[0]
    #expect(row[1] == "\"parquet-cpp-arrow version 26.0.1\"")
    #expect(Array(row[2...6]) == ["10000", "4", "2", "null", "null"])
    #expect(row[7] == "177443")
    let order = "\"ColumnOrder(TYPE_ORDER=TypeDefinedOrder())\""
    #expect(row[9] == "[\(order),\(order),\(order),\(order)]")
    let pairs = try Self.rows(.keyValues, "field_ids.parquet")
    #expect(pairs.contains(["\"field_ids.parquet\"", "\"owner\"", "\"bank\""]))
  }
}
