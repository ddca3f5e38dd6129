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
    default: try transaction.alterTable(name, try alterations(alter.action, alter.name.span))
    }
    return .command
  }

  private func alterations(
    _ action: AlterTableAction, _ span: SourceSpan
  ) throws(QueryError) -> [TableAlteration] {
    switch action {
    case .addColumns(let columns, _):
      var result: [TableAlteration] = []
      for column in columns { result.append(try addition(column)) }
      return result
    case .dropColumns(let names, _): return names.map { .dropColumn($0.path) }
    case .renameColumn(let name, let new): return [.renameColumn(name.path, to: new.name)]
    case .changeColumn(let old, let column): return try change(old, column)
    case .alterColumn(let name, let change): return [try alteration(name.path, change, name.span)]
    case .setProperties(let properties): return [.setProperties(Self.dictionary(properties))]
    case .unsetProperties(let keys, _): return [.unsetProperties(keys)]
    case .setLocation(let location, nil): return [.setLocation(location)]
    case .setLocation, .replaceColumns, .renamePartition, .rename, .addPartitions, .dropPartitions,
      .recoverPartitions:
      throw QueryError(.unsupported, .plan, "this form of ALTER TABLE is not supported yet", span: span)
    }
  }

  private func addition(_ column: NewColumn) throws(QueryError) -> TableAlteration {
    if column.defaultValue != nil || column.isNotNull {
      throw QueryError(
        .unsupported, .plan, "a column is added without DEFAULT and NOT NULL: the rows that exist have NULL in it",
        span: column.span)
    }
    let field = Field(column.name.last.name, try TypeBinder.bind(column.type), comment: column.comment)
    return .addColumn(
      field, in: Array(column.name.path.dropLast()), column.position.map(LakeTables.ColumnPosition.init))
  }

  /// Hive's CHANGE COLUMN: a new name, type, comment and place at once.
  private func change(_ old: QualifiedName, _ column: NewColumn) throws(QueryError) -> [TableAlteration] {
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
    _ path: [String], _ change: ColumnChange, _ span: SourceSpan
  ) throws(QueryError) -> TableAlteration {
    switch change {
    case .type(let type): return .changeType(path, try TypeBinder.bind(type))
    case .comment(let text): return .setColumnComment(path, text)
    case .dropNotNull: return .dropNotNull(path)
    case .position(let position): return .moveColumn(path, LakeTables.ColumnPosition(position))
    case .setNotNull, .setDefault, .dropDefault:
      throw QueryError(.unsupported, .plan, "this change of a column is not supported yet", span: span)
    }
  }

  // MARK: Partitions

  private func add(_ partitions: [NewPartition], to name: TableName, _ ifNotExists: Bool) throws(QueryError) {
    for item in partitions {
      try transaction.addPartition(
        name, values: try texts(item.partition, name), location: item.location, ifNotExists: ifNotExists)
    }
  }

  private func drop(_ specs: [PartitionSpec], of name: TableName, _ ifExists: Bool) throws(QueryError) {
    for spec in specs {
      if case .managed? = try transaction.table(name) {
        try transaction.truncate(name, partition: try partitionValues(spec, of: name))
      } else {
        _ = try transaction.dropPartitions(name, values: try texts(spec, name), ifExists: ifExists)
      }
    }
  }

  /// Partition values as the text of folder names; nil for NULL.
  private func texts(_ spec: PartitionSpec, _ name: TableName) throws(QueryError) -> [String: String?] {
    var result: [String: String?] = [:]
    for term in spec.terms {
      guard let value = term.value, term.op == .equal else {
        throw QueryError(
          .unsupported, .plan, "a partition is named here by column = value", span: term.column.span)
      }
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
