import LakeDiagnostics
import LakeTypes

/// Changes the columns of an Iceberg table by id, so that old files keep their meaning.
struct SchemaEvolution {
  private(set) var fields: [IcebergField]
  private let metadata: TableMetadata
  private var ids: FieldIDAssignment

  init(_ metadata: TableMetadata) {
    self.metadata = metadata
    fields = metadata.schema.fields
    ids = FieldIDAssignment(after: metadata.lastColumnID)
  }

  var lastID: Int { ids.lastID }

  mutating func apply(_ alteration: TableAlteration) throws(QueryError) {
    switch alteration {
    case .addColumn(let field, let parent, let position): try add(field, in: parent, position)
    case .dropColumn(let path): try drop(path)
    case .renameColumn(let path, let name): try rename(path, to: name)
    case .changeType(let path, let type):
      try edit(path) { (field) throws(QueryError) in field = try Self.widened(field, to: type) }
    case .setColumnComment(let path, let text): try edit(path) { (field) throws(QueryError) in field.doc = text }
    case .dropNotNull(let path): try edit(path) { (field) throws(QueryError) in field.isRequired = false }
    case .moveColumn(let path, let position): try move(path, position)
    case .setDefault(let path, let value): try setDefault(path, value)
    case .setProperties, .unsetProperties, .setComment, .setLocation: break
    }
  }

  /// Applies a change to the list of fields that a path's parent holds.
  private mutating func editSiblings(
    _ parent: ArraySlice<String>, _ change: (inout [IcebergField]) throws(QueryError) -> Void
  ) throws(QueryError) {
    var list = fields
    try Self.descend(&list, parent, change)
    fields = list
  }

  private static func descend(
    _ list: inout [IcebergField], _ parent: ArraySlice<String>,
    _ change: (inout [IcebergField]) throws(QueryError) -> Void
  ) throws(QueryError) {
    guard let name = parent.first else { return try change(&list) }
    let index = try position(of: name, in: list)
    guard case .structure(var children) = list[index].type else {
      throw QueryError(.unresolvedField, .bind, "column \(name) is not a struct")
    }
    try descend(&children, parent.dropFirst(), change)
    list[index].type = .structure(children)
  }

  private static func position(of name: String, in list: [IcebergField]) throws(QueryError) -> Int {
    let wanted = name.lowercased()
    if let index = list.firstIndex(where: { $0.name.lowercased() == wanted }) { return index }
    throw QueryError(
      .unresolvedColumn, .bind, "there is no column \(name)",
      hint: NearestName.of(name, among: list.map(\.name)).map { "did you mean \($0)?" })
  }

  private mutating func edit(
    _ path: [String], _ change: (inout IcebergField) throws(QueryError) -> Void
  ) throws(QueryError) {
    guard let name = path.last else { return }
    try editSiblings(path.dropLast()) { (list) throws(QueryError) in
      try change(&list[try Self.position(of: name, in: list)])
    }
  }

  private mutating func add(
    _ field: Field, in parent: [String], _ position: ColumnPosition?
  ) throws(QueryError) {
    if !field.isNullable {
      throw QueryError(
        .invalidTableDefinition, .bind, "a column that is added must allow NULL: \(field.name)",
        hint: "rows that are there already have no value for it")
    }
    if field.hasDefault, !parent.isEmpty {
      throw QueryError(.unsupported, .bind, "a field of a struct cannot be added with a default: \(field.name)")
    }
    if field.hasDefault { try requireDefaults() }
    let new = try ids.field(field)
    try editSiblings(parent[...]) { (list) throws(QueryError) in
      try Self.requireFree(field.name, in: list)
      list.insert(new, at: try Self.place(position, in: list) ?? list.count)
    }
  }

  private func requireDefaults() throws(QueryError) {
    if metadata.formatVersion < TableMetadata.versionOfDefaults {
      throw TableMetadata.defaultsNeedVersion(metadata.formatVersion)
    }
  }

  /// What INSERT stores from now on; rows that are there keep what they have.
  private mutating func setDefault(_ path: [String], _ value: Literal?) throws(QueryError) {
    if value != nil { try requireDefaults() }
    try edit(path) { (field) throws(QueryError) in
      field.writeDefault = try IcebergField.json(value, try field.type.sqlType(column: field.name), of: field.name)
    }
  }

  private static func requireFree(_ name: String, in list: [IcebergField]) throws(QueryError) {
    let wanted = name.lowercased()
    if list.contains(where: { $0.name.lowercased() == wanted }) {
      throw QueryError(.columnAlreadyExists, .bind, "there is a column \(name) already")
    }
  }

  private static func place(_ position: ColumnPosition?, in list: [IcebergField]) throws(QueryError) -> Int? {
    switch position {
    case .first: 0
    case .after(let name): try Self.position(of: name, in: list) + 1
    case nil: nil
    }
  }

  private mutating func drop(_ path: [String]) throws(QueryError) {
    guard let name = path.last else { return }
    let spec = metadata.defaultSpec
    try editSiblings(path.dropLast()) { (list) throws(QueryError) in
      let index = try Self.position(of: name, in: list)
      let ids = Set([list[index].id] + list[index].type.allIDs)
      if spec.fields.contains(where: { ids.contains($0.sourceID) && $0.transform != .void }) {
        throw QueryError(.notAllowed, .bind, "the table is partitioned by column \(name)")
      }
      if list.count == 1 {
        throw QueryError(.notAllowed, .bind, "the last column cannot be dropped: \(name)")
      }
      list.remove(at: index)
    }
  }

  private mutating func rename(_ path: [String], to newName: String) throws(QueryError) {
    guard let name = path.last else { return }
    try editSiblings(path.dropLast()) { (list) throws(QueryError) in
      let index = try Self.position(of: name, in: list)
      var others = list
      others.remove(at: index)
      try Self.requireFree(newName, in: others)
      list[index].name = newName
    }
  }

  private mutating func move(_ path: [String], _ position: ColumnPosition) throws(QueryError) {
    guard let name = path.last else { return }
    try editSiblings(path.dropLast()) { (list) throws(QueryError) in
      let field = list.remove(at: try Self.position(of: name, in: list))
      list.insert(field, at: try Self.place(position, in: list) ?? list.count)
    }
  }

  /// The column with a wider type, if Iceberg allows the change; its defaults become values of that type.
  private static func widened(_ field: IcebergField, to type: LogicalType) throws(QueryError) -> IcebergField {
    let current = try field.type.sqlType(column: field.name)
    var wider = field
    wider.type = try widenedType(field, to: type)
    wider.initialDefault = try field.widened(field.initialDefault, from: current, to: type)
    wider.writeDefault = try field.widened(field.writeDefault, from: current, to: type)
    return wider
  }

  private static func widenedType(_ field: IcebergField, to type: LogicalType) throws(QueryError) -> IcebergType {
    switch (field.type, type) {
    case (.int, .bigint): return .long
    case (.float, .double): return .double
    case (.decimal(let p, let s), .decimal(let precision, let scale)) where s == scale && precision >= p:
      return .decimal(precision: precision, scale: scale)
    default:
      let current = try field.type.sqlType(column: field.name)
      if current == type { return field.type }
      throw QueryError(
        .unsupported, .bind, "column \(field.name) of type \(current) cannot become \(type)",
        hint: "only int to bigint, float to double, and decimals to more digits of the same scale are possible")
    }
  }
}
