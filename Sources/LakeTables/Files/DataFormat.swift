import LakeCatalog
import LakeDiagnostics
import LakeFileSystem
import LakeText

/// The format of the files of an external table or of a file query.
enum DataFormat: Sendable {
  case parquet
  case avro
  case text(TextFormat)

  /// Options that say which files to read rather than how; readers do not know them.
  private static let listingOptions: Set<String> = [
    "basepath", "recursivefilelookup", "mergeschema", "path", "format", "schema", "partitioncolumns",
  ]

  /// Finds a format by the name that USING, STORED AS or `read_files` give, with its options (any case).
  init(name: String, options: [String: String]) throws(QueryError) {
    var own: [String: String] = [:]
    for (key, value) in options where !Self.listingOptions.contains(key.lowercased()) { own[key] = value }
    switch name.lowercased() {
    case "parquet": self = .parquet
    case "avro": self = .avro
    case "csv": self = .text(.csv(try CSVOptions(sparkOptions: own)))
    case "json", "jsonl", "ndjson", "jsonfile": self = .text(.json(try JSONOptions(sparkOptions: own)))
    case "text": self = .text(.text)
    case "textfile": self = .text(.csv(try Self.hiveText(own)))
    case "orc": throw QueryError(.unsupported, .bind, "ORC files are not supported yet")
    default:
      throw QueryError(
        .unsupported, .bind, "the file format is not known: \(name)",
        hint: NearestName.of(name, among: ["parquet", "csv", "json", "text", "avro"]).map { "did you mean \($0)?" }
          ?? "known formats are parquet, csv, json, text and avro")
    }
  }

  /// The format that a file's ending tells, behind the one of its compression; nil where it tells none.
  static func name(ofFile path: String) -> String? {
    var parts = FilePath.lastComponent(path).lowercased().split(separator: ".", omittingEmptySubsequences: false)
    if let last = parts.last, parts.count > 1, ["gz", "zst", "bz2", "lz4", "snappy"].contains(last) {
      parts.removeLast()
    }
    guard parts.count > 1, let ending = parts.last else { return nil }
    switch ending {
    case "parquet", "parq", "pq": return "parquet"
    case "csv": return "csv"
    case "json", "jsonl", "ndjson": return "json"
    case "txt", "text", "log": return "text"
    case "avro": return "avro"
    case "orc": return "orc"
    default: return nil
    }
  }

  /// Refuses options that a query names for a format without any.
  func checkOptions(_ options: [String: String]) throws(QueryError) {
    switch self {
    case .parquet, .avro, .text(.text): break
    case .text: return
    }
    let known = ["format", "path", "schema", "basePath", "mergeSchema", "recursiveFileLookup"]
    for name in options.keys.sorted() where !Self.listingOptions.contains(name.lowercased()) {
      throw QueryError(
        .invalidParameter, .bind, "unknown \(self.name) option: \(name)",
        hint: NearestName.of(name, among: known).map { "did you mean \($0)?" })
    }
  }

  /// The format of an external table; Hive keeps the number of header lines in the table's properties.
  init(_ table: ExternalTable) throws(QueryError) {
    var options = table.options
    if let lines = table.properties["skip.header.line.count"] {
      switch table.format.lowercased() {
      case "textfile": options["skip.header.line.count"] = lines
      case "csv" where !options.keys.contains { $0.lowercased() == "header" }: options["skipRows"] = lines
      default: break
      }
    }
    try self.init(name: table.format, options: options)
  }

  /// Hive's `ROW FORMAT DELIMITED`, under the names of its SerDe properties.
  private static func hiveText(_ options: [String: String]) throws(QueryError) -> CSVOptions {
    var known: [String: String] = [:]
    for (key, value) in options { known[key.lowercased()] = value }
    func byte(_ key: String) throws(QueryError) -> UInt8? {
      guard let text = known[key], !text.isEmpty else { return nil }
      if text.utf8.count == 1 { return text.utf8.first }
      if let code = UInt8(text) { return code }
      throw QueryError(.invalidParameter, .bind, "the option \(key) must be one byte: \(text)")
    }
    return CSVOptions.hiveText(
      fieldDelimiter: (known["field.delim"] ?? known["serialization.format"]).map { Array($0.utf8) } ?? [1],
      collectionDelimiter: try collectionDelimiter(byte),
      mapKeyDelimiter: try byte("mapkey.delim") ?? 3, escape: try byte("escape.delim"),
      nullText: known["serialization.null.format"] ?? "\\N", lineDelimiter: known["line.delim"].map { Array($0.utf8) },
      skipHeaderLines: known["skip.header.line.count"].flatMap { Int($0) } ?? 0)
  }

  /// Hive itself misspells the name of this property.
  private static func collectionDelimiter(
    _ byte: (String) throws(QueryError) -> UInt8?
  ) throws(QueryError) -> UInt8 {
    if let delimiter = try byte("collection.delim") { return delimiter }
    return try byte("colelction.delim") ?? 2
  }

  /// What EXPLAIN and DESCRIBE call the format.
  var name: String {
    switch self {
    case .parquet: "parquet"
    case .avro: "avro"
    case .text(.csv): "csv"
    case .text(.json): "json"
    case .text(.text): "text"
    }
  }

  /// Bytes that a row takes in a file, as a rule of thumb for planning.
  var typicalRowSize: Int {
    switch self {
    case .parquet: 30
    case .avro: 60
    case .text(.csv), .text(.text): 80
    case .text(.json): 250
    }
  }
}
