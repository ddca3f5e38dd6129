import LakeDiagnostics
import LakeSyntax

/// The file format of a table in the Hive layout, with the reader's options.
struct ExternalFormat {
  /// `parquet`, `csv`, `json`, `text`, `avro`, `orc`.
  var name: String
  var options: [String: String]

  /// The format of a definition; nil if it defines a managed table.
  ///
  /// EXTERNAL, a LOCATION with a file format, and the text formats make a table in the Hive layout. `STORED AS
  /// PARQUET` and `USING parquet` alone make a managed table: its data files are Parquet.
  init?(_ create: CreateTable) throws(QueryError) {
    let written = try Self.format(create)
    let isHiveLayout =
      create.isExternal || (written != nil && (create.location != nil || !["parquet", "orc"].contains(written)))
    guard isHiveLayout else { return nil }
    if create.isExternal, create.location == nil {
      throw QueryError(
        .invalidTableDefinition, .plan, "an external table needs LOCATION", span: create.name.span)
    }
    name = written ?? (create.rowFormat == nil ? "parquet" : "csv")
    options = Dictionary(create.options.map { ($0.key.lowercased(), $0.value) }) { _, last in last }
    if case .storedAs? = create.storage, name == "csv" { try addHiveOptions(create) }
    else if create.storage == nil, name == "csv" { try addHiveOptions(create) }
    for property in create.properties where Self.textProperties.contains(property.key.lowercased()) {
      options[property.key.lowercased()] = property.value
    }
  }

  private static let textProperties: Set<String> = [
    "skip.header.line.count", "serialization.null.format", "field.delim", "timestamp.formats",
  ]

  private static func format(_ create: CreateTable) throws(QueryError) -> String? {
    if case .serde(let name, _)? = create.rowFormat { return try serde(name, create) }
    switch create.storage {
    case nil: return create.rowFormat == nil ? nil : "csv"
    case .using(let name): return try known(name, create)
    case .storedAs(let name): return try known(name, create)
    case .storedBy(let name) where name.lowercased().contains("iceberg"): return nil
    case .storedBy(let name):
      throw QueryError(.unsupported, .plan, "STORED BY \(name) is not supported", span: create.name.span)
    case .storedAsClasses(let input, _): return try inputClass(input, create)
    }
  }

  private static func known(_ name: String, _ create: CreateTable) throws(QueryError) -> String? {
    switch name.lowercased() {
    case "iceberg": return nil
    case "textfile", "csv", "tsv": return "csv"
    case "json", "jsonfile": return "json"
    case "text": return "text"
    case "parquet", "orc", "avro": return name.lowercased()
    default:
      throw QueryError(
        .unsupported, .plan, "there is no table format \(name)", span: create.name.span,
        hint: NearestName.of(name, among: ["iceberg", "parquet", "csv", "json", "text", "textfile", "avro", "orc"])
          .map { "did you mean \($0)?" })
    }
  }

  private static func serde(_ name: String, _ create: CreateTable) throws(QueryError) -> String {
    let lower = name.lowercased()
    if lower.contains("json") { return "json" }
    if lower.contains("csv") || lower.contains("lazysimple") { return "csv" }
    if lower.contains("parquet") { return "parquet" }
    throw QueryError(.unsupported, .plan, "the SerDe \(name) is not supported", span: create.name.span)
  }

  private static func inputClass(_ name: String, _ create: CreateTable) throws(QueryError) -> String {
    let lower = name.lowercased()
    for (part, format) in [("parquet", "parquet"), ("text", "csv"), ("orc", "orc"), ("avro", "avro")]
    where lower.contains(part) {
      return format
    }
    throw QueryError(.unsupported, .plan, "the input format \(name) is not supported", span: create.name.span)
  }

  /// Hive's text files: control characters between fields, `\N` for NULL, unless ROW FORMAT says otherwise.
  private mutating func addHiveOptions(_ create: CreateTable) throws(QueryError) {
    options["lakesql.hive_text"] = "true"
    switch create.rowFormat {
    case .delimited(let delimiters)?:
      if let text = delimiters.fields { options["field.delim"] = text }
      if let text = delimiters.collectionItems { options["collection.delim"] = text }
      if let text = delimiters.mapKeys { options["mapkey.delim"] = text }
      if let text = delimiters.lines { options["line.delim"] = text }
      if let text = delimiters.escape { options["escape.delim"] = text }
      if let text = delimiters.nullText { options["serialization.null.format"] = text }
    case .serde(let name, let properties)?:
      if name.lowercased().contains("opencsv") {
        options["lakesql.hive_text"] = nil
        for property in properties { options[Self.openCSVOption(property.key)] = property.value }
      } else {
        for property in properties { options[property.key.lowercased()] = property.value }
      }
    case nil: break
    }
  }

  private static func openCSVOption(_ key: String) -> String {
    switch key.lowercased() {
    case "separatorchar": "sep"
    case "quotechar": "quote"
    case "escapechar": "escape"
    default: key.lowercased()
    }
  }
}
