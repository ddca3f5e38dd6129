import LakeDiagnostics
import LakeParquet

/// Reads how Parquet files are to be written from a table's properties, under Iceberg's names and parquet-java's, which
/// Hive and Spark use too. Where both are there, Iceberg's counts.
struct ParquetSettings {
  private let properties: [String: String]

  /// The options for a table; properties that make no sense throw. `codec` is for tables that name none.
  static func options(
    _ properties: [String: String], codec: String? = nil, elementFieldIDs: [String: Int] = [:]
  ) throws(QueryError) -> ParquetWriteOptions {
    var properties = properties
    if let codec, !namesCodec(properties) { properties[codecKeys[0]] = codec }
    return try ParquetSettings(properties: properties).options(elementFieldIDs)
  }

  /// Iceberg's name goes first.
  private static let codecKeys = ["write.parquet.compression-codec", "parquet.compression"]

  static func namesCodec(_ properties: [String: String]) -> Bool { codecKeys.contains { properties[$0] != nil } }

  private func options(_ elementFieldIDs: [String: Int]) throws(QueryError) -> ParquetWriteOptions {
    var options = ParquetWriteOptions(elementFieldIDs: elementFieldIDs)
    options.codec = try codec() ?? options.codec
    options.rowGroupByteCount =
      try number("write.parquet.row-group-size-bytes", "parquet.block.size") ?? options.rowGroupByteCount
    options.rowGroupRowCount = try number("parquet.block.row.count.limit") ?? options.rowGroupRowCount
    options.pageByteCount = try number("write.parquet.page-size-bytes", "parquet.page.size") ?? options.pageByteCount
    options.pageRowCount =
      try number("write.parquet.page-row-limit", "parquet.page.row.count.limit") ?? options.pageRowCount
    options.dictionaryByteCount =
      try number("write.parquet.dict-size-bytes", "parquet.dictionary.page.size") ?? options.dictionaryByteCount
    options.usesDictionaries = try flag("parquet.enable.dictionary") ?? options.usesDictionaries
    options.usesByteStreamSplit = try flag("parquet.enable.bytestreamsplit") ?? options.usesByteStreamSplit
    options.writesChecksums = try flag("parquet.page.write-checksum.enabled") ?? options.writesChecksums
    options.boundByteCount = try number("parquet.columnindex.truncate.length") ?? options.boundByteCount
    if try isVersion2() {
      options.pageVersion = .v2
      options.usesDeltaEncodings = true
    }
    options.bloomFilters = try bloomFilters()
    return options
  }

  // MARK: Compression

  private func codec() throws(QueryError) -> ParquetWriteOptions.Codec? {
    guard let name = first("write.parquet.compression-codec", "parquet.compression")?.value else {
      return try level("parquet.compression.codec.zstd.level").map { (level) throws(QueryError) in try zstd(level) }
    }
    switch name.lowercased() {
    case "zstd": return try zstd(try level("parquet.compression.codec.zstd.level") ?? 3)
    case "snappy": return .snappy
    case "gzip": return .gzip(level: try checked(try level() ?? 6, 0...9, "gzip"))
    case "lz4", "lz4_raw": return .lz4Raw
    case "brotli": return .brotli(level: try checked(try level("compression.brotli.quality") ?? 5, 0...11, "brotli"))
    case "uncompressed", "none": return .uncompressed
    default:
      throw QueryError(
        .invalidParameter, .execute, "Parquet files cannot be written with the codec \(name)",
        hint: "use zstd, snappy, gzip, lz4, brotli or uncompressed")
    }
  }

  /// The level under Iceberg's name, or under the codec's own.
  private func level(_ own: String...) throws(QueryError) -> Int? {
    for key in ["write.parquet.compression-level"] + own {
      guard let text = properties[key] else { continue }
      guard let level = Int(text) else { throw invalid(key, text, "a number") }
      return level
    }
    return nil
  }

  private func zstd(_ level: Int) throws(QueryError) -> ParquetWriteOptions.Codec {
    .zstd(level: try checked(level, 1...22, "zstd"))
  }

