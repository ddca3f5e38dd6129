import LakeDiagnostics
import LakeTypes

extension IcebergType {
  /// The SQL type that values of this type have.
  func sqlType(column: String) throws(QueryError) -> LogicalType {
    switch self {
    case .boolean: .boolean
    case .int: .int
    case .long: .bigint
    case .float: .float
    case .double: .double
    case .date: .date
    case .string, .uuid: .string
    case .binary, .fixed: .binary
    case .timestamp(let hasZone): hasZone ? .timestamp : .timestampNTZ
    case .decimal(let precision, let scale): .decimal(precision: precision, scale: scale)
    case .list(_, let element, let isRequired):
      .array(element: try element.sqlType(column: column), containsNull: !isRequired)
    case .map(_, let key, _, let value, let isRequired):
      .map(
        key: try key.sqlType(column: column), value: try value.sqlType(column: column),
        valueContainsNull: !isRequired)
    case .structure(let fields): .struct(try IcebergField.sqlFields(fields))
    case .time, .timestampNano:
      throw QueryError(
        .unsupported, .catalog, "columns of Iceberg type \(json.string ?? "") are not supported: \(column)")
    }
  }
}

extension IcebergField {
  /// The columns as SQL sees them, with their field ids.
  static func sqlFields(_ fields: [IcebergField]) throws(QueryError) -> [Field] {
    var result: [Field] = []
    for field in fields {
      var column = Field(
        field.name, try field.type.sqlType(column: field.name), isNullable: !field.isRequired, comment: field.doc,
        fieldID: field.id)
      column.initialDefault = try field.value(of: field.initialDefault, column.type)
      column.writeDefault = try field.value(of: field.writeDefault, column.type)
      result.append(column)
    }
    return result
  }

  private func value(of json: JSONValue?, _ type: LogicalType) throws(QueryError) -> Literal? {
    guard let json else { return nil }
    guard let value = LiteralJSON.literal(json, type) else {
      throw QueryError(
        .unsupported, .catalog, "the default of column \(name) is no \(type) that can be read: \(json.compactText)")
    }
    return value.isNull ? nil : value
  }

  /// A default of the column under a wider type.
  func widened(_ json: JSONValue?, from type: LogicalType, to wider: LogicalType) throws(QueryError) -> JSONValue? {
    guard let value = try value(of: json, type) else { return json }
    if let result = LiteralJSON.widened(value, from: type, to: wider) {
      return try Self.json(result, wider, of: name)
    }
    throw QueryError(.unsupported, .bind, "the default of column \(name) of type \(type) is no \(wider)")
  }

  /// The JSON of a default of a column.
  static func json(_ value: Literal?, _ type: LogicalType, of column: String) throws(QueryError) -> JSONValue? {
    guard let value, !value.isNull else { return nil }
    if let json = LiteralJSON.json(value, type) { return json }
    throw QueryError(
      .unsupported, .catalog, "the default of column \(column) cannot be kept in the metadata of an Iceberg table",
      hint: "it has no text of its own in JSON")
  }
}

/// Gives Iceberg types and fresh ids to SQL columns.
///
/// Columns get their ids before the parts of nested types do, as the reference implementation counts them.
struct FieldIDAssignment {
  /// The last id given.
  private(set) var lastID: Int

  init(after lastID: Int) { self.lastID = lastID }

  private mutating func next() -> Int {
    lastID += 1
    return lastID
  }

  mutating func fields(_ fields: [Field]) throws(QueryError) -> [IcebergField] {
    let ids = fields.map { _ in next() }
    var result: [IcebergField] = []
    for (id, field) in zip(ids, fields) { result.append(try withDefaults(field, try part(field, id: id))) }
    return result
  }

  mutating func field(_ field: Field) throws(QueryError) -> IcebergField {
    try withDefaults(field, try part(field, id: next()))
  }

  /// The defaults of columns are kept; those of fields of structs mean something for files of the table they are from.
  private func withDefaults(_ field: Field, _ column: IcebergField) throws(QueryError) -> IcebergField {
    var column = column
    column.initialDefault = try IcebergField.json(field.initialDefault, field.type, of: field.name)
    column.writeDefault = try IcebergField.json(field.writeDefault, field.type, of: field.name)
    return column
  }

  private mutating func parts(_ fields: [Field]) throws(QueryError) -> [IcebergField] {
    let ids = fields.map { _ in next() }
    var result: [IcebergField] = []
    for (id, field) in zip(ids, fields) { result.append(try part(field, id: id)) }
    return result
  }

  private mutating func part(_ field: Field, id: Int) throws(QueryError) -> IcebergField {
    IcebergField(
      id: id, name: field.name, type: try type(field.type, of: field.name), isRequired: !field.isNullable,
      doc: field.comment)
  }

  /// Iceberg has no integers below 32 bits: they are stored as `int`, as Spark does.
  private mutating func type(_ type: LogicalType, of column: String) throws(QueryError) -> IcebergType {
    switch type {
    case .boolean: return .boolean
    case .tinyint, .smallint, .int: return .int
    case .bigint: return .long
    case .float: return .float
    case .double: return .double
    case .decimal(let precision, let scale): return .decimal(precision: precision, scale: scale)
    case .string: return .string
    case .binary: return .binary
    case .date: return .date
    case .timestamp: return .timestamp(hasZone: true)
    case .timestampNTZ: return .timestamp(hasZone: false)
    case .array(let element, let containsNull):
      let id = next()
      return .list(elementID: id, element: try self.type(element, of: column), isRequired: !containsNull)
    case .map(let key, let value, let containsNull):
      let keyID = next()
      let valueID = next()
      return .map(
        keyID: keyID, key: try self.type(key, of: column), valueID: valueID, value: try self.type(value, of: column),
        isRequired: !containsNull)
    case .struct(let fields): return .structure(try parts(fields))
    case .void, .intervalYearMonth, .intervalDayTime:
      throw QueryError(
        .invalidTableDefinition, .catalog, "a managed table cannot store the type \(type) of column \(column)",
        hint: "cast it to another type")
    }
  }
}
