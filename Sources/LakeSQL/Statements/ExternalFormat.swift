import LakeDiagnostics
import LakeSyntax

/// The file format of a table in the Hive layout, with the reader's options.
struct ExternalFormat {
  /// `parquet`, `csv`, `json`, `text`, `textfile`, `avro`.
  var name: String
  var options: [String: String]

  /// The format of a definition; nil if it defines a managed table.
  ///
  /// EXTERNAL, a LOCATION with a file format, and the text formats make a table in the Hive layout. `STORED AS
  /// PARQUET` and `USING parquet` alone make a managed table: its data files are Parquet.
  init?(_ create: CreateTable) throws(QueryError) {
    let written = try Self.format(create)
    let isHiveLayout =
      create.isExternal || (written != nil && (create.location != nil || written != "parquet"))
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
    case .using(let name), .storedAs(let name): return try withoutDelimiters(try known(name, create), create)
    case .storedBy(let name) where name.lowercased().contains("iceberg"): return nil
    case .storedBy(let name):
      throw QueryError(.unsupported, .plan, "STORED BY \(name) is not supported", span: create.name.span)
    case .storedAsClasses(let input, _): return try inputClass(input, create)
    }
  }

  /// ROW FORMAT DELIMITED describes lines of text and nothing else.
  private static func withoutDelimiters(_ format: String?, _ create: CreateTable) throws(QueryError) -> String? {
    guard create.rowFormat != nil, format != "textfile" else { return format }
    throw QueryError(
      .invalidTableDefinition, .plan,
      "ROW FORMAT DELIMITED goes with STORED AS TEXTFILE only, not with \(format ?? "iceberg")", span: create.name.span)
  }

  private static func orc(_ create: CreateTable) -> QueryError {
    QueryError(
      .unsupported, .plan, "tables of ORC files are not supported", span: create.name.span, hint: "use PARQUET")
  }

  private static func known(_ name: String, _ create: CreateTable) throws(QueryError) -> String? {
    switch name.lowercased() {
    case "iceberg": return nil
    case "textfile": return "textfile"
    case "csv": return "csv"
    case "json", "jsonfile": return "json"
    case "text": return "text"
    case "parquet", "avro": return name.lowercased()
    case "orc": throw orc(create)
    default:
      throw QueryError(
        .unsupported, .plan, "there is no table format \(name)", span: create.name.span,
        hint: NearestName.of(name, among: ["iceberg", "parquet", "csv", "json", "text", "textfile", "avro"])
          .map { "did you mean \($0)?" })
    }
  }

  private static func serde(_ name: String, _ create: CreateTable) throws(QueryError) -> String {
    let lower = name.lowercased()
    if lower.contains("json") { return "json" }
    if lower.contains("opencsv") { return "csv" }
    if lower.contains("lazysimple") { return "textfile" }
    if lower.contains("parquet") { return "parquet" }
    if lower.contains("orc") { throw orc(create) }
    throw QueryError(.unsupported, .plan, "the SerDe \(name) is not supported", span: create.name.span)
  }

  private static func inputClass(_ name: String, _ create: CreateTable) throws(QueryError) -> String {
    let lower = name.lowercased()
    if lower.contains("orc") { throw orc(create) }
    for (part, format) in [("parquet", "parquet"), ("text", "textfile"), ("avro", "avro")]
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

  /// The properties of a table whose files are Parquet, with what OPTIONS say of them; `codecKey` is the name of the
  /// codec's property. A managed table has no other place for options than its properties.
  static func parquetProperties(
    _ create: CreateTable, codecKey: String, isManaged: Bool
  ) throws(QueryError) -> [String: String] {
    var result = StatementExecutor.dictionary(create.properties)
    for option in create.options {
      switch option.key.lowercased() {
      case "compression": result[codecKey] = option.value
      case "path" where isManaged:
        throw QueryError(
          .unsupported, .plan, "the option path is not supported for this table", span: create.name.span,
          hint: "use LOCATION")
      case let key where isManaged || key.hasPrefix("parquet.") || key.hasPrefix("write.parquet."):
        result[option.key] = option.value
      default: break
      }
    }
    return result
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
