import LakeCatalog
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeSyntax
import LakeTables
import LakeTypes

extension StatementExecutor {
  func run(_ statement: Describe) throws(QueryError) -> StatementCompletion {
    switch statement {
    case .table(let name, let column, let detail):
      if let column { return try describe(column, of: name) }
      return try describe(name, isDetailed: detail != .plain)
    case .database(let name, let detail): return try describe(database: name, isDetailed: detail != .plain)
    case .function(let name, _): return try describe(function: name)
    case .query(let query): return columnRows(Self.lines(try binder().bind(query).schema))
    }
  }

  private func columnRows(_ lines: [[String?]]) -> StatementCompletion {
    rows(
      Schema([
        Field("col_name", .string, isNullable: false), Field("data_type", .string, isNullable: false),
        Field("comment", .string),
      ]), lines.map { line in line.map { $0.map { .string($0) } ?? .null } })
  }

  private static func lines(_ schema: Schema) -> [[String?]] {
    schema.fields.map { [$0.name, $0.type.description, $0.comment] }
  }

  private func describe(_ name: QualifiedName, isDetailed: Bool) throws(QueryError) -> StatementCompletion {
    var lines = Self.lines(try columns(of: name))
    if name.parts.count == 1, core.temporaryViews[name.last.name.lowercased()] != nil { return columnRows(lines) }
    let table = try resolve(name)
    let text = TableText(self)
    let partitions = text.partitionLines(table)
    if !partitions.isEmpty {
      lines += [["# Partition Information", "", ""], ["# col_name", "data_type", "comment"]] + partitions
    }
    let defaults = TableText.defaultLines(try columns(of: name))
    if !defaults.isEmpty {
      lines += [["# Column Default Values", "", ""], ["# col_name", "data_type", "default"]] + defaults
    }
    if isDetailed { lines += [["", "", ""], ["# Detailed Table Information", "", ""]] + text.detailLines(table) }
    return columnRows(lines)
  }

  private func describe(_ column: QualifiedName, of name: QualifiedName) throws(QueryError) -> StatementCompletion {
    let schema = try columns(of: name)
    guard let index = schema.index(of: column.last.name) else {
      throw QueryError(
        .unresolvedColumn, .bind, "\(name.text) has no column \(column.text)", span: column.span,
        hint: NearestName.of(column.last.name, among: schema.names).map { "did you mean \($0)?" })
    }
    return keyRows(
      "info_name", "info_value",
      [
        ("col_name", schema[index].name), ("data_type", schema[index].type.description),
        ("comment", schema[index].comment ?? "NULL"),
      ])
  }

  private func describe(database name: QualifiedName, isDetailed: Bool) throws(QueryError) -> StatementCompletion {
    let wanted = try databaseName(name)
    guard let database = try transaction.database(wanted) else {
      let known = try transaction.databases().map(\.name)
      throw QueryError(
        .schemaNotFound, .catalog, "there is no database \(wanted)", span: name.span,
        hint: NearestName.of(wanted, among: known).map { "did you mean \($0)?" })
    }
    var lines = [
      ("Catalog Name", Metastore.catalogName), ("Namespace Name", database.name),
      ("Comment", database.comment ?? ""), ("Location", database.location),
    ]
    if isDetailed {
      let properties = database.properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      lines.append(("Properties", properties.joined(separator: ", ")))
    }
    return keyRows("info_name", "info_value", lines)
  }

  private func keyRows(_ key: String, _ value: String, _ lines: [(String, String)]) -> StatementCompletion {
    rows(
      Schema([Field(key, .string, isNullable: false), Field(value, .string, isNullable: false)]),
      lines.map { [.string($0.0), .string($0.1)] })
  }

  private func describe(function name: String) throws(QueryError) -> StatementCompletion {
    let records: [(String, String, String)?] = [
      FunctionRegistry.scalar(name).map { ($0.signature, $0.summary, $0.example) },
      FunctionRegistry.aggregate(name).map { ($0.signature, $0.summary, $0.example) },
      FunctionRegistry.window(name).map { ($0.signature, $0.summary, $0.example) },
      FunctionRegistry.generator(name).map { ($0.signature, $0.summary, $0.example) },
      TableFunctionRecord.named(name).map { ($0.signature, $0.summary, $0.example) },
    ]
    guard let (signature, summary, example) = records.compactMap({ $0 }).first else {
      throw FunctionRegistry.unknown(name)
    }
    return textRows("function_desc", ["Function: \(name)", "Usage: \(signature)", summary, "Example:", example])
  }
}
