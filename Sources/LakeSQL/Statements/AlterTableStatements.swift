import LakeCatalog
import LakeDiagnostics
import LakePlan
import LakeSyntax
import LakeTables
import LakeTypes

extension StatementExecutor {
  func run(_ alter: AlterTable) throws(QueryError) -> StatementCompletion {
    let name = try tableName(alter.name)
    _ = try resolve(alter.name)
    switch alter.action {
    case .rename(let other): try transaction.renameTable(name, to: try tableName(other))
    case .addPartitions(let partitions, let ifNotExists): try add(partitions, to: name, ifNotExists)
    case .dropPartitions(let specs, let ifExists, _): try drop(specs, of: name, ifExists)
    case .recoverPartitions: _ = try transaction.repair(name, mode: .add)
    default:
      let changes = try alterations(alter.action, try columns(of: alter.name))
      if !changes.isEmpty { try transaction.alterTable(name, changes) }
    }
    return .command
  }

  private func alterations(
    _ action: AlterTableAction, _ schema: Schema
  ) throws(QueryError) -> [TableAlteration] {
    switch action {
    case .addColumns(let columns, let ifNotExists):
      var result: [TableAlteration] = []
      for column in columns where !ifNotExists || !schema.contains(column.name.path[...]) {
        result.append(try addition(column))
      }
      return result
    case .dropColumns(let names, let ifExists):
      return names.filter { !ifExists || schema.contains($0.path[...]) }.map { .dropColumn($0.path) }
    case .renameColumn(let name, let new): return [.renameColumn(name.path, to: new.name)]
    case .changeColumn(let old, let column): return try change(old, column)
    case .alterColumn(let name, let change): return [try alteration(name, change, schema)]
    case .setProperties(let properties): return [.setProperties(Self.dictionary(properties))]
    case .unsetProperties(let keys, _): return [.unsetProperties(keys)]
    case .setLocation(let location): return [.setLocation(location)]
    case .rename, .addPartitions, .dropPartitions, .recoverPartitions: throw .internal("no alteration of columns")
    }
  }

  private func addition(_ column: NewColumn) throws(QueryError) -> TableAlteration {
    let field = Field(column.name.last.name, try TypeBinder.bind(column.type), comment: column.comment)
    return .addColumn(
      try withDefault(column.defaultValue, field), in: Array(column.name.path.dropLast()),
      column.position.map(LakeTables.ColumnPosition.init))
  }

  /// Hive's CHANGE COLUMN: a new name, type, comment and place at once.
  private func change(_ old: QualifiedName, _ column: NewColumn) throws(QueryError) -> [TableAlteration] {
    if let value = column.defaultValue {
      throw QueryError(
        .unsupported, .plan, "CHANGE COLUMN with a default is not supported", span: value.span,
        hint: "ALTER COLUMN \(column.name.text) SET DEFAULT")
    }
    var path = old.path
    var result: [TableAlteration] = [.changeType(path, try TypeBinder.bind(column.type))]
    if let comment = column.comment { result.append(.setColumnComment(path, comment)) }
    if old.last.name != column.name.last.name {
      result.append(.renameColumn(path, to: column.name.last.name))
      path[path.count - 1] = column.name.last.name
    }
    if let position = column.position { result.append(.moveColumn(path, LakeTables.ColumnPosition(position))) }
    return result
  }

  private func alteration(
    _ name: QualifiedName, _ change: ColumnChange, _ schema: Schema
  ) throws(QueryError) -> TableAlteration {
    let path = name.path
    switch change {
    case .setDefault(let expression):
      guard path.count == 1 else {
        throw QueryError(.unsupported, .plan, "a field of a struct has no default of its own", span: name.span)
      }
      guard let index = schema.index(of: path[0]) else { return .setDefault(path, nil) }
      let value = try binder().defaultValue(expression, of: schema[index])
      return .setDefault(path, value.isNull ? nil : value)
    case .dropDefault: return .setDefault(path, nil)
    case .type(let type): return .changeType(path, try TypeBinder.bind(type))
    case .comment(let text): return .setColumnComment(path, text)
    case .dropNotNull: return .dropNotNull(path)
    case .position(let position): return .moveColumn(path, LakeTables.ColumnPosition(position))
    }
  }

  // MARK: Partitions

  private func add(_ partitions: [NewPartition], to name: TableName, _ ifNotExists: Bool) throws(QueryError) {
    for item in partitions {
      try transaction.addPartition(
        name, values: try texts(item.partition), location: item.location, ifNotExists: ifNotExists)
    }
  }

