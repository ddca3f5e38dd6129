extension SQLWriter {
  mutating func write(_ query: Query) {
    if let with = query.with { write(with) }
    write(query.body)
    items("ORDER BY", query.orderBy)
    expressions("CLUSTER BY", query.clusterBy)
    expressions("DISTRIBUTE BY", query.distributeBy)
    items("SORT BY", query.sortBy)
    clause("LIMIT", query.limit)
    clause("OFFSET", query.offset)
  }

  private mutating func items(_ keywords: String, _ items: [SortItem]) {
    if items.isEmpty { return }
    word(keywords)
    write(items)
  }

  private mutating func expressions(_ keywords: String, _ expressions: [Expression]) {
    if expressions.isEmpty { return }
    word(keywords)
    write(expressions)
  }

  mutating func write(_ with: With) {
    word(with.isRecursive ? "WITH RECURSIVE" : "WITH")
    list(with.tables) { writer, table in
      writer.write(table.name)
      if !table.columns.isEmpty { writer.write(table.columns) }
      if let level = table.maximumLevel {
        writer.word("MAX RECURSION LEVEL")
        writer.write(level)
      }
      writer.word("AS")
      writer.parenthesized([table.query]) { $0.write($1) }
    }
  }

  private mutating func write(_ body: QueryBody) {
    switch body {
    case .select(let select): write(select)
    case .values(let values): write(values)
    case .table(let name):
      word("TABLE")
      write(name)
    case .query(let query): parenthesized([query]) { $0.write($1) }
    case .setOperation(let first, let rest):
      write(first)
      for term in rest {
        word(term.operation.rawValue)
        if term.isAll { word("ALL") }
        write(term.body)
      }
    }
  }

  private mutating func write(_ values: Values) {
    word("VALUES")
    list(values.rows) { writer, row in writer.parenthesized(row) { $0.write($1) } }
  }

  mutating func write(_ select: Select) {
    word("SELECT")
    if !select.hints.isEmpty { write(select.hints) }
    if select.isDistinct { word("DISTINCT") }
    list(select.items) { $0.write($1) }
    if !select.from.isEmpty {
      word("FROM")
      list(select.from) { $0.write($1) }
    }
    write(select.lateralViews)
    clause("WHERE", select.filter)
    if let groupBy = select.groupBy { write(groupBy) }
    clause("HAVING", select.having)
    clause("QUALIFY", select.qualify)
    if select.windows.isEmpty { return }
    word("WINDOW")
    list(select.windows) { writer, window in
      writer.write(window.name)
      writer.word("AS")
      writer.write(window.window)
    }
  }

  private mutating func write(_ item: SelectItem) {
    write(item.expression)
    if item.aliases.isEmpty { return }
    word("AS")
    if item.aliases.count == 1 { write(item.aliases[0]) } else { write(item.aliases) }
  }

  private mutating func write(_ hints: [Hint]) {
    word("/*+")
    list(hints) { writer, hint in
      writer.write(hint.name)
      if !hint.arguments.isEmpty { writer.parenthesized(hint.arguments, isTight: true) { $0.write($1) } }
    }
    word("*/")
  }

  // MARK: GROUP BY

  private mutating func write(_ groupBy: GroupBy) {
    word("GROUP BY")
    switch groupBy {
    case .all: word("ALL")
    case .elements(let elements): list(elements) { $0.write($1) }
    }
  }

  private mutating func write(_ element: GroupingElement) {
    switch element {
    case .expression(let expression): write(expression)
    case .rollup(let levels):
      word("ROLLUP")
      parenthesized(levels) { $0.grouping($1) }
    case .cube(let levels):
      word("CUBE")
      parenthesized(levels) { $0.grouping($1) }
    case .groupingSets(let sets):
      word("GROUPING SETS")
      parenthesized(sets) { writer, set in
        switch set {
        case .columns(let columns): writer.grouping(columns)
        case .nested(let element): writer.write(element)
        }
      }
    }
  }

  private mutating func grouping(_ columns: [Expression]) {
    if columns.count == 1 { write(columns[0]) } else { parenthesized(columns) { $0.write($1) } }
  }

  // MARK: FROM

  mutating func write(_ views: [LateralView]) {
    for view in views {
      word(view.isOuter ? "LATERAL VIEW OUTER" : "LATERAL VIEW")
      write(view.function)
      parenthesized(view.arguments, isTight: true) { $0.write($1) }
      write(view.table)
      if view.columns.isEmpty { continue }
      word("AS")
      list(view.columns) { $0.write($1) }
    }
  }

  mutating func write(_ table: TableReference) {
    if case .joined(let first, let rest) = table.kind, table.alias == nil, table.sample == nil {
      joins(first, rest)
    } else {
      primary(table)
    }
  }

  private mutating func joins(_ first: TableReference, _ rest: [Join]) {
    primary(first)
    for join in rest {
      if case .natural = join.condition { word("NATURAL") }
      word("\(join.kind.rawValue) JOIN")
      primary(join.table)
      switch join.condition {
      case .none, .natural: break
      case .on(let condition): clause("ON", condition)
      case .using(let columns):
        word("USING")
        write(columns)
      }
    }
  }

  /// Writes a table so that a join can follow.
  mutating func primary(_ table: TableReference) {
    switch table.kind {
    case .named(let name, let version):
      write(name)
      if let version { write(version) }
    case .function(let function):
      if function.isLateral { word("LATERAL") }
      write(function.name)
      parenthesized(function.arguments, isTight: true) { $0.write($1) }
    case .subquery(let query, let isLateral):
      if isLateral { word("LATERAL") }
      parenthesized([query]) { $0.write($1) }
    case .values(let values): write(values)
    case .joined(let first, let rest):
      open()
      joins(first, rest)
      close()
    }
    if let sample = table.sample { write(sample) }
    if let alias = table.alias { write(alias) }
  }

  mutating func write(_ alias: TableAlias) {
    word("AS")
    write(alias.name)
    if !alias.columns.isEmpty { write(alias.columns) }
  }

  private mutating func write(_ version: TimeTravel) {
    switch version {
    case .version(let moment):
      word("VERSION AS OF")
      value(moment)
    case .timestamp(let moment):
      word("TIMESTAMP AS OF")
      value(moment)
    }
  }

  private mutating func write(_ sample: TableSample) {
    word("TABLESAMPLE")
    open()
    switch sample.method {
    case .percent(let amount):
      value(amount)
      word("PERCENT")
    case .rows(let amount):
      value(amount)
      word("ROWS")
    case .bucket(let bucket, let count): word("BUCKET \(bucket) OUT OF \(count)")
    }
    close()
  }
}
