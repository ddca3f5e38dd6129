import LakeCatalog
import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakePlan
import LakeSyntax
import LakeTables
import LakeTypes

extension StatementExecutor {
  // MARK: INSERT

  func run(_ insert: Insert) throws(QueryError) -> StatementCompletion {
    .affected(try write(insert, try binder().bind(try withDefaults(insert))))
  }

  /// The query of an INSERT with the defaults of columns for the word DEFAULT.
  func withDefaults(_ insert: Insert) throws(QueryError) -> Query {
    guard DefaultSubstitution.isNeeded(by: insert.query) else { return insert.query }
    return try DefaultSubstitution(insert.target, try target(insert.target.table)).apply(to: insert.query)
  }

  /// All inserts are parts of this statement's transaction: they commit together.
  func run(_ insert: MultiInsert) throws(QueryError) -> StatementCompletion {
    let rows = try binder().bindRows(of: insert)
    guard rows.mustShareSource else {
      var affected = 0
      for (part, plan) in zip(insert.inserts, rows.parts) { affected += try write(part, plan) }
      return .affected(affected)
    }
    return .affected(try writeTogether(insert.inserts, rows.parts))
  }

  private func write(_ insert: Insert, _ rows: LogicalPlan) throws(QueryError) -> Int {
    let name = try tableName(insert.target.table)
    if insert.target.ifNotExists, try partitionExists(insert.target, name) { return 0 }
    return try write(insert.target, rows, into: name)
  }

  /// Runs several inserts as one query, so that what they share is computed once.
  private func writeTogether(_ inserts: [Insert], _ rows: [LogicalPlan]) throws(QueryError) -> Int {
    var parts: [(name: TableName, table: TargetTable, insert: BoundInsert)] = []
    for (insert, plan) in zip(inserts, rows) {
      let name = try tableName(insert.target.table)
      if insert.target.ifNotExists, try partitionExists(insert.target, name) { continue }
      if case .replaceWhere(let condition) = insert.target.mode { try delete(condition, insert.target) }
      parts.append((name, try target(insert.target.table), try bound(insert.target, plan)))
    }
    let plans = try optimizer().optimize(parts.map(\.insert.plan))
    var sinks: [any TableSink] = []
    do {
      for part in parts { sinks.append(try sink(for: part.insert, into: part.name)) }
      let execution = QueryExecution(
        plans: plans, settings: try core.executionSettings(context), pool: core.engine.pool,
        cancellation: running.cancellation)
      running.watch(execution)
      try execution.run(into: zip(sinks, parts).map { NotNullSink($0, $1.table) })
      var affected = 0
      for sink in sinks { affected += try sink.complete() }
      return affected
    } catch {
      for sink in sinks { sink.abandon() }
      throw error
    }
  }

  func bound(_ target: InsertTarget, _ rows: LogicalPlan) throws(QueryError) -> BoundInsert {
    try binder().bind(
      target, rows: rows, into: try self.target(target.table),
      overwritesDynamically: try core.settings.overwritesDynamically)
  }

  /// Removes the rows that `INSERT INTO ... REPLACE WHERE` replaces.
  private func delete(_ condition: Expression, _ target: InsertTarget) throws(QueryError) {
    _ = try run(Delete(table: target.table, filter: condition))
  }

  private func partitionExists(_ target: InsertTarget, _ name: TableName) throws(QueryError) -> Bool {
    guard let spec = target.partition else { return false }
    let wanted = try partitionValues(spec, of: name).map { key, value in
      "\(key)=\(Value(value, .void))"
    }
    return try transaction.partitions(of: name).contains { partition in
      let parts = Set(partition.split(separator: "/").map(String.init))
      return wanted.allSatisfy(parts.contains)
    }
  }

  /// Writes rows into a table; returns how many.
  func write(_ insert: InsertTarget, _ rows: LogicalPlan, into name: TableName) throws(QueryError) -> Int {
    let table = try target(insert.table)
    let bound = try bound(insert, rows)
    let plan = try optimized(bound.plan)
    // The rows were bound before: they may read what is deleted here.
    if case .replaceWhere(let condition) = insert.mode { try delete(condition, insert) }
    return try fill(try sink(for: bound, into: name), from: plan, table)
  }

  private func sink(for insert: BoundInsert, into name: TableName) throws(QueryError) -> any TableSink {
    let codec = try core.settings.parquetCodec
    switch insert.replacement {
    case .none: return try transaction.stageAppend(name, codec: codec)
    case .all: return try transaction.stageOverwrite(name, mode: .all, codec: codec)
    case .partitions(_, isDynamic: true):
      return try transaction.stageOverwrite(name, mode: .dynamicPartitions, codec: codec)
    case .partitions(let values, isDynamic: false):
      return try transaction.stageOverwrite(name, mode: .partitions(values), codec: codec)
    }
  }

