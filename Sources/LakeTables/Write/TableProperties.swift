import LakeDiagnostics

/// Checks the properties of a table when they are set, so that no INSERT fails for them later.
enum TableProperties {
  /// The names under the namespaces of files, whether or not LakeSQL acts on them: a name close to one is misspelt.
  private static let known: [String: [String]] = [
    "write.format.": ["default"],
    "write.parquet.": [
      "compression-codec", "compression-level", "row-group-size-bytes", "page-size-bytes", "page-row-limit",
      "dict-size-bytes", "bloom-filter-max-bytes", "row-group-check-min-record-count",
      "row-group-check-max-record-count", "page-version", "shred-variants", "variant-inference-buffer-size",
    ],
    "parquet.": [
      "compression", "block.size", "block.row.count.limit", "page.size", "page.row.count.limit",
      "page.size.row.check.min",
      "page.size.row.check.max", "page.size.check.estimate", "page.write-checksum.enabled",
      "page.verify-checksum.enabled", "dictionary.page.size", "enable.dictionary", "enable.bytestreamsplit",
      "enable.summary-metadata", "writer.version", "writer.max-padding", "columnindex.truncate.length",
      "statistics.truncate.length", "statistics.enabled", "column.statistics.enabled", "size.statistics.enabled",
      "bloom.filter.enabled", "bloom.filter.expected.ndv", "bloom.filter.fpp", "bloom.filter.max.bytes",
      "bloom.filter.adaptive.enabled", "bloom.filter.candidates.number", "compression.codec.zstd.level",
      "compression.codec.zstd.workers", "compression.codec.zstd.bufferPool.enabled", "validation", "memory.pool.ratio",
      "memory.min.chunk.size", "strings.signed-min-max.enabled", "column.index.access",
      "mr.int96.enable.utc.write.zone",
    ],
  ]
  /// Names that go on with a column's.
  private static let perColumn: [String: [String]] = [
    "write.parquet.": [
      "bloom-filter-enabled.column.", "bloom-filter-fpp.column.", "bloom-filter-ndv.column.", "stats-enabled.column.",
    ]
  ]

  /// Throws for names that are misspelt among those that a statement sets, and for values of the whole that are wrong.
  static func check(_ set: [String: String], in all: [String: String]) throws(QueryError) {
    for key in set.keys.sorted() { try checkName(key) }
    _ = try ParquetSettings.options(all)
    guard let format = set["write.format.default"], format.lowercased() != "parquet" else { return }
    throw QueryError(
      .unsupported, .bind, "data files of tables cannot be written in the format \(format)", hint: "use parquet")
  }

  private static func checkName(_ key: String) throws(QueryError) {
    let lower = key.lowercased()
    guard let namespace = known.keys.filter({ lower.hasPrefix($0) }).max(by: { $0.utf8.count < $1.utf8.count }) else {
      return
    }
    let (name, column) = parts(String(key.dropFirst(namespace.count)))
    let names = column == nil ? known[namespace] ?? [] : perColumn[namespace] ?? []
    if key.hasPrefix(namespace), names.contains(name) { return }
    guard let near = NearestName.of(name, among: names) else { return }
    throw QueryError(
      .invalidParameter, .bind, "there is no table property \(key)",
      hint: "did you mean \(namespace)\(near)\(column ?? "")?")
  }

  /// A name without its namespace, apart from the column that follows it.
  private static func parts(_ name: String) -> (name: String, column: String?) {
    // parquet-java's properties of single columns have the names of those of all.
    if let sign = name.firstIndex(of: "#") { return (String(name[..<sign]), nil) }
    let words = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count == 3, words[0].contains("-") else { return (name, nil) }
    return (words[0...1].joined(separator: ".") + ".", String(words[2]))
  }
}
