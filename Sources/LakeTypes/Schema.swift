/// A named, typed column of a table or part of a struct.
package struct Field: Hashable, Sendable {
  package var name: String
  package var type: LogicalType
  package var isNullable: Bool
  package var comment: String?
  /// The stable id of the field in an Iceberg schema; nil outside one.
  package var fieldID: Int?
  /// What rows have in the column whose files lack it (Iceberg's initial default); nil: NULL.
  package var initialDefault: Literal?
  /// What INSERT stores in the column where it gives no value (Iceberg's write default); nil: NULL.
  package var writeDefault: Literal?

  /// Whether one of the defaults is there.
  package var hasDefault: Bool { initialDefault != nil || writeDefault != nil }

  package init(
    _ name: String, _ type: LogicalType, isNullable: Bool = true, comment: String? = nil, fieldID: Int? = nil
  ) {
    self.name = name
    self.type = type
    self.isNullable = isNullable
    self.comment = comment
    self.fieldID = fieldID
  }
}

/// An ordered list of fields.
package struct Schema: Hashable, Sendable {
  package var fields: [Field]

  package init(_ fields: [Field]) { self.fields = fields }

  package var count: Int { fields.count }
  package var names: [String] { fields.map(\.name) }
  package var types: [LogicalType] { fields.map(\.type) }

  package subscript(index: Int) -> Field { fields[index] }

  /// The position of the first field with this name, ignoring case.
  package func index(of name: String) -> Int? {
    let wanted = name.lowercased()
    return fields.firstIndex { $0.name.lowercased() == wanted }
  }
}