  /// Runs a plan into a sink and adds the result to the transaction; a failure leaves nothing behind.
  private func fill(_ sink: any TableSink, from plan: LogicalPlan, _ table: TargetTable) throws(QueryError) -> Int {
    do {
      let execution = try execution(plan)
      running.watch(execution)
      try execution.run(into: NotNullSink(sink, table))
      return try sink.complete()
    } catch {
      sink.abandon()
      throw error
    }
  }

  // MARK: UPDATE, DELETE, MERGE

  func run(_ update: Update) throws(QueryError) -> StatementCompletion {
    let table = try target(update.table)
    return .affected(try change(update.table, table, try binder().bind(update, of: table)))
  }

  func run(_ delete: Delete) throws(QueryError) -> StatementCompletion {
    let table = try target(delete.table)
    return .affected(try change(delete.table, table, try binder().bind(delete, of: table)))
  }

  func run(_ merge: Merge) throws(QueryError) -> StatementCompletion {
    let table = try target(merge.target)
    return .affected(try change(merge.target, table, try binder().bind(merge, of: table)))
  }

  /// Copy-on-write: finds the files with rows to change, and puts the rewritten rows in their place.
  private func change(
    _ name: QualifiedName, _ table: TargetTable, _ bound: BoundRowChange
  ) throws(QueryError) -> Int {
    guard case .managed(let managed) = try resolve(name) else {
      throw QueryError(.unsupported, .plan, "only managed tables can be changed row by row", span: name.span)
    }
    let full = try tableName(name)
    guard let search = bound.affectedFiles else {
      let sink = try transaction.stageAppend(full, codec: try core.settings.parquetCodec)
      return try fill(sink, from: try optimized(bound.rewrite), table)
    }
    let found = try rows(of: search)
    var files: Set<String> = []
    var matches = 0
    for row in found {
      guard case .string(let file) = row[0], case .integer(let count) = row[1], case .integer(let most) = row[2] else {
        throw QueryError.internal("the search for affected files yields unexpected values")
      }
      if most > 1, bound.refusesDuplicateMatches { throw Self.ambiguousMatch(name) }
      files.insert(file)
      matches += Int(count)
    }
    let source = try managed.scan(restrictedTo: files)
    let plan = try optimized(bound.rewrite(over: source))
    let sink = try transaction.stageReplaceFiles(
      full, removing: files.sorted(), codec: try core.settings.parquetCodec)
    let written = try fill(sink, from: plan, table)
    return bound.insertsRows ? max(matches, written) : matches
  }

  private static func ambiguousMatch(_ name: QualifiedName) -> QueryError {
    QueryError(
      .mergeCardinality, .execute, "several rows of MERGE's source match one row of \(name.text)", span: name.span,
      hint: "make the source unique in the columns of ON, such as with QUALIFY row_number() OVER (...) = 1")
  }
}

/// Refuses NULL in columns that are NOT NULL.
private final class NotNullSink: BatchSink {
  private let sink: any BatchSink
  private let required: [(index: Int, name: String)]
  private let table: String

  init(_ sink: any BatchSink, _ table: TargetTable) {
    self.sink = sink
    self.table = table.name.joined(separator: ".")
    required = table.schema.fields.enumerated().filter { !$0.element.isNullable }.map { ($0.offset, $0.element.name) }
  }

  func makeWriter() throws(QueryError) -> any BatchWriter {
    let writer = try sink.makeWriter()
    return required.isEmpty ? writer : Writer(base: writer, required: required, table: table)
  }

  private final class Writer: BatchWriter {
    private let base: any BatchWriter
    private let required: [(index: Int, name: String)]
    private let table: String

    init(base: any BatchWriter, required: [(index: Int, name: String)], table: String) {
      self.base = base
      self.required = required
      self.table = table
    }

    func write(_ batch: Batch) throws(QueryError) {
      let compact = batch.compacted()
      for (index, name) in required {
        let column = compact.columns[index]
        let nulls =
          column.isConstant
          ? (column.isConstantNull ? column.count : 0)
          : column.count - (column.validity?.validCount(column.count) ?? column.count)
        if nulls > 0 {
          throw QueryError(
            .notNullViolation, .execute, "NULL cannot be stored in the column \(name) of \(table), which is NOT NULL")
        }
      }
      try base.write(compact)
    }

    func finish() throws(QueryError) { try base.finish() }
  }
}