  private func drop(_ specs: [PartitionSpec], of name: TableName, _ ifExists: Bool) throws(QueryError) {
    for spec in specs {
      let isSelection = spec.terms.contains { $0.op != .equal }
      switch try transaction.table(name) {
      case .managed? where isSelection: try deleteRows(of: spec, in: name, ifExists)
      case .managed?: try transaction.truncate(name, partition: try partitionValues(spec, of: name))
      case .external(let table)? where isSelection: try drop(spec, of: table, ifExists)
      default: _ = try transaction.dropPartitions(name, values: try texts(spec), ifExists: ifExists)
      }
    }
  }

  /// The rows of the partitions that comparisons select, which are all rows for which they hold.
  private func deleteRows(of spec: PartitionSpec, in name: TableName, _ ifExists: Bool) throws(QueryError) {
    let parts = [name.database, name.table].map { Identifier($0, isQuoted: true, span: spec.span) }
    let table = QualifiedName(parts, span: spec.span)
    let target = try target(table)
    for term in spec.terms where !target.partitionColumns.contains(where: { $0.isEqualName(term.column.name) }) {
      throw Self.notPartitionColumn(term.column, of: name, target.partitionColumns)
    }
    let delete = Delete(table: table, filter: spec.condition)
    guard case .affected(let count) = try run(delete), count == 0, !ifExists else { return }
    throw QueryError(.partitionNotFound, .catalog, "the table \(name) has no such partition", span: spec.span)
  }

  /// The partitions of an external table that comparisons select; their files stay.
  private func drop(_ spec: PartitionSpec, of table: HiveTable, _ ifExists: Bool) throws(QueryError) {
    let definition = table.definition
    let names = definition.partitionColumns
    for term in spec.terms where !names.contains(where: { $0.isEqualName(term.column.name) }) {
      throw Self.notPartitionColumn(term.column, of: definition.name, names)
    }
    let types = definition.schema.fields.suffix(names.count).map(\.type)
    var dropped = 0
    for partition in table.partitions {
      let row = zip(zip(names, partition.values), types).map { (name: $0.0, text: $0.1, type: $1) }
      guard try binder().isTrue(spec.condition, for: row) else { continue }
      let values = Dictionary(uniqueKeysWithValues: zip(names, partition.values))
      dropped += try transaction.dropPartitions(definition.name, values: values)
    }
    if dropped == 0, !ifExists {
      throw QueryError(
        .partitionNotFound, .catalog, "the table \(definition.name) has no such partition", span: spec.span)
    }
  }

  private static func notPartitionColumn(
    _ column: Identifier, of table: TableName, _ columns: [String]
  ) -> QueryError {
    QueryError(
      .unresolvedColumn, .bind, "\(column.name) is not a partition column of \(table)", span: column.span,
      hint: NearestName.of(column.name, among: columns).map { "did you mean \($0)?" })
  }

  /// Partition values as the text of folder names; nil for NULL.
  private func texts(_ spec: PartitionSpec) throws(QueryError) -> [String: String?] {
    var result: [String: String?] = [:]
    for term in spec.terms {
      guard let value = term.value else { throw .internal("a partition column without a value") }
      let literal = try binder().constant(value, as: .string)
      if case .string(let text) = literal.value {
        result.updateValue(text, forKey: term.column.name)
      } else {
        result.updateValue(nil, forKey: term.column.name)
      }
    }
    return result
  }
}

extension PartitionSpec {
  /// The terms as one condition on the partition columns.
  fileprivate var condition: Expression {
    let tests = terms.compactMap { term in
      term.value.map { value in
        Expression(
          .chain(
            first: Expression(.column([term.column]), span: term.column.span),
            rest: [ChainTerm(op: term.op, operand: value, span: term.column.span)]), span: term.column.span)
      }
    }
    return tests.count == 1 ? tests[0] : Expression(.and(tests), span: span)
  }
}

extension String {
  fileprivate func isEqualName(_ other: String) -> Bool { lowercased() == other.lowercased() }
}

extension Schema {
  /// Whether there is a column of this path, whose later parts are fields of structs.
  fileprivate func contains(_ path: ArraySlice<String>) -> Bool {
    guard let name = path.first, let index = index(of: name) else { return false }
    if path.count == 1 { return true }
    guard case .struct(let fields) = self[index].type else { return false }
    return Schema(fields).contains(path.dropFirst())
  }
}

extension QualifiedName {
  fileprivate var path: [String] { parts.map(\.name) }
}

extension LakeTables.ColumnPosition {
  fileprivate init(_ position: LakeSyntax.ColumnPosition) {
    switch position {
    case .first: self = .first
    case .after(let name): self = .after(name.name)
    }
  }
}
