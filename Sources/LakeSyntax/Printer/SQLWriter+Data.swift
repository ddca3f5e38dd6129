extension SQLWriter {
  mutating func dataStatement(_ kind: StatementKind) {
    switch kind {
    case .insert(let insert): write(insert)
    case .multiInsert(let insert):
      if let with = insert.with { write(with) }
      word("FROM")
      list(insert.from) { $0.write($1) }
      write(insert.lateralViews)
      for part in insert.inserts { write(part) }
    case .merge(let merge): write(merge)
    case .update(let update): write(update)
    case .delete(let delete):
      if let with = delete.with { write(with) }
      word("DELETE FROM")
      write(delete.table)
      if let alias = delete.alias { write(alias) }
      clause("WHERE", delete.filter)
    default: break
    }
  }

  private mutating func write(_ insert: Insert) {
    let target = insert.target
    if case .overwrite = target.mode { word("INSERT OVERWRITE TABLE") } else { word("INSERT INTO TABLE") }
    write(target.table)
    if case .replaceWhere(let condition) = target.mode {
      if target.isByName { word("BY NAME") }
      word("REPLACE WHERE")
      parenthesized([condition]) { $0.write($1) }
    } else {
      if let partition = target.partition { write(partition) }
      if target.ifNotExists { word("IF NOT EXISTS") }
      if target.isByName { word("BY NAME") }
      if !target.columns.isEmpty { write(target.columns) }
    }
    write(insert.query)
  }

  private mutating func write(_ update: Update) {
    if let with = update.with { write(with) }
    word("UPDATE")
    write(update.table)
    if let alias = update.alias { write(alias) }
    word("SET")
    write(update.assignments)
    clause("WHERE", update.filter)
  }

  private mutating func write(_ assignments: [Assignment]) {
    list(assignments) { writer, assignment in
      writer.write(assignment.column)
      writer.word("=")
      writer.write(assignment.value)
    }
  }

  private mutating func write(_ merge: Merge) {
    if let with = merge.with { write(with) }
    word("MERGE INTO")
    write(merge.target)
    if let alias = merge.alias { write(alias) }
    word("USING")
    primary(merge.source)
    clause("ON", merge.condition)
    for clause in merge.clauses { write(clause) }
  }

  private mutating func write(_ clause: MergeClause) {
    word("WHEN \(clause.kind.rawValue)")
    self.clause("AND", clause.condition)
    word("THEN")
    switch clause.action {
    case .updateAll: word("UPDATE SET *")
    case .update(let assignments):
      word("UPDATE SET")
      write(assignments)
    case .delete: word("DELETE")
    case .insertAll: word("INSERT *")
    case .insert(let columns, let values):
      word("INSERT")
      if !columns.isEmpty { parenthesized(columns) { $0.write($1) } }
      word("VALUES")
      parenthesized(values) { $0.write($1) }
    }
  }
}
