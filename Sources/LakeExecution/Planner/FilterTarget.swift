import LakeColumnar
import LakePlan
import LakeTypes

/// A wish of a join that a scan below may grant: to be told which values of a column can match.
struct FilterTarget {
  var column: ColumnID
  let build: JoinBuild
  /// Which of the join's keys the column is.
  let key: Int

  /// Whether values of a type can be told to scans.
  static func isSupported(_ type: LogicalType) -> Bool {
    type.isInteger || type.isDecimal || type.isDateTime || type == .string
  }

  /// The wish as an expression's input sees it, where the column is nothing but another column.
  func renamed(by expressions: [NamedExpression]) -> FilterTarget? {
    guard let source = expressions.first(where: { $0.column.id == column })?.expression.columnID else { return nil }
    var copy = self
    copy.column = source
    return copy
  }

  func renamed(from columns: [OutputColumn], to inputs: [OutputColumn]) -> FilterTarget? {
    guard let index = columns.firstIndex(where: { $0.id == column }) else { return nil }
    var copy = self
    copy.column = inputs[index].id
    return copy
  }
}
