import LakeCatalog
import LakeDiagnostics
import LakePlan
import LakeSyntax
import LakeTables
import LakeTypes

/// The text of a table's definition, for SHOW CREATE TABLE and DESCRIBE.
struct TableText {
  private let executor: StatementExecutor

  init(_ executor: StatementExecutor) { self.executor = executor }

  // MARK: SHOW CREATE TABLE

  func definition(_ table: ResolvedTable) throws(QueryError) -> String {
    switch table {
    case .managed(let table):
      var lines =
        ["CREATE TABLE \(Self.quoted(table.name)) ("] + Self.columns(table.schema.fields) + [")", "USING iceberg"]
      if !table.partitioning.isEmpty {
        lines.append("PARTITIONED BY (\(table.partitioning.map(Self.text).joined(separator: ", ")))")
      }
      return (lines + Self.tail(nil, Self.properties(of: table))).joined(separator: "\n")
    case .external(let table): return external(table.definition)
    case .view(let view):
      let names = view.schema.names.map(Self.quoted).joined(separator: ", ")
      return "CREATE VIEW \(Self.quoted(view.name)) (\(names)) AS\n\(view.sql)"
    }
  }

  private func external(_ table: ExternalTable) -> String {
    let keys = Set(table.partitionColumns)
    var lines = ["CREATE EXTERNAL TABLE \(Self.quoted(table.name)) ("]
    lines += Self.columns(table.schema.fields.filter { !keys.contains($0.name) })
    lines += [")", "USING \(table.format)"]
    if !table.options.isEmpty {
      let options = table.options.sorted { $0.key < $1.key }.map { "\(Self.string($0.key)) = \(Self.string($0.value))" }
      lines.append("OPTIONS (\(options.joined(separator: ", ")))")
    }
    let partitions = table.schema.fields.filter { keys.contains($0.name) }
    if !partitions.isEmpty {
      let text = partitions.map { "\(Self.quoted($0.name)) \(Self.text($0.type))" }
      lines.append("PARTITIONED BY (\(text.joined(separator: ", ")))")
    }
    lines.append("LOCATION \(Self.string(table.location))")
    return (lines + Self.tail(table.comment, table.properties)).joined(separator: "\n")
  }

  private static func columns(_ fields: [Field]) -> [String] {
    fields.enumerated().map { index, field in
      var line = "  \(quoted(field.name)) \(text(field.type))"
      line += constraints(field)
      if let value = field.writeDefault { line += " DEFAULT \(DefaultText.text(value, field.type))" }
      line += commented(field)
      return index == fields.count - 1 ? line : line + ","
    }
  }

  /// A type as statements spell it, with the names of fields as they are.
  private static func text(_ type: LogicalType) -> String {
    switch type {
    case .array(let element, _): "ARRAY<\(text(element))>"
    case .map(let key, let value, _): "MAP<\(text(key)), \(text(value))>"
    case .struct(let fields):
      "STRUCT<\(fields.map { "\(quoted($0.name)): \(text($0.type))\(constraints($0))\(commented($0))" }.joined(separator: ", "))>"
    default: type.description.uppercased()
    }
  }

  private static func constraints(_ field: Field) -> String { field.isNullable ? "" : " NOT NULL" }

  private static func commented(_ field: Field) -> String {
    field.comment.map { " COMMENT \(string($0))" } ?? ""
  }

  /// The properties that define a table like this one; the usual version of the format goes without saying.
  static func properties(of table: IcebergTable) -> [String: String] {
    var properties = table.properties
    if table.formatVersion > 2 { properties["format-version"] = "\(table.formatVersion)" }
    return properties
  }

  private static func tail(_ comment: String?, _ properties: [String: String]) -> [String] {
    var lines: [String] = []
    if let comment = comment ?? properties["comment"] { lines.append("COMMENT \(string(comment))") }
    let shown = properties.filter { $0.key != "comment" }.sorted { $0.key < $1.key }
    if !shown.isEmpty {
      lines.append("TBLPROPERTIES (\(shown.map { "\(string($0.key)) = \(string($0.value))" }.joined(separator: ", ")))")
    }
    return lines
  }

  private static func text(_ field: PartitionFieldDefinition) -> String {
    let column = quoted(field.sourceColumn)
    switch field.transform {
    case .identity: return column
    case .year: return "years(\(column))"
    case .month: return "months(\(column))"
    case .day: return "days(\(column))"
    case .hour: return "hours(\(column))"
    case .bucket(let count): return "bucket(\(count), \(column))"
    case .truncate(let width): return "truncate(\(width), \(column))"
    case .void: return "void(\(column))"
    case .unknown(let name): return "\(name)(\(column))"
    }
  }

  private static func quoted(_ name: TableName) -> String { "\(quoted(name.database)).\(quoted(name.table))" }

  private static func quoted(_ name: String) -> String { SQLPrinter.name(name) }

  private static func string(_ text: String) -> String { SQLPrinter.quoted(text) }

  // MARK: DESCRIBE

  func partitionLines(_ table: ResolvedTable) -> [[String?]] {
    switch table {
    case .managed(let table):
      table.partitioning.map { field in
        let type = table.schema.index(of: field.sourceColumn).map { table.schema[$0].type.description } ?? ""
        return [Self.text(field), type, nil]
      }
    case .external(let table):
      table.definition.schema.fields.filter { table.definition.partitionColumns.contains($0.name) }
        .map { [$0.name, $0.type.description, $0.comment] }
    case .view: []
    }
  }

  /// The columns that INSERT gives other values than NULL.
  static func defaultLines(_ schema: Schema) -> [[String?]] {
    schema.fields.compactMap { field in
      field.writeDefault.map { [field.name, field.type.description, DefaultText.text($0, field.type)] }
    }
  }

  func detailLines(_ table: ResolvedTable) -> [[String?]] {
    switch table {
    case .managed(let table):
      return details(
        table.name, "MANAGED", "iceberg", table.location, table.properties["comment"],
        Self.properties(of: table))
    case .external(let table):
      let definition = table.definition
      let lines = details(
        definition.name, "EXTERNAL", definition.format, definition.location, definition.comment, definition.properties)
      return definition.options.isEmpty ? lines : lines + [["Storage Properties", Self.list(definition.options), nil]]
    case .view(let view):
      return details(view.name, "VIEW", nil, nil, view.comment, view.properties) + [["View Text", view.sql, nil]]
    }
  }

  private func details(
    _ name: TableName, _ kind: String, _ provider: String?, _ location: String?, _ comment: String?,
    _ properties: [String: String]
  ) -> [[String?]] {
    var lines: [[String?]] = [
      ["Catalog", Metastore.catalogName, nil], ["Database", name.database, nil], ["Table", name.table, nil],
      ["Type", kind, nil],
    ]
    if let provider { lines.append(["Provider", provider, nil]) }
    if let comment { lines.append(["Comment", comment, nil]) }
    if let location { lines.append(["Location", location, nil]) }
    if !properties.isEmpty { lines.append(["Table Properties", Self.list(properties), nil]) }
    return lines
  }

  private static func list(_ properties: [String: String]) -> String {
    "[" + properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ") + "]"
  }
}
