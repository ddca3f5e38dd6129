package import LakeDiagnostics
package import LakeSyntax
package import LakeTypes

/// Turns type names into types.
package enum TypeBinder {
  /// Resolves a type name; throws `.syntaxError` for an unknown one and `.decimalPrecision` or `.decimalScale` for bad parameters.
  package static func bind(_ name: TypeName) throws(QueryError) -> LogicalType {
    switch name.kind {
    case .simple(let word, let parameters): return try simple(word, parameters, name.span)
    case .array(let element): return .array(try bind(element))
    case .map(let key, let value): return .map(try bind(key), try bind(value))
    case .struct(let fields):
      var bound: [Field] = []
      for field in fields {
        bound.append(
          Field(field.name.name, try bind(field.type), isNullable: !field.isNotNull, comment: field.comment))
      }
      return .struct(bound)
    case .interval(let from, _):
      return from == .year || from == .month ? .intervalYearMonth : .intervalDayTime
    }
  }

  /// The columns of a table definition.
  package static func bind(_ columns: [ColumnDefinition]) throws(QueryError) -> Schema {
    var fields: [Field] = []
    for column in columns {
      if fields.contains(where: { $0.name.lowercased() == column.name.name.lowercased() }) {
        throw QueryError(
          .columnAlreadyExists, .bind, "the column \(column.name.name) is defined twice", span: column.name.span)
      }
      fields.append(
        Field(column.name.name, try bind(column.type), isNullable: !column.isNotNull, comment: column.comment))
    }
    return Schema(fields)
  }

  private static func simple(
    _ word: String, _ parameters: [Int], _ span: SourceSpan
  ) throws(QueryError) -> LogicalType {
    switch word {
    case "boolean", "bool": return .boolean
    case "tinyint", "byte": return .tinyint
    case "smallint", "short": return .smallint
    case "int", "integer": return .int
    case "bigint", "long": return .bigint
    case "float", "real": return .float
    case "double": return .double
    case "decimal", "dec", "numeric": return try decimal(parameters, span)
    case "string", "varchar", "char", "character", "text": return .string
    case "binary": return .binary
    case "date": return .date
    case "timestamp", "timestamp_ltz": return .timestamp
    case "timestamp_ntz": return .timestampNTZ
    case "void", "null": return .void
    default: throw unknown(word, span)
    }
  }

  private static func decimal(_ parameters: [Int], _ span: SourceSpan) throws(QueryError) -> LogicalType {
    let precision = parameters.first ?? 10
    let scale = parameters.count > 1 ? parameters[1] : 0
    guard precision >= 1, precision <= LogicalType.maxDecimalPrecision, scale >= 0, scale <= precision else {
      throw QueryError(
        scale > precision && precision <= LogicalType.maxDecimalPrecision ? .decimalScale : .decimalPrecision, .bind,
        "a decimal has a precision of 1 to 38 and a scale of 0 to its precision, not (\(precision),\(scale))",
        span: span)
    }
    return .decimal(precision: precision, scale: scale)
  }

  private static func unknown(_ word: String, _ span: SourceSpan) -> QueryError {
    let names = [
      "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "string", "binary", "date",
      "timestamp", "timestamp_ntz", "array", "map", "struct",
    ]
    return QueryError(
      .syntaxError, .bind, "there is no type \(word)", span: span,
      hint: NearestName.of(word, among: names).map { "did you mean \($0)?" })
  }
}