  private func checked(_ level: Int, _ range: ClosedRange<Int>, _ codec: String) throws(QueryError) -> Int {
    if range.contains(level) { return level }
    throw QueryError(
      .invalidParameter, .execute,
      "the compression level of \(codec) must be \(range.lowerBound) to \(range.upperBound): \(level)")
  }

  /// Whether pages of version 2 are wanted and, with them, the encodings that came with it.
  private func isVersion2() throws(QueryError) -> Bool {
    guard let (key, text) = first("parquet.writer.version") else { return false }
    switch text.lowercased() {
    case "v1", "parquet_1_0": return false
    case "v2", "parquet_2_0": return true
    default: throw invalid(key, text, "v1 or v2")
    }
  }

  // MARK: Bloom filters

  private static let enablingPrefixes = [
    "write.parquet.bloom-filter-enabled.column.", "parquet.bloom.filter.enabled#",
  ]
  private static let describingPrefixes = [
    "write.parquet.bloom-filter-ndv.column.", "parquet.bloom.filter.expected.ndv#",
    "write.parquet.bloom-filter-fpp.column.", "parquet.bloom.filter.fpp#",
  ]

  /// The filters that are wanted; what is said of others is checked, too.
  private func bloomFilters() throws(QueryError) -> [String: ParquetWriteOptions.BloomFilter] {
    if try flag("parquet.bloom.filter.enabled") == true {
      throw QueryError(
        .unsupported, .execute, "the property parquet.bloom.filter.enabled is not supported for all columns at once",
        hint: "name the columns: parquet.bloom.filter.enabled#column")
    }
    _ = try bloomFilter(of: "")
    var result: [String: ParquetWriteOptions.BloomFilter] = [:]
    for key in properties.keys.sorted() {
      if let prefix = Self.describingPrefixes.first(where: { key.hasPrefix($0) }) {
        _ = try bloomFilter(of: String(key.dropFirst(prefix.count)))
      }
      guard let prefix = Self.enablingPrefixes.first(where: { key.hasPrefix($0) }), try flag(key) == true
      else { continue }
      let column = String(key.dropFirst(prefix.count))
      result[column.lowercased()] = try bloomFilter(of: column)
    }
    return result
  }

  private func bloomFilter(of column: String) throws(QueryError) -> ParquetWriteOptions.BloomFilter {
    var filter = ParquetWriteOptions.BloomFilter()
    if let bytes = try number("write.parquet.bloom-filter-max-bytes", "parquet.bloom.filter.max.bytes") {
      filter.maxByteCount = bytes
    }
    filter.distinctCount = try number(
      "write.parquet.bloom-filter-ndv.column." + column, "parquet.bloom.filter.expected.ndv#" + column)
    if let (key, text) = first(
      "write.parquet.bloom-filter-fpp.column." + column, "parquet.bloom.filter.fpp#" + column)
    {
      guard let chance = Double(text), chance > 0, chance < 1 else {
        throw invalid(key, text, "a number between 0 and 1")
      }
      filter.falsePositives = chance
    }
    return filter
  }

  // MARK: Values

  /// The first of the properties that is set.
  private func first(_ keys: String...) -> (key: String, value: String)? {
    for key in keys { if let value = properties[key] { return (key, value) } }
    return nil
  }

  private func number(_ iceberg: String, _ java: String? = nil) throws(QueryError) -> Int? {
    for key in [iceberg, java ?? iceberg] {
      guard let text = properties[key] else { continue }
      if let value = Int(text), value > 0 { return value }
      throw invalid(key, text, "a positive number")
    }
    return nil
  }

  private func flag(_ key: String) throws(QueryError) -> Bool? {
    guard let text = properties[key] else { return nil }
    switch text.lowercased() {
    case "true": return true
    case "false": return false
    default: throw invalid(key, text, "true or false")
    }
  }

  private func invalid(_ key: String, _ text: String, _ wanted: String) -> QueryError {
    QueryError(.invalidParameter, .execute, "the property \(key) must be \(wanted): '\(text)'")
  }
}
