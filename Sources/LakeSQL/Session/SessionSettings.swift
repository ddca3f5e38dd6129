import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakeFunctions
import LakePlan

/// The settings of a session, as `SET key=value` makes them.
///
/// Keys of LakeSQL are checked; keys of Hive and Spark that LakeSQL has no use for are kept, so that scripts run
/// unchanged.
struct SessionSettings {
  /// A key that LakeSQL acts on.
  struct Known: Sendable {
    let key: String
    /// Keys of Spark and Hive with the same meaning, in lower case.
    let aliases: [String]
    let initial: String
    let summary: String
  }

  static let known: [Known] = [
    Known(
      key: "lakesql.ansi", aliases: ["spark.sql.ansi.enabled"], initial: "true",
      summary: "errors on overflow and bad casts; false: NULL, as Hive"),
    Known(
      key: "lakesql.timezone", aliases: ["spark.sql.session.timezone"], initial: "UTC",
      summary: "the time zone in which timestamps are read and shown"),
    Known(
      key: "lakesql.threads", aliases: [], initial: "", summary: "threads that work on a query; empty: all processors"),
    Known(
      key: "lakesql.memory_limit", aliases: [], initial: "",
      summary: "memory a query may hold, such as 2GB; empty: 70 % of the machine"),
    Known(
      key: "lakesql.temp_directory", aliases: [], initial: "",
      summary: "folder of the temporary files of queries beyond the memory limit; empty: the system's"),
    Known(
      key: "lakesql.partition_overwrite", aliases: ["spark.sql.sources.partitionoverwritemode"], initial: "static",
      summary: "static: INSERT OVERWRITE without PARTITION replaces the table; dynamic: the partitions it writes"),
    Known(
      key: "lakesql.parquet_codec", aliases: ["spark.sql.parquet.compression.codec", "parquet.compression"],
      initial: "",
      summary: "the codec of Parquet files of tables that name none: zstd, snappy, gzip, lz4, brotli or uncompressed"),
    Known(
      key: "lakesql.batch_size", aliases: [], initial: "\(Batch.capacity)", summary: "rows a batch holds, for tests"),
    Known(
      key: "lakesql.forced_encoding", aliases: [], initial: "none",
      summary: "turns scanned vectors into dictionary or constant form, for tests"),
    Known(
      key: "lakesql.optimizer.disabled_rules", aliases: [], initial: "",
      summary: "names of optimizer rules to leave out, with commas"),
  ]

  private var values: [String: String] = [:]

  /// The value of a key; nil if it was never set and has no initial value.
  subscript(key: String) -> String? {
    let canonical = Self.canonical(key)
    return values[canonical] ?? Self.known.first { $0.key == canonical }?.initial
  }

  /// All keys with their values, sorted.
  var all: [(key: String, value: String)] {
    let keys = Set(Self.known.map(\.key)).union(values.keys)
    return keys.sorted().map { ($0, self[$0] ?? "") }
  }

  /// Everything that `${hiveconf:key}` may name.
  var substitutions: [String: String] { values }

  mutating func set(_ key: String, _ value: String) throws(QueryError) {
    let canonical = Self.canonical(key)
    if canonical.hasPrefix("lakesql."), !Self.known.contains(where: { $0.key == canonical }) {
      throw QueryError(
        .invalidParameter, .usage, "there is no setting \(key)",
        hint: NearestName.of(canonical, among: Self.known.map(\.key)).map { "did you mean \($0)?" })
    }
    let old = values[canonical]
    values[canonical] = Self.unquoted(value)
    do {
      try check()
    } catch {
      values[canonical] = old
      throw error
    }
  }

  mutating func reset(_ key: String?) {
    if let key { values[Self.canonical(key)] = nil } else { values = [:] }
  }

  private static func canonical(_ key: String) -> String {
    let lower = key.lowercased()
    return known.first { $0.aliases.contains(lower) }?.key ?? lower
  }

  private static func unquoted(_ value: String) -> String {
    guard value.count >= 2, let quote = value.first, quote == "'" || quote == "\"", value.last == quote else {
      return value
    }
    return String(value.dropFirst().dropLast())
  }

  private func check() throws(QueryError) {
    _ = try timeZone
    _ = try isANSI
    _ = try memoryLimit
    _ = try threads
    _ = try batchSize
    _ = try forcedEncoding
    _ = try overwritesDynamically
    _ = try disabledRules
    _ = try parquetCodec
  }
}

extension SessionSettings {
  var isANSI: Bool { get throws(QueryError) { try boolean("lakesql.ansi") } }

  var timeZone: TimeZoneRules { get throws(QueryError) { try TimeZoneRules.named(self["lakesql.timezone"] ?? "UTC") } }

