import LakeCatalog
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeSyntax
import LakeTables
import LakeTypes

extension StatementExecutor {
  func run(_ show: Show) throws(QueryError) -> StatementCompletion {
    switch show {
    case .databases(let pattern):
      return names("namespace", try transaction.databases().map(\.name), pattern)
    case .tables(let database, let pattern): return try tables(in: database, pattern)
    case .views(let database, let pattern): return try views(in: database, pattern)
    case .partitions(let name, let spec): return try partitions(of: name, spec)
    case .columns(let name):
      return textRows("col_name", try columns(of: name).names)
    case .createTable(let name):
      return textRows("createtab_stmt", [try TableText(self).definition(try resolve(name))])
    case .tableProperties(let name, let key): return try properties(of: name, key)
    case .functions(let pattern): return functions(pattern)
    case .currentDatabase:
      return rows(
        Schema([Field("catalog", .string), Field("namespace", .string)]),
        [[.string(Metastore.catalogName), .string(core.currentDatabase)]])
    }
  }

  private func names(_ column: String, _ all: [String], _ pattern: String?) -> StatementCompletion {
    textRows(column, all.filter { NamePattern(pattern).matches($0) })
  }

  private func tables(in name: QualifiedName?, _ pattern: String?) throws(QueryError) -> StatementCompletion {
    let database = try name.map { (name) throws(QueryError) in try databaseName(name) } ?? core.currentDatabase
    let matcher = NamePattern(pattern)
    var result: [[LakeTypes.Literal]] = []
    for listing in try transaction.tables(in: database) where matcher.matches(listing.name.table) {
      result.append([.string(listing.name.database), .string(listing.name.table), .boolean(false)])
    }
    return relationRows("tableName", result, name == nil ? matcher : nil)
  }

  private var temporaryViewNames: [String] { core.temporaryViews.values.map { $0.name[0] }.sorted() }

  private func views(in name: QualifiedName?, _ pattern: String?) throws(QueryError) -> StatementCompletion {
    let database = try name.map { (name) throws(QueryError) in try databaseName(name) } ?? core.currentDatabase
    let matcher = NamePattern(pattern)
    var result: [[LakeTypes.Literal]] = []
    for listing in try transaction.tables(in: database)
    where listing.kind == .view && matcher.matches(listing.name.table) {
      result.append([.string(listing.name.database), .string(listing.name.table), .boolean(false)])
    }
    return relationRows("viewName", result, name == nil ? matcher : nil)
  }

  /// Rows of stored tables or views, and behind them the temporary views whose names match.
  private func relationRows(
    _ column: String, _ stored: [[LakeTypes.Literal]], _ temporary: NamePattern?
  ) -> StatementCompletion {
    let names = temporary.map { matcher in temporaryViewNames.filter(matcher.matches) } ?? []
    return rows(
      Schema([
        Field("namespace", .string, isNullable: false), Field(column, .string, isNullable: false),
        Field("isTemporary", .boolean, isNullable: false),
      ]), stored + names.map { [.string(""), .string($0), .boolean(true)] })
  }

  private func partitions(of name: QualifiedName, _ spec: PartitionSpec?) throws(QueryError) -> StatementCompletion {
    let full = try tableName(name)
    _ = try resolve(name)
    let all = try located(name.span) { () throws(QueryError) in try transaction.partitions(of: full) }
    guard let spec else { return textRows("partition", all) }
    let wanted = try partitionValues(spec, of: full).map { "\($0)=\(Value($1, .void))".lowercased() }
    return textRows(
      "partition",
      all.filter { partition in
        let parts = Set(partition.lowercased().split(separator: "/").map(String.init))
        return wanted.allSatisfy(parts.contains)
      })
  }

  /// The columns of a table or view, temporary ones included.
  func columns(of name: QualifiedName) throws(QueryError) -> Schema {
    if name.parts.count == 1, core.temporaryViews[name.last.name.lowercased()] != nil {
      let select = LakeSyntax.Query(body: .table(name), span: name.span)
      return try binder().bind(select).schema
    }
    switch try resolve(name) {
    case .managed(let table): return table.schema
    case .external(let table): return table.definition.schema
    case .view(let view): return view.schema
    }
  }

  private func properties(of name: QualifiedName, _ key: String?) throws(QueryError) -> StatementCompletion {
    let all: [String: String]
    switch try resolve(name) {
    case .managed(let table): all = TableText.properties(of: table)
    case .external(let table): all = table.definition.properties
    case .view(let view): all = view.properties.filter { !ViewQueryColumns.isOwn($0.key) }
    }
    let shown = all.filter { key == nil || $0.key == key }.sorted { $0.key < $1.key }
    return rows(
      Schema([Field("key", .string, isNullable: false), Field("value", .string, isNullable: false)]),
      shown.map { [.string($0.key), .string($0.value)] })
  }

  private func functions(_ pattern: String?) -> StatementCompletion {
    let all =
      FunctionRegistry.scalars.flatMap { [$0.name] + $0.aliases }
      + FunctionRegistry.aggregates.flatMap { [$0.name] + $0.aliases } + FunctionRegistry.windows.map(\.name)
      + FunctionRegistry.generators.map(\.name) + TableFunctionRecord.all.map(\.name)
    return names("function", Set(all).sorted(), pattern)
  }
}

/// The pattern of SHOW ... LIKE: `*` stands for any text, `|` between alternatives; case is ignored.
struct NamePattern {
  private let alternatives: [[Character]]?

  init(_ pattern: String?) {
    alternatives = pattern.map { text in
      text.lowercased().split(separator: "|", omittingEmptySubsequences: false).map {
        Array($0.map { $0 == "%" ? "*" : $0 })
      }
    }
  }

  func matches(_ name: String) -> Bool {
    guard let alternatives else { return true }
    let text = Array(name.lowercased())
    return alternatives.contains { Self.matches($0[...], text[...]) }
  }

  /// Only the last `*` passed is ever tried again with more text, so the time is at most that of text times pattern.
  private static func matches(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
    var pattern = pattern
    var text = text
    var retry: (pattern: ArraySlice<Character>, text: ArraySlice<Character>)?
    while true {
      if let first = pattern.first, first == "*" {
        pattern = pattern.dropFirst()
        retry = (pattern, text)
      } else if let first = pattern.first, first == text.first {
        (pattern, text) = (pattern.dropFirst(), text.dropFirst())
      } else if pattern.isEmpty, text.isEmpty {
        return true
      } else if let last = retry, !last.text.isEmpty {
        (pattern, text) = (last.pattern, last.text.dropFirst())
        retry = (pattern, text)
      } else {
        return false
      }
    }
  }
}
