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
    name = written ?? "parquet"
    options = Dictionary(create.options.map { ($0.key.lowercased(), $0.value) }) { _, last in last }
    if name == "textfile" { addDelimiters(create) }
    if case .serde(let serde, let properties)? = create.rowFormat { addProperties(serde, properties) }
    for property in create.properties { addTextProperty(property) }
  }

  /// Hive keeps some of a text file's options among the table's properties.
  private mutating func addTextProperty(_ property: Property) {
    let key = property.key.lowercased()
    switch (key, name) {
    case ("skip.header.line.count", "csv"): options["skiprows"] = property.value
    case ("skip.header.line.count", "textfile"), ("serialization.null.format", "textfile"):
      options[key] = property.value
    default: break
    }
  }

  private static func format(_ create: CreateTable) throws(QueryError) -> String? {
    if case .serde(let name, _)? = create.rowFormat { return try serde(name, create) }
    switch create.storage {
    case nil: return create.rowFormat == nil ? nil : "textfile"
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
    case "textfile": return "textfile"
    case "csv": return "csv"
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
    if lower.contains("opencsv") { return "csv" }
    if lower.contains("lazysimple") { return "textfile" }
    if lower.contains("parquet") { return "parquet" }
    throw QueryError(.unsupported, .plan, "the SerDe \(name) is not supported", span: create.name.span)
  }

  private static func inputClass(_ name: String, _ create: CreateTable) throws(QueryError) -> String {
    let lower = name.lowercased()
    for (part, format) in [("parquet", "parquet"), ("text", "textfile"), ("orc", "orc"), ("avro", "avro")]
    where lower.contains(part) {
      return format
    }
    throw QueryError(.unsupported, .plan, "the input format \(name) is not supported", span: create.name.span)
  }

  /// The delimiters of ROW FORMAT; Hive's control characters hold where it names none.
  private mutating func addDelimiters(_ create: CreateTable) {
    guard case .delimited(let delimiters)? = create.rowFormat else { return }
    let named = [
      "field.delim": delimiters.fields, "collection.delim": delimiters.collectionItems,
      "mapkey.delim": delimiters.mapKeys, "line.delim": delimiters.lines, "escape.delim": delimiters.escape,
      "serialization.null.format": delimiters.nullText,
    ]
    for (key, text) in named { if let text { options[key] = text } }
  }

  private mutating func addProperties(_ serde: String, _ properties: [Property]) {
    let isOpenCSV = serde.lowercased().contains("opencsv")
    for property in properties {
      options[isOpenCSV ? Self.openCSVOption(property.key) : property.key.lowercased()] = property.value
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