  /// nil where the engine's own number holds.
  var threads: Int? {
    get throws(QueryError) { try number("lakesql.threads", 1...1024) }
  }

  var batchSize: Int {
    get throws(QueryError) { try number("lakesql.batch_size", 1...Batch.capacity) ?? Batch.capacity }
  }

  /// Bytes; nil where the engine's own limit holds.
  var memoryLimit: Int? {
    get throws(QueryError) {
      let text = self["lakesql.memory_limit"] ?? ""
      if text.isEmpty { return nil }
      if let bytes = Self.bytes(text) { return bytes }
      throw Self.invalid("lakesql.memory_limit", text, "a size such as 512MB or 2GB")
    }
  }

  /// The folder of temporary files.
  var temporaryDirectory: String {
    let folder = self["lakesql.temp_directory"] ?? ""
    return folder.isEmpty ? SpillFile.systemDirectory : folder
  }

  var overwritesDynamically: Bool {
    get throws(QueryError) {
      switch self["lakesql.partition_overwrite"]?.lowercased() {
      case "static": return false
      case "dynamic": return true
      default:
        throw Self.invalid("lakesql.partition_overwrite", self["lakesql.partition_overwrite"], "static or dynamic")
      }
    }
  }

  /// In lower case; nil where the tables' own or the usual one holds.
  var parquetCodec: String? {
    get throws(QueryError) {
      let name = (self["lakesql.parquet_codec"] ?? "").lowercased()
      if name.isEmpty { return nil }
      let known = ["zstd", "snappy", "gzip", "lz4", "lz4_raw", "brotli", "uncompressed", "none"]
      if known.contains(name) { return name }
      throw Self.invalid("lakesql.parquet_codec", name, "zstd, snappy, gzip, lz4, brotli or uncompressed")
    }
  }

  var forcedEncoding: ExecutionSettings.ForcedEncoding {
    get throws(QueryError) {
      switch self["lakesql.forced_encoding"] {
      case "none": return .none
      case "dictionary": return .dictionary
      case "constant": return .constant
      default:
        throw Self.invalid("lakesql.forced_encoding", self["lakesql.forced_encoding"], "none, dictionary or constant")
      }
    }
  }

  var disabledRules: Set<String> {
    get throws(QueryError) {
      let names = (self["lakesql.optimizer.disabled_rules"] ?? "").split { $0 == "," || $0 == " " }.map(String.init)
      for name in names where !Optimizer.optionalRuleNames.contains(name) {
        if Optimizer.requiredRuleNames.contains(name) {
          throw QueryError(
            .invalidParameter, .usage, "the optimizer rule \(name) cannot be disabled: plans do not run without it")
        }
        throw Self.invalid(
          "lakesql.optimizer.disabled_rules", name, Optimizer.optionalRuleNames.joined(separator: ", "))
      }
      return Set(names)
    }
  }

  private func boolean(_ key: String) throws(QueryError) -> Bool {
    switch self[key]?.lowercased() {
    case "true": return true
    case "false": return false
    default: throw Self.invalid(key, self[key], "true or false")
    }
  }

  private func number(_ key: String, _ range: ClosedRange<Int>) throws(QueryError) -> Int? {
    let text = self[key] ?? ""
    if text.isEmpty { return nil }
    if let value = Int(text), range.contains(value) { return value }
    throw Self.invalid(key, text, "a number from \(range.lowerBound) to \(range.upperBound)")
  }

  private static func invalid(_ key: String, _ value: String?, _ wanted: String) -> QueryError {
    QueryError(.invalidParameter, .usage, "\(key) takes \(wanted), not '\(value ?? "")'")
  }

  /// `512MB`, `2 GiB`, `1073741824` in bytes; nil for other text.
  static func bytes(_ text: String) -> Int? {
    let trimmed = text.uppercased().filter { $0 != " " }
    let digits = trimmed.prefix { $0.isNumber || $0 == "." }
    guard let value = Double(digits) else { return nil }
    let factors: [String: Double] = [
      "": 1, "B": 1, "K": 0x1p10, "KB": 0x1p10, "KIB": 0x1p10, "M": 0x1p20, "MB": 0x1p20, "MIB": 0x1p20, "G": 0x1p30,
      "GB": 0x1p30, "GIB": 0x1p30, "T": 0x1p40, "TB": 0x1p40, "TIB": 0x1p40,
    ]
    guard let factor = factors[String(trimmed.dropFirst(digits.count))] else { return nil }
    let bytes = value * factor
    return bytes >= 1 && bytes < 0x1p62 ? Int(bytes) : nil
  }
}
