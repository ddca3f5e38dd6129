package import LakeDiagnostics
import LakeFunctions
package import LakeSyntax
package import LakeTypes

extension Binder {
  /// The value of a column's DEFAULT, at the column's type: an expression that is the same whenever it is computed.
  package func defaultValue(_ expression: Expression, of field: Field) throws(QueryError) -> LakeTypes.Literal {
    let bound = try ExpressionBinder(self, Scope(parent: nil), clause: .value).bind(expression)
    if let reason = bound.reasonAgainstDefault {
      throw QueryError(
        .unsupported, .bind, "the default of column \(field.name) \(reason)", span: expression.span,
        hint: "a default is a constant; give other values in the INSERT")
    }
    let stored = try StoreAssignment.value(bound, to: field, of: "the table")
    do throws(QueryError) {
      let value = try ConstantEvaluator.value(of: stored, context: context)
      let later = try ConstantEvaluator.value(of: stored, context: context.aDayLater)
      guard DefaultText.text(value, field.type) == DefaultText.text(later, field.type) else {
        throw QueryError(
          .unsupported, .bind, "the default of column \(field.name) depends on the time of the statement",
          hint: "name the date, as in TIMESTAMP '2026-01-01 10:00:00'")
      }
      guard value.isNull || !field.type.isNested else {
        throw QueryError(.unsupported, .bind, "a column of type \(field.type) has no default but NULL")
      }
      return value
    } catch {
      throw error.at(expression.span)
    }
  }
}

extension EvaluationContext {
  /// The next day, a little later: text such as '10:00' is a time of the day on which it is read.
  fileprivate var aDayLater: EvaluationContext {
    var later = self
    later.statementTime += 90_061_000_001
    return later
  }
}

extension BoundExpression {
  private static let momentaryFunctions: Set<String> = [
    "current_date", "current_timestamp", "localtimestamp", "unix_timestamp",
  ]
  private static let sessionFunctions: Set<String> = [
    "current_user", "current_database", "current_catalog", "current_timezone",
  ]

  /// Why the expression is not the same whenever it is computed.
  fileprivate var reasonAgainstDefault: String? {
    if containsSubquery { return "holds a query" }
    if !isDeterministic { return "differs from row to row" }
    if calls(Self.momentaryFunctions) { return "depends on the time of the statement" }
    if calls(Self.sessionFunctions) { return "depends on the session" }
    return nil
  }

  private func calls(_ functions: Set<String>) -> Bool {
    contains { expression in
      if case .call(let call) = expression.kind { functions.contains(call.function.name) } else { false }
    }
  }
}

/// A column's default as SQL text.
package enum DefaultText {
  /// Text that yields the value when it is stored in a column of the type.
  package static func text(_ value: LakeTypes.Literal, _ type: LogicalType) -> String {
    switch value {
    case .null: "NULL"
    case .boolean(let value): value ? "TRUE" : "FALSE"
    case .integer(let value): "\(value)"
    case .float(let value): value.isFinite ? "\(value)F" : "CAST('\(value)' AS FLOAT)"
    case .double(let value): value.isFinite ? "\(value)D" : "CAST('\(value)' AS DOUBLE)"
    case .decimal(let unscaled):
      if case .decimal(_, let scale) = type { DecimalText.string(unscaled, scale: scale) } else { "\(unscaled)" }
    case .string(let text): SQLPrinter.quoted(text)
    case .binary(let bytes): "X'\(hexadecimal(bytes))'"
    case .date(let days): "DATE '\(DateTimeText.dateString(days))'"
    case .timestamp(let micros):
      type == .timestamp
        ? "TIMESTAMP '\(DateTimeText.timestampString(micros))Z'"
        : "TIMESTAMP_NTZ '\(DateTimeText.timestampString(micros))'"
    case .array(let values): "array(\(values.map { element($0, type) }.joined(separator: ", ")))"
    case .map(let keys, let values):
      "map(\(zip(keys, values).map { "\(part($0, type, 0)), \(part($1, type, 1))" }.joined(separator: ", ")))"
    case .struct(let values): "named_struct(\(fields(values, type).joined(separator: ", ")))"
    }
  }

  private static func element(_ value: LakeTypes.Literal, _ type: LogicalType) -> String {
    if case .array(let element, _) = type { text(value, element) } else { text(value, type) }
  }

  private static func part(_ value: LakeTypes.Literal, _ type: LogicalType, _ index: Int) -> String {
    guard case .map(let key, let item, _) = type else { return text(value, type) }
    return text(value, index == 0 ? key : item)
  }

  private static func fields(_ values: [LakeTypes.Literal], _ type: LogicalType) -> [String] {
    guard case .struct(let fields) = type else { return [] }
    return zip(fields, values).map { "\(SQLPrinter.quoted($0.name)), \(text($1, $0.type))" }
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }
}

extension Expression {
  /// Whether this is the word DEFAULT, which stands for a column's default where a value is written to it.
  var isDefault: Bool {
    if case .column(let parts) = kind, parts.count == 1, !parts[0].isQuoted {
      return parts[0].name.lowercased() == "default"
    }
    return false
  }
}

extension Field {
  /// What the word DEFAULT stands for.
  var defaultExpression: BoundExpression { .literal(writeDefault ?? .null, type) }
}

extension ExpressionBinder {
  /// Binds the value that a statement writes to a column.
  func bind(_ value: Expression, writtenTo field: Field) throws(QueryError) -> BoundExpression {
    value.isDefault ? field.defaultExpression : try bind(value)
  }
}

/// Puts the defaults of a table's columns in the place of the word DEFAULT in the rows of an INSERT.
package struct DefaultSubstitution {
  private let fields: [Field?]

  /// `target` says which columns the rows go to.
  package init(_ target: InsertTarget, _ table: TargetTable) {
    if !target.columns.isEmpty {
      fields = target.columns.map { column in table.schema.index(of: column.name).map { table.schema[$0] } }
    } else {
      let fixed = (target.partition?.terms ?? []).filter { $0.value != nil }.map { $0.column.name.lowercased() }
      fields = table.schema.fields.filter { !fixed.contains($0.name.lowercased()) }
    }
  }

  /// Whether a query has the word DEFAULT where a row's value stands.
  package static func isNeeded(by query: Query) -> Bool {
    switch query.body {
    case .values(let values): values.rows.contains { $0.contains(where: \.isDefault) }
    case .select(let select): select.from.isEmpty && select.items.contains(where: \.expression.isDefault)
    default: false
    }
  }

  package func apply(to query: Query) throws(QueryError) -> Query {
    var query = query
    switch query.body {
    case .values(var values):
      for (index, row) in values.rows.enumerated() { values.rows[index] = try replaced(row) }
      query.body = .values(values)
    case .select(var select):
      let expressions = try replaced(select.items.map(\.expression))
      for (index, expression) in expressions.enumerated() { select.items[index].expression = expression }
      query.body = .select(select)
    default: break
    }
    return query
  }

  private func replaced(_ row: [Expression]) throws(QueryError) -> [Expression] {
    var result: [Expression] = []
    for (index, value) in row.enumerated() {
      guard value.isDefault, index < fields.count, let field = fields[index] else {
        result.append(value)
        continue
      }
      let text = field.writeDefault.map { DefaultText.text($0, field.type) } ?? "NULL"
      var expression = try Parser.parseExpression(text)
      expression.span = value.span
      result.append(expression)
    }
    return result
  }
}
