import LakeFileSystem
import LakeTypes

/// The rows of `parquet_metadata` for a file.
struct ChunkInspection {
  let file: ParquetFile

  static let fields = [
    Field("file_name", .string), Field("row_group_id", .bigint), Field("row_group_num_rows", .bigint),
    Field("row_group_num_columns", .bigint), Field("row_group_bytes", .bigint), Field("column_id", .bigint),
    Field("file_offset", .bigint), Field("num_values", .bigint), Field("path_in_schema", .string),
    Field("type", .string), Field("stats_min", .string), Field("stats_max", .string),
    Field("stats_null_count", .bigint), Field("stats_distinct_count", .bigint), Field("stats_min_value", .string),
    Field("stats_max_value", .string), Field("compression", .string), Field("encodings", .string),
    Field("index_page_offset", .bigint), Field("dictionary_page_offset", .bigint),
    Field("data_page_offset", .bigint), Field("total_compressed_size", .bigint),
    Field("total_uncompressed_size", .bigint), Field("key_value_metadata", .map(.string, .string)),
    Field("bloom_filter_offset", .bigint), Field("bloom_filter_length", .bigint), Field("min_is_exact", .boolean),
    Field("max_is_exact", .boolean), Field("row_group_compressed_bytes", .bigint),
  ]

  var rows: [[Literal]] {
    var rows: [[Literal]] = []
    for (number, group) in file.metadata.rowGroups.enumerated() {
      for (column, chunk) in group.chunks.enumerated() {
        let start: [Literal] = [
          .string(file.file.path), Literal(number), Literal(group.rowCount), Literal(group.chunks.count),
          Literal(group.totalByteCount), Literal(column),
        ]
        let sum = file.byteCount(ofRowGroup: number)
        rows.append(start + cells(chunk, file.leaves[column]) + [Literal(group.compressedByteCount ?? sum)])
      }
    }
    return rows
  }

  private func cells(_ chunk: ChunkMetadata, _ leaf: LeafColumn) -> [Literal] {
    let statistics = chunk.statistics
    let details = chunk.details
    let pairs = (details?.keyValues ?? [:]).sorted { $0.key < $1.key }
    let encodings = (details?.encodings ?? []).map(Self.name(ofEncoding:))
    return [
      Literal(details?.fileOffset), Literal(chunk.valueCount), .string(leaf.path.joined(separator: ", ")),
      .string(chunk.kind.formatName), text(statistics.oldMin, leaf), text(statistics.oldMax, leaf),
      Literal(statistics.nullCount), Literal(statistics.distinctCount), text(statistics.min, leaf),
      text(statistics.max, leaf), .string(chunk.codec.formatName),
      .string(encodings.joined(separator: ", ")), Literal(details?.indexPageOffset),
      Literal(chunk.dictionaryPageOffset), Literal(chunk.dataPageOffset), Literal(chunk.compressedSize),
      Literal(chunk.uncompressedSize),
      .map(keys: pairs.map { .string($0.key) }, values: pairs.map { .string($0.value) }),
      Literal(chunk.bloomFilterOffset), Literal(details?.bloomFilterLength),
      statistics.isMinExact.map { .boolean($0) } ?? .null, statistics.isMaxExact.map { .boolean($0) } ?? .null,
    ]
  }

  private func text(_ bound: [UInt8]?, _ leaf: LeafColumn) -> Literal {
    let type = leaf.type.type
    guard let bound, let literal = ParquetColumnStatistics.decode(bound, leaf.type, type) else { return .null }
    return Literal(LiteralText.text(literal, type))
  }

  private static let encodingNames = [
    "PLAIN", "GROUP_VAR_INT", "PLAIN_DICTIONARY", "RLE", "BIT_PACKED", "DELTA_BINARY_PACKED",
    "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT",
  ]

  private static func name(ofEncoding number: Int) -> String {
    encodingNames.indices.contains(number) ? encodingNames[number] : String(number)
  }
}

extension CodecKind {
  fileprivate var formatName: String {
    switch self {
    case .uncompressed: "UNCOMPRESSED"
    case .snappy: "SNAPPY"
    case .gzip: "GZIP"
    case .lzo: "LZO"
    case .brotli: "BROTLI"
    case .lz4: "LZ4"
    case .zstd: "ZSTD"
    case .lz4Raw: "LZ4_RAW"
    }
  }
}

/// Bounds as text, as a cast to string shows them; binary in hexadecimal.
enum LiteralText {
  static func text(_ literal: Literal, _ type: LogicalType) -> String? {
    switch (literal, type) {
    case (.boolean(let value), _): value ? "true" : "false"
    case (.integer(let value), _): String(value)
    case (.float(let value), _): "\(value)"
    case (.double(let value), _): "\(value)"
    case (.decimal(let value), .decimal(_, let scale)): DecimalText.string(value, scale: scale)
    case (.string(let value), _): value
    case (.binary(let bytes), _): bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    case (.date(let days), _): DateTimeText.dateString(days)
    case (.timestamp(let micros), _): DateTimeText.timestampString(micros)
    default: nil
    }
  }
}
