import LakeDiagnostics
import LakeParquet

/// Reads how Parquet files are to be written from a table's properties, under Iceberg's names and Hive's.
enum ParquetSettings {
  /// The options for a table; properties that make no sense throw.
  static func options(
    _ properties: [String: String], elementFieldIDs: [String: Int] = [:]
  ) throws(QueryError) -> ParquetWriteOptions {
    var options = ParquetWriteOptions(elementFieldIDs: elementFieldIDs)
    let level = try number("write.parquet.compression-level", properties)
    if let name = properties["write.parquet.compression-codec"] ?? properties["parquet.compression"] {
      options.codec = try codec(name, level: level)
    } else if let level {
      options.codec = .zstd(level: level)
    }
    if let bytes = try number("write.parquet.row-group-size-bytes", properties) { options.rowGroupByteCount = bytes }
    if let bytes = try number("write.parquet.page-size-bytes", properties) { options.pageByteCount = bytes }
    if let rows = try number("write.parquet.page-row-limit", properties) { options.pageRowCount = rows }
    if let bytes = try number("write.parquet.dict-size-bytes", properties) { options.dictionaryByteCount = bytes }
    return options
  }

  private static func codec(_ name: String, level: Int?) throws(QueryError) -> ParquetWriteOptions.Codec {
    switch name.lowercased() {
    case "zstd": return .zstd(level: level ?? 3)
    case "snappy": return .snappy
    case "gzip": return .gzip
    case "lz4", "lz4_raw": return .lz4Raw
    case "uncompressed", "none": return .uncompressed
    default:
      throw QueryError(
        .invalidParameter, .execute, "Parquet files cannot be written with the codec \(name)",
        hint: "use zstd, snappy, gzip, lz4 or uncompressed")
    }
  }

  private static func number(_ key: String, _ properties: [String: String]) throws(QueryError) -> Int? {
    guard let text = properties[key] else { return nil }
    if let value = Int(text), value > 0 { return value }
    throw QueryError(.invalidParameter, .execute, "the property \(key) must be a positive number: '\(text)'")
  }
}

extension IcebergSchema {
  /// The ids of the parts of lists and maps, by path: `tags.element`, `scores.key`.
  var elementFieldIDs: [String: Int] {
    var result: [String: Int] = [:]
    for field in fields { field.type.collectElementIDs(path: field.name, into: &result) }
    return result
  }

  /// The ids of all fields inside lists and maps.
  var repeatedFieldIDs: Set<Int> {
    var result: Set<Int> = []
    for field in fields { field.type.collectRepeatedIDs(into: &result) }
    return result
  }
}

extension IcebergType {
  fileprivate func collectElementIDs(path: String, into result: inout [String: Int]) {
    switch self {
    case .list(let id, let element, _):
      result[path + ".element"] = id
      element.collectElementIDs(path: path + ".element", into: &result)
    case .map(let keyID, let key, let valueID, let value, _):
      result[path + ".key"] = keyID
      result[path + ".value"] = valueID
      key.collectElementIDs(path: path + ".key", into: &result)
      value.collectElementIDs(path: path + ".value", into: &result)
    case .structure(let fields):
      for field in fields { field.type.collectElementIDs(path: path + "." + field.name, into: &result) }
    default: break
    }
  }

  fileprivate func collectRepeatedIDs(into result: inout Set<Int>) {
    switch self {
    case .list, .map: result.formUnion(allIDs)
    case .structure(let fields):
      for field in fields { field.type.collectRepeatedIDs(into: &result) }
    default: break
    }
  }
}
