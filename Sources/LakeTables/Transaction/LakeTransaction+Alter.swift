package import LakeCatalog
package import LakeDiagnostics
import LakeFileSystem
import LakeTypes

extension LakeTransaction {
  /// Changes the definition of a table or view: all the alterations, or none and an error.
  package func alterTable(_ name: TableName, _ alterations: [TableAlteration]) throws(QueryError) {
    try withState { (state) throws(QueryError) in
      switch try state.require(name) {
      case .managed(var table):
        for alteration in alterations { try table.alter(alteration) }
        state.set(name, .managed(table))
      case .external(var table):
        for alteration in alterations { try table.definition.alter(alteration, warehouse: self.warehouse.path) }
        state.set(name, .external(table))
      case .view(var view):
        for alteration in alterations { try view.alter(alteration) }
        state.set(name, .view(view))
      }
    }
  }
}

extension ManagedState {
  mutating func alter(_ alteration: TableAlteration) throws(QueryError) {
    switch alteration {
    case .setProperties(let properties): try setProperties(properties, removing: [])
    case .unsetProperties(let keys): try setProperties([:], removing: keys)
    case .setComment(let comment):
      try setProperties(comment.map { ["comment": $0] } ?? [:], removing: comment == nil ? ["comment"] : [])
    case .setLocation:
      throw QueryError(.unsupported, .catalog, "the location of a managed table cannot be changed: \(name)")
    default:
      let before = metadata.schema.fields
      var evolution = SchemaEvolution(metadata)
      try evolution.apply(alteration)
      metadata.setSchema(evolution.fields)
      metadata.lastColumnID = max(metadata.lastColumnID, evolution.lastID)
      changes.append(.setFields(evolution.fields, replacing: before))
    }
  }

  private mutating func setProperties(_ properties: [String: String], removing: [String]) throws(QueryError) {
    try metadata.setProperties(properties, removing: removing)
    try TableProperties.check(properties, in: metadata.properties)
    changes.append(.setProperties(properties, removing: removing))
  }
}

extension TableMetadata {
  /// Changes properties; `format-version` upgrades the table instead.
  mutating func setProperties(_ properties: [String: String], removing: [String]) throws(QueryError) {
    for key in removing { self.properties[key] = nil }
    for (key, value) in properties where key != "format-version" { self.properties[key] = value }
    guard let version = properties["format-version"] else { return }
    guard let number = Int(version), number <= Self.newestVersion, formatVersion <= number else {
      throw QueryError(
        .invalidParameter, .catalog, "a table of format version \(formatVersion) cannot become version \(version)")
    }
    formatVersion = number
  }
}

extension ExternalTable {
  mutating func alter(_ alteration: TableAlteration, warehouse: String) throws(QueryError) {
    switch alteration {
    case .setProperties(let added):
      properties.merge(added) { $1 }
      try TableProperties.check(added, in: properties)
    case .unsetProperties(let keys): for key in keys { properties[key] = nil }
    case .setComment(let text): comment = text
    case .setLocation(let text): location = try LakeTransaction.uri(text, relativeTo: warehouse)
    case .addColumn(var field, let parent, let position):
      guard parent.isEmpty else { throw nested() }
      if schema.index(of: field.name) != nil { throw exists(field.name) }
      try requireStorable(field)
      field.fieldID = nil
      var index = schema.count - partitionColumns.count
      switch position {
      case .first: index = 0
      case .after(let other): index = min(index, try column([other]) + 1)
      case nil: break
      }
      schema.fields.insert(field, at: index)
    case .dropColumn(let path): schema.fields.remove(at: try dataColumn(path))
    case .renameColumn(let path, let to):
      let index = try dataColumn(path)
      if let other = schema.index(of: to), other != index { throw exists(to) }
      schema.fields[index].name = to
    case .changeType(let path, let type): try changeType(of: try dataColumn(path), to: type)
    case .setDefault(let path, let value):
      let index = try column(path)
      schema.fields[index].writeDefault = value
      try requireStorable(schema.fields[index])
    case .setColumnComment(let path, let text): schema.fields[try column(path)].comment = text
    case .dropNotNull(let path): schema.fields[try column(path)].isNullable = true
    case .moveColumn(let path, let position):
      let from = try dataColumn(path)
      let field = schema.fields.remove(at: from)
      switch position {
      case .first: schema.fields.insert(field, at: 0)
      case .after(let other):
        let index = min(try column([other]) + 1, schema.count - partitionColumns.count)
        schema.fields.insert(field, at: index)
      }
    }
  }

  /// Refuses defaults where the files' format has no way to tell that a row lacks a column, and such as the metastore
  /// has no form for.
  func requireStorable(_ field: Field) throws(QueryError) {
    if !field.hasDefault { return }
    guard ["parquet", "avro"].contains(format.lowercased()) else {
      throw QueryError(
        .unsupported, .catalog, "columns of tables of format \(format) have no defaults: \(name)",
        hint: "use an Iceberg table, or files of Parquet or Avro")
    }
    for case let value? in [field.initialDefault, field.writeDefault] where LiteralJSON.json(value, field.type) == nil {
      throw QueryError(
        .unsupported, .catalog, "the default of column \(field.name) cannot be kept in the metastore",
        hint: "NaN and infinities are no defaults")
    }
  }

  /// The defaults become values of the new type.
  private mutating func changeType(of column: Int, to type: LogicalType) throws(QueryError) {
    let field = schema[column]
    schema.fields[column].type = type
    schema.fields[column].initialDefault = try Self.converted(field.initialDefault, of: field, to: type)
    schema.fields[column].writeDefault = try Self.converted(field.writeDefault, of: field, to: type)
  }

  private static func converted(
    _ value: Literal?, of field: Field, to type: LogicalType
  ) throws(QueryError) -> Literal? {
    guard let value, field.type != type else { return value }
    if let result = LiteralJSON.widened(value, from: field.type, to: type) { return result }
    throw QueryError(
      .unsupported, .catalog, "the default of column \(field.name) of type \(field.type) is no \(type)",
      hint: "ALTER TABLE ... ALTER COLUMN \(field.name) DROP DEFAULT")
  }

  private func column(_ path: [String]) throws(QueryError) -> Int {
    guard path.count == 1 else { throw nested() }
    guard let index = schema.index(of: path[0]) else {
      throw QueryError(
        .unresolvedColumn, .bind, "table \(name) has no column \(path[0])",
        hint: NearestName.of(path[0], among: schema.names).map { "did you mean \($0)?" })
    }
    return index
  }

  private func dataColumn(_ path: [String]) throws(QueryError) -> Int {
    let index = try column(path)
    if index >= schema.count - partitionColumns.count {
      throw QueryError(.notAllowed, .bind, "a partition column cannot be changed: \(path[0])")
    }
    return index
  }

  private func nested() -> QueryError {
    QueryError(.unsupported, .bind, "fields inside the columns of external tables cannot be changed: \(name)")
  }

  private func exists(_ column: String) -> QueryError {
    QueryError(.columnAlreadyExists, .bind, "table \(name) has a column \(column) already")
  }
}

extension ViewDefinition {
  fileprivate mutating func alter(_ alteration: TableAlteration) throws(QueryError) {
    switch alteration {
    case .setProperties(let added): properties.merge(added) { $1 }
    case .unsetProperties(let keys): for key in keys { properties[key] = nil }
    case .setComment(let text): comment = text
    default: throw QueryError(.notAllowed, .bind, "this works on tables only: \(name)")
    }
  }
}
